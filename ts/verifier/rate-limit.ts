/** `RateLimit` and `RateLimit-Policy` as draft-ietf-httpapi-ratelimit-headers-11 has them. */
import type { Rate, RateState } from '../shared/meter.js';

/** A limit that a request counted against. */
export interface CountedLimit {
  name: 'session' | 'account' | 'address' | 'refusals';
  rate: Rate;
  state: RateState;
}

const seconds = (ms: number) => Math.ceil(ms / 1000);

/** Until one more may pass, ms: the window within which no more than the remaining may. */
function effectiveWindow({ limit, windowMs }: Rate, { remaining, resetMs }: RateState): number {
  return Math.max(0, ((remaining + 1) * windowMs) / limit - (windowMs - resetMs));
}

function policy({ name, rate: { limit, windowMs } }: CountedLimit): string {
  // Sub-second precision is not supported: such a window is left out.
  const window = windowMs % 1000 === 0 ? `;w=${windowMs / 1000}` : '';
  return `"${name}";q=${Math.floor(limit)}${window}`;
}

function left({ name, rate, state }: CountedLimit): string {
  const window = state.remaining < Math.floor(rate.limit) ? `;t=${seconds(effectiveWindow(rate, state))}` : '';
  return `"${name}";r=${state.remaining}${window}`;
}

/** The fields for an answer. */
export function rateLimitFields(limits: readonly CountedLimit[]): [string, string][] {
  if (limits.length === 0) return [];
  return [
    ['ratelimit-policy', limits.map(policy).join(', ')],
    ['ratelimit', limits.map(left).join(', ')],
  ];
}
