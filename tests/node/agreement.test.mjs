// The package and the second implementation judge the same generated requests, bases and structured fields.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { errorCodes, parseStructuredField, serializeStructuredField } from 'partitioned-authority/verifier';
import { COMMON, agreement, judge } from '../independent/agreement.mjs';
import { longTexts } from '../independent/field-texts.mjs';
import { fieldDifferential } from '../independent/fields.mjs';
import { jsonDifferential } from '../independent/json-texts.mjs';
import { counts } from '../vectors/count.mjs';
import { casesOf } from '../vectors/read.mjs';

/** Other messages at every run; PAS_SEED makes the same ones again. */
const seed = Number(process.env.PAS_SEED ?? randomInt(2 ** 31));
const told = `PAS_SEED=${seed}`;
console.log(told);

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

test('the second implementation shares no code with the package', () => {
  const folder = path('../independent/');
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
    const text = readFileSync(folder + file, 'utf8');
    const imports = [...text.matchAll(/^(?:import|export) [^;]*? from '([^']+)';/gm)].map(([, from]) => from);
    const foreign = imports.filter(
      (from) => !from.startsWith('./') && !['node:crypto', 'canonicalize', '@noble/curves/nist.js'].includes(from),
    );
    assert.deepEqual(foreign, [], file);
  }
});

test('the second implementation type-checks', async () => {
  await promisify(execFile)(process.execPath, [
    path('../../node_modules/typescript/bin/tsc'),
    '-p',
    path('../independent/tsconfig.json'),
  ]);
});

test('10 000 requests: the same bases, verdicts and codes', async (t) => {
  const { disagreements, byCode, byChange, ...figures } = await agreement({ messages: 10_000, seed });
  assert.deepEqual(disagreements, [], told);
  assert.equal(figures.messages, 10_000);
  assert.equal(figures.accepted + figures.refused, 10_000);
  assert.ok(figures.bases > 9_000, told);
  // Both sides of the question are asked, and every change was tried; `npm run conformance` holds the rare codes.
  assert.ok(figures.accepted > 4_000 && figures.refused > 2_000, told);
  for (const code of COMMON) assert.ok(byCode[code] > 0, `${code}, ${told}`);
  assert.ok(
    Object.values(byChange).every((count) => count > 0),
    told,
  );
  t.diagnostic(JSON.stringify({ ...figures, byCode }));
});

test('a difference between the two would be seen', async () => {
  const { disagreements } = await judge({ messages: 2000, seed: 7, windows: { signed: 20_000 } });
  assert.ok(disagreements.some(({ ours, theirs }) => ours === 'signed' && theirs === 'ERR_TIME_STALE'));
});

test('10 000 texts of structured fields: three parsers, and only the differences that are documented', (t) => {
  const { disagreements, intended, ...figures } = fieldDifferential({ texts: 10_000, seed });
  assert.deepEqual(disagreements, [], told);
  assert.ok(figures.accepted > 3_000 && figures.refused > 3_000, told);
  t.diagnostic(JSON.stringify({ ...figures, intended }));
});

test('10 000 JSON texts: both parsers, one canonical form', (t) => {
  const { disagreements, ...figures } = jsonDifferential({ texts: 10_000, seed });
  assert.deepEqual(disagreements, [], told);
  assert.ok(figures.accepted > 3_000 && figures.refused > 3_000, told);
  t.diagnostic(JSON.stringify(figures));
});

test('long structured fields are taken whole', () => {
  for (const { type, text } of longTexts()) {
    const value = parseStructuredField(type, text);
    assert.deepEqual(parseStructuredField(type, serializeStructuredField(type, value)), value);
  }
});

test('the vectors cover every code that a request can cause', () => {
  const causes = new Set(['request', 'control'].flatMap(casesOf).map(({ code }) => code));
  // What needs a broken store, a stalled stream, a limit of rates, or a later version of the protocol.
  const elsewhere = [
    'ERR_STORE_CHANGED',
    'ERR_STORE_DOWN',
    'ERR_STORE_FULL',
    'ERR_VERIFIER_FAULT',
    'ERR_RATE_LIMITED',
    'ERR_SESSION_LIMIT',
    'ERR_BODY_UNREADABLE',
    'ERR_MAC_RETIRED',
    'ERR_POLICY_REFUSED',
  ];
  const client = [
    'ERR_CONFIG_INVALID',
    'ERR_NOT_ENROLLED',
    'ERR_KEY_STORAGE',
    'ERR_ORIGIN_NOT_LISTED',
    'ERR_PATH_RESERVED',
    'ERR_REDIRECT_REFUSED',
    'ERR_SERVER_UNREACHABLE',
    'ERR_WASM_UNAVAILABLE',
    'ERR_CONSENT_CANCELLED',
    'ERR_CONSENT_TIMEOUT',
    'ERR_POPUP_BLOCKED',
    'ERR_PASSKEY_MISSING',
  ];
  const others = new Set([...causes, ...elsewhere, ...client]);
  const missing = errorCodes.filter((code) => !others.has(code) && !code.startsWith('ERR_CHANNEL_'));
  assert.deepEqual(missing, []);
  assert.deepEqual(
    elsewhere.filter((code) => causes.has(code)),
    [],
  );
});

test('the vectors are counted', () => {
  const rows = counts();
  assert.ok(rows.length >= 16);
  for (const { kind, positive, negative } of rows) {
    assert.equal(positive + negative, casesOf(kind).length);
    assert.ok(positive > 0, kind);
  }
});
