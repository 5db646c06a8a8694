// Random histories of requests, in the form of tests/vectors/admission.json: few keys, events and times, so that they
// meet, and times on both sides of every edge that a history has.
import { dice } from './dice.mjs';

/** 2100: a Redis server's own clock must not reach it. */
export const START = 4_102_444_800_000;

const STEPS = 14;

/** The history of a seed. */
export function randomHistory(seed) {
  const roll = dice(seed);
  const pick = (...values) => values[roll(values.length)];
  const optional = (name, value) => (roll(2) ? { [name]: value } : {});
  const kind = pick('plain', 'plain', 'plain', 'plain', 'plain', 'plain', 'bounded', 'lossy');
  const [idleMs, absoluteMs] = [pick(1_000, 30_000, 300_000), pick(5_000, 90_000, 900_000)];
  const rate = () => ({ limit: pick(1, 3, 7, 1_000, 1_000, 1_000), windowMs: pick(100, 1_000, 1_000) });
  const rates = { sessionRate: rate(), accountRate: rate() };
  /** Times at which something ends. */
  const edges = [START + idleMs, START + absoluteMs];
  let [clock, high] = [START, START];

  const bounds = (elapsedMs) => {
    const arrival = high - Math.max(0, elapsedMs);
    const edge = (wide) => (roll(12) ? high + wide : Math.round(arrival) + pick(-1, 0, 1));
    return { createdFrom: edge(-5_000), createdTo: edge(5_000), nonceFrom: edge(-5_000), nonceTo: edge(5_000) };
  };
  const evidence = () => ({
    delta: pick(-1_536, -9, -1, 0, 1, 2, 3, 5, 9, 1_536),
    cap: pick(9, 12, 3_072),
    ...optional('limit', { sum: pick(0, 1, 5, 9, 1_536), interactions: roll(4) }),
  });
  const event = () => ({ id: `e${roll(3)}`, limit: pick(1, 2, 4, 9), ...(roll(4) ? { evidence: evidence() } : {}) });
  const admit = () => {
    const elapsedMs = pick(0, 0, 0, 0.5, 0.25, 150, -1);
    const session = kind === 'bounded' ? 's0' : pick('s0', 's0', 's1');
    const replayUntil = clock + pick(0, 1, 200, 2_000, 20_000, 20_000, 0.5);
    if (!roll(9)) Object.assign(rates, pick({ sessionRate: rate() }, { accountRate: rate() }));
    edges.push(replayUntil, high + idleMs);
    for (const { limit, windowMs } of Object.values(rates)) edges.push(high + Math.round(windowMs / limit));
    return {
      slot: 't',
      sessionId: roll(20) ? session : 'none',
      keyId: roll(20) ? `key of ${session}` : 'another',
      replayKey: `r${roll(14)}`,
      ...(roll(2) ? { event: event() } : {}),
      tier: pick('signed', 'signed', 'interactive', 'interactive', 'interactive', 'consent', 'verified'),
      ...optional('network', `192.0.2.${roll(3)}/32`),
      elapsedMs,
      created: Math.floor(clock / 1000) * 1000,
      ...bounds(elapsedMs),
      replayUntil,
      ...rates,
    };
  };
  const open = (id, more) => ({ id, keyId: `key of ${id}`, idleMs, absoluteMs, ...more });

  const steps = [{ clock, open: open('s0', optional('network', '192.0.2.9/32')) }];
  if (kind !== 'bounded') steps.push({ clock, open: open('s1', { idleMs: pick(1_000, 30_000) }) });
  const count = 2 + roll(STEPS);
  for (let step = 0; step < count; step += 1) {
    const near = edges.filter((edge) => edge > clock && edge < clock + (roll(25) ? 1_500 : 1e6));
    const isAtEdge = near.length > 0 && !roll(4);
    clock = isAtEdge
      ? Math.round(pick(...near)) + pick(-1, 0, 0, 1)
      : clock + pick(0, 0, 0, 1, 1, 14, 50, 143, 333, 334);
    if (!roll(10)) clock -= pick(1, 50, 700, 5_000);
    high = Math.max(high, clock);
    if (kind === 'lossy' && !roll(6)) steps.push({ clock, lost: clock - pick(10_000, 5_001, 5_000, 4_999, 0) });
    steps.push({ clock, admit: admit() });
  }
  return { name: `seed ${seed}`, ...(kind === 'bounded' ? { maxReplayEntries: 1 + roll(3) } : {}), steps };
}

/** As a store sees a history that remembers the time of whatever it was asked, not only of what it wrote. */
export function monotone(history) {
  let high = 0;
  return { ...history, steps: history.steps.map((step) => ({ ...step, clock: (high = Math.max(high, step.clock)) })) };
}

/** A shorter history of which `isWrong` still holds. */
export async function shrink(history, isWrong) {
  let shortest = history;
  for (let at = history.steps.length - 1; at >= 0; at -= 1) {
    const less = { ...shortest, steps: shortest.steps.toSpliced(at, 1) };
    if (await isWrong(less)) shortest = less;
  }
  return shortest;
}
