// What tests need beyond the Node that runs them, in the cache: a Node with node:sqlite and Bun with bun:sqlite (both
// from npm), better-sqlite3 compiled, and the Python library of the interoperability tests.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cached, fillOnce } from './cache.mjs';
import { must, root, run, versionOf } from './run.mjs';

/** What a person has to install. */
export class Missing extends Error {}

const { platform, arch } = process;

const nodePackage = `${platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node'}-${platform}-${arch}`;
const bunArch = { arm64: 'aarch64', x64: 'x64-baseline' }[arch];
const bunPackage = `@oven/bun-${platform}-${bunArch}`;

const from = (name, version, npmPackage, handle, program) => {
  const folder = cached(name, version);
  return {
    handle,
    package: npmPackage,
    version,
    folder,
    binary: join(folder, 'node_modules', npmPackage, 'bin', program),
  };
};

/** Where each runtime is, and the handle it brings. */
export const runtimes = {
  node24: from('node24', '24.9.0', nodePackage, 'node:sqlite', 'node'),
  bun: from('bun', '1.4.5', bunPackage, 'bun:sqlite', 'bun'),
};

/** npm, with its output shown only if it fails. */
const npm = (...args) => must('npm', [...args, '--no-audit', '--no-fund'], { capture: true });

/** Fetches a runtime. Idempotent. */
export async function runtime(name, say) {
  const { package: wanted, version, folder } = runtimes[name];
  await fillOnce(folder, async (draft) => {
    say(`fetching ${wanted} ${version}`);
    await npm(
      'install',
      '--prefix',
      draft,
      '--no-save',
      '--no-package-lock',
      '--ignore-scripts',
      `${wanted}@${version}`,
    );
  });
}

/** Packages are installed without their scripts, so the native half is compiled here, once a version and Node's ABI. */
export async function betterSqlite3(say) {
  const folder = join(root, 'node_modules', 'better-sqlite3');
  const built = join(folder, 'build', 'Release', 'better_sqlite3.node');
  const open = ['-e', "new (require('better-sqlite3'))(':memory:')"];
  const works = async () => (await run(process.execPath, open, { capture: true })).code === 0;
  if (await works()) return;
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const kept = cached('better-sqlite3', `${version}-${platform}-${arch}-${process.versions.modules}`);
  await fillOnce(kept, async (draft) => {
    const tools = await Promise.all(['python3', 'make', 'g++'].map(async (tool) => [tool, await versionOf(tool)]));
    const missing = tools.filter(([, found]) => !found).map(([tool]) => tool);
    if (missing.length > 0 && process.getuid?.() === 0 && (await versionOf('apt-get'))) {
      say(`installing ${missing.join(', ')} (apt-get)`);
      await must('apt-get', ['update', '-q'], { capture: true });
      await must('apt-get', ['install', '-y', '-q', ...missing], { capture: true });
    } else if (missing.length > 0) {
      throw new Missing(`better-sqlite3 can't be compiled; run:  sudo apt-get install -y ${missing.join(' ')}`);
    }
    say('compiling better-sqlite3 (a minute or two, once)');
    await npm('rebuild', 'better-sqlite3', '--build-from-source', '--ignore-scripts=false');
    copyFileSync(built, join(draft, 'better_sqlite3.node'));
  });
  mkdirSync(dirname(built), { recursive: true });
  copyFileSync(join(kept, 'better_sqlite3.node'), built);
  if (!(await works())) throw new Missing(`better-sqlite3 does not work; remove ${kept} and run this again`);
}

const requirements = readFileSync(join(root, 'tests', 'interop', 'requirements.txt'), 'utf8');
const pythonFolder = cached('python', createHash('sha256').update(requirements).digest('hex').slice(0, 12));

/** The Python of the interoperability tests. */
export const pythonBinary = join(pythonFolder, 'bin', 'python');

/** The libraries that the interoperability tests ask, in a virtual environment of the project's own. Idempotent. */
export async function python(say) {
  await fillOnce(pythonFolder, async (draft) => {
    say('installing the Python library of the interoperability tests');
    await must('python3', ['-m', 'venv', '--clear', draft], { capture: true });
    const pip = ['-m', 'pip', '--disable-pip-version-check', '--no-input', 'install', '--quiet'];
    const file = join(root, 'tests', 'interop', 'requirements.txt');
    await must(join(draft, 'bin', 'python'), [...pip, '--requirement', file], { capture: true });
  });
}
