/** Which account this tab uses, and its connection to the signing frame. */
import { connect } from 'partitioned-authority/client'

const KEY = 'account'
export const { signOrigin, evilOrigin } = document.documentElement.dataset

/** The account this tab remembers. A new tab starts with none. */
export const remembered = () => sessionStorage.getItem(KEY) ?? undefined
export const remember = (account) => sessionStorage.setItem(KEY, account)
export const forget = () => sessionStorage.removeItem(KEY)

/** A client for `account`, or for one not chosen yet. */
export function openClient(account) {
  return connect({ signOrigin, ...(account && { account }) })
}
