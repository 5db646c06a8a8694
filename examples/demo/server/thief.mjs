/** Another HTTP client: no browser, no page, only bytes over loopback, and only to the demo's own ports. */
import { request } from 'node:http';

const ANSWER_LIMIT = 64 * 1024;
const TIMEOUT_MS = 10_000;

/** Sends one request and returns what was really sent and really answered. The cookie's secret is masked in `sent`. */
export function send({ origin, method, target, headers, body }) {
  const { host, port } = new URL(origin);
  const started = performance.now();
  const all = { host, ...headers, ...(body?.length && { 'content-length': String(body.length) }) };
  return new Promise((resolve, reject) => {
    const to = { host: '127.0.0.1', port, method, path: target, headers: all, setHost: false, agent: false };
    const outgoing = request(to, (answer) => {
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
          sent: { ...all, ...(all.cookie && { cookie: maskCookie(all.cookie) }) },
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
function maskCookie(header) {
  return header.replace(/=([^;]*)/g, (_, value) => `=${value.slice(0, value.lastIndexOf('.') + 1)}•••`);
}
