// What weak evidence does: one weak interaction, a session in doubt, a movement seen before. Never to people
// without a mouse, never without a policy that says so, and a client is told the code only.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { act, startActing } from './kit/acting.mjs';
import { accepted, refused } from './kit/expect.mjs';
import { KINDS } from './kit/signer.mjs';

async function ready(t, { onWeak, replays, ...options } = {}) {
  const { site, calls } = await startActing(t, {
    interaction: { ...(onWeak ? { onWeak } : {}), ...(replays === undefined ? {} : { replays }) },
    ...options,
  });
  const as = (frame) => (fields, target) => act(frame, fields, target && { target });
  const frame = await site.enrolled();
  return { site, frame, calls, act: as(frame), as };
}

const consent = { tier: 'consent' };

/** Few people's clicks jump; this one is not short enough for a program's. */
const JUMP = {
  flags: 1 + 16,
  samples: [
    [1, 0, 0],
    [16, -300, 80],
  ],
  dwell: 60,
};

/** Little speaks against it: it was in the very middle of a button. */
const MIDDLE = { samples: [], offset: [500, 500] };

/** A way to a button, another one each time: enough to be known again, too little to be judged. */
const way = () =>
  Array.from({ length: 7 }, (_, i) => [
    16,
    -(6 + ((i * 7) % 19)) - (randomBytes(1)[0] % 29),
    ((i * 5) % 13) + (randomBytes(1)[0] % 31),
  ]);

describe('one weak interaction', () => {
  test('a person is asked, where one can be; elsewhere it is told of', async (t) => {
    const { act, site } = await ready(t);
    site.decisions.length = 0;
    const answer = await refused(act(JUMP), 'ERR_TIER_REQUIRED', consent);
    assert.ok(!/jump|weak|band/.test(answer.text), 'the reasons are for the operator');
    const [{ interaction, detail }] = site.decisions;
    assert.deepEqual([interaction.band, interaction.kind, interaction.bound], ['weak', 'mouse', true]);
    assert.ok(interaction.reasons.includes('the pointer jumped to the target'));
    assert.match(detail, /^interaction weak: /);
    assert.ok(!('features' in interaction) && !('samples' in interaction), 'an audit keeps no movement');
    const { json } = await accepted(act(JUMP, '/api/free'));
    assert.deepEqual([json.tier, json.interaction.band], ['interactive', 'weak']);
    assert.equal(site.decisions.at(-1).interaction.band, 'weak');
    await accepted(act({ samples: way() }));
  });

  test('the policy may refuse, or tell only', async (t) => {
    const strict = await ready(t, { onWeak: 'refuse' });
    await refused(strict.act(JUMP), 'ERR_POLICY_REFUSED');
    await refused(strict.act(JUMP, '/api/free'), 'ERR_POLICY_REFUSED');
    await accepted(strict.act({ samples: way() }));
    const lenient = await ready(t, { onWeak: 'audit' });
    assert.equal((await accepted(lenient.act(JUMP))).json.interaction.band, 'weak');
  });

  test('what is mechanical is refused whatever the policy', async (t) => {
    const mechanical = { ...JUMP, dwell: 0 };
    for (const onWeak of ['audit', 'step-up', 'refuse']) {
      const { act } = await ready(t, { onWeak });
      await refused(act(mechanical, '/api/free'), 'ERR_TIER_REQUIRED', { tier: 'interactive' });
      await refused(act(mechanical), 'ERR_TIER_REQUIRED', consent);
    }
  });

  test('a signed route is not held to it', async (t) => {
    const { frame } = await ready(t, { onWeak: 'refuse' });
    const proof = await frame.proof({ action: 'x', method: 'GET', target: '/api/a', ...JUMP });
    const { json } = await accepted(frame.fetch({ target: '/api/a', proof }));
    assert.equal(json.interaction.band, 'weak');
  });
});

describe('people without a mouse', () => {
  for (const onWeak of ['step-up', 'refuse']) {
    test(`are never refused: ${onWeak}`, async (t) => {
      const { act } = await ready(t, { onWeak });
      for (const kind of Object.keys(KINDS).filter((name) => name !== 'mouse')) {
        for (const fields of [
          {},
          { dwell: undefined },
          { dwell: 0 },
          { detail: 0 },
          { width: 0, height: 0 },
          { flags: 1 + 8 },
        ]) {
          for (let again = 0; again < 4; again += 1) {
            const { json } = await accepted(act({ kind, ...fields }));
            assert.deepEqual([json.interaction.band, json.interaction.session.sum], ['ordinary', 0], kind);
          }
        }
      }
    });
  }
});

describe('a session in doubt', () => {
  test('little things add up, once for an interaction, and people take them back', async (t) => {
    const { act, site } = await ready(t);
    const sums = [];
    let answer;
    for (let turn = 0; turn < 30; turn += 1) {
      answer = await act(MIDDLE);
      if (answer.status !== 200) break;
      assert.equal(answer.json.interaction.band, 'ordinary');
      sums.push(answer.json.interaction.session);
    }
    assert.ok(sums.length >= 2, 'a cold session is given time');
    assert.deepEqual(
      sums.map(({ interactions }) => interactions),
      sums.map((_, i) => i + 1),
    );
    assert.ok(sums.every(({ sum }, i) => sum > (sums[i - 1]?.sum ?? 0)));
    await refused(Promise.resolve(answer), 'ERR_TIER_REQUIRED', consent);
    assert.match(site.decisions.at(-1).detail, /^the session's interactions speak for a program/);
    await refused(act(MIDDLE), 'ERR_TIER_REQUIRED', consent);
    await accepted(act(MIDDLE, '/api/free'));
    assert.equal((await site.authority.sessions.list('alice'))[0].evidence.interactions, sums.length + 1);
  });

  test('four requests of one interaction count once', async (t) => {
    const { act } = await ready(t);
    const eventId = randomBytes(8);
    const sums = [];
    for (let use = 0; use < 4; use += 1)
      sums.push((await accepted(act({ ...MIDDLE, eventId }))).json.interaction.session);
    assert.deepEqual(sums, Array(4).fill({ sum: sums[0].sum, interactions: 1 }));
  });

  test('another session of the user has evidence of its own', async (t) => {
    const { act, as, site } = await ready(t);
    for (let turn = 0; turn < 30; turn += 1) await act(MIDDLE);
    await refused(act(MIDDLE), 'ERR_TIER_REQUIRED', consent);
    const other = as(await site.enrolled());
    await accepted(other(MIDDLE));
  });
});

describe('a movement seen before', () => {
  // What the model thinks of a short way is not the matter here.
  const replays = async (t, options) => ready(t, { onWeak: 'audit', ...options });

  test('is found, whoever made it', async (t) => {
    const { act, as, site } = await replays(t);
    const movement = { samples: way() };
    assert.equal((await accepted(act(movement))).json.interaction.seen, undefined);
    assert.equal((await accepted(act(movement))).json.interaction.seen, true);
    assert.equal(site.decisions.at(-1).interaction.seen, true);
    const bob = as(await site.enrolled('bob', site.frame()));
    assert.equal((await accepted(bob(movement))).json.interaction.seen, true);
    assert.equal((await accepted(bob({ samples: way() }))).json.interaction.seen, undefined);
  });

  test('four requests of one interaction are no replays', async (t) => {
    const { act } = await replays(t);
    const [samples, eventId] = [way(), randomBytes(8)];
    for (let use = 0; use < 4; use += 1) {
      assert.equal((await accepted(act({ samples, eventId }))).json.interaction.seen, undefined);
    }
  });

  test('it weighs in the session, once', async (t) => {
    const { act } = await replays(t);
    const samples = way();
    const { sum } = (await accepted(act({ samples }))).json.interaction.session;
    const eventId = randomBytes(8);
    const sums = [];
    for (let use = 0; use < 2; use += 1)
      sums.push((await accepted(act({ samples, eventId }))).json.interaction.session.sum);
    assert.ok(sums[0] >= sum + 1_000, `${sum}, ${sums}`);
    assert.equal(sums[1], sums[0]);
  });

  test('none is remembered where none is wanted, nor in privacy mode', async (t) => {
    const numbers = Array.from({ length: 20 }, () => randomBytes(1)[0] % 33);
    for (const [off, fields] of [
      [false, { samples: way() }],
      [undefined, { flags: 1, numbers }],
    ]) {
      const { act, calls } = await replays(t, { replays: off });
      for (let turn = 0; turn < 2; turn += 1)
        assert.equal((await accepted(act(fields))).json.interaction.seen, undefined);
      assert.ok(!calls.includes('seen'));
    }
  });

  test('it is forgotten when its time is over', async (t) => {
    const { act, site, frame } = await replays(t, { replays: { ttlMs: 60_000 } });
    const samples = way();
    await accepted(act({ samples }));
    site.time.now += 61_000;
    await frame.hello();
    assert.equal((await accepted(act({ samples }))).json.interaction.seen, undefined);
    assert.equal((await accepted(act({ samples }))).json.interaction.seen, true);
  });

  test('the policy decides: a person is asked, and another user is too', async (t) => {
    const { act, as, site } = await ready(t);
    const samples = way();
    await accepted(act({ samples }));
    const answer = await refused(act({ samples }), 'ERR_TIER_REQUIRED', consent);
    assert.ok(!/seen|movement/.test(answer.text));
    assert.match(site.decisions.at(-1).detail, /^the movement was seen before/);
    assert.equal((await accepted(act({ samples }, '/api/free'))).json.interaction.seen, true);
    const bob = as(await site.enrolled('bob', site.frame()));
    await refused(bob({ samples }), 'ERR_TIER_REQUIRED', consent);
    await accepted(bob({ samples: way() }));
  });
});

test('a signed request costs one round trip to the store, one with a trajectory two', async (t) => {
  const { act, frame, calls } = await ready(t);
  await accepted(frame.fetch({ target: '/api/a' }));
  const asked = async (request) => {
    calls.length = 0;
    await accepted(request());
    return calls.join(' ');
  };
  assert.equal(await asked(() => frame.fetch({ target: '/api/a' })), 'admit');
  assert.equal(await asked(() => act({ kind: 'keyboard' })), 'admit');
  assert.equal(await asked(() => act({ samples: [] })), 'admit');
  assert.equal(await asked(() => act({ samples: way() })), 'seen admit');
  const numbers = Array.from({ length: 20 }, () => 16);
  assert.equal(await asked(() => act({ flags: 1, numbers, dwell: 5 }, '/api/free')), 'admit', 'privacy mode');
});

test("a store that can't be asked about movements refuses", async (t) => {
  const { act, site } = await ready(t);
  site.store.seen = () => Promise.reject(new Error('down'));
  await refused(act({ samples: way() }), 'ERR_STORE_DOWN');
  await accepted(act({ kind: 'keyboard' }));
});
