// Bounds on what a client may cost, and what happens when the store does not answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PartitionedAuthorityError } from 'partitioned-authority/verifier';
import { acceptance, accepted, refusal, refused } from './kit/expect.mjs';
import { T0, incoming, send, startSite, webTransport, wire } from './kit/site.mjs';

const replaceField = (name, value) => (fields) =>
  fields.map((field) => (field[0].toLowerCase() === name ? [field[0], value] : field));
const addField = (name, value) => (fields) => [...fields, [name, value]];

test('a head of 1 MB', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const before = await site.snapshot('alice');
  const big = addField('X-Big', 'x'.repeat(1 << 20));
  const answer = await frame.fetch({}, { fields: big });
  await refused(answer, 'ERR_HEADER_LIMIT');
  assert.equal(answer.get('connection'), 'close');
  assert.equal(answer.get('content-length'), String(answer.body.length));
  assert.equal(await site.snapshot('alice'), before);
  await accepted(frame.fetch({}, { fields: addField('X-Big', 'x'.repeat(4096)) }));

  await t.test('as a web request', async () => {
    frame.transport = webTransport(site);
    await refused(frame.fetch({}, { fields: big }), 'ERR_HEADER_LIMIT');
    await accepted(frame.fetch());
  });
  await t.test('in one field of a control request', async () => {
    frame.transport = site.http;
    await refused(frame.hello({ cookies: `a=${'x'.repeat(1 << 20)}` }), 'ERR_HEADER_LIMIT');
    await accepted(frame.hello());
  });
});

test("the head's limit is exact and configurable", async (t) => {
  const site = await startSite(t, { limits: { headerBytes: 2000 } });
  const frame = await site.enrolled();
  /** A request whose target and fields, joined by line feeds, are so many bytes. */
  const ofSize = async (bytes) => {
    const request = incoming(await frame.sign({}, { fields: addField('X-Fill', '') }));
    const { head } = request;
    const fill = bytes - head.fields.length - head.target.length;
    assert.ok(fill > 0);
    return site.authority.raw.verify(
      { ...request, head: { ...head, fields: head.fields + 'x'.repeat(fill) } },
      { tier: 'signed' },
    );
  };
  await acceptance(ofSize(2000));
  await refusal(ofSize(2001), 'ERR_HEADER_LIMIT');
  await t.test('for every kind of route', async () => {
    const big = [['X-Fill', 'x'.repeat(2000)]];
    await refused(frame.plain({ target: '/shell', fields: big }), 'ERR_HEADER_LIMIT');
    await accepted(frame.plain({ target: '/shell' }));
    await refused(
      frame.control('logout', undefined, { fields: addField('X-Fill', 'x'.repeat(2000)) }),
      'ERR_HEADER_LIMIT',
    );
    await refused(
      site
        .frame()
        .plain({
          method: 'POST',
          target: '/.pas/hello',
          body: Buffer.from('{}'),
          fields: [['Origin', site.signOrigin], ...big],
        }),
      'ERR_HEADER_LIMIT',
    );
    await accepted(frame.hello());
    await accepted(frame.control('logout'));
  });
  await t.test('in bytes, not characters', async () => {
    const wide = await startSite(t, { limits: { headerBytes: 2000 } });
    const other = await wide.enrolled();
    const padded = async (text) =>
      wide.authority.raw.verify(incoming(await other.sign({}, { fields: addField('X-Fill', text) })), {
        tier: 'signed',
      });
    await acceptance(padded('x'.repeat(900)));
    await refusal(padded('é'.repeat(900)), 'ERR_HEADER_LIMIT');
  });
});

test("a server without attach() answers in Node's way, and does not fall", async (t) => {
  const site = await startSite(t, { attach: false });
  const frame = await site.enrolled();
  const answer = await frame.fetch({}, { fields: addField('X-Big', 'x'.repeat(1 << 20)) });
  assert.equal(answer.status, 431);
  await accepted(frame.fetch());
});

test('content has a limit', async (t) => {
  const site = await startSite(t, { limits: { bodyBytes: 5000 } });
  const frame = await site.enrolled();
  const before = await site.snapshot('alice');
  const post = (length, target = '/api/a') =>
    frame.fetch({ method: 'POST', target, body: Buffer.alloc(length, 0x61), type: 'text/plain' });
  await refused(post(5001), 'ERR_BODY_LIMIT');
  await refused(post(1 << 20), 'ERR_BODY_LIMIT');
  assert.equal(await site.snapshot('alice'), before);
  await accepted(post(5000));
  await t.test('of its own per route', async () => {
    await refused(post(101, '/api/small'), 'ERR_BODY_LIMIT');
    await accepted(post(100, '/api/small'));
  });
  await t.test('counted as it comes, whatever the length says', async () => {
    const chunked = async (length) => {
      const request = await frame.sign({ method: 'POST', target: '/api/small', body: Buffer.alloc(length, 0x61) });
      const body = Buffer.concat(
        [...Array(length)].map(() => Buffer.from('1\r\na\r\n')).concat(Buffer.from('0\r\n\r\n')),
      );
      return frame.send({ ...request, body, fields: [...request.fields, ['Transfer-Encoding', 'chunked']] });
    };
    await refused(chunked(101), 'ERR_BODY_LIMIT');
    await accepted(chunked(100));
  });
  await t.test('of an endless stream', async () => {
    let taken = 0;
    async function* endless() {
      for (;;) {
        taken += 1000;
        yield new Uint8Array(1000);
      }
    }
    const request = await frame.sign({ method: 'POST', target: '/api/a', body: 'x' });
    await refusal(
      site.authority.raw.verify(incoming({ ...request, body: endless() }), { tier: 'signed' }),
      'ERR_BODY_LIMIT',
    );
    assert.equal(taken, 6000);
  });
});

test('content of a megabyte is accepted by default, and one byte more is not', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const post = (length) => frame.fetch({ method: 'POST', target: '/api/a', body: Buffer.alloc(length, 0x61) });
  assert.equal((await accepted(post(1 << 20))).json.body.length, 1 << 20);
  await refused(post((1 << 20) + 1), 'ERR_BODY_LIMIT');
});

test('content that never ends is given up', async (t) => {
  const site = await startSite(t, { windows: { body: 50 } });
  const frame = await site.enrolled();
  const before = await site.snapshot('alice');
  await t.test('a stream', async () => {
    let returned = false;
    const stalled = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: async () => ((returned = true), { done: true, value: undefined }),
      }),
    };
    const request = await frame.sign({ method: 'POST', target: '/api/a', body: 'content' });
    await refusal(
      site.authority.raw.verify(incoming({ ...request, body: stalled }), { tier: 'signed' }),
      'ERR_TIME_STALE',
    );
    assert.ok(returned, 'the stream was let go');
  });
  await t.test('a stream that trickles', async () => {
    async function* trickle() {
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        yield new Uint8Array(1);
      }
    }
    const request = await frame.sign({ method: 'POST', target: '/api/a', body: 'content' });
    await refusal(
      site.authority.raw.verify(incoming({ ...request, body: trickle() }), { tier: 'signed' }),
      'ERR_TIME_STALE',
    );
  });
  await t.test('a web stream', async () => {
    let cancelled = false;
    const body = new ReadableStream({ pull: () => new Promise(() => {}), cancel: () => void (cancelled = true) });
    const request = await frame.sign({ method: 'POST', target: '/api/a', body: 'content' });
    frame.transport = webTransport(site);
    await refused(frame.send({ ...request, body }), 'ERR_TIME_STALE');
    frame.transport = site.http;
    assert.ok(cancelled, 'the stream was let go');
  });
  await t.test('a web stream that somebody else reads, at once', async () => {
    const body = new ReadableStream({ pull: () => new Promise(() => {}) });
    body.getReader();
    const request = await frame.sign({ method: 'POST', target: '/api/a', body: 'content' });
    await refusal(site.authority.raw.verify(incoming({ ...request, body }), { tier: 'signed' }), 'ERR_BODY_UNREADABLE');
  });
  await t.test('over a connection', async () => {
    const request = await frame.sign({ method: 'POST', target: '/api/a', body: 'content' });
    const bytes = wire(request, 'app.test');
    await refused(send(site.port, bytes.subarray(0, -3)), 'ERR_TIME_STALE');
  });
  await t.test('of control requests', async () => {
    const hello = wire(
      {
        method: 'POST',
        target: '/.pas/hello',
        fields: [
          ['Origin', site.signOrigin],
          ['Content-Type', 'application/json'],
        ],
        body: '{}',
      },
      'app.test',
    );
    await refused(send(site.port, hello.subarray(0, -1)), 'ERR_TIME_STALE');
  });
  assert.equal(await site.snapshot('alice'), before);
  await accepted(frame.fetch({ method: 'POST', target: '/api/a', body: 'content' }));
  await accepted(frame.hello());
});

test('hosts that never answer', async (t) => {
  const never = () => new Promise(() => {});
  let hangs;
  const wrap = (store) =>
    new Proxy(store, {
      get: (inner, name) =>
        name === hangs ? never : typeof inner[name] === 'function' ? inner[name].bind(inner) : inner[name],
    });
  let policy = () => undefined;
  const site = await startSite(t, {
    wrap,
    windows: { body: 50 },
    configure: (app, pas, seen) => {
      app.get(
        '/api/x',
        pas.require({ tier: 'signed', action: 'x', stepUp: () => policy() }),
        (_request, response) => (seen.push(1), response.json({})),
      );
      app.get('/shell', pas.require({ tier: 'identified' }), (_request, response) => (seen.push(1), response.json({})));
    },
  });
  const frame = await site.enrolled();
  const shell = () => frame.plain({ target: '/shell' });
  hangs = 'read';
  await refused(shell(), 'ERR_STORE_DOWN');
  await refused(frame.fetch({ target: '/api/x' }), 'ERR_STORE_DOWN');
  hangs = undefined;
  policy = never;
  await refused(frame.fetch({ target: '/api/x' }), 'ERR_VERIFIER_FAULT');
  assert.deepEqual(site.seen, []);
  policy = () => undefined;
  await accepted(shell());
  await accepted(frame.fetch({ target: '/api/x' }));
});

test('bytes that no field may hold', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const before = await site.snapshot('alice');
  const typed = (type) => ({ method: 'POST', target: '/api/a', body: 'x', type });
  await t.test('Latin-1 in covered fields', async () => {
    for (const value of ['text/\xff', 'text/plain; charset=\xe9', 'text/\x7f']) {
      await refused(
        frame.fetch(typed('text/plain'), { fields: replaceField('content-type', value) }),
        'ERR_SIG_MALFORMED',
      );
      await refused(frame.fetch(typed(value)), 'ERR_SIG_MALFORMED');
    }
    for (const name of ['signature-input', 'signature', 'content-digest']) {
      await refused(
        frame.fetch(typed('text/plain'), {
          fields: (fields) =>
            fields.map((field) => (field[0].toLowerCase() === name ? [field[0], `${field[1]}\xe9`] : field)),
        }),
        'ERR_SIG_MALFORMED',
      );
    }
    await accepted(frame.fetch(typed('text/plain')));
  });
  await t.test('bytes that are no UTF-8 in covered fields', async () => {
    await refused(
      frame.fetch(typed('text/plain'), { fields: replaceField('content-type', '\xc3\x28') }),
      'ERR_SIG_MALFORMED',
    );
    await accepted(frame.fetch(typed('text/plain')));
  });
  await t.test('bytes that are no UTF-8 in other fields and cookies', async () => {
    await accepted(frame.fetch({}, { fields: addField('X-Other', '\xff\xfe\xc3\x28') }));
    await accepted(
      frame.fetch(
        {},
        { fields: (fields) => fields.map(([name, value]) => [name, name === 'Cookie' ? `a=\xff; ${value}` : value]) },
      ),
    );
  });
  await t.test('NUL, line ends and folded lines', async () => {
    for (const value of ['a\0b', 'a\rb', 'a\nb', 'a\r\n b', 'a\x01b']) {
      const answer = await frame.fetch({}, { fields: addField('X-Other', value) });
      await refused(answer, 'ERR_SIG_MALFORMED');
      assert.equal(answer.get('connection'), 'close');
    }
    await accepted(frame.fetch({}, { fields: addField('X-Other', 'a\tb') }));
  });
  await t.test('a line feed that got past the host', async () => {
    const { raw } = site.authority;
    const injected = async (name, value) => {
      const request = incoming(await frame.sign());
      const fields = `${request.head.fields}\n${name}\n${value}`;
      return raw.verify(
        { ...request, head: { ...request.head, fields, count: request.head.count + 1 } },
        { tier: 'signed' },
      );
    };
    await acceptance(injected('X-Other', 'a'));
    await refusal(injected('X-Other', 'a\nX-More\nb'), 'ERR_SIG_MALFORMED');
    await refusal(injected('X-Other', 'a\nb'), 'ERR_SIG_MALFORMED');
    await refusal(injected('X-Other\nX-More', 'b'), 'ERR_SIG_MALFORMED');
  });
  assert.equal(JSON.parse(await site.snapshot('alice'))[0].length, JSON.parse(before)[0].length);
});

test('targets that are not in origin form', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const { raw } = site.authority;
  await t.test('over a connection', async () => {
    const target = `http://app.pas.localhost:${site.port}/api/signed`;
    await refused(frame.fetch({}, { target }), 'ERR_SIG_MALFORMED');
    await refused(frame.fetch({ target }), 'ERR_SIG_MALFORMED');
    await refused(frame.fetch({}, { target: '/api/signed#a' }), 'ERR_SIG_MALFORMED');
    assert.notEqual((await frame.fetch({}, { target: '*', method: 'OPTIONS' })).status, 200);
    await assert.rejects(
      frame.fetch({}, { target: 'app.pas.localhost:443', method: 'CONNECT' }),
      'nobody listens for CONNECT',
    );
    assert.notEqual((await frame.fetch({}, { target: '/api/sig ned' })).status, 200);
    assert.notEqual((await frame.fetch({}, { target: '/api/\xe9' })).status, 200);
    await accepted(frame.fetch());
  });
  await t.test('whatever host hands them on', async () => {
    for (const target of [
      '',
      '*',
      'api/signed',
      'http://app.test/api',
      'app.test:443',
      '//',
      '/a b',
      '/a#b',
      '/é',
      '/a\u0000',
      '/a\t',
      '/a\x7f',
      '?a',
      '#',
      '\\',
    ]) {
      const request = incoming(await frame.sign({}, { target }));
      if (target === '//') await refusal(raw.verify(request, { tier: 'signed' }), 'ERR_SIG_INVALID');
      else await refusal(raw.verify(request, { tier: 'signed' }), 'ERR_SIG_MALFORMED');
    }
    await acceptance(raw.verify(incoming(await frame.sign()), { tier: 'signed' }));
  });
  await t.test('methods that are no tokens', async () => {
    for (const method of ['', 'GE T', 'GET\n', 'GÉT', 'A'.repeat(33), 'GET,POST']) {
      await refusal(raw.verify(incoming(await frame.sign({}, { method })), { tier: 'signed' }), 'ERR_SIG_MALFORMED');
    }
    await refusal(raw.verify(incoming(await frame.sign({}, { method: 'get' })), { tier: 'signed' }), 'ERR_SIG_INVALID');
    await acceptance(raw.verify(incoming(await frame.sign({ method: 'get' })), { tier: 'signed' }));
    await acceptance(raw.verify(incoming(await frame.sign({ method: 'X-Custom' })), { tier: 'signed' }));
  });
});

test('malformed requests change nothing', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const other = await site.enrolled('bob');
  const before = await site.snapshot('alice', 'bob');
  site.seen.length = 0;
  const ready = await frame.sign({ method: 'POST', target: '/api/a', body: 'x', type: 'text/plain' });
  for (let i = 0; i < ready.fields.length; i += 1) {
    const [name, value] = ready.fields[i];
    for (const bad of [
      '',
      ' ',
      '=',
      ';',
      ',',
      '"',
      '(',
      ':',
      value.slice(0, -1),
      `${value}${value}`,
      `${value},${value}`,
      value.slice(1),
      value.split('').reverse().join(''),
    ]) {
      const answer = await site.http({ ...ready, fields: ready.fields.with(i, [name, bad]) });
      assert.ok(answer.status >= 400 && answer.status < 500, `${name}: ${bad} → ${answer.status}`);
      assert.equal(answer.code?.startsWith('ERR_'), true);
    }
  }
  assert.deepEqual(site.seen, []);
  assert.equal(await site.snapshot('alice', 'bob'), before);
  await accepted(site.http(ready));
  await accepted(other.fetch());
});

test('refusals have a budget per address', async (t) => {
  const site = await startSite(t, { limits: { refusals: { limit: 5, windowMs: 3_600_000 } } });
  const frame = await site.enrolled();
  const { raw } = site.authority;
  const from = async (address, change) =>
    raw.verify(incoming(await frame.sign({}, change), { address }), { tier: 'signed' });
  const bad = { bytes: () => Buffer.alloc(64) };
  for (let i = 0; i < 5; i += 1) {
    await acceptance(from('192.0.2.1'));
    await refusal(from('192.0.2.1', bad), 'ERR_SIG_INVALID');
  }
  const limited = await refusal(from('192.0.2.1', bad), 'ERR_RATE_LIMITED');
  await refusal(from('192.0.2.1'), 'ERR_RATE_LIMITED');
  assert.equal(limited.status, 429);
  const retryAfter = Number(new Map(limited.reply.headers).get('retry-after'));
  assert.ok(retryAfter > 600 && retryAfter <= 720, `${retryAfter} s`);
  await t.test('another address is not affected', async () => {
    await acceptance(from('192.0.2.2'));
    await acceptance(from('2001:db8::1'));
    await acceptance(from(undefined));
    await refusal(from('192.0.2.2', bad), 'ERR_SIG_INVALID');
  });
  await t.test('the addresses of one IPv6 subscriber are one', async () => {
    for (let i = 0; i < 5; i += 1) await refusal(from(`2001:db8:1:2::${i}`, bad), 'ERR_SIG_INVALID');
    await refusal(from('2001:db8:1:2:ffff::1'), 'ERR_RATE_LIMITED');
    await acceptance(from('2001:db8:1:3::1'));
  });
  await t.test('an IPv4 address is the same in IPv6 notation', async () => {
    await refusal(from('::ffff:192.0.2.1'), 'ERR_RATE_LIMITED');
    await acceptance(from('::ffff:192.0.2.9'));
  });
  await t.test('acceptances cost nothing', async () => {
    for (let i = 0; i < 20; i += 1) await acceptance(from('192.0.2.3'));
  });
});

test('over HTTP: 429 and Retry-After', async (t) => {
  const site = await startSite(t, { limits: { refusals: { limit: 2, windowMs: 3_600_000 } } });
  const frame = await site.enrolled();
  await accepted(frame.fetch());
  await refused(frame.plain({ target: '/api/a' }), 'ERR_SIG_MISSING');
  await refused(frame.plain({ target: '/api/a' }), 'ERR_SIG_MISSING');
  const answer = await refused(frame.fetch(), 'ERR_RATE_LIMITED');
  assert.match(answer.get('retry-after'), /^\d+$/);
  assert.ok(Number(answer.get('retry-after')) <= 1800);
});

test('what the budget itself refuses does not prolong the wait', async (t) => {
  const windowMs = 60_000;
  const site = await startSite(t, { limits: { refusals: { limit: 2, windowMs } } });
  const frame = await site.enrolled();
  const stranger = () => site.frame().plain({ target: '/api/a' });
  for (let i = 0; i < 2; i += 1) await refused(stranger(), 'ERR_SESSION_MISSING');
  const first = Number((await refused(stranger(), 'ERR_RATE_LIMITED')).get('retry-after'));
  for (let i = 0; i < 100; i += 1) await refused(stranger(), 'ERR_RATE_LIMITED');
  const last = Number((await refused(frame.fetch(), 'ERR_RATE_LIMITED')).get('retry-after'));
  assert.ok(first <= windowMs / 1000, `${first} s`);
  assert.ok(last <= windowMs / 1000, `a person behind the same address waits ${last} s, the window is 60 s`);
});

test('control requests have a budget per address', async (t) => {
  const site = await startSite(t, { limits: { control: { limit: 4, windowMs: 3_600_000 } } });
  const frame = await site.enrolled();
  await accepted(frame.hello());
  await accepted(frame.hello());
  const answer = await refused(frame.hello(), 'ERR_RATE_LIMITED');
  assert.ok(Number(answer.get('retry-after')) <= 900);
  assert.equal(answer.get('access-control-allow-origin'), site.signOrigin, 'the frame can read it');
  await accepted(frame.fetch());
  const elsewhere = await site.authority.raw.handle(
    incoming(
      {
        method: 'POST',
        target: '/.pas/hello',
        fields: [
          ['Origin', site.signOrigin],
          ['Content-Type', 'application/json'],
        ],
        body: Buffer.from('{}'),
      },
      { address: '192.0.2.7' },
    ),
  );
  assert.equal(elsewhere.status, 200);
});

test('a session has a rate, and so has its account', async (t) => {
  const site = await startSite(t, {
    limits: { session: { limit: 3, windowMs: 60_000 }, account: { limit: 5, windowMs: 60_000 } },
  });
  const frame = await site.enrolled('alice');
  const second = await site.enrolled('alice');
  const bob = await site.enrolled('bob');
  for (let i = 0; i < 3; i += 1) await accepted(frame.fetch());
  const before = await site.snapshot('alice');
  const answer = await refused(frame.fetch(), 'ERR_RATE_LIMITED');
  assert.equal(answer.get('retry-after'), '20');
  assert.equal(await site.snapshot('alice'), before);
  await accepted(second.fetch());
  await accepted(second.fetch());
  await refused(second.fetch(), 'ERR_RATE_LIMITED');
  await accepted(bob.fetch());
  site.time.now += 20_000;
  await accepted(frame.fetch());
  await refused(frame.fetch(), 'ERR_RATE_LIMITED');
  await t.test('a refused request can be sent again as it is', async () => {
    const request = await bob.sign();
    for (let i = 0; i < 3; i += 1) await bob.fetch();
    await refused(bob.send(request), 'ERR_RATE_LIMITED');
    site.time.now += 20_000;
    await accepted(bob.send(request));
  });
});

test('a limit of n lets n pass at once, for every n', async (t) => {
  for (const limit of [1, 2, 3, 6, 7, 9, 11, 13, 14, 17, 19, 23, 29, 30, 31, 37]) {
    await t.test(`session, ${limit} a minute`, async (t) => {
      const site = await startSite(t, { limits: { session: { limit, windowMs: 60_000 } } });
      const frame = await site.enrolled();
      const { server } = frame.account;
      const verify = async () =>
        site.authority.raw.verify(incoming(await frame.sign({}, { server })), { tier: 'signed' });
      for (let i = 0; i < limit; i += 1) await acceptance(verify());
      await refusal(verify(), 'ERR_RATE_LIMITED');
    });
  }
  await t.test('refusals of an address, 1 an hour', async (t) => {
    const site = await startSite(t, { limits: { refusals: { limit: 1, windowMs: 3_600_000 } } });
    const frame = await site.enrolled();
    for (let i = 0; i < 50; i += 1) {
      const from = async (change) =>
        site.authority.raw.verify(incoming(await frame.sign({}, change), { address: `192.0.2.${i}` }), {
          tier: 'signed',
        });
      await refusal(from({ bytes: () => Buffer.alloc(64) }), 'ERR_SIG_INVALID');
      await refusal(from(), 'ERR_RATE_LIMITED');
    }
  });
});

test('a full memory store refuses, and forgets nothing that counts', async (t) => {
  await t.test('replay entries', async (t) => {
    const site = await startSite(t, { memory: { maxReplayEntries: 3 } });
    const frame = await site.enrolled();
    const requests = [];
    for (let i = 0; i < 3; i += 1) {
      requests.push(await frame.sign());
      await accepted(frame.send(requests[i]));
    }
    const before = await site.snapshot('alice');
    const late = await frame.sign();
    for (let i = 0; i < 3; i += 1) await refused(frame.fetch(), 'ERR_STORE_FULL');
    await refused(frame.send(late), 'ERR_STORE_FULL');
    assert.equal(await site.snapshot('alice'), before);
    for (const request of requests) await refused(frame.send(request), 'ERR_NONCE_USED');
    // Full until the entries expire: created + 1 s + 30 s + 30 s + 5 s.
    site.time.now = T0 + 66_000;
    await frame.refresh();
    await refused(frame.fetch(), 'ERR_STORE_FULL');
    site.time.now += 1;
    await frame.refresh();
    await accepted(frame.fetch());
    for (const request of requests) await refused(frame.send(request), 'ERR_TIME_STALE');
  });
  await t.test('sessions', async (t) => {
    const site = await startSite(t, { memory: { maxSessions: 2 } });
    const [one, two] = [await site.enrolled('alice'), await site.enrolled('bob')];
    const third = await site.login(site.frame(), 'carol');
    await refused(third.enrol(), 'ERR_STORE_FULL');
    await accepted(one.fetch());
    await accepted(two.control('logout'));
    await accepted(third.enrol());
    await accepted(third.fetch());
  });
  await t.test('tickets', async (t) => {
    const site = await startSite(t, { memory: { maxTickets: 2 } });
    const frame = await site.enrolled('alice');
    const url = (await accepted(frame.control('ticket', { url: '/api/file' }))).json.url;
    await accepted(frame.control('ticket', { url: '/api/file' }));
    await refused(frame.control('ticket', { url: '/api/file' }), 'ERR_STORE_FULL');
    await assert.rejects(site.login(site.frame(), 'bob'), { code: 'ERR_STORE_FULL' });
    await accepted(frame.plain({ target: url }));
    await site.enrolled('bob');
    site.time.now += 30_001;
    await site.enrolled('carol');
  });
});

/** A store whose operation `name` fails while `down.name` says so. */
const failing = (down) => (store) =>
  new Proxy(store, {
    get:
      (target, name) =>
      (...args) => {
        if (down.name !== name) return target[name](...args);
        return down.fail();
      },
  });

test('a store that fails closes the door', async (t) => {
  const ways = {
    throws: () => {
      throw new Error('boom');
    },
    rejects: () => Promise.reject(new Error('ECONNREFUSED')),
    'rejects with nothing': () => Promise.reject(undefined),
    'says that it is down': () => Promise.reject(new PartitionedAuthorityError('ERR_STORE_DOWN', 'no primary')),
  };
  for (const [way, fail] of Object.entries(ways)) {
    await t.test(way, async (t) => {
      const down = { fail };
      const site = await startSite(t, { wrap: failing(down) });
      const frame = await site.enrolled();
      const during = async (name, work) => {
        down.name = name;
        const before = await site.store.list(frame.account.tag);
        site.seen.length = 0;
        const answer = await refused(work(), 'ERR_STORE_DOWN');
        assert.ok(!/boom|ECONN|primary/.test(answer.text));
        assert.deepEqual(site.seen, []);
        assert.deepEqual(answer.all('set-cookie'), []);
        assert.deepEqual(await site.store.list(frame.account.tag), before);
        down.name = undefined;
      };
      const request = await frame.sign();
      await during('admit', () => site.http(request));
      await accepted(frame.send(request));
      await during('read', () => frame.plain({ target: '/shell' }));
      await accepted(frame.plain({ target: '/shell' }));
      await t.test('read, for the key', async () => {
        const second = await site.enrolled('alice');
        const first = await second.sign();
        await during('read', () => site.http(first));
        await accepted(site.http(first));
      });
      const fresh = await site.login(site.frame(), 'alice');
      await during('create', () => fresh.enrol());
      await accepted(fresh.enrol());
      await during('revoke', () => frame.control('logout'));
      await accepted(frame.fetch());
      await during('rekey', () => frame.rekey());
      await accepted(frame.fetch());
      await during('putTicket', () => frame.control('ticket', { url: '/api/file' }));
      const { url } = (await accepted(frame.control('ticket', { url: '/api/file' }))).json;
      await during('takeTicket', () => frame.plain({ target: url }));
      await accepted(frame.plain({ target: url }));
    });
  }
});

test('a store that was down locks nobody out afterwards', async (t) => {
  const down = { fail: () => Promise.reject(new Error('ECONNREFUSED')) };
  const site = await startSite(t, { wrap: failing(down), limits: { refusals: { limit: 3, windowMs: 60_000 } } });
  const frame = await site.enrolled();
  down.name = 'admit';
  for (let i = 0; i < 10; i += 1) await refused(frame.fetch(), 'ERR_STORE_DOWN');
  down.name = undefined;
  await accepted(frame.fetch());
  for (let i = 0; i < 3; i += 1) await refused(frame.fetch({}, { bytes: () => Buffer.alloc(64) }), 'ERR_SIG_INVALID');
  await refused(frame.fetch(), 'ERR_RATE_LIMITED');
});

test('however many refusals are on their way at once, the wait is no longer than the window', async (t) => {
  const site = await startSite(t, { limits: { refusals: { limit: 3, windowMs: 60_000 } } });
  const frame = await site.enrolled();
  const bad = await Promise.all(Array.from({ length: 20 }, () => frame.sign({}, { bytes: () => Buffer.alloc(64) })));
  await Promise.all(bad.map((request) => site.http(request)));
  const answer = await refused(frame.fetch(), 'ERR_RATE_LIMITED');
  assert.ok(Number(answer.get('retry-after')) <= 20, answer.get('retry-after'));
});

test('a store that is down for a log-in says so to the app', async (t) => {
  const down = { name: 'putTicket', fail: () => Promise.reject(new Error('boom')) };
  const site = await startSite(t, { wrap: failing(down) });
  await assert.rejects(site.authority.begin({ id: 'alice' }), /boom/);
  down.name = undefined;
  await site.authority.begin({ id: 'alice' });
});

test('a store that answers nonsense accepts nothing', async (t) => {
  const down = {};
  const site = await startSite(t, { wrap: failing(down) });
  const frame = await site.enrolled();
  for (const nonsense of [
    undefined,
    null,
    true,
    {},
    { ok: 'yes' },
    { ok: false },
    { ok: false, code: 'nonsense' },
    { ok: true },
  ]) {
    down.name = 'admit';
    down.fail = async () => nonsense;
    site.seen.length = 0;
    const answer = await frame.fetch();
    assert.ok(answer.status >= 400, `${JSON.stringify(nonsense)} → ${answer.status}`);
    assert.deepEqual(site.seen, []);
    down.name = undefined;
    await frame.refresh();
    await accepted(frame.fetch());
  }
});

test('an audit that throws decides nothing', async (t) => {
  const heard = [];
  const audit = (decision) => {
    heard.push(decision.outcome);
    throw new Error('the disk is full');
  };
  const site = await startSite(t, { audit });
  const frame = await site.enrolled();
  await accepted(frame.fetch());
  await refused(frame.fetch({}, { bytes: () => Buffer.alloc(64) }), 'ERR_SIG_INVALID');
  await accepted(frame.fetch());
  assert.deepEqual(heard.slice(-3), ['accepted', 'refused', 'accepted']);
});

test('an audit that rejects decides nothing', async (t) => {
  const unhandled = [];
  const note = (error) => unhandled.push(error);
  process.on('unhandledRejection', note);
  t.after(() => process.off('unhandledRejection', note));
  const site = await startSite(t, {
    audit: async () => {
      throw new Error('the disk is full');
    },
  });
  const frame = await site.enrolled();
  await accepted(frame.fetch());
  await refused(frame.fetch({}, { bytes: () => Buffer.alloc(64) }), 'ERR_SIG_INVALID');
  assert.deepEqual(
    unhandled.map((error) => error.message),
    [],
  );
});
