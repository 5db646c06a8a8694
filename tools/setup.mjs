// Checks every tool the project needs, installs what it can, and says what it can't. Idempotent: a
// second run only checks.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, root, run, toolsBin, versionOf } from './run.mjs';
import { betterSqlite3, sqliteHandles } from './runtimes.mjs';
import { webkitInstalled } from '../tests/webkit/installed.mjs';

const cargoTools = { 'wasm-pack': '0.15.0', 'wasm-bindgen': '0.2.130' };
const auditTools = { 'cargo-deny': '0.20.2' };
const fuzzTools = { 'cargo-fuzz': '0.13.2' };
const crates = { 'wasm-bindgen': 'wasm-bindgen-cli' };

const firefoxBinary = '/usr/bin/firefox-esr';

const say = (text) => console.log(`setup  ${text}`);

class Missing extends Error {}

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
  await must('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', join(root, folder)], { cwd: join(root, folder) });
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

async function cargoTool(name, version) {
  const found = await versionOf(join(toolsBin, name));
  if (found?.includes(version)) return;
  const crate = crates[name] ?? name;
  say(`building ${crate} ${version} into .tools (a few minutes, once)`);
  const args = ['install', '--root', join(root, '.tools'), '--force', `${crate}@${version}`];
  try {
    await must('cargo', [...args, '--locked']);
  } catch {
    // A lock file may name releases that a lagging registry mirror has not got yet.
    await must('cargo', args);
  }
}

/** The browser and its driver, as webdriver.json names it. */
async function browser() {
  const { binary } = JSON.parse(readFileSync(join(root, 'webdriver.json'), 'utf8'))['goog:chromeOptions'];
  if (existsSync(binary) && (await versionOf('chromedriver'))) return;
  if (process.getuid?.() === 0 && (await versionOf('apt-get'))) {
    say('installing chromium and chromium-driver (apt-get)');
    await must('apt-get', ['update', '-q'], { capture: true });
    await must('apt-get', ['install', '-y', '-q', 'chromium', 'chromium-driver'], { capture: true });
    return;
  }
  throw new Missing('Chromium is missing; run:  sudo apt-get install -y chromium chromium-driver');
}

/** The other engines. Not every distribution has a WebKit that can be driven: its tests are skipped then. */
async function otherBrowsers() {
  const installs = process.getuid?.() === 0 && (await versionOf('apt-get'));
  const install = async (...names) => {
    say(`installing ${names.join(', ')} (apt-get)`);
    await must('apt-get', ['update', '-q'], { capture: true });
    return run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...names], { capture: true });
  };
  if (!existsSync(firefoxBinary)) {
    if (installs) await install('firefox-esr');
    if (!existsSync(firefoxBinary)) throw new Missing('Firefox ESR is missing; run:  sudo apt-get install -y firefox-esr');
  }
  const webkit = ['webkit2gtk-driver', 'xvfb'];
  if (!webkitInstalled() && installs) await install(...webkit);
  if (!webkitInstalled()) {
    say(`WebKitGTK is missing, its tests are skipped; to have them run:  sudo apt-get install -y ${webkit.join(' ')}`);
  }
}

/** What the tests behind proxies need. Not every distribution has Caddy: its tests are skipped then. */
async function proxies() {
  for (const [name, argument] of [['nginx', '-v'], ['openssl', 'version'], ['caddy', 'version']]) {
    // /usr/sbin is on the path of root only.
    const found = async () => (await versionOf(name, [argument])) ?? (await versionOf(`/usr/sbin/${name}`, [argument]));
    if (await found()) continue;
    if (process.getuid?.() === 0 && (await versionOf('apt-get'))) {
      say(`installing ${name} (apt-get)`);
      await must('apt-get', ['update', '-q'], { capture: true });
      await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', name], { capture: true });
      if (await found()) continue;
    }
    const command = `sudo apt-get install -y ${name}`;
    if (name !== 'caddy') throw new Missing(`${name} is missing; run:  ${command}`);
    say(`Caddy is missing, its tests are skipped; to have them run:  ${command}`);
  }
}

/** The Python library that the interoperability tests ask, in a virtual environment of the project's own. */
async function python() {
  const venv = join(root, '.tools', 'python');
  const requirements = join(root, 'tests', 'interop', 'requirements.txt');
  const wanted = readFileSync(requirements, 'utf8');
  const stamp = join(venv, 'installed.txt');
  const current = existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
  if (current && (await versionOf(join(venv, 'bin', 'python')))) return;
  const usable = () => versionOf('python3', ['-c', 'import sys, venv, ensurepip; print(sys.version_info >= (3, 10))']);
  if (!(await usable()) && process.getuid?.() === 0 && (await versionOf('apt-get'))) {
    say('installing python3 and python3-venv (apt-get)');
    await must('apt-get', ['update', '-q'], { capture: true });
    await must('apt-get', ['install', '-y', '-q', 'python3', 'python3-venv'], { capture: true });
  }
  const found = await usable();
  if (!found) throw new Missing('Python is missing; run:  sudo apt-get install -y python3 python3-venv');
  if (found !== 'True') throw new Missing('Python is too old; install Python 3.10 or later');
  say('installing the Python library of the interoperability tests into .tools/python');
  await must('python3', ['-m', 'venv', '--clear', venv], { capture: true });
  const pip = ['-m', 'pip', '--disable-pip-version-check', '--no-input', 'install', '--quiet'];
  await must(join(venv, 'bin', 'python'), [...pip, '--requirement', requirements], { capture: true });
  // Written last: an installation that was cut short starts anew.
  writeFileSync(stamp, wanted);
}

/** The server that the Redis store is tested with. Cluster tests need ADDSLOTSRANGE, of 7.0. */
async function redis() {
  const found = async () => Number(/v=(\d+)\./.exec((await versionOf('redis-server')) ?? '')?.[1] ?? 0);
  if ((await found()) >= 7) return;
  if ((await found()) === 0 && process.getuid?.() === 0 && (await versionOf('apt-get'))) {
    say('installing redis-server (apt-get)');
    await must('apt-get', ['update', '-q'], { capture: true });
    await must('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'redis-server'], { capture: true });
    if ((await found()) >= 7) return;
  }
  throw new Missing('Redis 7.0 or later is missing; run:  sudo apt-get install -y redis-server');
}

/** An SQLite for the demo, with `all` everyone that the SQLite store is tested with. */
async function sqlite(all) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const builtIn = major > 22 || (major === 22 && minor >= 13);
  try {
    if (all) await sqliteHandles(say);
    else if (!builtIn) await betterSqlite3(say);
  } catch (error) {
    throw new Missing(error.message);
  }
}

/** Everything a build needs; with `tests`, all that tests ask; with `demo`, `audit` and `fuzz`, what those ask. */
export async function setup({ tests = false, demo = tests, audit = tests, fuzz = tests } = {}) {
  try {
    node();
    await packages();
    await rust();
    const tools = { ...cargoTools, ...(audit ? auditTools : {}), ...(fuzz ? fuzzTools : {}) };
    for (const [name, version] of Object.entries(tools)) await cargoTool(name, version);
    if (tests) await browser();
    if (tests) await packages('tests/live');
    if (tests) await otherBrowsers();
    if (tests) await python();
    if (demo) await sqlite(tests);
    if (tests) await redis();
    if (tests) await proxies();
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    console.error(`setup  ${error.message}`);
    process.exit(1);
  }
}
