// The pure pieces that the verifier exports for auditors: their shapes, their refusals, and that the three
// providers are one. The vectors in tests/vectors hold the bytes.
import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import {
  canonicalizeJson,
  decodeInteractionProof,
  parseStructuredField,
  serializeStructuredField,
  verifySignature,
} from 'partitioned-authority/verifier';

const PROVIDERS = ['native', 'webcrypto', 'wasm', undefined];
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const alg = 'ecdsa-p256-sha256';
const base = '"@method": GET';

const number = (bytes) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const bytes32 = (value) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
const join = (r, s) => Buffer.concat([bytes32(r), bytes32(s)]);

function signer() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    jwk: publicKey.export({ format: 'jwk' }),
    privateJwk: privateKey.export({ format: 'jwk' }),
    sign: (text) => sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }),
  };
}

const code = (expected) => (error) => {
  assert.equal(error.name, 'PartitionedAuthorityError');
  assert.equal(error.code, expected);
  return true;
};

test('ECDSA: every provider takes the same signatures', async () => {
  const { jwk, sign } = signer();
  const signature = sign(base);
  const [r, s] = [number(signature.subarray(0, 32)), number(signature.subarray(32))];
  const cases = [
    [true, signature],
    [true, join(r, ORDER - s), 'the other half: high-S is as good as low-S'],
    [false, join(r, s + 1n === ORDER ? s - 1n : s + 1n)],
    [false, join(0n, s)],
    [false, join(r, 0n)],
    [false, join(ORDER, s)],
    [false, join(r, ORDER)],
    [false, join(ORDER - 1n, s)],
    [false, join(1n, 1n)],
    [false, join(s, r)],
    [false, Buffer.alloc(64)],
    [false, Buffer.alloc(64, 0xff)],
    [false, signature.subarray(1)],
    [false, Buffer.concat([signature, Buffer.alloc(1)])],
    [false, Buffer.alloc(0)],
  ];
  for (const provider of PROVIDERS) {
    for (const [expected, candidate, why] of cases) {
      const verified = await verifySignature({ alg, jwk, base, signature: candidate, provider });
      assert.equal(verified, expected, `${provider} ${why ?? candidate.toString('hex')}`);
    }
    assert.equal(await verifySignature({ alg, jwk, base: Buffer.from(base), signature, provider }), true);
    assert.equal(await verifySignature({ alg, jwk, base: `${base}\n`, signature, provider }), false);
    assert.equal(await verifySignature({ alg, jwk: signer().jwk, base, signature, provider }), false);
  }
});

test('ECDSA: keys are imported strictly, descriptions of a key are ignored', async () => {
  const { jwk, privateJwk, sign } = signer();
  const signature = sign(base);
  for (const provider of PROVIDERS) {
    const verify = (key, more = {}) => verifySignature({ alg, jwk: key, base, signature, provider, ...more });
    assert.equal(await verify(jwk), true);
    assert.equal(await verify({ ...jwk, alg: 'ES256', kid: 'x', use: 'sig', key_ops: ['verify'], ext: true }), true);
    for (const bad of [
      undefined,
      null,
      'x',
      5,
      {},
      privateJwk,
      { ...jwk, d: null },
      { ...jwk, kty: 'OKP' },
      { ...jwk, crv: 'P-384' },
      { ...jwk, x: jwk.y },
      { ...jwk, x: `${jwk.x}=` },
      { ...jwk, x: jwk.x.slice(1) },
      { ...jwk, y: 5 },
      { ...jwk, x: 'A'.repeat(43), y: 'A'.repeat(43) },
      { ...jwk, x: `A${jwk.x}` },
    ]) {
      await assert.rejects(verify(bad), code('ERR_KEY_INVALID'), JSON.stringify(bad));
    }
    await assert.rejects(verify(jwk, { alg: 'ed25519' }), code('ERR_ALG_REFUSED'));
    await assert.rejects(verify(jwk, { signature: 'text' }), code('ERR_CONFIG_INVALID'));
    await assert.rejects(verify(jwk, { base: 5 }), code('ERR_CONFIG_INVALID'));
  }
});

test('HMAC: RFC 4231 test cases 1 and 2 by every provider', async () => {
  const cases = [
    [Buffer.alloc(20, 0x0b), 'Hi There', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
    [
      Buffer.from('Jefe'),
      'what do ya want for nothing?',
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
  ];
  for (const provider of PROVIDERS) {
    for (const [key, text, hex] of cases) {
      const mac = Buffer.from(hex, 'hex');
      const verify = (changed) =>
        verifySignature({ alg: 'hmac-sha256', key, base: text, signature: mac, provider, ...changed });
      assert.equal(createHmac('sha256', key).update(text).digest('hex'), hex);
      assert.equal(await verify({}), true);
      assert.equal(await verify({ base: `${text} ` }), false);
      assert.equal(await verify({ signature: mac.subarray(0, 31) }), false);
      assert.equal(await verify({ signature: Buffer.alloc(0) }), false);
      assert.equal(await verify({ key: Buffer.alloc(20) }), false);
      await assert.rejects(verify({ key: Buffer.alloc(0) }), code('ERR_KEY_INVALID'));
      await assert.rejects(verify({ key: undefined }), code('ERR_KEY_INVALID'));
    }
  }
});

test('structured fields: parsed into typed items, written in the one form', () => {
  const text = 'a=1.50;x, b=(1 "s" tok :AAE=: @-5 %"%c3%bc");q=?0, c, a=2';
  const item = (type, value, parameters = []) => ({ bareItem: { type, value }, parameters });
  const dictionary = parseStructuredField('dictionary', text);
  assert.deepEqual(dictionary, [
    ['a', item('integer', 2)],
    [
      'b',
      {
        items: [
          item('integer', 1),
          item('string', 's'),
          item('token', 'tok'),
          item('byte-sequence', new Uint8Array([0, 1])),
          item('date', -5),
          item('display-string', 'ü'),
        ],
        parameters: [['q', { type: 'boolean', value: false }]],
      },
    ],
    ['c', item('boolean', true)],
  ]);
  assert.equal(serializeStructuredField('dictionary', dictionary), 'a=2, b=(1 "s" tok :AAE=: @-5 %"%c3%bc");q=?0, c');
  assert.deepEqual(parseStructuredField('list', ''), []);
  assert.equal(serializeStructuredField('list', []), '');
  assert.equal(serializeStructuredField('item', { bareItem: { type: 'integer', value: 1 } }), '1');
  for (const [value, written] of [
    [0.0015, '0.002'],
    [0.0025, '0.002'],
    [-0.0025, '-0.002'],
    [9.9995, '10.0'],
    [1, '1.0'],
  ]) {
    assert.equal(serializeStructuredField('item', item('decimal', value)), written);
  }
});

test('structured fields: what no field can carry is refused with a code', () => {
  const item = (type, value) => ({ bareItem: { type, value }, parameters: [] });
  for (const bad of [
    null,
    undefined,
    5,
    {},
    { bareItem: 5 },
    item('integer', 1.5),
    item('integer', 1e15),
    item('integer', NaN),
    item('decimal', 1e12),
    item('decimal', Infinity),
    item('string', 'é'),
    item('string', 5),
    item('token', ''),
    item('byte-sequence', [1]),
    item('boolean', 1),
    item('date', 0.5),
    item('display-string', '\ud800'),
    item('x', 1),
    { bareItem: { type: 'integer', value: 1 }, parameters: [['A', { type: 'boolean', value: true }]] },
    { bareItem: { type: 'integer', value: 1 }, parameters: [5] },
  ]) {
    assert.throws(() => serializeStructuredField('item', bad), code('ERR_SIG_MALFORMED'), JSON.stringify(bad));
  }
  for (const text of ['', ' ', '1 2', '"é"', '"\ud800"', 'a=', '1;A']) {
    assert.throws(() => parseStructuredField('item', text), code('ERR_SIG_MALFORMED'), text);
  }
  assert.throws(() => parseStructuredField('map', '1'), code('ERR_CONFIG_INVALID'));
  assert.throws(() => serializeStructuredField('map', 1), code('ERR_CONFIG_INVALID'));
});

test('canonicalizeJson reads text or UTF-8 bytes, strictly', () => {
  assert.equal(canonicalizeJson('{"b":1.50,"a":[1e21,-0,"\\u00fc"]}'), '{"a":[1e+21,0,"ü"],"b":1.5}');
  assert.equal(canonicalizeJson(new TextEncoder().encode('"ü"')), '"ü"');
  const nested = (depth) => '['.repeat(depth) + ']'.repeat(depth);
  assert.equal(canonicalizeJson(nested(64)), nested(64));
  assert.equal(canonicalizeJson(`1${' '.repeat(2 ** 20 - 1)}`), '1');
  for (const bad of [
    '',
    '{"a":1,"a":2}',
    '"\ud800"',
    '"\\ud800"',
    '1e400',
    '[1,]',
    '\ufeff1',
    new Uint8Array([0x22, 0xff, 0x22]),
    nested(65),
    `1${' '.repeat(2 ** 20)}`,
  ]) {
    assert.throws(() => canonicalizeJson(bad), code('ERR_JSON_INVALID'));
  }
  assert.throws(() => canonicalizeJson(5), code('ERR_CONFIG_INVALID'));
});

test('an interaction proof is decoded from its bytes or its field value', () => {
  const bytes = Buffer.from(
    '010500' +
      '0102030405060708' +
      '0064' +
      'aa'.repeat(16) +
      '51' +
      '01' +
      'f403' +
      'fa01' +
      '64' +
      '28' +
      '20' +
      '02' +
      '0803040a0100',
    'hex',
  );
  const proof = decodeInteractionProof(bytes);
  assert.deepEqual(proof, {
    kind: 'mouse',
    eventId: 'AQIDBAUGBwg',
    ageMs: 100,
    actionHash: Buffer.alloc(16, 0xaa).toString('base64url'),
    trusted: true,
    coalesced: false,
    fractional: true,
    webdriver: false,
    teleport: false,
    dwellMs: 80,
    detail: 1,
    offsetX: 500,
    offsetY: 250,
    width: 100,
    height: 40,
    pixelRatio16: 32,
    samples: [
      [8, -2, 2],
      [10, -1, 0],
    ],
  });
  assert.deepEqual(decodeInteractionProof(`:${bytes.toString('base64')}:`), proof);
  for (const bad of [
    bytes.subarray(1),
    Buffer.concat([bytes, Buffer.alloc(1)]),
    '',
    'x',
    ':AAE=:',
    `:${bytes.toString('base64')}:;p`,
  ]) {
    assert.throws(() => decodeInteractionProof(bad), code('ERR_PROOF_MALFORMED'));
  }
  assert.throws(() => decodeInteractionProof(null), code('ERR_CONFIG_INVALID'));
});
