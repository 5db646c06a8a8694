// Every table here is made of rows `{ what, found, expected }`.
import assert from 'node:assert/strict';
import { startPeers } from './peers.mjs';

/** Runs `make(scope, peers)` and holds each of its rows to what is expected. Gives the rows. */
export async function holds(t, make) {
  const peers = startPeers();
  t.after(() => peers.forEach((peer) => peer.close()));
  const rows = await make(t, peers);
  for (const { group, what, by, found, expected } of rows) {
    const name = [group, what, by && `signed by ${by}`].filter(Boolean).join(': ');
    await t.test(name, () => assert.deepEqual(found, expected));
  }
  return rows;
}
