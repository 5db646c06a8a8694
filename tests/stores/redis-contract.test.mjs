// The one contract suite, by every client, on one server and on a Cluster of three primaries.
import { after, describe, test } from 'node:test';
import { storeContract } from 'partitioned-authority/stores/contract';
import { redisStore } from 'partitioned-authority/stores/redis';
import { cluster, standalone, storeOn } from './kit/redis-clients.mjs';
import { withClock } from './kit/redis-clock.mjs';
import { redisCluster, redisServer } from './kit/redis-server.mjs';
import { movableClock } from './kit/requests.mjs';

/**
 * The cases on stores of `open(where)`. Real time passes. Under a name of their own: movements of everybody give way to
 * those of other clients too.
 */
function contract(name, open, where) {
  let shared;
  const made = [];
  const options = { prefix: `${name}:` };
  const make = async () => {
    shared ??= await storeOn(open, where, options);
    return {
      store: redisStore({ client: shared.client, ...options }),
      another: async () => {
        const other = await storeOn(open, where, options);
        made.push(other);
        return other.store;
      },
      reopen: async () => {
        await shared.close();
        shared = await storeOn(open, where, options);
        return redisStore({ client: shared.client, ...options });
      },
      dispose: async () => {
        for (const { close } of made.splice(0)) await close();
      },
    };
  };
  for (const { name, run } of storeContract(make, { without: ['advance'] })) test(name, run);
  after(() => shared?.close());
}

const server = await redisServer();
const nodes = await redisCluster();
after(() => Promise.all([server.dispose(), nodes.dispose()]));

// Mostly time passes: the clients can wait for it together.
describe('by every client', { concurrency: true }, () => {
  const inTurn = { concurrency: 1 };
  for (const [name, open] of Object.entries(standalone)) {
    describe(`${name}, one server`, inTurn, () => contract(name, open, server.port));
  }
  const ports = nodes.masters.map(({ port }) => port);
  for (const [name, open] of Object.entries(cluster)) {
    describe(`${name}, a Cluster of three primaries`, inTurn, () => contract(name, open, ports));
  }
});

describe('with a clock that the suite moves, to the ms', () => {
  let opened;
  const make = async () => {
    opened ??= await standalone['node-redis'](server.port);
    const { clock, advance } = movableClock();
    const open = async () => redisStore({ client: withClock(opened.client, clock) });
    return { store: await open(), advance, another: open };
  };
  for (const { name, run } of storeContract(make, { without: ['reopen'] })) test(name, run);
  after(() => opened?.close());
});
