// Running other programs, with their output shown and their failure ours.
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const toolsBin = join(root, '.tools', 'bin');

/** The environment in which our own tools are found first. */
export const environment = {
  ...process.env,
  PATH: [toolsBin, join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
};

/**
 * Runs a program; resolves with its exit code and, if captured, its output: silently, as it comes ('tee'), or line by
 * line with a name before each, for programs that run beside others.
 */
export function run(command, args, { capture = false, name, cwd = root, env = environment } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ['ignore', capture ? 'pipe' : 'inherit', capture ? 'pipe' : 'inherit'],
    });
    let output = '';
    let shown = 0;
    const collect = (chunk) => {
      output += chunk;
      if (capture === 'tee') process.stdout.write(chunk);
      if (!name) return;
      const end = output.lastIndexOf('\n') + 1;
      process.stdout.write(output.slice(shown, end).replaceAll(/^(?=.|\n)/gm, name));
      shown = end;
    };
    child.stdout?.setEncoding('utf8').on('data', collect);
    child.stderr?.setEncoding('utf8').on('data', collect);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Runs a program that must succeed. */
export async function must(command, args, options) {
  const result = await run(command, args, options);
  if (result.code !== 0) {
    if (options?.capture && options.capture !== 'tee') process.stderr.write(result.output);
    throw new Error(`${command} ${args.join(' ')} ended with ${result.code}`);
  }
  return result.output;
}

/** Whether a program can be started, and what it prints of its version. */
export async function versionOf(command, args = ['--version']) {
  try {
    const { code, output } = await run(command, args, { capture: true });
    return code === 0 ? output.trim() : undefined;
  } catch {
    return undefined;
  }
}
