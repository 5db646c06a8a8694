// A clock to move, and sessions and requests for stores that are asked directly.
import { randomBytes } from 'node:crypto';
import { frameKey, keyIdOf } from './keys.mjs';

export const HOUR = 3_600_000;

/** It starts at the present and only moves when told. */
export function movableClock() {
  let now = Date.now();
  return { clock: () => now, advance: (ms) => void (now += ms) };
}

export const id = (bytes = 32) => randomBytes(bytes).toString('base64url');

export async function newTicket(store, { slot = id(6), userId = 'alice', ttlMs = HOUR, ...more } = {}) {
  const ticket = { kind: 'enrol', id: id(), slot, subject: userId, bind: '', ttlMs, ...more };
  await store.putTicket(ticket);
  return ticket;
}

/** A URL ticket of a session, to be put. */
export const urlTicket = ({ slot, id: subject }) => ({ kind: 'url', id: id(), slot, subject, bind: '/' });

/** What `create` takes. */
export const wanted = (slot, more) => ({
  id: id(),
  slot,
  keys: { frame: frameKey(id(), { x: id(), y: id() }) },
  idleMs: 4 * HOUR,
  absoluteMs: 8 * HOUR,
  replaces: [],
  ...more,
});

export async function newSession(store, { slot, userId, label, limit, ...more } = {}) {
  const ticket = await newTicket(store, { slot, userId, ...(label === undefined ? {} : { label }) });
  const created = await store.create(wanted(ticket.slot, more), ticket.id, limit);
  if (!created.ok) throw new Error(created.code);
  return created.session;
}

const FREE = { limit: 1e9, windowMs: 1000 * HOUR };

/** A request that nothing speaks against, unless `more` does. */
export const request = ({ slot, id: sessionId, keys, lastSeenAt }, more = {}) => ({
  slot,
  sessionId,
  keyId: keyIdOf({ keys }),
  replayKey: id(16),
  tier: 'signed',
  elapsedMs: 0,
  created: lastSeenAt,
  createdFrom: lastSeenAt - 8 * HOUR,
  createdTo: lastSeenAt + 8 * HOUR,
  nonceFrom: lastSeenAt - 8 * HOUR,
  nonceTo: lastSeenAt + 8 * HOUR,
  replayUntil: lastSeenAt + HOUR,
  sessionRate: FREE,
  accountRate: FREE,
  ...more,
});

/** `accepted`, or the code of the refusal. */
export const codeOf = (outcome) => (outcome.ok ? 'accepted' : outcome.code);

export const ask = async (store, session, more) => codeOf(await store.admit(request(session, more)));
