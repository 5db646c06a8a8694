// A Redis that is down, full, half permitted, or set so that it can't keep what the store promises.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { redisStore } from 'partitioned-authority/stores/redis';
import { frameKey, keyIdOf } from './kit/keys.mjs';
import { rights, standalone, storeOn } from './kit/redis-clients.mjs';
import { keeps, redisServer } from './kit/redis-server.mjs';
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

const made = [];
after(async () => {
  for (const undo of made.reverse()) await undo();
});

async function server(args) {
  const one = await redisServer(args);
  made.push(() => one.dispose());
  return one;
}

async function open({ port }, { name = 'node-redis', client: clientOptions, ...options } = {}) {
  const { client, close } = await standalone[name](port, clientOptions);
  made.push(close);
  return redisStore({ client, ...options });
}

/** Two stores on one client: one waits as long as it takes, the other finds a server that is down in no time. */
async function both({ port }, { name, ...options }) {
  const { client, close } = await standalone[name](port);
  made.push(close);
  return {
    patient: redisStore({ client, ...options, timeoutMs: 60_000 }),
    hasty: redisStore({ client, ...options, timeoutMs: 300 }),
  };
}

const fields = async (redis, { slot }) => (await redis.ask('HKEYS', `pas:{${slot}}`)).sort();

/** Every operation, on a session that is alive. */
const operations = (store, session, ticket = urlTicket(session)) => ({
  admit: () => store.admit(request(session)),
  create: async () => store.create(wanted(session.slot), random(32)),
  read: () => store.read(session.slot, session.id),
  rekey: () => store.rekey(session.slot, session.id, 'frame', random(32), frameKey(random(32))),
  list: () => store.list(session.slot, session.userId),
  revoke: () => store.revoke(session.slot, random(32)),
  revokeAll: () => store.revokeAll(session.slot, 'nobody'),
  putTicket: () => store.putTicket({ ...ticket, ttlMs: 60_000 }),
  peekTicket: () => store.peekTicket({ ...ticket, id: random(32) }),
  takeTicket: () => store.takeTicket({ ...ticket, id: random(32) }),
  seen: () =>
    store.seen({ owner: random(8), hashes: [random(8), random(8)], matchesNeeded: 1, ttlMs: 60_000, max: 999 }),
});

describe('down', () => {
  for (const name of Object.keys(standalone)) {
    test(`every operation is refused, and works again without ado (${name})`, async () => {
      const redis = await server(keeps.everything);
      const { patient, hasty } = await both(redis, { name, skewMs: 0 });
      const session = await newSession(patient);
      const every = (store) =>
        Promise.all(Object.values(operations(store, session)).map((operation) => outcome(operation())));
      const works = [...Array(11).fill('accepted')];
      works[1] = 'ERR_ENROL_REFUSED';
      assert.deepEqual(await every(patient), works);
      const before = await fields(redis, session);
      await redis.kill();
      // At once, and once more when the client has given up waiting.
      for (let round = 0; round < 2; round += 1) assert.deepEqual(await every(hasty), Array(11).fill('ERR_STORE_DOWN'));
      await redis.start();
      for (const store of [hasty, patient]) {
        const { code } = await untilOther(['ERR_STORE_DOWN', 'ERR_STORE_CHANGED'], () => store.admit(request(session)));
        assert.equal(code, 'accepted');
      }
      assert.deepEqual(await every(patient), works);
      // What was refused while it was down was not done later: one ticket each time it worked, and no more.
      const tickets = (list) => list.filter((field) => /^k/.test(field)).length;
      assert.equal(tickets(before), 1);
      assert.equal(tickets(await fields(redis, session)), 2);
    });

    test(`a server that does not answer is down, and what it was asked counts once (${name})`, async () => {
      const redis = await server(keeps.nothing);
      const { patient, hasty } = await both(redis, { name });
      const session = await newSession(patient);
      assert.equal(await outcome(patient.admit(request(session))), 'accepted');
      // It knows the server, so that what it is asked next is what is sent next.
      assert.equal((await untilOther(['ERR_STORE_DOWN'], () => hasty.admit(request(session)))).code, 'accepted');
      redis.pause();
      const asked = request(session);
      assert.equal(await outcome(hasty.admit(asked)), 'ERR_STORE_DOWN');
      assert.equal(await outcome(hasty.admit(asked)), 'ERR_STORE_DOWN');
      redis.resume();
      assert.equal(
        await outcome(patient.admit(asked)),
        'ERR_NONCE_USED',
        'it ran after all, and the client is to sign again',
      );
      assert.equal(await outcome(patient.admit(request(session))), 'accepted');
    });

    test(`a store whose server was never there is down (${name})`, async () => {
      const redis = await server(keeps.nothing);
      const { patient, hasty } = await both(redis, { name });
      await redis.kill();
      await assert.rejects(hasty.check(), { code: 'ERR_STORE_DOWN' });
      await redis.start();
      const { code } = await untilOther(['ERR_STORE_DOWN'], () => newTicket(hasty));
      assert.equal(code, 'accepted');
      await untilOther(['ERR_STORE_DOWN'], () => newTicket(patient));
      assert.equal((await patient.check()).length, 1);
    });
  }

  test('a primary without the replicas that it is to have is down, and writes nothing', async () => {
    const redis = await server(keeps.nothing);
    const store = await open(redis);
    const session = await newSession(store);
    const asked = request(session);
    await redis.ask('CONFIG', 'SET', 'min-replicas-to-write', 1);
    assert.equal(await outcome(store.admit(asked)), 'ERR_STORE_DOWN');
    await redis.ask('CONFIG', 'SET', 'min-replicas-to-write', 0);
    assert.equal(await outcome(store.admit(asked)), 'accepted');
  });

  test('a client that is not connected is down', async () => {
    const redis = await server(keeps.nothing);
    for (const name of Object.keys(standalone)) {
      const { store, close } = await storeOn(standalone[name], redis.port);
      await newSession(store);
      await close();
      assert.equal(await outcome(newTicket(store)), 'ERR_STORE_DOWN');
    }
  });

  test("a closed store is down; its client is its owner's", async () => {
    const redis = await server(keeps.nothing);
    const { store, client, close } = await storeOn(standalone.ioredis, redis.port);
    made.push(close);
    const session = await newSession(store);
    await store.close();
    assert.equal(await outcome(store.admit(request(session))), 'ERR_STORE_DOWN');
    assert.equal(await client.ping(), 'PONG');
  });
});

describe('full', () => {
  test('nothing is accepted, and nothing written; sessions can still be ended', async () => {
    const redis = await server(keeps.nothing);
    const store = await open(redis);
    const [session, other] = [await newSession(store), await newSession(store)];
    const ticket = await newTicket(store);
    await redis.ask('CONFIG', 'SET', 'maxmemory', 1);
    const dump = async () => (await redis.ask('HGETALL', `pas:{${session.slot}}`)).sort();
    const before = await dump();
    assert.deepEqual(await store.admit(request(session)), { ok: false, code: 'ERR_STORE_FULL' });
    assert.deepEqual(await dump(), before);
    await assert.rejects(newTicket(store), { code: 'ERR_STORE_FULL' });
    await assert.rejects(store.create(wanted(ticket.slot), ticket.id), { code: 'ERR_STORE_FULL' });
    const to = frameKey(random(32));
    await assert.rejects(store.rekey(session.slot, session.id, 'frame', keyIdOf(session), to), {
      code: 'ERR_STORE_FULL',
    });
    assert.equal((await store.read(session.slot, session.id))?.id, session.id);
    assert.equal(await store.revoke(other.slot, other.id), true);
    await redis.ask('CONFIG', 'SET', 'maxmemory', 0);
    assert.equal(await outcome(store.admit(request(session))), 'accepted');
    assert.equal(await outcome(store.admit(request(other))), 'ERR_SESSION_ENDED');
    assert.equal((await store.create(wanted(ticket.slot), ticket.id)).ok, true, 'the ticket was kept');
  });

  test('used up fields are not swept away by a write that fails', async () => {
    const redis = await server(keeps.nothing);
    const store = await open(redis);
    const session = await newSession(store);
    for (let at = 0; at < 5; at += 1) {
      assert.equal(await outcome(store.admit(request(session, { replayUntil: 1 }))), 'accepted');
    }
    const mark = await redis.ask('HGET', `pas:{${session.slot}}`, 'm');
    await redis.ask('HSET', `pas:{${session.slot}}`, 'm', mark.replace(/\S+ \S+$/, '0 0'));
    const before = await fields(redis, session);
    await redis.ask('CONFIG', 'SET', 'maxmemory', 1);
    assert.equal(await outcome(store.admit(request(session))), 'ERR_STORE_FULL');
    assert.deepEqual(await fields(redis, session), before);
    await redis.ask('CONFIG', 'SET', 'maxmemory', 0);
    assert.equal(await outcome(store.admit(request(session))), 'accepted');
    assert.equal((await fields(redis, session)).filter((field) => field.startsWith('r')).length, 1, 'and now they are');
  });
});

describe('the start', () => {
  const fit = async (redis, options) => outcome((await open(redis, options)).check());

  test('is refused on a server that evicts, unless that is accepted', async () => {
    const redis = await server(['--save', '', '--maxmemory-policy', 'allkeys-lru']);
    const store = await open(redis);
    await assert.rejects(store.check(), { code: 'ERR_CONFIG_INVALID', message: /noeviction, and is allkeys-lru/ });
    await assert.rejects(newTicket(store), { code: 'ERR_CONFIG_INVALID' });
    assert.equal(await fit(redis, { accept: ['eviction'] }), 'accepted');
    await redis.ask('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    const [{ version, maxmemoryPolicy }] = await store.check();
    assert.deepEqual([maxmemoryPolicy, /^\d+\.\d+\.\d+$/.test(version)], ['noeviction', true]);
    await newSession(store);
  });

  test('is refused on a server that is too old, or does not tell who it is', async () => {
    const redis = await server(keeps.nothing);
    const { client, close } = await standalone['node-redis'](redis.port);
    made.push(close);
    const telling = (change) => ({
      isOpen: true,
      sendCommand: async (args, options) => {
        const reply = await client.sendCommand(args, options);
        return Array.isArray(reply) ? reply.map((text) => change(text)) : reply;
      },
    });
    const says = (change) => outcome(redisStore({ client: telling(change) }).check());
    const version = (number) => (text) => text.replace(/redis_version:\S+/, `redis_version:${number}`);
    for (const good of ['6.2.0', '6.10.1', '7.0.15', '8.4.0', '10.0.0']) {
      assert.equal(await says(version(good)), 'accepted', good);
    }
    for (const bad of ['6.0.20', '5.0.14', '2.8.0', 'x', '']) {
      assert.equal(await says(version(bad)), 'ERR_CONFIG_INVALID', bad);
    }
    for (const line of [/master_replid:\S+/, /redis_version:\S+/, /maxmemory_policy:\S+/, /role:\S+/]) {
      assert.equal(await says((text) => text.replace(line, '')), 'ERR_CONFIG_INVALID', String(line));
    }
  });

  test('is refused to a user who may not run what the store needs', async () => {
    const redis = await server(keeps.nothing);
    const user = (name, list) => redis.ask('ACL', 'SETUSER', name, 'on', '>secret', ...list);
    const as = (name) => ({ client: { username: name, password: 'secret' } });
    await user('enough', rights);
    await user('no-info', [...rights, '-info']);
    await user('no-eval', [...rights, '-eval']);
    const store = await open(redis, as('enough'));
    const session = await newSession(store);
    assert.equal(await outcome(store.admit(request(session))), 'accepted');
    for (const operation of Object.values(operations(store, session))) await outcome(operation());
    // All of it is permitted, a change of term and a sweep among it.
    const key = `pas:{${session.slot}}`;
    await redis.ask('HSET', key, 'm', 'another 0 0 0 9 0 0');
    assert.equal(await outcome(store.admit(request(session))), 'ERR_STORE_CHANGED');
    await redis.ask('HSET', key, 'm', (await redis.ask('HGET', key, 'm')).replace(/ \d+/, ' 0'));
    assert.equal(await outcome(store.admit(request(session))), 'accepted');
    assert.equal((await store.list(session.slot, 'alice')).length, 1);
    for (const name of ['no-info', 'no-eval']) {
      const refused = { code: 'ERR_CONFIG_INVALID', message: /does not permit/ };
      await assert.rejects((await open(redis, as(name))).check(), refused, name);
    }
  });

  test('without the right password is down', async () => {
    const redis = await server([...keeps.nothing, '--requirepass', 'right']);
    const right = { client: { password: 'right' } };
    assert.equal(await fit(redis, right), 'accepted');
    assert.equal(await fit(redis, { name: 'ioredis', ...right }), 'accepted');
    for (const password of ['wrong', undefined]) {
      // Neither client gives up: whoever waits for it is refused in time.
      const address = { host: '127.0.0.1', port: redis.port };
      const node = createClient({ socket: address, password }).on('error', () => undefined);
      const connected = node.connect();
      const io = new Redis({ ...address, password }).on('error', () => undefined);
      for (const client of [node, io]) {
        await assert.rejects(redisStore({ client, timeoutMs: 300 }).check(), { code: 'ERR_STORE_DOWN' });
        await assert.rejects(newTicket(redisStore({ client, timeoutMs: 300 })), { code: 'ERR_STORE_DOWN' });
      }
      io.disconnect();
      node.destroy();
      await connected.catch(() => undefined);
    }
  });

  test('is refused for options that are none', async () => {
    const redis = await server(keeps.nothing);
    const { client, close } = await standalone['node-redis'](redis.port);
    made.push(close);
    redisStore({ client, prefix: 'sessions:', timeoutMs: 1, skewMs: 0, accept: [] });
    for (const bad of [
      { client: undefined },
      { client: null },
      { client: {} },
      { client: 'redis://localhost' },
      { client: { sendCommand: 1 } },
      { client: { call: () => 1 } },
      { client: { sendCommand: () => 1 } },
      { timeoutMs: 0 },
      { timeoutMs: 1.5 },
      { timeoutMs: '10' },
      { timeoutMs: Infinity },
      { timeout: 10 },
      { skewMs: -1 },
      { skewMs: NaN },
      { prefix: 'a{b' },
      { prefix: '}' },
      { prefix: 7 },
      { accept: ['everything'] },
      { accept: 'eviction' },
    ]) {
      assert.throws(() => redisStore({ client, ...bad }), { code: 'ERR_CONFIG_INVALID' }, JSON.stringify(bad));
    }
    assert.throws(() => redisStore(), { code: 'ERR_CONFIG_INVALID' });
  });
});

describe('keys', () => {
  test('of another prefix are another store', async () => {
    const redis = await server(keeps.nothing);
    const [one, other] = [await open(redis, { prefix: 'one:' }), await open(redis, { prefix: 'other:' })];
    const session = await newSession(one);
    assert.equal(await other.read(session.slot, session.id), undefined);
    assert.equal(await outcome(other.admit(request(session))), 'ERR_SESSION_ENDED');
    assert.equal(await outcome(one.admit(request(session))), 'accepted');
    await newSession(other);
    const prefixes = (await redis.ask('KEYS', '*')).map((key) => key.split(':')[0]);
    assert.deepEqual(prefixes.sort(), ['one', 'one', 'other', 'other']);
  });

  test('a client that gives bytes for texts will do', async () => {
    const redis = await server(keeps.nothing);
    const { client, close } = await standalone['node-redis'](redis.port);
    made.push(close);
    const store = redisStore({ client: client.withTypeMapping({ 36: Buffer }) });
    const session = await newSession(store, { userId: '\ufeffŁódź 🙂' });
    assert.equal((await store.read(session.slot, session.id))?.userId, '\ufeffŁódź 🙂');
    assert.equal(await outcome(store.admit(request(session))), 'accepted');
  });

  test('all end by themselves, and not before what is in them', async () => {
    const redis = await server(keeps.nothing);
    const store = await open(redis);
    const session = await newSession(store);
    await store.admit(request(session));
    await newTicket(store);
    const keys = await redis.ask('KEYS', '*');
    assert.equal(keys.length, 3);
    for (const key of keys) assert.ok(Number(await redis.ask('PTTL', key)) > 60_000, key);
    assert.ok(Number(await redis.ask('PTTL', `pas:{${session.slot}}`)) >= 1_790_000);
  });

  test('without scripts: a server that forgot them gets them again', async () => {
    const redis = await server(keeps.nothing);
    for (const name of Object.keys(standalone)) {
      const store = await open(redis, { name });
      const session = await newSession(store);
      for (const operation of Object.values(operations(store, session))) {
        await redis.ask('SCRIPT', 'FLUSH');
        assert.match(await outcome(operation()), /^(accepted|ERR_ENROL_REFUSED)$/);
      }
    }
  });

  test('keep what a request writes anew while the old is being dropped', async () => {
    const redis = await server(keeps.nothing);
    const store = await open(redis);
    const session = await newSession(store);
    const event = { id: random(8), limit: 1 };
    const first = request(session, { replayUntil: 1, event });
    assert.equal(await outcome(store.admit(first)), 'accepted');
    const mark = await redis.ask('HGET', `pas:{${session.slot}}`, 'm');
    await redis.ask('HSET', `pas:{${session.slot}}`, 'm', mark.replace(/\S+ \S+$/, '0 0'));
    const again = { ...first, replayUntil: request(session).replayUntil };
    assert.equal(await outcome(store.admit(again)), 'accepted', 'long ago, as far as the store knows');
    assert.equal(await outcome(store.admit(again)), 'ERR_NONCE_USED');
    assert.equal(await outcome(store.admit(request(session, { event }))), 'ERR_PROOF_REUSED');
  });

  test('do not grow with use: what no longer counts is dropped', async () => {
    const redis = await server(keeps.nothing);
    const store = await open(redis);
    const session = await newSession(store);
    const brief = await newSession(store, { slot: session.slot });
    const used = request(session);
    await store.admit(used);
    await store.revoke(brief.slot, brief.id);
    for (let at = 0; at < 1_000; at += 1) {
      const [replayUntil, event] = [Date.now() - 1, { id: random(8), limit: 4 }];
      assert.equal(await outcome(store.admit(request(session, { replayUntil, event }))), 'accepted');
    }
    assert.ok(Number(await redis.ask('HLEN', `pas:{${session.slot}}`)) > 2_000);
    const mark = await redis.ask('HGET', `pas:{${session.slot}}`, 'm');
    // As if it were time to look.
    await redis.ask('HSET', `pas:{${session.slot}}`, 'm', mark.replace(/\S+ \S+$/, '0 0'));
    for (let at = 0; at < 100; at += 1) await store.admit(request(session));
    // m, i, f, v, the entry that counts, and those of the last hundred requests.
    assert.equal(Number(await redis.ask('HLEN', `pas:{${session.slot}}`)), 4 + 1 + 100);
    assert.equal(await outcome(store.admit(used)), 'ERR_NONCE_USED');
  });
});
