// Every test: `npm test`, or only some: `npm test -- rust e2e`, or one file of a suite: `npm test -- node/signature`.
// `npm test -- quick` is the inner loop. Ends with "N passed, N failed".
//
// Every file of tests is a process of its own; some run side by side, over all suites (PAS_SLOTS). What each printed
// is kept in test-results/, and shown of those that fail.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildReference } from '../tests/stores/admission/reference.mjs';
import { webkitInstalled } from '../tests/webkit/kit/installed.mjs';
import { bench, benches } from './bench.mjs';
import { builds } from './build.mjs';
import { cache } from './cache.mjs';
import { fuzzJobs } from './fuzz.mjs';
import { buildLab } from '../lab/run.mjs';
import { lintChecks } from './lint.mjs';
import { environment, root, run } from './run.mjs';
import { schedule } from './schedule.mjs';
import { setup } from './setup.mjs';

const results = join(root, 'test-results');
const timesFile = join(cache, 'seconds.json');

const cargoLine = /^test result: \w+\. (\d+) passed; (\d+) failed/gm;

/** Sums up what a runner printed. One that ended badly, or ran nothing, counts as a failure. */
function tally({ code, output }, pattern) {
  const counts = { passed: 0, failed: 0 };
  for (const [, passed, failed] of output.matchAll(pattern)) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
  }
  if ((code !== 0 || counts.passed === 0) && counts.failed === 0) counts.failed = 1;
  return { ...counts, output };
}

const cargo = (args, env) => async () =>
  tally(await run(args[0], args.slice(1), { capture: true, env: { ...environment, ...env } }), cargoLine);

/** A file that hangs is given up, ms: far beyond what any takes beside eight busy loops. */
const HANGS_MS = 1_800_000;

/** One file of tests, by Node's runner. */
export const nodeFile = (file) => async () => {
  const args = ['--test', `--test-timeout=${HANGS_MS}`, '--test-reporter=spec', file];
  const { code, output } = await run(process.execPath, args, { capture: true });
  const number = (word) => Number(new RegExp(`^ℹ ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
  const counts = { passed: number('pass'), failed: number('fail') + number('cancelled') };
  // A file without any test counts as one that passed, by the file's name.
  const isEmpty = output.split('\n').some((line) => line.includes('✔ ') && line.includes(basename(file)));
  if (isEmpty) counts.passed = 0;
  if ((code !== 0 || counts.passed === 0) && counts.failed === 0) counts.failed = 1;
  return { ...counts, output };
};

/** Jobs that need more than the build, by name. */
const needsOf = {
  'node/interaction-lab': ['lab'],
  'node/vectors': ['admission program'],
  'stores/admission': ['admission program'],
};

/** A step that passes or throws. */
const step = (work) => async () => {
  try {
    await work();
    return { passed: 1, failed: 0 };
  } catch (error) {
    return { passed: 0, failed: 1, output: error.output ?? error.stack };
  }
};

/** The files of a folder of tests, a job each. */
function nodeFiles(suite, { needs = [], ...more } = {}) {
  const folder = join('tests', suite);
  const files = readdirSync(join(root, folder)).filter((name) => name.endsWith('.test.mjs'));
  return files.map((file) => {
    const name = `${suite}/${file.replace('.test.mjs', '')}`;
    return {
      suite,
      name,
      needs: ['build', ...needs, ...(needsOf[name] ?? [])],
      run: nodeFile(join(folder, file)),
      ...more,
    };
  });
}

/** Cargo locks its target folder anyway: a job that waits for another's lock holds no slot. */
const TARGET = 'target';

async function suites() {
  return [
    ...(await builds()).map((job) => ({ suite: 'build', first: true, ...job, run: step(job.run) })),
    ...Object.entries(lintChecks).map(([name, { check, lock }]) => ({
      suite: 'lint',
      name: `lint: ${name}`,
      lock,
      run: step(check),
    })),
    { suite: 'rust', name: 'rust', lock: TARGET, run: cargo(['cargo', 'test', '--quiet', '--locked']) },
    // Real Rust in a real browser: keys, IndexedDB, channel, tracker, vectors.
    {
      suite: 'browser',
      name: 'browser',
      lock: TARGET,
      run: cargo(
        [
          'wasm-pack',
          'test',
          '--headless',
          '--chrome',
          '--mode',
          'no-install',
          '--',
          '--locked',
          '--test',
          'browser_tracker',
          '--test',
          'browser_iframe',
          '--test',
          'vectors',
          // wasm-bindgen reads all of a module: without tables for a debugger it has a third to read.
        ],
        { CARGO_PROFILE_DEV_DEBUG: 'false' },
      ),
    },
    ...nodeFiles('node'),
    { suite: 'node', name: 'lab', run: step(buildLab) },
    { suite: 'stores', name: 'admission program', lock: TARGET, run: step(buildReference) },
    ...nodeFiles('stores'),
    // On two origins, in Chromium, Firefox ESR and WebKitGTK.
    ...nodeFiles('e2e'),
    ...nodeFiles('firefox'),
    ...(webkitInstalled() ? nodeFiles('webkit') : []),
    ...nodeFiles('proxy'),
    ...nodeFiles('interop'),
    ...nodeFiles('live'),
    ...nodeFiles('packaging'),
    // That each bench still measures what it says; figures are for `npm run bench`.
    ...Object.keys(benches).map((name) => ({
      suite: 'benches',
      name: `benches/${name}`,
      needs: ['build'],
      run: step(() => bench(name, { PAS_BENCH_SMOKE: '1' })),
    })),
    ...fuzzJobs().map((job) => ({ suite: 'fuzz', ...job })),
  ];
}

/** The inner loop, under two minutes on a warm clone: what most changes break first. */
const quick = (job) =>
  job.suite === 'build' ||
  ['lint: rustfmt', 'lint: clippy, everything', 'rust'].includes(job.name) ||
  ['signature', 'vectors', 'enrolment', 'lifecycle', 'consent', 'adapter', 'options', 'errors'].some(
    (name) => job.name === `node/${name}`,
  ) ||
  ['stores/memory', 'stores/sqlite', 'e2e/flow'].includes(job.name);

const times = () => {
  try {
    return JSON.parse(readFileSync(timesFile, 'utf8'));
  } catch {
    return {};
  }
};

/** What a job printed, if it is short; else from where it tells of failures on. */
function shown(output) {
  const lines = output.trimEnd().split('\n');
  const from = lines.findIndex((line) => /^✖ failing tests:|^failures:$/.test(line));
  return (from >= 0 ? lines.slice(from) : lines)
    .slice(-150)
    .map((line) => `    ${line}`)
    .join('\n');
}

function table(outcomes) {
  const rows = new Map();
  for (const { job, passed, failed, seconds } of outcomes) {
    const row = rows.get(job.suite) ?? { passed: 0, failed: 0, seconds: 0, jobs: 0 };
    rows.set(job.suite, {
      passed: row.passed + passed,
      failed: row.failed + failed,
      seconds: row.seconds + seconds,
      jobs: row.jobs + 1,
    });
  }
  for (const [suite, row] of rows) {
    const cells = [
      `${row.passed} passed`.padStart(12),
      `${row.failed} failed`.padStart(9),
      `${row.jobs} jobs`.padStart(8),
      `${Math.round(row.seconds)} s`.padStart(7),
    ];
    console.log(`${suite.padEnd(10)}${cells.join(' ')}`);
  }
}

async function main(words) {
  const all = await suites();
  const isAsked = (job) =>
    words.length === 0 ||
    words.some((word) =>
      word === 'quick' ? quick(job) : job.suite === word || job.name === word || job.name.startsWith(`${word}/`),
    );
  const unknown = words.find((word) => word !== 'quick' && !all.some((job) => job.suite === word || job.name === word));
  if (unknown !== undefined) {
    console.error(
      `no such suite or file: ${unknown}; there are quick, ${[...new Set(all.map(({ suite }) => suite))].join(', ')}, and files like node/signature`,
    );
    return { passed: 0, failed: 1 };
  }
  const asked = all.filter(isAsked);
  // What a job needs is run with it.
  const needed = new Set(asked.flatMap(({ needs = [] }) => needs));
  const builders = all.filter((job) => job.suite === 'build' && needed.has('build'));
  const jobs = [...new Set([...builders, ...all.filter(({ name }) => needed.has(name)), ...asked])];

  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const before = times();
  const width = Math.max(...jobs.map(({ name }) => name.length));
  const started = performance.now();
  const slots = Number(process.env.PAS_SLOTS ?? Math.max(2, 2 * availableParallelism()));
  let count = 0;
  const outcomes = await schedule(
    jobs.map((job) => ({ ...job, seconds: job.first ? Infinity : (before[job.name] ?? 1) })),
    slots,
    ({ job, passed, failed, seconds, output = '' }, running) => {
      count += 1;
      if (output) writeFileSync(join(results, `${job.name.replaceAll(/[^\w-]+/g, '-')}.log`), output);
      const told = failed > 0 ? `FAILED ${failed}` : `${passed} passed`;
      const minutes = `${String(Math.floor((performance.now() - started) / 60_000)).padStart(2)}:${String(Math.floor((performance.now() - started) / 1000) % 60).padStart(2, '0')}`;
      console.log(
        `${minutes}  ${`${count}/${jobs.length}`.padStart(8)}  ${job.name.padEnd(width)}  ${told.padEnd(12)} ${String(Math.round(seconds)).padStart(4)} s  ${running.length > 0 ? `(runs: ${running.join(', ')})` : ''}`,
      );
      if (failed > 0) console.log(shown(output));
    },
  );
  const now = Object.fromEntries(
    outcomes.filter(({ failed }) => failed === 0).map(({ job, seconds }) => [job.name, Math.round(seconds)]),
  );
  try {
    writeFileSync(timesFile, JSON.stringify({ ...before, ...now }));
  } catch {
    // The cache may be another's: the next run then has no order.
  }
  console.log('');
  table(outcomes);
  if (!webkitInstalled()) console.log('webkit     skipped: WebKitGTK is not installed');
  const failures = outcomes.filter(({ failed }) => failed > 0);
  if (failures.length > 0)
    console.log(`\nfailed: ${failures.map(({ job }) => job.name).join(', ')} (test-results/ has what they printed)`);
  const sum = (name) => outcomes.reduce((total, outcome) => total + outcome[name], 0);
  console.log(`\n${Math.round((performance.now() - started) / 1000)} s`);
  return { passed: sum('passed'), failed: sum('failed') };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const started = performance.now();
  // However this ends, its last line says what came of it: a set-up that fails, or a job that never ends, is a failure.
  let sum = { passed: 0, failed: 1 };
  process.once('exit', () => {
    console.log(`${sum.passed} passed, ${sum.failed} failed`);
    if (sum.failed > 0) process.exitCode = 1;
  });
  await setup({ tests: true });
  console.log(`setup  ready after ${Math.round((performance.now() - started) / 1000)} s`);
  sum = await main(process.argv.slice(2));
}
