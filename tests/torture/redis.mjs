// The three of them on one Redis.
import { keeps, redisServer } from '../stores/kit/redis-server.mjs';
import { redisKilled } from './redis-kill.mjs';
import { replay } from './replay.mjs';
import { revoke } from './revoke.mjs';

const storeModule = new URL('./redis-store.mjs', import.meta.url);

const onServer = (settings, run) => async (options) => {
  const redis = await redisServer(settings);
  try {
    return await run({ redis, storeModule, ...options });
  } finally {
    await redis.dispose();
  }
};

/** On a busy machine a thousand requests at once may take a while, and what they are to show is who wins. */
const patiently =
  (run, client) =>
  ({ redis, ...options }) =>
    run({ ...options, config: { port: redis.port, client, timeoutMs: 60_000 } });

export const redisReplay = onServer(keeps.nothing, patiently(replay, 'node-redis'));
export const redisRevoke = onServer(keeps.nothing, patiently(revoke, 'ioredis'));
export const redisKill = onServer(keeps.everything, redisKilled);
