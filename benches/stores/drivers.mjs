// The drivers to measure. Each `open` gives a store, the bytes that it takes, and how often it went over the
// network so far, for those that do.
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';
import { memoryStore } from 'partitioned-authority/stores/memory';
import { redisStore } from 'partitioned-authority/stores/redis';
import { sqliteStore } from 'partitioned-authority/stores/sqlite';
import { keeps, redisServer } from '../../tests/stores/kit/redis-server.mjs';
import { frameKey } from '../../tests/stores/kit/keys.mjs';
import { request } from '../../tests/stores/kit/redis-session.mjs';

/** Nothing is to be full. */
const limits = { maxSessions: 1e7, maxReplayEntries: 1e7, maxTickets: 1e7 };

export const drivers = {
  memory() {
    const store = memoryStore(limits);
    const bytes = () => {
      globalThis.gc();
      return process.memoryUsage().heapUsed;
    };
    return { store, bytes, close: () => store.close() };
  },

  async sqlite() {
    const { default: Database } = await import('better-sqlite3');
    const folder = mkdtempSync(join(tmpdir(), 'pas-bench-'));
    const file = join(folder, 'sessions.db');
    const database = new Database(file);
    const store = sqliteStore({ database, ...limits });
    const bytes = () => {
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      return [file, `${file}-wal`].filter(existsSync).reduce((sum, path) => sum + statSync(path).size, 0);
    };
    const close = async () => {
      await store.close();
      database.close();
      rmSync(folder, { recursive: true });
    };
    return { store, bytes, close };
  },

  'redis, appendfsync always': () => redis(keeps.everything),
  'redis, nothing on disk': () => redis(keeps.nothing),
};

async function redis(settings) {
  const server = await redisServer(settings);
  const client = await createClient({ url: server.url }).connect();
  let trips = 0;
  const counting = {
    isOpen: true,
    sendCommand: (args, options) => {
      trips += 1;
      return client.sendCommand(args, options);
    },
  };
  const store = redisStore({ client: counting, timeoutMs: 60_000 });
  // A server learns the scripts once in its life: that is no cost of a request.
  await store.read('no-slot', 'no-session');
  await store.admit(request({ slot: 'no-slot', id: 'no-session', keys: { frame: frameKey('no-key') } }));
  await store.seen({ owner: 'nobody', hashes: ['none'], matchesNeeded: 1, ttlMs: 1, max: 1 });
  return {
    store,
    bytes: async () => Number(/used_memory:(\d+)/.exec(await server.ask('INFO', 'memory'))[1]),
    roundTrips: () => trips,
    close: async () => {
      client.destroy();
      await server.dispose();
    },
  };
}
