/** The open sessions of the account, each with a revoke button. */
import { fetchJson } from './api.mjs';
import { byId, element, once, say } from './dom.mjs';
import { atMoment } from './words.mjs';

export async function refreshSessions(page) {
  const sessions = await fetchJson(page.pas, '/api/sessions');
  const others = sessions.filter(({ current }) => !current);
  byId('sessions').replaceChildren(
    ...sessions.map((session) => row(page, session)),
    ...(others.length > 1 ? [element('li', {}, revokeButton(page, '/api/sessions', 'End all others'))] : []),
  );
}

function row(page, { id, label, createdAt, lastSeenAt, network, tiers, current }) {
  const name = label ?? 'A browser';
  const acted = tiers.interactive === undefined ? '' : `; last acted on ${atMoment(tiers.interactive)}`;
  return element(
    'li',
    { 'data-session': id, 'data-current': current },
    element(
      'div',
      {},
      element('p', {}, name, ' ', current && element('span', { class: 'chip' }, 'this one')),
      element(
        'p',
        { class: 'quiet' },
        `Since ${atMoment(createdAt)}, last used ${atMoment(lastSeenAt)}${network ? ` from ${network}` : ''}${acted}`,
      ),
    ),
    revokeButton(
      page,
      `/api/sessions/${encodeURIComponent(id)}`,
      'Revoke',
      `Revoke ${name}, since ${atMoment(createdAt)}`,
    ),
  );
}

function revokeButton(page, url, text, label) {
  const button = element('button', { type: 'button', class: 'quiet-button', 'aria-label': label }, text);
  const status = byId('sessions-status');
  button.addEventListener('click', () =>
    once(button, status, async () => {
      const { revoked } = await fetchJson(page.pas, url, { method: 'DELETE', action: 'revoke-session' });
      say(status, `${revoked} ${revoked === 1 ? 'session' : 'sessions'} ended.`, 'good');
      await refreshSessions(page);
    }),
  );
  return button;
}
