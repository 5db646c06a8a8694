// The package and the second implementation judge the same generated requests, bases and structured fields.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { errorCodes, parseStructuredField, serializeStructuredField } from 'partitioned-authority/verifier';
import { agreement, judge } from '../independent/agreement.mjs';
import { longTexts } from '../independent/field-texts.mjs';
import { DIFFERENCES, fieldDifferential } from '../independent/fields.mjs';
import { jsonDifferential } from '../independent/json-texts.mjs';
import { counts } from '../vectors/count.mjs';
import { casesOf } from '../vectors/read.mjs';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

test('the second implementation shares no code with the package', () => {
  const folder = path('../independent/');
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
    const text = readFileSync(folder + file, 'utf8');
    const imports = [...text.matchAll(/^(?:import|export) [^;]*? from '([^']+)';/gm)].map(([, from]) => from);
    const foreign = imports.filter((from) => !from.startsWith('./') && ![
      'node:crypto', 'canonicalize', '@noble/curves/nist.js',
    ].includes(from));
    assert.deepEqual(foreign, [], file);
  }
});

test('the second implementation type-checks', async () => {
  await promisify(execFile)(
    process.execPath, [path('../../node_modules/typescript/bin/tsc'), '-p', path('../independent/tsconfig.json')],
  );
});

test('100 000 requests: the same bases, verdicts and codes', async (t) => {
  const { disagreements, byCode, byChange, ...figures } = await agreement({ messages: 100_000, seed: 1 });
  assert.deepEqual(disagreements, []);
  assert.equal(figures.messages, 100_000);
  assert.equal(figures.accepted + figures.refused, 100_000);
  assert.ok(figures.bases > 90_000);
  // Both sides of the question are asked, and every change was tried.
  assert.ok(figures.accepted > 40_000 && figures.refused > 20_000);
  for (const code of [
    'ERR_SIG_MALFORMED', 'ERR_SIG_PROFILE', 'ERR_DIGEST_MISMATCH', 'ERR_PROOF_MALFORMED', 'ERR_SESSION_MISSING',
    'ERR_SESSION_ENDED', 'ERR_KEY_MISMATCH',
    'ERR_SIG_MISSING', 'ERR_SIG_INVALID', 'ERR_NONCE_INVALID', 'ERR_NONCE_EXPIRED', 'ERR_NONCE_USED', 'ERR_TIME_STALE',
    'ERR_TIME_FUTURE', 'ERR_ALG_REFUSED',
    'ERR_CONSENT_MISMATCH', 'ERR_UV_INVALID', 'ERR_JSON_INVALID', 'consent',
    'ERR_TIER_REQUIRED', 'ERR_PROOF_REUSED', 'ERR_BODY_LIMIT', 'ERR_BODY_ENCODING', 'ERR_HEADER_LIMIT',
  ]) assert.ok(byCode[code] > 0, code);
  assert.ok(Object.values(byChange).every((count) => count > 500));
  t.diagnostic(JSON.stringify({ ...figures, byCode }));
});

test('a difference between the two would be seen', async () => {
  const { disagreements } = await judge({ messages: 2000, seed: 7, windows: { signed: 20_000 } });
  assert.ok(disagreements.some(({ ours, theirs }) => ours === 'signed' && theirs === 'ERR_TIME_STALE'));
});

test('100 000 texts of structured fields: three parsers, and only the differences that are documented', (t) => {
  const { disagreements, intended, ...figures } = fieldDifferential({ texts: 100_000, seed: 1 });
  assert.deepEqual(disagreements, []);
  assert.ok(figures.accepted > 30_000 && figures.refused > 30_000);
  // A difference that no longer occurs has no place in the list.
  for (const { name } of DIFFERENCES) assert.ok(intended[name] > 0, name);
  t.diagnostic(JSON.stringify({ ...figures, intended }));
});

test('100 000 JSON texts: both parsers, one canonical form', (t) => {
  const { disagreements, ...figures } = jsonDifferential({ texts: 100_000, seed: 1 });
  assert.deepEqual(disagreements, []);
  assert.ok(figures.accepted > 30_000 && figures.refused > 30_000);
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
    'ERR_STORE_CHANGED', 'ERR_STORE_DOWN', 'ERR_STORE_FULL', 'ERR_VERIFIER_FAULT', 'ERR_RATE_LIMITED',
    'ERR_SESSION_LIMIT', 'ERR_BODY_UNREADABLE',
    'ERR_MAC_RETIRED', 'ERR_POLICY_REFUSED',
  ];
  const client = [
    'ERR_CONFIG_INVALID', 'ERR_NOT_ENROLLED', 'ERR_KEY_STORAGE', 'ERR_ORIGIN_NOT_LISTED', 'ERR_PATH_RESERVED',
    'ERR_REDIRECT_REFUSED', 'ERR_SERVER_UNREACHABLE', 'ERR_WASM_UNAVAILABLE',
    'ERR_CONSENT_CANCELLED', 'ERR_CONSENT_TIMEOUT', 'ERR_POPUP_BLOCKED', 'ERR_PASSKEY_MISSING',
  ];
  const others = new Set([...causes, ...elsewhere, ...client]);
  const missing = errorCodes.filter((code) => !others.has(code) && !code.startsWith('ERR_CHANNEL_'));
  assert.deepEqual(missing, []);
  assert.deepEqual(elsewhere.filter((code) => causes.has(code)), []);
});

test('the vectors are counted', () => {
  const rows = counts();
  assert.ok(rows.length >= 16);
  for (const { kind, positive, negative } of rows) {
    assert.equal(positive + negative, casesOf(kind).length);
    assert.ok(positive > 0, kind);
  }
});
