// The clients that the driver works with, connected to real servers.
import { once } from 'node:events';
import { Cluster, Redis } from 'ioredis';
import { createClient, createClientPool, createCluster } from 'redis';
import { redisStore } from 'partitioned-authority/stores/redis';

// A server that a test kills is no news.
const quietly = (client) => client.on('error', () => undefined);

/** One server: `name → (port, options) → { client, close }`. */
export const standalone = {
  'node-redis': async (port, options) => {
    const client = quietly(createClient({ socket: { host: '127.0.0.1', port }, ...options }));
    await client.connect();
    return { client, close: async () => client.destroy() };
  },
  'node-redis pool': async (port, options) => {
    const size = { minimum: 2, maximum: 4 };
    const pool = quietly(createClientPool({ socket: { host: '127.0.0.1', port }, ...options }, size));
    await pool.connect();
    return { client: pool, close: async () => pool.destroy() };
  },
  ioredis: async (port, options) => {
    const client = quietly(new Redis({ host: '127.0.0.1', port, ...options }));
    await once(client, 'ready');
    return { client, close: async () => client.disconnect() };
  },
};

/** A Cluster, by the ports of some of its nodes. */
export const cluster = {
  'node-redis': async (ports, options) => {
    const rootNodes = ports.map((port) => ({ url: `redis://127.0.0.1:${port}` }));
    const client = quietly(createCluster({ rootNodes, defaults: options }));
    await client.connect();
    return { client, close: async () => client.destroy() };
  },
  ioredis: async (ports, options) => {
    const client = quietly(
      new Cluster(
        ports.map((port) => ({ host: '127.0.0.1', port })),
        { redisOptions: options },
      ),
    );
    await once(client, 'ready');
    return { client, close: async () => client.disconnect() };
  },
};

/** The rights that the store needs, as ACL rules; docs/redis.md tells operators. */
export const rights = [
  '~pas:*',
  '-@all',
  ...[
    'hello',
    'auth',
    'client',
    'eval',
    'evalsha',
    'info',
    'time',
    'hget',
    'hmget',
    'hset',
    'hdel',
    'hgetall',
    'hscan',
    'lrange',
    'rpush',
    'ltrim',
    'pttl',
    'pexpireat',
    'pexpire',
    'zadd',
    'zrevrange',
    'zremrangebyrank',
  ].map((command) => `+${command}`),
];
export const clusterRights = ['+cluster', '+asking', '+readonly'];

/** A store on a client of its own. */
export async function storeOn(open, where, options = {}) {
  const { client, close } = await open(where);
  return { store: redisStore({ client, ...options }), client, close };
}
