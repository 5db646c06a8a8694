import { Meter, type Rate, type RateState } from '../shared/meter.js';
import { parseIp } from './ip-address.js';

const MAX_ADDRESSES = 50_000;

/**
 * What one address may cost this process, before any crypto. Bounded: when it is full, the addresses
 * that were quiet longest are forgotten.
 */
export class AddressBudget {
  readonly #meters = new Map<string, Meter>();
  readonly #rate: Rate;

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** How long the address must wait, ms; 0 if it may go on. An unknown address is not limited. */
  wait(address: string | undefined, now: number): number {
    if (address === undefined) return 0;
    return this.#meters.get(network(address))?.wait(now, this.#rate) ?? 0;
  }

  /** What is left for the address. */
  state(address: string | undefined, now: number): RateState {
    const meter = address === undefined ? undefined : this.#meters.get(network(address));
    return (meter ?? new Meter()).state(now, this.#rate);
  }

  spend(address: string | undefined, now: number): void {
    if (address === undefined) return;
    const key = network(address);
    const meter = this.#meters.get(key) ?? new Meter();
    // No debts: however many were on their way at once, the wait is never longer than the window.
    if (meter.wait(now, this.#rate) === 0) meter.spend(now, this.#rate);
    this.#meters.delete(key);
    this.#meters.set(key, meter);
    if (this.#meters.size > MAX_ADDRESSES) {
      const [quietest] = this.#meters.keys();
      if (quietest !== undefined) this.#meters.delete(quietest);
    }
  }
}

/** An IPv6 subscriber has a /64: its addresses share one budget. What is no address stands for itself. */
function network(address: string): string {
  const parsed = parseIp(address);
  return parsed ? parsed.slice(0, 4).join(parsed.length === 4 ? '.' : ':') : address;
}
