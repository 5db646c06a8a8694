// Spellings of a host: default ports, upper case, trailing dots, internationalised names.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuthority } from 'partitioned-authority/verifier';
import { memoryStore } from 'partitioned-authority/stores/memory';
import { hosts } from './kit/hosts.mjs';
import { holds } from './kit/rows.mjs';

test('the authority that a library derives is ours, or the signature is refused', (t) => holds(t, hosts));

test('a configured origin has one spelling', async (t) => {
  const make = (appOrigin, signOrigin = 'https://sign.example.com') =>
    createAuthority({ appOrigin, signOrigin, secret: new Uint8Array(32).fill(7), store: memoryStore() });
  for (const origin of [
    'https://APP.example.com',
    'https://app.example.com:443',
    'https://app.example.com/',
    'https://app.example.com?',
    'https://bücher.example',
    'https://XN--BCHER-KVA.example',
    'https://%61pp.example.com',
    'https://[2001:0db8::1]',
  ]) {
    assert.throws(() => make(origin), { code: 'ERR_CONFIG_INVALID' }, origin);
  }
  const good = ['app.example.com', 'app.example.com:8443', 'xn--bcher-kva.example', '[2001:db8::1]'];
  for (const host of good) {
    const authority = make(`https://${host}`);
    t.after(() => authority.close());
  }
});
