/** The one rule by which a session's evidence grows and shrinks, for the drivers that reckon in TypeScript. */
import type { Admission, EvidenceSum } from './types.js';

export const NO_EVIDENCE: EvidenceSum = { sum: 0, interactions: 0 };

const MOST_INTERACTIONS = 255;

/** What is to be looked for and remembered: the movement of an interaction, at its first request. */
export const movementOf = ({ event }: Admission, uses: number) => (uses === 0 ? event?.evidence?.movement : undefined);

/** The evidence after a request, and whether that is too much for it. */
export function weigh({ event, tier }: Admission, before: EvidenceSum, uses: number, alike: boolean) {
  const { evidence } = event ?? {};
  let after = before;
  if (evidence && uses === 0) {
    const weight = evidence.weight + (alike ? evidence.movement?.weight ?? 0 : 0);
    after = {
      sum: Math.min(evidence.most, Math.max(0, before.sum + weight)),
      interactions: Math.min(MOST_INTERACTIONS, before.interactions + 1),
    };
  }
  const { limit } = evidence ?? {};
  const isInDoubt = limit !== undefined && after.interactions >= limit.interactions && after.sum >= limit.sum;
  const isTooMuch = isInDoubt || (alike && evidence?.movement?.refused === true);
  return { isTooMuch, after: tier === 'consent' || tier === 'verified' ? NO_EVIDENCE : after };
}
