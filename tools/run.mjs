// Running other programs, with their output shown and their failure ours.
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toolPath } from './versions.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** The environment in which our own tools are found first. */
export const environment = {
  ...process.env,
  PATH: [...toolPath, join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
};

/** Runs a program; resolves with its exit code and, if captured, its output: silently, or as it comes ('tee'). */
export function run(command, args, { capture = false, cwd = root, env = environment } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ['ignore', capture ? 'pipe' : 'inherit', capture ? 'pipe' : 'inherit'],
    });
    let output = '';
    const collect = (chunk) => {
      output += chunk;
      if (capture === 'tee') process.stdout.write(chunk);
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
    const error = new Error(`${command} ${args.join(' ')} ended with ${result.code}`);
    // What it printed says why.
    if (options?.capture && options.capture !== 'tee') error.message += `\n${result.output}`;
    throw error;
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
