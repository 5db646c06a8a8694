// Every default click of three drivers is caught by itself, with and without a trajectory; and what a hand does is not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIMIT_BITS, bitsOf, capture, isCaught } from './kit/capture.mjs';

test('the limit is the one that the model was measured at', () => {
  assert.ok(LIMIT_BITS > 1 && LIMIT_BITS < 10, String(LIMIT_BITS));
});

for (const mode of ['private', 'samples']) {
  test(`default clicks of puppeteer, playwright and selenium, ${mode}`, async () => {
    const found = await capture({ clicks: 5, mode, only: /default/ });
    assert.equal(found.size, 3);
    for (const [way, rows] of found) {
      assert.equal(rows.length, 5);
      for (const row of rows) {
        assert.deepEqual([row.kind, row.bound], ['mouse', true], way);
        assert.ok(isCaught(row), `${way}: ${bitsOf(row)} bits, ${row.reasons}`);
      }
    }
  });
}
