// What must hold behind any proxy that is set up as documented. Every refusal has an accepted twin.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { clientAddress } from 'partitioned-authority/verifier';
import { accepted, refused } from '../../node/kit/expect.mjs';
import { newKey } from '../../node/kit/signer.mjs';
import { exchange, wire } from '../../node/kit/site.mjs';
import { dial, http1 } from './client.mjs';
import { appOrigin, signOrigin, startStack } from './site.mjs';

const HOUR = 3_600_000;
/** Ends a test that waits for what a wrongly set up proxy never sends, ms. */
const PATIENCE = 180_000;
/** A request that was signed too long ago. */
const minuteAgo = (frame) => ({ created: Math.floor(frame.now() / 1000) - 60 });
const UPLOAD = { method: 'POST', target: '/upload', type: 'application/octet-stream' };
const KINDS = ['HTTP/1.1', 'HTTP/2'];

/** Targets that every proxy passes on as they came. */
export const TARGETS = [
  '/a',
  '/a?',
  '/?',
  '//a',
  '/a//b',
  '///',
  '/a/',
  '/a/../b',
  '/a/./b',
  '/.',
  '/a/..',
  '/%2F',
  '/a%2Fb%2f',
  '/%2e',
  '/a/%2E%2e/b',
  '/a%41',
  '/%7Ea',
  '/~a',
  '/%25',
  '/%3F',
  '/a;b=c',
  '/a:b',
  '/:a',
  "/a'()*!,$&=+@",
  '/a[b]',
  '/a?a=1&a=2',
  '/a?a=1&b=2&a=3',
  '/a?a=+b%20c',
  '/a?b=%2B%26',
  '/a?x;y',
  '/a?a?b',
  '/a?%',
  '/a?&&',
  '/a?=',
  '/a?/../b',
  '/a?a|b^"<>`{}\\',
  `/${'x'.repeat(6000)}`,
  `/a?${'y'.repeat(12_000)}`,
];

/** Signed for the first, sent as the second. */
const OTHERS = [
  ['//a', '/a'],
  ['/a//b', '/a/b'],
  ['/a/../b', '/b'],
  ['/a/./b', '/a/b'],
  ['/a%2Fb', '/a/b'],
  ['/a%41', '/aA'],
  ['/%7Ea', '/~a'],
  ['/a%2fb', '/a%2Fb'],
  ['/a?a=1&a=2', '/a?a=2&a=1'],
  ['/a?a=+b', '/a?a=%20b'],
  ['/a?x', '/a'],
  ['/a', '/a?x'],
  ['/a/', '/a'],
  ['/A', '/a'],
];

/**
 * Runs the suite. `start` starts the proxy; `targets` are what this one treats in its own way:
 * `refused` it refuses itself, `changed` it writes anew.
 */
export function behaves(start, { certificate, targets }) {
  const stack = (t, options = {}) => startStack(t, { proxy: start, certificate, ...options });

  for (const kind of KINDS) {
    test(`${kind}: the life of a session`, async (t) => {
      const site = await stack(t);
      const frame = await site.enrolled(site.transports[kind]());
      const body = '{"amount":1}';
      const post = { method: 'POST', target: '/api/x', type: 'application/json', body };
      assert.equal((await accepted(frame.fetch(post))).json.body, body);
      await refused(frame.fetch(post, { body: '{"amount":2}' }), 'ERR_DIGEST_MISMATCH');
      await refused(frame.fetch(post, { target: '/api/y' }), 'ERR_SIG_INVALID');
      await refused(frame.plain({ target: '/api/x' }), 'ERR_SIG_MISSING');
      const act = { method: 'POST', target: '/api/act', type: 'text/plain', body: 'x' };
      const proof = await frame.proof({ ...act, action: 'act' });
      assert.equal((await accepted(frame.fetch({ ...act, proof }))).json.tier, 'interactive');
      await refused(frame.fetch(act), 'ERR_TIER_REQUIRED', { tier: 'interactive' });
      await accepted(frame.fetch({ method: 'DELETE', target: '/api/x' }));
      await accepted(frame.plain({ target: '/shell' }));
      const signed = await frame.sign(post);
      await accepted(frame.send(signed));
      await refused(frame.send(signed), 'ERR_NONCE_USED');
      const stale = await refused(frame.fetch(post, minuteAgo(frame)), 'ERR_TIME_STALE');
      assert.match(stale.get('pas-nonce'), /^[\w-]{36}$/, 'what the client needs to go on arrives');
      await accepted(frame.rekey());
      await accepted(frame.fetch(post));
      await accepted(frame.control('logout'));
      await refused(frame.fetch(post), 'ERR_SESSION_MISSING');
    });

    test(`${kind}: a target arrives as it was signed`, async (t) => {
      const site = await stack(t);
      const frame = await site.enrolled(site.transports[kind]());
      for (const target of TARGETS) {
        await t.test(target.slice(0, 60), async () => {
          const answer = await accepted(frame.fetch({ target }));
          assert.equal(answer.json.target, target);
          assert.equal(site.requests.at(-1).target, target);
        });
      }
    });

    test(`${kind}: what the proxy does not take as it is, no handler gets`, async (t) => {
      const site = await stack(t);
      const frame = await site.enrolled(site.transports[kind]());
      for (const target of targets.refused) {
        await t.test(`the proxy refuses ${target}`, async () => {
          site.forget();
          const answer = await frame.fetch({ target }).catch((error) => error);
          assert.ok(answer.status === 400 || answer.code === 'ERR_HTTP2_STREAM_ERROR', String(answer.status ?? answer));
          assert.deepEqual(site.requests, []);
          await accepted(frame.fetch({ target: '/a' }));
        });
      }
      for (const target of targets.changed) {
        await t.test(`the proxy changes ${target}`, async () => {
          site.forget();
          await refused(frame.fetch({ target }), 'ERR_SIG_INVALID');
          assert.notEqual(site.requests.at(-1).target, target);
          assert.deepEqual(site.seen, []);
          await accepted(frame.fetch({ target: encodeURI(target) }));
        });
      }
    });

    test(`${kind}: another target than the signed one`, async (t) => {
      const site = await stack(t);
      const frame = await site.enrolled(site.transports[kind]());
      for (const [target, sent] of OTHERS) {
        await refused(frame.fetch({ target }, { target: sent }), 'ERR_SIG_INVALID');
        await accepted(frame.fetch({ target: sent }));
        await accepted(frame.fetch({ target }));
      }
    });

    test(`${kind}: large heads`, async (t) => {
      const site = await stack(t);
      const frame = await site.enrolled(site.transports[kind]());
      const field = (name, length) => [name, 'x'.repeat(length)];
      await accepted(frame.fetch({ fields: [field('X-A', 12_000)] }));
      await accepted(frame.fetch({ fields: [field('X-A', 6_000), field('X-B', 6_000)] }));
      const three = ['X-A', 'X-B', 'X-C'].map((name) => field(name, 6_000));
      await refused(frame.fetch({ fields: three }), 'ERR_HEADER_LIMIT');
      await accepted(frame.plain({ target: '/shell', cookies: `a=${'x'.repeat(11_000)}; ${frame.cookies}` }));
      await accepted(frame.fetch({ target: `/a?${'y'.repeat(6_000)}`, fields: [field('X-A', 6_000)] }));
    });

    test(`${kind}: content`, async (t) => {
      const site = await stack(t);
      const frame = await site.enrolled(site.transports[kind]());
      const post = (bytes) => ({ ...UPLOAD, body: randomBytes(bytes) });
      for (const bytes of [1, 1_000, 100_000, 1_048_576]) {
        assert.equal((await accepted(frame.fetch(post(bytes)))).json.length, bytes);
      }
      const large = post(500_000);
      const last = Buffer.from(large.body);
      last[last.length - 1] ^= 1;
      await refused(frame.fetch(large, { body: last }), 'ERR_DIGEST_MISMATCH');
      // The refusal comes while the content is still on its way, and must not get lost.
      for (let i = 0; i < 3; i += 1) {
        await refused(frame.fetch(post(1_048_577)), 'ERR_BODY_LIMIT');
        await refused(frame.plain({ ...post(1_000_000), cookies: '' }), 'ERR_SESSION_MISSING');
        await refused(frame.fetch(post(1_000_000), minuteAgo(frame)), 'ERR_TIME_STALE');
      }
      await accepted(frame.fetch(post(1_000_000)));
      await accepted(frame.fetch({ method: 'POST', target: '/upload' }));
    });

    test(`${kind}: encoded content is passed on as it is, and refused`, async (t) => {
      const site = await stack(t);
      const frame = await site.enrolled(site.transports[kind]());
      const post = { method: 'POST', target: '/api/x', type: 'text/plain', body: gzipSync('x'.repeat(1000)) };
      const encoded = await frame.fetch({ ...post, fields: [['Content-Encoding', 'gzip']] });
      await refused(encoded, 'ERR_BODY_ENCODING');
      assert.equal(Buffer.from((await accepted(frame.fetch(post))).json.body, 'latin1').equals(post.body), true);
    });

    test(`${kind}: a ticket is good for one request`, async (t) => {
      const site = await stack(t);
      const frame = await site.enrolled(site.transports[kind]());
      for (const url of ['/api/file', '/api/file?a=1&a=2', '/api/file?x=%2F+']) {
        const { url: target } = (await accepted(frame.control('ticket', { url }))).json;
        await accepted(frame.plain({ target }));
        await refused(frame.plain({ target }), 'ERR_TICKET_INVALID');
      }
      const { url: target } = (await accepted(frame.control('ticket', { url: '/api/file?x=%2F' }))).json;
      await refused(frame.plain({ target: target.replace('%2F', '/') }), 'ERR_TICKET_INVALID');
    });

    test(`${kind}: limits count the client, whatever it says`, async (t) => {
      const limits = { refusals: { limit: 3, windowMs: HOUR }, control: { limit: 100, windowMs: HOUR } };
      const site = await stack(t, { limits });
      const [one, two] = ['127.0.0.2', '127.0.0.3'].map((from) => site.transports[kind](from));
      const [alice, bob] = [await site.enrolled(one, 'alice'), await site.enrolled(two, 'bob')];
      const stranger = (fields) => refused(site.frame(one).plain({ target: '/api/x', fields }), 'ERR_SESSION_MISSING');
      await stranger([['X-Forwarded-For', '192.0.2.1']]);
      await stranger([
        ['X-Forwarded-For', '127.0.0.3'],
        ['X-Real-IP', '127.0.0.3'],
      ]);
      await stranger([
        ['Forwarded', 'for=127.0.0.3'],
        ['X-Forwarded-For', '127.0.0.1'],
      ]);
      const lies = [
        [],
        [['X-Forwarded-For', '192.0.2.2']],
        [['X-Forwarded-For', '192.0.2.3, 127.0.0.1']],
        [['X-Forwarded-For', 'unknown']],
        [['X-Forwarded-For', '"']],
        [['X-Forwarded-For', '']],
        [
          ['X-Forwarded-For', '192.0.2.4'],
          ['X-Forwarded-For', '192.0.2.5'],
        ],
        [['Forwarded', 'for=192.0.2.6']],
        [['Forwarded', 'for="']],
        [['X-Forwarded-For', ',,,']],
        [
          ['Connection', 'X-Forwarded-For'],
          ['X-Forwarded-For', '192.0.2.7'],
        ],
        [['X_Forwarded_For', '192.0.2.8']],
        [
          ['CF-Connecting-IP', '192.0.2.9'],
          ['True-Client-IP', '192.0.2.9'],
        ],
      ];
      for (const fields of lies) {
        // HTTP/2 has no Connection field.
        if (kind === 'HTTP/2' && fields.some(([name]) => name === 'Connection')) continue;
        await t.test(JSON.stringify(fields), async () => {
          await refused(alice.fetch({ fields }), 'ERR_RATE_LIMITED');
          await accepted(bob.fetch({ fields }));
        });
      }
    });
  }

  test('control requests are limited by the same address', async (t) => {
    const site = await stack(t, { limits: { control: { limit: 6, windowMs: HOUR } } });
    const [one, two] = ['127.0.0.2', '127.0.0.3'].map((from) => site.frame(site.transports['HTTP/1.1'](from)));
    for (let i = 0; i < 6; i += 1) await accepted(one.hello({ cookies: '' }));
    const answer = await refused(one.hello(), 'ERR_RATE_LIMITED');
    assert.equal(answer.get('access-control-allow-origin'), signOrigin);
    await accepted(two.hello());
  });

  test('without trustProxy all clients share one budget', async (t) => {
    const site = await stack(t, { trustProxy: false, limits: { refusals: { limit: 2, windowMs: HOUR } } });
    const bob = await site.enrolled(site.transports['HTTP/1.1']('127.0.0.3'), 'bob');
    await accepted(bob.fetch());
    for (let i = 0; i < 2; i += 1) await refused(site.frame().plain({ target: '/api/x' }), 'ERR_SESSION_MISSING');
    await refused(bob.fetch(), 'ERR_RATE_LIMITED');
  });

  test('the app is told the true client', async (t) => {
    const site = await stack(t);
    for (const trust of [['127.0.0.1'], 1]) {
      for (const [from, kind] of [
        ['127.0.0.2', 'HTTP/1.1'],
        ['127.7.7.7', 'HTTP/2'],
      ]) {
        const fields = [
          ['X-Forwarded-For', '192.0.2.1'],
          ['Forwarded', 'for=192.0.2.1'],
        ];
        await site.frame(site.transports[kind](from)).plain({ target: '/a', fields });
        const arrived = site.requests.at(-1);
        assert.equal(arrived.peer, '127.0.0.1');
        assert.equal(clientAddress(trust)(arrived.peer, arrived.fields), from);
      }
    }
  });

  test('what a request says of host and scheme decides nothing', async (t) => {
    const site = await stack(t);
    const frame = await site.enrolled();
    for (const fields of [
      [['X-Forwarded-Host', 'evil.example']],
      [['X-Forwarded-Proto', 'http']],
      [['X-Forwarded-Port', '80']],
      [['Forwarded', 'host=evil.example;proto=http']],
      [
        ['X-Forwarded-Host', 'sign.example.com'],
        ['Forwarded', 'host=sign.example.com'],
      ],
    ]) {
      await accepted(frame.fetch({ fields }));
      await refused(frame.fetch({ fields }, { authority: 'evil.example' }), 'ERR_SIG_INVALID');
      await refused(frame.fetch({ fields }, { authority: 'sign.example.com' }), 'ERR_SIG_INVALID');
    }
    await t.test('Host of another site does not reach the app', async () => {
      site.forget();
      for (const host of ['evil.example', 'evil.example.com', 'app.example.com.evil.example', '127.0.0.1']) {
        const answer = await frame.fetch({ fields: [['Host', host]] });
        assert.notEqual(answer.get('content-type'), 'application/json; charset=utf-8', answer.text);
        assert.deepEqual(site.requests, []);
      }
      await accepted(frame.fetch());
    });
    await t.test('Host of the signing origin reaches only that', async () => {
      site.forget();
      const answer = await frame.fetch({ fields: [['Host', 'sign.example.com']] });
      assert.equal(answer.status, 404);
      assert.equal(answer.get('cross-origin-resource-policy'), 'same-site');
      assert.deepEqual(site.requests, []);
      const upper = await frame.fetch({ fields: [['Host', 'APP.example.com']] });
      assert.equal(upper.status, 200, 'a host name has no case');
    });
    await t.test('an override of the target', async () => {
      for (const name of ['X-Original-URL', 'X-Rewrite-URL']) {
        await refused(frame.fetch({ fields: [[name, '/api/act']] }), 'ERR_SIG_PROFILE');
        await accepted(frame.fetch());
      }
    });
  });

  test('the signing origin keeps its headers', async (t) => {
    const site = await stack(t);
    const page = await site.authority.signingPage();
    const address = { port: site.front.https, ca: certificate.ca, servername: 'sign.example.com' };
    const get = (target) => http1(address)({ method: 'GET', target, fields: [['Host', 'sign.example.com']] });
    const answer = await get('/');
    assert.equal(answer.status, 200);
    assert.equal(answer.text, page.html);
    for (const [name, value] of page.headers) assert.equal(answer.get(name), value, name);
    const script = await get('/signing-iframe.js');
    assert.equal(script.status, 200);
    assert.equal(script.get('cross-origin-resource-policy'), 'same-site');
    assert.equal((await get('/.pas/hello')).status, 404);
    assert.match(answer.get('content-security-policy'), /connect-src https:\/\/app\.example\.com\/\.pas\//);
  });

  test('CORS for the signing origin passes', async (t) => {
    const site = await stack(t);
    const asked = [
      ['Access-Control-Request-Method', 'POST'],
      ['Access-Control-Request-Headers', 'content-type'],
    ];
    const fields = [['Origin', signOrigin], ...asked];
    const answer = await site.frame().plain({ method: 'OPTIONS', target: '/.pas/hello', fields });
    assert.equal(answer.status, 204);
    assert.equal(answer.get('access-control-allow-origin'), signOrigin);
    assert.equal(answer.get('access-control-allow-credentials'), 'true');
  });

  test('http leads to https', async (t) => {
    const site = await stack(t);
    const request = { method: 'GET', target: '/a//b?x', fields: [['Host', 'app.example.com']] };
    const answer = await exchange(site.front.http, request);
    assert.ok([301, 308].includes(answer.status), String(answer.status));
    assert.equal(answer.get('location'), `${appOrigin}/a//b?x`);
  });

  test('content in chunks', async (t) => {
    const site = await stack(t);
    const frame = await site.enrolled();
    const chunked = (bytes, size) => {
      const parts = [];
      for (let at = 0; at < bytes.length; at += size) {
        const part = bytes.subarray(at, at + size);
        parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
      }
      return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
    };
    const inChunks = (fields) => [...fields, ['Transfer-Encoding', 'chunked']];
    for (const [length, size] of [
      [1, 1],
      [10_000, 7],
      [1_000_000, 65_536],
    ]) {
      const body = randomBytes(length);
      const send = (content) => frame.fetch({ ...UPLOAD, body }, { body: chunked(content, size), fields: inChunks });
      assert.equal((await accepted(send(body))).json.length, length);
      const other = Buffer.from(body);
      other[0] ^= 1;
      await refused(send(other), 'ERR_DIGEST_MISMATCH');
    }
    const body = randomBytes(1_500_000);
    const long = frame.fetch({ ...UPLOAD, body }, { body: chunked(body, 65_536), fields: inChunks });
    await refused(long, 'ERR_BODY_LIMIT');
  });

  test('a length and chunks in one request reach no handler', async (t) => {
    const site = await stack(t);
    const frame = await site.enrolled();
    const post = { method: 'POST', target: '/api/x', type: 'text/plain', body: 'x' };
    site.forget();
    const both = (fields) => [...fields, ['Content-Length', '1'], ['Transfer-Encoding', 'chunked']];
    const answer = await frame.fetch(post, { body: '1\r\ny\r\n0\r\n\r\n', fields: both }).catch(() => undefined);
    assert.notEqual(answer?.status, 200);
    assert.deepEqual(site.seen, []);
    await accepted(frame.fetch(post));
  });

  for (const name of ['with a length', 'in chunks']) {
    test(`the app sees the head while the content is still on its way, ${name}`, { timeout: PATIENCE }, async (t) => {
      const site = await stack(t);
      const frame = await site.enrolled();
      const signed = await frame.sign({ ...UPLOAD, body: randomBytes(1000) });
      const length = name === 'in chunks' ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', '1000'];
      const parts = [signed.body.subarray(0, 500), signed.body.subarray(500)].map((part) =>
        name === 'in chunks' ? Buffer.concat([Buffer.from('1f4\r\n'), part, Buffer.from('\r\n')]) : part,
      );
      const socket = dial({ port: site.front.https, ca: certificate.ca });
      t.after(() => socket.destroy());
      const head = once(site.app, 'head');
      socket.write(wire({ ...signed, body: parts[0], fields: [...signed.fields, length] }, 'app.example.com'));
      await head;
      const answer = once(socket, 'data');
      socket.write(parts[1]);
      if (name === 'in chunks') socket.write('0\r\n\r\n');
      assert.match(String(await answer), /^HTTP\/1\.1 200 /);
    });
  }

  test('a connection that breaks after the work: done once, outcome unknown', async (t) => {
    const site = await stack(t);
    const frame = await site.enrolled();
    await accepted(frame.fetch());
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      site.forget();
      const content = method === 'GET' ? {} : { type: 'text/plain', body: 'x' };
      const answer = await frame.fetch({ method, target: `/api/dies/${method}`, ...content });
      assert.equal(answer.status, 502);
      assert.deepEqual([site.seen.length, site.requests.length], [1, 1]);
      await accepted(frame.fetch());
    }
  });

  test('a WebSocket opens with a ticket, once', { timeout: PATIENCE }, async (t) => {
    const site = await stack(t);
    const frame = await site.enrolled();
    const open = (target, fields = []) => {
      const socket = dial({ port: site.front.https, ca: certificate.ca });
      t.after(() => socket.destroy());
      const lines = [
        `GET ${target} HTTP/1.1`,
        'Host: app.example.com',
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        `Cookie: ${frame.cookies}`,
        ...fields,
      ];
      socket.write(`${lines.join('\r\n')}\r\n\r\n`);
      return socket;
    };
    const until = async (socket, text) => {
      let received = '';
      while (!received.includes(text)) received += String((await once(socket, 'data'))[0]);
      return received;
    };
    const { url } = (await accepted(frame.control('ticket', { url: '/live?room=1' }))).json;
    const socket = open(url);
    const start = await until(socket, 'hello');
    assert.match(start, /^HTTP\/1\.1 101 /);
    assert.match(start, /sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/i);
    socket.write('to and fro');
    assert.match(await until(socket, 'fro'), /to and fro$/);
    socket.write('bye');
    await once(socket, 'end');
    assert.deepEqual(site.seen, [{ name: 'socket', user: 'alice' }]);
    assert.match(await until(open(url), '}'), /^HTTP\/1\.1 401 [^]*ERR_TICKET_INVALID/);
    assert.match(await until(open('/live'), '}'), /^HTTP\/1\.1 401 [^]*ERR_SIG_MISSING/);
    assert.equal(site.seen.length, 1);
  });

  test('content that looks like a request, refused unread', async (t) => {
    const site = await stack(t);
    const frame = await site.enrolled();
    const body = Buffer.from('GET /api/x HTTP/1.1\r\nHost: app.example.com\r\n\r\n');
    await refused(frame.fetch({ ...UPLOAD, body }, { key: await newKey() }), 'ERR_SIG_INVALID');
    assert.equal(site.requests.filter(({ target }) => target === '/api/x').length, 0, 'content is no request');
    await accepted(frame.fetch());
  });
}
