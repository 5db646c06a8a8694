/**
 * One writer, many requests: what is asked for while the event loop turns is done in one transaction, so
 * that one wait for the disk serves them all. Nobody is answered before it is on the disk.
 */
import { PartitionedAuthorityError } from '../../shared/errors.js';
import { type SqliteDatabase, isBusy } from './handle.js';

/** Requests in one transaction, at most: others want to write too. */
const BATCH = 256;

interface Job {
  /** When it was asked for, by `performance.now()`. */
  at: number;
  work(): unknown;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** What runs first and last in every transaction that writes. */
interface Hooks {
  begun(): void;
  ending(): void;
}

/** A job's answer, ready to be given once its transaction is on the disk. */
type Answer = () => void;

export class Queue {
  readonly #database: SqliteDatabase;
  readonly #busyMs: number;
  readonly #hooks: Hooks;
  #jobs: Job[] = [];
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(database: SqliteDatabase, busyMs: number, hooks: Hooks) {
    this.#database = database;
    this.#busyMs = busyMs;
    this.#hooks = hooks;
  }

  /**
   * Does `work` in a transaction; resolves when that is durable. What `work` throws of our own class is its
   * answer, and must be thrown before it writes. Anything else undoes the transaction.
   */
  write<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) return reject(down('the store is closed'));
      this.#jobs.push({ at: performance.now(), work, resolve: resolve as (value: unknown) => void, reject });
      this.#running ??= this.#run();
    });
  }

  /** Does `work`, which only reads: it sees everything that was answered before. */
  async read<T>(work: () => T): Promise<T> {
    for (const start = performance.now(); ; ) {
      if (this.#closed) throw down('the store is closed');
      try {
        return this.#transaction('BEGIN', work);
      } catch (error) {
        if (!isBusy(error)) throw down('the database failed', error);
        if (performance.now() - start >= this.#busyMs) throw down('the database is busy', error);
      }
      await pause();
    }
  }

  /** Lets what was begun end, and nothing begin. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    /** How many are tried one by one, because one of them spoilt the transaction for all. */
    let alone = 0;
    while (this.#jobs.length > 0) {
      // Whatever this turn of the event loop brings goes along.
      await new Promise((resolve) => setImmediate(resolve));
      const batch = this.#jobs.slice(0, alone > 0 ? 1 : BATCH);
      try {
        const answers = this.#transaction('BEGIN IMMEDIATE', () => {
          this.#hooks.begun();
          const done = batch.map(answered);
          this.#hooks.ending();
          return done;
        });
        this.#jobs.splice(0, batch.length);
        for (const answer of answers) answer();
      } catch (error) {
        if (isBusy(error)) {
          this.#giveUp(error);
          await pause();
          continue;
        }
        if (batch.length > 1) {
          alone = batch.length;
          continue;
        }
        this.#jobs.shift()?.reject(down('the database failed', error));
      }
      if (alone > 0) alone -= 1;
    }
    this.#running = undefined;
  }

  /** Refuses those who waited long enough. */
  #giveUp(cause: unknown): void {
    const since = performance.now() - this.#busyMs;
    for (const { reject } of this.#jobs.filter(({ at }) => at <= since)) reject(down('the database is busy', cause));
    this.#jobs = this.#jobs.filter(({ at }) => at > since);
  }

  #transaction<T>(begin: 'BEGIN' | 'BEGIN IMMEDIATE', work: () => T): T {
    this.#database.exec(begin);
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      try {
        this.#database.exec('ROLLBACK');
      } catch {
        // SQLite has rolled back by itself, or the database is gone. What counts is the first error.
      }
      throw error;
    }
  }
}

/** Until the next try: at random, so that several processes don't come at the same moment again and again. */
const pause = () => new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * 3));

/** Does a job, and keeps its answer back. */
function answered({ work, resolve, reject }: Job): Answer {
  try {
    const value = work();
    return () => resolve(value);
  } catch (error) {
    if (!(error instanceof PartitionedAuthorityError)) throw error;
    return () => reject(error);
  }
}

/** The store can't be asked: nothing is accepted. */
export function down(message: string, cause?: unknown): PartitionedAuthorityError {
  const detail = cause instanceof Error ? `${message}: ${cause.message}` : message;
  return new PartitionedAuthorityError('ERR_STORE_DOWN', detail, { cause });
}
