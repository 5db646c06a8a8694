/** Signed requests to our own server, with JSON in and out. */
import { words } from './words.mjs';

/** A request that the server answered with a problem (RFC 9457). */
export class Refused extends Error {
  constructor({ code, title, status }) {
    super(code?.startsWith('ERR_') ? `${words(code, title)} (${code})` : (title ?? 'The server refused the request.'));
    this.code = code;
    this.status = status;
  }
}

/** Fetches signed and returns the parsed answer. Throws `Refused` for a problem, or if the server can't be reached. */
export async function fetchJson(pas, url, init) {
  return parse(await reach(pas.fetch(url, init)));
}

/** Waits for an answer; `fetch` throws a TypeError where there is none, and an error with a code before it sends. */
export async function reach(answer) {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof TypeError) throw new Refused({ code: 'ERR_SERVER_UNREACHABLE' });
    throw error.code ? new Refused({ code: error.code, title: error.message }) : error;
  }
}

export async function parse(response) {
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused({ ...answer, status: response.status });
  return answer;
}

export function jsonBody(value, method = 'POST') {
  return { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
