// A Redis Cluster that is reshaped while it is asked: slots move, primaries are killed, replicas take over.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { redisStore } from 'partitioned-authority/stores/redis';
import { frameKey } from './kit/keys.mjs';
import { cluster, clusterRights, rights, storeOn } from './kit/redis-clients.mjs';
import { caughtUp, cutOff, redisCluster } from './kit/redis-server.mjs';
import { newSession, newTicket, outcome, random, request, untilOther } from './kit/redis-session.mjs';

const made = [];
after(async () => {
  for (const undo of made.reverse()) await undo();
});

async function start(options) {
  const nodes = await redisCluster(options);
  made.push(() => nodes.dispose());
  return nodes;
}

async function open({ masters }, name, options) {
  const { store, close } = await storeOn(
    cluster[name],
    masters.map(({ port }) => port),
    options,
  );
  made.push(close);
  return store;
}

const keyOf = ({ slot }) => `pas:{${slot}}`;

/** Moves a hash slot with all that is in it from one primary to another, as `redis-cli --cluster reshard` does. */
async function move(nodes, hashSlot, from, to) {
  const [source, target] = [await from.ask('CLUSTER', 'MYID'), await to.ask('CLUSTER', 'MYID')];
  await to.ask('CLUSTER', 'SETSLOT', hashSlot, 'IMPORTING', source);
  await from.ask('CLUSTER', 'SETSLOT', hashSlot, 'MIGRATING', target);
  return {
    keys: () => from.ask('CLUSTER', 'GETKEYSINSLOT', hashSlot, 100),
    carry: (key) => from.ask('MIGRATE', '127.0.0.1', to.port, key, 0, 2_000),
    settle: async () => {
      for (const node of [to, from]) await node.ask('CLUSTER', 'SETSLOT', hashSlot, 'NODE', target);
      const knows = (text) => owns(text, target, hashSlot);
      await Promise.all(nodes.masters.map((node) => node.until(knows, 'CLUSTER', 'NODES')));
    },
  };
}

function owns(text, id, hashSlot) {
  const line = text.split('\n').find((one) => one.startsWith(id)) ?? '';
  return line
    .split(' ')
    .slice(8)
    .some((range) => {
      const [first, last = first] = range.split('-').map(Number);
      return first <= hashSlot && hashSlot <= last;
    });
}

describe('a Cluster', { concurrency: true }, () => {
  for (const name of Object.keys(cluster)) {
    test(`has users on every primary, each with one key (${name})`, async () => {
      const nodes = await start();
      const store = await open(nodes, name);
      const sessions = await Promise.all(Array.from({ length: 40 }, () => newSession(store)));
      for (const session of sessions) assert.equal(await outcome(store.admit(request(session))), 'accepted');
      const keys = await Promise.all(nodes.masters.map((node) => node.ask('KEYS', '*')));
      assert.deepEqual(keys.flat().sort(), [...sessions.map(keyOf), 'pas:terms'].sort());
      for (const list of keys) assert.ok(list.length > 0);
      assert.equal((await store.check()).length, 3);
    });

    test(`that moves slots refuses nothing fresh, and lets in nothing again (${name})`, async () => {
      const nodes = await start();
      const store = await open(nodes, name, { skewMs: 0 });
      const [from, to] = nodes.masters;
      // Its primaries are known since now, so requests of a later second can't have been lost by any of them.
      await store.check();
      const known = Date.now();
      while (request({ keys: { frame: frameKey('') } }).createdFrom <= known)
        await new Promise((resolve) => setTimeout(resolve, 20));
      // Two users of one hash slot: one goes, the other is still there. A third comes while the hash slot is on its way.
      const sessions = [];
      while (sessions.length === 0) {
        const session = await newSession(store);
        if ((await from.ask('KEYS', keyOf(session))).length === 1) sessions.push(session);
      }
      const [{ slot }] = sessions;
      const hashSlot = Number(await from.ask('CLUSTER', 'KEYSLOT', keyOf(sessions[0])));
      sessions.push(await newSession(store, { slot }));
      const used = [];
      const both = async (when) => {
        for (const session of sessions) {
          const asked = request(session);
          assert.equal(await outcome(store.admit(asked)), 'accepted', when);
          used.push(asked);
          for (const one of used) assert.equal(await outcome(store.admit(one)), 'ERR_NONCE_USED', when);
        }
      };
      await both('before');
      const moving = await move(nodes, hashSlot, from, to);
      await both('on its way, and not yet gone');
      for (const key of await moving.keys()) await moving.carry(key);
      await both('gone, and not yet settled');
      await moving.settle();
      await both('settled');
      assert.deepEqual(await from.ask('KEYS', keyOf(sessions[0])), []);
      assert.deepEqual(await to.ask('KEYS', keyOf(sessions[0])), [keyOf(sessions[0])]);
    });

    test(`whose primary is killed goes on with a replica, and lets in nothing again (${name})`, async () => {
      const nodes = await start({ replicas: 1 });
      const patient = await open(nodes, name, { timeoutMs: 60_000, skewMs: 0 });
      const store = await open(nodes, name, { timeoutMs: 500, skewMs: 0 });
      const sessions = await Promise.all(Array.from({ length: 12 }, () => newSession(patient)));
      // It has seen every primary alive.
      for (const session of sessions) await untilOther(['ERR_STORE_DOWN'], () => store.admit(request(session)));
      const used = sessions.map((session) => request(session));
      for (const one of used) assert.equal(await outcome(patient.admit(one)), 'accepted');
      for (const [at, replica] of nodes.replicas.entries()) await caughtUp(replica, nodes.masters[at]);
      // The last requests are accepted, and never told to the replica.
      const [primary] = nodes.masters;
      const [replica] = nodes.replicas;
      await cutOff(replica, primary);
      const lost = sessions.map((session) => request(session));
      for (const one of lost) assert.equal(await outcome(patient.admit(one)), 'accepted');
      await primary.kill();
      replica.resume();
      await replica.until((text) => text.includes('role:master'), 'INFO', 'replication');
      const passing = ['ERR_STORE_DOWN', 'ERR_STORE_CHANGED'];
      await Promise.all(
        sessions.map(async (session, at) => {
          const again = async () => {
            for (const one of [used[at], lost[at]]) assert.notEqual(await outcome(store.admit(one)), 'accepted');
          };
          const { code } = await untilOther(passing, async () => {
            await again();
            return store.admit(request(session));
          });
          assert.equal(code, 'accepted');
          await again();
        }),
      );
    });

    test(`needs no more rights than are told (${name})`, async () => {
      const nodes = await start();
      const user = ['pas', 'on', '>secret', ...rights, ...clusterRights];
      for (const node of nodes.masters) await node.ask('ACL', 'SETUSER', ...user);
      const ports = nodes.masters.map(({ port }) => port);
      const { client, close } = await cluster[name](ports, { username: 'pas', password: 'secret' });
      made.push(close);
      const store = redisStore({ client });
      assert.equal((await store.check()).length, 3);
      const sessions = await Promise.all(Array.from({ length: 12 }, () => newSession(store)));
      for (const session of sessions) {
        assert.equal(await outcome(store.admit(request(session))), 'accepted');
        assert.equal(
          await store.seen({ owner: random(8), hashes: [random(8)], matchesNeeded: 1, ttlMs: 60_000, max: 9 }),
          false,
        );
      }
    });

    test(`that lacks a primary is down (${name})`, async () => {
      const nodes = await start();
      const patient = await open(nodes, name, { timeoutMs: 60_000 });
      const store = await open(nodes, name, { timeoutMs: 500 });
      const sessions = await Promise.all(Array.from({ length: 12 }, () => newSession(patient)));
      for (const session of sessions) await untilOther(['ERR_STORE_DOWN'], () => store.admit(request(session)));
      await nodes.masters[0].kill();
      await nodes.masters[1].until((text) => text.includes('cluster_state:fail'), 'CLUSTER', 'INFO');
      const outcomes = await Promise.all(sessions.map((session) => outcome(store.admit(request(session)))));
      assert.deepEqual(outcomes, Array(12).fill('ERR_STORE_DOWN'));
      assert.equal(await outcome(newTicket(store)), 'ERR_STORE_DOWN');
    });
  }
});
