// A server that runs in the foreground until the test ends.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

/** A port of the loopback address that was free a moment ago. */
export const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/**
 * Starts a program; resolves with it when it says that it serves. Rejects with all it wrote if it ends
 * before. `log()` is what it wrote so far.
 */
export function startProcess(command, args, { ready, env = {} }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    let output = '';
    const ended = new Promise((done) => child.once('close', done));
    // A test run that breaks off leaves no server behind.
    const kill = () => child.kill();
    process.once('exit', kill);
    ended.then(() => process.off('exit', kill));
    const read = (chunk) => {
      output += chunk;
      if (ready.test(output)) {
        resolve({
          log: () => output,
          async stop(signal = 'SIGTERM') {
            child.kill(signal);
            await ended;
          },
        });
      }
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('error', reject);
    ended.then((code) => reject(new Error(`${command} ended with ${code}\n${output}`)));
  });
}

/** Starts on fresh ports; once more where another program took one in between. */
export async function onFreePorts(count, start) {
  for (let attempt = 1; ; attempt += 1) {
    const ports = [];
    for (let i = 0; i < count; i += 1) ports.push(await freePort());
    try {
      return await start(...ports);
    } catch (error) {
      if (attempt === 5 || !/address already in use/i.test(error.message)) throw error;
    }
  }
}

/** A config with every replacement made; each must be found, so that none is lost when the text changes. */
export function rewritten(text, replacements) {
  return replacements.reduce((config, [from, to]) => {
    if (!config.includes(from)) throw new Error(`the config has no ${from}`);
    return config.replaceAll(from, to);
  }, text);
}
