// Structured fields, signatures and proofs over generated arguments: a typed refusal or the right answer, by
// node:crypto or another library where there is one.
import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeInteractionProof,
  parseStructuredField,
  serializeStructuredField,
  verifySignature,
} from 'partitioned-authority/verifier';
import { parseDictionary, parseItem, parseList } from 'structured-headers';
import {
  RUNS,
  anything,
  bytes,
  holds,
  isWellFormed,
  outcome,
  outcomeOf,
  printable,
  refuses,
  text,
} from './kit/properties.mjs';
import { ORDER, encodeProof, join, split } from './kit/signer.mjs';

const KINDS = ['item', 'list', 'dictionary'];
const kind = fc.constantFrom(...KINDS);

const whole = (digits) => fc.integer({ min: -(10 ** digits - 1), max: 10 ** digits - 1 });
const of = (type, values) => values.map((value) => ({ type, value }));
const key = fc.stringMatching(/^[a-z*][a-z0-9_.*-]{0,8}$/);
const bareItem = fc.oneof(
  of('integer', whole(15)),
  of(
    'decimal',
    whole(12).map((thousandths) => thousandths / 1000),
  ),
  of('string', printable),
  of('token', fc.stringMatching(/^[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]{0,8}$/)),
  of('byte-sequence', bytes({ maxLength: 20 })),
  of('boolean', fc.boolean()),
  of('date', whole(11)),
  of('display-string', text.filter(isWellFormed)),
);
const keyed = (value) => fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 4 });
const item = fc.record({ bareItem, parameters: keyed(bareItem) });
const member = fc.oneof(item, fc.record({ items: fc.array(item, { maxLength: 4 }), parameters: keyed(bareItem) }));
const values = { item, list: fc.array(member, { maxLength: 5 }), dictionary: keyed(member) };
const peers = { item: parseItem, list: parseList, dictionary: parseDictionary };

/** The library reads a date at the end of a field only. */
const hasDate = (value) => JSON.stringify(value).includes('"type":"date"');

/** As plain data: bytes as a list; structured fields have no −0. */
const plain = (value) =>
  JSON.parse(JSON.stringify(value, (_, part) => (part instanceof Uint8Array ? [...part] : part === 0 ? 0 : part)));

/** Holds that a value is written, read back as itself, and written the same again. */
function comesBack(type, value) {
  const written = serializeStructuredField(type, value);
  const read = parseStructuredField(type, written);
  assert.deepEqual(plain(read), plain(value));
  assert.equal(serializeStructuredField(type, read), written);
  return written;
}

for (const type of KINDS) {
  test(`structured fields, ${type}: written, read back, and read by another library`, () => {
    holds(
      fc.property(values[type], (value) => {
        const written = comesBack(type, value);
        if (written !== '' && !hasDate(value)) peers[type](written);
      }),
    );
  });
}

test('structured fields: of any text, a typed refusal or a value that comes back', () => {
  const spelt = bareItem.map((value) => serializeStructuredField('item', { bareItem: value }));
  const mark = fc.constantFrom('=', ';', ', ', ',', '(', ')', ' ', '"', ':', '\t', '%', '?', '@');
  const likely = fc.array(fc.oneof(spelt, key, mark), { maxLength: 8 }).map((parts) => parts.join(''));
  let read = 0;
  holds(
    fc.property(kind, fc.oneof(likely, text), (type, field) => {
      const { value } = outcome(() => parseStructuredField(type, field), 'ERR_SIG_MALFORMED');
      if (value === undefined) return;
      comesBack(type, value);
      read += 1;
    }),
    { numRuns: RUNS * 3 },
  );
  assert.ok(read > RUNS / 10, `${read}`);
});

test('structured fields: any arguments, a typed refusal', () => {
  const type = fc.constantFrom('integer', 'decimal', 'string', 'token', 'byte-sequence', 'date');
  const bare = fc.oneof(anything, fc.record({ type, value: anything }));
  const parameters = fc.oneof(anything, fc.array(fc.tuple(anything, anything)));
  const loose = fc.oneof(anything, fc.record({ bareItem: bare, parameters }, { requiredKeys: [] }));
  const codes = ['ERR_SIG_MALFORMED', 'ERR_CONFIG_INVALID'];
  holds(
    fc.property(fc.oneof({ weight: 8, arbitrary: kind }, anything), loose, (wanted, value) => {
      const { value: written } = outcome(() => serializeStructuredField(wanted, value), ...codes);
      if (written !== undefined) parseStructuredField(wanted, written);
      outcome(() => parseStructuredField(wanted, value), ...codes);
    }),
  );
});

const PROVIDERS = ['native', 'webcrypto', 'wasm'];
const YES = { value: true };
const NO = { value: false };

/** What every provider says, which must be the same. */
async function everyProvider(args, ...codes) {
  const ask = (provider) => outcomeOf(verifySignature({ ...args, provider }), ...codes);
  const said = await Promise.all(PROVIDERS.map(ask));
  for (const other of said) assert.deepEqual(other, said[0], JSON.stringify(said));
  return said[0];
}

function flipped(content, bit) {
  const out = content.slice();
  out[bit >> 3] ^= 1 << (bit & 7);
  return out;
}

const newPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

function publicJwk(publicKey) {
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
  return { kty, crv, x, y };
}

test('verifySignature: what node:crypto signs, by every provider; any changed bit is false', async () => {
  const pair = fc.constantFrom(newPair(), newPair(), newPair());
  await holds(
    fc.asyncProperty(pair, bytes(), fc.nat(511), async ({ privateKey, publicKey }, base, bit) => {
      const signature = new Uint8Array(sign('sha256', base, { key: privateKey, dsaEncoding: 'ieee-p1363' }));
      const args = { alg: 'ecdsa-p256-sha256', jwk: publicJwk(publicKey), base, signature };
      assert.deepEqual(await everyProvider(args), YES);
      const [r, s] = split(signature);
      assert.deepEqual(await everyProvider({ ...args, signature: new Uint8Array(join(r, ORDER - s)) }), YES, 'other S');
      assert.deepEqual(await everyProvider({ ...args, signature: flipped(signature, bit) }), NO);
      assert.deepEqual(await everyProvider({ ...args, signature: signature.subarray(0, bit % 64) }), NO);
      assert.deepEqual(await everyProvider({ ...args, base: Buffer.concat([base, Buffer.of(bit & 255)]) }), NO);
    }),
    { numRuns: Math.ceil(RUNS / 6) },
  );
});

test('verifySignature: HMAC as node:crypto computes it', async () => {
  await holds(
    fc.asyncProperty(bytes({ minLength: 1 }), bytes(), fc.nat(255), async (secret, base, bit) => {
      const mac = new Uint8Array(createHmac('sha256', secret).update(base).digest());
      const args = { alg: 'hmac-sha256', key: secret, base, signature: mac };
      assert.deepEqual(await everyProvider(args), YES);
      assert.deepEqual(await everyProvider({ ...args, signature: flipped(mac, bit) }), NO);
      assert.deepEqual(await everyProvider({ ...args, signature: mac.subarray(0, bit % 32) }), NO);
    }),
    { numRuns: Math.ceil(RUNS / 3) },
  );
});

test('verifySignature: any signature, the same word of every provider', async () => {
  const jwk = publicJwk(newPair().publicKey);
  const edges = [0n, 1n, ORDER - 1n, ORDER, ORDER + 1n].map((number) => new Uint8Array(join(number, number)));
  const signatures = fc.oneof(bytes(), bytes({ minLength: 64, maxLength: 64 }), fc.constantFrom(...edges));
  await holds(
    fc.asyncProperty(signatures, bytes(), async (signature, base) => {
      assert.deepEqual(await everyProvider({ alg: 'ecdsa-p256-sha256', jwk, base, signature }), NO);
    }),
  );
});

test('verifySignature: any JWK, the same word of every provider', async () => {
  const jwk = publicJwk(newPair().publicKey);
  const names = fc.constantFrom('kty', 'crv', 'x', 'y', 'd', 'use');
  const loose = fc.dictionary(names, fc.oneof(fc.constantFrom('EC', 'P-256', jwk.x, jwk.y), anything));
  const changed = loose.map((more) => ({ ...jwk, ...more }));
  const args = { alg: 'ecdsa-p256-sha256', base: '', signature: new Uint8Array(64) };
  await holds(
    fc.asyncProperty(fc.oneof(anything, loose, changed), async (value) => {
      const { code } = await everyProvider({ ...args, jwk: value }, 'ERR_KEY_INVALID');
      const isKey = value?.d === undefined && Object.entries(jwk).every(([name, good]) => value?.[name] === good);
      assert.equal(code, isKey ? undefined : 'ERR_KEY_INVALID');
    }),
    { examples: [[jwk]] },
  );
});

test('verifySignature: any arguments, a typed refusal or false', async () => {
  const args = fc.record(
    {
      alg: fc.oneof(fc.constantFrom('ecdsa-p256-sha256', 'hmac-sha256'), anything),
      jwk: anything,
      key: anything,
      base: anything,
      signature: anything,
      provider: fc.oneof(fc.constantFrom(...PROVIDERS), anything),
    },
    { requiredKeys: [] },
  );
  await holds(
    fc.asyncProperty(args, async (given) => {
      const codes = ['ERR_KEY_INVALID', 'ERR_ALG_REFUSED', 'ERR_CONFIG_INVALID'];
      const { value } = await outcomeOf(verifySignature(given), ...codes);
      assert.notEqual(value, true);
    }),
  );
});

const FLAGS = ['trusted', 'coalesced', 'fractional', 'webdriver', 'teleport'];
const step = fc.integer({ min: -8191, max: 8191 });
const proof = fc.record({
  flags: fc.nat(31),
  kind: fc.constantFrom('mouse', 'touch', 'pen'),
  eventId: bytes({ minLength: 8, maxLength: 8 }),
  age: fc.nat(5000),
  hash: bytes({ minLength: 16, maxLength: 16 }),
  // The byte is the dwell and one: −1 is not released.
  dwell: fc.integer({ min: -1, max: 30_000 }),
  detail: fc.nat(255),
  offset: fc.tuple(fc.nat(1000), fc.nat(1000)),
  width: fc.nat(65_535),
  height: fc.nat(65_535),
  ratio: fc.integer({ min: 1, max: 256 }),
  samples: fc.array(fc.tuple(fc.nat(40), step, step), { maxLength: 40 }),
});

test('decodeInteractionProof: what the byte table gives comes back', () => {
  const base64url = (content) => Buffer.from(content).toString('base64url');
  holds(
    fc.property(proof, (given) => {
      const encoded = encodeProof(given);
      const found = decodeInteractionProof(encoded);
      assert.deepEqual(decodeInteractionProof(`:${encoded.toString('base64')}:`), found);
      assert.equal(
        FLAGS.reduce((bits, name, bit) => bits + (found[name] ? 2 ** bit : 0), 0),
        given.flags,
      );
      assert.equal(found.kind, given.kind);
      assert.equal(found.eventId, base64url(given.eventId));
      assert.equal(found.actionHash, base64url(given.hash));
      assert.deepEqual([found.ageMs, found.dwellMs ?? -1, found.detail], [given.age, given.dwell, given.detail]);
      assert.deepEqual([found.offsetX, found.offsetY], given.offset);
      assert.deepEqual([found.width, found.height, found.pixelRatio16], [given.width, given.height, given.ratio]);
      assert.deepEqual(found.samples, given.samples);
    }),
  );
});

test('decodeInteractionProof: other bytes are another proof, or none', () => {
  holds(
    fc.property(proof, fc.nat(), fc.integer({ min: 1, max: 255 }), (given, at, mask) => {
      const encoded = encodeProof(given);
      const changed = Buffer.from(encoded);
      changed[at % changed.length] ^= mask;
      const { value } = outcome(() => decodeInteractionProof(changed), 'ERR_PROOF_MALFORMED');
      if (value) assert.notDeepEqual(value, decodeInteractionProof(encoded));
      refuses(() => decodeInteractionProof(encoded.subarray(0, at % encoded.length)), 'ERR_PROOF_MALFORMED');
      refuses(() => decodeInteractionProof(Buffer.concat([encoded, Buffer.of(0)])), 'ERR_PROOF_MALFORMED');
    }),
  );
  holds(
    fc.property(fc.oneof(bytes(), text), (value) => {
      outcome(() => decodeInteractionProof(value), 'ERR_PROOF_MALFORMED');
    }),
  );
  holds(
    fc.property(anything, (value) => {
      outcome(() => decodeInteractionProof(value), 'ERR_PROOF_MALFORMED', 'ERR_CONFIG_INVALID');
    }),
  );
});
