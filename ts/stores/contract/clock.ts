/** The store's clock: within a session it never runs back, whatever the host's does. */
import { cases } from './cases.js';
import { holds, same } from './checks.js';
import { HOUR, codeOf, random } from './lab.js';

export const clockCases = [
  ...cases({
    'the clock never runs back within a session': async (lab) => {
      let last = 0;
      const session = await lab.session();
      for (let turn = 0; turn < 50; turn += 1) {
        const { lastSeenAt } = (await lab.accepted(session)).session;
        holds(lastSeenAt >= last, `it showed ${last}, then ${lastSeenAt}`);
        last = lastSeenAt;
      }
    },
  }),
  ...cases(
    {
      "a host's clock set back reopens nothing": async (lab) => {
        const session = await lab.session({ idleMs: 10 * HOUR, absoluteMs: 20 * HOUR });
        const brief = await lab.session({ slot: session.slot, userId: session.userId, idleMs: HOUR });
        const url = lab.urlTicket(session);
        await lab.store.putTicket({ ...url, ttlMs: HOUR });
        const replayKey = random(22);
        await lab.accepted(session, { replayKey, replayUntil: session.createdAt + HOUR });
        await lab.advance(2 * HOUR);
        const { session: seen } = await lab.accepted(session);
        same(seen.lastSeenAt, session.createdAt + 2 * HOUR, 'the clock');
        await lab.advance(-2 * HOUR);
        const { session: later } = await lab.accepted(session);
        same(later.lastSeenAt, seen.lastSeenAt, "the clock, with the host's set back");
        same(later.idleExpiresAt, seen.lastSeenAt + 10 * HOUR, 'idleExpiresAt');
        const bounds = { createdTo: session.createdAt + HOUR };
        same(codeOf(await lab.admit(session, bounds)), 'ERR_TIME_STALE', 'a request that had become stale');
        same(codeOf(await lab.admit(brief)), 'ERR_SESSION_ENDED', 'a session that had ended');
        same(await lab.store.list(session.slot, session.userId), [later], 'the list');
        same(await lab.store.takeTicket(url), false, 'a URL ticket that had expired');
        await lab.advance(2 * HOUR);
        same((await lab.accepted(session)).session.lastSeenAt, seen.lastSeenAt, "the clock, when the host's is back");
        await lab.advance(5);
        same((await lab.accepted(session)).session.lastSeenAt, seen.lastSeenAt + 5, 'the clock, further on');
      },

      'what was seen to be over while the clock was ahead stays over': async (lab) => {
        // The second one goes further: a store with one mark for all is where the first one was.
        for (const [look, ahead] of [
          ['list', 2 * HOUR],
          ['revokeAll', 4 * HOUR],
        ] as const) {
          const session = await lab.session({ idleMs: HOUR, absoluteMs: HOUR });
          await lab.advance(ahead);
          const seen = await lab.store[look](session.slot, session.userId);
          same(Array.isArray(seen) ? seen.length : seen, 0, look);
          await lab.advance(-ahead);
          same(codeOf(await lab.admit(session)), 'ERR_SESSION_ENDED', `after ${look}, the clock put right`);
        }
      },
    },
    'advance',
  ),
];
