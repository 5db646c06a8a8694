// Checks every tool the project needs, installs what it can, and says what it can't. Idempotent: a
// second run only checks.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { must, root, toolsBin, versionOf } from './run.mjs';

const cargoTools = { 'wasm-pack': '0.15.0', 'wasm-bindgen': '0.2.130' };
const crates = { 'wasm-bindgen': 'wasm-bindgen-cli' };

const say = (text) => console.log(`setup  ${text}`);

class Missing extends Error {}

function node() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Missing(`Node ${process.versions.node} is too old; install Node 20.19 or later`);
  }
}

async function packages() {
  const stamp = join(root, 'node_modules', '.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(lock).mtimeMs) return;
  say('installing npm packages (npm ci)');
  await must('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
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

/** Everything a build needs; with `tests`, a browser too. */
export async function setup({ tests = false } = {}) {
  try {
    node();
    await packages();
    await rust();
    for (const [name, version] of Object.entries(cargoTools)) await cargoTool(name, version);
    if (tests) await browser();
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    console.error(`setup  ${error.message}`);
    process.exit(1);
  }
}
