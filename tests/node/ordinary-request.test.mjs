// Behind require() and protect() a request is one that nobody has read: parsers, proxies, pipes and listeners get the
// bytes that were verified. Each way of reading has its twin: changed content, or none of our signature, runs no handler.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import http2 from 'node:http2';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import busboy from 'busboy';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import multer from 'multer';
import { accepted, refused } from './kit/expect.mjs';
import { Answer } from './kit/signer.mjs';
import { answerOf, closing, exchange, listen, startSite, wire } from './kit/site.mjs';

const FILE = Buffer.alloc(300_000, 'a file that is longer than one chunk. ');

/** A form as a browser sends it: `{ type, body }`. */
async function multipart(fields = { to: 'bob' }, file = FILE) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  if (file) form.append('file', new Blob([file], { type: 'text/plain' }), 'a.txt');
  const request = new Request('http://app.test/', { method: 'POST', body: form });
  return { type: request.headers.get('content-type'), body: Buffer.from(await request.arrayBuffer()) };
}

const JSON_CONTENT = { type: 'application/json', body: '{"amount":1}' };
const TEXT = { type: 'text/plain', body: 'é😀 text' };
const OCTETS = { type: 'application/octet-stream', body: Buffer.from([...Array(256).keys()]) };
const FORM = { type: 'application/x-www-form-urlencoded', body: 'to=bob&amount=1' };

/** What a handler found, as JSON. */
const found = (value) => (value instanceof Uint8Array ? { bytes: Buffer.from(value).toString('base64') } : { value });
const bytesOf = ({ found: { bytes } }) => Buffer.from(bytes, 'base64');

/** A site whose `POST /api/x` is handled by `handlers`, behind require(). */
function siteOf(t, handlers, route = { tier: 'signed' }) {
  return startSite(t, {
    configure: (app, pas, seen) => {
      app.all(
        '/api/x',
        pas.require(route),
        (request, _response, next) => (seen.push(request.method), next()),
        ...[handlers].flat(),
      );
    },
  });
}

/** Sends content that is accepted, and the same changed and unsigned, which no handler gets. */
async function twins(site, content, check) {
  const frame = await site.enrolled();
  const post = { method: 'POST', target: '/api/x', ...content };
  check((await accepted(frame.fetch(post))).json);
  const ran = site.seen.length;
  const changed = Buffer.from(content.body);
  changed[changed.length - 3] ^= 1;
  await refused(frame.fetch(post, { body: changed }), 'ERR_DIGEST_MISMATCH');
  await refused(frame.fetch(post, { bytes: () => Buffer.alloc(64) }), 'ERR_SIG_INVALID');
  const { method, target, body, type } = post;
  await refused(
    site.http({
      method,
      target,
      body: Buffer.from(body),
      fields: [
        ['Content-Type', type],
        ['Cookie', frame.cookies],
      ],
    }),
    'ERR_SIG_MISSING',
  );
  assert.equal(site.seen.length, ran, 'the handler ran for the accepted request only');
  check((await accepted(frame.fetch(post))).json);
}

const read = (name) => (request, response, next) => {
  const chunks = [];
  const done = () => response.json({ found: found(Buffer.concat(chunks)), body: found(request.body) });
  ({
    async iterate() {
      for await (const chunk of request) chunks.push(chunk);
      done();
    },
    async pipe() {
      const target = new PassThrough();
      request.pipe(target);
      for await (const chunk of target) chunks.push(chunk);
      done();
    },
    async pipeline() {
      await pipeline(request, async (source) => {
        for await (const chunk of source) chunks.push(chunk);
      });
      done();
    },
    async data() {
      request.on('data', (chunk) => chunks.push(chunk)).on('end', done);
    },
    async read() {
      request.on('readable', () => {
        for (let chunk = request.read(); chunk !== null; chunk = request.read()) chunks.push(chunk);
      });
      request.on('end', done);
    },
    async late() {
      for (let i = 0; i < 20; i += 1) await turn();
      request.on('end', done).on('data', (chunk) => chunks.push(chunk));
    },
    async paused() {
      request.on('data', (chunk) => chunks.push(chunk)).on('end', done);
      request.pause();
      for (let i = 0; i < 5; i += 1) await turn();
      assert.deepEqual(chunks, []);
      request.resume();
    },
    async encoded() {
      request.setEncoding('utf8');
      request
        .on('data', (text) => (assert.equal(typeof text, 'string'), chunks.push(Buffer.from(text))))
        .on('end', done);
    },
    async closed() {
      request.on('data', (chunk) => chunks.push(chunk));
      await once(request, 'close');
      done();
    },
  })
    [name]()
    .catch(next);
};

for (const name of ['iterate', 'pipe', 'pipeline', 'data', 'read', 'late', 'paused', 'encoded', 'closed']) {
  test(`a stream of the verified bytes: ${name}`, async (t) => {
    const site = await siteOf(t, read(name));
    await twins(site, TEXT, (answer) => {
      assert.equal(bytesOf(answer).toString(), TEXT.body);
      assert.deepEqual(answer.body, { bytes: Buffer.from(TEXT.body).toString('base64') });
    });
    const frame = await site.enrolled();
    const long = { method: 'POST', target: '/api/x', type: 'text/plain', body: FILE };
    assert.ok(bytesOf((await accepted(frame.fetch(long))).json).equals(FILE), 'of many chunks');
    assert.equal(
      bytesOf((await accepted(frame.fetch({ ...long, ...JSON_CONTENT }))).json).toString(),
      JSON_CONTENT.body,
    );
    for (const method of ['GET', 'POST', 'DELETE']) {
      assert.equal(
        bytesOf((await accepted(frame.fetch({ method, target: '/api/x' }))).json).length,
        0,
        `${method} without content ends`,
      );
    }
  });
}

test('content that comes in pieces, and chunked', async (t) => {
  const site = await siteOf(t, read('late'));
  const frame = await site.enrolled();
  for (const chunked of [false, true]) {
    const { fields, ...rest } = await frame.sign({
      method: 'POST',
      target: '/api/x',
      type: 'text/plain',
      body: 'one two',
    });
    const framing = chunked ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', '7'];
    const head = wire({ ...rest, body: undefined, fields: [...fields, framing] }, 'app.test');
    const pieces = chunked ? ['4\r\none \r\n', '3\r\ntwo\r\n', '0\r\n\r\n'] : ['one', ' ', 'two'];
    const socket = connect(site.port, '127.0.0.1');
    const received = [];
    socket.on('data', (chunk) => received.push(chunk));
    const arrived = once(site.server, 'request');
    socket.write(head);
    const [request] = await arrived;
    // The verifier listens: another listener before it would be a reader who came first.
    while (request.listenerCount('readable') === 0) await turn();
    for (const piece of pieces) {
      const came = once(request, 'readable');
      socket.write(piece);
      await came;
    }
    await once(socket, 'close');
    assert.match(Buffer.concat(received).toString(), new RegExp(Buffer.from('one two').toString('base64')));
  }
});

test('multer', async (t) => {
  const content = await multipart();
  const handle = ({ body, file }, response) =>
    response.json({ to: body.to, name: file.originalname, found: found(file.buffer) });
  const site = await siteOf(t, [multer().single('file'), handle]);
  await twins(site, content, (answer) => {
    assert.deepEqual([answer.to, answer.name], ['bob', 'a.txt']);
    assert.ok(bytesOf(answer).equals(FILE), 'the upload is saved whole');
  });
});

test('busboy', async (t) => {
  const handle = (request, response) => {
    const seen = { fields: {} };
    const chunks = [];
    request
      .pipe(busboy({ headers: request.headers }))
      .on('field', (name, value) => (seen.fields[name] = value))
      .on('file', (_name, file, info) => ((seen.name = info.filename), file.on('data', (chunk) => chunks.push(chunk))))
      .on('close', () => response.json({ ...seen, found: found(Buffer.concat(chunks)) }));
  };
  await twins(await siteOf(t, handle), await multipart(), (answer) => {
    assert.deepEqual([answer.fields, answer.name], [{ to: 'bob' }, 'a.txt']);
    assert.ok(bytesOf(answer).equals(FILE));
  });
});

const echo = ({ body }, response) => response.json({ found: found(body) });
for (const [name, parser, content, value] of [
  ['json', express.json(), JSON_CONTENT, { amount: 1 }],
  ['urlencoded', express.urlencoded(), FORM, { to: 'bob', amount: '1' }],
  ['text', express.text(), TEXT, TEXT.body],
  ['raw', express.raw(), OCTETS, undefined],
  ['no parser', (_request, _response, next) => next(), JSON_CONTENT, { amount: 1 }],
]) {
  test(`express.${name}`, async (t) => {
    const site = await siteOf(t, [parser, echo]);
    await twins(site, content, (answer) => {
      if (name === 'raw') assert.ok(bytesOf(answer).equals(content.body));
      else assert.deepEqual(answer.found.value, value);
    });
    const frame = await site.enrolled();
    assert.deepEqual((await accepted(frame.fetch({ target: '/api/x' }))).json.found, {}, 'GET');
    assert.deepEqual((await accepted(frame.fetch({ method: 'POST', target: '/api/x' }))).json.found, {}, 'no content');
  });
}

test('parsers one after the other: the first that is meant reads', async (t) => {
  const site = await siteOf(t, [express.json(), express.urlencoded(), express.text(), express.raw(), echo]);
  const frame = await site.enrolled();
  const value = async (content) =>
    (await accepted(frame.fetch({ method: 'POST', target: '/api/x', ...content }))).json.found.value;
  assert.deepEqual(await value(JSON_CONTENT), { amount: 1 });
  assert.deepEqual(await value(FORM), { to: 'bob', amount: '1' });
  assert.deepEqual(await value(TEXT), TEXT.body);
});

test('http-proxy-middleware', async (t) => {
  const behind = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ type: request.headers['content-type'], found: found(Buffer.concat(chunks)) }));
  });
  const port = await listen(behind);
  closing(t, behind);
  const site = await siteOf(t, createProxyMiddleware({ target: `http://127.0.0.1:${port}` }));
  for (const content of [JSON_CONTENT, FORM, OCTETS, await multipart()]) {
    await t.test(content.type.split(';', 1)[0], () =>
      twins(site, content, (answer) => {
        assert.equal(answer.type, content.type);
        assert.ok(bytesOf(answer).equals(Buffer.from(content.body)));
      }),
    );
  }
  await t.test('without content', async () => {
    const frame = await site.enrolled();
    assert.equal(bytesOf((await accepted(frame.fetch({ target: '/api/x' }))).json).length, 0);
  });
});

test('a handler that leaves the content alone does not hold the connection', async (t) => {
  const ended = [];
  const site = await siteOf(t, (request, response) => {
    request.on('close', () => ended.push(request.readableEnded));
    response.json({ ok: true });
  });
  const frame = await site.enrolled();
  const keepAlive = async (more) =>
    wire(await frame.sign({ method: 'POST', target: '/api/x', ...more }), 'app.test')
      .toString('latin1')
      .replace('Connection: close\r\n', '');
  const texts = [
    await keepAlive({ type: 'text/plain', body: 'one' }),
    await keepAlive({}),
    await keepAlive({ type: 'text/plain', body: 'three' }),
  ];
  const socket = connect(site.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += chunk));
  for (const [index, bytes] of texts.entries()) {
    socket.write(bytes, 'latin1');
    while (text.split('HTTP/1.1 200').length < index + 2) await once(socket, 'data');
  }
  while (ended.length < 3) await turn();
  socket.destroy();
  assert.deepEqual(ended, [true, true, true]);
});

test('content that nobody signed is not found by a handler', async (t) => {
  const site = await startSite(t, {
    configure: (app, pas) => {
      app.all('/shell', pas.require({ tier: 'identified' }), read('iterate'));
      app.all('/api/file', pas.require({ tier: 'signed', ticket: true }), read('data'));
      app.all('/api/{*rest}', pas.require({ tier: 'signed' }), read('iterate'));
    },
  });
  const frame = await site.enrolled();
  const get = async (target, body) =>
    (
      await accepted(
        site.http({
          method: 'GET',
          target,
          fields: [
            ['Cookie', frame.cookies],
            ['Content-Type', 'text/plain'],
          ],
          body,
        }),
      )
    ).json;
  const ticket = async () => (await accepted(frame.control('ticket', { url: '/api/file' }))).json.url;
  for (const body of [undefined, 'content']) {
    assert.deepEqual(await get('/shell', body), { found: { bytes: '' }, body: {} });
    assert.deepEqual(await get(await ticket(), body), { found: { bytes: '' }, body: {} });
  }
  const signed = { method: 'GET', target: '/api/x', ...TEXT };
  assert.equal(bytesOf((await accepted(frame.fetch(signed))).json).toString(), TEXT.body, 'what was signed is found');
});

test('HTTP/2', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const seen = [];
  const ways = { '/iterate': 'iterate', '/pipe': 'pipe', '/data': 'data', '/late': 'late', '/read': 'read' };
  const server = http2.createServer((request, response) => {
    site.pas.require({ tier: 'signed' })(request, response, () => {
      seen.push(request.url);
      response.json = (value) => response.end(JSON.stringify(value));
      read(ways[request.url])(request, response, (error) => response.end(String(error)));
    });
  });
  const client = http2.connect(`http://127.0.0.1:${await listen(server)}`);
  t.after(() => (client.close(), new Promise((resolve) => server.close(resolve))));
  frame.transport = async ({ method, target, fields, body }) => {
    const headers = { ':method': method, ':path': target };
    for (const [name, value] of fields) headers[name.toLowerCase()] = value;
    const stream = client.request(headers);
    stream.end(body);
    const [head] = await once(stream, 'response');
    const answered = Object.entries(head)
      .filter(([name]) => !name.startsWith(':'))
      .flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
    return new Answer(head[':status'], answered, Buffer.concat(await stream.toArray()));
  };
  for (const target of Object.keys(ways)) {
    for (const content of [TEXT, OCTETS, { type: 'text/plain', body: FILE }]) {
      const answer = await accepted(frame.fetch({ method: 'POST', target, ...content }));
      assert.ok(bytesOf(answer.json).equals(Buffer.from(content.body)), target);
    }
    assert.equal(bytesOf((await accepted(frame.fetch({ target }))).json).length, 0, `${target} without content`);
    const ran = seen.length;
    await refused(frame.fetch({ method: 'POST', target, ...TEXT }, { body: 'other' }), 'ERR_DIGEST_MISMATCH');
    await refused(frame.plain({ method: 'POST', target, ...TEXT }), 'ERR_SIG_MISSING');
    assert.equal(seen.length, ran);
  }
});

test('what read the content first is named, of requests that are otherwise in order', async (t) => {
  const stream = (request, _response, next) => (request.on('data', () => undefined), next());
  const piped = (request, _response, next) => (request.pipe(new PassThrough()), next());
  const drained = (request, _response, next) => request.resume().on('end', () => setImmediate(next));
  for (const [name, before, content] of [
    ['express.json', express.json(), JSON_CONTENT],
    ['express.urlencoded', express.urlencoded(), FORM],
    ['multer', multer().any(), await multipart()],
    ['a listener', stream, TEXT],
    ['a pipe', piped, TEXT],
    ['a drain', drained, TEXT],
  ]) {
    await t.test(name, async (t) => {
      const logged = t.mock.method(console, 'error', () => undefined);
      const site = await startSite(t, {
        configure: (app, pas, seen) => {
          app.use(before);
          app.post(
            '/api/x',
            pas.require({ tier: 'signed' }),
            (_request, response) => (seen.push(1), response.json({})),
          );
          app.get('/api/x', pas.require({ tier: 'signed' }), (_request, response) => response.json({}));
          app.post('/open', pas.handler, (_request, response) => response.json({}));
        },
      });
      const frame = await site.enrolled();
      const post = { method: 'POST', target: '/api/x', ...content };
      const answer = await frame.fetch(post);
      assert.deepEqual([answer.status, answer.json.code], [500, 'ERR_CONFIG_INVALID']);
      assert.match(
        String(logged.mock.calls.at(-1).arguments[0]),
        /mount handler and require\(\) before any body parser/,
      );
      assert.deepEqual([site.decisions.at(-1).outcome, site.decisions.at(-1).code], ['refused', 'ERR_CONFIG_INVALID']);
      const { method, target, body, type } = post;
      await refused(
        site.http({
          method,
          target,
          body: Buffer.from(body),
          fields: [
            ['Content-Type', type],
            ['Cookie', frame.cookies],
          ],
        }),
        'ERR_SIG_MISSING',
      );
      assert.deepEqual(site.seen, []);
      await accepted(frame.fetch({ target: '/api/x' }));
    });
  }
});

test('a control request whose body a parser took says so', async (t) => {
  const logged = t.mock.method(console, 'error', () => undefined);
  const site = await startSite(t);
  const frame = await site.enrolled();
  const app = express().use(express.json()).use(site.pas.handler);
  const server = createServer(app);
  const port = await listen(server);
  closing(t, server);
  frame.transport = (request) => exchange(port, request);
  const answer = await frame.hello();
  assert.deepEqual([answer.status, answer.json.code], [500, 'ERR_CONFIG_INVALID']);
  assert.match(String(logged.mock.calls.at(-1).arguments[0]), /mount handler and require\(\) before/);
  frame.transport = site.http;
  await accepted(frame.hello());
});

test('the Request of a web-standard handler', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const ran = [];
  const over = (handle) => {
    const handler = site.authority.protect(
      { tier: 'signed' },
      async (request, accepted) => (ran.push(request.url), handle(request, accepted)),
    );
    frame.transport = async ({ method, target, fields, body }) =>
      answerOf(
        await handler(
          new Request(site.appOrigin + target, {
            method,
            headers: fields,
            ...(body === undefined ? {} : { body, duplex: 'half' }),
          }),
        ),
      );
  };
  const upload = await multipart();
  for (const [name, content, handle, check] of [
    ['json', JSON_CONTENT, async (request) => request.json(), (value) => assert.deepEqual(value, { amount: 1 })],
    ['text', TEXT, async (request) => request.text(), (value) => assert.equal(value, TEXT.body)],
    [
      'arrayBuffer',
      OCTETS,
      async (request) => [...new Uint8Array(await request.arrayBuffer())],
      (value) => assert.deepEqual(value, [...OCTETS.body]),
    ],
    [
      'formData',
      upload,
      async (request) => {
        const form = await request.formData();
        return [form.get('to'), form.get('file').name, form.get('file').size];
      },
      (value) => assert.deepEqual(value, ['bob', 'a.txt', FILE.length]),
    ],
    [
      'clone',
      TEXT,
      async (request) => [await request.clone().text(), await request.text()],
      (value) => assert.deepEqual(value, [TEXT.body, TEXT.body]),
    ],
    [
      'body',
      TEXT,
      async (request) => await new Response(request.body).text(),
      (value) => assert.equal(value, TEXT.body),
    ],
  ]) {
    await t.test(name, async () => {
      over(async (request) => Response.json(await handle(request)));
      const post = { method: 'POST', target: '/p?q', ...content };
      check((await accepted(frame.fetch(post))).json);
      const count = ran.length;
      await refused(frame.fetch(post, { body: 'other' }), 'ERR_DIGEST_MISMATCH');
      await refused(frame.plain(post), 'ERR_SIG_MISSING');
      assert.equal(ran.length, count);
    });
  }
  await t.test('method, URL, fields and signal are those that came', async () => {
    const control = new AbortController();
    let handled;
    const handler = site.authority.protect({ tier: 'signed' }, (request) => ((handled = request), Response.json({})));
    const { fields } = await frame.sign({ method: 'DELETE', target: '/p?q' });
    await handler(
      new Request(`${site.appOrigin}/p?q`, {
        method: 'DELETE',
        headers: [...fields, ['X-Own', '1']],
        signal: control.signal,
      }),
    );
    assert.deepEqual(
      [handled.method, handled.url, handled.headers.get('x-own'), handled.body],
      ['DELETE', `${site.appOrigin}/p?q`, '1', null],
    );
    control.abort();
    assert.equal(handled.signal.aborted, true);
  });
  await t.test('verifyRequest gives it too', async () => {
    const { method, target, fields, body } = await frame.sign({ method: 'POST', target: '/p', ...JSON_CONTENT });
    const request = new Request(site.appOrigin + target, { method, headers: fields, body });
    const outcome = await site.authority.verifyRequest(request, { tier: 'signed' });
    assert.deepEqual(await outcome.request.json(), { amount: 1 });
    assert.equal(request.bodyUsed, true);
  });
});

test('more fields than Node reads: nobody acts by what no handler sees', async (t) => {
  for (const most of [undefined, 50]) {
    const site = await siteOf(t, [
      (request, response) =>
        response.json({ type: request.headers['content-type'] ?? null, body: found(request.body) }),
    ]);
    if (most !== undefined) site.server.maxHeadersCount = most;
    const frame = await site.enrolled();
    const post = { method: 'POST', target: '/api/x', ...JSON_CONTENT };
    const padded = (count, last) => (fields) => [
      ...fields.filter(([name]) => name.toLowerCase() !== last),
      ...Array.from({ length: count }, () => ['A', '']),
      ...fields.filter(([name]) => name.toLowerCase() === last),
    ];
    const limit = most ?? 1_000;
    for (const last of ['content-type', 'content-digest', 'cookie', 'signature']) {
      const answer = await frame.fetch(post, { fields: padded(limit + 9, last) });
      assert.ok([400, 401, 431].includes(answer.status), `${last}: ${answer.status} ${answer.text}`);
    }
    const hidden = await frame.fetch(
      { ...post, type: undefined },
      { fields: (fields) => padded(limit + 9)([...fields]).concat([['Content-Type', 'application/json']]) },
    );
    assert.notEqual(hidden.status, 200);
    assert.deepEqual(site.seen, []);
    const { json } = await accepted(frame.fetch(post, { fields: padded(limit - 20, 'content-type') }));
    assert.deepEqual(json, { type: 'application/json', body: { value: { amount: 1 } } });
  }
});
