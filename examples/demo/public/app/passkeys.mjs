/** The passkeys of the account. Each change is confirmed in a window of the signing origin. */
import { reach } from './api.mjs';
import { byId, element, once, say, submitOf } from './dom.mjs';
import { atMoment } from './words.mjs';

export function setUpPasskeys(page) {
  const form = byId('passkey-form');
  const status = byId('passkeys-status');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    return once(submitOf(form), status, async () => {
      say(status, '');
      const { label } = await reach(page.pas.passkeys.add(new FormData(form).get('label').trim()));
      say(status, `The passkey “${label}” was added.`, 'good');
      await refreshPasskeys(page);
    });
  });
}

export async function refreshPasskeys(page) {
  const passkeys = await reach(page.pas.passkeys.list());
  byId('passkeys').replaceChildren(
    ...(passkeys.length > 0
      ? passkeys.map((passkey) => row(page, passkey))
      : [element('li', { class: 'quiet' }, 'None yet.')]),
  );
}

function row(page, passkey) {
  const { label, createdAt, lastUsedAt } = passkey;
  const used = lastUsedAt === undefined ? ', not used yet' : `, last used ${atMoment(lastUsedAt)}`;
  const remove = element(
    'button',
    { type: 'button', class: 'quiet-button', 'aria-label': `Remove ${label}` },
    'Remove',
  );
  const status = byId('passkeys-status');
  remove.addEventListener('click', () =>
    once(remove, status, async () => {
      await reach(page.pas.passkeys.remove(passkey));
      say(status, `The passkey “${label}” was removed.`, 'good');
      await refreshPasskeys(page);
    }),
  );
  const text = element(
    'div',
    {},
    element('p', {}, label),
    element('p', { class: 'quiet' }, `Since ${atMoment(createdAt)}${used}`),
  );
  return element('li', {}, text, remove);
}
