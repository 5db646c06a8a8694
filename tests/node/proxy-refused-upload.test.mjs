// An upload that is refused before it is complete. A proxy that meets a reset connection answers 502 in
// place of the refusal, so the rest is read, for a while.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { accepted, refused } from './kit/expect.mjs';
import { parse, startSite } from './kit/site.mjs';

/** More than both ends of a connection hold by themselves. */
const LARGE = 16 * 1024 * 1024;
const head = (length, more = '') =>
  `POST /api/x HTTP/1.1\r\nHost: app.pas.localhost\r\n${more}Content-Length: ${length}\r\n\r\n`;

/** Writes all of the content before it reads; rejects if it could not be written. */
async function upload(port, start, content) {
  const socket = connect(port, '127.0.0.1');
  const failed = once(socket, 'error').then(([error]) => Promise.reject(error));
  socket.write(start);
  await Promise.race([new Promise((resolve) => socket.write(content, resolve)), failed]);
  const chunks = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await Promise.race([once(socket, 'end'), failed]);
  return parse(Buffer.concat(chunks));
}

test('a stranger who writes before reading gets the answer', async (t) => {
  const site = await startSite(t);
  const answer = await refused(upload(site.port, head(LARGE), Buffer.alloc(LARGE)), 'ERR_SESSION_MISSING');
  assert.equal(answer.get('connection'), 'close');
  assert.equal(answer.get('content-length'), String(answer.body.length));
});

test('content over the limit, read in part', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const body = Buffer.alloc(LARGE);
  frame.transport = ({ fields }) => {
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
    return upload(site.port, head(LARGE, lines.join('')), body);
  };
  const large = { method: 'POST', target: '/api/x', type: 'text/plain', body };
  await refused(frame.fetch(large), 'ERR_BODY_LIMIT');
  frame.transport = site.http;
  await accepted(frame.fetch({ ...large, body: body.subarray(0, 1 << 20) }));
});

test('a control route and the signing origin', async (t) => {
  const site = await startSite(t);
  const hello = (fields) =>
    upload(site.port, head(LARGE, fields).replace('/api/x', '/.pas/hello'), Buffer.alloc(LARGE));
  await refused(hello(`Origin: ${site.signOrigin}\r\nContent-Type: application/json\r\n`), 'ERR_BODY_LIMIT');
  await refused(hello(''), 'ERR_ORIGIN_REFUSED');
  site.app.post('/page', site.pas.signing);
  const answer = await upload(site.port, head(LARGE).replace('/api/x', '/page'), Buffer.alloc(LARGE));
  assert.deepEqual([answer.status, answer.get('content-length')], [405, '0']);
});

test('who stalls after the refusal is let go', async (t) => {
  const site = await startSite(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const socket = connect(site.port, '127.0.0.1');
  socket.write(head(LARGE) + 'x');
  const [chunk] = await once(socket, 'data');
  await refused(parse(chunk), 'ERR_SESSION_MISSING');
  let ended = false;
  socket.on('end', () => (ended = true));
  t.mock.timers.tick(4_999);
  await accepted((await site.enrolled()).fetch());
  assert.equal(ended, false);
  t.mock.timers.tick(1);
  await once(socket, 'end');
});

test('an upload that is cut off after the refusal leaves nothing behind', async (t) => {
  const site = await startSite(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const closed = new Promise((resolve) => site.server.once('connection', (socket) => socket.once('close', resolve)));
  const socket = connect(site.port, '127.0.0.1');
  socket.write(head(LARGE) + 'x');
  await once(socket, 'data');
  socket.destroy();
  await closed;
  await accepted((await site.enrolled()).fetch());
});
