// `npm run fuzz`: every target of tests/fuzz for a while, one after the other, on the pinned toolchain.
//
//   --seconds 20    for each target (the default)
//   --minutes 60    for all of them together
//   --target jwk    only this one; can be repeated
//   --record        writes what was run and found to tests/fuzz/record.json
//   --keep          minimises what was found into tests/fuzz/corpus
//
// An input that breaks an invariant is copied to tests/fuzz/regressions, where `cargo test` replays it for ever.
import {
  copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { environment, must, root, run } from './run.mjs';
import { setup } from './setup.mjs';

const folder = join(root, 'tests', 'fuzz');
/** Everything that a run makes but for what it finds; kept between runs. */
const work = process.env.CARGO_TARGET_DIR ?? join(root, 'target', 'fuzz');

/** A committed corpus stays below this. */
const LIMIT = { files: 120, bytes: 250_000 };

/** No input is longer; none takes this many seconds, or MB of memory. */
const bounds = ['-max_len=4096', '-timeout=10', '-rss_limit_mb=1024'];

const allTargets = readdirSync(join(folder, 'fuzz_targets')).map((name) => basename(name, '.rs')).sort();

const files = (path) => (existsSync(path) ? readdirSync(path) : []);

/** Compiles every target with coverage; gives the folder of the programs. */
async function compile() {
  const version = await must('rustc', ['-vV'], { capture: true });
  const host = /^host: (.+)$/m.exec(version)[1];
  // The crate has no unsafe code, so that assertions and overflow checks see what a sanitizer would.
  const args = ['build', '--fuzz-dir', folder, '--sanitizer', 'none', '--target', host, '--target-dir', work];
  await must('cargo-fuzz', args, { env: { ...environment, CARGO_NET_RETRY: '5' } });
  return join(work, host, 'release');
}

/** Where a target's inputs are: those that grow, and those that are committed. */
function places(target) {
  const grown = join(work, 'corpus', target);
  const found = join(work, 'found', target);
  for (const path of [grown, found]) mkdirSync(path, { recursive: true });
  const committed = ['corpus', 'regressions'].map((name) => join(folder, name, target)).filter(existsSync);
  return { grown, found, committed };
}

/** Fuzzes one target; what broke it is kept. */
async function fuzzOne(programs, target, seconds) {
  const { grown, found, committed } = places(target);
  rmSync(found, { recursive: true });
  mkdirSync(found);
  const dictionary = join(folder, 'dictionaries', `${target}.dict`);
  const args = [
    `-max_total_time=${seconds}`, '-print_final_stats=1', `-artifact_prefix=${found}/`, ...bounds,
    ...(existsSync(dictionary) ? [`-dict=${dictionary}`] : []), grown, ...committed,
  ];
  const started = performance.now();
  const { code, output } = await run(join(programs, target), args, { capture: true });
  const elapsed = (performance.now() - started) / 1000;
  const broken = files(found);
  if (code !== 0) {
    const lines = output.split('\n').filter((line) => !/^#\d+\t(?:NEW|REDUCE|pulse)/.test(line));
    console.error(lines.slice(-60).join('\n'));
  }
  for (const name of broken) {
    const kept = join(folder, 'regressions', target);
    mkdirSync(kept, { recursive: true });
    copyFileSync(join(found, name), join(kept, name));
    console.error(`fuzz   ${target}: tests/fuzz/regressions/${target}/${name}`);
  }
  const last = (pattern) => [...output.matchAll(pattern)].at(-1);
  return {
    target,
    executions: Number(last(/^stat::number_of_executed_units: +(\d+)/gm)?.[1] ?? 0),
    seconds: Math.round(elapsed),
    coverage: Number(last(/^#\d+.* cov: (\d+)/gm)?.[1] ?? 0),
    corpus: Number(last(/^#\d+.* corp: (\d+)/gm)?.[1] ?? 0),
    // A run that ended badly without an input, out of memory say, counts too.
    crashes: Math.max(broken.length, code === 0 ? 0 : 1),
  };
}

/** Replaces what earlier runs left in a committed corpus by the fewest inputs that reach what all of them reach. */
async function keep(programs, target) {
  const { grown, committed } = places(target);
  const least = mkdtempSync(join(tmpdir(), 'pas-fuzz-'));
  await must(join(programs, target), ['-set_cover_merge=1', ...bounds, least, ...committed, grown], { capture: true });
  const to = join(folder, 'corpus', target);
  mkdirSync(to, { recursive: true });
  for (const name of files(to)) if (!name.startsWith('seed-')) rmSync(join(to, name));
  const room = { files: LIMIT.files - files(to).length, bytes: LIMIT.bytes };
  const all = files(least).map((name) => ({ name, size: statSync(join(least, name)).size }));
  all.sort((a, b) => a.size - b.size);
  // Where there are too many, some of every size: the short ones alone would be refusals.
  const step = Math.max(all.length / room.files, 1);
  for (let at = 0; Math.floor(at) < all.length; at += step) {
    const { name, size } = all[Math.floor(at)];
    room.bytes -= size;
    if (room.bytes < 0) break;
    copyFileSync(join(least, name), join(to, name));
  }
  rmSync(least, { recursive: true });
  console.log(`fuzz   ${target}: ${files(to).length} inputs kept, ${all.length} found to matter`);
}

const columns = Object.entries({
  target: 18, executions: 13, 'exec/s': 9, coverage: 9, corpus: 7, seconds: 8, crashes: 8,
});

function print(row) {
  const text = columns.map(([name, width], index) => {
    const value = row ? String(row[name] ?? '') : name;
    return index === 0 ? value.padEnd(width) : value.padStart(width);
  });
  console.log(text.join(''));
}

/** Fuzzes `targets`, each for `seconds`; gives a row for each. */
export async function fuzz({ targets = allTargets, seconds = 20, keeping = false } = {}) {
  const programs = await compile();
  const rows = [];
  print();
  for (const target of targets) {
    const row = await fuzzOne(programs, target, seconds);
    rows.push(row);
    print({ ...row, 'exec/s': Math.round(row.executions / Math.max(row.seconds, 1)) });
  }
  if (keeping) for (const target of targets) await keep(programs, target);
  return rows;
}

/** A short run, as `npm test` counts it. */
export async function fuzzBriefly() {
  const rows = await fuzz({ seconds: 3 });
  // A target that never ran is no target that passed.
  const failed = rows.filter(({ crashes, executions }) => crashes > 0 || executions === 0).length;
  return { passed: rows.length - failed, failed };
}

function writeRecord(rows) {
  const sum = (name) => rows.reduce((total, row) => total + row[name], 0);
  const record = {
    date: new Date().toISOString().slice(0, 10),
    executions: sum('executions'),
    seconds: sum('seconds'),
    crashes: sum('crashes'),
    targets: rows.map(({ target, ...row }) => ({ name: target, ...row })),
  };
  writeFileSync(join(folder, 'record.json'), `${JSON.stringify(record, undefined, 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string' },
      minutes: { type: 'string' },
      target: { type: 'string', multiple: true, default: allTargets },
      record: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  });
  const targets = [...new Set(values.target)];
  const unknown = targets.find((name) => !allTargets.includes(name));
  if (unknown) throw new Error(`no such target: ${unknown}; there are ${allTargets.join(', ')}`);
  if (values.record && targets.length < allTargets.length) throw new Error('a record is of all targets');
  const whole = Number(values.minutes) * 60;
  const seconds = values.minutes ? Math.ceil(whole / targets.length) : Number(values.seconds ?? 20);
  if (!(seconds >= 1)) throw new Error('--seconds and --minutes take positive numbers');
  await setup({ fuzz: true });
  const rows = await fuzz({ targets, seconds, keeping: values.keep });
  if (values.record) writeRecord(rows);
  const crashes = rows.filter((row) => row.crashes > 0);
  if (crashes.length > 0) {
    console.error(`fuzz   invariants broke in ${crashes.map(({ target }) => target).join(', ')}`);
    process.exitCode = 1;
  }
}
