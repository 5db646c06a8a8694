// `npm run bench`, or `npm run bench -- verify`: medians and ratios to a floor of the same run.
import { build } from './build.mjs';
import { must } from './run.mjs';
import { setup } from './setup.mjs';

const benches = {
  verify: ['benches/verify/bench.mjs'],
  sign: ['benches/sign/bench.mjs'],
  score: ['benches/score/bench.mjs'],
  consent: ['benches/consent/bench.mjs'],
  tracker: ['benches/tracker/bench.mjs'],
  stores: ['benches/stores/bench.mjs', ...process.argv.filter((name) => name === '--large')],
  'constant-time': ['benches/constant-time/bench.mjs'],
};
const wanted = process.argv.slice(2).filter((name) => name in benches);
await setup({ tests: true });
await build();
for (const [name, args] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n--- ${name}`);
  await must(process.execPath, args);
}
