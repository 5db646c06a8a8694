/** Movements that are remembered for a while, found by their hashes. */
import type { MovementHashes } from '../types.js';

interface Kept {
  hashes: readonly string[];
  until: number;
}

export class Movements {
  /** By whose they are, oldest first. */
  readonly #kept = new Map<string, Kept>();
  /** hash → whose */
  readonly #index = new Map<string, Set<string>>();

  /** Whether another one is alike. */
  isAlike({ owner, hashes, matchesNeeded }: MovementHashes, now: number): boolean {
    const common = new Map<string, number>();
    for (const hash of new Set(hashes)) {
      for (const other of this.#index.get(hash) ?? []) {
        if (other !== owner && this.#isKept(other, now)) common.set(other, (common.get(other) ?? 0) + 1);
      }
    }
    return [...common.values()].some((count) => count >= matchesNeeded);
  }

  #isKept(owner: string, now: number): boolean {
    return (this.#kept.get(owner)?.until ?? -1) >= now;
  }

  add({ owner, hashes, ttlMs, max }: MovementHashes, now: number): void {
    this.#drop(owner);
    const own = [...new Set(hashes)];
    this.#kept.set(owner, { hashes: own, until: now + ttlMs });
    for (const hash of own) {
      const owners = this.#index.get(hash);
      if (owners) owners.add(owner);
      else this.#index.set(hash, new Set([owner]));
    }
    for (const [oldest, { until }] of this.#kept) {
      if (this.#kept.size <= max && until >= now) break;
      this.#drop(oldest);
    }
  }

  #drop(owner: string): void {
    for (const hash of this.#kept.get(owner)?.hashes ?? []) {
      const owners = this.#index.get(hash);
      if (owners?.delete(owner) && owners.size === 0) this.#index.delete(hash);
    }
    this.#kept.delete(owner);
  }

  /** Drops what counts no more. */
  sweep(now: number): void {
    for (const [owner, { until }] of this.#kept) if (until < now) this.#drop(owner);
  }
}
