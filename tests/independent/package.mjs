// The same deployment in the package: its verifier over its memory store, which is filled by the store's own
// contract.
import { memoryStore } from 'partitioned-authority/stores/memory';
import { createAuthority } from 'partitioned-authority/verifier';
import { frameKey } from '../stores/kit/keys.mjs';
import { independent } from './load.mjs';

const { base64url, thumbprintOf, unhex } = independent;
const LONG = 10 ** 10;
const UNLIMITED = { limit: 1e9, windowMs: 1_000 };

const enrolment = ({ tag, id, userId }) => ({ kind: 'enrol', id, slot: tag, subject: userId, bind: '', ttlMs: LONG });

/** See deployment.mjs; `wrap` stands before the store. */
export async function packageServer(
  { appOrigin, signOrigin, secret, now, sessions, tickets = [], templates = [] },
  { wrap = (store) => store, ...options } = {},
) {
  const clock = () => now;
  const store = memoryStore({ clock });
  for (const {
    tag,
    id,
    userId,
    jwk: { x, y },
  } of sessions) {
    await store.putTicket(enrolment({ tag, id, userId }));
    const keyId = base64url(thumbprintOf(x, y));
    await store.create(
      { slot: tag, id, keys: { frame: frameKey(keyId, { x, y }) }, idleMs: LONG, absoluteMs: LONG, replaces: [] },
      id,
    );
  }
  for (const { tag, id, userId, session, url } of tickets) {
    await store.putTicket(
      url === undefined
        ? enrolment({ tag, id, userId })
        : { kind: 'url', id, slot: tag, subject: session, bind: url, ttlMs: LONG },
    );
  }
  const authority = createAuthority({
    appOrigin,
    signOrigin,
    secret: unhex(secret),
    store: wrap(store),
    clock,
    limits: { session: UNLIMITED, account: UNLIMITED },
    // What a proof is worth beyond its flags is this server's own matter.
    interaction: { onWeak: 'audit' },
    ...options,
  });
  for (const { act, ...form } of templates) authority.action(act, form);
  return authority;
}

/** A request for the package's adapter-neutral interface. */
export const incoming = ({ method, target, fields, content }) => ({
  head: { method, target, fields: fields.flat().join('\n'), count: fields.length },
  body: content ?? null,
  // Nothing elapsed, however slow the machine is.
  receivedAt: Infinity,
});
