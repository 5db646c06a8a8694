// `npm run fuzz`: every target of tests/fuzz for a while, one after the other, on the pinned toolchain.
//
//   --seconds 20    for each target (the default)
//   --minutes 60    for all of them together
//   --target jwk    only this one; can be repeated
//   --record        writes what was run and found to tests/fuzz/record.json
//   --keep          minimises what was found into tests/fuzz/corpus, an archive a target
//   --seeds         first writes the seeds of tests/fuzz/examples/seeds.rs into them
//
// An input that breaks an invariant is copied to tests/fuzz/regressions, where `cargo test` replays it for ever.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
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

const allTargets = readdirSync(join(folder, 'invariants'))
  .filter((name) => existsSync(join(folder, 'corpus', `${basename(name, '.rs')}.tar`)))
  .map((name) => basename(name, '.rs'))
  .sort();

const files = (path) => (existsSync(path) ? readdirSync(path) : []);

/** The program, with coverage: one for all targets, which an environment variable chooses. */
let program;

/** Compiles it. */
async function compile() {
  const version = await must('rustc', ['-vV'], { capture: true });
  const host = /^host: (.+)$/m.exec(version)[1];
  // The crate has no unsafe code, so that assertions and overflow checks see what a sanitizer would.
  const args = ['build', '--fuzz-dir', folder, '--sanitizer', 'none', '--target', host, '--target-dir', work];
  await must('cargo-fuzz', args, { capture: true, env: { ...environment, CARGO_NET_RETRY: '5' } });
  program = join(work, host, 'release', 'any');
}

/** Runs the program on a target. */
const fuzzer = (target, args) =>
  run(program, args, { capture: true, env: { ...environment, PAS_FUZZ_TARGET: target } });

/** Unpacks the committed corpus of a target into an empty folder. */
async function unpacked(target) {
  const to = join(work, 'committed', target);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  await must('tar', ['-xf', join(folder, 'corpus', `${target}.tar`), '-C', to], { capture: true });
  return to;
}

/** Packs a folder as the committed corpus of a target: the same files, the same bytes. */
async function pack(target, from) {
  const args = [
    '--format=ustar',
    '--sort=name',
    '--mtime=@0',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--mode=644',
  ];
  await must('tar', [...args, '-cf', join(folder, 'corpus', `${target}.tar`), '-C', from, ...files(from).sort()], {
    capture: true,
  });
}

/** Where a target's inputs are: those that grow, and those that are committed. */
async function places(target) {
  const grown = join(work, 'corpus', target);
  const found = join(work, 'found', target);
  for (const path of [grown, found]) mkdirSync(path, { recursive: true });
  const corpus = await unpacked(target);
  const regressions = join(folder, 'regressions', target);
  return { grown, found, corpus, committed: [corpus, ...(existsSync(regressions) ? [regressions] : [])] };
}

/** Fuzzes one target; what broke it is kept. */
async function fuzzOne(target, seconds) {
  const { grown, found, committed } = await places(target);
  rmSync(found, { recursive: true });
  mkdirSync(found);
  const dictionary = join(folder, 'dictionaries', `${target}.dict`);
  const args = [
    `-max_total_time=${seconds}`,
    '-print_final_stats=1',
    `-artifact_prefix=${found}/`,
    ...bounds,
    ...(existsSync(dictionary) ? [`-dict=${dictionary}`] : []),
    grown,
    ...committed,
  ];
  const started = performance.now();
  const { code, output } = await fuzzer(target, args);
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
    output,
  };
}

/** Replaces what earlier runs left in a committed corpus by the fewest inputs that reach what all of them reach. */
async function keep(target) {
  const { grown, corpus, committed } = await places(target);
  const least = mkdtempSync(join(tmpdir(), 'pas-fuzz-'));
  const { code, output } = await fuzzer(target, ['-set_cover_merge=1', ...bounds, least, ...committed, grown]);
  if (code !== 0) throw new Error(`${target}: merging ended with ${code}\n${output}`);
  for (const name of files(corpus)) if (!name.startsWith('seed-')) rmSync(join(corpus, name));
  const room = { files: LIMIT.files - files(corpus).length, bytes: LIMIT.bytes };
  const all = files(least).map((name) => ({ name, size: statSync(join(least, name)).size }));
  all.sort((a, b) => a.size - b.size);
  // Where there are too many, some of every size: the short ones alone would be refusals.
  const step = Math.max(all.length / room.files, 1);
  for (let at = 0; Math.floor(at) < all.length; at += step) {
    const { name, size } = all[Math.floor(at)];
    room.bytes -= size;
    if (room.bytes < 0) break;
    copyFileSync(join(least, name), join(corpus, name));
  }
  rmSync(least, { recursive: true });
  await pack(target, corpus);
  console.log(`fuzz   ${target}: ${files(corpus).length} inputs kept, ${all.length} found to matter`);
}

/** Replaces the seeds in every committed corpus by those that tests/fuzz/examples/seeds.rs writes. */
async function seed() {
  const seeds = join(work, 'seeds');
  rmSync(seeds, { recursive: true, force: true });
  const args = [
    'run',
    '--quiet',
    '--manifest-path',
    join(folder, 'Cargo.toml'),
    '--target-dir',
    work,
    '--example',
    'seeds',
    '--',
    seeds,
  ];
  await must('cargo', args);
  for (const target of files(seeds)) {
    const corpus = existsSync(join(folder, 'corpus', `${target}.tar`))
      ? await unpacked(target)
      : join(work, 'committed', target);
    mkdirSync(corpus, { recursive: true });
    for (const name of files(corpus)) if (name.startsWith('seed-')) rmSync(join(corpus, name));
    for (const name of files(join(seeds, target))) copyFileSync(join(seeds, target, name), join(corpus, name));
    await pack(target, corpus);
  }
}

const columns = Object.entries({
  target: 18,
  executions: 13,
  'exec/s': 9,
  coverage: 9,
  corpus: 7,
  seconds: 8,
  crashes: 8,
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
  await compile();
  const rows = [];
  print();
  for (const target of targets) {
    const row = await fuzzOne(target, seconds);
    rows.push(row);
    print({ ...row, 'exec/s': Math.round(row.executions / Math.max(row.seconds, 1)) });
  }
  if (keeping) for (const target of targets) await keep(target);
  return rows;
}

/** A short run of every target, as `npm test` counts it. */
export function fuzzJobs() {
  const brief = (target) => async () => {
    const { crashes, executions, output } = await fuzzOne(target, 2);
    // A target that never ran is no target that passed.
    const failed = crashes > 0 || executions === 0 ? 1 : 0;
    return { passed: 1 - failed, failed, output };
  };
  const compiled = async () => {
    await compile();
    return { passed: 1, failed: 0 };
  };
  return [
    { name: 'fuzz: compile', run: compiled },
    ...allTargets.map((target) => ({ name: `fuzz: ${target}`, needs: ['fuzz: compile'], run: brief(target) })),
  ];
}

function writeRecord(rows) {
  const sum = (name) => rows.reduce((total, row) => total + row[name], 0);
  const record = {
    date: new Date().toISOString().slice(0, 10),
    executions: sum('executions'),
    seconds: sum('seconds'),
    crashes: sum('crashes'),
    targets: rows.map(({ target, output, ...row }) => ({ name: target, ...row })),
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
      seeds: { type: 'boolean', default: false },
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
  if (values.seeds) await seed();
  const rows = await fuzz({ targets, seconds, keeping: values.keep });
  if (values.record) writeRecord(rows);
  const crashes = rows.filter((row) => row.crashes > 0);
  if (crashes.length > 0) {
    console.error(`fuzz   invariants broke in ${crashes.map(({ target }) => target).join(', ')}`);
    process.exitCode = 1;
  }
}
