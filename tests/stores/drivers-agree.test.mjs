// Any history of requests, asked of the memory driver, of the SQLite driver and of the Redis driver: they
// answer the same, word for word. A failure prints its seed; `PAS_SEED` runs it again.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { memoryStore } from 'partitioned-authority/stores/memory';
import { redisStore } from 'partitioned-authority/stores/redis';
import { dice } from './admission/dice.mjs';
import { frameKey, keyIdOf } from './kit/keys.mjs';
import { standalone } from './kit/redis-clients.mjs';
import { withClock } from './kit/redis-clock.mjs';
import { redisServer } from './kit/redis-server.mjs';
import { movableClock } from './kit/requests.mjs';
import { Bench } from './kit/sqlite.mjs';

const STEPS = 600;
const random = () => Math.floor(Math.random() * 2 ** 31);
const seeds = process.env.PAS_SEED ? [Number(process.env.PAS_SEED)] : Array.from({ length: 6 }, random);

/** The next step: few users, keys and times, so that they meet. */
function makeSteps(roll, clock) {
  const pick = (...values) => values[roll(values.length)];
  const optional = (name, value) => (roll(2) ? { [name]: value } : {});
  const slot = () => pick('tag-1', 'tag-2');
  const user = () => pick('alice', 'bob');
  const keyId = () => `key ${roll(3)}`;
  const key = () => ({
    ...frameKey(keyId(), { x: `x ${roll(9)}` }),
    epoch: roll(2),
    ...optional('next', frameKey(keyId()).cur),
  });
  const url = () => pick('/a', '/b?c');
  const ttlMs = () => pick(1, 500, 5_000);
  const rate = () => ({ limit: pick(3, 100, 1_000), windowMs: 1_000 });
  const around = () => clock() + pick(-10_000, 0, 0, 0, 0, 0, 0, 0, 0, 10_000);
  const movement = () => ({
    hashes: Array.from({ length: 4 }, () => `signature-${roll(7)}`),
    matchesNeeded: 3,
    ttlMs: 600_000,
    max: 999,
  });
  const evidence = () => ({
    delta: roll(9) - 3,
    cap: 9,
    ...optional('limit', { sum: 1 + roll(9), interactions: roll(3) }),
  });
  const limit = () => pick(undefined, { max: 1 + roll(3), policy: pick('refuse-newest', 'end-oldest') });
  // Ids are used once, as they are random elsewhere. Steps are about the latest of them, mostly rightly so.
  const [sessions, tickets] = [
    [{ id: 'none', slot: 'tag-1', keys: { frame: frameKey('key 0') } }],
    [{ kind: 'enrol', id: 'none', slot: 'tag-1', subject: 'alice', bind: '/a' }],
  ];
  const movements = [];
  const wrong = () => ({ slot: slot(), keys: { frame: frameKey(keyId()) } });
  const latest = (list) => ({ ...list[Math.max(0, list.length - 1 - roll(5))], ...(roll(9) ? {} : wrong()) });
  const kinds = {
    open() {
      const wanted = {
        id: `session ${sessions.length}`,
        slot: slot(),
        keys: { frame: key() },
        ...optional('aliases', [{ origin: 'https://api', id: 'a' }]),
        idleMs: pick(300, 3_000),
        absoluteMs: pick(2_000, 9_000),
        replaces: pick([], [], [latest(sessions).id, latest(sessions).id]),
        ...optional('signals', 's'),
      };
      sessions.push(wanted);
      return [wanted, user(), limit()];
    },
    admit() {
      const { id: sessionId, ...aim } = latest(sessions);
      return [
        {
          slot: aim.slot,
          sessionId,
          keyId: keyIdOf(aim),
          replayKey: `replay ${roll(12)}`,
          tier: pick('signed', 'interactive', 'interactive', 'consent'),
          elapsedMs: pick(0, 0, 0.5, 150),
          created: clock(),
          createdFrom: around() - 5_000,
          createdTo: around() + 5_000,
          nonceFrom: around() - 5_000,
          nonceTo: around() + 5_000,
          replayUntil: clock() + pick(0, 200, 2_000),
          sessionRate: rate(),
          accountRate: rate(),
          ...optional('event', { id: `event ${roll(4)}`, limit: 2, ...optional('evidence', evidence()) }),
          ...optional('network', `n ${roll(3)}`),
        },
      ];
    },
    // Redis expires these by its own clock too, and keeps them in buckets, which are not full here.
    seen() {
      movements.push({ ...movement(), owner: `of-${movements.length}` });
      return [movements.at(-1 - roll(2)) ?? movements[0]];
    },
    read: () => [latest(sessions)].map(({ slot: of, id }) => [of, id])[0],
    list: () => [slot(), user()],
    rekey() {
      const { slot: of, id, ...aim } = latest(sessions);
      const to = key();
      const known = sessions.find((session) => session.id === id);
      if (keyIdOf(aim) === keyIdOf(known) && of === known.slot) known.keys = { frame: to };
      return [of, id, 'frame', keyIdOf(aim), to];
    },
    revoke: () => [latest(sessions)].map(({ slot: of, id }) => [of, id])[0],
    revokeAll: () => [slot(), user(), ...(roll(2) ? [latest(sessions).id] : [])],
    putTicket() {
      const ticket = {
        kind: pick('enrol', 'url', 'passkey'),
        id: `ticket ${tickets.length}`,
        slot: slot(),
        subject: user(),
        bind: url(),
        ttlMs: ttlMs(),
      };
      tickets.push({ ...ticket, ...optional('label', `l ${roll(9)}`) });
      return [tickets.at(-1)];
    },
    peekTicket: () => [latest(tickets)],
    takeTicket: () => [{ ...latest(tickets), ...(roll(4) ? {} : { bind: url() }) }],
    urlTicket() {
      const { slot, id: subject } = latest(sessions);
      const use = { subject: pick(subject, subject, 'other'), bind: url() };
      return [{ kind: 'url', slot, subject, bind: url(), ttlMs: ttlMs() }, use, pick(0, 0, 1, 600)];
    },
    advance: () => [pick(0, 1, 1, 50, 200, 1_000, 4_000, -700)],
  };
  const often = { open: 4, admit: 24, revokeAll: 0.3, revoke: 0.5, advance: 5 };
  const bag = Object.keys(kinds).flatMap((name) => Array(Math.ceil((often[name] ?? 1) * 4)).fill(name));
  return () => {
    const name = pick(...bag);
    return [name, ...kinds[name]()];
  };
}

/** One step on one store. */
async function ask(store, [name, ...values], turn) {
  if (name !== 'open') return store[name](...values);
  // A ticket, and what two requests make of it.
  const [wanted, userId, limit] = values;
  const id = `for ${turn}`;
  await store.putTicket({ kind: 'enrol', id, slot: wanted.slot, subject: userId, bind: '', ttlMs: 100 });
  return [await store.create(wanted, id, limit), await store.create({ ...wanted, id: `again ${turn}` }, id)];
}

/** A ticket is put, time passes, it is used, perhaps wrongly so, and used again. */
const urlTicketSteps = (id, { ttlMs, ...ticket }, use, pause) => [
  ['putTicket', { id, ttlMs, ...ticket }],
  ['advance', pause],
  ['takeTicket', { id, ...ticket, ...use }],
  ['takeTicket', { id, ...ticket }],
];

const server = await redisServer();
const { client, close } = await standalone['node-redis'](server.port);
after(async () => {
  await close();
  await server.dispose();
});

for (const seed of seeds) {
  test(`memory, SQLite and Redis answer the same, seed ${seed}`, async () => {
    const { clock, advance } = movableClock();
    const bench = new Bench({ clock });
    // The other two keep one high-water mark for all users, Redis one for each: here it gets theirs.
    let high = 0;
    const monotonic = () => (high = Math.max(high, clock()));
    const stores = {
      memory: memoryStore({ clock }),
      sqlite: bench.store(),
      redis: redisStore({ client: withClock(client, monotonic), prefix: `${seed}:` }),
    };
    const next = makeSteps(dice(seed), clock);
    const seen = new Map();
    try {
      for (let turn = 0; turn < STEPS; turn += 1) {
        const step = next();
        const [name, ...values] = step;
        if (name === 'advance') {
          advance(values[0]);
          continue;
        }
        const steps = name === 'urlTicket' ? urlTicketSteps(`url ${turn}`, ...values) : [step];
        for (const one of steps) {
          if (one[0] === 'advance') {
            advance(one[1]);
            continue;
          }
          monotonic();
          const memory = await ask(stores.memory, one, turn);
          for (const driver of ['sqlite', 'redis']) {
            assert.deepEqual(
              await ask(stores[driver], one, turn),
              memory,
              `${driver}, step ${turn}: ${JSON.stringify(one)}`,
            );
          }
          const code = memory?.code ?? memory?.[0]?.code;
          const kind = `${one[0]} ${code ?? (memory === undefined ? 'nothing' : 'an answer')}`;
          seen.set(kind, (seen.get(kind) ?? 0) + 1);
        }
      }
      assert.ok(seen.size > 12, `too little happened: ${[...seen]}`);
    } finally {
      await stores.memory.close();
      await bench.dispose();
    }
    if (process.env.PAS_SEED) console.log(Object.fromEntries([...seen].sort()));
  });
}
