// One driver with so many live sessions, in a process of its own: prints its figures as JSON.
import { randomBytes } from 'node:crypto';
import { createAuthority } from 'partitioned-authority/verifier';
import { Frame } from '../../tests/node/kit/signer.mjs';
import { frameKey, keyIdOf } from '../../tests/stores/kit/keys.mjs';
import { webTransport } from '../../tests/node/kit/site.mjs';
import { rounds } from '../rounds.mjs';
import { drivers } from './drivers.mjs';

const [name, count] = [process.argv[2], Number(process.argv[3])];
const driver = await drivers[name]();
const { store } = driver;
const HOUR = 3_600_000;
const often = { limit: 1e9, windowMs: HOUR };
const id = (bytes) => randomBytes(bytes).toString('base64url');

/** What comes of `count` calls, `width` of them at a time. */
async function inParallel(count, width, work) {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: width }, lane));
}

const sessions = [];
async function createSession() {
  const ticket = { kind: 'enrol', id: id(32), slot: id(6) };
  await store.putTicket({ ...ticket, subject: `user ${id(9)}`, bind: '', label: 'Firefox on Linux', ttlMs: HOUR });
  const created = await store.create(
    {
      id: id(32),
      slot: ticket.slot,
      keys: { frame: frameKey(id(32), { x: id(32), y: id(32) }) },
      network: '203.0.113.0/24',
      signals: '{"userAgent":"Firefox","platform":"Linux","mobile":false}',
      replaces: [],
      idleMs: 8 * HOUR,
      absoluteMs: 12 * HOUR,
    },
    ticket.id,
  );
  const { slot, id: sessionId } = created.session;
  sessions.push({ slot, sessionId, keyId: keyIdOf(created.session) });
}

function admission() {
  const now = Date.now();
  return {
    ...sessions[Math.floor(Math.random() * sessions.length)],
    replayKey: id(16),
    replayUntil: now + 10 * HOUR,
    tier: 'signed',
    network: '203.0.113.0/24',
    elapsedMs: 0,
    created: now,
    createdFrom: now - HOUR,
    createdTo: now + HOUR,
    nonceFrom: now - HOUR,
    nonceTo: now + HOUR,
    sessionRate: often,
    accountRate: often,
  };
}

/** What a request with an interaction and its movement asks: whether anybody made it, then to be counted. */
async function admitMoved() {
  await store.seen({
    owner: id(8),
    hashes: Array.from({ length: 5 }, () => id(8)),
    matchesNeeded: 3,
    ttlMs: HOUR,
    max: 20_000,
  });
  const evidence = { delta: -100, cap: 2_560 };
  return store.admit({ ...admission(), tier: 'interactive', event: { id: id(8), limit: 4, evidence } });
}

/** Requests per second, and how long one took. */
async function speed(requests, width, ask = () => store.admit(admission())) {
  const times = [];
  const start = performance.now();
  await inParallel(requests, width, async () => {
    const asked = performance.now();
    const outcome = await ask();
    times.push((performance.now() - asked) * 1000);
    if (!outcome.ok) throw new Error(outcome.code);
  });
  const perSecond = (requests / (performance.now() - start)) * 1000;
  times.sort((a, b) => a - b);
  return { perSecond, p50: times[times.length >> 1], p99: times[Math.floor(times.length * 0.99)] };
}

/** How often one request asks the store: with its key known already (hot) and not (cold). */
async function storeCalls() {
  let calls = 0;
  const counting = new Proxy(store, {
    get:
      (target, method) =>
      (...args) => {
        calls += 1;
        return target[method](...args);
      },
  });
  const origins = { appOrigin: 'https://app.example.com', signOrigin: 'https://sign.example.com' };
  const options = { ...origins, secret: new Uint8Array(32).fill(3), store: counting };
  const authority = createAuthority(options);
  const frame = new Frame({ ...origins, transport: webTransport({ ...origins, authority }), now: Date.now });
  frame.keep([(await authority.begin({ id: 'alice' })).setCookie]);
  await frame.enrol();
  // Another server of the deployment has not seen the key yet.
  frame.transport = webTransport({ ...origins, authority: createAuthority(options) });
  const counted = async (request) => {
    const before = [calls, driver.roundTrips?.() ?? 0];
    const answer = await frame.fetch(request);
    if (answer.status !== 200) throw new Error(answer.text);
    return { calls: calls - before[0], roundTrips: (driver.roundTrips?.() ?? 0) - before[1] };
  };
  const [cold, hot] = [await counted(), await counted()];
  const act = { method: 'POST', target: '/act' };
  frame.transport = webTransport({ ...origins, authority, route: { tier: 'interactive', action: 'act' } });
  await counted({ ...act, proof: await frame.proof({ action: 'act', ...act, kind: 'keyboard' }) });
  const keys = await counted({ ...act, proof: await frame.proof({ action: 'act', ...act, kind: 'keyboard' }) });
  const moved = await counted({ ...act, proof: await frame.proof({ action: 'act', ...act }) });
  return { cold, hot, keys, moved };
}

const { cold, hot, keys, moved } = await storeCalls();
const empty = await driver.bytes();
await inParallel(count, 256, createSession);
const filled = await driver.bytes();
await speed(rounds(2_000, 64), 64);
const one = await speed(rounds(name === 'memory' ? 50_000 : 2_000, 50), 1);
const entries = rounds(50_000, 100);
const many = await speed(entries, 64);
const withMovement = await speed(rounds(name === 'memory' ? 20_000 : 2_000, 50), 1, admitMoved);
const before = await driver.bytes();
await speed(entries, 64);
const after = await driver.bytes();
console.log(
  JSON.stringify({
    cold,
    hot,
    keys,
    moved,
    one,
    many,
    withMovement,
    bytesPerSession: (filled - empty) / count,
    bytesPerReplayEntry: (after - before) / entries,
  }),
);
await driver.close();
