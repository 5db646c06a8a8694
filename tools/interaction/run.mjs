// `npm run eval:interaction` and `npm run train:interaction`: builds the lab, which is Rust alone, and runs
// it. Progress goes to standard error, so that standard output is the lab's own. See docs/interaction.md.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root, versionOf } from '../run.mjs';

const usage = `npm run eval:interaction -- --data <dir> [--plots <dir>] [--leave-one-out] [--dwell] [--json]
npm run eval:interaction -- --score <file> [--dwell]
npm run train:interaction -- --data <dir>`;

const here = join(root, 'tools', 'interaction');
const target = join(root, 'target', 'interaction');
const say = (text) => console.error(`interaction  ${text}`);

/** Runs a program with our standard output, or with standard error in its place. */
function exec(command, args, { stdout = 'inherit', cwd = process.cwd() } = {}) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, CARGO_TARGET_DIR: target };
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', stdout, 'inherit'] });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** What the lab is asked for; undefined if the words make no sense. */
function request([verb, ...words]) {
  const flags = { '--data': true, '--score': true, '--plots': true, '--leave-one-out': false, '--dwell': false, '--json': false };
  const given = {};
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (!(word in flags)) return undefined;
    given[word] = flags[word] ? words[(at += 1)] : true;
    if (given[word] === undefined) return undefined;
  }
  const switches = ['--leave-one-out', '--dwell', '--json'].filter((name) => given[name]);
  if (verb === 'train' && given['--data']) {
    const model = join(root, 'src', 'verifier', 'model');
    return ['train', '--data', given['--data'], '--model', model, '--development', here];
  }
  if (verb === 'eval' && given['--score']) return ['score', given['--score'], ...switches];
  if (verb === 'eval' && given['--data']) {
    const plots = given['--plots'] ?? join(root, 'test-results', 'interaction');
    return ['eval', '--data', given['--data'], '--development', join(here, 'development.json'), '--plots', plots, ...switches];
  }
  return undefined;
}

const asked = request(process.argv.slice(2));
if (!asked) {
  console.error(usage);
  process.exit(2);
}
if (!(await versionOf('cargo'))) {
  console.error("Rust is missing; run:  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh");
  process.exit(1);
}
say('building the lab (half a minute, once)');
const built = await exec('cargo', ['build', '--quiet', '--release', '--locked'], { stdout: 2, cwd: here });
if (built !== 0) process.exit(built);
say(asked[0] === 'train' ? 'training, two to four minutes' : 'judging');
process.exitCode = await exec(join(target, 'release', 'interaction-lab'), asked);
