/** Several processes on the same data, restarts, and the end of a store. */
import { cases } from './cases.js';
import { holds, same } from './checks.js';
import { HOUR, codeOf, newKey, random, withKey } from './lab.js';

const shared = cases(
  {
    'what one store answered every other one finds': async (lab) => {
      const other = await lab.another();
      const session = await lab.session({ label: 'a phone' });
      const { slot, id, userId } = session;
      same(await other.read(slot, id), session, 'read');
      same(await other.list(slot, userId), [session], 'list');
      const replayKey = random(22);
      const { session: seen } = await lab.accepted(session, { replayKey });
      same(await other.read(slot, id), seen, 'read after admit');
      same(codeOf(await lab.admit(session, { replayKey }, other)), 'ERR_NONCE_USED', 'the replay key');
      const ticket = await lab.ticket({ slot, userId });
      same(await other.peekTicket(ticket), { subject: userId, bind: '' }, 'the ticket');
      const created = await other.create(lab.newSession(slot), ticket.id);
      holds(created.ok, 'the ticket was refused');
      same(await lab.store.peekTicket(ticket), undefined, 'the ticket that the other consumed');
      await lab.accepted(created.session);
      const to = newKey();
      same(await other.rekey(slot, id, 'frame', session.keys.frame.cur.keyId, to), true, 'rekey');
      same(codeOf(await lab.admit(session)), 'ERR_KEY_MISMATCH', 'the old key');
      const url = lab.urlTicket(session);
      await lab.store.putTicket({ ...url, ttlMs: HOUR });
      same(await other.takeTicket(url), true, 'the URL ticket');
      same(await lab.store.takeTicket(url), false, 'the URL ticket that the other consumed');
      same(await other.revoke(slot, id), true, 'revoke');
      same(codeOf(await lab.admit(withKey(session, to))), 'ERR_SESSION_ENDED', 'the session that the other revoked');
      same(await lab.store.revokeAll(slot, userId), 1, 'revokeAll');
      same(
        codeOf(await lab.admit(created.session, {}, other)),
        'ERR_SESSION_ENDED',
        'the session that was revoked here',
      );
    },

    'over several stores too, a replay key serves one request, and rates and interactions are one': async (lab) => {
      const stores = [lab.store, await lab.another(), await lab.another()];
      const accepted = async (more: object) => {
        const session = await lab.session();
        const ask = (_: unknown, index: number) => lab.admit(session, more, stores[index % stores.length]);
        return (await Promise.all(Array.from({ length: 60 }, ask))).filter(({ ok }) => ok).length;
      };
      same(await accepted({ replayKey: random(22) }), 1, 'of one replay key');
      same(await accepted({ event: { id: random(11), limit: 4 } }), 4, 'of one interaction');
      same(await accepted({ sessionRate: { limit: 9, windowMs: 1_000 * HOUR } }), 9, 'of a rate of the session');
      same(await accepted({ accountRate: { limit: 7, windowMs: 1_000 * HOUR } }), 7, 'of a rate of the account');
    },

    'once revoke resolves no other store admits': async (lab) => {
      const other = await lab.another();
      for (let round = 0; round < 5; round += 1) {
        const session = await lab.session();
        const asked = Array.from({ length: 20 }, () => lab.admit(session, {}, other));
        await lab.store.revoke(session.slot, session.id);
        const late = await Promise.all(Array.from({ length: 20 }, () => lab.admit(session, {}, other)));
        same(late.map(codeOf), Array(20).fill('ERR_SESSION_ENDED'), 'requests after revoke');
        await Promise.all(asked);
      }
    },

    'closing one store leaves the others': async (lab) => {
      const other = await lab.another();
      const session = await lab.session();
      await other.close();
      await lab.accepted(session);
    },
  },
  'another',
);

const restarts = cases(
  {
    'a restart keeps everything that was acknowledged': async (lab) => {
      const [replayKey, event] = [random(22), { id: random(11), limit: 1 }];
      const rate = { limit: 2, windowMs: 1_000 * HOUR };
      const kept = await lab.session({ label: 'a phone', signals: '{"a":1}', network: '192.0.2.0/24' });
      const more = { replayKey, event, tier: 'interactive', sessionRate: rate } as const;
      const { session } = await lab.accepted(kept, more);
      const gone = await lab.session({ slot: session.slot, userId: session.userId });
      await lab.store.revoke(gone.slot, gone.id);
      const ticket = await lab.ticket({ slot: session.slot, userId: session.userId, label: 'a tablet' });
      const url = lab.urlTicket(session);
      await lab.store.putTicket({ ...url, ttlMs: HOUR });
      await lab.reopen();
      same(await lab.store.read(session.slot, session.id), session, 'the session');
      same(codeOf(await lab.admit(session, { replayKey })), 'ERR_NONCE_USED', 'the replay key');
      same(codeOf(await lab.admit(session, { event })), 'ERR_PROOF_REUSED', 'the interaction');
      const { rates } = await lab.accepted(session, { sessionRate: rate });
      same(rates.session.remaining, 0, 'what is left of the rate');
      same(codeOf(await lab.admit(gone)), 'ERR_SESSION_ENDED', 'a revoked session');
      same(await lab.store.takeTicket(url), true, 'the URL ticket');
      const created = await lab.store.create(lab.newSession(ticket.slot), ticket.id);
      holds(created.ok && created.session.label === 'a tablet', 'the enrolment ticket');
      await lab.reopen();
      same(await lab.store.takeTicket(url), false, 'the URL ticket, used');
      same(await lab.store.peekTicket(ticket), undefined, 'the enrolment ticket, used');
      await lab.accepted(created.session);
    },
  },
  'reopen',
);

const clockAfterRestart = cases(
  {
    'a clock set back over a restart reopens nothing': async (lab) => {
      const session = await lab.session({ idleMs: 10 * HOUR, absoluteMs: 20 * HOUR });
      const brief = await lab.session({ idleMs: HOUR });
      await lab.advance(2 * HOUR);
      const { session: seen } = await lab.accepted(session);
      await lab.advance(-2 * HOUR);
      await lab.reopen();
      same((await lab.accepted(session)).session.lastSeenAt, seen.lastSeenAt, 'the clock');
      same(codeOf(await lab.admit(brief)), 'ERR_SESSION_ENDED', 'a session that had ended');
    },
  },
  'reopen',
  'advance',
);

export const nodeCases = [...shared, ...restarts, ...clockAfterRestart];
