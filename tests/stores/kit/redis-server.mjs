// Real Redis servers on free loopback ports, each in a folder of its own. Whoever starts one ends it, by its pid.
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const HOST = '127.0.0.1';

/** Whether nobody listens on a port. */
async function isFree(port) {
  const probe = createServer();
  try {
    await new Promise((resolve, reject) => probe.once('error', reject).listen(port, HOST, resolve));
  } catch {
    return false;
  }
  await new Promise((resolve) => probe.close(resolve));
  return true;
}

/**
 * A port that nobody had a moment ago, nor the one 10,000 higher, where a Cluster node talks to its peers. Both
 * lie below what systems give to connections and to listeners that name no port (from 32,768 on): a server
 * that is killed finds its port free when it starts again.
 */
async function freePort() {
  for (;;) {
    const port = randomInt(12_000, 22_000);
    if ((await isFree(port)) && (await isFree(port + 10_000))) return port;
  }
}

/** One command on a connection of its own; an answer of one line, number or bulk, or an array of those, as text. */
export function ask(port, ...args) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, HOST);
    let seen = '';
    socket.setEncoding('utf8').on('error', reject);
    socket.on('close', () => reject(new Error(`${args[0]}: the connection closed`)));
    socket.on('data', (chunk) => {
      seen += chunk;
      const answer = complete(seen);
      if (answer === undefined) return;
      socket.removeAllListeners('close');
      socket.destroy();
      if (answer instanceof Error) reject(answer);
      else resolve(answer);
    });
    const parts = args.map((arg) => `$${Buffer.byteLength(String(arg))}\r\n${arg}\r\n`);
    socket.write(`*${args.length}\r\n${parts.join('')}`);
  });
}

/** The value of a whole reply; undefined while more is to come. */
function complete(text) {
  const parse = (at) => {
    const end = text.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const [type, line, next] = [text[at], text.slice(at + 1, end), end + 2];
    if (type === '-') return { value: new Error(line), next };
    if (type === '+' || type === ':') return { value: line, next };
    if (type === '$') {
      // In these tests lengths are compared only to see that everything is there: replies are ASCII.
      const length = Number(line);
      if (length < 0) return { value: null, next };
      const after = next + length;
      return text.length < after + 2 ? undefined : { value: text.slice(next, after), next: after + 2 };
    }
    const items = [];
    let place = next;
    for (let left = Number(line); left > 0; left -= 1) {
      const item = parse(place);
      if (!item) return undefined;
      items.push(item.value);
      place = item.next;
    }
    return { value: items, next: place };
  };
  return parse(0)?.value;
}

/** What a test that breaks off would leave behind. */
const running = new Set();
const folders = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

export class RedisServer {
  #args;
  folder = mkdtempSync(join(tmpdir(), 'pas-redis-'));
  #child;

  constructor(port, args) {
    this.port = port;
    this.#args = args;
    folders.add(this.folder);
  }

  get url() {
    return `redis://${HOST}:${this.port}`;
  }

  get pid() {
    return this.#child.pid;
  }

  /** Starts the process, or starts it again on what it left on disk. Resolves when it answers. */
  async start() {
    const args = ['--port', this.port, '--bind', HOST, '--dir', this.folder, '--daemonize', 'no', ...this.#args];
    const child = spawn('redis-server', args.map(String), { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    let log = '';
    child.stdout.setEncoding('utf8');
    child.stderr.resume();
    await new Promise((resolve, reject) => {
      const ready = (chunk) => {
        log += chunk;
        if (!log.includes('Ready to accept connections')) return;
        child.stdout.off('data', ready);
        child.stdout.resume();
        resolve();
      };
      child.stdout.on('data', ready);
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}\n${log}`)));
    });
    return this;
  }

  /** Ends the process by a signal; resolves when it has ended. What it wrote stays. */
  async kill(signal = 'SIGKILL') {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exit;
  }

  /** Freezes the process: connections stay, answers don't come. */
  pause() {
    this.#child.kill('SIGSTOP');
  }

  resume() {
    this.#child.kill('SIGCONT');
  }

  ask(...args) {
    return ask(this.port, ...args);
  }

  /** Asks until the answer is as wanted. */
  async until(wanted, ...args) {
    for (;;) {
      const answer = await this.ask(...args).catch((error) => error.message);
      if (wanted(String(answer))) return answer;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends the process and forgets what it wrote. */
  async dispose() {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
    folders.delete(this.folder);
  }
}

const IN_MEMORY = ['--save', '', '--appendonly', 'no'];

/** Settings for what a server keeps when it is killed. */
export const keeps = {
  nothing: IN_MEMORY,
  everything: ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always'],
};

/** A server that answers. It keeps nothing on disk unless its settings say so. */
export async function redisServer(args = keeps.nothing) {
  for (let attempt = 1; ; attempt += 1) {
    const server = new RedisServer(await freePort(), args);
    try {
      return await server.start();
    } catch (error) {
      // Another test took the port in between.
      await server.dispose();
      if (attempt === 5 || !/address already in use/i.test(error.message)) throw error;
    }
  }
}

const linked = (replica) => replica.until((text) => text.includes('master_link_status:up'), 'INFO', 'replication');

/** Makes a server a replica; resolves when it has all of its primary. */
export async function follow(replica, primary) {
  await replica.ask('REPLICAOF', HOST, primary.port);
  await linked(replica);
}

/** Until a replica has what its primary has now. */
export async function caughtUp(replica, primary) {
  const [, written] = /master_repl_offset:(\d+)/.exec(await primary.ask('INFO', 'replication'));
  const has = (text) => Number(/slave_repl_offset:(\d+)/.exec(text)?.[1]) >= Number(written);
  await replica.until(has, 'INFO', 'replication');
}

/** From now on the replica gets nothing, until it is resumed. */
export async function cutOff(replica, primary) {
  replica.pause();
  await primary.ask('CLIENT', 'KILL', 'TYPE', 'replica');
  await primary.until((text) => text.includes('connected_slaves:0'), 'INFO', 'replication');
}

/** A Cluster of so many primaries, and so many replicas of each. */
export async function redisCluster({ primaries = 3, replicas = 0, args = keeps.nothing } = {}) {
  const settings = [...args, '--cluster-enabled', 'yes', '--cluster-node-timeout', '1000'];
  const servers = [];
  for (let at = 0; at < primaries * (1 + replicas); at += 1) {
    servers.push(await redisServer(settings));
  }
  const masters = servers.slice(0, primaries);
  const share = Math.ceil(16_384 / primaries);
  for (const [at, server] of masters.entries()) {
    await server.ask('CLUSTER', 'ADDSLOTSRANGE', at * share, Math.min(16_384, (at + 1) * share) - 1);
    await server.ask('CLUSTER', 'SET-CONFIG-EPOCH', at + 1);
  }
  for (const server of servers.slice(1)) await server.ask('CLUSTER', 'MEET', HOST, masters[0].port);
  const known = (text) => text.trim().split('\n').length === servers.length && !text.includes('handshake');
  for (const server of servers) await server.until(known, 'CLUSTER', 'NODES');
  for (const [at, server] of servers.slice(primaries).entries()) {
    const master = masters[at % primaries];
    await server.ask('CLUSTER', 'REPLICATE', await master.ask('CLUSTER', 'MYID'));
    await linked(server);
  }
  for (const server of servers) await server.until((text) => text.includes('cluster_state:ok'), 'CLUSTER', 'INFO');
  const dispose = () => Promise.all(servers.map((server) => server.dispose()));
  return { masters, replicas: servers.slice(primaries), dispose };
}
