/** What interactions say of a session, and movements that were seen before. */
import type { Admission, SessionUpdate, MovementHashes } from '../types.js';
import { cases } from './cases.js';
import { holds, same } from './checks.js';
import { HOUR, codeOf, random } from './lab.js';

const hashesOf = (count: number) => Array.from({ length: count }, () => random(11));

const movement = (more: Partial<MovementHashes> = {}): MovementHashes => ({
  owner: random(11),
  hashes: hashesOf(8),
  matchesNeeded: 4,
  ttlMs: HOUR,
  max: 99,
  ...more,
});

/** A request with an interaction of its own, or with that of `more`. */
const request = (evidence: SessionUpdate, more: Partial<NonNullable<Admission['event']>> = {}): Partial<Admission> => ({
  tier: 'interactive',
  event: { id: random(11), limit: 4, evidence, ...more },
});

/** A limit that holds from the first interaction on. */
const at = (sum: number) => ({ sum, interactions: 1 });

/** A movement like that of `other`: so many hashes are the same. */
const like = (other: MovementHashes, common: number, more: Partial<MovementHashes> = {}): MovementHashes =>
  movement({ hashes: [...other.hashes.slice(0, common), ...hashesOf(8 - common)], ...more });

const sums = cases({
  'evidence begins at 0, is summed up, and stays between 0 and its cap': async (lab) => {
    const session = await lab.session();
    same(session.evidence, { sum: 0, interactions: 0 }, 'at first');
    const after = async (delta: number, cap = 1_000) =>
      (await lab.accepted(session, request({ delta, cap }))).session.evidence.sum;
    same(await after(-5), 0, 'less than nothing');
    same(await after(300), 300, 'a first');
    same(await after(-20), 280, 'less');
    same(await after(5_000), 1_000, 'more than the cap');
    same(await after(0, 700), 700, 'a lower cap');
    const both = { sum: 700, interactions: 5 };
    same((await lab.store.read(session.slot, session.id))?.evidence, both, 'what read finds');
    same(
      (await lab.store.list(session.slot, session.userId)).map(({ evidence }) => evidence),
      [both],
      'what list finds',
    );
    same((await lab.accepted(session)).session.evidence, both, 'after a request without an interaction');
    const { session: unweighed } = await lab.accepted(session, { event: { id: random(11), limit: 1 } });
    same(unweighed.evidence, both, 'after an interaction without evidence');
    const other = await lab.session({ slot: session.slot, userId: session.userId });
    const { session: apart } = await lab.accepted(other, request({ delta: 3, cap: 9 }));
    same(apart.evidence, { sum: 3, interactions: 1 }, 'of another session');
  },

  'an interaction is added once, by its first request': async (lab) => {
    const session = await lab.session();
    const one = request({ delta: 10, cap: 100 });
    for (let use = 0; use < 4; use += 1) {
      same((await lab.accepted(session, one)).session.evidence, { sum: 10, interactions: 1 }, `use ${use + 1}`);
    }
    const two = request({ delta: 10, cap: 100 });
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => lab.accepted(session, two)));
    same(
      outcomes.map((outcome) => outcome.session.evidence),
      Array(4).fill({ sum: 20, interactions: 2 }),
      'four at once',
    );
  },

  'none of many interactions at once is lost': async (lab) => {
    const session = await lab.session();
    await Promise.all(Array.from({ length: 40 }, () => lab.accepted(session, request({ delta: 3, cap: 1_000 }))));
    same((await lab.store.read(session.slot, session.id))?.evidence, { sum: 120, interactions: 40 }, 'the sum');
  },

  'interactions are counted up to 255': async (lab) => {
    const session = await lab.session();
    const ask = () => lab.accepted(session, request({ delta: 0, cap: 9 }));
    for (let round = 0; round < 260; round += 20) await Promise.all(Array.from({ length: 20 }, ask));
    same((await ask()).session.evidence.interactions, 255, 'after 261');
  },

  'at the limit a request is refused, and nothing is written': async (lab) => {
    const session = await lab.session();
    const ask = (delta: number, sum?: number, more = {}) =>
      lab.admit(session, {
        ...request({ delta, cap: 100, ...(sum === undefined ? {} : { limit: at(sum) }) }),
        ...more,
      });
    same(codeOf(await ask(50, 51)), 'accepted', 'below the limit');
    const before = await lab.store.read(session.slot, session.id);
    const replayKey = random(22);
    for (let round = 0; round < 3; round += 1) {
      same(codeOf(await ask(1, 51, { replayKey })), 'ERR_TIER_REQUIRED', 'at it');
    }
    same(await lab.store.read(session.slot, session.id), before, 'the session');
    same(codeOf(await ask(-1, 51, { replayKey })), 'accepted', 'a person');
    same(codeOf(await ask(31)), 'accepted', 'without a limit');
    same(codeOf(await ask(-29, 51)), 'ERR_TIER_REQUIRED', 'the sum counts, not the last one');
    same(codeOf(await ask(-30, 51)), 'accepted', 'down below it');
  },

  'a limit holds from so many interactions on': async (lab) => {
    const session = await lab.session();
    const ask = (delta: number, interactions: number) =>
      lab.admit(session, request({ delta, cap: 100, limit: { sum: 40, interactions } }));
    for (const delta of [90, 5]) same(codeOf(await ask(delta, 3)), 'accepted', 'before');
    for (let round = 0; round < 2; round += 1) same(codeOf(await ask(5, 3)), 'ERR_TIER_REQUIRED', 'the third');
    same(codeOf(await ask(-80, 3)), 'accepted', 'a person');
    same(codeOf(await ask(30, 4)), 'ERR_TIER_REQUIRED', 'the fourth');
  },

  'a further use of an interaction is held to the limit as well': async (lab) => {
    const session = await lab.session();
    const event = { id: random(11), limit: 4 };
    await lab.accepted(session, { event: { ...event, evidence: { delta: 60, cap: 100 } } });
    const again = await lab.admit(session, { event: { ...event, evidence: { delta: 60, cap: 100, limit: at(50) } } });
    same(codeOf(again), 'ERR_TIER_REQUIRED', 'the second use');
  },

  'a person who was there clears it': async (lab) => {
    for (const tier of ['consent', 'verified'] as const) {
      const session = await lab.session();
      await lab.accepted(session, request({ delta: 60, cap: 100 }));
      same((await lab.accepted(session, { tier })).session.evidence, { sum: 0, interactions: 0 }, tier);
      const { session: after } = await lab.accepted(session, request({ delta: 7, cap: 100 }));
      same(after.evidence, { sum: 7, interactions: 1 }, 'afterwards');
    }
  },

  'the evidence comes after every other ground for a refusal': async (lab) => {
    const session = await lab.session();
    const replayKey = random(22);
    const event = { id: random(11), limit: 1 };
    await lab.accepted(session, { replayKey, event });
    const evidence = { delta: 9, cap: 9, limit: at(1) };
    same(codeOf(await lab.admit(session, { ...request(evidence), replayKey })), 'ERR_NONCE_USED', 'a used nonce');
    same(
      codeOf(await lab.admit(session, { event: { ...event, evidence } })),
      'ERR_PROOF_REUSED',
      'a spent interaction',
    );
  },
});

const movements = cases({
  'a movement like another one is found': async (lab) => {
    const first = movement();
    same(await lab.store.seen(first), false, 'the first');
    same(await lab.store.seen(first), false, 'the same name');
    same(await lab.store.seen(like(first, 3)), false, 'three in common');
    same(await lab.store.seen(like(first, 4)), true, 'four in common');
    same(await lab.store.seen(movement()), false, 'another one');
    same(
      await lab.store.seen({ ...first, owner: random(11), hashes: Array(8).fill(first.hashes[0]) as string[] }),
      false,
      'one eight times',
    );
  },

  'hashes in common are counted for each other movement by itself': async (lab) => {
    const [one, two] = [movement(), movement()];
    await lab.store.seen(one);
    await lab.store.seen(two);
    const mixed = movement({ hashes: [...one.hashes.slice(0, 3), ...two.hashes.slice(0, 3)] });
    same(await lab.store.seen(mixed), false, 'three of each');
  },

  'of the same movement many times at once, one at most is the first': async (lab) => {
    const first = movement();
    const found = await Promise.all(Array.from({ length: 12 }, () => lab.store.seen({ ...first, owner: random(11) })));
    holds(found.filter((isSeen) => !isSeen).length <= 1, 'two were taken for the first');
  },

  'a movement is remembered as long as it says': async (lab) => {
    const lasting = movement();
    await lab.store.seen(lasting);
    same(await lab.store.seen(like(lasting, 8)), true, 'at once');
    const brief = movement({ ttlMs: lab.unit });
    const { after } = await lab.timed(() => lab.store.seen(brief));
    await lab.until(after + lab.unit + 1);
    same(await lab.store.seen(like(brief, 8)), false, 'later');
  },

  'the oldest movements give way': async (lab) => {
    const max = 4;
    const first = movement({ max });
    await lab.store.seen(first);
    let last = first;
    for (let others = 0; others < 40; others += 1) await lab.store.seen((last = movement({ max })));
    same(await lab.store.seen(like(last, 8, { max })), true, 'the last');
    same(await lab.store.seen(like(first, 8, { max })), false, 'the first');
  },
});

const nodes = cases(
  {
    'evidence and movements are one over several stores': async (lab) => {
      const stores = [lab.store, await lab.another()];
      const session = await lab.session();
      const ask = (_: unknown, index: number) =>
        lab.accepted(session, request({ delta: 3, cap: 1_000 }), stores[index % 2]);
      await Promise.all(Array.from({ length: 20 }, ask));
      same((await stores[1]?.read(session.slot, session.id))?.evidence, { sum: 60, interactions: 20 }, 'the sum');
      const one = movement();
      await lab.store.seen(one);
      holds(await (stores[1] ?? lab.store).seen(like(one, 8)), 'a movement was not found');
    },
  },
  'another',
);

const restarts = cases(
  {
    'evidence outlasts a restart': async (lab) => {
      const session = await lab.session();
      await lab.accepted(session, request({ delta: 42, cap: 100 }));
      await lab.reopen();
      same((await lab.store.read(session.slot, session.id))?.evidence, { sum: 42, interactions: 1 }, 'the evidence');
    },
  },
  'reopen',
);

export const evidenceCases = [...sums, ...movements, ...nodes, ...restarts];
