// What it costs to read and assess an interaction proof of 100 samples, in WebAssembly built as the verifier's,
// beside the floor of one SHA-256 of 447 bytes, the longest proof, in the same module. Each loop goes through
// 64 movements.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, root } from '../../tools/run.mjs';
import { median, row } from '../median.mjs';
import { rounds } from '../rounds.mjs';

const BUDGET_US = 20;
const here = join(root, 'benches', 'score');
const target = join(root, 'target', 'score-bench');
const args = ['build', '--quiet', '--release', '--locked', '--target', 'wasm32-unknown-unknown'];
await must('cargo', args, { cwd: here, env: { ...process.env, CARGO_TARGET_DIR: target } });
const module = new WebAssembly.Module(
  readFileSync(join(target, 'wasm32-unknown-unknown', 'release', 'score_bench.wasm')),
);
// The crate's own exports ask the host for much; these loops ask for nothing.
const imports = {};
for (const { module: from, name } of WebAssembly.Module.imports(module)) (imports[from] ??= {})[name] = () => 0;
const { exports } = new WebAssembly.Instance(module, imports);

// Batches so short that few of them are interrupted.
const each = async (work) => (await median(() => work(64), { batches: 400, size: 1 })) / 64;
const { hashes, assessments, median_assessments, private_assessments, movement_hashes } = exports;
for (const work of [hashes, assessments, median_assessments, private_assessments, movement_hashes])
  work(rounds(20_000, 64));
const floor = await each(hashes);
row('floor: SHA-256 of 447 bytes, wasm', floor, floor);
row(`read and assess, 100 samples (budget ${BUDGET_US} µs)`, await each(assessments), floor);
row('read and assess, 33 samples, as the median', await each(median_assessments), floor);
row('read and assess, privacy mode', await each(private_assessments), floor);
row('the 5 hashes of a movement', await each(movement_hashes), floor);
