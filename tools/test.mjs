// Every test: `npm test`, or only some: `npm test -- rust e2e`. Ends with "N passed, N failed".
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setup } from './setup.mjs';
import { build } from './build.mjs';
import { fuzzBriefly } from './fuzz.mjs';
import { lint } from './lint.mjs';
import { webkitInstalled } from '../tests/webkit/installed.mjs';
import { root, run } from './run.mjs';

const cargoLine = /^test result: \w+\. (\d+) passed; (\d+) failed/gm;

/** Runs a program and adds up what its runner printed. A runner that ended badly counts as a failure. */
async function counted(command, args, pattern) {
  const { code, output } = await run(command, args, { capture: 'tee' });
  const counts = { passed: 0, failed: 0 };
  for (const [, passed, failed] of output.matchAll(pattern)) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
  }
  if ((code !== 0 || counts.passed === 0) && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** Runs a folder of test files with Node's runner, which takes folders or patterns only in some versions. */
async function node(folder, ...args) {
  const files = readdirSync(join(root, folder)).filter((name) => name.endsWith('.test.mjs')).map((name) => join(folder, name));
  const { code, output } = await run(process.execPath, ['--test', '--test-reporter=spec', ...args, ...files], { capture: 'tee' });
  const number = (word) => Number(new RegExp(`^ℹ ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
  const counts = { passed: number('pass'), failed: number('fail') + number('cancelled') };
  if ((code !== 0 || counts.passed === 0) && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** A suite that this system can't run, which setup said, too. */
function skipped(why) {
  console.log(`skipped: ${why}`);
  return { passed: 0, failed: 0 };
}

const suites = {
  lint,
  rust: () => counted('cargo', ['test', '--quiet', '--locked'], cargoLine),
  // Real Rust in a real browser: keys, IndexedDB, channel, tracker, vectors.
  browser: () => counted('wasm-pack', ['test', '--headless', '--chrome', '--mode', 'no-install', '--', '--locked'], cargoLine),
  node: () => node('tests/node'),
  stores: () => node('tests/stores'),
  e2e: () => node('tests/e2e', '--test-concurrency=1'),
  // The same in Firefox ESR, and a smaller suite in WebKitGTK.
  firefox: () => node('tests/firefox', '--test-concurrency=2'),
  webkit: () => (webkitInstalled() ? node('tests/webkit', '--test-concurrency=1') : skipped('WebKitGTK is not installed')),
  live: () => node('tests/live', '--test-concurrency=1'),
  interop: () => node('tests/interop', '--test-concurrency=1'),
  proxy: () => node('tests/proxy', '--test-concurrency=1'),
  packaging: () => node('tests/packaging'),
  fuzz: fuzzBriefly,
};

const wanted = process.argv.slice(2).filter((name) => name in suites);
await setup({ tests: true });
const total = { passed: 0, failed: 0 };
const rows = [];
const record = (name, { passed, failed }) => {
  total.passed += passed;
  total.failed += failed;
  rows.push(`${name.padEnd(10)} ${String(passed).padStart(5)} passed ${String(failed).padStart(5)} failed`);
};
try {
  await build();
  record('build', { passed: 1, failed: 0 });
} catch (error) {
  console.error(`build  ${error.message}`);
  record('build', { passed: 0, failed: 1 });
}
for (const [name, suite] of Object.entries(suites)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n--- ${name}`);
  record(name, await suite());
}
console.log(`\n${rows.join('\n')}`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;
