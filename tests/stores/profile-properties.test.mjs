// Profiles by any history: one number of a user, that nobody moves by more than a step a session, or twice within the
// time that is to pass, or out of its bounds. The rule is written a second time here, from the words of the contract.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { memoryStore } from 'partitioned-authority/stores/memory';
import { redisStore } from 'partitioned-authority/stores/redis';
import { standalone } from './redis-clients.mjs';
import { withClock } from './redis-clock.mjs';
import { redisServer } from './redis-server.mjs';
import { HOUR, id, movableClock, newSession, request } from './requests.mjs';
import { Bench } from './sqlite.mjs';

const whole = (min, max) => fc.integer({ min, max });

const rule = fc.record({
  floor: whole(-300, 0), strictest: whole(-99, 0), kindest: whole(0, 600), step: whole(1, 90), sessions: whole(1, 6),
  everyMs: fc.constantFrom(0, 5 * HOUR, 20 * HOUR), ttlMs: fc.constantFrom(30 * HOUR, 900 * HOUR),
});

/** What one session does: how long after the last one, how it moves, how often a person consents at the end. */
const visit = fc.record({
  pauseMs: whole(0, 40).map((hours) => hours * HOUR),
  movements: fc.array(whole(-900, 9_000), { maxLength: 6 }),
  consents: whole(0, 3),
});

async function history(open, given, visits) {
  const { clock, advance } = movableClock();
  const { store, dispose } = open(clock);
  const [start, seen] = [clock(), []];
  try {
    const user = { tag: id(6), userId: 'alice' };
    for (const { pauseMs, movements, consents } of visits) {
      advance(pauseMs);
      const session = await newSession(store, user);
      const shifts = [];
      for (const unusual of movements) {
        const event = { id: id(8), limit: 1, evidence: { weight: unusual, most: 1_000_000 } };
        const { shift, session: after } = await store.admit(request(session, { tier: 'interactive', event, adaptation: { ...given, unusual } }));
        shifts.push([shift, after.evidence.sum]);
      }
      for (let turn = 0; turn < consents; turn += 1) await store.admit(request(session, { tier: 'consent', adaptation: given }));
      seen.push({ shifts, profile: await store.readProfile(user.tag, user.userId) });
    }
  } finally {
    await dispose();
  }
  return { start, seen };
}

function expected(given, visits, start) {
  const { floor, strictest, kindest, step, sessions, everyMs, ttlMs } = given;
  const bounded = (value, least, most) => (value < least ? least : value > most ? most : value);
  let profile;
  let now = start;
  return visits.map(({ pauseMs, movements, consents }) => {
    now += pauseMs;
    if (profile && now > profile.changedAt + ttlMs) profile = undefined;
    const used = profile && profile.sessions >= sessions ? profile.shift : undefined;
    let sum = 0;
    const shifts = movements.map((weight) => {
      let shifted = weight - (used ?? 0);
      if (used > 0 && shifted < floor) shifted = weight < floor ? weight : floor;
      sum = Math.max(0, sum + shifted);
      return [used, sum];
    });
    if (consents > 0 && movements.length > 0 && (!profile || now >= profile.changedAt + everyMs)) {
      const before = profile ?? { shift: 0, sessions: 0 };
      const mean = Math.floor(movements.reduce((total, one) => total + one, 0) / movements.length);
      const shift = bounded(bounded(mean, before.shift - step, before.shift + step), strictest, kindest);
      profile = { shift, sessions: before.sessions + 1, changedAt: now };
    }
    return { shifts, profile: profile && { ...profile } };
  });
}

const memory = (clock) => {
  const store = memoryStore({ clock });
  return { store, dispose: () => store.close() };
};
const sqlite = (clock) => {
  const bench = new Bench({ clock });
  return { store: bench.store(), dispose: () => bench.dispose() };
};

const server = await redisServer();
const { client, close } = await standalone['node-redis'](server.port);
after(async () => {
  await close();
  await server.dispose();
});
const redis = (clock) => {
  const store = redisStore({ client: withClock(client, clock) });
  return { store, dispose: () => store.close() };
};

for (const [name, open, numRuns] of [['memory', memory, 300], ['SQLite', sqlite, 25], ['Redis', redis, 25]]) {
  test(`${name}: a profile is what the contract says it is`, async () => {
    await fc.assert(fc.asyncProperty(rule, fc.array(visit, { maxLength: 14 }), async (given, visits) => {
      const { start, seen } = await history(open, given, visits);
      assert.deepEqual(seen, expected(given, visits, start));
    }), { numRuns });
  });
}

test('nothing that a session does moves a profile by more than a step, nor out of its bounds', async () => {
  await fc.assert(fc.asyncProperty(rule, fc.array(visit, { maxLength: 14 }), async (given, visits) => {
    let before;
    for (const { profile } of (await history(memory, given, visits)).seen) {
      if (profile) {
        const kept = before && profile.changedAt - before.changedAt <= given.ttlMs ? before : undefined;
        assert.ok(Math.abs(profile.shift - (kept?.shift ?? 0)) <= given.step || [given.strictest, given.kindest].includes(profile.shift));
        assert.ok(profile.shift >= given.strictest && profile.shift <= given.kindest);
        if (kept && profile.changedAt !== kept.changedAt) assert.ok(profile.changedAt - kept.changedAt >= given.everyMs);
      }
      before = profile;
    }
  }), { numRuns: 200 });
});
