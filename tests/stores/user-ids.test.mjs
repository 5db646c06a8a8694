// What a store could not keep apart must not reach it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStore } from 'partitioned-authority/stores/memory';
import { createAuthority } from 'partitioned-authority/verifier';

test('a user id or label that is no well-formed text is refused', async (t) => {
  const store = memoryStore();
  t.after(() => store.close());
  const authority = createAuthority({
    appOrigin: 'https://app.example.com',
    signOrigin: 'https://sign.example.com',
    secret: new Uint8Array(32).fill(5),
    store,
  });
  for (const id of ['\ud800', 'a\udc00b', '\udc00\ud800', '']) {
    await assert.rejects(authority.begin({ id }), { code: 'ERR_CONFIG_INVALID' });
  }
  await assert.rejects(authority.begin({ id: 'alice', label: '\ud83d' }), { code: 'ERR_CONFIG_INVALID' });
  await authority.begin({ id: '🙂', label: '👩‍👩‍👧' });
});
