/**
 * What happened to one step, read from what really came back: an HTTP answer, an answer of the frame, or
 * an exception of the browser. Nothing here knows what was expected.
 *
 * An outcome is `{ verdict: 'refused' | 'accepted' | 'error', code, line, status?, ms, sent?, received? }`.
 */

import { now } from './time.mjs';

/** From an HTTP answer. Refused means the authority said so by a code; any other failure is an error of the attack. */
export function fromAnswer({ line, sent, status, body, ms }) {
  const problem = status >= 400 ? parse(body) : undefined;
  const code = typeof problem?.code === 'string' ? problem.code : '';
  const refused = status < 500 && code.startsWith('ERR_');
  const verdict = status >= 200 && status < 300 ? 'accepted' : refused ? 'refused' : 'error';
  return { verdict, code, line, status, ms, sent, received: body };
}

/** From a message of the frame: `{ ok }`, or nothing within the time-out. */
export function fromFrame({ line, sent, reply, ms }) {
  if (!reply) return { verdict: 'refused', code: 'NO_ANSWER', line, ms, sent, received: 'No answer from the frame.' };
  const verdict = reply.ok ? 'accepted' : 'refused';
  return { verdict, code: reply.code ?? '', line, ms, sent, received: show(reply) };
}

/** From an attempt inside the page. It is refused if it throws, and accepted if it returns something usable. */
export async function fromAttempt(line, attempt) {
  const started = now();
  try {
    const found = await attempt();
    const ms = now() - started;
    return found === undefined || found === null
      ? { verdict: 'refused', code: 'NOTHING_THERE', line, ms, received: String(found) }
      : { verdict: 'accepted', code: '', line, ms, received: show(found) };
  } catch (error) {
    return {
      verdict: 'refused',
      code: error.code && typeof error.code === 'string' ? error.code : error.name,
      line,
      ms: now() - started,
      received: error.message,
    };
  }
}

export function show(value) {
  const isBytes = (part) => part instanceof ArrayBuffer || ArrayBuffer.isView(part);
  return JSON.stringify(value, (_, part) => (isBytes(part) ? `${part.byteLength} bytes` : part), 2);
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
