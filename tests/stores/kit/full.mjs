// What a store does when it is full. Cases for every bounded driver: `make(options)` gives a store with
// these limits, and how its clock is moved.
import assert from 'node:assert/strict';
import { HOUR, ask, id, newSession, newTicket, urlTicket, wanted } from './requests.mjs';

const full = (work) => assert.rejects(work, { name: 'PartitionedAuthorityError', code: 'ERR_STORE_FULL' });

export const fullCases = (make) =>
  Object.entries({
    'a store full of replay entries refuses, and forgets none that counts': async ({ store, advance }) => {
      const session = await newSession(store);
      const until = session.createdAt + HOUR;
      const keys = Array.from({ length: 5 }, () => id(16));
      for (const replayKey of keys) {
        assert.equal(await ask(store, session, { replayKey, replayUntil: until }), 'accepted');
      }
      for (let turn = 0; turn < 3; turn += 1) assert.equal(await ask(store, session), 'ERR_STORE_FULL');
      advance(HOUR);
      assert.equal(await ask(store, session), 'ERR_STORE_FULL', 'they count until then, inclusive');
      for (const replayKey of keys) assert.equal(await ask(store, session, { replayKey }), 'ERR_NONCE_USED');
      advance(1);
      assert.equal(await ask(store, session), 'accepted');
    },

    'a store full of replay entries tells used keys before, and used interactions after': async ({ store }) => {
      const session = await newSession(store);
      const [replayKey, event] = [id(16), { id: id(8), limit: 1 }];
      assert.equal(await ask(store, session, { replayKey, event }), 'accepted');
      for (let turn = 0; turn < 4; turn += 1) assert.equal(await ask(store, session), 'accepted');
      assert.equal(await ask(store, session, { replayKey, event }), 'ERR_NONCE_USED');
      assert.equal(await ask(store, session, { event }), 'ERR_STORE_FULL');
    },

    'replay entries of an ended session make room': async ({ store }) => {
      const session = await newSession(store);
      const other = await newSession(store);
      for (let turn = 0; turn < 5; turn += 1) assert.equal(await ask(store, session), 'accepted');
      assert.equal(await ask(store, other), 'ERR_STORE_FULL');
      await store.revoke(session.slot, session.id);
      for (let turn = 0; turn < 5; turn += 1) assert.equal(await ask(store, other), 'accepted');
      assert.equal(await ask(store, other), 'ERR_STORE_FULL');
    },

    'a store full of sessions makes none, and keeps the ticket': async ({ store, advance }) => {
      const sessions = [];
      for (let turn = 0; turn < 4; turn += 1) sessions.push(await newSession(store, { idleMs: HOUR }));
      const ticket = await newTicket(store, { ttlMs: 3 * HOUR });
      const next = wanted(ticket.slot);
      await full(() => store.create(next, ticket.id));
      assert.deepEqual(await store.peekTicket(ticket), { subject: 'alice', bind: '' });
      for (const session of sessions) assert.equal(await ask(store, session), 'accepted');
      advance(HOUR);
      assert.equal((await store.create(next, ticket.id)).ok, true, 'sessions that ended make room');
      assert.equal(await ask(store, sessions[0]), 'ERR_SESSION_ENDED');
    },

    'in a store full of sessions one may take the place of another': async ({ store }) => {
      const sessions = [];
      for (let turn = 0; turn < 4; turn += 1) sessions.push(await newSession(store));
      const [first, second] = sessions;
      await newSession(store, { slot: first.slot, userId: first.userId, replaces: [first.id] });
      await newSession(store, { slot: second.slot, userId: second.userId, limit: { max: 1, policy: 'end-oldest' } });
      await full(() => newSession(store));
    },

    'a store full of tickets takes none': async ({ store, advance }) => {
      const session = await newSession(store);
      const url = () => ({ ...urlTicket(session), ttlMs: HOUR });
      const first = await newTicket(store);
      const second = url();
      await store.putTicket(second);
      await newTicket(store);
      await full(() => newTicket(store));
      await full(() => store.putTicket(url()));
      assert.ok(await store.takeTicket(second), 'one that was there is good');
      await newTicket(store);
      await full(() => newTicket(store));
      assert.ok(await store.peekTicket(first));
      advance(HOUR + 1);
      await newTicket(store);
    },
  }).map(([name, work]) => ({
    name,
    async run() {
      const made = make({ maxSessions: 4, maxReplayEntries: 5, maxTickets: 3 });
      try {
        await work(made);
      } finally {
        await made.store.close();
        await made.dispose?.();
      }
    },
  }));
