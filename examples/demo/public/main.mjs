/** The page: which view is shown, for which account, over which connection to the signing frame. */
import { refreshAccount, setUpAccount } from './app/account.mjs'
import { byId, element, once } from './app/dom.mjs'
import { clearEvidence } from './app/evidence.mjs'
import { setUpLogin } from './app/login.mjs'
import { forget, openClient, remember, remembered } from './app/session.mjs'
import { refreshSessions } from './app/sessions.mjs'
import { setUpTransfer } from './app/transfer.mjs'
import { words } from './app/words.mjs'
import { setUpLab } from './attacks/lab.mjs'

const page = {
  pas: undefined,
  account: undefined,
  /** True while an attack runs: its refusals are shown on its card. */
  attacking: false,
  /** The last signature made for `path`. */
  lastSigned: (path) => signed.get(path),
  refresh: () => Promise.all([refreshAccount(page), refreshSessions(page)]),
}
const signed = new Map()
const login = setUpLogin({ onLogin: enroll, onContinue: (account) => open(account).catch(showFailure) })

setUpAccount(page)
setUpTransfer(page)
setUpLab(page)
byId('logout').addEventListener('click', () => once(byId('logout'), byId('transfer-status'), logOut))
await start().catch(showFailure)

async function start() {
  const account = remembered()
  await use(account)
  const state = await page.pas.state()
  if (account && state.enrolled) return open(account)
  const elsewhere = new URLSearchParams(location.search).has('add')
  if (!account && !elsewhere && state.accounts.length === 1) return open(state.accounts[0].account)
  forget()
  showLogin({ accounts: elsewhere ? [] : state.accounts, reason: account && words('ERR_NOT_ENROLLED') })
}

/** Connects as `account`, in place of whatever connection there is. */
async function use(account) {
  page.pas?.dispose()
  page.pas = undefined
  const pas = await openClient(account)
  pas.addEventListener('signed', ({ detail }) => signed.set(new URL(detail.url, location.href).pathname, detail))
  pas.addEventListener('refused', ({ detail }) => page.attacking || showNotice(words(detail.code), detail.code))
  pas.addEventListener('ended', ({ detail }) => endSession(words(detail.code)).catch(showFailure))
  page.pas = pas
  page.account = account
}

async function enroll() {
  const { account } = await page.pas.enroll()
  await open(account)
}

async function open(account) {
  if (page.account !== account) await use(account)
  remember(account)
  history.replaceState(null, '', '/')
  try {
    await page.refresh()
  } catch (error) {
    // The 'ended' event has already shown the login form for these.
    if (error.code === 'ERR_SESSION_ENDED' || error.code === 'ERR_SESSION_MISSING') return
    throw error
  }
  login.hide()
  byId('loading').hidden = true
  byId('bank').hidden = false
  byId('account-nav').hidden = false
  byId('who').textContent = account
  showNotice()
  byId('bank-title').focus()
}

async function logOut() {
  await page.pas.logout()
  await endSession('You are logged out.')
}

async function endSession(reason) {
  forget()
  if (byId('bank').hidden && !byId('login').hidden) return
  showLogin({ reason })
  await use(undefined)
}

function showLogin({ reason, accounts }) {
  byId('loading').hidden = true
  byId('bank').hidden = true
  byId('account-nav').hidden = true
  clearEvidence()
  showNotice()
  login.show({ reason, accounts })
  byId('login-title').focus()
}

function showFailure(error) {
  byId('loading').hidden = true
  if (byId('bank').hidden) byId('login').hidden = false
  showNotice(error.code ? words(error.code, error.message) : error.message, error.code)
}

/** One notice above everything, until the next one or until it is closed. */
function showNotice(text, code) {
  const close = element('button', { type: 'button', class: 'quiet-button', onclick: () => showNotice() }, 'Close')
  byId('notice').replaceChildren(
    ...(text ? [element('div', { class: 'notice' }, element('p', {}, text, ' ', code && element('code', { class: 'chip' }, code)), close)] : []),
  )
}
