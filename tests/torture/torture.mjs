// `npm run torture -- sqlite-replay`, or several names, or none for all: hard cases in large numbers. Prints
// what happened, and ends with a verdict.
import { build } from '../../tools/build.mjs';
import { setup } from '../../tools/setup.mjs';

const runs = {
  'sqlite-replay': async (options) => (await import('./sqlite.mjs')).sqliteReplay(options),
  'sqlite-revoke': async (options) => (await import('./sqlite.mjs')).sqliteRevoke(options),
  'sqlite-kill': async (options) => (await import('./sqlite.mjs')).sqliteKill(options),
  'redis-replay': async (options) => (await import('./redis.mjs')).redisReplay(options),
  'redis-revoke': async (options) => (await import('./redis.mjs')).redisRevoke(options),
  'redis-kill': async (options) => (await import('./redis.mjs')).redisKill(options),
};

const wanted = process.argv.slice(2);
const strange = wanted.filter((name) => !(name in runs));
if (strange.length > 0) {
  console.error(`there is no ${strange.join(', ')}; there are ${Object.keys(runs).join(', ')}`);
  process.exit(2);
}
await setup({ tests: true });
await build();
for (const name of wanted.length > 0 ? wanted : Object.keys(runs)) {
  const start = performance.now();
  const progress = (done, of) => done % 25 === 0 && console.log(`${name}  ${done} of ${of}`);
  try {
    const figures = await runs[name]({ progress });
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    const shown = Object.entries(figures)
      .map(([key, value]) => `${key} ${value}`)
      .join(', ');
    console.log(`${name}  ${shown} (${seconds} s)`);
    console.log(`${name}  HELD`);
  } catch (error) {
    console.error(error);
    console.log(`${name}  BROKEN`);
    process.exitCode = 1;
  }
}
