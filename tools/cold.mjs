// `npm run cold`: what a new machine does. Clones HEAD into an empty folder, with an empty cache and an empty target
// folder, and runs `npm test` there; arguments go to it. What apt installed stays: the time says so.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, root, run } from './run.mjs';

const folder = mkdtempSync(join(tmpdir(), 'pas-cold-'));
const clone = join(folder, 'clone');
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
await must('git', ['clone', '--quiet', '--no-hardlinks', root, clone]);
const { CARGO_TARGET_DIR, ...rest } = process.env;
const started = performance.now();
const { code } = await run('npm', ['test', '--', ...process.argv.slice(2)], {
  cwd: clone,
  env: { ...rest, PAS_CACHE: join(folder, 'cache') },
});
console.log(`cold: ${Math.round((performance.now() - started) / 1000)} s, apart from what apt had installed before`);
process.exitCode = code;
