// `npm run eval:interaction` and `npm run train:interaction`: builds the lab, which is Rust alone, and runs
// it. Progress goes to standard error, so that standard output is the lab's own. See docs/interaction.md.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { must, root, versionOf } from '../tools/run.mjs';

const usage = `npm run eval:interaction -- --data <dir> [--plots <dir>] [--leave-one-out] [--dwell] [--json]
npm run eval:interaction -- --score <file> [--dwell]
npm run train:interaction -- --data <dir>`;

const here = join(root, 'lab');
const target = join(root, 'target', 'lab');
const say = (text) => console.error(`lab  ${text}`);

/** Runs a program with our standard output. */
function exec(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** What the lab is asked for; undefined if the words make no sense. */
function request([verb, ...words]) {
  const flags = {
    '--data': true,
    '--score': true,
    '--plots': true,
    '--leave-one-out': false,
    '--dwell': false,
    '--json': false,
  };
  const given = {};
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (!(word in flags)) return undefined;
    given[word] = flags[word] ? words[(at += 1)] : true;
    if (given[word] === undefined) return undefined;
  }
  const switches = ['--leave-one-out', '--dwell', '--json'].filter((name) => given[name]);
  if (verb === 'train' && given['--data']) {
    const model = join(root, 'src', 'evidence', 'model');
    return ['train', '--data', given['--data'], '--model', model, '--development', here];
  }
  if (verb === 'eval' && given['--score']) return ['score', given['--score'], ...switches];
  if (verb === 'eval' && given['--data']) {
    const plots = given['--plots'] ?? join(root, 'test-results', 'interaction');
    return [
      'eval',
      '--data',
      given['--data'],
      '--development',
      join(here, 'development.json'),
      '--plots',
      plots,
      ...switches,
    ];
  }
  return undefined;
}

/** Builds the lab: half a minute, once. */
export async function buildLab() {
  await must('cargo', ['build', '--quiet', '--release', '--locked'], {
    cwd: here,
    capture: true,
    env: { ...process.env, CARGO_TARGET_DIR: target },
  });
}

async function main() {
  const asked = request(process.argv.slice(2));
  if (!asked) {
    console.error(usage);
    return 2;
  }
  if (!(await versionOf('cargo'))) {
    console.error("Rust is missing; run:  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh");
    return 1;
  }
  say('building the lab (half a minute, once)');
  await buildLab();
  say(asked[0] === 'train' ? 'training, two to four minutes' : 'judging');
  return exec(join(target, 'release', 'interaction-lab'), asked);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
