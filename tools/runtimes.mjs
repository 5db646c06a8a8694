// What the SQLite driver is tested with beyond the Node that runs the tests: better-sqlite3 compiled, a Node
// with node:sqlite, and Bun with bun:sqlite. Both runtimes come from npm, into .tools.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { must, root, run, versionOf } from './run.mjs';

const { platform, arch } = process;
const at = (folder, ...path) => join(root, '.tools', folder, 'node_modules', ...path);

const nodePackage = `${platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node'}-${platform}-${arch}`;
const bunArch = { arm64: 'aarch64', x64: 'x64-baseline' }[arch];
const bunPackage = `@oven/bun-${platform}-${bunArch}`;

/** Where each runtime is, and the handle it brings. */
export const runtimes = {
  node24: {
    handle: 'node:sqlite', package: nodePackage, version: '24.9.0', binary: at('node24', nodePackage, 'bin', 'node'),
  },
  bun: { handle: 'bun:sqlite', package: bunPackage, version: '1.4.5', binary: at('bun', bunPackage, 'bin', 'bun') },
};

/** npm, with its output shown only if it fails. */
const npm = (...args) => must('npm', [...args, '--no-audit', '--no-fund'], { capture: true });

async function runtime(name, say) {
  const { package: wanted, version, binary } = runtimes[name];
  if (existsSync(binary) && (await versionOf(binary))?.includes(version)) return;
  say(`fetching ${wanted} ${version} into .tools/${name}`);
  const target = ['--prefix', join(root, '.tools', name), '--no-save', '--no-package-lock'];
  await npm('install', ...target, '--ignore-scripts', `${wanted}@${version}`);
}

/** Packages are installed without their scripts, so the native half is compiled here. */
export async function betterSqlite3(say) {
  const open = ['-e', "new (require('better-sqlite3'))(':memory:')"];
  const works = async () => (await run(process.execPath, open, { capture: true })).code === 0;
  if (await works()) return;
  const missing = [];
  for (const tool of ['python3', 'make', 'g++']) if (!(await versionOf(tool))) missing.push(tool);
  if (missing.length > 0 && process.getuid?.() === 0 && (await versionOf('apt-get'))) {
    say(`installing ${missing.join(', ')} (apt-get)`);
    await must('apt-get', ['update', '-q'], { capture: true });
    await must('apt-get', ['install', '-y', '-q', ...missing], { capture: true });
  } else if (missing.length > 0) {
    throw new Error(`better-sqlite3 can't be compiled; run:  sudo apt-get install -y ${missing.join(' ')}`);
  }
  say('compiling better-sqlite3 (a minute or two, once)');
  await npm('rebuild', 'better-sqlite3', '--build-from-source', '--ignore-scripts=false');
  if (!(await works())) throw new Error('better-sqlite3 was compiled and does not work; remove its build folder');
}

/** Every handle the SQLite driver works with. Idempotent. */
export async function sqliteHandles(say) {
  await betterSqlite3(say);
  for (const name of Object.keys(runtimes)) await runtime(name, say);
}
