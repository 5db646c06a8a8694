// The SQLite driver with the handles that other runtimes bring: node:sqlite and bun:sqlite.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runtimes } from '../../tools/runtimes.mjs';

const script = fileURLToPath(new URL('./kit/sqlite-elsewhere.mjs', import.meta.url));

/** What the cases came to in another runtime, one by one. */
async function* outcomes(binary, handle) {
  const child = spawn(binary, [script], {
    env: { ...process.env, PAS_SQLITE: handle, NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line);
  assert.equal(await ended, 0, 'the runtime ended badly');
}

// Mostly they wait for the disk: they can do so together.
describe('SQLite elsewhere', { concurrency: true }, () => {
  for (const { handle, binary, version } of Object.values(runtimes)) {
    test(`${handle}, ${version}`, async (t) => {
      let count = 0;
      for await (const { name, error } of outcomes(binary, handle)) {
        count += 1;
        await t.test(name, () => assert.equal(error, undefined));
      }
      assert.ok(count > 80, `only ${count} cases ran`);
    });
  }
});
