/** Requests taken apart, changed, and sent; from this page by `fetch`, or from elsewhere by the lab. */
import { fromAnswer } from './outcome.mjs';
import { now } from './time.mjs';

/** The parts of a signed request. `headers` are the ones that a sender sets. */
export async function parts(request) {
  const { pathname, search } = new URL(request.url);
  const body = await request.clone().arrayBuffer();
  return {
    method: request.method,
    target: pathname + search,
    headers: Object.fromEntries(request.headers),
    body: body.byteLength > 0 ? new TextDecoder().decode(body) : undefined,
  };
}

/** Signs and takes apart. */
export async function signParts(pas, target, init) {
  return parts(await pas.sign(target, init));
}

/** Sends from this page, with this browser's cookies. */
export async function send({ method, target, headers, body }) {
  const started = now();
  const response = await fetch(target, { method, headers, body, cache: 'no-store', redirect: 'error' });
  const ms = now() - started;
  return fromAnswer({
    line: `${method} ${target}`,
    sent: headers,
    status: response.status,
    body: await response.text(),
    ms,
  });
}

/** The answer to a `pas.fetch`, in the same form. */
export async function sendHonest(pas, target, init = {}) {
  const started = now();
  const response = await pas.fetch(target, init);
  const ms = now() - started;
  return fromAnswer({
    line: `${init.method ?? 'GET'} ${target}`,
    sent: {},
    status: response.status,
    body: await response.text(),
    ms,
  });
}

/** Sends from outside the browser. See the lab's own file for `cookie` and `key`. */
export async function sendFromElsewhere(request) {
  return fromAnswer(await askLab('/lab/send', request));
}

/** Asks one of the lab's own endpoints. */
export async function askLab(path, value) {
  const init =
    value === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
  const response = await fetch(path, { ...init, cache: 'no-store' });
  const answer = await response.json();
  if (!response.ok) throw new Error(`The lab itself failed: ${answer.title ?? response.status}`);
  return answer;
}

/** SHA-256 `Content-Digest` of a text (RFC 9530). */
export async function contentDigest(text) {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return `sha-256=:${btoa(String.fromCharCode(...new Uint8Array(hash)))}:`;
}

export const json = (value, method = 'POST') => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});
