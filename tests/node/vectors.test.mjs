// The published vectors of tests/vectors, by each artefact as it ships. Rust reads the same files.
import assert from 'node:assert/strict';
import { createHmac, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as iframe from 'partitioned-authority/iframe';
import * as tracker from 'partitioned-authority/tracker/inline';
import * as verifier from 'partitioned-authority/verifier';

const cases = (name) => JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')).cases;

test('before init, an artefact says so', () => {
  for (const artefact of [tracker, iframe]) {
    assert.throws(() => artefact.canonicalize(1), { name: 'PartitionedAuthorityError', code: 'ERR_WASM_UNAVAILABLE' });
  }
  assert.equal(verifier.canonicalize(1), '1', 'a server compiles at first use');
});

for (const [name, artefact] of Object.entries({ tracker, iframe, verifier })) {
  test(name, async (t) => {
    await artefact.init?.();
    const { canonicalize, contentDigest, jwkThumbprint, signatureBase } = artefact;

    await t.test('RFC 8785: the six sample pairs', () => {
      const pairs = cases('json-canonicalization');
      assert.equal(pairs.length, 6);
      for (const { name: sample, input, output } of pairs) assert.equal(canonicalize(JSON.parse(input)), output, sample);
    });

    await t.test('RFC 8785: numbers as ECMAScript spells them', () => {
      const bits = new BigUint64Array(1);
      const view = new Float64Array(bits.buffer);
      let state = 88172645463325252n;
      for (let count = 0; count < 20_000; count += 1) {
        state ^= (state << 13n) & 0xffffffffffffffffn;
        state ^= state >> 7n;
        state ^= (state << 17n) & 0xffffffffffffffffn;
        bits[0] = state;
        if (Number.isFinite(view[0])) assert.equal(canonicalize(view[0]), JSON.stringify(view[0]));
      }
      for (const number of [0, -0, 5e-324, 2 ** 53 - 1, 2 ** 53 + 2, 1e21, 1e-7, 0.1 + 0.2]) {
        assert.equal(canonicalize(number), JSON.stringify(number));
      }
    });

    await t.test('what is not plain I-JSON is refused', () => {
      const cyclic = {};
      cyclic.self = cyclic;
      let deep = [];
      for (let depth = 0; depth < 70; depth += 1) deep = [deep];
      for (const value of [
        undefined, NaN, Infinity, -Infinity, 1n, Symbol('s'), () => 1, new Date(0), new Map(), '\ud800', { '\udc00': 1 },
        { a: undefined }, [undefined], [, 1], cyclic, deep, new (class A {})(),
      ]) {
        assert.throws(() => canonicalize(value), { name: 'PartitionedAuthorityError', code: 'ERR_JSON_INVALID' });
      }
      assert.equal(canonicalize({ b: [null, true, 'é'], a: Object.create(null) }), '{"a":{},"b":[null,true,"é"]}');
    });

    await t.test('RFC 9530', () => {
      for (const { content, digest } of cases('content-digest')) {
        assert.equal(contentDigest(new TextEncoder().encode(content)), digest);
      }
    });

    await t.test('RFC 7638', () => {
      for (const { jwk, thumbprint } of cases('thumbprint')) assert.equal(jwkThumbprint(jwk), thumbprint);
      const [, { jwk }] = cases('thumbprint');
      for (const bad of [{ ...jwk, d: 'AA' }, { ...jwk, kty: 'oct' }, { ...jwk, x: 1 }, {}, null, 'jwk', []]) {
        assert.throws(() => jwkThumbprint(bad), { code: 'ERR_KEY_INVALID' });
      }
    });

    await t.test('RFC 9421: B.2.4 and B.2.5, whose signatures verify over our base', () => {
      const [ecdsa, hmac] = cases('signature-base').map((sample) => {
        const base = signatureBase(sample.request, sample.covered, Object.fromEntries(sample.parameters));
        assert.equal(base, sample.base, sample.name);
        return { ...sample, base };
      });
      const key = createPublicKey({ key: ecdsa.jwk, format: 'jwk' });
      const signature = Buffer.from(ecdsa.signature, 'base64');
      assert.ok(verify('sha256', Buffer.from(ecdsa.base), { key, dsaEncoding: 'ieee-p1363' }, signature));
      const mac = createHmac('sha256', Buffer.from(hmac.secret, 'base64')).update(hmac.base).digest('base64');
      assert.equal(mac, hmac.signature);
    });

    await t.test('a base that can not be built is refused', () => {
      const request = { method: 'GET', path: '/', headers: { a: '1', b: 'é', c: 'x\ny' } };
      assert.equal(signatureBase(request, ['@method', 'a'], { created: 1 }), '"@method": GET\n"a": 1\n"@signature-params": ("@method" "a");created=1');
      for (const [covered, parameters] of [
        [['@authority'], {}], [['absent'], {}], [['a', 'a'], {}], [['A'], {}], [['@nonsense'], {}], [['b'], {}], [['c'], {}], [[1], {}],
        [['a'], { created: NaN }], [['a'], { created: 1.5 }], [['a'], { created: 1e15 }], [['a'], { created: '1' }],
        [['a'], { nonce: 'é' }], [['a'], { other: 'x' }], [['a'], { keyid: null }],
      ]) {
        assert.throws(() => signatureBase(request, covered, parameters), { code: 'ERR_SIG_MALFORMED' }, JSON.stringify([covered, parameters]));
      }
    });
  });
}
