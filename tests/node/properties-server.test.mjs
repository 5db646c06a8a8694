// The server's own doors over generated input: options, request heads, raw bytes on a socket. Whatever comes,
// the answer is one of the protocol's, nothing hangs, and an honest request is accepted all the while.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { memoryStore } from 'partitioned-authority/stores/memory';
import { createAuthority, errorCodes } from 'partitioned-authority/verifier';
import { FURTHER, REFUSALS, accepted } from './kit/expect.mjs';
import { RUNS, anything, holds, latin1, outcome, visible } from './kit/properties.mjs';
import { incoming, parse, startSite } from './kit/site.mjs';

const statusOf = (code) => (REFUSALS[code] ?? FURTHER[code])?.[0];

/** Holds that a refusal is one of the protocol's, and says little. */
function isRefusal({ ok, code, reply }) {
  assert.equal(ok, false);
  assert.ok(errorCodes.includes(code), code);
  assert.equal(reply.status, statusOf(code), code);
  const { status, code: said } = JSON.parse(reply.body);
  assert.deepEqual([status, said], [reply.status, code]);
}

test('options: what can not be meant is refused with a code, whatever it is', (t) => {
  const store = memoryStore();
  t.after(() => store.close());
  const good = {
    appOrigin: 'https://app.example.com',
    signOrigin: 'https://sign.example.com',
    secret: new Uint8Array(32),
    store,
  };
  const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, 1, 60_000, 2 ** 53, '1', null));
  const setting = fc.oneof(number, fc.record({ limit: number, windowMs: number }), anything);
  const group = (...names) => fc.oneof(anything, fc.dictionary(fc.constantFrom(...names), setting));
  const changes = fc.record(
    {
      appOrigin: fc.oneof(anything, fc.webUrl(), fc.string()),
      signOrigin: fc.oneof(anything, fc.webUrl()),
      secret: fc.oneof(anything, fc.uint8Array({ maxLength: 70 }), fc.base64String()),
      store: anything,
      windows: group('signed', 'future', 'body', 'skew'),
      session: group('idleMs', 'absoluteMs', 'rekeyAfterMs'),
      limits: group('headerBytes', 'bodyBytes', 'session', 'account', 'refusals', 'control'),
      interactionUses: setting,
      crypto: fc.oneof(fc.constantFrom('native', 'webcrypto', 'wasm'), anything),
      audit: anything,
      clock: anything,
      unknown: anything,
    },
    { requiredKeys: [] },
  );
  let made = 0;
  holds(
    fc.property(
      fc.oneof(
        changes.map((change) => ({ ...good, ...change })),
        anything,
      ),
      (options) => {
        const { value: authority } = outcome(() => createAuthority(options), 'ERR_CONFIG_INVALID');
        if (!authority) return;
        made += 1;
        const { appOrigin, signOrigin } = options;
        assert.notEqual(appOrigin, signOrigin);
        for (const origin of [appOrigin, signOrigin]) assert.equal(new URL(origin).origin, origin);
      },
    ),
    { numRuns: RUNS * 3, examples: [[good]] },
  );
  assert.ok(made > 0);
});

const NAMES = [
  'Cookie',
  'Signature',
  'Signature-Input',
  'Content-Digest',
  'Content-Type',
  'Interaction-Proof',
  'Origin',
  'Content-Encoding',
  'signature',
];
const value = fc.oneof(visible, latin1);
const name = fc.oneof(fc.constantFrom(...NAMES), fc.stringMatching(/^[A-Za-z][A-Za-z-]{0,12}$/));

/** What is changed in the list of an honest request's fields. */
const changes = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constantFrom('drop', 'double', 'swap'), at: fc.nat(), to: fc.nat() }),
    fc.record({ kind: fc.constantFrom('add', 'replace', 'splice'), at: fc.nat(), to: fc.nat(), name, value }),
  ),
  { minLength: 1, maxLength: 3 },
);

function changed(fields, all) {
  const out = fields.map((field) => [...field]);
  for (const { kind, at, to, name: other, value: text } of all) {
    const [i, j] = [at % Math.max(out.length, 1), to % Math.max(out.length, 1)];
    if (kind === 'add') out.splice(i, 0, [other, text]);
    else if (out.length === 0) continue;
    else if (kind === 'drop') out.splice(i, 1);
    else if (kind === 'double') out.splice(j, 0, [...out[i]]);
    else if (kind === 'swap') [out[i], out[j]] = [out[j], out[i]];
    else if (kind === 'replace') out[i][1] = text;
    else {
      const place = to % (out[i][1].length + 1);
      out[i][1] = out[i][1].slice(0, place) + text.slice(0, 3) + out[i][1].slice(place + 1);
    }
  }
  return out;
}

/** Limits that a test of many refusals does not meet. */
const many = { limit: 1e9, windowMs: 60_000 };
const limits = { refusals: many, session: many, account: many, control: many };

/** The fields that the signature covers, and itself. */
const COVERED = /^(?:content-type|content-digest|interaction-proof|signature)$/i;
const covered = (fields) =>
  fields
    .filter(([field]) => COVERED.test(field))
    .map(([field, text]) => [field.toLowerCase(), text.trim()])
    .sort();

test('heads: an honest request with any change to its fields, as an adapter hands it over', async (t) => {
  const site = await startSite(t, { limits });
  const frame = await site.enrolled();
  const { raw } = site.authority;
  const post = { method: 'POST', target: '/api/a?b=c', type: 'application/json', body: Buffer.from('{"a":1}') };
  const sometimes = (arbitrary) => fc.option(arbitrary, { nil: undefined });
  let refusals = 0;
  await holds(
    fc.asyncProperty(changes, sometimes(value), sometimes(visible), async (all, method, path) => {
      const honest = await frame.sign(post);
      const request = {
        method: method ?? honest.method,
        target: path === undefined ? honest.target : `/${path}`,
        fields: changed(honest.fields, all),
        body: post.body,
      };
      const outcome = await raw.verify(incoming(request), { tier: 'signed' });
      if (outcome.ok) {
        // Only what the signature does not cover may differ.
        assert.deepEqual(covered(request.fields), covered(honest.fields));
        assert.deepEqual([request.method, request.target], [honest.method, honest.target]);
        assert.deepEqual(outcome.body, new Uint8Array(post.body));
      } else {
        isRefusal(outcome);
        refusals += 1;
      }
      await accepted(frame.fetch(post));
    }),
  );
  assert.ok(refusals > RUNS / 4, `${refusals}`);
});

const PATHS = [
  '/.pas/hello',
  '/.pas/enrol',
  '/.pas/rekey',
  '/.pas/logout',
  '/.pas/ticket',
  '/.pas/none',
  '/.well-known/partitioned-authority',
  '/signing-iframe.js',
];
const ROUTES = [
  { tier: 'identified' },
  { tier: 'signed' },
  { tier: 'signed', ticket: true },
  { tier: 'interactive', action: 'act' },
];

test('heads: anything at all, to every door', async (t) => {
  const {
    authority: { raw },
  } = await startSite(t, { limits });
  const target = fc.oneof(
    visible.map((text) => `/${text}`),
    fc.constantFrom(...PATHS),
    value,
  );
  const method = fc.oneof(fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS', 'PUT'), value);
  const fields = fc.array(fc.tuple(fc.oneof(name, value), value), { maxLength: 6 });
  const json = fc.json().map((text) => Buffer.from(text));
  const body = fc.oneof(fc.constant(null), fc.uint8Array({ maxLength: 50 }), json);
  const origin = fc.constantFrom([], [['Origin', 'http://sign.pas.localhost']]);
  const sent = fc.tuple(fields, origin).map((all) => all.flat());
  await holds(
    fc.asyncProperty(method, target, sent, body, fc.nat(3), async (verb, to, list, content, n) => {
      const request = incoming({ method: verb, target: to, fields: list, body: content });
      // Sometimes a host that counts fields otherwise than it joins them.
      if (n === 0) request.head.count += 1;
      for (const route of ROUTES) isRefusal(await raw.verify(request, route));
      for (const reply of [await raw.handle(request), await raw.signing(verb, to)]) {
        if (reply === undefined) continue;
        assert.ok(reply.status >= 200 && reply.status < 600 && reply.status !== 500, String(reply.status));
        const type = reply.headers.find(([field]) => field === 'content-type')?.[1];
        if (type === 'application/problem+json') assert.equal(statusOf(JSON.parse(reply.body).code), reply.status);
      }
    }),
  );
});

/** Sends bytes and our end of the connection: what waits for more is over. Gives the answer, if there is one. */
function exchange(port, bytes) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const received = [];
    socket.on('data', (chunk) => received.push(chunk));
    // A reset is a closed connection too.
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(parse(Buffer.concat(received))));
    socket.end(bytes);
  });
}

const DAMAGE = [
  '\r\n',
  '\n',
  '\0',
  ' ',
  ':',
  '\u00ff',
  'Content-Length: 3\r\n',
  'Transfer-Encoding: chunked\r\n',
  '\r\n Signature: x\r\n',
  'HTTP/1.0',
];

test('the socket: any bytes are answered or the connection is closed, and the server goes on', async (t) => {
  const site = await startSite(t, { limits });
  const frame = await site.enrolled();
  const { fields } = await frame.sign();
  const lines = fields.map(([field, text]) => `${field}: ${text}`);
  const head = ['GET /api/signed HTTP/1.1', 'Host: app', 'Connection: close', ...lines].join('\r\n');
  const damaged = fc.tuple(fc.nat(), fc.constantFrom(...DAMAGE), fc.nat(4)).map(([at, text, cut]) => {
    const place = at % head.length;
    return head.slice(0, place) + text + head.slice(place + cut);
  });
  let answers = 0;
  await holds(
    fc.asyncProperty(fc.oneof({ weight: 5, arbitrary: damaged }, latin1), async (text) => {
      const answer = await exchange(site.port, Buffer.from(`${text}\r\n\r\n`, 'latin1'));
      if (!answer) return;
      answers += 1;
      assert.ok(
        answer.status >= 200 && answer.status < 600 && answer.status !== 500,
        `${answer.status} ${answer.text}`,
      );
      if (answer.code) assert.equal(statusOf(answer.code), answer.status);
    }),
    { numRuns: Math.ceil(RUNS / 3) },
  );
  assert.ok(answers > 0);
  await frame.refresh();
  await accepted(frame.fetch());
});
