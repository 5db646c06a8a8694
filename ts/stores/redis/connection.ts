/**
 * What the driver needs of a Redis client, whichever it is: raw commands, routed by a key or to each primary.
 * TLS, authentication and reconnecting are the client's own.
 */
import { PartitionedAuthorityError } from '../../shared/errors.js';

/** Ends when the operation's time is over: what was not sent by then is not to be sent. */
type Send = (args: string[], signal: AbortSignal) => Promise<unknown>;

export interface Connection {
  /** Sends to the primary that has the key. */
  send(key: string, args: string[], signal: AbortSignal): Promise<unknown>;
  /** Every primary there is. */
  primaries(signal: AbortSignal): Promise<Send[]>;
}

/** node-redis: `createClient`, `createClientPool`. */
export interface NodeRedis {
  readonly isOpen: boolean;
  sendCommand(args: string[], options?: { abortSignal?: AbortSignal }): Promise<unknown>;
}

/** node-redis: `createCluster`. */
export interface NodeRedisCluster {
  readonly masters: readonly object[];
  nodeClient(node: never): unknown;
  sendCommand(
    firstKey: string | undefined,
    isReadonly: boolean,
    args: string[],
    options?: { abortSignal?: AbortSignal },
  ): Promise<unknown>;
}

/** ioredis: `Redis`. */
export interface IoRedis {
  readonly status: string;
  call(command: string, ...args: string[]): Promise<unknown>;
  once(event: 'ready', listener: () => void): unknown;
}

/** ioredis: `Cluster`. */
export interface IoRedisCluster extends IoRedis {
  nodes(role: 'master'): IoRedis[];
}

export type RedisClient = NodeRedis | NodeRedisCluster | IoRedis | IoRedisCluster;

/** Knows a client by its shape: the libraries are not imported. */
export function connection(client: RedisClient): Connection {
  if (typeof client !== 'object' || client === null) throw unknown();
  if ('call' in client && typeof client.call === 'function' && 'status' in client) return ioRedis(client);
  if (!('sendCommand' in client) || typeof client.sendCommand !== 'function') throw unknown();
  if ('masters' in client && typeof client.nodeClient === 'function') return nodeRedisCluster(client);
  if ('isOpen' in client && !('getMasterNode' in client)) return nodeRedis(client);
  throw unknown();
}

function unknown(): PartitionedAuthorityError {
  return new PartitionedAuthorityError(
    'ERR_CONFIG_INVALID',
    'client must be one of node-redis (client, pool or cluster) or ioredis (Redis or Cluster)',
  );
}

function nodeRedis(client: NodeRedis): Connection {
  const send: Send = (args, abortSignal) => client.sendCommand(args, { abortSignal });
  return { send: (_, args, signal) => send(args, signal), primaries: async () => [send] };
}

/** How long a look at the map of slots may take. */
const REFRESH_MS = 2_000;

function nodeRedisCluster(client: NodeRedisCluster): Connection {
  // biome-ignore lint/correctness/noUnusedVariables: `??=` reads it
  let refreshing: Promise<unknown> | undefined;
  /**
   * node-redis looks at the map of slots again when a node answers MOVED, and a primary that is gone answers
   * nothing. So all of them are asked for the key: those that don't have it say who does.
   */
  const refresh = (key: string) => {
    const look = () =>
      client.sendCommand(undefined, false, ['HGET', key, 'm'], { abortSignal: AbortSignal.timeout(REFRESH_MS) });
    refreshing ??= Promise.allSettled(client.masters.map(look)).finally(() => {
      refreshing = undefined;
    });
  };
  return {
    async send(key, args, abortSignal) {
      try {
        return await client.sendCommand(key, false, args, { abortSignal });
      } catch (error) {
        if (!/^(NOSCRIPT|OOM) /.test(String((error as Error).message))) refresh(key);
        throw error;
      }
    },
    primaries: () =>
      Promise.all(
        client.masters.map(async (node) => {
          const primary = (await client.nodeClient(node as never)) as NodeRedis;
          return (args: string[], abortSignal: AbortSignal) => primary.sendCommand(args, { abortSignal });
        }),
      ),
  };
}

function ioRedis(client: IoRedis | IoRedisCluster): Connection {
  const to = (node: IoRedis): Send => {
    const ready = readiness(node);
    return async (args, signal) => {
      await ready(signal);
      const [command = '', ...rest] = args;
      return node.call(command, ...rest);
    };
  };
  const send = to(client);
  const ready = readiness(client);
  return {
    send: (_, args, signal) => send(args, signal),
    async primaries(signal) {
      await ready(signal);
      return 'nodes' in client ? client.nodes('master').map(to) : [send];
    },
  };
}

/**
 * Waits for a connection, as ioredis would, but without its queue: what waits there can't be taken back, and
 * would run long after its caller was refused. A lazy client connects by its first command.
 */
function readiness(client: IoRedis): (signal: AbortSignal) => Promise<void> {
  let connected: Promise<void> | undefined;
  return async (signal) => {
    const waits = () => !['ready', 'wait', 'end'].includes(client.status);
    signal.throwIfAborted();
    if (!waits()) return;
    const over = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    while (waits()) {
      connected ??= new Promise((resolve) => {
        client.once('ready', () => {
          connected = undefined;
          resolve();
        });
      });
      await Promise.race([connected, over]);
    }
  };
}
