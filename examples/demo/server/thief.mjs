/** Another HTTP client: no browser, no page, only bytes over loopback, and only to the demo's own app port. */
import { request } from 'node:http';

const ANSWER_LIMIT = 64 * 1024;
const TIMEOUT_MS = 10_000;

/** Sends one request and returns what was really sent and really answered. The cookie's secret is masked in `sent`. */
export function send({ origin, method, target, headers, body }) {
  const { host, port } = new URL(origin);
  const started = performance.now();
  const all = { host, ...headers, ...(body?.length && { 'content-length': String(body.length) }) };
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, method, path: target, headers: all, setHost: false, agent: false }, (answer) => {
      const chunks = [];
      let size = 0;
      answer.on('data', (chunk) => {
        size += chunk.length;
        if (size > ANSWER_LIMIT) answer.destroy(new Error('the answer is too long'));
        chunks.push(chunk);
      });
      answer.on('error', reject);
      answer.on('end', () => {
        resolve({
          line: `${method} ${target}`,
          sent: Object.fromEntries(Object.entries(all).map(
            ([name, value]) => [name, name === 'cookie' ? maskCookie(value) : value],
          )),
          status: answer.statusCode,
          headers: answer.headers,
          body: Buffer.concat(chunks),
          ms: performance.now() - started,
        });
      });
    });
    outgoing.setTimeout(TIMEOUT_MS, () => outgoing.destroy(new Error('no answer in time')));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** `__Host-pas=1.tag.secret` → `__Host-pas=1.tag.•••` */
export function maskCookie(header) {
  return header.replace(/=([^;]*)/g, (_, value) => `=${value.slice(0, value.lastIndexOf('.') + 1) || ''}•••`);
}
