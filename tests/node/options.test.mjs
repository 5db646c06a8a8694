// Options are checked once, at start. The signing page, the well-known document, CORS, and unknown routes.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { nodeAdapter } from 'partitioned-authority/adapters/node';
import { memoryStore } from 'partitioned-authority/stores/memory';
import { createAuthority } from 'partitioned-authority/verifier';
import { accepted, refused } from './kit/expect.mjs';
import { SECRET, incoming, makeAuthority, startSite } from './kit/site.mjs';

const GOOD = { appOrigin: 'https://app.example.com', signOrigin: 'https://sign.example.com', secret: SECRET };
const invalid = { name: 'PartitionedAuthorityError', code: 'ERR_CONFIG_INVALID' };

test('what can not be meant is refused at start', async (t) => {
  const store = memoryStore();
  t.after(() => store.close());
  const make = (options) => createAuthority({ ...GOOD, store, ...options });
  const good = (options) => assert.equal(typeof make(options).verifyRequest, 'function');
  const text = (bytes) => Buffer.alloc(bytes, 7).toString('base64url');
  const rates = ['session', 'account', 'refusals', 'control'];

  const table = {
    'appOrigin and signOrigin': [
      [
        {},
        { appOrigin: 'http://app.test:8080', signOrigin: 'http://sign.test' },
        { appOrigin: 'https://xn--bcher-kva.example' },
      ],
      [
        { appOrigin: undefined },
        { signOrigin: undefined },
        { appOrigin: '' },
        { appOrigin: 'app.example.com' },
        { appOrigin: 'https://app.example.com/' },
        { appOrigin: 'https://app.example.com/app' },
        { signOrigin: 'https://sign.example.com/?a' },
        { appOrigin: 'https://App.example.com' },
        { appOrigin: 'https://app.example.com:443' },
        { appOrigin: 'https://bücher.example' },
        { appOrigin: 'https://user@app.example.com' },
        { appOrigin: 'ftp://app.example.com' },
        { appOrigin: 'null' },
        { appOrigin: 'javascript:alert(1)' },
        { appOrigin: 1 },
        { appOrigin: new URL('https://app.example.com') },
        { signOrigin: ['https://sign.example.com'] },
      ],
    ],
    'one origin twice, or mixed schemes': [
      [{ signOrigin: 'https://app.example.com:8443' }],
      [
        { signOrigin: GOOD.appOrigin },
        { signOrigin: 'http://sign.example.com' },
        { appOrigin: 'http://app.example.com' },
      ],
    ],
    secret: [
      [
        { secret: [SECRET] },
        { secret: [text(33), SECRET, new Uint8Array(32)] },
        { secret: new Uint8Array(32) },
        { secret: Buffer.alloc(64) },
        { secret: text(32) },
        { secret: text(33) },
        { secret: text(48) },
      ],
      [
        { secret: undefined },
        { secret: null },
        { secret: '' },
        { secret: new Uint8Array(0) },
        { secret: new Uint8Array(31) },
        { secret: text(31) },
        { secret: text(32) + '=' },
        { secret: `${text(32)}+` },
        { secret: 'a passphrase of more than forty-three characters' },
        { secret: 'A'.repeat(45) },
        { secret: [...SECRET] },
        { secret: SECRET.buffer },
        { secret: {} },
        { secret: [] },
        { secret: [SECRET, SECRET] },
        { secret: [SECRET, Buffer.from(SECRET).toString('base64url')] },
        { secret: [SECRET, text(31)] },
        { secret: [new Uint8Array(31), SECRET] },
        { secret: [[SECRET]] },
        { secret: [SECRET, Buffer.from(SECRET)] },
        { secret: [SECRET, undefined] },
      ],
    ],
    store: [[{ store }], [{ store: undefined }, { store: null }, { store: {} }, { store: { admit: true } }]],
    windows: [
      [
        { windows: {} },
        { windows: { signed: 1, future: 0, body: 1, skew: 0 } },
        { windows: { signed: 86_400_000 } },
        { windows: { signed: undefined } },
      ],
      [
        ...['signed', 'future', 'body', 'skew'].flatMap((name) =>
          [NaN, -1, Infinity, -Infinity, 86_400_001, 2 ** 53, '30000'].map((value) => ({ windows: { [name]: value } })),
        ),
        { windows: { body: 0 } },
        { windows: { body: 1.5 } },
        { windows: { unknown: 1 } },
        { windows: 30_000 },
      ],
    ],
    session: [
      [{ session: {} }, { session: { idleMs: 1, absoluteMs: 1, rekeyAfterMs: 1 } }],
      ['idleMs', 'absoluteMs', 'rekeyAfterMs'].flatMap((name) =>
        [NaN, 0, -1, 0.5, Infinity, 2 ** 53, '60000'].map((value) => ({ session: { [name]: value } })),
      ),
    ],
    'session.limit': [
      [
        { session: { limit: { max: 1, policy: 'end-oldest' } } },
        { session: { limit: { max: 1000, policy: 'refuse-newest' } } },
      ],
      [
        { max: 0, policy: 'end-oldest' },
        { max: 1.5, policy: 'end-oldest' },
        { max: '2', policy: 'end-oldest' },
        { max: 2 },
        {},
        { max: 2, policy: 'end-newest' },
        { policy: 'end-oldest' },
        { max: 2, policy: 'end-oldest', per: 'user' },
      ].map((limit) => ({ session: { limit } })),
    ],
    limits: [
      [
        { limits: {} },
        { limits: { headerBytes: 1, bodyBytes: 1 } },
        ...rates.map((name) => ({ limits: { [name]: { limit: 1, windowMs: 1 } } })),
      ],
      [
        ...['headerBytes', 'bodyBytes'].flatMap((name) =>
          [NaN, 0, -1, 0.5, Infinity, '1'].map((value) => ({ limits: { [name]: value } })),
        ),
        ...rates.flatMap((name) =>
          [
            { limit: 0, windowMs: 1 },
            { limit: 1, windowMs: 0 },
            { limit: NaN, windowMs: 1 },
            { limit: 1, windowMs: NaN },
            { limit: -1, windowMs: -1 },
            { limit: Infinity, windowMs: 1 },
            { limit: 1 },
            { windowMs: 1 },
            {},
          ].map((value) => ({ limits: { [name]: value } })),
        ),
      ],
    ],
    interactionUses: [
      [{ interactionUses: 1 }],
      [0, -1, 1.5, NaN, Infinity, '4'].map((interactionUses) => ({ interactionUses })),
    ],
    interaction: [
      [
        { interaction: {} },
        { interaction: { onWeak: 'audit', replays: false } },
        { interaction: { onWeak: 'refuse', replays: {} } },
        { interaction: { onWeak: 'step-up', replays: { ttlMs: 1, most: 1 } } },
      ],
      [
        { onWeak: 'Refuse' },
        { onWeak: true },
        { onweak: 'audit' },
        { replays: true },
        { replays: null },
        { replays: { ttl: 5 } },
        ...[0, -1, 1.5, NaN, Infinity, '4'].map((most) => ({ replays: { most } })),
        ...[0, -1, 1.5, NaN, Infinity].map((ttlMs) => ({ replays: { ttlMs } })),
        { adapt: true },
        { replays: { anyone: 1 } },
      ].map((interaction) => ({ interaction })),
    ],
    signals: [
      [
        { signals: {} },
        { signals: { mode: 'off' } },
        { signals: { mode: 'relaxed', onMismatch: 'step-up', network: {} } },
        { signals: { mode: 'strict', onMismatch: 'refuse', network: { ipv4: 0, ipv6: 56 } } },
        { signals: { network: { ipv4: 24, ipv6: 0 } } },
      ],
      [
        { signals: { mode: 'Strict' } },
        { signals: { mode: 1 } },
        { signals: { onMismatch: 'ask' } },
        { signals: { on: true } },
        ...[-1, 25, 32, 8.5, NaN, '24'].map((ipv4) => ({ signals: { network: { ipv4 } } })),
        ...[-1, 57, 64, 128, NaN, '48'].map((ipv6) => ({ signals: { network: { ipv6 } } })),
        { signals: { network: { ipv5: 1 } } },
      ],
    ],
    crypto: [
      [{ crypto: 'native' }, { crypto: 'webcrypto' }, { crypto: 'wasm' }, { crypto: undefined }],
      [{ crypto: 'openssl' }, { crypto: '' }, { crypto: 'Native' }, { crypto: 1 }],
    ],
    functions: [
      [{ clock: () => 0, audit: () => {} }],
      [{ clock: 0 }, { clock: 'now' }, { audit: 'console' }, { audit: {} }],
    ],
  };
  for (const [name, [twins, bad]] of Object.entries(table)) {
    for (const options of bad) {
      await t.test(`${name}: ${inspect(options)}`, () => {
        assert.throws(() => make(options), invalid);
        for (const twin of twins) good(twin);
      });
    }
  }
});

const inspect = (value) =>
  JSON.stringify(value, (_, item) => (typeof item === 'number' && !Number.isFinite(item) ? String(item) : item)) ??
  String(value);

test('routes are checked when they are made', (t) => {
  const { authority } = makeAuthority(t);
  const pas = nodeAdapter(authority);
  for (const route of [
    { tier: 'interactive' },
    { tier: 'interactive', action: '' },
    { tier: 'consent' },
    { tier: '' },
    {},
    { tier: 'Signed' },
    { tier: 'toString' },
    { tier: 'interactive', action: 'a', ticket: true },
    { tier: 'identified', ticket: true },
    { tier: 'signed', bodyBytes: -1 },
    { tier: 'signed', bodyBytes: NaN },
    { tier: 'signed', bodyBytes: 'x' },
    { tier: 'verified' },
    { tier: 'consent', action: 'a', ticket: true },
    { tier: 'signed', stepUp: () => undefined },
    { tier: 'signed', action: 'a', stepUp: 'consent' },
    { tier: 'signed', action: 'a', ticket: true, stepUp: () => undefined },
    { tier: 'identified', action: 'a', stepUp: () => undefined },
  ])
    assert.throws(() => pas.require(route), invalid, inspect(route));
  for (const route of [
    { tier: 'identified' },
    { tier: 'signed' },
    { tier: 'signed', action: 'a' },
    { tier: 'signed', ticket: true },
    { tier: 'signed', bodyBytes: 0 },
    { tier: 'interactive', action: 'a' },
    { tier: 'consent', action: 'a' },
    { tier: 'verified', action: 'a' },
    { tier: 'signed', action: 'a', stepUp: () => undefined },
  ])
    assert.equal(typeof pas.require(route), 'function');
});

test('verifyRequest refuses a route that can not be meant, and accepts nothing', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const { fields } = await frame.sign();
  const request = () => new Request(`${site.appOrigin}/api/signed`, { headers: fields });
  await assert.rejects(site.authority.verifyRequest(request(), { tier: 'interactive' }), invalid);
  for (const route of [
    { tier: 'none' },
    {},
    { tier: 1 },
    { tier: Symbol('signed') },
    { tier: 'interactive', action: 5 },
    { tier: 'signed', action: {} },
    { tier: 'signed', bodyBytes: NaN },
    { tier: 'signed', bodyBytes: 'x' },
    { tier: 'signed', bodyBytes: -1 },
    { tier: 'signed', action: 'a', stepUp: null },
    { tier: 'signed', action: 'a', stepUp: true },
  ])
    await assert.rejects(site.authority.verifyRequest(request(), route), invalid, inspect(route));
  assert.equal((await site.authority.verifyRequest(request(), { tier: 'signed', bodyBytes: 0 })).ok, true);
});

test('an adapter that does not tell when a request came', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const request = await frame.sign();
  const verify = (receivedAt) => site.authority.raw.verify(incoming(request, { receivedAt }), { tier: 'signed' });
  for (const receivedAt of [undefined, NaN]) assert.equal((await verify(receivedAt)).code, 'ERR_CONFIG_INVALID');
  assert.equal((await verify(performance.now())).ok, true);
});

test('users', async (t) => {
  const { authority } = makeAuthority(t);
  for (const id of ['', undefined, null, 1, {}, 'x'.repeat(256)]) {
    await assert.rejects(authority.begin({ id }), invalid);
    assert.throws(() => authority.sessions.list(id), invalid);
  }
  await assert.rejects(authority.begin({ id: 'alice', label: 'x'.repeat(65) }), invalid);
  for (const user of [{ id: 'x'.repeat(255) }, { id: 'é😀' }, { id: 'alice', label: 'x'.repeat(64) }, { id: '\0' }]) {
    assert.match((await authority.begin(user)).setCookie, /^__Host-pas-enrol=1\./);
  }
  const tag = async (id) => (await authority.begin({ id })).setCookie.split('.')[1];
  assert.equal(await tag('alice'), await tag('alice'));
  assert.notEqual(await tag('alice'), await tag('Alice'));
});

test('the signing page', async (t) => {
  const { authority } = makeAuthority(t, {
    appOrigin: 'https://app.example.com',
    signOrigin: 'https://sign.example.com',
  });
  const get = (path, method = 'GET') =>
    authority.handleSigning(new Request(`https://sign.example.com${path}`, { method }));
  const page = await get('/');
  const html = await page.text();
  assert.equal(page.status, 200);
  assert.deepEqual(Object.fromEntries(page.headers), {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self' 'wasm-unsafe-eval'",
      'connect-src https://app.example.com/.pas/',
      'frame-ancestors https://app.example.com',
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
      "base-uri 'none'",
      "form-action 'none'",
    ].join('; '),
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'same-site',
    'origin-agent-cluster': '?1',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-cache',
  });

  const script = await get('/signing-iframe.js');
  assert.equal(script.status, 200);
  assert.equal(script.headers.get('content-type'), 'text/javascript; charset=utf-8');
  assert.equal(script.headers.get('cross-origin-resource-policy'), 'same-site');
  assert.equal(script.headers.get('x-content-type-options'), 'nosniff');
  const source = Buffer.from(await script.arrayBuffer());
  assert.ok(source.length > 10_000);
  const [, algorithm, hash] = /integrity="(sha\d+)-([^"]+)"/.exec(html);
  assert.equal(createHash(algorithm).update(source).digest('base64'), hash);
  const described = await authority.signingPage();
  assert.equal(described.html, html);
  assert.equal(described.integrity, `${algorithm}-${hash}`);
  assert.deepEqual(described.headers.sort(), [...page.headers].sort());

  assert.equal([...html.matchAll(/<script/g)].length, 1);
  assert.match(
    html,
    /<script src="\/signing-iframe\.js" integrity="[^"]+" data-app-origin="https:\/\/app\.example\.com" data-sign-origin="https:\/\/sign\.example\.com"><\/script>/,
  );
  assert.doesNotMatch(html, /<style|style=|on\w+=|<script>/);

  await t.test('HEAD', async () => {
    const head = await get('/', 'HEAD');
    assert.deepEqual([head.status, await head.text()], [200, '']);
    assert.equal(head.headers.get('content-security-policy'), page.headers.get('content-security-policy'));
  });
  await t.test('nothing else', async () => {
    for (const path of ['/index.html', '/.pas/hello', '/signing-iframe.js/', '/../etc/passwd', '/__proto__', '//']) {
      const answer = await get(path);
      assert.deepEqual([answer.status, await answer.text()], [404, ''], path);
      assert.equal(answer.headers.get('cross-origin-resource-policy'), 'same-site');
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = await get('/', method);
      assert.equal(answer.status, 405);
      assert.equal(answer.headers.get('allow'), 'GET, HEAD');
      assert.equal(answer.headers.get('access-control-allow-origin'), null);
    }
    assert.equal((await get('/?x=1')).status, 200);
  });
});

test('the well-known document', async (t) => {
  const site = await startSite(t, {
    windows: { signed: 10_000, body: 20_000 },
    limits: { headerBytes: 8_000, bodyBytes: 9_000 },
  });
  const answer = await site.http({ method: 'GET', target: '/.well-known/partitioned-authority', fields: [] });
  assert.equal(answer.status, 200);
  assert.equal(answer.get('content-type'), 'application/json');
  assert.deepEqual(answer.json, {
    protocol: 'pas-1',
    algorithms: ['ecdsa-p256-sha256'],
    tiers: ['identified', 'signed', 'interactive', 'consent', 'verified'],
    appOrigin: site.appOrigin,
    signOrigin: site.signOrigin,
    signingScript: 'signing-iframe.js',
    windows: { signedMs: 10_000, consentMs: 60_000, verifiedMs: 120_000, bodyMs: 20_000 },
    limits: { headerBytes: 8_000, bodyBytes: 9_000 },
  });
  assert.ok(!answer.text.includes(Buffer.from(SECRET).toString('base64url')));
  assert.equal((await site.http({ method: 'GET', target: '/.well-known/other', fields: [] })).status, 404);
});

test('CORS is for the signing origin, on control routes only', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const cors = (answer) =>
    ['access-control-allow-origin', 'access-control-allow-credentials'].map((name) => answer.get(name));
  const granted = [site.signOrigin, 'true'];
  await t.test('preflight', async () => {
    for (const [name, origin] of [
      ['hello', site.signOrigin],
      ['enrol', site.signOrigin],
      ['logout', 'https://evil.example'],
      ['rekey', site.appOrigin],
      ['ticket', undefined],
    ]) {
      const fields = [
        ['Access-Control-Request-Method', 'POST'],
        ['Access-Control-Request-Headers', 'content-digest,content-type,signature,signature-input'],
      ];
      const answer = await site.http({
        method: 'OPTIONS',
        target: `/.pas/${name}`,
        fields: [...(origin ? [['Origin', origin]] : []), ...fields],
      });
      assert.deepEqual([answer.status, answer.body.length], [204, 0]);
      assert.deepEqual(cors(answer), granted, 'never the origin that asks');
      assert.equal(answer.get('access-control-allow-methods'), 'POST');
      assert.deepEqual(answer.get('access-control-allow-headers').split(', ').sort(), [
        'content-digest',
        'content-type',
        'pas-assertion',
        'pas-consent',
        'signature',
        'signature-input',
      ]);
      assert.match(answer.get('vary'), /Origin/);
    }
  });
  await t.test('answers and refusals alike', async () => {
    assert.deepEqual(cors(await accepted(frame.hello())), granted);
    assert.deepEqual(
      cors(await refused(frame.hello({ origin: 'https://evil.example' }), 'ERR_ORIGIN_REFUSED')),
      granted,
    );
    assert.deepEqual(cors(await refused(frame.hello({ body: '[]' }), 'ERR_JSON_INVALID')), granted);
    assert.deepEqual(cors(await accepted(frame.control('ticket', { url: '/api/file' }))), granted);
  });
  await t.test('nowhere else', async () => {
    const origin = [['Origin', site.signOrigin]];
    for (const answer of [
      await accepted(frame.fetch({ fields: origin })),
      await refused(frame.plain({ target: '/api/a', fields: origin }), 'ERR_SIG_MISSING'),
      await site.http({ method: 'GET', target: '/.well-known/partitioned-authority', fields: origin }),
      await accepted(frame.plain({ target: '/shell', fields: origin })),
    ])
      assert.deepEqual(cors(answer), [undefined, undefined]);
  });
});

test('control routes are five, by POST', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  for (const name of ['hello', 'enrol', 'rekey', 'logout', 'ticket']) {
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH']) {
      const answer = await frame.plain({ method, target: `/.pas/${name}`, fields: [['Origin', site.signOrigin]] });
      if (method === 'HEAD') assert.equal(answer.status, 404);
      else await refused(answer, 'ERR_NOT_FOUND');
    }
  }
  const post = (target) =>
    frame.plain({
      method: 'POST',
      target,
      body: Buffer.from('{}'),
      fields: [
        ['Origin', site.signOrigin],
        ['Content-Type', 'application/json'],
      ],
    });
  for (const name of [
    '',
    'x',
    'hello/',
    'hello/x',
    'HELLO',
    '%68ello',
    '../.pas/hello',
    'hello;x',
    'passkeys',
    'templates',
  ]) {
    await t.test(`/.pas/${name}`, async () => {
      await refused(post(`/.pas/${name}`), 'ERR_NOT_FOUND');
      await accepted(post('/.pas/hello'));
    });
  }
  for (const name of [
    'constructor',
    'toString',
    'valueOf',
    'hasOwnProperty',
    'isPrototypeOf',
    '__proto__',
    '__defineGetter__',
    '__lookupGetter__',
  ]) {
    await t.test(`/.pas/${name}, which every object has`, async () => {
      await refused(post(`/.pas/${name}`), 'ERR_NOT_FOUND');
      await accepted(post('/.pas/hello'));
    });
  }
  await t.test('as a web request', async () => {
    const { authority } = site;
    const web = (path, method = 'POST') =>
      authority.handle(
        new Request(site.appOrigin + path, {
          method,
          headers: { origin: site.signOrigin, 'content-type': 'application/json' },
          ...(method === 'POST' ? { body: '{}' } : {}),
        }),
      );
    assert.equal((await web('/.pas/hello')).status, 200);
    assert.equal((await web('/.pas/constructor')).status, 404);
    assert.equal((await web('/.pas/hello', 'GET')).status, 404);
    assert.equal(await web('/'), undefined);
    assert.equal(await web('/.pas'), undefined);
    assert.equal(await web('/.past/hello'), undefined);
    assert.equal(await web('/x/.pas/hello'), undefined);
  });
});
