// A Redis that is not the one it was: restarted, restored from an older state, or another one that was
// promoted. What was accepted before is not accepted again, whether its entry survived or not.
import assert from 'node:assert/strict';
import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { redisStore } from 'partitioned-authority/stores/redis';
import { standalone } from './kit/redis-clients.mjs';
import { withClock } from './kit/redis-clock.mjs';
import { caughtUp, cutOff, follow, keeps, redisServer } from './kit/redis-server.mjs';
import { movableClock } from './kit/requests.mjs';
import {
  newSession,
  newTicket,
  outcome,
  random,
  request,
  untilOther,
  urlTicket,
  wanted,
} from './kit/redis-session.mjs';

// A machine's clock differs from itself by nothing: requests signed after the restart wait for no skew.
const options = { skewMs: 0 };
const made = [];
after(async () => {
  for (const undo of made.reverse()) await undo();
});

async function server(args) {
  const one = await redisServer(args);
  made.push(() => one.dispose());
  return one;
}

async function open({ port }, name = 'node-redis', more = options) {
  const { client, close } = await standalone[name](port);
  made.push(close);
  return redisStore({ client, ...more });
}

/** Whether the entry that makes a request single-use is there. */
const hasEntry = async (at, { slot, replayKey }) =>
  (await at.ask('HKEYS', `pas:{${slot}}`)).some((field) => field.endsWith(`.${replayKey}`));

/** Asks with a request again and again, as long as fresh ones are refused: none may be accepted. */
async function holds(store, session, used) {
  const seen = new Set();
  const { code } = await untilOther(['ERR_STORE_CHANGED'], async () => {
    seen.add(await outcome(store.admit(used)));
    return store.admit(request(session));
  });
  assert.equal(code, 'accepted', 'a request that was signed after it');
  seen.add(await outcome(store.admit(used)));
  assert.equal(seen.has('accepted'), false, 'a used request was accepted again');
  return [...seen];
}

// Mostly time passes, until requests are younger than the restart.
const together = { concurrency: 4 };

describe('a restart', together, () => {
  for (const name of Object.keys(standalone)) {
    test(`keeps what was written if every write is (${name})`, async () => {
      const redis = await server(keeps.everything);
      const store = await open(redis, name);
      const session = await newSession(store);
      const ended = await newSession(store);
      const used = request(session);
      assert.equal(await outcome(store.admit(used)), 'accepted');
      assert.equal(await outcome(store.admit(used)), 'ERR_NONCE_USED');
      await store.revoke(ended.slot, ended.id);
      await redis.kill();
      await redis.start();
      await untilOther(['ERR_STORE_DOWN'], () => store.read(session.slot, session.id));
      assert.equal(await hasEntry(redis, used), true);
      assert.equal((await store.read(session.slot, session.id))?.id, session.id);
      assert.deepEqual(await holds(store, session, used), ['ERR_STORE_CHANGED']);
      assert.equal(await outcome(store.admit(request(ended))), 'ERR_SESSION_ENDED');
    });
  }

  test('says when a request will do again', async () => {
    const redis = await server(keeps.everything);
    const store = await open(redis, 'node-redis', { skewMs: 5_000 });
    const session = await newSession(store);
    await redis.kill();
    await redis.start();
    await untilOther(['ERR_STORE_DOWN'], () => store.read(session.slot, session.id));
    const refused = await store.admit(request(session, { future: 2_000 }));
    assert.equal(refused.code, 'ERR_STORE_CHANGED');
    // Skew, what a request may be early by, and the second that `created` is rounded down by.
    assert.ok(refused.retryAfterMs > 5_000 && refused.retryAfterMs <= 8_000, String(refused.retryAfterMs));
    const later = Date.now() + refused.retryAfterMs;
    const then = request(session, { at: later });
    assert.equal(await outcome(store.admit(then)), 'ERR_TIME_FUTURE', 'the request was too old, not the time');
  });

  test('that lost the entry of a request does not let it in again (snapshots)', async () => {
    const redis = await server(keeps.nothing);
    const store = await open(redis);
    const session = await newSession(store);
    assert.equal(await outcome(store.admit(request(session))), 'accepted');
    await redis.ask('SAVE');
    const used = request(session);
    assert.equal(await outcome(store.admit(used)), 'accepted');
    await redis.kill();
    await redis.start();
    await untilOther(['ERR_STORE_DOWN'], () => store.read(session.slot, session.id));
    assert.equal(await hasEntry(redis, used), false, 'the write was lost');
    assert.deepEqual(await holds(store, session, used), ['ERR_STORE_CHANGED']);
  });

  test('that lost the first request of a session does not let it in again', async () => {
    const redis = await server(keeps.nothing);
    const store = await open(redis);
    const session = await newSession(store);
    await redis.ask('SAVE');
    const used = request(session);
    assert.equal(await outcome(store.admit(used)), 'accepted');
    await redis.kill();
    await redis.start();
    await untilOther(['ERR_STORE_DOWN'], () => store.read(session.slot, session.id));
    assert.deepEqual(await holds(store, session, used), ['ERR_STORE_CHANGED']);
  });

  test('that lost the end of its log does not let it in again (a power cut)', async () => {
    const redis = await server(['--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec']);
    const store = await open(redis);
    const session = await newSession(store);
    assert.equal(await outcome(store.admit(request(session))), 'accepted');
    const folder = join(redis.folder, 'appendonlydir');
    const log = join(
      folder,
      readdirSync(folder).find((name) => name.endsWith('.incr.aof')),
    );
    // With `everysec` a write may wait for the disk.
    const written = () => redis.until((text) => text.includes('aof_buffer_length:0\r'), 'INFO', 'persistence');
    await written();
    const { size } = statSync(log);
    const used = request(session);
    assert.equal(await outcome(store.admit(used)), 'accepted');
    await written();
    await redis.kill();
    assert.ok(statSync(log).size > size);
    truncateSync(log, size);
    await redis.start();
    await untilOther(['ERR_STORE_DOWN'], () => store.read(session.slot, session.id));
    assert.equal(await hasEntry(redis, used), false, 'the write was lost');
    assert.deepEqual(await holds(store, session, used), ['ERR_STORE_CHANGED']);
  });

  test('that set the clock back by an hour, and lost the entry, does not let it in again', async () => {
    const redis = await server(keeps.nothing);
    const store = await open(redis);
    const session = await newSession(store);
    assert.equal(await outcome(store.admit(request(session))), 'accepted');
    await redis.ask('SAVE');
    const used = request(session);
    assert.equal(await outcome(store.admit(used)), 'accepted');
    await redis.kill();
    await redis.start();
    const { client, close } = await standalone['node-redis'](redis.port);
    made.push(close);
    const after = redisStore({ client: withClock(client, () => Date.now() - 3_600_000) });
    assert.equal(await hasEntry(redis, used), false, 'the write was lost');
    assert.equal(await outcome(after.admit(used)), 'ERR_STORE_CHANGED');
    // By the clock as it was, the user's time goes on from there: nothing is open, and nothing shut for good.
    const { lastSeenAt } = await after.read(session.slot, session.id);
    const later = request(session, { at: lastSeenAt + 7_000 });
    assert.equal(await outcome(after.admit(later)), 'ERR_TIME_FUTURE');
  });

  test('that lost everything ends every session', async () => {
    const redis = await server(keeps.nothing);
    const store = await open(redis);
    const session = await newSession(store);
    const used = request(session);
    assert.equal(await outcome(store.admit(used)), 'accepted');
    await redis.kill();
    await redis.start();
    await untilOther(['ERR_STORE_DOWN'], () => store.read(session.slot, session.id));
    assert.equal(await outcome(store.admit(used)), 'ERR_SESSION_ENDED');
    assert.equal(await outcome(store.admit(request(await newSession(store)))), 'accepted');
  });

  test('that lost the use of a ticket does not let it be used again', async () => {
    const redis = await server(keeps.nothing);
    const store = await open(redis);
    const session = await newSession(store);
    const ticket = await newTicket(store);
    const url = urlTicket(session);
    await store.putTicket({ ...url, ttlMs: 30_000 });
    await redis.ask('SAVE');
    assert.equal(await store.takeTicket(url), true);
    assert.equal((await store.create(wanted(ticket.slot), ticket.id)).ok, true);
    await redis.kill();
    await redis.start();
    await untilOther(['ERR_STORE_DOWN'], () => store.read(session.slot, session.id));
    assert.equal(
      (await redis.ask('HKEYS', `pas:{${ticket.slot}}`)).includes(`kenrol.${ticket.id}`),
      true,
      'the use was lost',
    );
    assert.equal(await store.peekTicket(ticket), undefined);
    assert.equal(await outcome(store.create(wanted(ticket.slot), ticket.id)), 'ERR_ENROL_REFUSED');
    assert.equal(await store.takeTicket(url), false);
    // Fresh ones do.
    const again = { ...url, id: random(32) };
    await store.putTicket({ ...again, ttlMs: 30_000 });
    assert.equal(await store.takeTicket(again), true);
    await newSession(store);
  });

  test('refuses once for all: who comes later waits for nothing, nor does another node', async () => {
    const redis = await server(keeps.everything);
    const store = await open(redis);
    const [first, second, third] = [await newSession(store), await newSession(store), await newSession(store)];
    for (const one of [first, second, third]) assert.equal(await outcome(store.admit(request(one))), 'accepted');
    await redis.kill();
    await redis.start();
    const { code } = await untilOther(['ERR_STORE_DOWN', 'ERR_STORE_CHANGED'], () => store.admit(request(first)));
    assert.equal(code, 'accepted');
    assert.equal(await outcome(store.admit(request(second))), 'accepted');
    assert.equal(await outcome((await open(redis, 'ioredis')).admit(request(third))), 'accepted');
  });

  test('of the store is none of the server: nothing is refused', async () => {
    const redis = await server(keeps.nothing);
    const first = await open(redis);
    const session = await newSession(first);
    assert.equal(await outcome(first.admit(request(session))), 'accepted');
    assert.equal(await outcome((await open(redis)).admit(request(session))), 'accepted');
  });
});

test('a session that was seen to be over stays so when the clock is set back', async () => {
  const redis = await server(keeps.nothing);
  const { client, close } = await standalone['node-redis'](redis.port);
  made.push(close);
  const { clock, advance } = movableClock();
  const store = redisStore({ client: withClock(client, clock) });
  const [read, asked, unseen] = [await newSession(store), await newSession(store), await newSession(store)];
  const fresh = (session) => request(session, { at: clock(), replayUntil: clock() + 60_000 });
  advance(1_800_000);
  assert.equal(await store.read(read.slot, read.id), undefined);
  assert.equal(await outcome(store.admit(fresh(asked))), 'ERR_SESSION_ENDED');
  advance(-1_000);
  assert.equal(await store.read(read.slot, read.id), undefined);
  assert.equal(await outcome(store.admit(fresh(asked))), 'ERR_SESSION_ENDED');
  assert.equal(await outcome(store.admit(fresh(unseen))), 'accepted', 'it would have been alive');
});

describe('a replica', together, () => {
  /** A primary and a replica that has all of it. */
  async function pair() {
    const primary = await server(keeps.nothing);
    const replica = await server(keeps.nothing);
    await follow(replica, primary);
    return { primary, replica };
  }

  test('answers nothing', async () => {
    const { primary, replica } = await pair();
    const store = await open(primary);
    const session = await newSession(store);
    await caughtUp(replica, primary);
    // Start found a primary, which was demoted after that.
    const demoted = await open(replica);
    await replica.ask('REPLICAOF', 'NO', 'ONE');
    await demoted.check();
    assert.equal((await demoted.read(session.slot, session.id))?.id, session.id);
    await follow(replica, primary);
    for (const ask of [
      () => demoted.admit(request(session)),
      () => demoted.read(session.slot, session.id),
      () => demoted.revoke(session.slot, random(32)),
      () => demoted.list(session.slot, 'alice'),
      () => newTicket(demoted),
    ]) {
      assert.equal(await outcome(ask()), 'ERR_STORE_DOWN');
    }
    const unchecked = await open(replica);
    await assert.rejects(unchecked.check(), { code: 'ERR_CONFIG_INVALID', message: /a slave/ });
    assert.equal(await outcome(store.admit(request(session))), 'accepted');
  });

  test('that is promoted without the last writes lets in nothing that was used', async () => {
    const { primary, replica } = await pair();
    const before = await open(primary);
    const session = await newSession(before);
    assert.equal(await outcome(before.admit(request(session))), 'accepted');
    await caughtUp(replica, primary);
    await cutOff(replica, primary);
    const used = request(session);
    assert.equal(await outcome(before.admit(used)), 'accepted');
    await primary.kill();
    replica.resume();
    await replica.ask('REPLICAOF', 'NO', 'ONE');
    assert.equal(await hasEntry(replica, used), false, 'the write was lost');
    assert.deepEqual(await holds(await open(replica), session, used), ['ERR_STORE_CHANGED']);
  });

  test('and a primary that comes back to office is another one, though its process is not', async () => {
    const { primary: first, replica: second } = await pair();
    const session = await newSession(await open(first));
    assert.equal(await outcome((await open(first)).admit(request(session))), 'accepted');
    await caughtUp(second, first);
    const run = async ({ ask }) => /run_id:(\w+)/.exec(await ask('INFO', 'server'))?.[1];
    const runOf = (at) => run({ ask: (...args) => at.ask(...args) });
    const before = await runOf(first);

    await second.ask('REPLICAOF', 'NO', 'ONE');
    await follow(first, second);
    const store = await open(second);
    const { code } = await untilOther(['ERR_STORE_CHANGED'], () => store.admit(request(session)));
    assert.equal(code, 'accepted');
    await caughtUp(first, second);
    await cutOff(first, second);
    const used = request(session);
    assert.equal(await outcome(store.admit(used)), 'accepted');
    await second.kill();
    first.resume();
    await first.ask('REPLICAOF', 'NO', 'ONE');
    assert.equal(await runOf(first), before);
    assert.equal(await hasEntry(first, used), false, 'the write was lost');
    assert.deepEqual(await holds(await open(first), session, used), ['ERR_STORE_CHANGED']);
  });
});
