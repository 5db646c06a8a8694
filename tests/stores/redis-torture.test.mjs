// The hard cases in small numbers; `npm run torture -- redis-replay redis-revoke redis-kill` runs them in large ones.
import { test } from 'node:test';
import { redisKill, redisReplay, redisRevoke } from '../torture/redis.mjs';

test('of many uses of one request over 4 processes, one is accepted', () => redisReplay({ uses: 200, rounds: 3 }));
test('no request is accepted once its revocation is back', () => redisRevoke({ inFlight: 100, rounds: 10 }));
test('a Redis that is killed in mid-load loses nothing that it acknowledged', () => redisKill({ kills: 2 }));
