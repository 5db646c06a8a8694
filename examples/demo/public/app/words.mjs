/** Codes in plain words, for the person. The code itself always stands beside them. */

const SENTENCES = {
  ERR_SESSION_MISSING: 'You are not logged in any more.',
  ERR_SESSION_ENDED: 'Your session was ended. Log in again.',
  ERR_NOT_ENROLLED: 'This browser holds no key for the account. Log in again.',
  ERR_KEY_STORAGE: 'This browser did not keep the signing key. Log in again.',
  ERR_KEY_MISMATCH: 'The request was signed by a key that is not this session’s.',
  ERR_SIG_MISSING: 'The request had no signature.',
  ERR_SIG_INVALID: 'The signature does not fit the request.',
  ERR_DIGEST_MISMATCH: 'The content changed after it was signed.',
  ERR_NONCE_USED: 'This request was already received once. It was not done again.',
  ERR_NONCE_INVALID: 'The request carried a number that the server never issued.',
  ERR_NONCE_EXPIRED: 'The request waited too long. Try again.',
  ERR_TIME_STALE: 'The request took too long to arrive. Try again.',
  ERR_TIME_FUTURE: 'The request is dated in the future.',
  ERR_TIER_REQUIRED: 'This needs you: press the button yourself, and the request carries the proof of it.',
  ERR_PROOF_REUSED: 'One press was used for too many requests. Press again.',
  ERR_RATE_LIMITED: 'Too many requests. Wait a moment.',
  ERR_ORIGIN_REFUSED: 'The server does not take this from this page.',
  ERR_CHANNEL_TIMEOUT: 'The signing frame did not answer in time.',
  ERR_CHANNEL_REFUSED: 'The signing frame refused the message.',
  ERR_SERVER_UNREACHABLE: 'The server can’t be reached.',
  ERR_STORE_DOWN: 'The server can’t check sessions right now, so it accepts nothing.',
  ERR_STORE_FULL: 'The server is full right now. Try again soon.',
  ERR_CONSENT_CANCELLED: 'You did not confirm. Nothing was done.',
  ERR_CONSENT_TIMEOUT: 'Nobody confirmed in time. Nothing was done.',
  ERR_CONSENT_MISMATCH: 'What was to be signed is not what could be shown.',
  ERR_POPUP_BLOCKED: 'The browser did not open the window in which you confirm.',
  ERR_PASSKEY_MISSING: 'This needs a passkey. Add one below first.',
  ERR_UV_INVALID: 'The passkey did not verify you. Nothing was done.',
  ERR_POLICY_REFUSED: 'Log in again first: a passkey is added within five minutes of that.',
  ERR_WASM_UNAVAILABLE: 'This browser did not run WebAssembly.',
};

/** What `code` means to the person in front of the page. */
export function words(code, otherwise = 'The server refused the request.') {
  return SENTENCES[code] ?? otherwise;
}

const money = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' });
const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' });
const moment = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

/** `"12.50"` → `"€12.50"`; a string keeps every digit. */
export const euros = (decimal) => money.format(decimal);
export const onDay = (ms) => day.format(ms);
export const atMoment = (ms) => moment.format(ms);
