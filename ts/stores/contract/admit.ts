/** `admit`: the order of refusals, what a refusal leaves, and what an acceptance writes. */
import type { Admission } from '../types.js';
import { cases } from './cases.js';
import { holds, same } from './checks.js';
import { HOUR, type Lab, codeOf, random, sessionId } from './lab.js';

/** One request uses it up for an hour. */
const ONCE = { limit: 1, windowMs: HOUR };

/** A session with a used replay key, a spent interaction, and an hour of both rates used. */
async function worn(lab: Lab) {
  const [replayKey, event] = [random(22), { id: random(11), limit: 1 }];
  const rates = { sessionRate: ONCE, accountRate: ONCE };
  const { session } = await lab.accepted(await lab.session(), { replayKey, event, ...rates });
  return { session, replayKey, event };
}

/** Every ground for a refusal that a request itself can give, in the order in which they count. */
function grounds({ session, replayKey, event }: Awaited<ReturnType<typeof worn>>): [string, Partial<Admission>][] {
  const [past, future] = [session.lastSeenAt - HOUR, session.lastSeenAt + HOUR];
  return [
    ['ERR_SESSION_ENDED', { sessionId: sessionId() }],
    ['ERR_KEY_MISMATCH', { keyId: random(43) }],
    ['ERR_TIME_FUTURE', { createdFrom: future }],
    ['ERR_TIME_STALE', { createdTo: past }],
    ['ERR_NONCE_INVALID', { nonceFrom: future }],
    ['ERR_NONCE_EXPIRED', { nonceTo: past }],
    ['ERR_RATE_LIMITED', { sessionRate: ONCE }],
    ['ERR_NONCE_USED', { replayKey }],
    ['ERR_PROOF_REUSED', { event }],
  ];
}

function isAfter(time: number, until: number, what: string): void {
  holds(time > until, `${what} at ${time}, which is not after ${until}`);
}

export const admitCases = [
  ...cases({
    'an accepted request is answered with the session as it is then': async (lab) => {
      const before = await lab.session({ label: 'a phone', signals: '{"ua":"x"}', network: '192.0.2.0/24' });
      const { session } = await lab.accepted(before, { tier: 'interactive' });
      const at = session.lastSeenAt;
      const expected = { ...before, lastSeenAt: at, idleExpiresAt: at + 4 * HOUR, tiers: { interactive: at } };
      same(session, expected, 'the answer');
      same(await lab.store.read(before.slot, before.id), expected, 'what read finds');
    },

    'of several grounds the first in order counts': async (lab) => {
      const state = await worn(lab);
      const list = grounds(state);
      for (let set = 1; set < 1 << list.length; set += 1) {
        const present = list.filter((_, index) => set & (1 << index));
        const names = present.map(([code]) => code);
        const outcome = await lab.admit(state.session, Object.assign({}, ...present.map(([, more]) => more)));
        same(codeOf(outcome), names[0], `the refusal for ${names.join(', ')}`);
        const told = 'retryAfterMs' in outcome && outcome.retryAfterMs !== undefined;
        const what = `whether ${names[0]} says when to try again, and what is left`;
        same(told && outcome.rates !== undefined, names[0] === 'ERR_RATE_LIMITED', what);
      }
      await lab.accepted(state.session);
    },

    'a refusal writes nothing': async (lab) => {
      const rate = { limit: 10, windowMs: 20 * HOUR };
      for (const [index, [code]] of grounds(await worn(lab)).entries()) {
        const state = await worn(lab);
        const before = await lab.store.read(state.session.slot, state.session.id);
        const more = grounds(state)[index]?.[1];
        const [replayKey, event] = [random(22), { id: random(11), limit: 1 }];
        const fresh: Partial<Admission> = {
          replayKey,
          event,
          tier: 'verified',
          network: '198.51.100.0/24',
          sessionRate: rate,
          accountRate: rate,
        };
        // A time that is not the last one, so that it would show.
        await lab.until(state.session.lastSeenAt + 5);
        for (let round = 0; round < 20; round += 1) {
          same(codeOf(await lab.admit(state.session, { ...fresh, ...more })), code, 'the refusal');
        }
        same(await lab.store.read(state.session.slot, state.session.id), before, `the session after ${code}`);
        const { rates, session } = await lab.accepted(state.session, fresh);
        // An hour was used, this request takes two, and 8 of 17 are whole.
        same([rates.session.remaining, rates.account.remaining], [8, 8], `what is left of the rates after ${code}`);
        same(Object.keys(session.tiers).sort(), ['signed', 'verified'], 'the tiers');
      }
    },

    'a session that ended, or never was, admits nothing': async (lab) => {
      const session = await lab.session();
      await lab.accepted(session);
      same(codeOf(await lab.admit({ ...session, id: sessionId() })), 'ERR_SESSION_ENDED', 'an unknown id');
      same(codeOf(await lab.admit({ ...session, slot: random(8) })), 'ERR_SESSION_ENDED', 'another slot');
      await lab.store.revoke(session.slot, session.id);
      same(codeOf(await lab.admit(session)), 'ERR_SESSION_ENDED', 'after revoke');
    },

    'the bounds on the arrival leave out what lies outside': async (lab) => {
      const session = await lab.session();
      const now = session.lastSeenAt;
      for (const [code, more] of [
        ['ERR_TIME_FUTURE', { createdFrom: now + HOUR }],
        ['ERR_TIME_STALE', { createdTo: now - 1 }],
        ['ERR_NONCE_INVALID', { nonceFrom: now + HOUR }],
        ['ERR_NONCE_EXPIRED', { nonceTo: now - 1 }],
      ] as const) {
        same(codeOf(await lab.admit(session, more)), code, JSON.stringify(more));
      }
      await lab.accepted(session, { createdFrom: now, nonceFrom: now });
    },

    'what counts is when the head arrived, not when the content did': async (lab) => {
      const session = await lab.session();
      const [past, before] = [session.lastSeenAt - HOUR, session.lastSeenAt - 2 * HOUR];
      const code = async (more: Partial<Admission>) => codeOf(await lab.admit(session, more));
      same(await code({ elapsedMs: HOUR + 0.25, createdFrom: before }), 'accepted', 'createdFrom, an hour ago');
      same(await code({ elapsedMs: 3 * HOUR, createdFrom: before }), 'ERR_TIME_FUTURE', 'createdFrom, three hours ago');
      same(await code({ elapsedMs: 3 * HOUR, nonceFrom: before }), 'ERR_NONCE_INVALID', 'nonceFrom, three hours ago');
      same(await code({ createdTo: past }), 'ERR_TIME_STALE', 'createdTo, at once');
      same(await code({ elapsedMs: 2 * HOUR, createdTo: past }), 'accepted', 'createdTo, two hours ago');
      same(await code({ nonceTo: past }), 'ERR_NONCE_EXPIRED', 'nonceTo, at once');
      same(await code({ elapsedMs: 2 * HOUR, nonceTo: past }), 'accepted', 'nonceTo, two hours ago');
    },

    'a replay key serves one request': async (lab) => {
      const session = await lab.session();
      const replayKey = random(22);
      await lab.accepted(session, { replayKey });
      for (let round = 0; round < 3; round += 1) {
        same(codeOf(await lab.admit(session, { replayKey })), 'ERR_NONCE_USED', 'again');
      }
      await lab.accepted(session);
    },

    'a replay key is one of its session': async (lab) => {
      const session = await lab.session();
      const other = await lab.session({ slot: session.slot, userId: session.userId });
      const replayKey = random(22);
      await lab.accepted(session, { replayKey });
      await lab.accepted(other, { replayKey });
      await lab.accepted(await lab.session(), { replayKey });
      same(codeOf(await lab.admit(other, { replayKey })), 'ERR_NONCE_USED', 'again');
    },

    'of many requests with one replay key at once, one is accepted': async (lab) => {
      const session = await lab.session();
      for (let round = 0; round < 5; round += 1) {
        const replayKey = random(22);
        const outcomes = await Promise.all(Array.from({ length: 100 }, () => lab.admit(session, { replayKey })));
        const codes = outcomes.map(codeOf).sort();
        same(codes, [...Array(99).fill('ERR_NONCE_USED'), 'accepted'], 'the outcomes');
      }
    },

    'a replay entry lives as long as it must, inclusive': async (lab) => {
      const session = await lab.session();
      const replayKey = random(22);
      const until = session.createdAt + lab.unit;
      await lab.accepted(session, { replayKey, replayUntil: until });
      for await (const _ of lab.through(until)) {
        const outcome = await lab.admit(session, { replayKey, replayUntil: until });
        if (outcome.ok) return isAfter(outcome.session.lastSeenAt, until, 'accepted again');
        same(outcome.code, 'ERR_NONCE_USED', 'the refusal');
      }
    },

    'an interaction serves so many requests, whatever their replay keys': async (lab) => {
      const session = await lab.session();
      const event = { id: random(11), limit: 4 };
      for (let use = 0; use < 4; use += 1) await lab.accepted(session, { event, tier: 'interactive' });
      for (let round = 0; round < 3; round += 1) {
        same(codeOf(await lab.admit(session, { event })), 'ERR_PROOF_REUSED', 'a fifth use');
      }
      await lab.accepted(session, { event: { id: random(11), limit: 1 } });
      await lab.accepted(session);
      const other = await lab.session({ slot: session.slot, userId: session.userId });
      await lab.accepted(other, { event });
    },

    'of many requests with one interaction at once, no more are accepted than it may serve': async (lab) => {
      const session = await lab.session();
      const event = { id: random(11), limit: 4 };
      const outcomes = await Promise.all(Array.from({ length: 50 }, () => lab.admit(session, { event })));
      const codes = outcomes.map(codeOf).sort();
      same(codes, [...Array(46).fill('ERR_PROOF_REUSED'), ...Array(4).fill('accepted')], 'the outcomes');
    },

    'uses of an interaction are counted as long as the replay entry of any of them lives': async (lab) => {
      const session = await lab.session();
      const event = { id: random(11), limit: 2 };
      const until = session.createdAt + lab.unit;
      await lab.accepted(session, { event, replayUntil: until });
      await lab.accepted(session, { event, replayUntil: session.createdAt + 1 });
      for await (const _ of lab.through(until)) {
        const outcome = await lab.admit(session, { event, replayUntil: until });
        if (outcome.ok) return isAfter(outcome.session.lastSeenAt, until, 'a third use');
        same(outcome.code, 'ERR_PROOF_REUSED', 'the refusal');
      }
    },

    'each tier is kept with the time when it was last reached': async (lab) => {
      const session = await lab.session();
      same(session.tiers, {}, 'at first');
      const { session: first } = await lab.accepted(session, { tier: 'interactive' });
      await lab.until(first.lastSeenAt + 1);
      const { session: second } = await lab.accepted(session, { tier: 'signed' });
      same(second.tiers, { interactive: first.lastSeenAt, signed: second.lastSeenAt }, 'after two');
      await lab.until(second.lastSeenAt + 1);
      const { session: third } = await lab.accepted(session, { tier: 'interactive' });
      same(third.tiers, { interactive: third.lastSeenAt, signed: second.lastSeenAt }, 'after three');
      await lab.accepted(session, { tier: 'consent' });
      await lab.accepted(session, { tier: 'verified' });
      const read = await lab.store.read(session.slot, session.id);
      same(Object.keys(read?.tiers ?? {}).sort(), ['consent', 'interactive', 'signed', 'verified'], 'all of them');
    },

    'the network is that of the last request that named one': async (lab) => {
      const session = await lab.session();
      same(session.network, undefined, 'at first');
      const network = async (more: Partial<Admission>) => (await lab.accepted(session, more)).session.network;
      same(await network({ network: '192.0.2.0/24' }), '192.0.2.0/24', 'one');
      same(await network({}), '192.0.2.0/24', 'none');
      same(await network({ network: '2001:db8::/56' }), '2001:db8::/56', 'another');
      const named = await lab.session({ network: '203.0.113.0/24' });
      const { session: after } = await lab.accepted(named);
      same([named.network, after.network], Array(2).fill('203.0.113.0/24'), 'at enrolment');
    },
  }),

  ...cases(
    {
      'the bounds on the arrival are inclusive, to the ms': async (lab) => {
        const session = await lab.session();
        const now = await lab.now();
        for (const [elapsedMs, arrival] of [
          [0, now],
          [250, now - 250],
        ] as const) {
          const code = async (more: Partial<Admission>) => codeOf(await lab.admit(session, { elapsedMs, ...more }));
          const bounds = { createdFrom: arrival, createdTo: arrival, nonceFrom: arrival, nonceTo: arrival };
          same(await code(bounds), 'accepted', 'at the bounds');
          same(await code({ createdFrom: arrival + 1 }), 'ERR_TIME_FUTURE', '1 ms early');
          same(await code({ createdTo: arrival - 1 }), 'ERR_TIME_STALE', '1 ms late');
          same(await code({ nonceFrom: arrival + 1 }), 'ERR_NONCE_INVALID', '1 ms before the nonce');
          same(await code({ nonceTo: arrival - 1 }), 'ERR_NONCE_EXPIRED', '1 ms after the nonce');
        }
      },
    },
    'advance',
  ),
];
