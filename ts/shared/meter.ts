/** So many in so long, as a burst or spread. */
export interface Rate {
  limit: number;
  windowMs: number;
}

/** What is left of a rate, for `RateLimit` header fields. */
export interface RateState {
  /** How many more may pass now. */
  remaining: number;
  /** Until the whole limit is there again, ms. */
  resetMs: number;
}

/** Sums of fractions of a ms drift: less than this is no wait. */
export const DRIFT_MS = 1;

/**
 * The generic cell rate algorithm: one number per limit, the time at which it is full again. Times are ms on
 * any one clock; 0 for a limit that was never used.
 */

/** How long to wait before one more may pass; 0 if it may now. */
export function rateWait(full: number, now: number, { limit, windowMs }: Rate): number {
  const wait = Math.max(full, now) + windowMs / limit - windowMs - now;
  return wait < DRIFT_MS ? 0 : wait;
}

/** The number after one more passed. */
export function rateSpend(full: number, now: number, { limit, windowMs }: Rate): number {
  return Math.max(full, now) + windowMs / limit;
}

/** What is left. */
export function rateState(full: number, now: number, { limit, windowMs }: Rate): RateState {
  const resetMs = Math.max(0, full - now);
  const remaining = Math.floor(((windowMs - resetMs + DRIFT_MS) * limit) / windowMs);
  return { remaining: Math.max(0, Math.min(limit, remaining)), resetMs };
}

/** One limit. */
export class Meter {
  #full = 0;

  wait(now: number, rate: Rate): number {
    return rateWait(this.#full, now, rate);
  }

  spend(now: number, rate: Rate): void {
    this.#full = rateSpend(this.#full, now, rate);
  }

  state(now: number, rate: Rate): RateState {
    return rateState(this.#full, now, rate);
  }
}
