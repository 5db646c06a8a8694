// Whatever throws around a request ends that request, or its connection: never the process, and never with a handler
// that runs unverified.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import express from 'express';
import { nodeAdapter } from 'partitioned-authority/adapters/node';
import { accepted, refused } from './kit/expect.mjs';
import { closing, exchange, incoming, listen, send, startSite, wire } from './kit/site.mjs';

/** Fails the test for anything that would end a process, at its end. */
function survives(t) {
  const escaped = [];
  const note = (error) => escaped.push(error);
  for (const event of ['unhandledRejection', 'uncaughtException']) process.on(event, note);
  t.mock.method(console, 'error', () => undefined);
  t.after(async () => {
    for (let i = 0; i < 5; i += 1) await turn();
    for (const event of ['unhandledRejection', 'uncaughtException']) process.off(event, note);
    assert.deepEqual(escaped, []);
  });
}

const boom = () => {
  throw new Error('boom');
};
const rejects = async () => {
  throw new Error('boom');
};

/** A bare node:http server over a site's authority, without a framework that would catch anything. */
async function bare(t, site, serve) {
  const server = createServer(serve);
  const port = await listen(server);
  closing(t, server);
  return (request) => exchange(port, request);
}

/** The status of an answer; 0 for a connection that was closed without one. */
const status = (pending) =>
  pending.then(
    (answer) => answer.status,
    () => 0,
  );

for (const [name, fail] of [
  ['throws', boom],
  ['rejects', rejects],
]) {
  test(`next ${name}`, async (t) => {
    survives(t);
    const site = await startSite(t);
    const frame = await site.enrolled();
    const guard = site.pas.require({ tier: 'signed' });
    let after = fail;
    const own = {
      open: (request, response) => site.pas.handler(request, response, () => after(response)),
      guarded: (request, response) => guard(request, response, () => after(response)),
    };
    const http = await bare(t, site, (request, response) =>
      (request.url === '/open' ? own.open : own.guarded)(request, response),
    );
    assert.equal(await status(http({ method: 'GET', target: '/open', fields: [] })), 500);
    assert.equal(await status(http(await frame.sign())), 500);
    after = (response) => (response.writeHead(200, { 'content-length': 10 }), response.write('begun'), fail());
    assert.equal(await status(http(await frame.sign())), 0, 'an answer that was begun is cut');
    after = (response) => response.end('{}');
    await accepted(http({ method: 'GET', target: '/open', fields: [] }));
    await accepted(http(await frame.sign()));
  });

  test(`stepUp ${name}`, async (t) => {
    survives(t);
    let policy = fail;
    const ran = [];
    const site = await startSite(t, {
      configure: (app, pas) => {
        app.get(
          '/api/x',
          pas.require({ tier: 'signed', action: 'x', stepUp: (seen) => policy(seen) }),
          (_request, response) => (ran.push(1), response.json({})),
        );
      },
    });
    const frame = await site.enrolled();
    await refused(frame.fetch({ target: '/api/x' }), 'ERR_VERIFIER_FAULT');
    assert.deepEqual(ran, []);
    policy = () => undefined;
    await accepted(frame.fetch({ target: '/api/x' }));
  });

  test(`audit ${name}`, async (t) => {
    survives(t);
    const site = await startSite(t, { audit: fail });
    const frame = await site.enrolled();
    await accepted(frame.fetch());
    await refused(frame.plain({ target: '/api/a' }), 'ERR_SIG_MISSING');
    assert.equal(await site.authority.sessions.revokeAll('alice'), 1);
    await refused(frame.fetch(), 'ERR_SESSION_ENDED');
  });

  test(`any method of the store ${name}`, async (t) => {
    survives(t);
    let failing;
    const wrap = (store) =>
      new Proxy(store, {
        get: (inner, name) =>
          name === failing ? fail : typeof inner[name] === 'function' ? inner[name].bind(inner) : inner[name],
      });
    const site = await startSite(t, { wrap });
    const methods = Object.keys(site.store)
      .concat(Object.getOwnPropertyNames(Object.getPrototypeOf(site.store)))
      .filter((name) => typeof site.store[name] === 'function' && !['constructor', 'close'].includes(name));
    assert.ok(methods.includes('admit') && methods.includes('listPasskeys'));
    const ticket = async (frame) =>
      site.http({
        method: 'GET',
        target: (await accepted(frame.control('ticket', { url: '/api/file' }))).json.url,
        fields: [['Cookie', frame.cookies]],
      });
    for (const method of methods) {
      const frame = await site.enrolled();
      failing = method;
      const answers = [];
      for (const work of [
        () => frame.fetch(),
        () => frame.plain({ target: '/shell' }),
        () => frame.hello(),
        () => frame.rekey(),
        () => ticket(frame),
        () => frame.control('passkeys/list', {}),
        async () => (await site.login(site.frame(), 'bob')).enrol(),
        () => frame.control('logout'),
      ])
        answers.push(
          await work().then(
            (answer) => answer.status,
            (error) => (error.code === 'ERR_ASSERTION' ? 503 : String(error)),
          ),
        );
      failing = undefined;
      for (const answer of answers) assert.ok([200, 401, 503, 'Error: boom'].includes(answer), `${method}: ${answer}`);
    }
    await accepted((await site.enrolled('carol')).fetch());
  });
}

test('an address that throws, and a clock', async (t) => {
  survives(t);
  const site = await startSite(t);
  const frame = await site.enrolled();
  let address = boom;
  const pas = nodeAdapter(site.authority, { address: () => address() });
  const guard = pas.require({ tier: 'signed' });
  const ran = [];
  const http = await bare(t, site, (request, response) =>
    pas.handler(request, response, () => guard(request, response, () => (ran.push(1), response.end('{}')))),
  );
  assert.equal(await status(http(await frame.sign())), 500);
  assert.equal(
    await status(http({ method: 'POST', target: '/.pas/hello', fields: [['Origin', site.signOrigin]] })),
    500,
  );
  assert.deepEqual(ran, []);
  address = () => '192.0.2.1';
  await accepted(http(await frame.sign()));
});

test('a response that can no longer be written', async (t) => {
  survives(t);
  const site = await startSite(t);
  const frame = await site.enrolled();
  const guard = site.pas.require({ tier: 'signed' });
  const ran = [];
  let before = () => undefined;
  const http = await bare(t, site, (request, response) => {
    before(response);
    const serve =
      request.url === '/page'
        ? site.pas.signing
        : (...args) =>
            site.pas.handler(...args, () => guard(request, response, () => (ran.push(1), response.end('{}'))));
    serve(request, response);
  });
  const requests = async () => [
    await frame.sign(),
    await frame.sign({}, { bytes: () => Buffer.alloc(64) }),
    { method: 'GET', target: '/page', fields: [] },
    { method: 'POST', target: '/.pas/hello', fields: [['Origin', site.signOrigin]] },
    { method: 'GET', target: '/.well-known/partitioned-authority', fields: [] },
  ];
  for (const [name, spoil, statuses] of [
    ['answered in full', (response) => response.writeHead(503).end('{}'), [503]],
    ['begun', (response) => (response.writeHead(200, { 'content-length': 10 }), response.write('begun')), [0]],
    ['setHeader throws', (response) => (response.setHeader = boom), [0]],
    ['end throws', (response) => (response.end = boom), [0, 200]],
    ['destroyed', (response) => response.destroy(), [0]],
  ]) {
    before = spoil;
    for (const request of await requests()) {
      const got = await status(http(request));
      assert.ok(statuses.includes(got), `${name}, ${request.target}: ${got}`);
    }
  }
  before = () => undefined;
  ran.length = 0;
  for (const [request, wanted] of (await requests()).map((one, index) => [one, [200, 401, 404, 400, 200][index]]))
    assert.equal(await status(http(request)), wanted);
  assert.deepEqual(ran, [1]);
});

test('somebody who reads the content while it is verified', async (t) => {
  survives(t);
  let underWay;
  const wrap = (store) =>
    new Proxy(store, {
      get: (inner, name) =>
        name !== 'admit'
          ? (inner[name].bind?.(inner) ?? inner[name])
          : async (...args) => {
              underWay?.resume();
              if (underWay) await once(underWay, 'end');
              return inner.admit(...args);
            },
    });
  const site = await startSite(t, { wrap });
  const frame = await site.enrolled();
  const guard = site.pas.require({ tier: 'signed' });
  const http = await bare(t, site, (request, response) => {
    underWay = request;
    guard(request, response, () => response.end(JSON.stringify(request.body)));
  });
  const post = { method: 'POST', target: '/api/a', type: 'application/json', body: '{"amount":1}' };
  assert.deepEqual((await accepted(http(await frame.sign(post)))).json, { amount: 1 });
  assert.equal(await status(http(await frame.sign(post, { body: '{"amount":2}' }))), 400);
});

test('a time-out of the app answers while content is still awaited', async (t) => {
  survives(t);
  const site = await startSite(t);
  const frame = await site.enrolled();
  const guard = site.pas.require({ tier: 'signed' });
  const answered = [];
  const server = createServer((request, response) => {
    answered.push(() => response.writeHead(503).end());
    site.pas.handler(request, response, () => guard(request, response, () => response.end('HANDLED')));
  });
  const port = await listen(server);
  closing(t, server);
  const hello = {
    method: 'POST',
    target: '/.pas/hello',
    fields: [
      ['Origin', site.signOrigin],
      ['Content-Type', 'application/json'],
      ['Content-Length', '2'],
    ],
  };
  const signed = await frame.sign({ method: 'POST', target: '/api/a', type: 'application/json', body: '{"amount":1}' });
  for (const [request, content] of [
    [hello, '{}'],
    [{ ...signed, fields: [...signed.fields, ['Content-Length', '12']], body: undefined }, '{"amount":1}'],
  ]) {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk)).on('error', () => undefined);
    const arrived = once(server, 'request');
    socket.write(wire(request, 'app.test').toString('latin1').replace('Connection: close\r\n', ''), 'latin1');
    socket.write(content.slice(0, 1));
    const [received] = await arrived;
    while (received.listenerCount('readable') === 0) await turn();
    answered.at(-1)();
    while (!text.includes('503')) await once(socket, 'data');
    socket.write(content.slice(1));
    while (!received.complete || received.listenerCount('readable') > 0) await turn();
    if (request !== hello) {
      while (site.decisions.at(-1).path !== request.target) await turn();
      const { outcome, code } = site.decisions.at(-1);
      assert.deepEqual([outcome, code], ['refused', 'ERR_TIME_STALE'], 'nothing is accepted that no handler gets');
    }
    assert.equal(text.split('HTTP/1.1').length, 2, 'one answer');
    assert.ok(!text.includes('HANDLED'));
    socket.destroy();
  }
  // Its nonce is not spent.
  await accepted(site.http(signed));
  assert.equal(server.listening, true);
});

test('who is refused by the head alone costs no content', async (t) => {
  survives(t);
  const site = await startSite(t);
  const { raw } = site.authority;
  const never = { [Symbol.asyncIterator]: () => ({ next: () => assert.fail('the content was read') }) };
  const own = [
    ['Origin', site.signOrigin],
    ['Content-Type', 'application/json'],
  ];
  const headOnly = async (target, fields) =>
    (await raw.handle(incoming({ method: 'POST', target, fields, body: never }))).headers.find(
      ([name]) => name === 'pas-error',
    )?.[1];
  for (const [target, fields, code] of [
    ['/.pas/hello', [['Origin', 'http://evil.test'], own[1]], 'ERR_ORIGIN_REFUSED'],
    ['/.pas/hello', [own[1]], 'ERR_ORIGIN_REFUSED'],
    ['/.pas/hello', [own[0], ['Content-Type', 'text/plain']], 'ERR_JSON_INVALID'],
    ['/.pas/hello', [own[0]], 'ERR_JSON_INVALID'],
    ['/.pas/enrol', [['Origin', 'http://evil.test'], own[1]], 'ERR_ORIGIN_REFUSED'],
    ['/.pas/enrol', own, 'ERR_ENROL_REFUSED'],
    ['/.pas/logout', [['Origin', 'http://evil.test'], own[1]], 'ERR_ORIGIN_REFUSED'],
    ['/.pas/rekey', own, 'ERR_SESSION_MISSING'],
    ['/.pas/nothing', own, 'ERR_NOT_FOUND'],
  ])
    assert.equal(await headOnly(target, fields), code, `${target} ${code}`);
  const hello = await raw.handle(
    incoming({ method: 'POST', target: '/.pas/hello', fields: own, body: Buffer.from('{}') }),
  );
  assert.equal(hello.status, 200);

  await t.test('over a connection: answered before the content comes', async () => {
    const socket = connect(site.port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk));
    socket.write(
      wire(
        {
          method: 'POST',
          target: '/.pas/hello',
          fields: [
            ['Origin', 'http://evil.test'],
            ['Content-Length', '20'],
          ],
        },
        'app.test',
      ),
    );
    while (!text.includes('ERR_ORIGIN_REFUSED')) await once(socket, 'data');
    socket.destroy();
  });
});

test('a malformed head on a socket that throws', async (t) => {
  survives(t);
  const site = await startSite(t);
  const garbage = 'GARBAGE\r\n\r\n';
  assert.equal((await send(site.port, Buffer.from(garbage))).status, 400);
  const app = express().use(site.pas.handler);
  const server = createServer(app);
  site.pas.attach(server);
  const port = await listen(server);
  closing(t, server);
  server.prependListener('clientError', (_error, socket) => (socket.end = boom));
  await assert.rejects(send(port, Buffer.from(garbage)));
  assert.equal(server.listening, true);
});
