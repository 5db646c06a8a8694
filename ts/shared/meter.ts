/** So many in so long, as a burst or spread. */
export interface Rate {
  limit: number;
  windowMs: number;
}

/** Sums of fractions of a ms drift: less than this is no wait. */
const DRIFT_MS = 1;

/** The generic cell rate algorithm: one number per limit. Times are ms on any one clock. */
export class Meter {
  #full = 0;

  /** How long to wait before one more may pass; 0 if it may now. */
  wait(now: number, { limit, windowMs }: Rate): number {
    const wait = Math.max(this.#full, now) + windowMs / limit - windowMs - now;
    return wait < DRIFT_MS ? 0 : wait;
  }

  spend(now: number, { limit, windowMs }: Rate): void {
    this.#full = Math.max(this.#full, now) + windowMs / limit;
  }
}
