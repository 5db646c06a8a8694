// docs/proxies.md shows the configs that the tests run, to the letter.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { errorCodes } from 'partitioned-authority/verifier';

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const text = read('../../docs/proxies.md');

for (const [language, file] of [
  ['nginx', 'kit/nginx.conf'],
  ['caddyfile', 'kit/Caddyfile'],
]) {
  test(`the ${language} block is ${file}`, () => {
    const blocks = text.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm'));
    assert.deepEqual(
      [...blocks].map(([, block]) => block),
      [read(file)],
    );
  });
}

test('every code it names exists', () => {
  const named = [...text.matchAll(/ERR_\w+/g)].map(([code]) => code);
  assert.ok(named.length > 10);
  assert.deepEqual(
    named.filter((code) => !errorCodes.includes(code)),
    [],
  );
});
