/** What interactions say of a session, and movements that are alike. */
import type { Admission, Evidence, Movement } from '../types.js';
import { cases } from './cases.js';
import { holds, same } from './checks.js';
import { HOUR, type Lab, codeOf, random } from './lab.js';

const signaturesOf = (count: number) => Array.from({ length: count }, () => random(11));

const movement = (more: Partial<Movement> = {}): Movement =>
  ({ of: random(11), signatures: signaturesOf(8), least: 4, ttlMs: HOUR, most: 16, ...more });

/** A request with an interaction of its own, or with that of `more`. */
const request = (evidence: Evidence, more: Partial<NonNullable<Admission['event']>> = {}): Partial<Admission> =>
  ({ tier: 'interactive', event: { id: random(11), limit: 4, evidence, ...more } });

/** A limit that holds from the first interaction on. */
const at = (sum: number) => ({ sum, interactions: 1 });

/** A movement like that of `other`: so many signatures are the same. */
const like = (other: Movement, common: number, more: Partial<Movement> = {}): Movement =>
  movement({ signatures: [...other.signatures.slice(0, common), ...signaturesOf(8 - common)], ...more });

/** Whether the store finds that one alike, in an admission of `tag`. */
async function isAlike(lab: Lab, session: Parameters<Lab['accepted']>[0], one: Movement): Promise<boolean> {
  const outcome = await lab.accepted(session, request({ weight: 0, most: 9, movement: { ...one, weight: 0 } }));
  return outcome.alike === true;
}

const sums = cases({
  'evidence begins at 0, is summed up, and stays between 0 and its most': async (lab) => {
    const session = await lab.session();
    same(session.evidence, { sum: 0, interactions: 0 }, 'at first');
    const after = async (weight: number, most = 1_000) =>
      (await lab.accepted(session, request({ weight, most }))).session.evidence.sum;
    same(await after(-5), 0, 'less than nothing');
    same(await after(300), 300, 'a first');
    same(await after(-20), 280, 'less');
    same(await after(5_000), 1_000, 'more than the most');
    same(await after(0, 700), 700, 'a lower most');
    const both = { sum: 700, interactions: 5 };
    same((await lab.store.read(session.tag, session.id))?.evidence, both, 'what read finds');
    same((await lab.store.list(session.tag, session.userId)).map(({ evidence }) => evidence), [both], 'what list finds');
    same((await lab.accepted(session)).session.evidence, both, 'after a request without an interaction');
    const { session: unweighed } = await lab.accepted(session, { event: { id: random(11), limit: 1 } });
    same(unweighed.evidence, both, 'after an interaction without evidence');
    const other = await lab.session({ tag: session.tag, userId: session.userId });
    const { session: apart } = await lab.accepted(other, request({ weight: 3, most: 9 }));
    same(apart.evidence, { sum: 3, interactions: 1 }, 'of another session');
  },

  'an interaction is added once, by its first request': async (lab) => {
    const session = await lab.session();
    const one = request({ weight: 10, most: 100 });
    for (let use = 0; use < 4; use += 1) {
      same((await lab.accepted(session, one)).session.evidence, { sum: 10, interactions: 1 }, `use ${use + 1}`);
    }
    const two = request({ weight: 10, most: 100 });
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => lab.accepted(session, two)));
    same(outcomes.map((outcome) => outcome.session.evidence), Array(4).fill({ sum: 20, interactions: 2 }), 'four at once');
  },

  'none of many interactions at once is lost': async (lab) => {
    const session = await lab.session();
    await Promise.all(Array.from({ length: 40 }, () => lab.accepted(session, request({ weight: 3, most: 1_000 }))));
    same((await lab.store.read(session.tag, session.id))?.evidence, { sum: 120, interactions: 40 }, 'the sum');
  },

  'interactions are counted up to 255': async (lab) => {
    const session = await lab.session();
    const ask = () => lab.accepted(session, request({ weight: 0, most: 9 }));
    for (let round = 0; round < 260; round += 20) await Promise.all(Array.from({ length: 20 }, ask));
    same((await ask()).session.evidence.interactions, 255, 'after 261');
  },

  'at the limit a request is refused, and nothing is written': async (lab) => {
    const session = await lab.session();
    const ask = (weight: number, sum?: number, more = {}) =>
      lab.admit(session, { ...request({ weight, most: 100, ...(sum === undefined ? {} : { limit: at(sum) }) }), ...more });
    same(codeOf(await ask(50, 51)), 'accepted', 'below the limit');
    const before = await lab.store.read(session.tag, session.id);
    const replayKey = random(22);
    for (let round = 0; round < 3; round += 1) {
      same(codeOf(await ask(1, 51, { replayKey })), 'ERR_TIER_REQUIRED', 'at it');
    }
    same(await lab.store.read(session.tag, session.id), before, 'the session');
    same(codeOf(await ask(-1, 51, { replayKey })), 'accepted', 'a person');
    same(codeOf(await ask(31)), 'accepted', 'without a limit');
    same(codeOf(await ask(-29, 51)), 'ERR_TIER_REQUIRED', 'the sum counts, not the last one');
    same(codeOf(await ask(-30, 51)), 'accepted', 'down below it');
  },

  'a limit holds from so many interactions on': async (lab) => {
    const session = await lab.session();
    const ask = (weight: number, interactions: number) =>
      lab.admit(session, request({ weight, most: 100, limit: { sum: 40, interactions } }));
    for (const weight of [90, 5]) same(codeOf(await ask(weight, 3)), 'accepted', 'before');
    for (let round = 0; round < 2; round += 1) same(codeOf(await ask(5, 3)), 'ERR_TIER_REQUIRED', 'the third');
    same(codeOf(await ask(-80, 3)), 'accepted', 'a person');
    same(codeOf(await ask(30, 4)), 'ERR_TIER_REQUIRED', 'the fourth');
  },

  'a further use of an interaction is held to the limit as well': async (lab) => {
    const session = await lab.session();
    const event = { id: random(11), limit: 4 };
    await lab.accepted(session, { event: { ...event, evidence: { weight: 60, most: 100 } } });
    const again = await lab.admit(session, { event: { ...event, evidence: { weight: 60, most: 100, limit: at(50) } } });
    same(codeOf(again), 'ERR_TIER_REQUIRED', 'the second use');
  },

  'a person who was there clears it': async (lab) => {
    for (const tier of ['consent', 'verified'] as const) {
      const session = await lab.session();
      await lab.accepted(session, request({ weight: 60, most: 100 }));
      same((await lab.accepted(session, { tier })).session.evidence, { sum: 0, interactions: 0 }, tier);
      const { session: after } = await lab.accepted(session, request({ weight: 7, most: 100 }));
      same(after.evidence, { sum: 7, interactions: 1 }, 'afterwards');
    }
  },

  'the evidence comes after every other ground for a refusal': async (lab) => {
    const session = await lab.session();
    const replayKey = random(22);
    const event = { id: random(11), limit: 1 };
    await lab.accepted(session, { replayKey, event });
    const evidence = { weight: 9, most: 9, limit: at(1) };
    same(codeOf(await lab.admit(session, { ...request(evidence), replayKey })), 'ERR_NONCE_USED', 'a used nonce');
    same(codeOf(await lab.admit(session, { event: { ...event, evidence } })), 'ERR_PROOF_REUSED', 'a spent interaction');
  },
});

const account = cases({
  'a movement like another of the user is found': async (lab) => {
    const session = await lab.session();
    const other = await lab.session({ tag: session.tag, userId: session.userId });
    const first = movement();
    same(await isAlike(lab, session, first), false, 'the first');
    same(await isAlike(lab, session, like(first, 3)), false, 'three in common');
    same(await isAlike(lab, other, like(first, 4)), true, 'four in common, in another session');
    same(await isAlike(lab, await lab.session(), like(first, 8)), false, 'of another user');
    same(await isAlike(lab, session, movement()), false, 'another one');
  },

  'signatures in common are counted for each other movement by itself': async (lab) => {
    const session = await lab.session();
    const [one, two] = [movement(), movement()];
    await isAlike(lab, session, one);
    await isAlike(lab, session, two);
    const mixed = movement({ signatures: [...one.signatures.slice(0, 3), ...two.signatures.slice(0, 3)] });
    same(await isAlike(lab, session, mixed), false, 'three of each');
    const doubled = movement({ signatures: Array(8).fill(one.signatures[0]) as string[] });
    same(await isAlike(lab, session, doubled), false, 'one of them eight times');
  },

  'an interaction is not alike itself': async (lab) => {
    const session = await lab.session();
    const one = movement();
    const evidence = { weight: 1, most: 100, movement: { ...one, weight: 50 } };
    const same4 = request(evidence);
    for (let use = 0; use < 4; use += 1) {
      const outcome = await lab.accepted(session, same4);
      same([outcome.alike ?? false, outcome.session.evidence.sum], [false, 1], `use ${use + 1}`);
    }
    same(await isAlike(lab, session, one), false, 'the same name');
    same(await isAlike(lab, session, { ...one, of: random(11) }), true, 'another name');
  },

  'a movement that is alike weighs more, and may be refused for that': async (lab) => {
    const session = await lab.session();
    const first = movement();
    const ask = (one: Movement, sum: number) =>
      lab.admit(session, request({ weight: 1, most: 100, limit: at(sum), movement: { ...one, weight: 50 } }));
    same(codeOf(await ask(first, 10)), 'accepted', 'the first');
    const again = like(first, 8);
    for (let round = 0; round < 2; round += 1) {
      const refused = await ask(again, 10);
      same([codeOf(refused), refused.alike], ['ERR_TIER_REQUIRED', true], 'the second');
    }
    same((await lab.store.read(session.tag, session.id))?.evidence.sum, 1, 'what is left of it');
    const taken = await ask(again, 60);
    same([codeOf(taken), taken.alike, taken.ok && taken.session.evidence.sum], ['accepted', true, 52], 'within the limit');
  },

  'a movement that is alike may be refused outright': async (lab) => {
    const session = await lab.session();
    const first = movement();
    const ask = (one: Movement, refused: boolean) =>
      lab.admit(session, request({ weight: 0, most: 9, movement: { ...one, weight: 0, refused } }));
    same(codeOf(await ask(first, true)), 'accepted', 'the first');
    for (let round = 0; round < 2; round += 1) {
      const again = await ask(like(first, 8), true);
      same([codeOf(again), again.alike], ['ERR_TIER_REQUIRED', true], 'like it');
    }
    same(codeOf(await ask(movement(), true)), 'accepted', 'another one');
    same(codeOf(await ask(like(first, 8), false)), 'accepted', 'like it, and that is not refused');
  },

  'of many alike at once, one is the first': async (lab) => {
    const session = await lab.session();
    const first = movement();
    const ask = () => isAlike(lab, session, { ...first, of: random(11) });
    const found = await Promise.all(Array.from({ length: 12 }, ask));
    same(found.filter((alike) => !alike).length, 1, 'those that none is like');
  },

  'movements are remembered as long as they say, and no more of them than they say': async (lab) => {
    const session = await lab.session();
    const brief = movement({ ttlMs: lab.unit });
    await isAlike(lab, session, brief);
    const { lastSeenAt } = (await lab.accepted(session)).session;
    same(await isAlike(lab, session, like(brief, 8, { least: 8 })), true, 'at once');
    await lab.until(lastSeenAt + lab.unit + 1);
    const gone = await lab.session({ tag: session.tag, userId: session.userId });
    same(await isAlike(lab, gone, movement({ signatures: brief.signatures, ttlMs: 1 })), true, 'the one that was like it');
    const few = movement({ most: 3 });
    await isAlike(lab, session, few);
    for (let others = 0; others < 2; others += 1) await isAlike(lab, session, movement({ most: 3 }));
    same(await isAlike(lab, session, like(few, 8, { most: 3 })), true, 'two others later');
    const old = movement({ most: 3 });
    await isAlike(lab, session, old);
    for (let others = 0; others < 3; others += 1) await isAlike(lab, session, movement({ most: 3 }));
    same(await isAlike(lab, session, like(old, 8, { most: 3 })), false, 'three others later');
  },

  'a movement whose time is over is not found': async (lab) => {
    const session = await lab.session();
    const brief = movement({ ttlMs: lab.unit });
    await isAlike(lab, session, brief);
    const { lastSeenAt } = (await lab.accepted(session)).session;
    await lab.until(lastSeenAt + lab.unit + 1);
    same(await isAlike(lab, session, like(brief, 8)), false, 'later');
  },
});

const everybody = cases({
  'a movement like another of anybody is found': async (lab) => {
    const first = movement();
    same(await lab.store.seen(first), false, 'the first');
    same(await lab.store.seen(first), false, 'the same name');
    same(await lab.store.seen(like(first, 3)), false, 'three in common');
    same(await lab.store.seen(like(first, 4)), true, 'four in common');
    same(await lab.store.seen(movement()), false, 'another one');
    same(await lab.store.seen({ ...first, of: random(11), signatures: Array(8).fill(first.signatures[0]) as string[] }), false, 'one eight times');
  },

  'movements of everybody are not those of a user': async (lab) => {
    const session = await lab.session();
    const [one, two] = [movement(), movement()];
    await isAlike(lab, session, one);
    same(await lab.store.seen(like(one, 8)), false, 'one of a user');
    await lab.store.seen(two);
    same(await isAlike(lab, session, like(two, 8)), false, 'one of everybody');
  },

  'a movement of anybody is remembered as long as it says': async (lab) => {
    const brief = movement({ ttlMs: lab.unit });
    const { after } = await lab.timed(() => lab.store.seen(brief));
    await lab.until(after + lab.unit + 1);
    same(await lab.store.seen(like(brief, 8)), false, 'later');
  },

  'of the movements of everybody the oldest give way': async (lab) => {
    const most = 4;
    const first = movement({ most });
    await lab.store.seen(first);
    let last = first;
    for (let others = 0; others < 40; others += 1) await lab.store.seen((last = movement({ most })));
    same(await lab.store.seen(like(last, 8, { most })), true, 'the last');
    same(await lab.store.seen(like(first, 8, { most })), false, 'the first');
  },
});

const nodes = cases({
  'evidence and movements are one over several stores': async (lab) => {
    const stores = [lab.store, await lab.another()];
    const session = await lab.session();
    const ask = (_: unknown, index: number) => lab.accepted(session, request({ weight: 3, most: 1_000 }), stores[index % 2]);
    await Promise.all(Array.from({ length: 20 }, ask));
    same((await stores[1]?.read(session.tag, session.id))?.evidence, { sum: 60, interactions: 20 }, 'the sum');
    const one = movement();
    await isAlike(lab, session, one);
    const again = request({ weight: 0, most: 9, movement: { ...like(one, 8), weight: 0 } });
    same((await lab.accepted(session, again, stores[1])).alike, true, 'a movement of the user');
    const two = movement();
    await lab.store.seen(two);
    holds(await (stores[1] ?? lab.store).seen(like(two, 8)), 'a movement of everybody was not found');
  },
}, 'another');

const restarts = cases({
  'evidence and movements of a user outlast a restart': async (lab) => {
    const session = await lab.session();
    const one = movement();
    await lab.accepted(session, request({ weight: 42, most: 100, movement: { ...one, weight: 0 } }));
    await lab.reopen();
    same((await lab.store.read(session.tag, session.id))?.evidence, { sum: 42, interactions: 1 }, 'the evidence');
    same(await isAlike(lab, session, like(one, 8)), true, 'the movement');
  },
}, 'reopen');

export const evidenceCases = [...sums, ...account, ...everybody, ...nodes, ...restarts];
