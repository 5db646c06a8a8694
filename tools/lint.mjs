// Formatting, lints, and what must not be committed. Every feature is linted alone: an artefact must
// not lean on another's code.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { audits } from './audit.mjs';
import { must, root, run } from './run.mjs';
import { setup } from './setup.mjs';

const clippy = (...args) => ['cargo', ['clippy', '--quiet', '--locked', ...args, '--', '-D', 'warnings']];
const alone = (feature) =>
  clippy('--target', 'wasm32-unknown-unknown', '--no-default-features', '--features', feature);

const checks = {
  'rustfmt': ['cargo', ['fmt', '--check']],
  'clippy, everything': clippy('--all-targets'),
  'clippy, tracker alone': alone('tracker'),
  'clippy, iframe alone': alone('iframe'),
  'clippy, consent alone': alone('consent'),
  'clippy, verifier alone': alone('verifier'),
  'lock files name no registry host': lockFiles,
  ...audits,
};

async function lockFiles() {
  for (const path of ['package-lock.json', 'tests/live/package-lock.json']) {
    const lock = readFileSync(join(root, path), 'utf8');
    if (/"resolved": "https?:/.test(lock)) throw new Error(`${path} names a download address`);
  }
}

/** Runs every check; resolves with the numbers of those that passed and failed. */
export async function lint() {
  const counts = { passed: 0, failed: 0 };
  for (const [name, check] of Object.entries(checks)) {
    try {
      if (typeof check === 'function') await check();
      else await must(...check);
      counts.passed += 1;
      console.log(`lint   ok      ${name}`);
    } catch (error) {
      counts.failed += 1;
      console.log(`lint   FAILED  ${name}: ${error.message}`);
    }
  }
  return counts;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--fix')) await run('cargo', ['fmt']);
  else {
    await setup({ audit: true });
    const { failed } = await lint();
    process.exitCode = failed > 0 ? 1 : 0;
  }
}
