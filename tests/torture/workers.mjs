// Server processes on one store, and a browser whose requests go to any of them.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Answer, Frame } from '../node/kit/signer.mjs';

export const origins = { appOrigin: 'http://app.pas.localhost', signOrigin: 'http://sign.pas.localhost' };
export const secret = new Uint8Array(32).fill(9);

/** One process. `storeModule` is a URL of a module with `open(config)`. */
export class Worker {
  #calls = new Map();
  #next = 0;

  constructor(storeModule, config) {
    const file = fileURLToPath(new URL('./worker.mjs', import.meta.url));
    this.child = fork(file, [String(storeModule), JSON.stringify(config)], { serialization: 'advanced' });
    this.ready = new Promise((resolve, reject) => {
      this.child.on('message', ({ ready, id, value, error }) => {
        if (ready) return resolve(this);
        const call = this.#calls.get(id);
        this.#calls.delete(id);
        if (error === undefined) call.resolve(value);
        else call.reject(new Error(error));
      });
      this.child.on('exit', (code, signal) => {
        const gone = new Error(`the worker is gone: ${code ?? signal}`);
        reject(gone);
        for (const call of this.#calls.values()) call.reject(gone);
        this.#calls.clear();
      });
    });
  }

  call(name, argument) {
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#calls.set(id, { resolve, reject });
      this.child.send({ id, name, argument }, (error) => error && reject(error));
    });
  }

  /** Ends it without a chance to tidy up. */
  async kill() {
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }

  async close() {
    const exit = once(this.child, 'exit');
    await this.call('close');
    await exit;
  }
}

export const startWorkers = (count, storeModule, config) =>
  Promise.all(Array.from({ length: count }, () => new Worker(storeModule, config).ready));

/** A browser whose control requests go to one worker after the other. */
export function frameOn(workers) {
  let turn = 0;
  const transport = async (request) => {
    const { status, fields, body } = await workers[turn++ % workers.length].call('control', request);
    return new Answer(status, fields, Buffer.from(body));
  };
  return new Frame({ ...origins, transport, now: Date.now });
}

/** Logs in and enrols. */
export async function enrol(frame, worker, user) {
  frame.keep([await worker.call('begin', user)]);
  const answer = await frame.enrol();
  if (answer.status !== 200) throw new Error(`enrolment: ${answer.status} ${answer.text}`);
  return frame;
}

/** How often each value occurs. */
export function tally(values) {
  const counts = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** `requests` in turn to each of `count` hands. */
export const deal = (requests, count) =>
  Array.from({ length: count }, (_, hand) => requests.filter((_request, index) => index % count === hand));
