/** The one rule by which a session's evidence grows and shrinks, for the drivers that reckon in TypeScript. */
import type { Adaptation, Admission, EvidenceSum, Profile } from './types.js';

export const NO_EVIDENCE: EvidenceSum = { sum: 0, interactions: 0 };

const MOST_INTERACTIONS = 255;

/** What is to be looked for and remembered: the movement of an interaction, at its first request. */
export const movementOf = ({ event }: Admission, uses: number) => (uses === 0 ? event?.evidence?.movement : undefined);

/** Whether a person was there. */
const isConsent = ({ tier }: Admission) => tier === 'consent' || tier === 'verified';

/** The evidence after a request, whether that is too much for it, and what the profile shifted it by, if it did. */
export function weigh(admission: Admission, before: EvidenceSum, uses: number, alike: boolean, profile?: Profile) {
  const { event, adaptation } = admission;
  const { evidence } = event ?? {};
  const shift = alike || !evidence ? undefined : shiftOf(adaptation, profile);
  const weight = evidence && shifted(evidence.weight, shift ?? 0, adaptation?.floor ?? 0);
  let after = before;
  if (evidence && weight !== undefined && uses === 0) {
    const whole = weight + (alike ? evidence.movement?.weight ?? 0 : 0);
    after = {
      sum: Math.min(evidence.most, Math.max(0, before.sum + whole)),
      interactions: Math.min(MOST_INTERACTIONS, before.interactions + 1),
    };
  }
  const { limit } = evidence ?? {};
  const isInDoubt = limit !== undefined && after.interactions >= limit.interactions && after.sum >= limit.sum;
  const isWeak = weight !== undefined && weight > (adaptation?.alone ?? Infinity);
  const isTooMuch = isInDoubt || isWeak || (alike && evidence?.movement?.refused === true);
  return { isTooMuch, after: isConsent(admission) ? NO_EVIDENCE : after, ...(shift === undefined ? {} : { shift }) };
}

/** What an interaction weighs, whose movement is shifted. */
export const shifted = (weight: number, shift: number, floor: number) =>
  (shift > 0 ? Math.min(weight, Math.max(floor, weight - shift)) : weight - shift);

/** What a movement is shifted by; undefined if there is none, or no profile that counts. */
function shiftOf(adaptation: Adaptation | undefined, profile: Profile | undefined): number | undefined {
  if (adaptation?.unusual === undefined || !profile || profile.sessions < adaptation.sessions) return undefined;
  return within(profile.shift, adaptation.strictest, adaptation.kindest);
}

/** What a session's movements were like so far. */
export interface Habit {
  /** How many are in the total; {@link LEARNT} once a profile was changed by them. */
  movements: number;
  total: number;
}

export const NO_HABIT: Habit = { movements: 0, total: 0 };

const LEARNT: Habit = { movements: -1, total: 0 };

/** Habit and profile after a request that was accepted; no profile if it stays as it is. */
export function learn(
  admission: Admission, before: Habit, uses: number, alike: boolean, profile: Profile | undefined, now: number,
): { habit: Habit; profile?: Profile } {
  const { adaptation } = admission;
  if (!adaptation || before.movements < 0) return { habit: before };
  const { unusual, step, strictest, kindest, everyMs } = adaptation;
  const isNew = unusual !== undefined && uses === 0 && !alike && before.movements < MOST_INTERACTIONS;
  const habit = isNew ? { movements: before.movements + 1, total: before.total + unusual } : before;
  const isTime = !profile || now - profile.changedAt >= everyMs;
  if (!isConsent(admission) || habit.movements === 0 || !isTime) return { habit };
  const from = profile?.shift ?? 0;
  const way = Math.floor(habit.total / habit.movements) - from;
  return {
    habit: LEARNT,
    profile: {
      shift: within(from + within(way, -step, step), strictest, kindest),
      sessions: Math.min(MOST_SESSIONS, (profile?.sessions ?? 0) + 1),
      changedAt: now,
    },
  };
}

const MOST_SESSIONS = 255;

const within = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));
