// What runs the tests: nothing that went wrong is told as passed, and the cache holds whole folders only.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { test } from 'node:test';

// Within a file of tests Node runs no other.
delete process.env.NODE_TEST_CONTEXT;
const { fillOnce } = await import('../../tools/cache.mjs');
const { root } = await import('../../tools/run.mjs');
const { schedule } = await import('../../tools/schedule.mjs');
const { nodeFile } = await import('../../tools/test.mjs');

function folder(t) {
  const path = mkdtempSync(join(tmpdir(), 'pas runner '));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('a file of tests that ends badly, or tests nothing, has failed', async (t) => {
  const path = folder(t);
  // From the root of the package, as the runner names them.
  const outcome = async (name, text) => {
    const file = relative(root, join(path, `${name}.test.mjs`));
    writeFileSync(join(root, file), `import { test } from 'node:test';\n${text}\n`);
    const { passed, failed } = await nodeFile(file)();
    return [passed, failed];
  };
  assert.deepEqual(await outcome('good', "test('a', () => {}); test('b', () => {});"), [2, 0]);
  for (const [name, text] of [
    ['crashed', "test('a', () => {}); throw new Error('boom');"],
    ['killed', "test('a', () => process.kill(process.pid, 'SIGKILL'));"],
    ['unsettled', "test('a', () => new Promise(() => {}));"],
    ['unsettled itself', "test('a', () => {}); await new Promise(() => {});"],
    ['no JavaScript', '?'],
    ['without tests', ''],
    ['without tests, and telling of some', "console.log('ℹ pass 7');"],
    ['skipped', "test('a', { skip: true }, () => {});"],
  ])
    assert.ok((await outcome(name, text))[1] > 0, name);
});

test('a job that fails fails what needs it, and nothing else', async () => {
  const passes = async () => ({ passed: 1, failed: 0 });
  const told = [];
  const outcomes = await schedule(
    [
      {
        name: 'throws',
        run: () => {
          throw new Error('boom');
        },
      },
      {
        name: 'rejects',
        run: async () => {
          throw new Error('boom');
        },
      },
      { name: 'needs it', needs: ['throws'], run: passes },
      { name: 'needs what needs it', needs: ['needs it'], run: passes },
      { name: 'this way', needs: ['that way'], run: passes },
      { name: 'that way', needs: ['this way'], run: passes },
      { name: 'by itself', run: passes },
      { name: 'needs a good one', needs: ['by itself'], run: passes },
    ],
    2,
    ({ job }) => told.push(job.name),
  );
  const passed = outcomes.filter(({ failed }) => failed === 0).map(({ job }) => job.name);
  assert.deepEqual(passed, ['by itself', 'needs a good one']);
  assert.equal(outcomes.length, 8);
  assert.equal(told.length, 8);
});

test('a folder of the cache is whole, or not there', async (t) => {
  const cache = join(folder(t), 'not there yet');
  const kept = join(cache, 'tool-1');
  await assert.rejects(
    fillOnce(kept, async (draft) => {
      writeFileSync(join(draft, 'half'), '');
      throw new Error('boom');
    }),
    /boom/,
  );
  assert.deepEqual(readdirSync(cache), []);
  let both;
  const together = new Promise((resolve) => (both = resolve));
  let count = 0;
  const fill = (text) =>
    fillOnce(kept, async (draft) => {
      writeFileSync(join(draft, 'whole'), text);
      assert.ok(!existsSync(kept));
      count += 1;
      if (count === 2) both();
      await together;
    });
  await Promise.all([fill('one'), fill('two')]);
  assert.deepEqual(readdirSync(cache), ['tool-1']);
  assert.match(readFileSync(join(kept, 'whole'), 'utf8'), /^(one|two)$/);
  await fillOnce(kept, () => assert.fail('it is there'));
});
