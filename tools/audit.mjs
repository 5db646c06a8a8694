// `npm run audit`: what the project depends on, held to a few rules, without a network. Known
// vulnerabilities are in databases that only a network reaches: `npm run audit -- --advisories` asks them,
// and fails where it can't.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { must, root } from './run.mjs';
import { setup } from './setup.mjs';

const json = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

/** Permissive licences, which ask nothing of a user but a notice. Those of crates are in deny.toml. */
const LICENCES = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'Zlib']);

/** Folders with packages: the project, and the drivers of the live capture, which need many and nothing else needs. */
const FOLDERS = ['.', 'tests/live'];

/** Others that ask more, of those who change the package: tests use these, nothing of them is published. */
const TESTED_WITH = new Map([['axe-core', 'MPL-2.0']]);

/** Packages that run a program when they are installed. `npm ci` is told not to run any. */
const INSTALL_SCRIPTS = new Set(['better-sqlite3', 'esbuild']);

/** Packages that are there in two versions. */
const DOUBLED = new Set(['cluster-key-slot', 'tslib']);

/** An SPDX expression of one kind of operator; anything more involved is refused, not guessed at. */
function isPermitted(expression) {
  if (/ OR /.test(expression) && / AND /.test(expression)) return false;
  const permitted = expression
    .replace(/[()]/g, '')
    .split(/ OR | AND /)
    .map((name) => LICENCES.has(name));
  return / AND /.test(expression) ? permitted.every(Boolean) : permitted.some(Boolean);
}

function none(problems) {
  if (problems.length > 0) throw new Error(problems.join('; '));
}

async function crates() {
  // A build downloads what its platform needs; this asks about all platforms. What is there needs no network.
  await must('cargo', ['fetch', '--quiet', '--locked'], { capture: true });
  await must('cargo-deny', ['--offline', '--locked', 'check', 'licenses', 'bans', 'sources'], { capture: true });
}

async function cratePins() {
  const args = ['metadata', '--offline', '--locked', '--no-deps', '--format-version', '1'];
  const metadata = await must('cargo', args, { capture: true });
  const { dependencies } = JSON.parse(metadata.slice(metadata.indexOf('{"packages"'))).packages[0];
  const loose = dependencies.filter(({ req, source }) => !/^=\d/.test(req) || !source?.startsWith('registry+'));
  none(loose.map(({ name, req, source }) => `${name} ${req} of ${source ?? 'a path'} is not one release`));
}

/** Every package of the lock file: its name, its place and what npm noted of it. */
function locked(folder) {
  const { packages } = json(join(folder, 'package-lock.json'));
  return Object.entries(packages)
    .filter(([place]) => place !== '')
    .map(([place, found]) => ({ name: place.split('node_modules/').at(-1), place, ...found }));
}

function npmPins() {
  const all = FOLDERS.flatMap((folder) => {
    const { dependencies = {}, devDependencies = {} } = json(join(folder, 'package.json'));
    return Object.entries({ ...dependencies, ...devDependencies });
  });
  const loose = all.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
  none(loose.map(([name, version]) => `${name} ${version} is not one release`));
}

function npmLock() {
  none(FOLDERS.flatMap(lockProblems));
}

function lockProblems(folder) {
  const packages = locked(folder);
  const names = packages.map(({ name }) => name);
  return packages.flatMap(({ name, version, license, integrity, link, hasInstallScript, resolved }) => [
    ...(isPermitted(license ?? '') || TESTED_WITH.get(name) === license
      ? []
      : [`${name}: the licence ${license} is not in the list`]),
    ...(integrity?.startsWith('sha512-') && !link && !resolved ? [] : [`${name}: no hash or another source`]),
    ...(hasInstallScript && !INSTALL_SCRIPTS.has(name) ? [`${name} runs a script when it is installed`] : []),
    ...(names.indexOf(name) === names.lastIndexOf(name) || DOUBLED.has(name) ? [] : [`${name} is there twice`]),
  ]);
}

/** Clients of stores, which the app has anyway, and the WebAuthn library, for those who use passkeys: peers, and optional. */
function published() {
  const { peerDependencies = {}, peerDependenciesMeta = {}, ...manifest } = json('pkg-template/package.json');
  const members = Object.keys(manifest).filter((member) => /dependencies$|^scripts$/i.test(member));
  const needed = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  none([...members, ...needed].map((member) => `the published package has ${member}`));
}

/** What holds without a network. */
export const audits = {
  'crates: licences, versions, sources (deny.toml)': crates,
  'crates: one exact release each': cratePins,
  'npm: one exact release each': npmPins,
  'npm: licences, hashes, install scripts, versions': npmLock,
  'npm: the published package needs nothing and runs nothing': published,
};

/** What does not. */
const advisories = {
  'crates: known vulnerabilities (RustSec)': () => must('cargo-deny', ['--locked', 'check', 'advisories']),
  'npm: known vulnerabilities': async () => {
    for (const folder of FOLDERS) await must('npm', ['audit', '--package-lock-only'], { cwd: join(root, folder) });
  },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setup({ audit: true });
  const online = process.argv.includes('--advisories');
  for (const [name, check] of Object.entries({ ...audits, ...(online ? advisories : {}) })) {
    try {
      await check();
      console.log(`audit  ok      ${name}`);
    } catch (error) {
      process.exitCode = 1;
      console.log(`audit  FAILED  ${name}: ${error.message}`);
    }
  }
  if (!online) console.log('audit  not asked: databases of known vulnerabilities (npm run audit -- --advisories)');
}
