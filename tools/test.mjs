// Every test: `npm test`, or only some: `npm test -- rust e2e`. Ends with "N passed, N failed".
//
// Two suites run at a time: most of them wait, for windows that must be looked at, or for servers that are killed.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

/** In the order in which they are begun: the longest first. */
const suites = {
  // Chromium, on two origins.
  e2e: () => node('tests/e2e', '--test-concurrency=2'),
  lint,
  rust: () => counted('cargo', ['test', '--quiet', '--locked'], cargoLine),
  // Real Rust in a real browser: keys, IndexedDB, channel, tracker, vectors.
  browser: () => counted('wasm-pack', ['test', '--headless', '--chrome', '--mode', 'no-install', '--', '--locked'], cargoLine),
  node: () => node('tests/node'),
  stores: () => node('tests/stores'),
  // The same as e2e in Firefox ESR, and a smaller suite in WebKitGTK.
  firefox: () => node('tests/firefox', '--test-concurrency=2'),
  fuzz: fuzzBriefly,
  webkit: () => (webkitInstalled() ? node('tests/webkit', '--test-concurrency=1') : skipped('WebKitGTK is not installed')),
  proxy: () => node('tests/proxy', '--test-concurrency=1'),
  interop: () => node('tests/interop', '--test-concurrency=1'),
  live: () => node('tests/live', '--test-concurrency=1'),
  packaging: () => node('tests/packaging'),
};

const summary = ({ passed, failed }) => `${passed} passed, ${failed} failed`;

/** One suite in a process of its own, each of its lines with its name. */
async function apart(name) {
  const { output } = await run(process.execPath, [fileURLToPath(import.meta.url), '--alone', name], {
    capture: true, name: `${name.padEnd(9)} | `,
  });
  const [, passed = 0, failed = 1] = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1) ?? [];
  return { passed: Number(passed), failed: Number(failed) };
}

async function all(wanted) {
  await setup({ tests: true });
  const total = { passed: 0, failed: 0 };
  const rows = [];
  const timed = async (name, suite) => {
    const started = performance.now();
    const { passed, failed } = await suite();
    total.passed += passed;
    total.failed += failed;
    const seconds = Math.round((performance.now() - started) / 1000);
    rows.push(`${name.padEnd(10)} ${String(passed).padStart(5)} passed ${String(failed).padStart(5)} failed ${String(seconds).padStart(5)} s`);
  };
  await timed('build', async () => {
    try {
      await build();
      return { passed: 1, failed: 0 };
    } catch (error) {
      console.error(`build  ${error.message}`);
      return { passed: 0, failed: 1 };
    }
  });
  const left = Object.keys(suites).filter((name) => wanted.length === 0 || wanted.includes(name));
  const worker = async () => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) await timed(name, () => apart(name));
  };
  await Promise.all([worker(), worker()]);
  console.log(`\n${rows.join('\n')}`);
  return total;
}

const names = process.argv.slice(2).filter((name) => name !== '--alone');
const unknown = names.find((name) => !Object.hasOwn(suites, name));
if (unknown !== undefined) throw new Error(`no such suite: ${unknown}; there are ${Object.keys(suites).join(', ')}`);
const total = process.argv[2] === '--alone' ? await suites[names[0]]() : await all(names);
console.log(summary(total));
process.exitCode = total.failed > 0 ? 1 : 0;
