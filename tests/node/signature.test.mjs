// The profile of RFC 9421, part by part. Every refusal is followed by its honest twin.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptance, accepted, refusal, refused } from './kit/expect.mjs';
import { ORDER, base64url, byteSequence, contentDigest, join, newKey, sha256, split, withS } from './kit/signer.mjs';
import { incoming, startSite, webTransport } from './kit/site.mjs';

const GET = { method: 'GET', target: '/api/a?b=c' };
const POST = { method: 'POST', target: '/api/a?b=c', type: 'text/plain', body: 'content' };

const replaceField = (name, value) => (fields) =>
  fields.flatMap((field) =>
    field[0].toLowerCase() !== name ? [field] : value === undefined ? [] : [[field[0], value]],
  );
const addField = (name, value) => (fields) => [...fields, [name, value]];
const doubled = (name) => (fields) =>
  fields.flatMap((field) => (field[0].toLowerCase() === name ? [field, field] : [field]));

/** Each `[name, code, request, change]` is refused, reaches no handler, and its honest twin is accepted. */
async function table(t, cases) {
  const site = await startSite(t, { limits: { refusals: { limit: 10_000, windowMs: 1000 } } });
  const frame = await site.enrolled();
  for (const [name, code, request, change] of cases) {
    await t.test(name, async () => {
      const before = await site.snapshot('alice');
      site.seen.length = 0;
      const { server } = frame.account;
      await refused(frame.fetch(request, typeof change === 'function' ? await change(frame, site) : change), code);
      // A refusal may carry a nonce for the key that the request claimed, not for the frame's.
      frame.account.server = server;
      assert.equal(await site.snapshot('alice'), before);
      assert.deepEqual(site.seen, []);
      await accepted(frame.fetch(request));
    });
  }
}

test('covered components', (t) => {
  const without = (name) => ({ components: (names) => names.filter((other) => other !== name) });
  const names = ['@method', '@authority', '@path', '@query', 'content-type', 'content-digest'];
  return table(t, [
    ...names.map((name) => [`without ${name}`, 'ERR_SIG_PROFILE', POST, without(name)]),
    ...names
      .slice(1)
      .map((name, index) => [
        `${name} before ${names[index]}`,
        'ERR_SIG_PROFILE',
        POST,
        { components: (list) => list.with(index, name).with(index + 1, names[index]) },
      ]),
    ['none', 'ERR_SIG_PROFILE', GET, { components: () => [] }],
    ['reversed', 'ERR_SIG_PROFILE', POST, { components: (list) => [...list].reverse() }],
    ...['cookie', 'origin', 'content-length', '@target-uri', '@scheme', '@request-target', 'x-other'].map((name) => [
      `and ${name}`,
      'ERR_SIG_PROFILE',
      { ...POST, fields: [['X-Other', '1']] },
      { components: (list) => [...list, name] },
    ]),
    ['content-type though there is none', 'ERR_SIG_PROFILE', GET, { components: (list) => [...list, 'content-type'] }],
    [
      'content-digest though there is none',
      'ERR_SIG_PROFILE',
      GET,
      { components: (list) => [...list, 'content-digest'] },
    ],
    [
      'interaction-proof though there is none',
      'ERR_SIG_PROFILE',
      GET,
      { components: (list) => [...list, 'interaction-proof'] },
    ],
    ['pas-consent though there is none', 'ERR_SIG_PROFILE', GET, { components: (list) => [...list, 'pas-consent'] }],
    ['doubled', 'ERR_SIG_PROFILE', GET, { components: (list) => [...list, '@query'] }],
    ['with a parameter', 'ERR_SIG_PROFILE', GET, { input: (text) => text.replace('"@method"', '"@method";req') }],
    ['as a token', 'ERR_SIG_PROFILE', GET, { input: (text) => text.replace('"@method"', 'method') }],
    [
      'in upper case',
      'ERR_SIG_PROFILE',
      POST,
      { components: (list) => list.map((name) => (name === 'content-type' ? 'Content-Type' : name)) },
    ],
    ['no list', 'ERR_SIG_PROFILE', GET, { input: (text) => text.replace(/\(.*\)/, '"@method"') }],
  ]);
});

test('parameters', (t) => {
  const set = (name, value) => ({
    parameters: (pairs) => pairs.map((pair) => (pair[0] === name ? [name, value] : pair)),
  });
  const names = ['created', 'nonce', 'keyid', 'alg', 'tag'];
  const seconds = 1_800_000_000;
  return table(t, [
    ...names.map((name) => [
      `without ${name}`,
      'ERR_SIG_PROFILE',
      GET,
      { parameters: (pairs) => pairs.filter(([other]) => other !== name) },
    ]),
    ...names.map((name) => [
      `${name} twice`,
      'ERR_SIG_PROFILE',
      GET,
      { parameters: (pairs) => pairs.flatMap((pair) => (pair[0] === name ? [pair, pair] : [pair])) },
    ]),
    ...names.map((name) => [`${name} without a value`, 'ERR_SIG_PROFILE', GET, set(name, undefined)]),
    ['none', 'ERR_SIG_PROFILE', GET, { parameters: () => [] }],
    ['reversed', 'ERR_SIG_PROFILE', GET, { parameters: (pairs) => [...pairs].reverse() }],
    ['with expires', 'ERR_SIG_PROFILE', GET, { parameters: (pairs) => [...pairs, ['expires', seconds + 300]] }],
    [
      'with expires in the order of RFC 9421',
      'ERR_SIG_PROFILE',
      GET,
      { parameters: ([created, ...rest]) => [created, ['expires', seconds + 300], ...rest] },
    ],
    ['with one more', 'ERR_SIG_PROFILE', GET, { parameters: (pairs) => [...pairs, ['x', 'y']] }],
    ['created as a string', 'ERR_SIG_PROFILE', GET, { created: String(seconds) }],
    ['created as a decimal', 'ERR_SIG_PROFILE', GET, { created: { bare: `${seconds}.0` } }],
    ['created as a date', 'ERR_SIG_PROFILE', GET, { created: { bare: `@${seconds}` } }],
    ['created before 1970', 'ERR_SIG_PROFILE', GET, { created: -1 }],
    ['created of 16 digits', 'ERR_SIG_MALFORMED', GET, { created: { bare: '1000000000000000' } }],
    ['nonce as a number', 'ERR_SIG_PROFILE', GET, { nonce: 1 }],
    ['nonce as bytes', 'ERR_SIG_PROFILE', GET, { nonce: { bare: ':AAAA:' } }],
    [
      'keyid as a token',
      'ERR_SIG_PROFILE',
      GET,
      (frame) => ({ keyid: { bare: frame.account.key.keyid.replaceAll(/[^a-zA-Z]/g, 'a') } }),
    ],
    ['keyid that is no thumbprint', 'ERR_SIG_PROFILE', GET, { keyid: 'key-1' }],
    ['keyid with padding', 'ERR_SIG_PROFILE', GET, (frame) => ({ keyid: `${frame.account.key.keyid}=` })],
    ['alg as a token', 'ERR_SIG_PROFILE', GET, { alg: { bare: 'ecdsa-p256-sha256' } }],
    ['the tag of control requests', 'ERR_SIG_PROFILE', GET, { tag: 'pas-1-ctl' }],
    ['the tag in upper case', 'ERR_SIG_PROFILE', GET, { tag: 'PAS-1' }],
    ['another tag', 'ERR_SIG_PROFILE', GET, { tag: 'web-bot-auth' }],
    ['an empty tag', 'ERR_SIG_PROFILE', GET, { tag: '' }],
    ...[
      'hmac-sha256',
      'rsa-pss-sha512',
      'rsa-v1_5-sha256',
      'ecdsa-p384-sha384',
      'ed25519',
      'none',
      'ECDSA-P256-SHA256',
      '',
    ].map((alg) => [`alg ${alg || 'empty'}`, 'ERR_ALG_REFUSED', GET, { alg }]),
    ...names.map((name) => [
      `${name} changed after signing`,
      {
        created: 'ERR_SIG_INVALID',
        nonce: 'ERR_SIG_INVALID',
        keyid: 'ERR_NONCE_INVALID',
        alg: 'ERR_ALG_REFUSED',
        tag: 'ERR_SIG_PROFILE',
      }[name],
      GET,
      {
        input: (text) =>
          ({
            created: text.replace(/created=(\d+)/, (_, number) => `created=${Number(number) + 1}`),
            nonce: text.replace(/nonce="([^.]+)\.[^"]+"/, `nonce="$1.${base64url(Buffer.alloc(16))}"`),
            keyid: text.replace(/keyid="[^"]+"/, `keyid="${base64url(Buffer.alloc(32))}"`),
            alg: text.replace('ecdsa-p256-sha256', 'ecdsa-p384-sha384'),
            tag: text.replace('tag="pas-1"', 'tag="pas-2"'),
          })[name],
      },
    ]),
  ]);
});

test('the two fields', (t) => {
  const signed = (fields) => fields.filter(([name]) => !name.startsWith('Signature'));
  return table(t, [
    ['another label', 'ERR_SIG_PROFILE', GET, { label: 'sig1' }],
    ['another label of the signature', 'ERR_SIG_PROFILE', GET, { signatureLabel: 'sig1' }],
    ['the label in upper case', 'ERR_SIG_MALFORMED', GET, { label: 'PAS' }],
    [
      'two members in Signature-Input',
      'ERR_SIG_PROFILE',
      GET,
      { input: (text) => `${text}, ${text.replace('pas=', 'other=')}` },
    ],
    [
      'two members in Signature',
      'ERR_SIG_PROFILE',
      GET,
      { signature: (text) => `${text}, ${text.replace('pas=', 'other=')}` },
    ],
    ['the same member twice in Signature-Input', 'ERR_SIG_PROFILE', GET, { input: (text) => `${text}, ${text}` }],
    ['the same member twice in Signature', 'ERR_SIG_PROFILE', GET, { signature: (text) => `${text}, ${text}` }],
    ['two lines of Signature', 'ERR_SIG_PROFILE', GET, { fields: doubled('signature') }],
    ['two lines of Signature-Input', 'ERR_SIG_PROFILE', GET, { fields: doubled('signature-input') }],
    ['two lines of Content-Digest', 'ERR_SIG_PROFILE', POST, { fields: doubled('content-digest') }],
    ['two lines of Content-Type', 'ERR_SIG_PROFILE', POST, { fields: doubled('content-type') }],
    ['neither', 'ERR_SIG_MISSING', GET, { fields: signed }],
    ['Signature alone', 'ERR_SIG_MISSING', GET, { fields: replaceField('signature-input', undefined) }],
    ['Signature-Input alone', 'ERR_SIG_MISSING', GET, { fields: replaceField('signature', undefined) }],
    ['an empty Signature', 'ERR_SIG_PROFILE', GET, { signature: () => '' }],
    ['an empty Signature-Input', 'ERR_SIG_PROFILE', GET, { input: () => '' }],
    ['a label without a value', 'ERR_SIG_PROFILE', GET, { input: () => 'pas' }],
    ['a list that is not closed', 'ERR_SIG_MALFORMED', GET, { input: (text) => text.replace(')', '') }],
    ['a comma at the end', 'ERR_SIG_MALFORMED', GET, { input: (text) => `${text},` }],
    ['a parameter in quotes that are not closed', 'ERR_SIG_MALFORMED', GET, { input: (text) => text.slice(0, -1) }],
    ['a signature that is a string', 'ERR_SIG_MALFORMED', GET, { signature: (text) => text.replace(/:(.*):/, '"$1"') }],
    ['a signature in a list', 'ERR_SIG_MALFORMED', GET, { signature: (text) => text.replace(/:(.*):/, '(:$1:)') }],
    ['a signature with a parameter', 'ERR_SIG_MALFORMED', GET, { signature: (text) => `${text};x` }],
    [
      'a signature in base64url',
      'ERR_SIG_MALFORMED',
      GET,
      { bytes: () => Buffer.alloc(64, 0xfb), signature: (text) => text.replaceAll('+', '-').replaceAll('/', '_') },
    ],
    [
      'bearer credentials in its place',
      'ERR_SIG_MISSING',
      GET,
      { fields: (fields) => [...signed(fields), ['Authorization', 'Bearer x']] },
    ],
  ]);
});

test('signature bytes', (t) => {
  const part = (which, value) => ({
    bytes: (signature) => {
      const [r, s] = split(signature);
      return which === 'r' ? join(value(r), s) : join(r, value(s));
    },
  });
  const reduced = (number) => number & ((1n << 256n) - 1n);
  return table(t, [
    ['63 bytes', 'ERR_SIG_MALFORMED', GET, { bytes: (signature) => signature.subarray(1) }],
    ['65 bytes', 'ERR_SIG_MALFORMED', GET, { bytes: (signature) => Buffer.concat([signature, Buffer.alloc(1)]) }],
    ['none', 'ERR_SIG_MALFORMED', GET, { bytes: () => Buffer.alloc(0) }],
    [
      'in DER',
      'ERR_SIG_MALFORMED',
      GET,
      {
        bytes: (signature) =>
          Buffer.concat([
            Buffer.from([0x30, 68, 2, 32]),
            signature.subarray(0, 32),
            Buffer.from([2, 32]),
            signature.subarray(32),
          ]),
      },
    ],
    ['all zero', 'ERR_SIG_INVALID', GET, { bytes: () => Buffer.alloc(64) }],
    ['all ones', 'ERR_SIG_INVALID', GET, { bytes: () => Buffer.alloc(64, 0xff) }],
    ...['r', 's'].flatMap((which) => [
      [`${which} = 0`, 'ERR_SIG_INVALID', GET, part(which, () => 0n)],
      [`${which} = n`, 'ERR_SIG_INVALID', GET, part(which, () => ORDER)],
      [`${which} + n`, 'ERR_SIG_INVALID', GET, part(which, (number) => reduced(number + ORDER))],
      [`${which} + 1`, 'ERR_SIG_INVALID', GET, part(which, (number) => number + 1n)],
    ]),
    ['n − r', 'ERR_SIG_INVALID', GET, part('r', (number) => ORDER - number)],
    ['r and s swapped', 'ERR_SIG_INVALID', GET, { bytes: (signature) => join(...split(signature).reverse()) }],
    ['by another key', 'ERR_SIG_INVALID', GET, async () => ({ key: await newKey() })],
    ['over another base', 'ERR_SIG_INVALID', GET, { base: (text) => `${text}\n` }],
    ['over the base with CRLF', 'ERR_SIG_INVALID', GET, { base: (text) => text.replaceAll('\n', '\r\n') }],
  ]);
});

test('both halves of s are accepted, and are one signature', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  for (let i = 0; i < 8; i += 1) {
    await accepted(frame.fetch(GET, { bytes: (signature) => withS('high', signature) }));
    await accepted(frame.fetch(GET, { bytes: (signature) => withS('low', signature) }));
  }
  const nonce = `${frame.account.server}.${base64url(Buffer.alloc(16, 1))}`;
  let low;
  const request = await frame.sign(GET, { nonce, bytes: (signature) => (low = withS('low', signature)) });
  const [r, s] = split(low);
  const high = {
    ...request,
    fields: replaceField('signature', `pas=${byteSequence(join(r, ORDER - s))}`)(request.fields),
  };
  await accepted(site.http(request));
  await refused(site.http(high), 'ERR_NONCE_USED');
});

test('what was signed is what arrives', (t) =>
  table(t, [
    ['GET sent as DELETE', 'ERR_SIG_INVALID', GET, { method: 'DELETE' }],
    ['POST sent as PUT', 'ERR_SIG_INVALID', POST, { method: 'PUT' }],
    ['another path', 'ERR_SIG_INVALID', GET, { target: '/api/b?b=c' }],
    ['another path by case', 'ERR_SIG_INVALID', GET, { target: '/api/A?b=c' }],
    ['another route by case', 'ERR_SIG_INVALID', GET, { target: '/API/a?b=c' }],
    ['a slash at the end', 'ERR_SIG_INVALID', GET, { target: '/api/a/?b=c' }],
    ['a doubled slash', 'ERR_SIG_INVALID', GET, { target: '/api//a?b=c' }],
    ['a letter percent-encoded', 'ERR_SIG_INVALID', GET, { target: '/api/%61?b=c' }],
    ['a percent-encoding decoded', 'ERR_SIG_INVALID', { target: '/api/%61' }, { target: '/api/a' }],
    ['a percent-encoding in another case', 'ERR_SIG_INVALID', { target: '/api/a%2fb' }, { target: '/api/a%2Fb' }],
    ['an encoded slash decoded', 'ERR_SIG_INVALID', { target: '/api/a%2fb' }, { target: '/api/a/b' }],
    ['dot segments', 'ERR_SIG_INVALID', GET, { target: '/api/./a?b=c' }],
    ['a path parameter', 'ERR_SIG_INVALID', GET, { target: '/api/a;x?b=c' }],
    ['another query', 'ERR_SIG_INVALID', GET, { target: '/api/a?b=d' }],
    ['no query', 'ERR_SIG_INVALID', GET, { target: '/api/a' }],
    ['one more in the query', 'ERR_SIG_INVALID', GET, { target: '/api/a?b=c&d' }],
    ['an ampersand at the end', 'ERR_SIG_INVALID', GET, { target: '/api/a?b=c&' }],
    ['a plus for a %20', 'ERR_SIG_INVALID', { target: '/api/a?b=%20' }, { target: '/api/a?b=+' }],
    ['another order of the query', 'ERR_SIG_INVALID', { target: '/api/a?b=1&c=2' }, { target: '/api/a?c=2&b=1' }],
    ['the query moved into the path', 'ERR_SIG_INVALID', GET, { target: '/api/a%3Fb=c' }],
    ['another content type', 'ERR_SIG_INVALID', POST, { fields: replaceField('content-type', 'application/json') }],
    ['a charset added', 'ERR_SIG_INVALID', POST, { fields: replaceField('content-type', 'text/plain;charset=utf-8') }],
    ['the content type removed', 'ERR_SIG_PROFILE', POST, { fields: replaceField('content-type', undefined) }],
    ['a content type added', 'ERR_SIG_PROFILE', GET, { fields: addField('Content-Type', 'text/plain') }],
    ['an empty content type added', 'ERR_SIG_PROFILE', GET, { fields: addField('Content-Type', '') }],
    ['signed for another authority', 'ERR_SIG_INVALID', GET, { authority: 'app.pas.localhost' }],
    [
      'signed for the signing origin',
      'ERR_SIG_INVALID',
      GET,
      (frame) => ({ authority: new URL(frame.signOrigin).host }),
    ],
  ]));

test('an absent query and an empty one are both `?`', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  await accepted(frame.fetch({ target: '/api/a' }));
  await accepted(frame.fetch({ target: '/api/a?' }));
  await accepted(frame.fetch({ target: '/api/a' }, { target: '/api/a?' }));
  await refused(frame.fetch({ target: '/api/a' }, { target: '/api/a??' }), 'ERR_SIG_INVALID');
  await accepted(frame.fetch({ target: '/api/a??' }));
});

test('targets are taken as they are', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  for (const target of [
    '/api/%61',
    '/api/a%2fb',
    '/api/./a',
    '/api/a/../b',
    '/api//a',
    '/api/a?x=%zz',
    '/api/a?\'"<>|{}^`\\',
    '/api/~a;b=1,2?c=/d?e',
  ]) {
    await accepted(frame.fetch({ target }));
  }
});

test('content', async (t) => {
  const other = 'CONTENT';
  const alone = { method: 'POST', target: '/api/a', body: 'content' };
  const digestOf = await contentDigest('content');
  const sha512 = `sha-512=${byteSequence(Buffer.alloc(64, 1))}`;
  const withDigest = (digest) => ({ fields: replaceField('content-digest', digest) });
  await table(t, [
    ['changed', 'ERR_DIGEST_MISMATCH', alone, { body: other }],
    ['cut short', 'ERR_DIGEST_MISMATCH', alone, { body: 'conten' }],
    ['one byte longer', 'ERR_DIGEST_MISMATCH', alone, { body: 'content\n' }],
    [
      'changed with its digest',
      'ERR_SIG_INVALID',
      alone,
      async () => ({ body: other, ...withDigest(await contentDigest(other)) }),
    ],
    ['removed', 'ERR_SIG_PROFILE', alone, { body: undefined }],
    ['empty', 'ERR_SIG_PROFILE', alone, { body: '' }],
    ['added', 'ERR_SIG_PROFILE', { ...alone, body: undefined }, { body: 'content' }],
    [
      'added with its digest',
      'ERR_SIG_PROFILE',
      { ...alone, body: undefined },
      { body: 'content', fields: addField('Content-Digest', digestOf) },
    ],
    ['without its digest', 'ERR_SIG_PROFILE', alone, withDigest(undefined)],
    [
      'with a digest that is not covered',
      'ERR_SIG_PROFILE',
      alone,
      { components: (names) => names.filter((name) => name !== 'content-digest') },
    ],
  ]);
  const site = await startSite(t);
  const frame = await site.enrolled();
  // Digests that an honest key covers: the profile refuses them all the same.
  for (const [name, code, digest] of [
    ['sha-512', 'ERR_SIG_PROFILE', sha512],
    ['two digests', 'ERR_SIG_PROFILE', `${digestOf}, ${sha512}`],
    ['the same digest twice', 'ERR_SIG_PROFILE', `${digestOf}, ${digestOf}`],
    ['an unknown algorithm', 'ERR_SIG_PROFILE', digestOf.replace('sha-256', 'sha-999')],
    ['a parameter', 'ERR_SIG_PROFILE', `${digestOf};x`],
    ['a list', 'ERR_SIG_PROFILE', digestOf.replace('=:', '=(:') + ')'],
    ['a string', 'ERR_SIG_PROFILE', 'sha-256="abc"'],
    ['31 bytes', 'ERR_SIG_MALFORMED', `sha-256=${byteSequence(Buffer.alloc(31))}`],
    ['no structured field', 'ERR_SIG_MALFORMED', 'sha-256'.toUpperCase()],
    ['of other content', 'ERR_DIGEST_MISMATCH', await contentDigest(other)],
    ['of no content', 'ERR_DIGEST_MISMATCH', `sha-256=${byteSequence(await sha256(Buffer.alloc(0)))}`],
  ]) {
    await t.test(`a signed digest: ${name}`, async () => {
      await refused(frame.fetch({ ...alone, digest }), code);
      await accepted(frame.fetch({ ...alone, digest: digestOf }));
    });
  }
  await t.test('the digest of nothing for no content', async () => {
    const empty = `sha-256=${byteSequence(await sha256(Buffer.alloc(0)))}`;
    await refused(frame.fetch({ method: 'POST', target: '/api/a', digest: empty }), 'ERR_SIG_PROFILE');
    await accepted(frame.fetch({ method: 'POST', target: '/api/a' }));
  });
  await t.test('any bytes arrive as they were signed', async () => {
    const body = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const answer = await accepted(
      frame.fetch({ method: 'POST', target: '/api/a', body, type: 'application/octet-stream' }),
    );
    assert.equal(answer.json.body, body.toString('latin1'));
    await accepted(frame.fetch({ method: 'GET', target: '/api/a', body: 'a GET with content' }));
  });
});

test('encoded content is refused', (t) =>
  table(
    t,
    ['gzip', 'identity', 'br', ''].map((encoding) => [
      `Content-Encoding: ${encoding}`,
      'ERR_BODY_ENCODING',
      POST,
      { fields: addField('Content-Encoding', encoding) },
    ]),
  ));

test('method overrides are refused', (t) =>
  table(
    t,
    ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', 'x-http-method-OVERRIDE'].map((name) => [
      name,
      'ERR_SIG_PROFILE',
      POST,
      { fields: addField(name, 'DELETE') },
    ]),
  ));

test('the authority is the configured one, whatever a header says', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const spoofs = [
    ['Host', 'evil.example'],
    ['X-Forwarded-Host', 'evil.example'],
    ['Forwarded', 'host=evil.example'],
    ['X-Forwarded-Proto', 'https'],
  ];
  for (const field of spoofs) {
    await accepted(frame.fetch(GET, { fields: (fields) => [...fields, field] }));
    await refused(
      frame.fetch(GET, { authority: 'evil.example', fields: (fields) => [...fields, field] }),
      'ERR_SIG_INVALID',
    );
  }
});

test('cookie and signature belong together', async (t) => {
  const site = await startSite(t);
  const alice = await site.enrolled('alice');
  const second = await site.enrolled('alice');
  const bob = await site.enrolled('bob');
  for (const other of [second, bob]) {
    await refused(
      site.http(await alice.sign(GET, { fields: replaceField('cookie', other.cookies) })),
      'ERR_KEY_MISMATCH',
    );
    await refused(
      site.http(await other.sign(GET, { fields: replaceField('cookie', alice.cookies) })),
      'ERR_KEY_MISMATCH',
    );
    await accepted(other.fetch(GET));
  }
  await t.test("a stolen cookie with the thief's own key", async () => {
    const thief = site.frame();
    thief.jar.set('__Host-pas', alice.jar.get('__Host-pas'));
    const key = await newKey();
    const server = (await thief.hello({ keyid: key.keyid })).json.nonce;
    await refused(thief.fetch({ ...GET, account: { key, server } }), 'ERR_KEY_MISMATCH');
    const named = (await thief.hello({ keyid: alice.account.key.keyid })).json.nonce;
    await refused(
      thief.fetch({ ...GET, account: { key, server: named } }, { keyid: alice.account.key.keyid }),
      'ERR_SIG_INVALID',
    );
    await accepted(alice.fetch(GET));
  });
  await t.test('no cookie, no session', async () => {
    await refused(
      site.http(await alice.sign(GET, { fields: replaceField('cookie', undefined) })),
      'ERR_SESSION_MISSING',
    );
    await refused(site.frame().plain({ target: '/api/a' }), 'ERR_SESSION_MISSING');
    await refused(alice.plain({ target: '/api/a' }), 'ERR_SIG_MISSING');
    await accepted(alice.fetch(GET));
  });
});

test('control signatures and app signatures are not interchangeable', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  // A page's request never reaches a control route, whatever the frame was talked into.
  await refused(frame.control('ticket', { url: '/api/file' }, { tag: 'pas-1' }), 'ERR_SIG_PROFILE');
  await refused(frame.fetch(GET, { tag: 'pas-1-ctl' }), 'ERR_SIG_PROFILE');
  const logout = await frame.sign({ method: 'POST', target: '/.pas/logout', control: true });
  await refused(frame.send({ ...logout, target: '/.pas/rekey' }), 'ERR_SIG_INVALID');
  await accepted(frame.control('ticket', { url: '/api/file' }));
  await accepted(frame.fetch(GET));
});

test('reserved paths are no routes of the app, however they are written', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const { raw } = site.authority;
  for (const target of [
    '/.pas/x',
    '/%2epas/x',
    '/%2Epa%73/x',
    '/.PAS/x',
    '/a/../.pas/x',
    '//.pas/x',
    '/\\.pas/x',
    '/a%2f.pas%5Cx',
    '/.pas',
  ]) {
    await refusal(raw.verify(incoming(await frame.sign({ target })), { tier: 'signed' }), 'ERR_SIG_PROFILE');
  }
  for (const target of ['/a.pas/x', '/.passport', '/.well-known/x']) {
    await acceptance(raw.verify(incoming(await frame.sign({ target })), { tier: 'signed' }));
  }
});

test('verifyRequest gives the same answers for web requests', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  frame.transport = webTransport(site);
  const answer = await accepted(frame.fetch(POST));
  assert.deepEqual([answer.json.user, answer.json.tier, answer.json.body], ['alice', 'signed', 'content']);
  for (const [code, change] of [
    ['ERR_SIG_PROFILE', { fields: doubled('signature') }],
    ['ERR_SIG_PROFILE', { fields: doubled('signature-input') }],
    ['ERR_SIG_INVALID', { target: '/api/a?b=d' }],
    ['ERR_SIG_INVALID', { method: 'PUT' }],
    ['ERR_DIGEST_MISMATCH', { body: 'CONTENT' }],
    ['ERR_SIG_PROFILE', { body: undefined }],
    ['ERR_SIG_INVALID', { bytes: () => Buffer.alloc(64) }],
    ['ERR_BODY_ENCODING', { fields: addField('Content-Encoding', 'gzip') }],
    ['ERR_SESSION_MISSING', { fields: replaceField('cookie', undefined) }],
  ]) {
    await refused(frame.fetch(POST, change), code);
    await accepted(frame.fetch(POST));
  }
  for (const target of ['/', '/a?', '/a', '/%61?x=%20&y=+', '/a//b?c?d']) await accepted(frame.fetch({ target }));
});
