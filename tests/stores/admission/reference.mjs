// The rule of admission in Rust, as a program that answers histories.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { environment, must, root } from '../../../tools/run.mjs';

const program = join(environment.CARGO_TARGET_DIR ?? join(root, 'target'), 'debug', 'examples', 'admission');

/** Builds it; `cargo test` does so as well. */
export const buildReference = () =>
  must('cargo', ['build', '--quiet', '--locked', '--example', 'admission'], { cwd: root, capture: true });

/** The answers to each of these histories, in their order. The program has to be built. */
export async function reference(histories) {
  if (!existsSync(program)) throw new Error('the rule is not built: run cargo build --example admission');
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(child, 'close');
  const answers = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => answers.push(JSON.parse(line)));
  for (const history of histories) {
    if (!child.stdin.write(`${JSON.stringify(history)}\n`)) await once(child.stdin, 'drain');
  }
  child.stdin.end();
  const [code] = await exit;
  if (code !== 0 || answers.length !== histories.length)
    throw new Error(`the reference ended with ${code}, after ${answers.length} histories`);
  return answers;
}
