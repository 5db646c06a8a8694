// How often an accepted request goes into wasm. Counted at the instance itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepted, refused } from './kit/expect.mjs';

const crossed = [];
/** Memory and values across the border, as wasm-bindgen moves them: no work of ours. */
const isPlumbing = (name) => name.startsWith('_');

const { Instance } = WebAssembly;
WebAssembly.Instance = function counting(module, imports) {
  const { exports } = new Instance(module, imports);
  const count = ([name, value]) =>
    typeof value !== 'function' || isPlumbing(name)
      ? [name, value]
      : [name, (...args) => (crossed.push(name), value(...args))];
  return { exports: Object.fromEntries(Object.entries(exports).map(count)) };
};
const { startSite } = await import('./kit/site.mjs');

test('an accepted plain request crosses twice', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  await accepted(frame.fetch());
  for (const request of [{}, { method: 'POST', target: '/api/a', type: 'application/json', body: '{"a":1}' }]) {
    crossed.length = 0;
    const answer = await accepted(frame.fetch(request));
    assert.deepEqual(crossed, ['verifier_begin', 'verifier_gathered']);
    assert.match(answer.get('pas-nonce'), /^[\w-]{36}$/, 'with the next nonce');
  }
  crossed.length = 0;
  await refused(frame.fetch({}, { bytes: () => Buffer.alloc(64) }), 'ERR_SIG_INVALID');
  assert.deepEqual(
    crossed.filter((name) => name.startsWith('verifier_')),
    ['verifier_begin', 'verifier_missing'],
  );
});

test('the nonce of an answer is fresh when it is judged, and good for the next request only as long as any', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  site.time.now += 200_000;
  await frame.refresh();
  const nonce = (await accepted(frame.fetch())).get('pas-nonce');
  site.time.now += 302_000;
  await accepted(frame.fetch({}, { server: nonce }));
  site.time.now += 8_000;
  await refused(frame.fetch({}, { server: nonce }), 'ERR_NONCE_EXPIRED');
});
