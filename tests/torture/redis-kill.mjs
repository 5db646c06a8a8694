// A Redis that is killed in mid-load, again and again, while its servers go on: what was accepted is never
// accepted again, no session is lost that was acknowledged, no end of one either, and nobody waits for ever.
import assert from 'node:assert/strict';
import { Worker, deal, enrol, frameOn, tally } from './workers.mjs';

const PER_SESSION = 40;
const LOGINS = 4;
const TIMEOUT_MS = 1_000;

/** What a server may answer while Redis is gone, and when it came back. */
const DOWN = ['ERR_STORE_DOWN', 'ERR_STORE_CHANGED'];

/** An answer must come within the time-out, and what a busy machine adds to it. */
const HANG_MS = 20_000;

function timed(promise, waits) {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${HANG_MS} ms`)), HANG_MS);
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      waits.push(performance.now() - start);
    });
  });
}

/** Load until the kill: signed requests of all sessions but one, log-ins, and a revocation of that one. */
async function load(workers, redis, [leaving, ...staying], round, killAfter) {
  const seen = { accepted: [], unknown: [], sessions: [], revoked: false, waits: [] };
  let [answers, killed] = [0, undefined];
  const answered = () => {
    answers += 1;
    if (answers === killAfter) killed = redis.kill();
  };
  const ask = (request, worker) => async () => {
    const [outcome] = await timed(worker.call('verify', [request]), seen.waits);
    if (outcome.code === undefined) {
      seen.accepted.push(request);
      answered();
    } else {
      assert.ok(killed && DOWN.includes(outcome.code), `${outcome.code}${killed ? '' : ', and nothing was killed'}`);
      seen.unknown.push(request);
    }
  };
  const login = (user, worker) => async () => {
    try {
      seen.sessions.push(await timed(enrol(frameOn(workers), worker, user), seen.waits));
      answered();
    } catch (error) {
      // Not acknowledged: the browser has nothing, and logs in again.
      if (!killed) throw error;
    }
  };
  const revoke = async () => {
    const { code } = await timed(leaving.control('logout'), seen.waits);
    assert.ok(code === undefined || (killed && DOWN.includes(code)), code);
    seen.revoked = code === undefined;
  };
  const parting = await leaving.sign({ target: '/api/late' });
  const requests = await Promise.all(
    staying.flatMap((frame) => Array.from({ length: PER_SESSION }, () => frame.sign({ target: `/api/${round}` }))),
  );
  const work = deal(requests, workers.length).flatMap((hand, at) => hand.map((request) => ask(request, workers[at])));
  for (let at = 0; at < LOGINS; at += 1) work.push(login(`user ${round}-${at}`, workers[at % workers.length]));
  work.push(revoke);
  const order = new Map(work.map((one) => [one, Math.random()]));
  await Promise.all(work.sort((a, b) => order.get(a) - order.get(b)).map((one) => one()));
  await (killed ?? redis.kill());
  return { ...seen, parting };
}

/** Signs and asks until a fresh request is accepted: the servers found their way back. */
async function back(worker, frame, waits) {
  for (;;) {
    // A nonce may have grown old over the rounds.
    await timed(frame.refresh(), waits).catch(() => undefined);
    const [{ code }] = await timed(worker.call('verify', [await frame.sign({ target: '/api/back' })]), waits);
    if (code === undefined) return;
    assert.ok(DOWN.includes(code), `an acknowledged session: ${code}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function redisKilled({ redis, storeModule, kills = 50, progress = () => {} }) {
  const workers = await Promise.all(
    ['node-redis', 'ioredis'].map(
      (client) => new Worker(storeModule, { port: redis.port, client, timeoutMs: TIMEOUT_MS, skewMs: 0 }).ready,
    ),
  );
  const total = { kills, accepted: 0, unknown: 0, secondUses: 0, sessions: 0, revoked: 0, longestMs: 0 };
  try {
    const login = (user, at) => enrol(frameOn(workers), workers[at % 2], user);
    let frames = await Promise.all(Array.from({ length: 6 }, (_, at) => login(`user ${at}`, at)));
    total.sessions = frames.length;
    for (let round = 0; round < kills; round += 1) {
      const seen = await load(workers, redis, frames, round, 1 + Math.floor(Math.random() * 200));
      await redis.start();

      const again = async () => {
        const requests = [...seen.accepted, ...seen.unknown];
        const verify = (hand, at) => timed(workers[at].call('verify', hand), seen.waits);
        const hands = await Promise.all(deal(requests, workers.length).map(verify));
        const codes = tally(hands.flat().map(({ code }) => code ?? 'accepted'));
        const strange = Object.keys(codes).filter((code) => !['ERR_NONCE_USED', ...DOWN].includes(code));
        assert.deepEqual(strange, [], `accepted before, or on its way: ${JSON.stringify(codes)}`);
        total.secondUses += requests.length;
      };
      await again();
      const kept = [...frames.slice(1), ...seen.sessions];
      for (const [at, frame] of kept.entries()) await back(workers[at % 2], frame, seen.waits);
      await again();
      if (seen.revoked) {
        const [{ code }] = await workers[round % 2].call('verify', [seen.parting]);
        assert.equal(code, 'ERR_SESSION_ENDED', 'logged out before');
      }
      frames = [await login(`user ${round}-again`, round), ...kept.slice(-5)];
      total.accepted += seen.accepted.length;
      total.unknown += seen.unknown.length;
      total.sessions += seen.sessions.length + 1;
      total.revoked += Number(seen.revoked);
      total.longestMs = Math.round(Math.max(total.longestMs, ...seen.waits));
      progress(round + 1, kills);
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.close()));
  }
  // A few kills on a busy machine may all fall between two requests.
  assert.ok(total.unknown > 0 || kills < 10, 'no request was on its way when Redis was killed');
  return total;
}
