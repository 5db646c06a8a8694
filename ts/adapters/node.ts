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
import type { Head } from '../verifier/border.js';
import { isKept } from '../verifier/kept-fields.js';
import { known, optionalFunction } from '../verifier/options.js';
import { type Reply, refusal } from '../verifier/reply.js';
import type { Acceptance, Incoming, Route } from '../verifier/verify.js';
import { checkRoute } from '../verifier/verify.js';
import { contentOf, putBack } from './node-content.js';

/** How long content that was refused is still read, and dropped. */
const LINGER_MS = 5_000;

/** What a handler finds on its request. */
export interface VerifiedRequest extends IncomingMessage {
  authority: Acceptance;
  /**
   * Parsed JSON for a JSON content type, else the bytes; undefined without content. The request itself can be read as
   * one that nobody has read, by body parsers, proxies and pipes: they get the verified bytes.
   */
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
  const incomingOf = (request: IncomingMessage, response: ServerResponse): Incoming => ({
    head: headOf(request),
    body: contentOf(request),
    address: address(request),
    receivedAt: performance.now(),
    parsesJson: true,
    isAnswered: () => response.headersSent,
  });
  return {
    handler: guarded(async (request, response, next) => {
      const reply = await raw.handle(incomingOf(request, response));
      if (reply) send(response, reply);
      else if (next) await next();
      else send(response, refusal('ERR_NOT_FOUND', 'no route').reply);
    }),
    require(route) {
      checkRoute(route);
      return guarded(async (request, response, next) => {
        if (await verify(request, response, route)) await next?.();
      });
    },
    signing: guarded(async ({ method = 'GET', url = '/' }, response) => send(response, await raw.signing(method, url))),
    attach(server) {
      const answers = new WeakMap<object, Set<ServerResponse>>();
      server.on('request', ({ socket }, response) => {
        const open = answers.get(socket) ?? new Set();
        answers.set(socket, open.add(response));
        response.once('close', () => open.delete(response));
      });
      server.on('clientError', (error, socket) => {
        const busy = [...(answers.get(socket) ?? [])].some(({ headersSent }) => headersSent);
        try {
          malformedHead(error, socket as Socket, busy);
        } catch {
          socket.destroy();
        }
      });
    },
  };

  async function verify(request: IncomingMessage, response: ServerResponse, route: Route): Promise<boolean> {
    const verified = request as VerifiedRequest;
    const outcome = await raw.verify(incomingOf(request, response), route);
    if (!outcome.ok) {
      send(response, outcome.reply);
      return false;
    }
    for (const [name, value] of outcome.headers) response.setHeader(name, value);
    // Defined, not assigned: an HTTP/2 request has a getter of this name.
    Object.defineProperty(verified, 'authority', { value: outcome, configurable: true, enumerable: true });
    verified.body = outcome.parsed;
    if (outcome.consent) narrow(request);
    await putBack(request, response, outcome.body);
    return true;
  }
}

/**
 * A middleware whose faults end in an answer, or at least in the end of this connection. They are answered here, not
 * by `next`: one that ignores its argument would run the handler unverified.
 */
function guarded(
  serve: (request: IncomingMessage, response: ServerResponse, next?: Next) => Promise<void>,
): Middleware {
  return (request, response, next) => {
    serve(request, response, next).catch((error: unknown) => {
      console.error(error);
      try {
        send(response, refusal(codeOf(error) ?? 'ERR_CONFIG_INVALID', String(error)).reply);
      } catch {
        response.destroy();
      }
    });
  };
}

function addressOf(options: NodeAdapterOptions): (request: IncomingMessage) => string | undefined {
  known('adapter options', options, ['address', 'trustProxy']);
  optionalFunction('address', options.address);
  const find = clientAddress(options.trustProxy);
  if (options.address === undefined) return ({ socket, rawHeaders }) => find(socket.remoteAddress, rawHeaders);
  if (options.trustProxy)
    throw new PartitionedAuthorityError('ERR_CONFIG_INVALID', 'give address or trustProxy, not both');
  return options.address;
}

/** Takes from a request what was neither signed nor is harmless: no handler is to act by it. */
function narrow(request: IncomingMessage): void {
  const { headers, headersDistinct, rawHeaders } = request;
  const kept = <T extends object>(fields: T) =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => isKept(name)));
  const own: Record<string, unknown> = {
    headers: kept(headers),
    headersDistinct: kept(headersDistinct ?? {}),
    rawHeaders: rawHeaders.filter((_, index) => isKept(rawHeaders[index - (index % 2)] ?? '')),
    trailers: {},
    trailersDistinct: {},
    rawTrailers: [],
  };
  // Defined, not assigned: an HTTP/2 request has getters of these names.
  for (const [name, value] of Object.entries(own))
    Object.defineProperty(request, name, { value, configurable: true, enumerable: true });
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
  if (response.headersSent) {
    // Somebody answered meanwhile: the app's own time-out, say. An answer that is whole is left alone.
    if (!response.writableEnded) response.destroy();
    return;
  }
  response.statusCode = status;
  for (const [name, value] of headers) {
    if (name === 'set-cookie') response.appendHeader(name, value);
    else response.setHeader(name, value);
  }
  const { req: request } = response;
  if (request.complete || request.httpVersionMajor > 1) {
    response.end(body ?? undefined);
    // Its end may be unread, which would be kept with it.
    if (request.complete) request.resume();
  } else linger(request, response, body ?? '');
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

/** Answers a head that Node could not parse, unless an answer is on its way, which must not be cut into. */
function malformedHead(error: NodeJS.ErrnoException, socket: Socket, busy: boolean): void {
  if (busy || !socket.writable || error.code === 'ECONNRESET' || error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    socket.destroy();
    return;
  }
  const { reply } = refusal(
    error.code === 'HPE_HEADER_OVERFLOW' ? 'ERR_HEADER_LIMIT' : 'ERR_SIG_MALFORMED',
    error.message,
  );
  const headers = [...reply.headers, ['content-length', String(reply.body?.length ?? 0)], ['connection', 'close']];
  const reason = reply.status === 431 ? 'Request Header Fields Too Large' : 'Bad Request';
  socket.end(
    `HTTP/1.1 ${reply.status} ${reason}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${reply.body ?? ''}`,
  );
}
