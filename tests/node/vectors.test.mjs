// The vectors of tests/vectors that every artefact can read, by each as it ships. Rust reads the same files.
import assert from 'node:assert/strict';
import { constants, createHash, createHmac, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as iframe from 'partitioned-authority/iframe';
import * as tracker from 'partitioned-authority/tracker/inline';
import * as verifier from 'partitioned-authority/verifier';
import { doubles } from '../independent/doubles.mjs';
import { bytesOf } from '../vectors/cases/jcs.mjs';
import { generate } from '../vectors/generate.mjs';
import { casesOf, differences } from '../vectors/read.mjs';

test('before init, an artefact says so', () => {
  for (const artefact of [tracker, iframe]) {
    assert.throws(() => artefact.canonicalize(1), { name: 'PartitionedAuthorityError', code: 'ERR_WASM_UNAVAILABLE' });
  }
  assert.equal(verifier.canonicalize(1), '1', 'a server compiles at first use');
});

test('the vectors are what their generator writes', async () => {
  for (const [kind, text] of await generate()) {
    assert.equal(
      readFileSync(new URL(`../vectors/${kind}.json`, import.meta.url), 'utf8'),
      text,
      `tests/vectors/${kind}.json`,
    );
  }
});

/** How node:crypto verifies each algorithm of the RFC's examples. */
const PUBLISHED = {
  'ecdsa-p256-sha256': (base, key, signature) => verify('sha256', base, { key, dsaEncoding: 'ieee-p1363' }, signature),
  'rsa-pss-sha512': (base, key, signature) =>
    verify('sha512', base, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 }, signature),
  'rsa-v1_5-sha256': (base, key, signature) => verify('sha256', base, key, signature),
  ed25519: (base, key, signature) => verify(null, base, key, signature),
};

for (const [name, artefact] of Object.entries({ tracker, iframe, verifier })) {
  test(name, async (t) => {
    await artefact.init?.();
    const { canonicalize, contentDigest, jwkThumbprint, signatureBase } = artefact;

    await t.test('RFC 8785: the six sample pairs', () => {
      const pairs = casesOf('json-canonicalization');
      assert.equal(pairs.length, 6);
      for (const { name: sample, input, output } of pairs)
        assert.equal(canonicalize(JSON.parse(input)), output, sample);
    });

    await t.test('RFC 8785: values', async () => {
      const good = casesOf('jcs').filter(({ code }) => code === undefined);
      assert.deepEqual(
        await differences(good, (one) => ({ canonical: canonicalize(JSON.parse(bytesOf(one).toString())) })),
        [],
      );
    });

    await t.test('RFC 8785: a million doubles against V8', () => {
      let count = 0;
      for (const { name: kind, seed, count: total, sha256 } of casesOf('jcs-numbers')) {
        const hash = createHash('sha256');
        const all = doubles(kind, seed, total);
        for (let done = false; !done; ) {
          const some = [];
          for (let next; some.length < 1000 && !(done = (next = all.next()).done); ) some.push(next.value);
          const text = canonicalize(some);
          assert.equal(text, JSON.stringify(some), kind);
          if (some.length > 0) hash.update(`${text.slice(1, -1).replaceAll(',', '\n')}\n`);
          count += some.length;
        }
        assert.equal(hash.digest('hex'), sha256, kind);
      }
      assert.equal(count, 1_000_000);
    });

    await t.test('what is not plain I-JSON is refused', () => {
      const cyclic = {};
      cyclic.self = cyclic;
      let deep = [];
      for (let depth = 0; depth < 70; depth += 1) deep = [deep];
      for (const value of [
        undefined,
        NaN,
        Infinity,
        -Infinity,
        1n,
        Symbol('s'),
        () => 1,
        new Date(0),
        new Map(),
        '\ud800',
        { '\udc00': 1 },
        { a: undefined },
        [undefined],
        [, 1],
        cyclic,
        deep,
        new (class A {})(),
      ]) {
        assert.throws(() => canonicalize(value), { name: 'PartitionedAuthorityError', code: 'ERR_JSON_INVALID' });
      }
      assert.equal(canonicalize({ b: [null, true, 'é'], a: Object.create(null) }), '{"a":{},"b":[null,true,"é"]}');
    });

    await t.test('RFC 9530', async () => {
      assert.deepEqual(
        await differences(casesOf('content-digest'), ({ content }) => ({
          digest: contentDigest(Buffer.from(content, 'hex')),
        })),
        [],
      );
    });

    await t.test('RFC 7638', () => {
      for (const { jwk, thumbprint } of casesOf('thumbprint')) assert.equal(jwkThumbprint(jwk), thumbprint);
      const [, { jwk }] = casesOf('thumbprint');
      for (const bad of [{ ...jwk, d: 'AA' }, { ...jwk, kty: 'oct' }, { ...jwk, x: 1 }, {}, null, 'jwk', []]) {
        assert.throws(() => jwkThumbprint(bad), { code: 'ERR_KEY_INVALID' });
      }
      for (const { jwk: key, thumbprint } of casesOf('public-key').filter(({ code }) => !code))
        assert.equal(jwkThumbprint(key), thumbprint);
    });

    await t.test('RFC 9421: the bases of its examples, over which their signatures verify', () => {
      const examples = casesOf('signature-base');
      assert.equal(examples.length, 7);
      for (const { name: sample, request, covered, parameters, base, jwk, secret, signature } of examples) {
        const built = signatureBase(request, covered, Object.fromEntries(parameters));
        assert.equal(built, base, sample);
        const [, algorithm] = sample.split(', ');
        const bytes = Buffer.from(signature, 'base64');
        const isValid = secret
          ? createHmac('sha256', Buffer.from(secret, 'base64')).update(built).digest().equals(bytes)
          : PUBLISHED[algorithm](Buffer.from(built), createPublicKey({ key: jwk, format: 'jwk' }), bytes);
        assert.ok(isValid, sample);
      }
    });

    await t.test("the profile's bases", async () => {
      // The export takes a request in parts: what is wrong with its whole is for the verifier to say.
      const whole = ({ code, message: { target }, name: sample }) =>
        code && (!/^\/[!"$-~]*$/.test(target) || sample.includes('doubled'));
      const cases = casesOf('signature-profile').filter((one) => !whole(one));
      const read = ({ message: { method, authority, target, fields }, parameters, covered, signatureInput }) => {
        const at = target.indexOf('?');
        const headers = Object.fromEntries(fields.map(([field, value]) => [field.toLowerCase(), value]));
        const [path, query] = at < 0 ? [target, '?'] : [target.slice(0, at), target.slice(at)];
        const names = covered ?? [
          '@method',
          '@authority',
          '@path',
          '@query',
          ...['content-type', 'content-digest', 'interaction-proof', 'pas-consent'].filter((field) => field in headers),
        ];
        const base = signatureBase({ method, authority, path, query, headers }, names, parameters);
        assert.ok(!signatureInput || base.endsWith(`"@signature-params": ${signatureInput.slice(4)}`));
        return { base };
      };
      assert.deepEqual(await differences(cases, read), []);
      assert.ok(cases.some(({ code }) => code) && cases.length > 45);
    });

    await t.test('a base that can not be built is refused', () => {
      const request = { method: 'GET', path: '/', headers: { a: '1', b: 'é', c: 'x\ny' } };
      assert.equal(
        signatureBase(request, ['@method', 'a'], { created: 1 }),
        '"@method": GET\n"a": 1\n"@signature-params": ("@method" "a");created=1',
      );
      for (const [covered, parameters] of [
        [['@authority'], {}],
        [['absent'], {}],
        [['a', 'a'], {}],
        [['A'], {}],
        [['@nonsense'], {}],
        [['b'], {}],
        [['c'], {}],
        [[1], {}],
        [['a'], { created: NaN }],
        [['a'], { created: 1.5 }],
        [['a'], { created: 1e15 }],
        [['a'], { created: '1' }],
        [['a'], { nonce: 'é' }],
        [['a'], { other: 'x' }],
        [['a'], { keyid: null }],
      ]) {
        assert.throws(
          () => signatureBase(request, covered, parameters),
          { code: 'ERR_SIG_MALFORMED' },
          JSON.stringify([covered, parameters]),
        );
      }
    });
  });
}
