/** Movements that are remembered for a while, found by their signatures. */
import type { Movement } from '../types.js';

interface Kept {
  signatures: readonly string[];
  until: number;
}

export class Movements {
  /** By whose they are, oldest first. */
  readonly #kept = new Map<string, Kept>();
  /** signature → whose */
  readonly #index = new Map<string, Set<string>>();

  /** Whether another one is alike. */
  isAlike({ of, signatures, least }: Movement, now: number): boolean {
    const common = new Map<string, number>();
    for (const signature of new Set(signatures)) {
      for (const other of this.#index.get(signature) ?? []) {
        if (other !== of && this.#isKept(other, now)) common.set(other, (common.get(other) ?? 0) + 1);
      }
    }
    return [...common.values()].some((count) => count >= least);
  }

  #isKept(of: string, now: number): boolean {
    return (this.#kept.get(of)?.until ?? -1) >= now;
  }

  add({ of, signatures, ttlMs, most }: Movement, now: number): void {
    this.#drop(of);
    const own = [...new Set(signatures)];
    this.#kept.set(of, { signatures: own, until: now + ttlMs });
    for (const signature of own) {
      const owners = this.#index.get(signature);
      if (owners) owners.add(of);
      else this.#index.set(signature, new Set([of]));
    }
    for (const [oldest, { until }] of this.#kept) {
      if (this.#kept.size <= most && until >= now) break;
      this.#drop(oldest);
    }
  }

  #drop(of: string): void {
    for (const signature of this.#kept.get(of)?.signatures ?? []) {
      const owners = this.#index.get(signature);
      if (owners?.delete(of) && owners.size === 0) this.#index.delete(signature);
    }
    this.#kept.delete(of);
  }

  /** Drops what counts no more. */
  sweep(now: number): void {
    for (const [of, { until }] of this.#kept) if (until < now) this.#drop(of);
  }
}
