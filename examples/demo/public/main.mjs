/** The page: which view is shown, for which account, over which connection to the signing frame. */
import { refreshAccount, setUpAccount } from './app/account.mjs';
import { byId, element, say } from './app/dom.mjs';
import { clearEvidence } from './app/evidence.mjs';
import { setUpLogin } from './app/login.mjs';
import { forget, nameAccount, nameOf, openClient, remember, remembered } from './app/session.mjs';
import { refreshPasskeys, setUpPasskeys } from './app/passkeys.mjs';
import { refreshSessions } from './app/sessions.mjs';
import { setUpTransfer } from './app/transfer.mjs';
import { words } from './app/words.mjs';
import { setUpLab } from './attacks/lab.mjs';

/** Refusals with an answer of their own: a fresh signature, which the client makes by itself, or the login form. */
const ANSWERED = new Set([
  'ERR_NONCE_INVALID',
  'ERR_NONCE_EXPIRED',
  'ERR_TIME_STALE',
  'ERR_TIME_FUTURE',
  'ERR_STORE_CHANGED',
  'ERR_KEY_MISMATCH',
  'ERR_SESSION_MISSING',
  'ERR_SESSION_ENDED',
]);

const page = {
  pas: undefined,
  account: undefined,
  /** True while an attack runs: its refusals are shown on its card. */
  attacking: false,
  /** The last signature made for `path`. */
  lastSigned: (path) => signed.get(path),
  refresh: () => Promise.all([refreshAccount(page), refreshSessions(page), refreshPasskeys(page)]),
};
const signed = new Map();
let viewed = false;
let connecting = Promise.resolve();
const login = setUpLogin({ onLogin: enroll, onContinue: (account) => open(account).catch(showFailure) });

setUpAccount(page);
setUpTransfer(page);
setUpPasskeys(page);
setUpLab(page);
byId('logout').addEventListener('click', () => logOut().catch(showFailure));
await start().catch(showFailure);

async function start() {
  const account = remembered();
  await use(account);
  const state = await page.pas.state();
  if (account && state.enrolled) return open(account);
  const elsewhere = new URLSearchParams(location.search).has('add');
  // Accounts without a name never got as far as a page: those are the lab's.
  const known = elsewhere ? [] : state.accounts.map((entry) => entry.account).filter(nameOf);
  if (!account && known.length === 1) return open(known[0]);
  forget();
  showLogin({ accounts: known, reason: account && words('ERR_NOT_ENROLLED') });
}

/** Connects as `account`, in place of whatever connection there is. One change at a time. */
function use(account) {
  const change = connecting.then(() => reconnect(account));
  connecting = change.catch(() => {});
  return change;
}

async function reconnect(account) {
  page.pas?.dispose();
  page.pas = undefined;
  const pas = await openClient(account);
  pas.addEventListener('signed', ({ detail }) => signed.set(new URL(detail.url, location.href).pathname, detail));
  pas.addEventListener(
    'refused',
    ({ detail }) => page.attacking || ANSWERED.has(detail.code) || showNotice(words(detail.code), detail.code),
  );
  pas.addEventListener('ended', ({ detail }) => endSession(words(detail.code)).catch(showFailure));
  byId('consent').client = pas;
  page.pas = pas;
  page.account = account;
}

async function enroll() {
  await connecting;
  const { account } = await page.pas.enroll();
  await open(account);
}

async function open(account) {
  if (page.account !== account) await use(account);
  remember(account);
  history.replaceState(null, '', '/');
  try {
    const [user] = await page.refresh();
    nameAccount(account, user);
  } catch (error) {
    // The 'ended' event has already shown the login form for these.
    if (error.code === 'ERR_SESSION_ENDED' || error.code === 'ERR_SESSION_MISSING') return;
    throw error;
  }
  login.hide();
  byId('loading').hidden = true;
  byId('bank').hidden = false;
  byId('account-nav').hidden = false;
  byId('who').textContent = nameOf(account);
  for (const region of document.querySelectorAll('#bank .status')) say(region, '');
  showNotice();
  focusTitle('bank-title');
}

async function logOut() {
  await page.pas.logout();
  await endSession('You are logged out.');
}

/** Several requests may report the same end; only the first one counts. */
async function endSession(reason) {
  if (page.account === undefined) return;
  page.account = undefined;
  forget();
  showLogin({ reason });
  await use(undefined);
}

function showLogin({ reason, accounts }) {
  byId('loading').hidden = true;
  byId('bank').hidden = true;
  byId('account-nav').hidden = true;
  clearEvidence();
  showNotice();
  login.show({ reason, accounts });
  focusTitle('login-title');
}

/** A change of view moves the focus to its title; the first view leaves it to the browser. */
function focusTitle(id) {
  if (viewed) byId(id).focus();
  viewed = true;
}

function showFailure(error) {
  byId('loading').hidden = true;
  if (byId('bank').hidden) byId('login').hidden = false;
  showNotice(error.code ? words(error.code, error.message) : error.message, error.code);
}

/** One notice above everything, until the next one or until it is closed. */
function showNotice(text, code) {
  const close = element('button', { type: 'button', class: 'quiet-button', onclick: () => showNotice() }, 'Close');
  const line = element('p', {}, text ?? '', ' ', code && element('code', { class: 'chip' }, code));
  byId('notice').replaceChildren(...(text ? [element('div', { class: 'notice' }, line, close)] : []));
}
