// Sessions and requests as the verifier brings them to a store, with its default windows.
import { randomBytes } from 'node:crypto';
import { frameKey, keyIdOf } from './keys.mjs';

const W = 30_000;
const FREE = { limit: 1_000_000, windowMs: 1_000 };

export const random = (bytes) => randomBytes(bytes).toString('base64url');

/** An enrolment ticket that was put. */
export async function newTicket(store, { slot = random(6), userId = 'alice' } = {}) {
  const ticket = { kind: 'enrol', id: random(32), slot };
  await store.putTicket({ ...ticket, subject: userId, bind: '', ttlMs: 120_000 });
  return ticket;
}

export const wanted = (slot) => ({
  id: random(32),
  slot,
  keys: { frame: frameKey(random(32), { x: random(32), y: random(32) }) },
  replaces: [],
  idleMs: 1_800_000,
  absoluteMs: 43_200_000,
});

/** A URL ticket of a session, to be put. */
export const urlTicket = ({ slot, id }) => ({ kind: 'url', id: random(32), slot, subject: id, bind: '/a' });

/** A session, by way of a ticket. */
export async function newSession(store, options) {
  const ticket = await newTicket(store, options);
  const { ok, session, code } = await store.create(wanted(ticket.slot), ticket.id);
  if (!ok) throw new Error(`create answered ${code}`);
  return session;
}

/** A request that is signed now, or was at `at`. It may be early by `future`: nothing, as clocks are one here. */
export function request({ slot, id, keys }, { at = Date.now(), future = 0, ...more } = {}) {
  const created = Math.floor(at / 1000) * 1000;
  return {
    slot,
    sessionId: id,
    keyId: keyIdOf({ keys }),
    replayKey: random(16),
    tier: 'signed',
    elapsedMs: 0,
    created,
    createdFrom: created - future,
    createdTo: created + 1_000 + W,
    nonceFrom: created - future,
    nonceTo: created + 300_000 + future,
    replayUntil: created + 1_000 + W + 30_000 + 5_000,
    sessionRate: FREE,
    accountRate: FREE,
    ...more,
  };
}

/** `accepted`, or the code of the refusal or of what was thrown. */
export async function outcome(promise) {
  try {
    const answer = await promise;
    return answer?.ok === false ? answer.code : 'accepted';
  } catch (error) {
    if (typeof error.code !== 'string' || !error.code.startsWith('ERR_')) throw error;
    return error.code;
  }
}

/** Signs and sends requests until one gets another answer than those; resolves with it and how often it asked. */
export async function untilOther(codes, ask) {
  for (let asked = 1; ; asked += 1) {
    const code = await outcome(ask());
    if (!codes.includes(code)) return { code, asked };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
