/**
 * Content of a node:http request: read to verify it, and put back for whoever handles the request. The end of the
 * stream is left unread meanwhile, so that the bytes can stand before it again: to body parsers, proxies, listeners
 * and pipes the request is one that nobody has read.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { nextTick } from 'node:process';
import { PartitionedAuthorityError } from '../shared/errors.js';

/** The content, up to its end. */
export function contentOf(request: IncomingMessage): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => new Unended(request) };
}

const EVENTS = ['readable', 'aborted', 'close', 'error'];

class Unended implements AsyncIterator<Uint8Array> {
  readonly #request: IncomingMessage;
  #begun = false;
  #listening = false;
  #wake: () => void = () => undefined;
  readonly #changed = () => this.#wake();

  constructor(request: IncomingMessage) {
    this.#request = request;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const request = this.#request;
    if (!this.#begun) await this.#begin();
    for (;;) {
      // Exactly what is there: to ask for more at the end is to be told of the end.
      const { readableLength } = request;
      const chunk: unknown = readableLength > 0 ? request.read(readableLength) : null;
      if (chunk !== null) return { done: false, value: chunk as Uint8Array };
      if (request.aborted) throw new Error('the client went away');
      if (hasEnded(request)) return this.return();
      if (request.destroyed || request.socket.destroyed) throw new Error('the connection was closed');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (!this.#listening) this.#listen();
      });
    }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    for (const event of EVENTS) this.#request.off(event, this.#changed);
    this.#socket?.off('close', this.#changed);
    return { done: true, value: undefined };
  }

  #listen(): void {
    for (const event of EVENTS) this.#request.on(event, this.#changed);
    this.#socket?.on('close', this.#changed);
    this.#listening = true;
  }

  /** HTTP/1 tells a request that was answered meanwhile nothing of its connection's end. */
  get #socket(): Socket | undefined {
    return this.#request.httpVersionMajor === 1 ? this.#request.socket : undefined;
  }

  async #begin(): Promise<void> {
    const { readableDidRead, readableFlowing } = this.#request;
    if (isCut(this.#request)) {
      throw new PartitionedAuthorityError(
        'ERR_HEADER_LIMIT',
        'more fields came than are in `headers`: see maxHeadersCount',
      );
    }
    const isRead = readableFlowing === true || this.#request.listenerCount('readable') > 0;
    if (readableDidRead || (isRead && !isEmpty(this.#request))) {
      const why =
        'the content was read before it could be verified: mount handler and require() before any body parser' +
        ' (express.json(), multer, …), and parsers behind require()';
      console.error(`${this.#request.method} ${this.#request.url?.split('?', 1)[0]}: ${why}`);
      throw new PartitionedAuthorityError('ERR_CONFIG_INVALID', why);
    }
    this.#begun = true;
    // Within the event that brought the head, a listener would be told of the end of a request without content.
    await undefined;
  }
}

/** Fields that Node reads by default. */
const MAX_FIELDS = 1_000;

/**
 * Whether a handler finds fewer fields in `headers` than came, and than were verified: Node keeps the text of all, and
 * reads `maxHeadersCount` of them.
 */
function isCut({ httpVersionMajor, rawHeaders, socket }: IncomingMessage): boolean {
  const most = (socket as { server?: Server }).server?.maxHeadersCount ?? MAX_FIELDS;
  return httpVersionMajor === 1 && most > 0 && rawHeaders.length > 2 * most;
}

/** Whether there is none, by HTTP/1's framing. */
const isEmpty = ({ headers, httpVersionMajor }: IncomingMessage) =>
  httpVersionMajor === 1 && headers['content-length'] === undefined && headers['transfer-encoding'] === undefined;

/** Whether all content came, whoever has read it. Node has no other name for it while the end is unread. */
function hasEnded(request: IncomingMessage): boolean {
  return (request as unknown as { _readableState: { ended: boolean } })._readableState.ended;
}

/** Puts the content back that {@link contentOf} read. What nobody has read when the answer is sent is dropped. */
export async function putBack(request: IncomingMessage, response: ServerResponse, content: Uint8Array): Promise<void> {
  // A listener that was taken off counts until the next tick.
  await new Promise<void>((resolve) => nextTick(resolve));
  // Who read it meanwhile has read the end too: it can't be put back, and the attempt would end the process.
  if (content.length > 0 && !request.readableEnded) request.unshift(content);
  response.once('finish', () => {
    if (request.readableFlowing === null) request.resume();
  });
}
