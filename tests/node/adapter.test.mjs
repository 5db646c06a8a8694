// node:http, Express 5, and web-standard requests.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import http2 from 'node:http2';
import { connect } from 'node:net';
import { test } from 'node:test';
import express from 'express';
import { accepted, refused } from './kit/expect.mjs';
import { Answer } from './kit/signer.mjs';
import { answerOf, closing, exchange, listen, routes, send, startSite, wire, webTransport } from './kit/site.mjs';

const JSON_POST = { method: 'POST', target: '/api/json', type: 'application/json', body: '{"amount":1}' };

/** A site whose one route answers with what the handler found. */
const echoing = (before) => (app, pas, seen) => {
  if (before) app.use(before);
  app.all('/api/{*rest}', pas.require({ tier: 'signed' }), (request, response) => {
    seen.push(request.url);
    const { body } = request;
    response.json({
      ok: true,
      kind: body instanceof Uint8Array ? 'bytes' : typeof body,
      body: body instanceof Uint8Array ? Buffer.from(body).toString('latin1') : (body ?? null),
    });
  });
};

test('JSON is parsed from the bytes that were signed', async (t) => {
  const site = await startSite(t, { configure: echoing() });
  const frame = await site.enrolled();
  const echoed = async (request) => {
    const { kind, body } = (await accepted(frame.fetch({ ...JSON_POST, ...request }))).json;
    return [kind, body];
  };
  assert.deepEqual(await echoed({}), ['object', { amount: 1 }]);
  for (const type of [
    'application/json; charset=utf-8',
    'APPLICATION/JSON',
    'application/problem+json',
    'application/json;charset=utf-8',
  ]) {
    assert.deepEqual(await echoed({ type }), ['object', { amount: 1 }], type);
  }
  for (const type of [
    'text/plain',
    'application/jsonp',
    'text/json-not',
    'application/x-json',
    undefined,
    'multipart/form-data; boundary=application/json',
  ]) {
    assert.deepEqual(await echoed({ type }), ['bytes', '{"amount":1}'], type);
  }
  assert.deepEqual(await echoed({ body: '"é😀"' }), ['string', 'é😀']);
  assert.deepEqual(await echoed({ body: 'null' }), ['object', null]);
  assert.deepEqual(await echoed({ body: undefined }), ['undefined', null]);
  assert.deepEqual(await echoed({ body: '{"__proto__":{"admin":true}}' }).then(([, body]) => body.admin), undefined);
});

test('content that is not the JSON it says it is', async (t) => {
  const site = await startSite(t, { configure: echoing() });
  const frame = await site.enrolled();
  const before = await site.snapshot('alice');
  for (const body of ['{', ' ', '{"a":1}x', "{'a':1}", 'NaN', Buffer.from('"\xff"', 'latin1')]) {
    site.decisions.length = 0;
    const request = await frame.sign({ ...JSON_POST, body });
    // Refused before it is admitted: its nonce is not spent.
    for (let i = 0; i < 2; i += 1) await refused(frame.send(request), 'ERR_JSON_INVALID');
    assert.deepEqual(
      site.decisions.map(({ outcome, code }) => [outcome, code]),
      Array(2).fill(['refused', 'ERR_JSON_INVALID']),
    );
    assert.equal(await site.snapshot('alice'), before);
  }
  assert.deepEqual(site.seen, []);
  await accepted(frame.fetch(JSON_POST));
  await accepted(frame.fetch({ ...JSON_POST, type: 'text/plain', body: '{' }));
});

test('a mounted router sees the target that was signed', async (t) => {
  const configure = (app, pas, seen) => {
    const inner = express.Router();
    inner.all('/deep', pas.require({ tier: 'signed' }), (request, response) => {
      seen.push([request.url, request.originalUrl]);
      response.json({ ok: true });
    });
    const outer = express.Router();
    outer.use('/inner', inner);
    app.use('/outer', outer);
  };
  const site = await startSite(t, { configure });
  const frame = await site.enrolled();
  await accepted(frame.fetch({ ...JSON_POST, target: '/outer/inner/deep?x=1' }));
  assert.deepEqual(site.seen, [['/deep?x=1', '/outer/inner/deep?x=1']]);
  await refused(frame.fetch({ target: '/deep?x=1' }, { target: '/outer/inner/deep?x=1' }), 'ERR_SIG_INVALID');
  await refused(
    frame.fetch({ target: '/outer/inner/deep?x=1' }, { target: '/outer/inner/deep?x=2' }),
    'ERR_SIG_INVALID',
  );
});

test('require() on a whole router', async (t) => {
  const configure = (app, pas, seen) => {
    const router = express.Router();
    router.use(pas.require({ tier: 'signed' }));
    router.get(
      '/a',
      (request, response) => (seen.push('a'), response.json({ ok: true, user: request.authority.session.userId })),
    );
    router.use((_request, response) => (seen.push('rest'), response.status(404).json({})));
    app.use('/api', router);
  };
  const site = await startSite(t, { configure });
  const frame = await site.enrolled();
  assert.equal((await accepted(frame.fetch({ target: '/api/a' }))).json.user, 'alice');
  assert.equal((await frame.fetch({ target: '/api/b' })).status, 404);
  await refused(frame.plain({ target: '/api/b' }), 'ERR_SIG_MISSING');
  assert.deepEqual(site.seen, ['a', 'rest']);
});

test('a body parser that ran first is a mistake with a name', async (t) => {
  for (const [name, parser, type] of [
    ['json', express.json(), 'application/json'],
    ['raw', express.raw(), 'application/octet-stream'],
    ['text', express.text(), 'text/plain'],
    ['urlencoded', express.urlencoded(), 'application/x-www-form-urlencoded'],
  ]) {
    await t.test(name, async (t) => {
      const site = await startSite(t, { configure: echoing(parser) });
      const frame = await site.enrolled();
      const answer = await frame.fetch({ ...JSON_POST, type });
      assert.deepEqual([answer.status, answer.json.code], [500, 'ERR_CONFIG_INVALID']);
      assert.deepEqual(site.seen, []);
      await accepted(frame.fetch({ target: '/api/a' }));
      await accepted(frame.fetch({ ...JSON_POST, type: 'application/other' }));
    });
  }
  await t.test('after it is harmless', async (t) => {
    const site = await startSite(t, {
      configure: (app, pas, seen) => {
        app.post(
          '/api/a',
          pas.require({ tier: 'signed' }),
          express.json(),
          express.text(),
          (request, response) => (seen.push(1), response.json({ ok: true, body: request.body })),
        );
      },
    });
    const frame = await site.enrolled();
    assert.deepEqual((await accepted(frame.fetch({ ...JSON_POST, target: '/api/a' }))).json.body, { amount: 1 });
  });
});

test('content that somebody else read is no content that was signed', async (t) => {
  const drain = (request, _response, next) => request.resume().on('end', () => setImmediate(next));
  const site = await startSite(t, { configure: echoing(drain) });
  const frame = await site.enrolled();
  const answer = await frame.fetch(JSON_POST);
  assert.deepEqual([answer.status, answer.json.code], [500, 'ERR_CONFIG_INVALID']);
  assert.deepEqual(site.seen, []);
});

test('chunked uploads', async (t) => {
  const site = await startSite(t, { configure: echoing() });
  const frame = await site.enrolled();
  const chunked = (body) =>
    Buffer.concat([...body].flatMap((char) => [Buffer.from(`1\r\n${char}\r\n`)]).concat(Buffer.from('0\r\n\r\n')));
  const request = async (body, change) => {
    const { fields, ...rest } = await frame.sign({ ...JSON_POST, body }, change);
    return frame.send({ ...rest, fields: [...fields, ['Transfer-Encoding', 'chunked']], body: chunked(body ?? '') });
  };
  assert.deepEqual((await accepted(request('{"amount":1}'))).json.body, { amount: 1 });
  assert.equal((await accepted(request(undefined))).json.kind, 'undefined', 'a chunked body may be empty');
  const other = await frame.sign(JSON_POST);
  await refused(
    frame.send({
      ...other,
      fields: [...other.fields, ['Transfer-Encoding', 'chunked']],
      body: chunked('{"amount":2}'),
    }),
    'ERR_DIGEST_MISMATCH',
  );
  await t.test('two framings at once never reach a handler', async () => {
    site.seen.length = 0;
    const signed = await frame.sign(JSON_POST);
    const both = [...signed.fields, ['Content-Length', '5'], ['Transfer-Encoding', 'chunked']];
    const answer = await frame.send({ ...signed, fields: both, body: chunked('{"amount":1}') });
    assert.equal(answer.status, 400);
    assert.deepEqual(site.seen, []);
    await accepted(frame.fetch(JSON_POST));
  });
});

test('uploads that break off', async (t) => {
  const site = await startSite(t, { configure: echoing() });
  const frame = await site.enrolled();
  const before = await site.snapshot('alice');
  let decided;
  const unhandled = [];
  const note = (error) => unhandled.push(error);
  process.on('unhandledRejection', note);
  t.after(() => process.off('unhandledRejection', note));
  for (let i = 0; i < 20; i += 1) {
    site.decisions.length = 0;
    const bytes = wire(await frame.sign({ ...JSON_POST, body: JSON.stringify('x'.repeat(5000)) }), 'app.test');
    const socket = connect(site.port, '127.0.0.1');
    const arrived = once(site.server, 'request');
    socket.write(bytes.subarray(0, bytes.length - 100 * (i + 1)));
    await arrived;
    socket.destroy();
    while (site.decisions.length === 0) await new Promise((resolve) => setImmediate(resolve));
    [decided] = site.decisions;
    assert.equal(decided.outcome, 'refused');
  }
  assert.deepEqual(unhandled, []);
  assert.deepEqual(site.seen, []);
  assert.equal(await site.snapshot('alice'), before);
  assert.equal(site.server.listening, true);
  await accepted(frame.fetch(JSON_POST));
  assert.equal(decided.code, 'ERR_BODY_UNREADABLE', 'a client that went away is not a store that failed');
});

test('HEAD', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const answer = await accepted(frame.fetch({ method: 'HEAD' }));
  assert.equal(answer.body.length, 0);
  assert.match(answer.get('pas-nonce'), /^[\w-]{36}$/);
  const no = await frame.fetch({ method: 'GET' }, { method: 'HEAD' });
  assert.deepEqual([no.status, no.body.length], [401, 0]);
  await accepted(frame.fetch({ method: 'GET' }));
});

test('a refused upload closes its connection, an accepted one keeps it', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const post = { method: 'POST', target: '/api/a', body: Buffer.alloc(200_000, 0x61) };
  const good = await frame.sign(post);
  const bad = await frame.sign(post, { bytes: () => Buffer.alloc(64) });
  const keepAlive = (request) =>
    Buffer.from(
      wire(request, 'app.test').toString('latin1').replace('Connection: close', 'Connection: keep-alive'),
      'latin1',
    );
  const answer = await send(site.port, keepAlive(bad));
  await refused(answer, 'ERR_SIG_INVALID');
  assert.equal(answer.get('connection'), 'close');
  const second = await frame.sign({ target: '/api/a' });
  const both = Buffer.concat([keepAlive(good), wire(second, 'app.test')]);
  const text = (await raw(site.port, both)).toString('latin1');
  assert.equal([...text.matchAll(/HTTP\/1\.1 200 /g)].length, 2);
});

/** Everything that a connection answered. */
function raw(port, bytes) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const chunks = [];
    socket
      .on('data', (chunk) => chunks.push(chunk))
      .on('error', reject)
      .on('close', () => resolve(Buffer.concat(chunks)));
    socket.write(bytes);
  });
}

test('each request of a connection is judged by itself', async (t) => {
  const site = await startSite(t);
  const [alice, bob] = [await site.enrolled('alice'), await site.enrolled('bob')];
  const requests = [
    await alice.sign(),
    await bob.sign(),
    await alice.sign({}, { bytes: () => Buffer.alloc(64) }),
    await bob.sign(),
  ];
  const bytes = requests.map((request, i) => {
    const text = wire(request, 'app.test').toString('latin1');
    return Buffer.from(i < requests.length - 1 ? text.replace('Connection: close\r\n', '') : text, 'latin1');
  });
  const text = (await raw(site.port, Buffer.concat(bytes))).toString('latin1');
  assert.deepEqual(
    [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status),
    ['200', '200', '401', '200'],
  );
  assert.deepEqual(
    site.seen.map(({ user }) => user),
    ['alice', 'bob', 'bob'],
  );
});

test('garbage on a connection does not cut into an answer', async (t) => {
  // An answer is still being written when the parser fails on what follows its request.
  let finish;
  const site = await startSite(t, {
    configure: (app, pas) => {
      app.get('/api/slow', pas.require({ tier: 'signed' }), (_request, response) => {
        response.writeHead(200, { 'content-length': 10 });
        response.write('12345');
        finish = () => response.end('67890');
      });
      app.get('/api/never', pas.require({ tier: 'signed' }), () => undefined);
    },
  });
  const frame = await site.enrolled();
  const keepAlive = async (target) =>
    wire(await frame.sign({ target }), 'app.test')
      .toString('latin1')
      .replace('Connection: close\r\n', '');
  for (const [name, between] of [
    ['at once', ''],
    ['after one more request', await keepAlive('/api/never')],
  ]) {
    await t.test(name, async () => {
      const socket = connect(site.port, '127.0.0.1');
      const chunks = [];
      socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => undefined);
      socket.write(await keepAlive('/api/slow'), 'latin1');
      while (!Buffer.concat(chunks).includes('12345')) await once(socket, 'data');
      const failed = once(site.server, 'clientError');
      const closed = once(socket, 'close');
      socket.write(`${between}GARBAGE\0\r\n\r\n`, 'latin1');
      await failed;
      finish();
      // A server may end the connection at once, or after the answer.
      while (!socket.closed && !Buffer.concat(chunks).includes('67890'))
        await Promise.race([closed, once(socket, 'data').catch(() => undefined)]);
      socket.destroy();
      const text = Buffer.concat(chunks).toString('latin1');
      const body = text.slice(text.indexOf('\r\n\r\n') + 4);
      assert.ok(
        '1234567890'.startsWith(body),
        `another answer stands in the content: ${JSON.stringify(body.slice(0, 80))}`,
      );
    });
  }
});

test('a handler that throws', async (t) => {
  const site = await startSite(t, {
    configure: (app, pas) => {
      app.get('/api/sync', pas.require({ tier: 'signed' }), () => {
        throw new Error('sync');
      });
      app.get('/api/async', pas.require({ tier: 'signed' }), async () => {
        throw new Error('async');
      });
      app.get('/api/fine', pas.require({ tier: 'signed' }), (_request, response) => response.json({ ok: true }));
    },
  });
  const frame = await site.enrolled();
  for (const name of ['sync', 'async']) {
    const answer = await frame.fetch({ target: `/api/${name}` });
    assert.deepEqual([answer.status, answer.json.message], [500, name]);
    assert.match(answer.get('pas-nonce'), /^[\w-]{36}$/);
  }
  await accepted(frame.fetch({ target: '/api/fine' }));
});

test('a handler may set its own headers, and Cache-Control is no-store unless it says otherwise', async (t) => {
  const site = await startSite(t, {
    configure: (app, pas) => {
      app.get('/api/a', pas.require({ tier: 'signed' }), (_request, response) =>
        response.set('x-own', '1').json({ ok: true }),
      );
    },
  });
  const frame = await site.enrolled();
  const answer = await accepted(frame.fetch({ target: '/api/a' }));
  assert.deepEqual([answer.get('x-own'), answer.get('cache-control')], ['1', 'no-store']);
});

test('requests that are not ours go on', async (t) => {
  const site = await startSite(t, {
    configure: (app, ...rest) => {
      app.get('/public', (_request, response) => response.json({ ok: true, public: true }));
      routes(app, ...rest);
    },
  });
  assert.equal((await accepted(site.http({ method: 'GET', target: '/public', fields: [] }))).json.public, true);
  assert.equal(
    (await accepted(site.http({ method: 'GET', target: '/public?x', fields: [['Signature', 'nonsense']] }))).json
      .public,
    true,
  );
  assert.equal((await site.http({ method: 'GET', target: '/nowhere', fields: [] })).status, 404);
  await refused(site.frame().plain({ target: '/api/a' }), 'ERR_SESSION_MISSING');
});

test('the signing origin by the adapter', async (t) => {
  const site = await startSite(t, { configure: (app, pas) => app.use(pas.signing) });
  const page = await site.http({ method: 'GET', target: '/', fields: [] });
  assert.equal(page.status, 200);
  assert.match(page.get('content-security-policy'), /default-src 'none'/);
  assert.equal(page.get('origin-agent-cluster'), '?1');
  assert.equal((await site.http({ method: 'HEAD', target: '/signing-iframe.js', fields: [] })).status, 200);
  assert.equal((await site.http({ method: 'GET', target: '/x', fields: [] })).status, 404);
  assert.equal((await site.http({ method: 'POST', target: '/', fields: [], body: 'x' })).status, 405);
});

test('protect() runs its handler for accepted requests only', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const ran = [];
  const handler = site.authority.protect({ tier: 'signed' }, async (request, { session, tier, body }) => {
    ran.push(new URL(request.url).pathname);
    const headers = new Headers([
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['content-type', 'application/json'],
    ]);
    return new Response(JSON.stringify({ ok: true, user: session.userId, tier, body: Buffer.from(body).toString() }), {
      status: 200,
      headers,
    });
  });
  const transport = async ({ method, target, fields, body }) =>
    answerOf(
      await handler(
        new Request(site.appOrigin + target, {
          method,
          headers: fields,
          ...(body === undefined ? {} : { body, duplex: 'half' }),
        }),
      ),
    );
  frame.transport = transport;
  const answer = await accepted(frame.fetch({ ...JSON_POST, target: '/p' }));
  assert.deepEqual(answer.json, { ok: true, user: 'alice', tier: 'signed', body: '{"amount":1}' });
  assert.deepEqual(answer.all('set-cookie'), ['a=1', 'b=2']);
  assert.equal(answer.get('cache-control'), 'no-store');
  await accepted(frame.fetch({ target: '/q' }, { server: answer.get('pas-nonce') }));
  await refused(frame.fetch({ ...JSON_POST, target: '/p' }, { body: '{"amount":2}' }), 'ERR_DIGEST_MISMATCH');
  await refused(frame.plain({ target: '/p' }), 'ERR_SIG_MISSING');
  assert.deepEqual(ran, ['/p', '/q']);

  await t.test('answers without content, and redirects', async () => {
    for (const [status, make] of [
      [204, () => new Response(null, { status: 204 })],
      [303, () => Response.redirect(`${site.appOrigin}/x`, 303)],
      [404, () => new Response('no', { status: 404 })],
    ]) {
      const protectedHandler = site.authority.protect({ tier: 'signed' }, make);
      const request = await frame.sign({ target: '/r' });
      const response = await protectedHandler(new Request(`${site.appOrigin}/r`, { headers: request.fields }));
      assert.equal(response.status, status);
      assert.match(response.headers.get('pas-nonce'), /^[\w-]{36}$/);
      frame.account.server = response.headers.get('pas-nonce');
    }
  });
  await t.test('other tiers', async () => {
    const shell = site.authority.protect({ tier: 'identified' }, (_request, { tier }) => new Response(tier));
    const cookie = { cookie: frame.cookies };
    assert.equal(await (await shell(new Request(`${site.appOrigin}/`, { headers: cookie }))).text(), 'identified');
    assert.equal((await shell(new Request(`${site.appOrigin}/`, { method: 'POST', headers: cookie }))).status, 401);
    const act = site.authority.protect(
      { tier: 'interactive', action: 'act' },
      (_request, { interaction }) => new Response(interaction.kind),
    );
    const proof = await frame.proof({ action: 'act', method: 'GET', target: '/act', kind: 'touch' });
    const withProof = await frame.sign({ target: '/act', proof });
    assert.equal(
      await (await act(new Request(`${site.appOrigin}/act`, { headers: withProof.fields }))).text(),
      'touch',
    );
    const without = await frame.sign({ target: '/act' });
    assert.equal((await act(new Request(`${site.appOrigin}/act`, { headers: without.fields }))).status, 401);
  });
});

test('a whole session by web requests alone', async (t) => {
  const site = await startSite(t);
  const frame = site.frame();
  frame.transport = webTransport(site);
  const { headers } = await site.authority.begin({ id: 'alice' });
  frame.keep(headers.getSetCookie());
  await accepted(frame.enrol());
  assert.equal((await accepted(frame.fetch(JSON_POST))).json.user, 'alice');
  await accepted(frame.rekey());
  await accepted(frame.fetch(JSON_POST));
  const late = await frame.sign(JSON_POST);
  await accepted(frame.control('logout'));
  await refused(frame.send(late), 'ERR_SESSION_ENDED');
  await t.test('a target with a fragment is signed without it', async () => {
    const again = site.frame();
    again.transport = webTransport(site);
    again.keep((await site.authority.begin({ id: 'alice' })).headers.getSetCookie());
    await accepted(again.enrol());
    await accepted(again.fetch({ target: '/a?b' }, { target: '/a?b#c' }));
    await accepted(again.fetch({ target: '/a?b' }, { target: '/a?b#' }));
    await refused(again.fetch({ target: '/a?b' }, { target: '/a?bc' }), 'ERR_SIG_INVALID');
  });
});

test('node:http without any framework', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const seen = [];
  const guard = site.pas.require({ tier: 'signed' });
  const server = createServer((request, response) => {
    site.pas.handler(request, response, () =>
      guard(request, response, (error) => {
        seen.push(error ?? request.url);
        response.end(JSON.stringify({ user: request.authority.session.userId }));
      }),
    );
  });
  const port = await listen(server);
  closing(t, server);
  frame.transport = (request) => exchange(port, request);
  assert.equal((await accepted(frame.fetch({ target: '/api/a' }))).json.user, 'alice');
  await refused(frame.fetch({ target: '/api/a' }, { bytes: () => Buffer.alloc(64) }), 'ERR_SIG_INVALID');
  await refused(frame.plain({ target: '/' }), 'ERR_SIG_MISSING');
  await accepted(frame.control('ticket', { url: '/api/file' }));
  assert.match((await accepted(frame.plain({ target: '/.well-known/partitioned-authority' }))).text, /pas-1/);
  assert.deepEqual(seen, ['/api/a']);
  await t.test('without a next, what is not ours is not found', async (t) => {
    const alone = createServer((request, response) => site.pas.handler(request, response));
    const at = await listen(alone);
    closing(t, alone);
    await refused(exchange(at, { method: 'GET', target: '/', fields: [] }), 'ERR_NOT_FOUND');
    assert.equal(
      (await exchange(at, { method: 'GET', target: '/.well-known/partitioned-authority', fields: [] })).status,
      200,
    );
  });
});

test('HTTP/2', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const server = http2.createServer((request, response) => {
    site.pas.handler(request, response, () => {
      site.pas.require({ tier: 'signed' })(request, response, (error) => {
        response.statusCode = error ? 500 : 200;
        response.end(
          error
            ? String(error)
            : JSON.stringify({ user: request.authority.session.userId, body: request.body ?? null }),
        );
      });
    });
  });
  const client = http2.connect(`http://127.0.0.1:${await listen(server)}`);
  t.after(() => (client.close(), new Promise((resolve) => server.close(resolve))));
  frame.transport = ({ method, target, fields, body }) =>
    new Promise((resolve, reject) => {
      const headers = { ':method': method, ':path': target };
      for (const [name, value] of fields)
        headers[name.toLowerCase()] = name === 'Cookie' ? ['theme=dark', ...value.split('; ')] : value;
      const stream = client.request(headers);
      const chunks = [];
      let head;
      stream.on('response', (received) => (head = received));
      stream.on('data', (chunk) => chunks.push(chunk)).on('error', reject);
      stream.on('end', () => {
        const answered = Object.entries(head)
          .filter(([name]) => !name.startsWith(':'))
          .flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
        resolve(new Answer(head[':status'], answered, Buffer.concat(chunks)));
      });
      stream.end(body);
    });
  assert.deepEqual((await accepted(frame.fetch(JSON_POST))).json, { user: 'alice', body: { amount: 1 } });
  await refused(frame.fetch(JSON_POST, { target: '/api/other' }), 'ERR_SIG_INVALID');
  await refused(frame.fetch(JSON_POST, { body: '{"amount":2}' }), 'ERR_DIGEST_MISMATCH');
  await refused(
    frame.fetch(JSON_POST, { fields: (fields) => fields.filter(([name]) => name !== 'Cookie') }),
    'ERR_SESSION_MISSING',
  );
  await accepted(frame.control('ticket', { url: '/api/file' }));
  await accepted(frame.fetch({ target: '/api/a?b' }));
});

test('addresses limit web requests too', async (t) => {
  const site = await startSite(t, { limits: { refusals: { limit: 2, windowMs: 3_600_000 } } });
  const frame = await site.enrolled();
  const handler = site.authority.protect({ tier: 'signed' }, () => new Response('ok'));
  const from = async (address, change) =>
    handler(new Request(`${site.appOrigin}/api/signed`, { headers: (await frame.sign({}, change)).fields }), {
      address,
    });
  for (let i = 0; i < 2; i += 1) assert.equal((await from('192.0.2.1', { bytes: () => Buffer.alloc(64) })).status, 401);
  assert.equal((await from('192.0.2.1')).status, 429);
  assert.equal((await from('192.0.2.2')).status, 200);
});
