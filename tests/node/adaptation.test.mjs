// Profiles of accounts: off unless turned on, kind to hands that are unlike others', and hard to teach. Each refusal
// has its accepted twin.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { act as actOf, startActing } from './acting.mjs';
import { consentTo } from './consent.mjs';
import { accepted, refused } from './expect.mjs';
import { KINDS } from './signer.mjs';

const DAY = 24 * 3_600_000;
const STEP = 64;
const asked = { tier: 'consent' };
const plenty = { limit: 1_000_000, windowMs: 1_000 };

async function ready(t, interaction) {
  const { site, calls, admissions } = await startActing(t, {
    // The same movement is made again and again here; that is found elsewhere.
    interaction: { replays: false, ...interaction },
    limits: { session: plenty, account: plenty, refusals: plenty },
  });
  /** A session of the user, which acts, or consents to the same. */
  async function enter(user = 'alice') {
    const frame = await site.enrolled(user, site.frame());
    const act = (fields, target) => actOf(frame, fields, target && { target });
    const consent = async (fields) => actOf(frame, fields, { consent: await consentTo(frame, 'act') });
    return { frame, act, consent };
  }
  /** Days on each of which the user comes once, moves so, and consents. */
  async function days(count, movement, user = 'alice') {
    for (let day = 0; day < count; day += 1) {
      const { consent } = await enter(user);
      await accepted(consent(movement));
      site.time.now += DAY;
    }
  }
  return { site, enter, days, calls, admissions, profile: async (user = 'alice') => site.authority.profiles.read(user) };
}

/** Slows down towards the target on an arc, one of a kind for each number. */
function drawn(number) {
  const steps = 12 + (number % 17);
  const [wide, bow] = [90 + 31 * (number % 11), 9 + (number % 23)];
  const at = (i) => {
    const t = i / steps;
    const eased = t ** 3 * (10 - 15 * t + 6 * t * t);
    return [wide * eased, bow * Math.sin(Math.PI * eased)].map(Math.round);
  };
  return Array.from({ length: steps }, (_, i) => {
    const [[x, y], [earlierX, earlierY]] = [at(steps - i), at(steps - i - 1)];
    return [16 + (i % 2), earlierX - x, earlierY - y];
  });
}

/** A movement, one of a kind for each number. */
function movement(number) {
  if (number % 2 === 0) return drawn(number / 2);
  let state = number * 2_654_435_761 + 1;
  const next = (bound) => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9) | 0;
    return (state >>> 8) % bound;
  };
  const [length, slow, wide, pace] = [12 + next(19), 3 + next(13), 2 + next(8), 1 + next(40) / 10];
  return Array.from({ length }, (_, i) =>
    [16, -Math.round(slow + wide * Math.sin(i / pace)), Math.round((wide * Math.cos(i / pace)) / 2)]);
}

/** What movements weigh, by a site that has profiles, and from where on they are weak by themselves. */
const weighed = await (async () => {
  const ends = [];
  try {
    const { enter, admissions } = await ready({ after: (end) => ends.push(end) }, { adapt: true, onWeak: 'refuse' });
    const { act } = await enter();
    const found = [];
    for (let number = 0; number < 600; number += 1) {
      const samples = movement(number);
      admissions.length = 0;
      await act({ samples });
      const [admission] = admissions;
      if (admission?.adaptation) found.push({ samples, weight: admission.event.evidence.weight, ...admission.adaptation });
    }
    return found.sort((a, b) => a.weight - b.weight);
  } finally {
    for (const end of ends.reverse()) await end();
  }
})();
const { alone: WEAK } = weighed[0];
/** Moves as most people do. */
const USUAL = weighed[0];
/** A little unlike people's, again and again. */
const TIRING = weighed.find(({ weight }) => weight > STEP);
/** Weak by itself, and a person's all the same. */
const UNUSUAL = weighed.find(({ weight }) => weight > WEAK && weight < WEAK + 4 * STEP);
/** Not weak, but barely so. */
const BARELY = weighed.findLast(({ weight }) => weight <= WEAK);
/** As a generator's. */
const FAR = weighed.findLast(({ weight }) => weight > WEAK + 9 * STEP);

test('there is a movement of each sort, by the model that ships', () => {
  for (const [sort, one] of Object.entries({ UNUSUAL, BARELY, FAR, TIRING })) assert.ok(one, sort);
  assert.ok(USUAL.unusual < 0, `${USUAL.unusual}`);
});

describe('off, as it is by default', () => {
  for (const interaction of [{}, { adapt: false }, { adapt: { agreed: () => false } }, { adapt: { agreed: () => 'yes' } }]) {
    test(`nothing is stored, and nothing adapted: ${JSON.stringify(interaction, (_, value) => (typeof value === 'function' ? String(value) : value))}`, async (t) => {
      const { enter, days, profile, calls, admissions, site } = await ready(t, interaction);
      await days(6, UNUSUAL);
      const { act, consent } = await enter();
      await accepted(act(USUAL));
      calls.length = 0;
      await refused(act(UNUSUAL), 'ERR_TIER_REQUIRED', asked);
      assert.deepEqual(calls, [], 'a weak movement is refused before the store is asked');
      await accepted(consent(UNUSUAL));
      assert.deepEqual(await profile(), []);
      assert.ok(admissions.every((admission) => !('adaptation' in admission)));
      assert.equal(await site.authority.profiles.forget('alice'), false);
    });
  }
});

describe('on', () => {
  test('an owner with unusual hands is no longer asked after five days with a consent', async (t) => {
    const { enter, days, profile, site } = await ready(t, { adapt: true });
    for (let day = 0; day < 5; day += 1) {
      await refused((await enter()).act(UNUSUAL), 'ERR_TIER_REQUIRED', asked);
      assert.match(site.decisions.at(-1).detail, /^interaction weak /);
      await days(1, UNUSUAL);
    }
    assert.deepEqual((await profile()).map(({ shift, sessions }) => [shift, sessions]), [[5 * STEP, 5]]);
    const { act } = await enter();
    const { json } = await accepted(act(UNUSUAL));
    assert.deepEqual([json.interaction.band, json.interaction.shift], ['weak', 5 * STEP]);
    assert.equal(site.decisions.at(-1).interaction.shift, 5 * STEP);
    await refused((await enter('bob')).act(UNUSUAL), 'ERR_TIER_REQUIRED', asked);
    await refused(act(FAR), 'ERR_TIER_REQUIRED', asked);
  });

  test('the sum of such an owner\'s session stays clear of doubt', async (t) => {
    const { enter, days } = await ready(t, { adapt: true });
    await days(9, TIRING);
    const [owner, other] = [await enter(), await enter('bob')];
    const [answers, others] = [[], []];
    for (let turn = 0; turn < 60; turn += 1) {
      answers.push(await owner.act(TIRING));
      others.push(await other.act(TIRING));
    }
    assert.ok(answers.every(({ json }) => json.interaction?.session.sum === 0));
    assert.equal(others.at(0).status, 200);
    await refused(Promise.resolve(others.at(-1)), 'ERR_TIER_REQUIRED', asked);
  });

  test('who moves as people do is judged a little more strictly, whoever is there', async (t) => {
    const { enter, days, profile } = await ready(t, { adapt: true });
    await days(5, USUAL);
    const [{ shift }] = await profile();
    assert.ok(shift < 0 && shift >= -STEP, `${shift}`);
    assert.ok(BARELY.weight - shift > WEAK, `${BARELY.weight} is too little for this test`);
    await refused((await enter()).act(BARELY), 'ERR_TIER_REQUIRED', asked);
    const { json } = await accepted((await enter('bob')).act(BARELY));
    assert.equal(json.interaction.band, 'ordinary');
    await accepted((await enter()).act(USUAL));
  });

  test('the policy decides about it as about any weak movement', async (t) => {
    const strict = await ready(t, { adapt: true, onWeak: 'refuse' });
    await strict.days(5, UNUSUAL);
    await refused((await strict.enter('bob')).act(UNUSUAL, '/api/free'), 'ERR_POLICY_REFUSED');
    await accepted((await strict.enter()).act(UNUSUAL, '/api/free'));
    const lenient = await ready(t, { adapt: true, onWeak: 'audit' });
    await accepted((await lenient.enter()).act(FAR));
    const told = await ready(t, { adapt: true });
    assert.equal((await accepted((await told.enter()).act(FAR, '/api/free'))).json.interaction.band, 'weak');
  });

  test('no profile helps what no habit explains, nor touches those without a mouse', async (t) => {
    const { enter, days, profile } = await ready(t, { adapt: true });
    await days(9, FAR);
    assert.equal((await profile())[0].shift, 512, 'two bits and no more');
    const { act } = await enter();
    await accepted((await enter()).act(UNUSUAL));
    for (const flags of [0, 1 + 16]) await refused(act({ ...USUAL, flags }), 'ERR_TIER_REQUIRED', asked);
    await refused(act({ flags: 1 + 16, samples: [[1, 0, 0], [16, -300, 80]], dwell: 0 }), 'ERR_TIER_REQUIRED', asked);
    for (const kind of Object.keys(KINDS).filter((name) => name !== 'mouse')) {
      const { json } = await accepted(act({ kind }));
      assert.deepEqual([json.interaction.band, json.interaction.shift, json.interaction.session.sum], ['ordinary', undefined, 0], kind);
    }
    const { json } = await accepted(act({ samples: [], offset: [500, 500] }));
    assert.deepEqual([json.interaction.shift, json.interaction.session.sum], [undefined, 256], 'a mark weighs in full');
    const { json: { interaction } } = await accepted((await enter()).act({ ...USUAL, flags: 1 + 8 }));
    assert.equal(interaction.shift, 512);
    assert.ok(interaction.session.sum >= 256, `webdriver weighs in full beside a movement that is shifted: ${interaction.session.sum}`);
  });

  test('it costs no question more', async (t) => {
    const { enter, calls } = await ready(t, { adapt: true, replays: {} });
    const { act, consent } = await enter();
    await consent({ kind: 'keyboard' });
    const questions = async (ask) => {
      calls.length = 0;
      await ask();
      return calls.join(' ');
    };
    assert.equal(await questions(() => accepted(act({ kind: 'keyboard' }))), 'admit');
    assert.equal(await questions(() => accepted(act({ samples: [] }))), 'admit');
    assert.equal(await questions(() => accepted(act(USUAL))), 'seen admit');
    assert.equal(await questions(() => accepted(consent(USUAL))), 'admit');
    assert.equal(await questions(() => refused(act(FAR), 'ERR_TIER_REQUIRED', asked)), 'seen admit');
  });

  test('who did not agree has none', async (t) => {
    const agreed = new Set(['alice']);
    const { enter, days, profile, site } = await ready(t, { adapt: { agreed: async (user) => agreed.has(user) } });
    await days(5, UNUSUAL);
    await days(5, UNUSUAL, 'bob');
    assert.deepEqual([(await profile()).length, (await profile('bob')).length], [1, 0]);
    await accepted((await enter()).act(UNUSUAL));
    agreed.delete('alice');
    await refused((await enter()).act(UNUSUAL), 'ERR_TIER_REQUIRED', asked);
    assert.equal(await site.authority.profiles.forget('alice'), true);
    await days(1, UNUSUAL);
    assert.deepEqual(await profile(), []);
  });

  test('an answer about agreement that can\'t be had refuses', async (t) => {
    let down = true;
    const { enter } = await ready(t, { adapt: { agreed: () => (down ? Promise.reject(new Error('down')) : true) } });
    const { act, frame } = await enter();
    await refused(act(USUAL), 'ERR_VERIFIER_FAULT');
    await accepted(frame.fetch({ target: '/api/a' }));
    down = false;
    await accepted(act(USUAL));
  });
});

describe('an attacker', () => {
  test('who makes a thousand clicks in a session moves nothing, and a step with every consent there is', async (t) => {
    const { enter, profile, site } = await ready(t, { adapt: true, onWeak: 'audit' });
    const { act, consent } = await enter();
    for (let click = 0; click < 1_000; click += 1) await accepted(act(FAR));
    assert.deepEqual(await profile(), []);
    for (let turn = 0; turn < 5; turn += 1) {
      await accepted(consent(FAR));
      await accepted(act(FAR));
      site.time.now += 60_000;
    }
    assert.deepEqual((await profile()).map(({ shift, sessions }) => [shift, sessions]), [[STEP, 1]]);
  });

  test('with many sessions in a day moves it by a step', async (t) => {
    const { enter, profile, site } = await ready(t, { adapt: true });
    for (let turn = 0; turn < 10; turn += 1) {
      await accepted((await enter()).consent(FAR));
      site.time.now += 2 * 3_600_000 - 1;
    }
    assert.deepEqual((await profile()).map(({ shift, sessions }) => [shift, sessions]), [[STEP, 1]]);
    site.time.now += 10;
    await accepted((await enter()).consent(FAR));
    assert.deepEqual((await profile()).map(({ shift, sessions }) => [shift, sessions]), [[2 * STEP, 2]]);
  });

  test('without a consent teaches nothing, in however many days', async (t) => {
    const { enter, profile, site } = await ready(t, { adapt: true, onWeak: 'audit' });
    for (let day = 0; day < 9; day += 1) {
      const { act } = await enter();
      for (let click = 0; click < 5; click += 1) await accepted(act(FAR));
      site.time.now += DAY;
    }
    assert.deepEqual(await profile(), []);
  });

  test('needs eight days with a consent to go all the way, which is two bits', async (t) => {
    const { days, profile } = await ready(t, { adapt: true });
    await days(7, FAR);
    assert.equal((await profile())[0].shift, 7 * STEP);
    await days(20, FAR);
    assert.deepEqual((await profile()).map(({ shift, sessions }) => [shift, sessions]), [[512, 27]]);
    await days(8, USUAL);
    assert.ok((await profile())[0].shift <= 0, 'and the owner as many to undo it');
  });
});

describe('the end of a profile', () => {
  test('it is forgotten when it was not changed for so long, ninety days by default', async (t) => {
    for (const [adapt, ttlMs] of [[true, 90 * DAY], [{ ttlMs: 7 * DAY }, 7 * DAY]]) {
      const { enter, days, profile, site } = await ready(t, { adapt });
      await days(5, UNUSUAL);
      site.time.now += ttlMs - DAY;
      await accepted((await enter()).act(UNUSUAL));
      site.time.now += 1;
      assert.deepEqual(await profile(), []);
      await refused((await enter()).act(UNUSUAL), 'ERR_TIER_REQUIRED', asked);
    }
  });

  test('it is forgotten when told to, and not with the sessions', async (t) => {
    const { enter, days, profile, site } = await ready(t, { adapt: true });
    const { profiles, sessions } = site.authority;
    await days(5, UNUSUAL);
    await enter();
    assert.equal(await sessions.revokeAll('alice'), 1);
    assert.equal((await profile()).length, 1);
    const { act } = await enter();
    await accepted(act(UNUSUAL));
    assert.equal(await profiles.forget('bob'), false);
    assert.equal((await profile()).length, 1);
    assert.equal(await profiles.forget('alice'), true);
    assert.deepEqual(await profile(), []);
    assert.equal(await profiles.forget('alice'), false);
    await refused(act(UNUSUAL), 'ERR_TIER_REQUIRED', asked);
    await assert.rejects(profiles.forget(''), { code: 'ERR_CONFIG_INVALID' });
    await assert.rejects(profiles.read(7), { code: 'ERR_CONFIG_INVALID' });
  });
});
