// One list of codes, in Rust and in TypeScript, as the design has it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PartitionedAuthorityError, createAuthority, errorCodes } from 'partitioned-authority/verifier';
import { FURTHER, REFUSALS } from './kit/expect.mjs';
import { glue, makeAuthority } from './kit/site.mjs';

/** The table of the Rust enum: code → [status, next step]. */
async function rustTable(t) {
  // Through the public entry, so that the module is initialised as it is in a server.
  makeAuthority(t);
  const { errorTable } = await glue();
  return new Map(errorTable().map(([code, status, next]) => [code, [status, next]]));
}

test('TypeScript and Rust have the same codes', async (t) => {
  const table = await rustTable(t);
  assert.deepEqual([...errorCodes].sort(), [...table.keys()].sort());
  assert.equal(new Set(errorCodes).size, errorCodes.length);
  for (const code of errorCodes) assert.match(code, /^ERR(_[A-Z]+)+$/);
});

test('statuses and next steps are those of the design', async (t) => {
  const table = await rustTable(t);
  for (const [code, [status, next]] of Object.entries({ ...REFUSALS, ...FURTHER })) {
    assert.deepEqual(table.get(code), [status, next], code);
  }
  for (const [code, [status, next]] of table) {
    if (next !== undefined) assert.equal(status, 401, code);
    if (!(code in REFUSALS) && !(code in FURTHER)) assert.equal(status, 0, `${code} is no answer of a server`);
  }
});

test('there is one error class', () => {
  const failure = () => createAuthority({});
  assert.throws(failure, (error) => {
    assert.ok(error instanceof PartitionedAuthorityError && error instanceof Error);
    assert.equal(error.name, 'PartitionedAuthorityError');
    assert.ok(errorCodes.includes(error.code));
    return true;
  });
  const cause = new Error('why');
  assert.equal(new PartitionedAuthorityError('ERR_STORE_DOWN', 'x', { cause }).cause, cause);
});

test('what wasm refuses is thrown as that class, with its cause', async (t) => {
  const { authority } = makeAuthority(t);
  await assert.rejects(authority.ticketUrl({ id: 'x', slot: 'AAAAAAAA' }, 'no path'), (error) => {
    assert.ok(error instanceof PartitionedAuthorityError);
    assert.equal(error.code, 'ERR_JSON_INVALID');
    assert.equal(error.cause.code, 'ERR_JSON_INVALID');
    return true;
  });
  assert.match(await authority.ticketUrl({ id: 'x', slot: 'AAAAAAAA' }, '/path'), /^\/path\?pas_ticket=/);
});
