// `npm run bench`, or `npm run bench -- verify`: medians and ratios to a floor of the same run.
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { environment, must } from './run.mjs';
import { setup } from './setup.mjs';

/** Every bench, and what it takes from the command line. */
export const benches = {
  verify: [],
  sign: [],
  score: [],
  consent: [],
  tracker: [],
  stores: ['--large'],
  'constant-time': [],
};

/** Runs one; with `env`, silently and so that what it prints is in the error. */
export function bench(name, env) {
  const args = benches[name].filter((word) => process.argv.includes(word));
  return must(
    process.execPath,
    [`benches/${name}/bench.mjs`, ...args],
    env ? { capture: true, env: { ...environment, ...env } } : {},
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wanted = process.argv.slice(2).filter((name) => name in benches);
  await setup({ tests: true });
  await build();
  for (const name of Object.keys(benches)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    console.log(`\n--- ${name}`);
    await bench(name);
  }
}
