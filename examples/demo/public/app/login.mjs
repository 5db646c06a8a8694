/** The login form. The password is checked by the server; then the frame enrols its key. */
import { jsonBody, parse, reach } from './api.mjs';
import { byId, element, once, say, submitOf } from './dom.mjs';
import { nameOf } from './session.mjs';

/** `onLogin` is called with the ticket cookie set; `onContinue` with an account that this browser holds a key for. */
export function setUpLogin({ onLogin, onContinue }) {
  const form = byId('login-form');
  const status = byId('login-status');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    return once(submitOf(form), status, async () => {
      say(status, 'Checking the password…');
      const { user, password } = Object.fromEntries(new FormData(form));
      await parse(await reach(fetch('/login', jsonBody({ user, password }))));
      say(status, 'Making a key in the signing frame…');
      await onLogin();
      say(status, '');
      form.reset();
    });
  });

  return {
    /** Shows the form, why it is shown, and the accounts that could go on without a password. */
    show({ reason, accounts = [] }) {
      byId('login').hidden = false;
      byId('login-reason').hidden = !reason;
      byId('login-reason').textContent = reason ?? '';
      const known = byId('known-accounts');
      known.hidden = accounts.length === 0;
      known.replaceChildren(
        ...accounts.map((account) =>
          element(
            'button',
            { type: 'button', class: 'second', onclick: () => onContinue(account) },
            `Continue as ${nameOf(account)}`,
          ),
        ),
      );
    },
    hide() {
      byId('login').hidden = true;
      say(status, '');
    },
  };
}
