/** What is kept of how a user moves, where an app wants that: what it does, what changes it, and when it goes. */
import type { Adaptation, Admission, Evidence, Session } from '../types.js';
import { cases } from './cases.js';
import { same } from './checks.js';
import { HOUR, type Lab, codeOf, random } from './lab.js';

const STEP = 64;

const adaptation = (more: Partial<Adaptation> = {}): Adaptation => ({
  floor: -256, strictest: -100, kindest: 500, step: STEP, sessions: 2, everyMs: 0, ttlMs: HOUR, ...more,
});

/** A request with an interaction of its own, whose movement is so unusual. */
const moved = (unusual: number, more: Partial<Adaptation> = {}, evidence: Partial<Evidence> = {}): Partial<Admission> => ({
  tier: 'interactive', event: { id: random(11), limit: 4, evidence: { weight: unusual, most: 100_000, ...evidence } },
  adaptation: adaptation({ unusual, ...more }),
});

/** A person is there, who did not move. */
const consented = (more: Partial<Adaptation> = {}): Partial<Admission> => ({ tier: 'consent', adaptation: adaptation(more) });

type User = Pick<Session, 'tag' | 'userId'>;

const newUser = (): User => ({ tag: random(8), userId: `user ${random(8)}` });

/** A session of the user with one movement, and a consent. */
async function taught(lab: Lab, user: User, unusual: number, more: Partial<Adaptation> = {}): Promise<Session> {
  const session = await lab.session(user);
  await lab.accepted(session, moved(unusual, more));
  await lab.accepted(session, consented(more));
  return session;
}

const profile = async (lab: Lab, { tag, userId }: User, store = lab.store) => {
  const found = await store.readProfile(tag, userId);
  return found && [found.shift, found.sessions];
};

const learning = cases({
  'without an adaptation no profile is begun, used or changed': async (lab) => {
    const user = newUser();
    const session = await lab.session(user);
    const { adaptation: _, ...plain } = moved(300);
    await lab.accepted(session, plain);
    await lab.accepted(session, { tier: 'consent' });
    await lab.accepted(session, consented());
    same(await profile(lab, user), undefined, 'without');
    for (let turn = 0; turn < 2; turn += 1) await taught(lab, user, 300);
    same(await profile(lab, user), [2 * STEP, 2], 'with');
    const other = await lab.session(user);
    const outcome = await lab.accepted(other, plain);
    same([outcome.shift, outcome.session.evidence.sum], [undefined, 300], 'weighed');
    await lab.accepted(other, { tier: 'consent' });
    same(await profile(lab, user), [2 * STEP, 2], 'afterwards');
  },

  'a profile goes a step at most towards what a session was like, and stays within its bounds': async (lab) => {
    const user = newUser();
    for (const [unusual, step, shift] of [
      [3_000, 64, 64], [3_000, 64, 128], [140, 64, 140], [140, 64, 140], [0, 64, 76], [-3_000, 64, 12], [-5, 64, -5],
      [-3_000, 1_000, -100], [3_000, 1_000, 500],
    ] as const) {
      await taught(lab, user, unusual, { step });
      same((await profile(lab, user))?.[0], shift, `after ${unusual}`);
    }
    same((await profile(lab, user))?.[1], 9, 'sessions');
    await taught(lab, user, 3_000, { kindest: 30 });
    same((await profile(lab, user))?.[0], 30, 'narrower bounds');
    const { changedAt } = (await lab.store.readProfile(user.tag, user.userId)) ?? {};
    const { session } = await lab.accepted(await lab.session(user));
    same(changedAt !== undefined && changedAt <= session.lastSeenAt, true, 'when it was changed');
  },

  'it is learnt where a person consented, and nowhere else': async (lab) => {
    const user = newUser();
    const session = await lab.session(user);
    for (let turn = 0; turn < 9; turn += 1) await lab.accepted(session, moved(300));
    await lab.accepted(session, { tier: 'signed', adaptation: adaptation({ unusual: 300 }) });
    await lab.accepted(await lab.session(user), consented());
    same(await profile(lab, user), undefined, 'without a consent, or a movement');
    await lab.accepted(session, { ...consented(), tier: 'verified' });
    same(await profile(lab, user), [STEP, 1], 'with both');
  },

  'a session changes it once, whatever it does': async (lab) => {
    const user = newUser();
    const session = await lab.session(user);
    for (let turn = 0; turn < 5; turn += 1) {
      await Promise.all(Array.from({ length: 8 }, () => lab.accepted(session, moved(1_000))));
      await Promise.all(Array.from({ length: 8 }, () => lab.accepted(session, consented({ unusual: 1_000 }))));
    }
    same(await profile(lab, user), [STEP, 1], 'forty movements and forty consents');
    await taught(lab, user, 1_000);
    same(await profile(lab, user), [2 * STEP, 2], 'another session');
  },

  'what a session was like is the mean of its movements, rounded down': async (lab) => {
    const user = newUser();
    const session = await lab.session(user);
    for (const unusual of [-10, -11]) await lab.accepted(session, moved(unusual));
    await lab.accepted(session, consented());
    same(await profile(lab, user), [-11, 1], 'of two');
    const own = await lab.session(user);
    await lab.accepted(own, moved(20));
    await lab.accepted(own, consented({ unusual: 40 }));
    same(await profile(lab, user), [30, 2], 'that of the consent itself among them');
  },

  'its first 255 movements count': async (lab) => {
    const user = newUser();
    const session = await lab.session(user);
    const many = (count: number, unusual: number) => Promise.all(Array.from({ length: count }, () => lab.accepted(session, moved(unusual))));
    for (let turn = 0; turn < 15; turn += 1) await many(17, 10);
    await many(20, 1_000);
    await lab.accepted(session, consented({ unusual: 1_000 }));
    same(await profile(lab, user), [10, 1], 'the mean');
  },

  'an interaction counts at its first request, and a refused one does not': async (lab) => {
    const user = newUser();
    const session = await lab.session(user);
    const one = moved(40);
    for (let use = 0; use < 4; use += 1) await lab.accepted(session, one);
    await lab.accepted(session, moved(20));
    same(codeOf(await lab.admit(session, moved(900, { alone: 450 }))), 'ERR_TIER_REQUIRED', 'a weak one');
    await lab.accepted(session, consented());
    same(await profile(lab, user), [30, 1], 'the mean');
  },

  'sessions are counted up to 255': async (lab) => {
    const user = newUser();
    const teach = () => taught(lab, user, 0);
    for (let turn = 0; turn < 13; turn += 1) await Promise.all(Array.from({ length: 20 }, teach));
    same(await profile(lab, user), [0, 255], 'after 260');
  },

  'of sessions at once, one changes it within a time': async (lab) => {
    const user = newUser();
    const more = { everyMs: HOUR };
    await Promise.all(Array.from({ length: 12 }, () => taught(lab, user, 300, more)));
    same(await profile(lab, user), [STEP, 1], 'twelve');
    const late = await taught(lab, user, 300, more);
    same(await profile(lab, user), [STEP, 1], 'one more');
    await lab.accepted(late, consented());
    same(await profile(lab, user), [2 * STEP, 2], 'what came too early was not spent');
  },

  'it is not changed twice within a time, and is after it': async (lab) => {
    const user = newUser();
    const everyMs = lab.unit;
    await taught(lab, user, 300, { everyMs });
    const changedAt = (await lab.store.readProfile(user.tag, user.userId))?.changedAt ?? 0;
    if (lab.exact) {
      await lab.until(changedAt + everyMs - 1);
      await taught(lab, user, 300, { everyMs });
      same(await profile(lab, user), [STEP, 1], 'a ms before');
    }
    await lab.until(changedAt + everyMs);
    await taught(lab, user, 300, { everyMs });
    same(await profile(lab, user), [2 * STEP, 2], 'then');
  },
});

const use = cases({
  'it is used once it has learnt from enough sessions': async (lab) => {
    const user = newUser();
    const sums = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const { shift, session } = await lab.accepted(await lab.session(user), moved(200));
      sums.push([shift, session.evidence.sum]);
      await taught(lab, user, 200);
    }
    same(sums, [[undefined, 200], [undefined, 200], [2 * STEP, 200 - 2 * STEP]], 'shift and sum');
  },

  'it makes a movement weigh less, down to the floor, or more': async (lab) => {
    const kind = newUser();
    for (let turn = 0; turn < 2; turn += 1) await taught(lab, kind, 3_000, { step: 200 });
    const session = await lab.session(kind);
    const sum = async (weight: number, more: Partial<Adaptation> = {}) =>
      (await lab.accepted(session, moved(weight, more))).session.evidence.sum;
    same(await sum(1_000), 600, 'less by 400');
    same(await sum(300), 500, 'less than nothing');
    same(await sum(100), 244, 'not below the floor');
    same(await sum(1_156), 1_000, 'less by 400 again');
    same(await sum(-300), 700, 'what lay below the floor stays there');
    same(await sum(100, { kindest: 10 }), 790, 'within the bounds of the request');
    const { adaptation: _, ...unmoved } = moved(100);
    same((await lab.accepted(session, { ...unmoved, adaptation: adaptation() })).session.evidence.sum, 890, 'without a movement');
    const strict = newUser();
    for (let turn = 0; turn < 2; turn += 1) await taught(lab, strict, -50);
    const { shift, session: after } = await lab.accepted(await lab.session(strict), moved(100));
    same([shift, after.evidence.sum], [-50, 150], 'more by 50');
  },

  'what weighs too much by itself is refused, by its shifted weight': async (lab) => {
    const user = newUser();
    const alone = { alone: 450 };
    const ask = async (weight: number, more = {}) => {
      const outcome = await lab.admit(await lab.session(user), { ...moved(weight, alone), ...more });
      return [codeOf(outcome), outcome.ok || outcome.code === 'ERR_TIER_REQUIRED' ? outcome.shift : undefined];
    };
    same(await ask(451), ['ERR_TIER_REQUIRED', undefined], 'above');
    same(await ask(450), ['accepted', undefined], 'at it');
    for (let turn = 0; turn < 2; turn += 1) await taught(lab, user, 3_000);
    same(await ask(450 + 2 * STEP + 1), ['ERR_TIER_REQUIRED', 2 * STEP], 'above, shifted');
    same(await ask(450 + 2 * STEP), ['accepted', 2 * STEP], 'at it, shifted');
    const session = await lab.session(user);
    const before = await lab.store.read(session.tag, session.id);
    const replayKey = random(22);
    for (let turn = 0; turn < 3; turn += 1) {
      same(codeOf(await lab.admit(session, { ...moved(900, alone), replayKey })), 'ERR_TIER_REQUIRED', 'again');
    }
    same(await lab.store.read(session.tag, session.id), before, 'the session');
    same(codeOf(await lab.admit(session, { ...moved(90, alone), replayKey })), 'accepted', 'its replay key');
    const event = { id: random(11), limit: 4, evidence: { weight: 900, most: 100_000 } };
    same(codeOf(await lab.admit(session, { event, adaptation: adaptation({ unusual: 900 }) })), 'accepted', 'without a limit');
    same(codeOf(await lab.admit(session, { event, adaptation: adaptation({ unusual: 900, ...alone }) })), 'ERR_TIER_REQUIRED', 'its second use');
  },

  'a session in doubt is one by what its movements weighed': async (lab) => {
    const user = newUser();
    const limit = { sum: 500, interactions: 1 };
    const ask = async () => codeOf(await lab.admit(await lab.session(user), moved(600, {}, { limit })));
    same(await ask(), 'ERR_TIER_REQUIRED', 'unshifted');
    for (let turn = 0; turn < 2; turn += 1) await taught(lab, user, 600);
    same(await ask(), 'accepted', 'shifted');
  },

  'a movement that is alike another is neither shifted nor learnt from': async (lab) => {
    const user = newUser();
    for (let turn = 0; turn < 2; turn += 1) await taught(lab, user, 3_000);
    const session = await lab.session(user);
    const movement = { signatures: [random(11), random(11)], least: 2, ttlMs: HOUR, most: 9, weight: 7 };
    const ask = async () => {
      const outcome = await lab.accepted(session, moved(-90, {}, { weight: 500, movement: { ...movement, of: random(11) } }));
      return [outcome.alike === true, outcome.shift, outcome.session.evidence.sum];
    };
    same(await ask(), [false, 2 * STEP, 500 - 2 * STEP], 'the first');
    same(await ask(), [true, undefined, 1_000 - 2 * STEP + 7], 'like it');
    await lab.accepted(session, consented());
    same(await profile(lab, user), [STEP, 3], 'by the first alone, a step down');
  },
});

const ends = cases({
  'a profile is forgotten if it was not changed for so long': async (lab) => {
    const user = newUser();
    const ttlMs = lab.unit;
    await taught(lab, user, 300, { ttlMs: HOUR });
    await taught(lab, user, 300, { ttlMs });
    const changedAt = (await lab.store.readProfile(user.tag, user.userId))?.changedAt ?? 0;
    const used = async () => (await lab.accepted(await lab.session(user), moved(300))).shift;
    if (lab.exact) {
      await lab.until(changedAt + ttlMs);
      same([await profile(lab, user), await used()], [[2 * STEP, 2], 2 * STEP], 'until then');
    }
    await lab.until(changedAt + ttlMs + 1);
    same([await profile(lab, user), await used()], [undefined, undefined], 'later');
    same(await lab.store.forgetProfile(user.tag, user.userId), false, 'it is gone');
    await taught(lab, user, 300);
    same(await profile(lab, user), [STEP, 1], 'it begins anew');
  },

  'forgetting deletes it, and what sessions would change it by': async (lab) => {
    const user = newUser();
    const { tag, userId } = user;
    same(await lab.store.forgetProfile(tag, userId), false, 'nothing');
    const done = await taught(lab, user, 300);
    await taught(lab, user, 300);
    const session = await lab.session(user);
    const before = (await lab.accepted(session, moved(300))).session;
    same(await lab.store.forgetProfile(tag, userId), true, 'a profile');
    same([await profile(lab, user), await lab.store.forgetProfile(tag, userId)], [undefined, false], 'then');
    same(await lab.store.read(tag, session.id), before, 'the session');
    for (const one of [session, done]) await lab.accepted(one, consented());
    same(await profile(lab, user), undefined, 'sessions that had moved before');
    same((await lab.accepted(session, moved(300))).shift, undefined, 'nothing is used');
    await lab.accepted(session, consented());
    same(await profile(lab, user), [STEP, 1], 'what it did since');
  },

  'users of one tag have each their own, and the end of sessions is not its end': async (lab) => {
    const alice = newUser();
    const bob = { ...alice, userId: `${alice.userId}'s namesake` };
    const session = await taught(lab, alice, 300);
    await taught(lab, bob, -10);
    await lab.store.revoke(session.tag, session.id);
    await lab.store.revokeAll(bob.tag, bob.userId);
    same([await profile(lab, alice), await profile(lab, bob)], [[STEP, 1], [-10, 1]], 'both');
    const habit = await lab.session(bob);
    await lab.accepted(habit, moved(-10));
    same(await lab.store.forgetProfile(alice.tag, alice.userId), true, 'one is forgotten');
    same([await profile(lab, alice), await profile(lab, bob)], [undefined, [-10, 1]], 'the other stays');
    await lab.accepted(habit, consented());
    same(await profile(lab, bob), [-10, 2], 'and goes on');
    same(await profile(lab, { ...bob, tag: random(8) }), undefined, 'under another tag');
  },

  'any user id has one': async (lab) => {
    for (const userId of ['a b\nc', '"', '{}', "'; --", 'alice\0', 'álïçé 🙂']) {
      const user = { tag: random(8), userId };
      await taught(lab, user, 300);
      const found = [await profile(lab, user), await profile(lab, { ...user, userId: `${userId} ` })];
      same(found, [[STEP, 1], undefined], JSON.stringify(userId));
      same(await lab.store.forgetProfile(user.tag, userId), true, `forgotten: ${JSON.stringify(userId)}`);
    }
  },

  'what is given away is a copy': async (lab) => {
    const user = newUser();
    await taught(lab, user, 300);
    Object.assign((await lab.store.readProfile(user.tag, user.userId)) ?? {}, { shift: 999, sessions: 99 });
    same(await profile(lab, user), [STEP, 1], 'what read gave');
  },
});

const nodes = cases({
  'a profile is one over several stores, and one of them changes it': async (lab) => {
    const stores = [lab.store, await lab.another()];
    const user = newUser();
    const session = await lab.session(user);
    const each = (work: (store: typeof lab.store) => Promise<unknown>) =>
      Promise.all(Array.from({ length: 12 }, (_, index) => work(stores[index % 2] ?? lab.store)));
    await each((store) => lab.accepted(session, moved(300), store));
    await each((store) => lab.accepted(session, consented(), store));
    for (const store of stores) same(await profile(lab, user, store), [STEP, 1], 'one session');
    const sessions = await Promise.all(Array.from({ length: 12 }, () => lab.session(user)));
    await Promise.all(sessions.map((one, index) =>
      lab.accepted(one, consented({ unusual: 300, everyMs: HOUR }), stores[index % 2])));
    for (const store of stores) same(await profile(lab, user, store), [STEP, 1], 'twelve sessions, too early');
    await Promise.all(sessions.map((one, index) => lab.accepted(one, consented(), stores[index % 2])));
    for (const store of stores) same(await profile(lab, user, store), [300, 13], 'twelve sessions, each of them once');
    same(await stores[1]?.forgetProfile(user.tag, user.userId), true, 'forgotten by one');
    same(await profile(lab, user), undefined, 'and by the other');
  },
}, 'another');

const restarts = cases({
  'profiles, and what sessions would change them by, outlast a restart': async (lab) => {
    const user = newUser();
    await taught(lab, user, 300);
    const session = await lab.session(user);
    await lab.accepted(session, moved(300));
    await lab.reopen();
    same(await profile(lab, user), [STEP, 1], 'the profile');
    await lab.accepted(session, consented());
    same(await profile(lab, user), [2 * STEP, 2], 'by the session');
  },
}, 'reopen');

export const profileCases = [...learning, ...use, ...ends, ...nodes, ...restarts];
