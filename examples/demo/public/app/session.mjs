/** Which account this tab uses, and its connection to the signing frame. */
import { connect } from 'partitioned-authority/client';
import 'partitioned-authority/consent-element';

export const { signOrigin, evilOrigin } = document.documentElement.dataset;

/** The account this tab remembers. A new tab starts with none. */
export const remembered = () => sessionStorage.getItem('account') ?? undefined;
export const remember = (account) => sessionStorage.setItem('account', account);
export const forget = () => sessionStorage.removeItem('account');

/** The library's name of an account is opaque, so the browser keeps the person's own beside it, for the login form. */
export const nameOf = (account) => localStorage.getItem(`name:${account}`) ?? undefined;
export const nameAccount = (account, name) => localStorage.setItem(`name:${account}`, name);

/** A client for `account`, or for one not chosen yet. */
export function openClient(account) {
  return connect({ signOrigin, tracker: { mode: 'samples' }, ...(account && { account }) });
}
