// The canonicaliser over generated arguments: a typed refusal or the right answer, by another implementation
// where one agrees on the rules.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import canonicalizeByNpm from 'canonicalize';
import fc from 'fast-check';
import { calculateJwkThumbprint } from 'jose';
import {
  canonicalize,
  canonicalizeJson,
  contentDigest,
  jwkThumbprint,
  serializeStructuredField,
  signatureBase,
} from 'partitioned-authority/verifier';
import { RUNS, anything, bytes, holds, isWellFormed, outcome, printable, refuses, text } from './kit/properties.mjs';

/** Any finite double, the odd ones often. */
const double = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.constantFrom(-0, 5e-324, 1e21, 1e-7, 2 ** 53 + 2),
);

const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom(null, true, false),
    double,
    text,
    tie('array'),
    tie('object'),
  ),
  array: fc.array(tie('value'), { maxLength: 5 }),
  object: fc.dictionary(text, tie('value'), { maxKeys: 5, noNullPrototype: false }),
})).value;

test('canonicalize: JSON data as another implementation writes it, and back', () => {
  holds(
    fc.property(json, (value) => {
      const canonical = canonicalize(value);
      assert.equal(canonical, canonicalizeByNpm(value));
      assert.equal(canonicalize(JSON.parse(canonical)), canonical);
      assert.deepEqual(JSON.parse(canonical), JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('canonicalize: numbers are those of JSON.stringify', () => {
  holds(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (bits) => {
      const [number] = new Float64Array(BigUint64Array.of(bits).buffer);
      const { value, code } = outcome(() => canonicalize(number), 'ERR_JSON_INVALID');
      assert.equal(code, Number.isFinite(number) ? undefined : 'ERR_JSON_INVALID');
      if (!code) assert.equal(value, JSON.stringify(number));
    }),
    { numRuns: RUNS * 10 },
  );
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
  const mixed = fc.oneof(
    anything,
    fc.tuple(json, anything).map(([a, b]) => ({ a, b: [b] })),
  );
  holds(
    fc.property(mixed, (value) => {
      const { value: canonical, code } = outcome(() => canonicalize(value), 'ERR_JSON_INVALID');
      assert.equal(code === undefined, isPlain(value), canonical);
      if (!code) assert.equal(canonicalize(JSON.parse(canonical)), canonical);
    }),
  );
});

test('canonicalizeJson: a JSON text, however it is spelt', () => {
  const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
  holds(
    fc.property(json, space, fc.boolean(), (value, around, isBytes) => {
      const spelt = around + JSON.stringify(value, undefined, around.length) + around;
      const canonical = canonicalizeJson(isBytes ? new TextEncoder().encode(spelt) : spelt);
      assert.equal(canonical, canonicalize(value));
      assert.equal(canonicalizeJson(canonical), canonical);
    }),
  );
});

/** Members of all objects that JSON.parse read: it keeps the last of each name. */
function memberCount(value) {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum, item) => sum + memberCount(item), own);
}

/** Outside strings every colon is a member's. */
const colons = (spelt) => spelt.replace(/"(?:[^"\\]|\\.)*"/gs, '').split(':').length - 1;

test('canonicalizeJson: of any text, exactly what JSON.parse reads as I-JSON', () => {
  const extra = fc.constantFrom(
    '',
    '"',
    ',',
    '0',
    '-',
    '\\',
    '}',
    '\ufeff',
    '\ud800',
    '\\ud800',
    'e9',
    '{"a":1,"a":2}',
  );
  const damaged = fc.tuple(json, fc.nat(), extra).map(([value, at, inserted]) => {
    const spelt = JSON.stringify(value);
    const place = at % (spelt.length + 1);
    return spelt.slice(0, place) + inserted + spelt.slice(place + (at % 3));
  });
  holds(
    fc.property(fc.oneof(fc.string(), damaged), (spelt) => {
      const { value: canonical, code } = outcome(() => canonicalizeJson(spelt), 'ERR_JSON_INVALID');
      let parsed;
      try {
        parsed = JSON.parse(spelt);
      } catch {
        assert.equal(code, 'ERR_JSON_INVALID', spelt);
        return;
      }
      const isDoubled = memberCount(parsed) !== colons(spelt);
      assert.equal(code === undefined, isWellFormed(spelt) && isPlain(parsed) && !isDoubled, spelt);
      if (!code) assert.equal(canonical, canonicalize(parsed));
    }),
  );
});

test('canonicalizeJson: bytes that are not UTF-8 are refused', () => {
  // With `ignoreBOM` the mark stays, and JSON.parse refuses it.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  holds(
    fc.property(bytes(), (content) => {
      const { code } = outcome(() => canonicalizeJson(content), 'ERR_JSON_INVALID');
      let parses = true;
      try {
        JSON.parse(decoder.decode(content));
      } catch {
        parses = false;
      }
      assert.ok(parses || code === 'ERR_JSON_INVALID');
    }),
  );
});

test('contentDigest is SHA-256 of the bytes, and of nothing but bytes', () => {
  holds(
    fc.property(bytes({ maxLength: 2000 }), fc.nat(20), (content, from) => {
      const digest = `sha-256=:${createHash('sha256').update(content).digest('base64')}:`;
      assert.equal(contentDigest(content), digest);
      assert.equal(contentDigest(Buffer.concat([Buffer.alloc(from), content]).subarray(from)), digest, 'a view');
    }),
  );
  holds(
    fc.property(anything, (value) => {
      const { code } = outcome(() => contentDigest(value), 'ERR_CONFIG_INVALID');
      assert.equal(code === undefined, value instanceof Uint8Array);
    }),
  );
});

test('jwkThumbprint: as jose computes it, and a typed refusal of the rest', async () => {
  const member = bytes({ minLength: 1, maxLength: 48 }).map((value) => Buffer.from(value).toString('base64url'));
  const extra = fc.dictionary(fc.constantFrom('use', 'alg', 'kid', 'ext', 'key_ops'), fc.string());
  const curve = fc.constantFrom('P-256', 'P-384', 'P-521');
  const jwk = fc.oneof(
    fc.record({ kty: fc.constant('EC'), crv: curve, x: member, y: member }),
    fc.record({ kty: fc.constant('OKP'), crv: fc.constantFrom('Ed25519', 'X25519'), x: member }),
    fc.record({ kty: fc.constant('RSA'), n: member, e: member }),
  );
  await holds(
    fc.asyncProperty(jwk, extra, async (key, more) => {
      assert.equal(jwkThumbprint({ ...more, ...key }), await calculateJwkThumbprint(key, 'sha256'));
      refuses(() => jwkThumbprint({ ...key, d: 'AAAA' }), 'ERR_KEY_INVALID');
    }),
  );
  const names = fc.constantFrom('kty', 'crv', 'x', 'y', 'n', 'e', 'd');
  const loose = fc.dictionary(names, fc.oneof(fc.constantFrom('EC', 'RSA', 'P-256'), anything));
  holds(
    fc.property(fc.oneof(anything, loose), (value) => {
      const { value: print } = outcome(() => jwkThumbprint(value), 'ERR_KEY_INVALID');
      if (print !== undefined) assert.match(print, /^[\w-]{43}$/);
    }),
  );
});

const sfString = (value) => `"${value.replace(/["\\]/g, '\\$&')}"`;

test('signatureBase is RFC 9421 section 2.5, line by line', () => {
  const derived = ['method', 'authority', 'path', 'query', 'scheme', 'status'];
  const request = fc.record({
    method: printable,
    authority: printable,
    path: printable,
    query: printable,
    scheme: printable,
    targetUri: printable,
    status: fc.integer({ min: 100, max: 599 }),
  });
  const headers = fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/), printable, { maxKeys: 5 });
  const parameters = fc.record(
    { created: fc.nat(), expires: fc.nat(), nonce: printable, alg: printable, keyid: printable, tag: printable },
    { requiredKeys: [] },
  );
  holds(
    fc.property(request, headers, parameters, fc.infiniteStream(fc.boolean()), (message, fields, given, picks) => {
      const all = [
        ...derived.map((name) => [`@${name}`, String(message[name])]),
        ['@target-uri', message.targetUri],
        ...Object.entries(fields).map(([name, value]) => [name, value.trim()]),
      ];
      const covered = all.filter(() => picks.next().value);
      const names = covered.map(([name]) => name);
      const params = Object.entries(given)
        .map(([name, value]) => `;${name}=${typeof value === 'number' ? value : sfString(value)}`)
        .join('');
      const lines = covered.map(([name, value]) => `${sfString(name)}: ${value}`);
      assert.equal(
        signatureBase({ ...message, headers: fields }, names, given),
        [...lines, `"@signature-params": (${names.map(sfString).join(' ')})${params}`].join('\n'),
      );
      refuses(() => signatureBase(message, ['@method', '@path', '@method'], given), 'ERR_SIG_MALFORMED');
      refuses(() => signatureBase({ headers: fields }, ['@path'], given), 'ERR_SIG_MALFORMED');
    }),
  );
});

test('signatureBase: any arguments, a typed refusal', () => {
  const name = fc.oneof(fc.constantFrom('@method', '@path', '@status', 'a', 'A', '@query-param', ''), anything);
  const headers = fc.oneof(anything, fc.dictionary(fc.constantFrom('a', 'b'), text));
  const message = fc.record({ method: anything, path: text, status: double, headers }, { requiredKeys: [] });
  const parameter = fc.constantFrom('created', 'expires', 'nonce', 'x');
  const parameters = fc.oneof(anything, fc.dictionary(parameter, fc.oneof(anything, double, text)));
  const covered = fc.oneof(fc.array(name, { maxLength: 4 }), anything);
  holds(
    fc.property(fc.oneof(anything, message), covered, parameters, (...args) => {
      const { value: base } = outcome(() => signatureBase(...args), 'ERR_SIG_MALFORMED', 'ERR_CONFIG_INVALID');
      if (base !== undefined) assert.match(base, /^[\t\n\x20-\x7e]*$/);
    }),
  );
});

test('an object that throws when it is looked at does no lasting harm', () => {
  const trap = () => {
    throw new Error('thrown by the caller');
  };
  const revoked = () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    return proxy;
  };
  const hostile = fc.constantFrom(
    () => new Proxy({}, { ownKeys: trap }),
    () => new Proxy({}, { getPrototypeOf: trap }),
    () => new Proxy({}, { get: trap }),
    () => Object.defineProperty({}, 'a', { get: trap, enumerable: true }),
    revoked,
  );
  const calls = fc.constantFrom(
    canonicalize,
    jwkThumbprint,
    (value) => canonicalize([[value]]),
    (value) => signatureBase(value, ['@method'], {}),
    (value) => signatureBase({ method: 'GET' }, ['@method'], value),
    (value) => serializeStructuredField('item', value),
    (value) => serializeStructuredField('list', [value]),
  );
  const codes = [
    'ERR_VERIFIER_FAULT',
    'ERR_JSON_INVALID',
    'ERR_KEY_INVALID',
    'ERR_SIG_MALFORMED',
    'ERR_CONFIG_INVALID',
  ];
  // More often than an instance has room for what such a call leaves behind.
  holds(
    fc.property(hostile, calls, (make, call) => {
      outcome(() => call(make()), ...codes);
    }),
    { numRuns: 1500 },
  );
  assert.equal(canonicalize({ b: 1, a: [true] }), '{"a":[true],"b":1}');
  assert.equal(serializeStructuredField('item', { bareItem: { type: 'integer', value: 1 } }), '1');
});
