/** The one rule by which a session's evidence grows and shrinks, for the drivers that reckon in TypeScript. */
import type { Admission, EvidenceSum } from './types.js';

export const NO_EVIDENCE: EvidenceSum = { sum: 0, interactions: 0 };

const MOST_INTERACTIONS = 255;

/** The evidence after a request, and whether that is too much for it. */
export function weigh({ event, tier }: Admission, before: EvidenceSum, uses: number) {
  const { evidence } = event ?? {};
  let after = before;
  if (evidence && uses === 0) {
    after = {
      sum: Math.min(evidence.most, Math.max(0, before.sum + evidence.weight)),
      interactions: Math.min(MOST_INTERACTIONS, before.interactions + 1),
    };
  }
  const { limit } = evidence ?? {};
  const isTooMuch = limit !== undefined && after.interactions >= limit.interactions && after.sum >= limit.sum;
  // A person was there.
  const isConsent = tier === 'consent' || tier === 'verified';
  return { isTooMuch, after: isConsent ? NO_EVIDENCE : after };
}
