// native, webcrypto and wasm are interchangeable: the same answers through the whole verifier.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { memoryStore } from 'partitioned-authority/stores/memory';
import { createAuthority } from 'partitioned-authority/verifier';
import { accepted, refused } from './kit/expect.mjs';
import { Frame, ORDER, base64url, join, newKey, split, withS } from './kit/signer.mjs';
import { SECRET, T0, incoming, webTransport } from './kit/site.mjs';

const PROVIDERS = ['native', 'webcrypto', 'wasm'];
const origins = { appOrigin: 'http://app.test', signOrigin: 'http://sign.test' };

/** One authority per provider, all over one store, as servers of one deployment. */
async function deployment(t) {
  const clock = () => T0;
  const store = memoryStore({ clock });
  t.after(() => store.close());
  const servers = Object.fromEntries(
    PROVIDERS.map((crypto) => {
      const authority = createAuthority({ ...origins, secret: SECRET, store, clock, crypto });
      return [crypto, { authority, ...origins }];
    }),
  );
  const frame = new Frame({ ...origins, transport: webTransport(servers.native), now: clock });
  const login = async (server = servers.native) => {
    frame.keep([(await server.authority.begin({ id: 'alice' })).setCookie]);
    frame.transport = webTransport(server);
  };
  await login();
  await accepted(frame.enrol());
  return { servers, frame, login };
}

const POST = { method: 'POST', target: '/api/a?b', type: 'text/plain', body: 'content' };

test('every provider gives the same answer to the same request', async (t) => {
  const { servers, frame } = await deployment(t);
  const other = await newKey();
  const edit = (which, value) => ({
    bytes: (signature) => {
      const [r, s] = split(signature);
      return which === 'r' ? join(value(r), s) : join(r, value(s));
    },
  });
  const cases = [
    ['honest', undefined, {}],
    ['s in the upper half', undefined, { bytes: (signature) => withS('high', signature) }],
    ['s in the lower half', undefined, { bytes: (signature) => withS('low', signature) }],
    ['no content', undefined, {}, { target: '/api/b' }],
    ['a long base', undefined, {}, { target: `/api/b?${'x'.repeat(8000)}` }],
    ['large content', undefined, {}, { ...POST, body: randomBytes(300_000) }],
    ['r = 0', 'ERR_SIG_INVALID', edit('r', () => 0n)],
    ['s = 0', 'ERR_SIG_INVALID', edit('s', () => 0n)],
    ['r = n', 'ERR_SIG_INVALID', edit('r', () => ORDER)],
    ['s = n', 'ERR_SIG_INVALID', edit('s', () => ORDER)],
    ['r = n − 1', 'ERR_SIG_INVALID', edit('r', () => ORDER - 1n)],
    ['r = 2²⁵⁶ − 1', 'ERR_SIG_INVALID', edit('r', () => (1n << 256n) - 1n)],
    ['s = 2²⁵⁶ − 1', 'ERR_SIG_INVALID', edit('s', () => (1n << 256n) - 1n)],
    ['r = s = 1', 'ERR_SIG_INVALID', { bytes: () => join(1n, 1n) }],
    ['all zero', 'ERR_SIG_INVALID', { bytes: () => Buffer.alloc(64) }],
    ['random bytes', 'ERR_SIG_INVALID', { bytes: () => randomBytes(64) }],
    ['r and s swapped', 'ERR_SIG_INVALID', { bytes: (signature) => join(...split(signature).reverse()) }],
    ['another key', 'ERR_SIG_INVALID', { key: other }],
    ['another base', 'ERR_SIG_INVALID', { target: '/api/a?c' }],
    ['63 bytes', 'ERR_SIG_MALFORMED', { bytes: (signature) => signature.subarray(1) }],
    ['no bytes', 'ERR_SIG_MALFORMED', { bytes: () => Buffer.alloc(0) }],
    ['changed content', 'ERR_DIGEST_MISMATCH', { body: 'CONTENT' }],
    ['no content after signing', 'ERR_SIG_PROFILE', { body: undefined }],
  ];
  // Every order of providers, so that each decides over a key that it imported itself and one it cached.
  for (const [name, code, change, request = POST] of cases) {
    await t.test(name, async () => {
      for (const provider of PROVIDERS) {
        frame.transport = webTransport(servers[provider]);
        const answer = frame.fetch(request, change);
        const got = code ? await refused(answer, code) : await accepted(answer);
        if (!code) assert.equal(got.json.body, request.body ? Buffer.from(request.body).toString('latin1') : '');
      }
    });
  }
});

test('a request accepted under one provider is a replay under the others', async (t) => {
  const { servers, frame } = await deployment(t);
  for (const first of PROVIDERS) {
    const request = await frame.sign(POST);
    frame.transport = webTransport(servers[first]);
    await accepted(frame.send(request));
    for (const provider of PROVIDERS) {
      const replayed = { ...incoming({ ...request, body: Buffer.from(POST.body) }) };
      assert.equal((await servers[provider].authority.raw.verify(replayed, { tier: 'signed' })).code, 'ERR_NONCE_USED');
    }
  }
});

test('every provider enrols, rotates and refuses alike', async (t) => {
  const { servers, frame, login } = await deployment(t);
  for (const provider of PROVIDERS) {
    await t.test(provider, async () => {
      const server = servers[provider];
      await login(server);
      await refused(frame.enrol({ key: await newKey() }), 'ERR_SIG_INVALID');
      await refused(frame.enrol({ bytes: () => Buffer.alloc(64) }), 'ERR_SIG_INVALID');
      const key = await newKey();
      await refused(
        frame.enrol({ newKey: key, jwk: { ...key.jwk, y: base64url(randomBytes(32)) } }),
        'ERR_KEY_INVALID',
      );
      await accepted(frame.enrol({ bytes: (signature) => withS('high', signature) }));
      await accepted(frame.fetch(POST));
      await refused(frame.rekey({ pop: () => randomBytes(64) }), 'ERR_SIG_INVALID');
      await accepted(frame.rekey());
      for (const reader of PROVIDERS) {
        frame.transport = webTransport(servers[reader]);
        await accepted(frame.fetch(POST));
      }
    });
  }
});

test('content is hashed alike in any chunks', async (t) => {
  const { servers, frame } = await deployment(t);
  const body = randomBytes(10_000);
  async function* chunks(size) {
    for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
  }
  for (const provider of PROVIDERS) {
    for (const size of [1, 63, 64, 65, 4096, 10_000]) {
      const request = await frame.sign({ ...POST, body });
      const outcome = await servers[provider].authority.raw.verify(incoming({ ...request, body: chunks(size) }), {
        tier: 'signed',
      });
      assert.equal(outcome.ok, true, outcome.code);
      assert.deepEqual(Buffer.from(outcome.body), body);
    }
  }
});

test('content that an earlier handler turned into text is never taken for the bytes', async (t) => {
  // `request.setEncoding('utf8')` makes a Node stream yield strings.
  const { servers, frame } = await deployment(t);
  for (const provider of PROVIDERS) {
    await t.test(provider, async () => {
      for (const body of ['content', '12345', '{"to":"é"}']) {
        const request = await frame.sign({ ...POST, body });
        const verify = (chunks) =>
          servers[provider].authority.raw.verify(incoming({ ...request, body: chunks }), { tier: 'signed' });
        const outcome = await verify(
          (async function* () {
            yield body;
          })(),
        );
        if (outcome.ok) assert.equal(Buffer.from(outcome.body).toString(), body, 'the handler gets what was signed');
        else {
          const twin = await verify(
            (async function* () {
              yield Buffer.from(body);
            })(),
          );
          assert.equal(Buffer.from(twin.body).toString(), body);
        }
      }
    });
  }
});
