// Changes of honest requests. First every small one (`npm run mutation` prints the table): all are refused.
// Then random larger ones, from a fixed seed: whatever they are, the verifier answers in its own words, and
// of all the variants of one request at most one is accepted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mutations } from '../mutation/mutations.mjs';
import { kinds } from '../mutation/requests.mjs';
import { acceptance, accepted } from './kit/expect.mjs';
import { incoming, startSite } from './kit/site.mjs';

/** Mulberry32: small, seeded, the same everywhere. */
function random(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return { below: (n) => next() % n, pick: (items) => items[next() % items.length] };
}

const PIECES = [
  '',
  ' ',
  ',',
  ';',
  '"',
  '\\',
  '(',
  ')',
  ':',
  '=',
  '?',
  '#',
  '%',
  '/',
  '..',
  '\t',
  '\0',
  '\x7f',
  'é',
  '😀',
  '\ud800',
  'pas=',
  ';x=1',
  ', pas=:AAAA:',
  '"@method"',
  '-1',
  '9'.repeat(20),
  'A'.repeat(300),
  '((((((((',
  '*',
];

function mutate(text, { below, pick }) {
  const at = below(text.length + 1);
  const to = Math.min(text.length, at + 1 + below(8));
  switch (below(6)) {
    case 0:
      return text.slice(0, at) + pick(PIECES) + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(to);
    case 2:
      return text.slice(0, at) + pick(PIECES) + text.slice(to);
    case 3:
      return text.slice(0, at) + text.slice(at, to).repeat(2) + text.slice(to);
    case 4:
      return (
        text.slice(0, at) +
        String.fromCharCode(text.charCodeAt(at % text.length) ^ (1 << below(7))) +
        text.slice(at + 1)
      );
    default:
      return text.slice(at) + text.slice(0, at);
  }
}

const OWN = /^ERR_(SIG|DIGEST|PROOF|KEY|SESSION|NONCE|TIME|ALG|TIER|BODY|HEADER|ORIGIN|ENROL|JSON|TICKET)_/;

test('every changed bit of every part is refused, and the request itself is accepted before and after', async () => {
  const { accepted: mutants, rows } = await mutations();
  assert.equal(mutants, 0);
  for (const { part, flips, refused } of rows) assert.equal(refused, flips, part);
  const flipped = rows.filter(({ bytes, part }) => bytes !== undefined && !/a byte/.test(part));
  for (const { part, bytes, flips } of flipped) assert.equal(flips, bytes * 8, part);
  const found = new Set(rows.map(({ part }) => part.split(':')[0]));
  assert.deepEqual([...found], Object.keys(kinds));
});

test('changed requests', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const { raw } = site.authority;
  const route = { tier: 'interactive', action: 'act' };
  const body = '{"amount":1}';
  const target = '/api/act?x=1';
  const before = JSON.parse(await site.snapshot('alice'));
  for (let round = 0; round < 5; round += 1) {
    const proof = await frame.proof({ action: 'act', method: 'POST', target, body });
    const honest = await frame.sign({ method: 'POST', target, type: 'application/json', body, proof });
    const dice = random(round + 1);
    let taken = 0;
    for (let i = 0; i < 600; i += 1) {
      const changed = { ...honest, body: honest.body, fields: honest.fields.map((field) => [...field]) };
      for (let n = 1 + dice.below(3); n > 0; n -= 1) {
        const where = dice.below(changed.fields.length + 3);
        if (where === changed.fields.length) changed.target = mutate(changed.target, dice);
        else if (where === changed.fields.length + 1) changed.method = mutate(changed.method, dice);
        else if (where === changed.fields.length + 2) changed.body = Buffer.from(mutate(changed.body.toString(), dice));
        else {
          const field = changed.fields[where];
          const part = dice.below(8) === 0 ? 0 : 1;
          field[part] = mutate(field[part], dice);
        }
      }
      const outcome = await raw.verify(incoming(changed), route);
      if (outcome.ok) {
        taken += 1;
        assert.equal(outcome.session.userId, 'alice');
        assert.deepEqual(
          [changed.method, changed.target, Buffer.from(outcome.body).toString()],
          ['POST', target, body],
          'what was signed is what was accepted',
        );
      } else {
        assert.match(outcome.code, OWN, JSON.stringify(changed.fields));
      }
    }
    assert.ok(taken <= 1, `${taken} variants of one request were accepted`);
    const last = await raw.verify(incoming(honest), route);
    assert.equal(last.ok ? undefined : last.code, taken === 1 ? 'ERR_NONCE_USED' : undefined);
  }
  const after = JSON.parse(await site.snapshot('alice'));
  assert.deepEqual(
    after.map((list) => list.map(({ id }) => id)),
    before.map((list) => list.map(({ id }) => id)),
  );
});

test('changed enrolments', async (t) => {
  const site = await startSite(t, { limits: { control: { limit: 1e6, windowMs: 1000 } } });
  const { raw } = site.authority;
  const frame = await site.login(site.frame(), 'bob');
  let honest;
  const { transport } = frame;
  frame.transport = async (request) =>
    request.target === '/.pas/enrol'
      ? ((honest = request), transport({ ...request, method: 'GET' }))
      : transport(request);
  await frame.enrol();
  const dice = random(99);
  let made = 0;
  for (let i = 0; i < 1500; i += 1) {
    const changed = { ...honest, fields: honest.fields.map((field) => [...field]) };
    const where = dice.below(changed.fields.length + 1);
    if (where === changed.fields.length) changed.body = Buffer.from(mutate(honest.body.toString(), dice));
    else changed.fields[where][1] = mutate(changed.fields[where][1], dice);
    const answer = await raw.handle(incoming(changed));
    if (answer.status === 200) made += 1;
    else assert.match(JSON.parse(answer.body).code, OWN, JSON.stringify(changed));
  }
  const sessions = await site.authority.sessions.list('bob');
  assert.equal(sessions.length, made);
  assert.ok(made <= 1);
  if (made === 0) assert.equal((await raw.handle(incoming(honest))).status, 200);
});

test('the verifier is as good as new after it', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  await accepted(frame.fetch());
  await acceptance(site.authority.raw.verify(incoming(await frame.sign()), { tier: 'signed' }));
});
