import type { Rate } from '../stores/types.js';

const MAX_ADDRESSES = 50_000;

/**
 * What one address may cost this process, before any crypto. Bounded: when it is full, the addresses
 * that were quiet longest are forgotten.
 */
export class AddressBudget {
  readonly #until = new Map<string, number>();
  readonly #rate: Rate;

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** How long the address must wait, ms; 0 if it may go on. An unknown address is not limited. */
  wait(address: string | undefined, now: number): number {
    if (address === undefined) return 0;
    const { limit, windowMs } = this.#rate;
    const until = this.#until.get(network(address)) ?? 0;
    return Math.max(0, Math.max(until, now) + windowMs / limit - windowMs - now);
  }

  spend(address: string | undefined, now: number): void {
    if (address === undefined) return;
    const key = network(address);
    const until = Math.max(this.#until.get(key) ?? 0, now) + this.#rate.windowMs / this.#rate.limit;
    this.#until.delete(key);
    this.#until.set(key, until);
    if (this.#until.size > MAX_ADDRESSES) {
      const [oldest] = this.#until.keys();
      if (oldest !== undefined) this.#until.delete(oldest);
    }
  }
}

/** An IPv6 subscriber has a /64: its addresses share one budget. */
function network(address: string): string {
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle = tail === undefined ? [] : new Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return [...left, ...middle, ...right].slice(0, 4).join(':');
}
