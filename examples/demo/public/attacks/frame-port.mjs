/** Speaking to the signing frame without the client library, as any script in this page can. */
import { signOrigin } from '../app/session.mjs';
import { fromFrame, show } from './outcome.mjs';
import { now } from './time.mjs';

const WAIT_MS = 2000;

export const signingFrame = () => document.querySelector('iframe[data-partitioned-authority]');

/** One more port to the frame, for the account of `page`. `ask` resolves with the reply, or undefined after a wait. */
export function openPort({ account }, greeting = { pas: 'connect' }) {
  const { port1, port2 } = new MessageChannel();
  const waiting = new Map();
  port1.onmessage = ({ data }) => waiting.get(data?.id)?.(data);
  signingFrame().contentWindow.postMessage(greeting, signOrigin, [port2]);

  return {
    /** `message` gets an id and the account unless it brings them. */
    ask(message, transfer = []) {
      const id = message?.id ?? crypto.randomUUID();
      const whole = message !== null && typeof message === 'object' ? { id, account, ...message } : message;
      const reply = new Promise((resolve) => {
        waiting.set(id, resolve);
        setTimeout(resolve, WAIT_MS);
      });
      port1.postMessage(whole, transfer);
      return reply.finally(() => waiting.delete(id));
    },
    close: () => port1.close(),
  };
}

/** Asks, and reads the reply as the outcome of a step. */
export async function askFrame(port, message, line) {
  const started = now();
  const reply = await port.ask(message);
  return fromFrame({
    line: line ?? `port message ${show(message)?.replace(/\s+/g, ' ')}`,
    sent: message,
    reply,
    ms: now() - started,
  });
}

/** The frame would not sign. As a step of an attack, this is a refusal. */
export class FrameRefusal extends Error {
  constructor(reply, line) {
    super(reply?.code ?? 'No answer from the frame.');
    this.name = 'FrameRefusal';
    this.outcome = fromFrame({ line, reply, ms: 0 });
  }
}

/**
 * Asks for a signature over a port. Returns the request's parts with the headers that the frame gave.
 *
 * @throws {FrameRefusal}
 */
export async function signOverPort(port, { method, target, body, contentType, ...rest }) {
  const url = new URL(target, location.href).href;
  const bytes = body === undefined ? undefined : new TextEncoder().encode(body).buffer;
  const reply = await port.ask({
    type: 'sign',
    method,
    url,
    ...(contentType && { contentType }),
    ...(bytes && { body: bytes }),
    ...rest,
  });
  if (!reply?.ok) throw new FrameRefusal(reply, `port message sign ${method} ${target}`);
  return { method, target, body, headers: { ...(contentType && { 'content-type': contentType }), ...reply.headers } };
}
