// Formatting, lints, circles of modules, and what must not be committed. Every feature is linted alone: an artefact
// must not lean on another's code.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { audits } from './audit.mjs';
import { circles } from './circles.mjs';
import { must, root, run } from './run.mjs';
import { setup } from './setup.mjs';

const command =
  (name, ...args) =>
  () =>
    must(name, args, { capture: true });
/** Cargo locks its target folder: one of these at a time. */
const clippy = (...args) => ({
  check: command('cargo', 'clippy', '--quiet', '--locked', ...args, '--', '-D', 'warnings'),
  lock: 'target',
});
const alone = (feature) => clippy('--target', 'wasm32-unknown-unknown', '--no-default-features', '--features', feature);

/** Every check, by its name. */
export const lintChecks = {
  rustfmt: { check: command('cargo', 'fmt', '--check') },
  'biome: format and lint of TypeScript, scripts and styles': {
    check: command('biome', 'check', '--error-on-warnings', '.'),
  },
  'clippy, everything': clippy('--all-targets'),
  'clippy, tracker alone': alone('tracker'),
  'clippy, iframe alone': alone('iframe'),
  'clippy, consent alone': alone('consent'),
  'clippy, verifier alone': alone('verifier'),
  'lock files name no registry host': { check: lockFiles },
  'no circle of modules': { check: circles },
  ...Object.fromEntries(Object.entries(audits).map(([name, check]) => [name, { check }])),
};

async function lockFiles() {
  for (const path of ['package-lock.json', 'tests/live/package-lock.json']) {
    const lock = readFileSync(join(root, path), 'utf8');
    if (/"resolved": "https?:/.test(lock)) throw new Error(`${path} names a download address`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--fix')) {
    await run('cargo', ['fmt']);
    await run('biome', ['check', '--write', '.']);
  } else {
    await setup({ audit: true });
    for (const [name, { check }] of Object.entries(lintChecks)) {
      try {
        await check();
        console.log(`lint   ok      ${name}`);
      } catch (error) {
        process.exitCode = 1;
        console.log(`lint   FAILED  ${name}: ${error.message}`);
      }
    }
  }
}
