/**
 * `partitioned-authority/adapters/node`: node:http, Express and everything of the same shape.
 *
 * @module
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { PartitionedAuthorityError, codeOf } from '../shared/errors.js';
import type { Authority } from '../verifier/authority.js';
import { type TrustProxy, clientAddress } from '../verifier/client-address.js';
import { parsedContent } from '../verifier/content.js';
import type { Head } from '../verifier/core.js';
import { isKept } from '../verifier/kept-fields.js';
import { known, optionalFunction } from '../verifier/options.js';
import { type Reply, refusal } from '../verifier/reply.js';
import type { Acceptance, Incoming, Route } from '../verifier/verify.js';
import { checkRoute } from '../verifier/verify.js';

/** How long content that was refused is still read, and dropped. */
const LINGER_MS = 5_000;

/** What a handler finds on its request. */
export interface VerifiedRequest extends IncomingMessage {
  authority: Acceptance;
  /** Parsed JSON for a JSON content type, else the bytes; undefined without content. */
  body?: unknown;
}

type Next = (error?: unknown) => void;

/** A request handler of node:http and Express alike. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next?: Next) => void;

export interface NodeAdapter {
  /** Serves `/.pas/*` and `/.well-known/partitioned-authority` at the app origin; calls `next` for the rest. */
  handler: Middleware;
  /** Lets only requests pass that the route accepts. Mount it before any body parser: it hashes the bytes. */
  require(route: Route): Middleware;
  /** The whole signing origin. */
  signing: Middleware;
  /** Makes a server answer heads over Node's own limit with our code in place of an empty 431. */
  attach(server: Server): void;
}

export interface NodeAdapterOptions {
  /**
   * The proxies that are believed when they say whose request it is, for limits. None by default: behind
   * a proxy all clients then share the budget of one.
   */
  trustProxy?: TrustProxy;
  /** In place of `trustProxy`: the client's address by your own rule, for example from a CDN's own field. */
  address?: (request: IncomingMessage) => string | undefined;
}

/**
 * An adapter for one authority.
 *
 * @throws `ERR_CONFIG_INVALID` for options that can't be meant
 */
export function nodeAdapter(authority: Authority, options: NodeAdapterOptions = {}): NodeAdapter {
  const { raw } = authority;
  const address = addressOf(options);
  const incomingOf = (request: IncomingMessage): Incoming => ({
    head: headOf(request),
    body: request.iterator({ destroyOnReturn: false }),
    address: address(request),
    receivedAt: performance.now(),
  });
  return {
    handler(request, response, next) {
      raw.handle(incomingOf(request)).then(
        (reply) => (reply ? send(response, reply) : (next ?? notFound(response))()),
        next ?? failed(response),
      );
    },
    require(route) {
      checkRoute(route);
      return (request, response, next) => {
        // A fault is answered here: a `next` that ignores its argument would run the handler unverified.
        verify(request, response, route).then((accepted) => accepted && next?.(), failed(response));
      };
    },
    signing(request, response, next) {
      raw.signing(request.method ?? 'GET', request.url ?? '/').then((reply) => send(response, reply), next ?? failed(response));
    },
    attach(server) {
      const answers = new WeakMap<object, Set<ServerResponse>>();
      server.on('request', ({ socket }, response) => {
        const open = answers.get(socket) ?? new Set();
        answers.set(socket, open.add(response));
        response.once('close', () => open.delete(response));
      });
      server.on('clientError', (error, socket) => {
        const busy = [...(answers.get(socket) ?? [])].some(({ headersSent }) => headersSent);
        malformedHead(error, socket as Socket, busy);
      });
    },
  };

  async function verify(request: IncomingMessage, response: ServerResponse, route: Route): Promise<boolean> {
    const verified = request as VerifiedRequest;
    if (verified.body !== undefined || request.readableEnded) {
      throw new PartitionedAuthorityError('ERR_CONFIG_INVALID', 'a body parser ran first; mount require() before it');
    }
    const outcome = await raw.verify(incomingOf(request), route);
    if (!outcome.ok) {
      send(response, outcome.reply);
      return false;
    }
    for (const [name, value] of outcome.headers) response.setHeader(name, value);
    // Defined, not assigned: an HTTP/2 request has a getter of this name.
    Object.defineProperty(verified, 'authority', { value: outcome, configurable: true, enumerable: true });
    try {
      verified.body = parsedContent(request.headers['content-type'], outcome.body);
    } catch {
      send(response, refusal('ERR_JSON_INVALID', 'the content is not JSON').reply);
      return false;
    }
    if (outcome.consent) narrow(request);
    return true;
  }
}

function addressOf(options: NodeAdapterOptions): (request: IncomingMessage) => string | undefined {
  known('adapter options', options, ['address', 'trustProxy']);
  optionalFunction('address', options.address);
  const find = clientAddress(options.trustProxy);
  if (options.address === undefined) return ({ socket, rawHeaders }) => find(socket.remoteAddress, rawHeaders);
  if (options.trustProxy) throw new PartitionedAuthorityError('ERR_CONFIG_INVALID', 'give address or trustProxy, not both');
  return options.address;
}

/** Takes from a request what was neither signed nor is harmless: no handler is to act by it. */
function narrow(request: IncomingMessage): void {
  const { headers, headersDistinct, rawHeaders } = request;
  const kept = <T extends object>(fields: T) => Object.fromEntries(Object.entries(fields).filter(([name]) => isKept(name)));
  const own: Record<string, unknown> = {
    headers: kept(headers),
    headersDistinct: kept(headersDistinct ?? {}),
    rawHeaders: rawHeaders.filter((_, index) => isKept(rawHeaders[index - (index % 2)] ?? '')),
    trailers: {}, trailersDistinct: {}, rawTrailers: [],
  };
  // Defined, not assigned: an HTTP/2 request has getters of these names.
  for (const [name, value] of Object.entries(own)) Object.defineProperty(request, name, { value, configurable: true, enumerable: true });
}

function headOf(request: IncomingMessage): Head {
  const { method = '', rawHeaders, url = '' } = request;
  return {
    method,
    // Express rewrites `url` below a mounted router; the target that was signed is the original.
    target: (request as { originalUrl?: string }).originalUrl ?? url,
    fields: rawHeaders.join('\n'),
    count: rawHeaders.length / 2,
  };
}

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  response.statusCode = status;
  for (const [name, value] of headers) {
    if (name === 'set-cookie') response.appendHeader(name, value);
    else response.setHeader(name, value);
  }
  const { req: request } = response;
  if (request.complete || request.httpVersionMajor > 1) response.end(body ?? undefined);
  else linger(request, response, body ?? '');
}

/**
 * Answers before the content has come. To close with content unread resets the connection, and the answer
 * may be lost on its way: so what still comes is dropped for a while. The connection carries no further
 * request.
 */
function linger(request: IncomingMessage, response: ServerResponse, body: string): void {
  response.setHeader('connection', 'close');
  if (response.statusCode !== 204) response.setHeader('content-length', Buffer.byteLength(body));
  response.flushHeaders();
  if (body !== '') response.write(body);
  const timer = setTimeout(() => response.end(), LINGER_MS);
  request.once('close', () => {
    clearTimeout(timer);
    response.end();
  });
  request.resume();
}

const notFound = (response: ServerResponse) => () => send(response, refusal('ERR_NOT_FOUND', 'no route').reply);

const failed = (response: ServerResponse) => (error: unknown) => {
  console.error(error);
  const code = codeOf(error) ?? 'ERR_CONFIG_INVALID';
  if (response.headersSent) response.destroy();
  else send(response, refusal(code, String(error)).reply);
};

/** Answers a head that Node could not parse, unless an answer is on its way, which must not be cut into. */
function malformedHead(error: NodeJS.ErrnoException, socket: Socket, busy: boolean): void {
  if (busy || !socket.writable || error.code === 'ECONNRESET' || error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    socket.destroy();
    return;
  }
  const { reply } = refusal(error.code === 'HPE_HEADER_OVERFLOW' ? 'ERR_HEADER_LIMIT' : 'ERR_SIG_MALFORMED', error.message);
  const headers = [...reply.headers, ['content-length', String(reply.body?.length ?? 0)], ['connection', 'close']];
  const reason = reply.status === 431 ? 'Request Header Fields Too Large' : 'Bad Request';
  socket.end(
    `HTTP/1.1 ${reply.status} ${reason}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${reply.body ?? ''}`,
  );
}
