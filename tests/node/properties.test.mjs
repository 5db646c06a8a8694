// Properties of the TypeScript surface, over generated arguments: a typed refusal or the right answer, by
// another implementation where one agrees on the rules. A counterexample is printed with its seed.
import assert from 'node:assert/strict';
import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import canonicalizeByNpm from 'canonicalize';
import fc from 'fast-check';
import { calculateJwkThumbprint } from 'jose';
import * as verifier from 'partitioned-authority/verifier';
import { parseDictionary, parseItem, parseList } from 'structured-headers';
import { encodeProof, join, ORDER, split } from './signer.mjs';

const {
  PartitionedAuthorityError, canonicalize, canonicalizeJson, contentDigest, decodeInteractionProof, jwkThumbprint,
  parseStructuredField, serializeStructuredField, signatureBase, verifySignature,
} = verifier;

const RUNS = Number(process.env.PROPERTY_RUNS ?? 300);
const holds = (property, more) => fc.assert(property, { numRuns: RUNS, ...more });

/** What a call gives, or the code it refuses with, which must be one of `codes`. */
function outcome(call, ...codes) {
  try {
    return { value: call() };
  } catch (error) {
    assert.ok(error instanceof PartitionedAuthorityError, `untyped: ${error?.stack ?? error}`);
    assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`);
    return { code: error.code };
  }
}

async function outcomeOf(pending, ...codes) {
  const settled = await pending.then((value) => () => value, (error) => () => { throw error; });
  return outcome(settled, ...codes);
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const isWellFormed = (text) => !/\p{Surrogate}/u.test(text);
/** Anything JavaScript has, plain or not. */
const anything = fc.anything({
  withBigInt: true, withBoxedValues: true, withDate: true, withMap: true, withNullPrototype: true, withObjectString: true,
  withSet: true, withSparseArray: true, withTypedArray: true, key: fc.string({ unit: 'binary' }), maxDepth: 3,
});
const bytes = (constraints) => fc.uint8Array({ maxLength: 200, ...constraints });
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme-composite' }));
/** Any double, the odd ones often. */
const double = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.constantFrom(-0, 5e-324, 1e21, 1e-7, 2 ** 53 + 2));
const json = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 5, withCrossShrink: true }, fc.constantFrom(null, true, false), double, text, tie('array'), tie('object')),
  array: fc.array(tie('value'), { maxLength: 5 }),
  object: fc.dictionary(text, tie('value'), { maxKeys: 5, noNullPrototype: false }),
})).value;

test('canonicalize: JSON data as another implementation writes it, and back', () => {
  holds(fc.property(json, (value) => {
    const canonical = canonicalize(value);
    assert.equal(canonical, canonicalizeByNpm(value));
    assert.equal(canonicalize(JSON.parse(canonical)), canonical);
    assert.deepEqual(JSON.parse(canonical), JSON.parse(JSON.stringify(value)));
  }));
});

test('canonicalize: numbers are those of JSON.stringify', () => {
  holds(fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (bits) => {
    const [number] = new Float64Array(BigUint64Array.of(bits).buffer);
    const { value, code } = outcome(() => canonicalize(number), 'ERR_JSON_INVALID');
    assert.equal(code, Number.isFinite(number) ? undefined : 'ERR_JSON_INVALID');
    if (!code) assert.equal(value, JSON.stringify(number));
  }), { numRuns: RUNS * 10 });
});

/** Whether a value is I-JSON data as it stands, by the words of RFC 7493 and of the documentation. */
function isPlain(value, depth = 0) {
  if (value === null || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value === 'string') return isWellFormed(value);
  if (typeof value !== 'object' || depth >= 64) return false;
  if (Array.isArray(value)) return Array.from(value).every((item) => isPlain(item, depth + 1));
  const prototype = Object.getPrototypeOf(value);
  const isObject = prototype === null || Object.getPrototypeOf(prototype) === null;
  return isObject && Object.entries(value).every(([name, item]) => isWellFormed(name) && isPlain(item, depth + 1));
}

test('canonicalize: what is not plain data is refused, and nothing else', () => {
  const mixed = fc.oneof(anything, fc.tuple(json, anything).map(([a, b]) => ({ a, b: [b] })));
  holds(fc.property(mixed, (value) => {
    const { value: canonical, code } = outcome(() => canonicalize(value), 'ERR_JSON_INVALID');
    assert.equal(code === undefined, isPlain(value), canonical);
    if (!code) assert.equal(canonicalize(JSON.parse(canonical)), canonical);
  }));
});

test('canonicalizeJson: a JSON text, however it is spelt', () => {
  const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
  holds(fc.property(json, space, fc.boolean(), (value, around, isBytes) => {
    const spelt = around + JSON.stringify(value, undefined, around.length) + around;
    const canonical = canonicalizeJson(isBytes ? new TextEncoder().encode(spelt) : spelt);
    assert.equal(canonical, canonicalize(value));
    assert.equal(canonicalizeJson(canonical), canonical);
  }));
});

/** How often names occur in the objects of a text that JSON.parse reads: it keeps the last of each. */
const memberCount = (value) =>
  typeof value !== 'object' || value === null ? 0
    : Object.values(value).reduce((sum, item) => sum + memberCount(item), Array.isArray(value) ? 0 : Object.keys(value).length);

/** Outside strings every colon is a member's. */
const colons = (spelt) => spelt.replace(/"(?:[^"\\]|\\.)*"/gs, '').split(':').length - 1;

test('canonicalizeJson: of any text, exactly what JSON.parse reads as I-JSON', () => {
  const damaged = fc.tuple(json, fc.nat(), fc.constantFrom('', '"', ',', '0', '-', '\\', '}', '\ufeff', '\ud800', '\\ud800', 'e9', '{"a":1,"a":2}'))
    .map(([value, at, extra]) => {
      const spelt = JSON.stringify(value);
      const place = at % (spelt.length + 1);
      return spelt.slice(0, place) + extra + spelt.slice(place + (at % 3));
    });
  holds(fc.property(fc.oneof(fc.string(), damaged), (spelt) => {
    const { value: canonical, code } = outcome(() => canonicalizeJson(spelt), 'ERR_JSON_INVALID');
    let parsed;
    try {
      parsed = JSON.parse(spelt);
    } catch {
      return assert.equal(code, 'ERR_JSON_INVALID', spelt);
    }
    const doubled = memberCount(parsed) !== colons(spelt);
    assert.equal(code === undefined, isWellFormed(spelt) && isPlain(parsed) && !doubled, spelt);
    if (!code) assert.equal(canonical, canonicalize(parsed));
  }));
});

test('canonicalizeJson: bytes that are not UTF-8 are refused', () => {
  holds(fc.property(bytes(), (content) => {
    const { code } = outcome(() => canonicalizeJson(content), 'ERR_JSON_INVALID');
    let parses = true;
    try {
      // With `ignoreBOM` the mark stays, and JSON.parse refuses it.
      JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content));
    } catch {
      parses = false;
    }
    assert.ok(parses || code === 'ERR_JSON_INVALID');
  }));
});

test('contentDigest is SHA-256 of the bytes, and of nothing but bytes', () => {
  holds(fc.property(bytes({ maxLength: 2000 }), fc.nat(20), (content, from) => {
    const digest = `sha-256=:${sha256(content).toString('base64')}:`;
    assert.equal(contentDigest(content), digest);
    assert.equal(contentDigest(Buffer.concat([Buffer.alloc(from), content]).subarray(from)), digest, 'a view');
  }));
  holds(fc.property(anything, (value) => {
    const { code } = outcome(() => contentDigest(value), 'ERR_CONFIG_INVALID');
    assert.equal(code === undefined, value instanceof Uint8Array);
  }));
});

test('jwkThumbprint: as jose computes it, and a typed refusal of the rest', async () => {
  const member = fc.base64String({ minLength: 1, maxLength: 64 }).map((value) => Buffer.from(value, 'base64').toString('base64url') || 'A');
  const extra = fc.dictionary(fc.constantFrom('use', 'alg', 'kid', 'ext', 'key_ops'), fc.string());
  const jwk = fc.oneof(
    fc.record({ kty: fc.constant('EC'), crv: fc.constantFrom('P-256', 'P-384', 'P-521'), x: member, y: member }),
    fc.record({ kty: fc.constant('OKP'), crv: fc.constantFrom('Ed25519', 'X25519'), x: member }),
    fc.record({ kty: fc.constant('RSA'), n: member, e: member }),
  );
  await holds(fc.asyncProperty(jwk, extra, async (key, more) => {
    assert.equal(jwkThumbprint({ ...more, ...key }), await calculateJwkThumbprint(key, 'sha256'));
    outcome(() => assert.fail(jwkThumbprint({ ...key, d: 'AAAA' })), 'ERR_KEY_INVALID');
  }));
  const loose = fc.dictionary(fc.constantFrom('kty', 'crv', 'x', 'y', 'n', 'e', 'd'), fc.oneof(fc.constantFrom('EC', 'RSA', 'P-256'), anything));
  holds(fc.property(fc.oneof(anything, loose), (value) => {
    const { value: print } = outcome(() => jwkThumbprint(value), 'ERR_KEY_INVALID');
    if (print !== undefined) assert.match(print, /^[\w-]{43}$/);
  }));
});

const printable = fc.string({ unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)), maxLength: 30 });
const fieldName = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/);

test('signatureBase is RFC 9421 section 2.5, line by line', () => {
  const request = fc.record({ method: printable, authority: printable, path: printable, query: printable, scheme: printable, targetUri: printable, status: fc.integer({ min: 100, max: 599 }) });
  const headers = fc.dictionary(fieldName, printable, { maxKeys: 5, noNullPrototype: true });
  const parameters = fc.record({ created: fc.nat(), expires: fc.nat(), nonce: printable, alg: printable, keyid: printable, tag: printable }, { requiredKeys: [] });
  const sfString = (value) => `"${value.replace(/["\\]/g, '\\$&')}"`;
  holds(fc.property(request, headers, parameters, fc.infiniteStream(fc.nat()), (message, fields, given, random) => {
    const derived = ['method', 'authority', 'path', 'query', 'scheme', 'status'].map((name) => [`@${name}`, String(message[name])]);
    const all = [...derived, ['@target-uri', message.targetUri], ...Object.entries(fields).map(([name, value]) => [name, value.trim()])];
    const covered = all.filter(() => random.next().value % 2 === 0);
    const names = covered.map(([name]) => name);
    const base = signatureBase({ ...message, headers: fields }, names, given);
    const params = Object.entries(given).map(([name, value]) => `;${name}=${typeof value === 'number' ? value : sfString(value)}`).join('');
    const lines = covered.map(([name, value]) => `${sfString(name)}: ${value}`);
    assert.equal(base, [...lines, `"@signature-params": (${names.map(sfString).join(' ')})${params}`].join('\n'));
    // A component twice, or one that the request lacks.
    outcome(() => assert.fail(signatureBase(message, ['@method', ...names.slice(0, 1), '@method'], given)), 'ERR_SIG_MALFORMED');
    outcome(() => assert.fail(signatureBase({ headers: fields }, ['@path'], given)), 'ERR_SIG_MALFORMED');
  }));
});

test('signatureBase: any arguments, a typed refusal', () => {
  const names = fc.array(fc.oneof(fc.constantFrom('@method', '@path', '@status', 'a', 'A', '@query-param', ''), anything), { maxLength: 4 });
  const request = fc.oneof(anything, fc.record({ method: anything, path: text, status: double, headers: fc.oneof(anything, fc.dictionary(fc.constantFrom('a', 'b'), text)) }, { requiredKeys: [] }));
  const parameters = fc.oneof(anything, fc.dictionary(fc.constantFrom('created', 'expires', 'nonce', 'x'), fc.oneof(anything, double, text)));
  holds(fc.property(request, fc.oneof(names, anything), parameters, (...args) => {
    const { value: base } = outcome(() => signatureBase(...args), 'ERR_SIG_MALFORMED', 'ERR_CONFIG_INVALID');
    if (base !== undefined) assert.match(base, /^[\t\n\x20-\x7e]*$/);
  }));
});

const key = fc.stringMatching(/^[a-z*][a-z0-9_.*-]{0,8}$/);
const bareItem = fc.oneof(
  fc.integer({ min: -(10 ** 15 - 1), max: 10 ** 15 - 1 }).map((value) => ({ type: 'integer', value })),
  fc.integer({ min: -(10 ** 12), max: 10 ** 12 }).map((value) => ({ type: 'decimal', value: value / 1000 })),
  printable.map((value) => ({ type: 'string', value })),
  fc.stringMatching(/^[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]{0,8}$/).map((value) => ({ type: 'token', value })),
  bytes({ maxLength: 20 }).map((value) => ({ type: 'byte-sequence', value })),
  fc.boolean().map((value) => ({ type: 'boolean', value })),
  fc.integer({ min: -(10 ** 11), max: 10 ** 11 }).map((value) => ({ type: 'date', value })),
  text.filter(isWellFormed).map((value) => ({ type: 'display-string', value })),
);
const unique = (value) => fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 4 });
const parameters = unique(bareItem);
const item = fc.record({ bareItem, parameters });
const member = fc.oneof(item, fc.record({ items: fc.array(item, { maxLength: 4 }), parameters }));
const fields = { item, list: fc.array(member, { maxLength: 5 }), dictionary: unique(member) };
const peers = { item: parseItem, list: parseList, dictionary: parseDictionary };

const unsigned = (number) => (Object.is(number, -0) ? 0 : number);
const settled = (value) => JSON.parse(JSON.stringify(value, (_, part) => (part instanceof Uint8Array ? [...part] : typeof part === 'number' ? unsigned(part) : part)));

/** The library reads a date at the end of a field only. */
const hasDate = (value) => JSON.stringify(value).includes('"type":"date"');

for (const [type, arbitrary] of Object.entries(fields)) {
  test(`structured fields: a ${type} is written, read back, and read by another library`, () => {
    holds(fc.property(arbitrary, (value) => {
      const written = serializeStructuredField(type, value);
      assert.deepEqual(settled(parseStructuredField(type, written)), settled(value));
      assert.equal(serializeStructuredField(type, parseStructuredField(type, written)), written);
      if (written !== '' && !hasDate(value)) peers[type](written);
    }));
  });
}

test('structured fields: of any text, a typed refusal or a value that is written and read back', () => {
  const likely = fc.array(fc.oneof(bareItem.map((bare) => serializeStructuredField('item', { bareItem: bare })), key, fc.constantFrom('=', ';', ', ', ',', '(', ')', ' ', '"', ':', '\t', '%', '?', '@')), { maxLength: 8 }).map((parts) => parts.join(''));
  holds(fc.property(fc.constantFrom('item', 'list', 'dictionary'), fc.oneof(likely, text), (type, spelt) => {
    const { value } = outcome(() => parseStructuredField(type, spelt), 'ERR_SIG_MALFORMED');
    if (value === undefined) return;
    const written = serializeStructuredField(type, value);
    assert.deepEqual(settled(parseStructuredField(type, written)), settled(value));
    assert.equal(serializeStructuredField(type, parseStructuredField(type, written)), written);
  }), { numRuns: RUNS * 3 });
});

test('structured fields: any arguments, a typed refusal', () => {
  const loose = fc.oneof(anything, fc.record({ bareItem: fc.oneof(anything, fc.record({ type: fc.constantFrom('integer', 'decimal', 'string', 'token', 'byte-sequence', 'date'), value: anything })), parameters: fc.oneof(anything, fc.array(fc.tuple(anything, anything))) }, { requiredKeys: [] }));
  const kind = fc.oneof({ weight: 8, arbitrary: fc.constantFrom('item', 'list', 'dictionary') }, anything);
  holds(fc.property(kind, loose, (type, value) => {
    const { value: written } = outcome(() => serializeStructuredField(type, value), 'ERR_SIG_MALFORMED', 'ERR_CONFIG_INVALID');
    if (written !== undefined) parseStructuredField(type, written);
    outcome(() => parseStructuredField(type, value), 'ERR_SIG_MALFORMED', 'ERR_CONFIG_INVALID');
  }));
});

const PROVIDERS = ['native', 'webcrypto', 'wasm'];

/** What every provider says, which must be the same. */
async function everyProvider(args, ...codes) {
  const said = await Promise.all(PROVIDERS.map((provider) => outcomeOf(verifySignature({ ...args, provider }), ...codes)));
  for (const other of said) assert.deepEqual(other, said[0], JSON.stringify(said));
  return said[0];
}

test('verifySignature: what node:crypto signs, by every provider; any changed bit is false', async () => {
  const pairs = Array.from({ length: 4 }, () => generateKeyPairSync('ec', { namedCurve: 'P-256' }));
  await holds(fc.asyncProperty(fc.constantFrom(...pairs), bytes(), fc.nat(511), async ({ privateKey, publicKey }, base, bit) => {
    const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
    const jwk = { kty, crv, x, y };
    const signature = new Uint8Array(sign('sha256', base, { key: privateKey, dsaEncoding: 'ieee-p1363' }));
    const args = { alg: 'ecdsa-p256-sha256', jwk, base, signature };
    assert.deepEqual(await everyProvider(args), { value: true });
    const [r, s] = split(signature);
    assert.deepEqual(await everyProvider({ ...args, signature: new Uint8Array(join(r, ORDER - s)) }), { value: true }, 'the other S');
    const changed = signature.slice();
    changed[bit >> 3] ^= 1 << (bit & 7);
    assert.deepEqual(await everyProvider({ ...args, signature: changed }), { value: false });
    assert.deepEqual(await everyProvider({ ...args, base: Buffer.concat([base, Buffer.of(bit & 255)]) }), { value: false });
    assert.deepEqual(await everyProvider({ ...args, signature: signature.subarray(0, bit % 64) }), { value: false });
  }), { numRuns: Math.ceil(RUNS / 6) });
});

test('verifySignature: HMAC as node:crypto computes it', async () => {
  await holds(fc.asyncProperty(bytes({ minLength: 1 }), bytes(), fc.nat(255), async (secret, base, bit) => {
    const mac = new Uint8Array(createHmac('sha256', secret).update(base).digest());
    const args = { alg: 'hmac-sha256', key: secret, base, signature: mac };
    assert.deepEqual(await everyProvider(args), { value: true });
    const changed = mac.slice();
    changed[bit >> 3] ^= 1 << (bit & 7);
    assert.deepEqual(await everyProvider({ ...args, signature: changed }), { value: false });
    assert.deepEqual(await everyProvider({ ...args, signature: mac.subarray(0, bit % 32) }), { value: false });
  }), { numRuns: Math.ceil(RUNS / 3) });
});

test('verifySignature: any signature and any JWK, the same word of every provider', async () => {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  const lengths = fc.oneof(bytes(), bytes({ minLength: 64, maxLength: 64 }), fc.constantFrom(0n, 1n, ORDER - 1n, ORDER, ORDER + 1n).map((n) => new Uint8Array(join(n, n))));
  await holds(fc.asyncProperty(lengths, bytes(), async (signature, base) => {
    assert.deepEqual(await everyProvider({ alg: 'ecdsa-p256-sha256', jwk, base, signature }), { value: false });
  }));
  const loose = fc.dictionary(fc.constantFrom('kty', 'crv', 'x', 'y', 'd', 'use'), fc.oneof(fc.constantFrom('EC', 'P-256', jwk.x, jwk.y), anything));
  const changed = loose.map((more) => ({ ...jwk, ...more }));
  await holds(fc.asyncProperty(fc.oneof(anything, loose, changed), async (value) => {
    const { code } = await everyProvider({ alg: 'ecdsa-p256-sha256', jwk: value, base: '', signature: new Uint8Array(64) }, 'ERR_KEY_INVALID');
    const isKey = Object.entries(jwk).every(([name, good]) => value?.[name] === good) && value.d === undefined;
    assert.equal(code, isKey ? undefined : 'ERR_KEY_INVALID');
  }));
  const argument = fc.record({ alg: fc.oneof(fc.constantFrom('ecdsa-p256-sha256', 'hmac-sha256'), anything), jwk: anything, key: anything, base: anything, signature: anything, provider: fc.oneof(fc.constantFrom(...PROVIDERS), anything) }, { requiredKeys: [] });
  await holds(fc.asyncProperty(argument, async (args) => {
    const { value } = await outcomeOf(verifySignature(args), 'ERR_KEY_INVALID', 'ERR_ALG_REFUSED', 'ERR_CONFIG_INVALID');
    assert.notEqual(value, true);
  }));
});

test('decodeInteractionProof: what the byte table gives comes back; anything else is refused', () => {
  const small = fc.integer({ min: -8191, max: 8191 });
  const proof = fc.record({
    flags: fc.nat(31), kind: fc.constantFrom('mouse', 'touch', 'pen'), eventId: bytes({ minLength: 8, maxLength: 8 }), age: fc.nat(5000),
    hash: bytes({ minLength: 16, maxLength: 16 }), dwell: fc.integer({ min: -1, max: 30_000 }), detail: fc.nat(255),
    offset: fc.tuple(fc.nat(1000), fc.nat(1000)), width: fc.nat(65_535), height: fc.nat(65_535), ratio: fc.integer({ min: 1, max: 256 }),
    samples: fc.array(fc.tuple(fc.nat(40), small, small), { maxLength: 40 }),
  });
  const base64url = (content) => Buffer.from(content).toString('base64url');
  holds(fc.property(proof, fc.nat(), fc.integer({ min: 1, max: 255 }), (given, at, mask) => {
    const { flags: bits, ...numbers } = given;
    const encoded = encodeProof(given);
    const { actionHash, ageMs, detail, dwellMs, eventId, height, kind, offsetX, offsetY, pixelRatio16, samples, width, ...flags } =
      decodeInteractionProof(encoded);
    assert.deepEqual(
      { age: ageMs, detail, dwell: dwellMs ?? -1, eventId, hash: actionHash, height, kind, offset: [offsetX, offsetY], ratio: pixelRatio16, samples, width },
      { ...numbers, eventId: base64url(given.eventId), hash: base64url(given.hash) },
    );
    assert.equal(['trusted', 'coalesced', 'fractional', 'webdriver', 'teleport'].reduce((sum, name, bit) => sum + (flags[name] ? 2 ** bit : 0), 0), bits);
    assert.deepEqual(decodeInteractionProof(`:${encoded.toString('base64')}:`), decodeInteractionProof(encoded));
    // One value has one encoding: another text of bytes is another value, or none.
    const changed = Buffer.from(encoded);
    changed[at % changed.length] ^= mask;
    const { value } = outcome(() => decodeInteractionProof(changed), 'ERR_PROOF_MALFORMED');
    if (value) assert.notDeepEqual(value, decodeInteractionProof(encoded));
    for (const other of [encoded.subarray(0, at % encoded.length), Buffer.concat([encoded, Buffer.of(0)])]) {
      outcome(() => assert.fail(decodeInteractionProof(other) && 'accepted'), 'ERR_PROOF_MALFORMED');
    }
  }));
  holds(fc.property(fc.oneof(bytes(), text), (value) => void outcome(() => decodeInteractionProof(value), 'ERR_PROOF_MALFORMED')));
  holds(fc.property(anything, (value) => void outcome(() => decodeInteractionProof(value), 'ERR_PROOF_MALFORMED', 'ERR_CONFIG_INVALID')));
});

test('an object that throws when it is looked at does no lasting harm', () => {
  const thrown = new Error('thrown by the caller');
  const trap = () => { throw thrown; };
  const hostile = fc.constantFrom(
    () => new Proxy({}, { ownKeys: trap }), () => new Proxy({}, { getPrototypeOf: trap }), () => new Proxy({}, { get: trap }),
    () => ({ get a() { return trap(); } }), () => { const { proxy, revoke } = Proxy.revocable([], {}); revoke(); return proxy; },
  );
  const calls = fc.constantFrom(
    canonicalize, jwkThumbprint, (value) => signatureBase(value, ['@method'], {}),
    (value) => signatureBase({ method: 'GET' }, ['@method'], value), (value) => serializeStructuredField('item', value),
    (value) => serializeStructuredField('list', [value]), (value) => canonicalize([[value]]),
  );
  const codes = ['ERR_VERIFIER_FAULT', 'ERR_JSON_INVALID', 'ERR_KEY_INVALID', 'ERR_SIG_MALFORMED', 'ERR_CONFIG_INVALID'];
  // More often than the instance has room for what such a call leaves behind.
  holds(fc.property(hostile, calls, (make, call) => void outcome(() => call(make()), ...codes)), { numRuns: 1500 });
  assert.equal(canonicalize({ b: 1, a: [true] }), '{"a":[true],"b":1}');
  assert.equal(serializeStructuredField('item', { bareItem: { type: 'integer', value: 1 } }), '1');
});
