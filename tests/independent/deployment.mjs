// A deployment for the second implementation. `sessions` are `{ tag, id, userId, jwk }`; `tickets` of an
// enrolment `{ tag, id, userId }`, of a URL `{ tag, id, session, url }`; `templates` are registered. Time stands still.
import { independent } from './load.mjs';

const { Server, importJwk, unhex } = independent;

export function independentServer({ appOrigin, signOrigin, secret, now, sessions, tickets = [], templates = [] }) {
  const server = new Server({ appOrigin, signOrigin, secret: unhex(secret), now });
  for (const { tag, id, userId, jwk } of sessions) server.sessions.set(id, { tag, id, userId, key: importJwk(jwk) });
  for (const ticket of tickets) server.tickets.set(ticket.id, { ...ticket });
  for (const template of templates) server.register(template);
  return server;
}
