// Checks every tool the project needs, installs what it can, and says what it can't. Idempotent: a
// second run only checks. What does not wait for another runs beside it.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { webkitInstalled } from '../tests/webkit/kit/installed.mjs';
import { cache, fillOnce } from './cache.mjs';
import { must, root, run, versionOf } from './run.mjs';
import { betterSqlite3, Missing, python, runtime, runtimes } from './runtimes.mjs';
import { cargoTools, toolFolder } from './versions.mjs';

const say = (text) => console.log(`setup  ${text}`);

function node() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Missing(`Node ${process.versions.node} is too old; install Node 20.19 or later`);
  }
}

/** Of the whole project, or of one folder that has packages of its own. */
async function packages(folder = '.') {
  const stamp = join(root, folder, 'node_modules', '.package-lock.json');
  const lock = join(root, folder, 'package-lock.json');
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(lock).mtimeMs) return;
  say(`installing npm packages (npm ci${folder === '.' ? '' : ` in ${folder}`})`);
  await must('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', join(root, folder)], {
    cwd: join(root, folder),
    capture: true,
  });
}

async function rust() {
  if (!(await versionOf('cargo')) || !(await versionOf('rustup'))) {
    throw new Missing("Rust is missing; run:  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh");
  }
  // rust-toolchain.toml names the channel; with it rustup knows which toolchain this folder uses.
  const targets = await must('rustup', ['target', 'list', '--installed'], { capture: true });
  if (!targets.includes('wasm32-unknown-unknown')) {
    say('adding the wasm32-unknown-unknown target');
    await must('rustup', ['target', 'add', 'wasm32-unknown-unknown']);
  }
}

/**
 * Builds a tool into a folder of the cache. All share one target folder, without optimisation: what most of them
 * do, waiting for rustc and a browser, is no faster with it, and building them takes a quarter of the time.
 */
async function cargoTool(name) {
  const { crate, version } = cargoTools[name];
  await fillOnce(toolFolder(name), async (draft) => {
    say(`building ${crate} ${version} (a minute or two, once)`);
    const started = performance.now();
    const env = { ...process.env, CARGO_TARGET_DIR: join(cache, 'target'), CARGO_PROFILE_DEV_DEBUG: '0' };
    const args = ['install', '--quiet', '--debug', '--root', draft, `${crate}@${version}`];
    // A lock file may name releases that a lagging registry mirror has not got yet.
    const { code } = await run('cargo', [...args, '--locked'], { cwd: cache, env, capture: true });
    if (code !== 0) await must('cargo', args, { cwd: cache, env, capture: true });
    say(`built ${crate} ${version} in ${Math.round((performance.now() - started) / 1000)} s`);
  });
}

/** What Debian has: the package, and whether it is there. Without an optional one its tests are skipped. */
const debian = () => {
  const { binary } = JSON.parse(readFileSync(join(root, 'webdriver.json'), 'utf8'))['goog:chromeOptions'];
  // /usr/sbin is on the path of root only.
  const program =
    (name, argument = '--version') =>
    async () =>
      Boolean((await versionOf(name, [argument])) ?? (await versionOf(`/usr/sbin/${name}`, [argument])));
  const redisMajor = async () => Number(/v=(\d+)\./.exec((await versionOf('redis-server')) ?? '')?.[1] ?? 0);
  const python310 = async () =>
    (await versionOf('python3', ['-c', 'import sys, venv, ensurepip; print(sys.version_info >= (3, 10))'])) === 'True';
  return [
    { names: ['chromium'], there: () => existsSync(binary) },
    { names: ['chromium-driver'], there: program('chromedriver') },
    { names: ['firefox-esr'], there: () => existsSync('/usr/bin/firefox-esr') },
    { names: ['webkit2gtk-driver', 'xvfb'], there: webkitInstalled, optional: 'WebKitGTK' },
    // Cluster tests need ADDSLOTSRANGE, of 7.0.
    { names: ['redis-server'], there: async () => (await redisMajor()) >= 7, least: '7.0' },
    { names: ['nginx'], there: program('nginx', '-v') },
    { names: ['openssl'], there: program('openssl', 'version') },
    { names: ['caddy'], there: program('caddy', 'version'), optional: 'Caddy' },
    { names: ['python3', 'python3-venv'], there: python310, least: '3.10' },
    { names: ['make', 'g++'], there: async () => (await program('make')()) && (await program('g++')()) },
  ];
};

/** One call of apt-get for all that is missing; each by itself where that fails. */
async function systemPackages() {
  const missing = async () => {
    const found = await Promise.all(debian().map(async (entry) => ({ ...entry, here: await entry.there() })));
    return found.filter(({ here }) => !here);
  };
  let left = await missing();
  if (left.length > 0 && process.getuid?.() === 0 && (await versionOf('apt-get'))) {
    const install = (names) =>
      run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...names], { capture: true });
    const names = left.flatMap((entry) => entry.names);
    say(`installing ${names.join(', ')} (apt-get)`);
    await run('apt-get', ['update', '-q'], { capture: true });
    if ((await install(names)).code !== 0) for (const entry of left) await install(entry.names);
    left = await missing();
  }
  for (const { names, optional } of left.filter((entry) => entry.optional)) {
    say(`${optional} is missing, its tests are skipped; to have them run:  sudo apt-get install -y ${names.join(' ')}`);
  }
  const [first] = left.filter((entry) => !entry.optional);
  if (first) {
    const which = first.least ? `${first.names[0]} ${first.least} or later` : first.names[0];
    const all = left.filter((entry) => !entry.optional).flatMap((entry) => entry.names);
    throw new Missing(`${which} is missing; run:  sudo apt-get install -y ${all.join(' ')}`);
  }
}

/** An SQLite for the demo where Node brings none. */
async function demoSqlite() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (!(major > 22 || (major === 22 && minor >= 13))) await betterSqlite3(say);
}

/** Everything a build needs; with `tests`, all that tests ask; with `demo`, `audit` and `fuzz`, what those ask. */
export async function setup({ tests = false, demo = tests, audit = tests, fuzz = tests } = {}) {
  const wanted = { build: true, audit, fuzz };
  const tools = async () => {
    await rust();
    for (const [name, tool] of Object.entries(cargoTools)) if (wanted[tool.for]) await cargoTool(name);
  };
  const others = async () => {
    await Promise.all([packages(), tests && packages('tests/live'), tests && systemPackages()]);
    if (tests) await python(say);
    if (demo) await (tests ? betterSqlite3(say) : demoSqlite());
    if (tests) for (const name of Object.keys(runtimes)) await runtime(name, say);
  };
  try {
    node();
    await Promise.all([tools(), others()]);
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    console.error(`setup  ${error.message}`);
    process.exit(1);
  }
}
