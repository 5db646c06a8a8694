// One rule of admission in every text: the vectors, and random histories, answered by the rule in Rust and by each of
// the others. A failure prints the shortest history that shows it, and its seed; `PAS_SEED` asks from that one on.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { admit } from 'partitioned-authority/stores/admission';
import { casesOf } from '../vectors/read.mjs';
import { agreement } from './admission/agreement.mjs';
import { dice } from './admission/dice.mjs';
import { START } from './admission/histories.mjs';
import { readers } from './admission/readers.mjs';
import { reference } from './admission/reference.mjs';
import { frameKey } from './kit/keys.mjs';

const seed = Number(process.env.PAS_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** `npm run conformance` asks every store for as many as the rule. */
const HISTORIES = { 'the TypeScript rule': 20_000, memory: 4_000, sqlite: 4_000, redis: 4_000 };

const CODES = [
  'accepted',
  'ERR_SESSION_ENDED',
  'ERR_KEY_MISMATCH',
  'ERR_TIME_FUTURE',
  'ERR_TIME_STALE',
  'ERR_NONCE_INVALID',
  'ERR_NONCE_EXPIRED',
  'ERR_RATE_LIMITED',
  'ERR_NONCE_USED',
  'ERR_PROOF_REUSED',
  'ERR_TIER_REQUIRED',
];

const FREE = { limit: 1_000_000, windowMs: 1_000 };
const request = (more) => ({
  slot: 't',
  sessionId: 's',
  keyId: 'k',
  replayKey: 'r',
  tier: 'interactive',
  elapsedMs: 0,
  created: START,
  createdFrom: START,
  createdTo: START,
  nonceFrom: START,
  nonceTo: START,
  replayUntil: START,
  sessionRate: FREE,
  accountRate: FREE,
  ...more,
});
const opened = { clock: START, open: { id: 's', keyId: 'k', idleMs: 1_000, absoluteMs: 1_000 } };
const weighed = (name, delta, cap) => ({
  clock: START,
  admit: request({ replayKey: name, event: { id: name, limit: 1, evidence: { delta, cap } } }),
});

test('the example in docs/stores.md is the store that is tested here', () => {
  const [, shown] = readFileSync(new URL('admission/own-store.mjs', import.meta.url), 'utf8').split('// ---\n');
  assert.ok(readFileSync(new URL('../../docs/stores.md', import.meta.url), 'utf8').includes(shown));
});

test('what a store keeps is finite numbers too, or nothing is admitted', () => {
  const session = {
    id: 's',
    slot: 't',
    userId: 'u',
    keys: { frame: frameKey('k') },
    createdAt: START,
    lastSeenAt: START,
    idleExpiresAt: START + 1_000,
    absoluteExpiresAt: START + 9_000,
    tiers: {},
    evidence: { sum: 0, interactions: 0 },
  };
  const kept = {
    session,
    idleMs: 1_000,
    high: START,
    sessionFullAt: 0,
    accountFullAt: 0,
    hasRoom: true,
    replayUntil: START - 1,
    event: { uses: 1, until: START },
    lostUntil: 0,
  };
  const asked = (more) => admit({ ...kept, ...more }, request({ event: { id: 'e', limit: 2 } }), START);
  // Drivers give NULL for what is not there, and texts for large numbers.
  for (const more of [
    {},
    { replayUntil: null, event: null },
    { replayUntil: undefined, event: undefined, lostUntil: undefined },
  ]) {
    assert.equal(asked(more).writes.session.idleExpiresAt, START + 1_000);
  }
  for (const bad of [NaN, Infinity, '1000', 1_000n]) {
    for (const more of [
      ...['idleMs', 'high', 'sessionFullAt', 'accountFullAt', 'replayUntil', 'lostUntil'].map((member) => ({
        [member]: bad,
      })),
      ...['uses', 'until'].map((member) => ({ event: { ...kept.event, [member]: bad } })),
      ...['lastSeenAt', 'idleExpiresAt', 'absoluteExpiresAt'].map((member) => ({
        session: { ...session, [member]: bad },
      })),
      ...['sum', 'interactions'].map((member) => ({
        session: { ...session, evidence: { ...session.evidence, [member]: bad } },
      })),
    ])
      assert.throws(() => asked(more), { code: 'ERR_CONFIG_INVALID' }, `${bad} in ${Object.keys(more)}`);
  }
});

for (const [name, reader] of Object.entries(readers)) {
  test(`${name}: every vector`, async () => {
    const cases = casesOf('admission').filter((one) => !reader.lacks(one));
    assert.ok(cases.length > 85, `only ${cases.length}`);
    const subject = await reader.make();
    try {
      for (const one of cases) assert.deepEqual(await subject.answers(one), one.answers, one.name);
    } finally {
      await subject.close();
    }
  });

  test(`${name}: ${HISTORIES[name]} random histories, seed ${seed}`, async () => {
    const { disagreement, codes, histories } = await agreement(name, { seed, histories: HISTORIES[name] });
    if (disagreement)
      assert.fail(
        Object.entries(disagreement)
          .map(([who, what]) => `${who}: ${JSON.stringify(what)}`)
          .join('\n'),
      );
    assert.ok(histories > HISTORIES[name] / 2);
    for (const code of CODES) assert.ok(codes[code] > 0, `no request came to ${code}`);
  });

  test(`${name}: what is not a finite number admits nothing`, async () => {
    const numbers = ['elapsedMs', 'created', 'createdFrom', 'createdTo', 'nonceFrom', 'nonceTo', 'replayUntil'];
    const rate = (value) => ({ limit: 1, windowMs: 1, ...value });
    const limit = (value) => ({ id: 'e', limit: 1, ...value });
    const evidence = (value) => limit({ evidence: { delta: 0, cap: 9, limit: { sum: 9, interactions: 0 }, ...value } });
    const subject = await reader.make();
    try {
      for (const bad of [NaN, Infinity, -Infinity]) {
        for (const more of [
          ...numbers.map((member) => ({ [member]: bad })),
          ...['sessionRate', 'accountRate'].flatMap((member) =>
            ['limit', 'windowMs'].map((part) => ({ [member]: rate({ [part]: bad }) })),
          ),
          { event: limit({ limit: bad }) },
          ...['delta', 'cap'].map((part) => ({ event: evidence({ [part]: bad }) })),
          ...['sum', 'interactions'].map((part) => ({
            event: evidence({ limit: { sum: 9, interactions: 0, [part]: bad } }),
          })),
        ]) {
          const history = { name: 'a number', steps: [opened, { clock: START, admit: request(more) }] };
          await assert.rejects(
            subject.answers(history),
            { code: 'ERR_CONFIG_INVALID' },
            `${bad} ${JSON.stringify(more)}`,
          );
        }
      }
      const twin = request({ event: evidence(), sessionRate: rate(), accountRate: rate() });
      const [{ session }] = await subject.answers({ name: 'numbers', steps: [opened, { clock: START, admit: twin }] });
      assert.deepEqual(session.evidence, { sum: 0, interactions: 1 });
    } finally {
      await subject.close();
    }
  });

  test(`${name}: the order of interactions is of no account to their sum, away from its bounds`, async () => {
    const roll = dice(seed);
    const subject = await reader.make();
    const last = (answers) => answers.at(-1).session.evidence;
    try {
      for (let round = 0; round < 40; round += 1) {
        const away = roll(2) === 0;
        // Of one sign they may reach a bound: both orders stay there.
        const [start, cap, least] = away ? [1_000, 2_000, -99] : [roll(50), 60, roll(2) ? 0 : -99];
        const weights = Array.from({ length: 5 }, () => least + roll(least === 0 || away ? 100 : 99));
        const steps = weights.map((delta, at) => weighed(`e${at}`, delta, cap));
        const one = [opened, weighed('first', start, cap), ...steps];
        const other = [opened, weighed('first', start, cap), ...steps.toSorted(() => roll(3) - 1)];
        const [[...wanted], [...again]] = await reference([{ steps: one }, { steps: other }]);
        assert.deepEqual(last(wanted), last(again), `Rust: ${weights}`);
        assert.deepEqual(last(await subject.answers({ name: 'one order', steps: one })), last(wanted), `${weights}`);
        assert.deepEqual(last(await subject.answers({ name: 'another', steps: other })), last(wanted), `${weights}`);
      }
    } finally {
      await subject.close();
    }
  });
}
