/** Removes what no longer counts: some rows at a time, so that no request waits long behind it. */
import type { Queue } from './queue.js';
import type { Statements } from './statements.js';

/** Rows of one kind in one step. */
const STEP = 500;

/** Before the next step, if the last one left something. */
const SOON_MS = 20;

export class Sweeper {
  readonly #sql: Statements;
  readonly #queue: Queue;
  readonly #everyMs: number;
  readonly #now: () => number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  /** The last account that was looked at. */
  #account = '';

  constructor(sql: Statements, queue: Queue, everyMs: number, now: () => number) {
    this.#sql = sql;
    this.#queue = queue;
    this.#everyMs = everyMs;
    this.#now = now;
    this.#plan(everyMs);
  }

  /** Replay entries and interactions; whether there were any. Within a transaction only, like the others. */
  used(now: number): boolean {
    return this.#sql.sweepUsed.all(now, STEP).length > 0;
  }

  tickets(now: number): boolean {
    return this.#sql.sweepTickets.all(now, STEP).length > 0;
  }

  movements(now: number): boolean {
    return this.#sql.sweepMovements.all(now, STEP).length > 0;
  }

  /** Sessions whose time is over. Those that were prolonged since are looked at again later. */
  sessions(now: number): boolean {
    const rows = this.#sql.toSweep.all(now, STEP) as { number: number; idle_expires_at: number }[];
    for (const { number, idle_expires_at: end } of rows) {
      (end <= now ? this.#sql.end : this.#sql.sweepLater).run(number);
    }
    return rows.length > 0;
  }

  /** Rates of accounts without sessions, in turn: never the end of a rate that still counts. */
  #accounts(now: number): void {
    const next = this.#sql.nextAccounts.all(this.#account, STEP) as { slot: string }[];
    const last = next.at(-1)?.slot;
    if (last !== undefined) this.#sql.sweepAccounts.run(this.#account, last, now);
    // Past the last one it begins anew.
    this.#account = last ?? '';
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #plan(ms: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#turn(), ms);
    (this.#timer as { unref?: () => void }).unref?.();
  }

  async #turn(): Promise<void> {
    let more = false;
    try {
      more = await this.#queue.write(() => {
        const now = this.#now();
        this.#accounts(now);
        return [this.used(now), this.tickets(now), this.movements(now), this.sessions(now)].includes(true);
      });
    } catch {
      // Whoever asks the store next learns what is wrong with it.
    }
    this.#plan(more ? SOON_MS : this.#everyMs);
  }
}
