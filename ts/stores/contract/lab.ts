/**
 * Where a case works: a store of its own, sessions, and the store's clock. A store whose clock the suite
 * can move is held to the ms. With any other one time really passes; it is read off the store's own
 * answers, so that a slow machine proves less but never something false.
 */
import type {
  Admission,
  Admitted,
  NewSession,
  Rate,
  Session,
  SessionKey,
  SessionLimit,
  Store,
  Ticket,
  TicketRef,
} from '../types.js';
import { ContractError } from './checks.js';

/** A store to be held to the contract, and what the suite may do with it. */
export interface StoreUnderTest {
  /** Need not be empty: ids, slots and users are random. */
  store: Store;
  /** Moves the clock that the store reads, by so many ms; back if negative. */
  advance?(ms: number): void | Promise<void>;
  /** A second store on the same data, as another process has one. */
  another?(): Promise<Store>;
  /** Ends the store and opens it again, as a restart of the process does. */
  reopen?(): Promise<Store>;
  /** Lets go of what was made for this case, after every store was closed. */
  dispose?(): void | Promise<void>;
}

/** What a case may need beyond a store. */
export type Ability = 'advance' | 'another' | 'reopen';

export interface SessionOptions extends Partial<NewSession> {
  userId?: string;
  label?: string;
  limit?: SessionLimit;
}

export const HOUR = 3_600_000;

/** A rate that no case reaches, not even after it spent an hour of another one. */
export const FREE: Rate = { limit: 1_000_000_000, windowMs: 1_000 * HOUR };
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** A random text of the base64url alphabet. */
export function random(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => LETTERS[byte & 63]).join('');
}

/** A key of a session. */
export const newKey = (): SessionKey => ({
  alg: 'ecdsa-p256-sha256',
  epoch: 0,
  cur: { keyId: random(43), jwk: { kty: 'EC', crv: 'P-256', x: random(43), y: random(43) } },
});

/** The session, signed for by another key. */
export const withKey = (session: Session, frame: SessionKey): Session => ({ ...session, keys: { frame } });

export const sessionId = () => random(43);

/** The code of a refusal, or `accepted`. */
export const codeOf = (outcome: Admitted): string => (outcome.ok ? 'accepted' : outcome.code);

export class Lab {
  /** ms. Much where the clock can be moved, little where time must pass. */
  readonly unit: number;
  readonly #subject: StoreUnderTest;
  readonly #others: Store[] = [];
  #store: Store;
  #witness: Session | undefined;
  /** Where the clock is moved: what the host's shows, and the most that it showed. */
  #moved = { host: 0, most: 0 };

  constructor(subject: StoreUnderTest) {
    this.#subject = subject;
    this.#store = subject.store;
    this.unit = subject.advance ? 60_000 : 300;
  }

  get store(): Store {
    return this.#store;
  }

  /** Whether nothing passes but what the case lets pass. */
  get exact(): boolean {
    return this.#subject.advance !== undefined;
  }

  async another(): Promise<Store> {
    const store = await this.#subject.another?.();
    if (!store) throw missing('another');
    this.#others.push(store);
    return store;
  }

  async reopen(): Promise<void> {
    const store = await this.#subject.reopen?.();
    if (!store) throw missing('reopen');
    this.#store = store;
  }

  /** Moves the store's clock; back if negative. */
  async advance(ms: number): Promise<void> {
    if (!this.#subject.advance) throw missing('advance');
    await this.#subject.advance(ms);
    this.#moved.host += ms;
    this.#moved.most = Math.max(this.#moved.most, this.#moved.host);
  }

  async close(): Promise<void> {
    for (const store of [...this.#others, this.#store]) await store.close();
    await this.#subject.dispose?.();
  }

  /** Puts an enrolment ticket. */
  async ticket({
    slot = random(8),
    userId = `user ${random(8)}`,
    label,
    ttlMs = HOUR,
  }: {
    slot?: string | undefined;
    userId?: string | undefined;
    label?: string | undefined;
    ttlMs?: number;
  } = {}): Promise<TicketRef> {
    const ticket = { kind: 'enrol', id: sessionId(), slot } as const;
    await this.store.putTicket({
      ...ticket,
      subject: userId,
      bind: '',
      ttlMs,
      ...(label === undefined ? {} : { label }),
    });
    return ticket;
  }

  /** A URL ticket of a session, to be put. */
  urlTicket({ slot, id }: Session, bind = '/a'): Omit<Ticket, 'ttlMs'> {
    return { kind: 'url', id: sessionId(), slot, subject: id, bind };
  }

  newSession(slot: string, more: Partial<NewSession> = {}): NewSession {
    return {
      id: sessionId(),
      slot,
      keys: { frame: newKey() },
      idleMs: 4 * HOUR,
      absoluteMs: 8 * HOUR,
      replaces: [],
      ...more,
    };
  }

  /** A session, by way of a ticket. */
  async session({ userId, label, limit, slot, ...more }: SessionOptions = {}): Promise<Session> {
    const ticket = await this.ticket({ slot, userId, label });
    const created = await this.store.create(this.newSession(ticket.slot, more), ticket.id, limit);
    if (!created.ok) throw new ContractError(`a ticket was put, yet create answered ${created.code}`);
    return created.session;
  }

  /** A session that began later than another, by the store's clock. */
  async later(earlier: Session, options?: SessionOptions): Promise<Session> {
    await this.until(earlier.createdAt + 1);
    return this.session({ slot: earlier.slot, userId: earlier.userId, ...options });
  }

  /** A request that nothing speaks against, unless `more` does. */
  admission({ slot, id, keys, lastSeenAt }: Session, more: Partial<Admission> = {}): Admission {
    const [from, to] = [lastSeenAt - 8 * HOUR, lastSeenAt + 8 * HOUR];
    return {
      slot,
      sessionId: id,
      keyId: keys.frame.cur.keyId,
      replayKey: random(22),
      tier: 'signed',
      elapsedMs: 0,
      created: lastSeenAt,
      createdFrom: from,
      createdTo: to,
      nonceFrom: from,
      nonceTo: to,
      replayUntil: to,
      sessionRate: FREE,
      accountRate: FREE,
      ...more,
    };
  }

  admit(session: Session, more?: Partial<Admission>, store = this.store): Promise<Admitted> {
    return store.admit(this.admission(session, more));
  }

  /** The same, which must be accepted. */
  async accepted(session: Session, more?: Partial<Admission>, store = this.store) {
    const outcome = await this.admit(session, more, store);
    if (!outcome.ok) throw new ContractError(`wanted acceptance, got ${outcome.code}`);
    return outcome;
  }

  /** The store's clock, by a session that does nothing else. */
  async now(): Promise<number> {
    // It was asked once, and then only moved as told.
    if (this.exact && this.#witness) return this.#witness.lastSeenAt + this.#moved.most;
    this.#moved = { host: 0, most: 0 };
    this.#witness ??= await this.session({ idleMs: 9_000 * HOUR, absoluteMs: 9_000 * HOUR });
    const seen = this.#witness.lastSeenAt;
    const wide = { createdTo: seen + 9_000 * HOUR, nonceTo: seen + 9_000 * HOUR, replayUntil: seen + 1 };
    this.#witness = (await this.accepted(this.#witness, wide)).session;
    return this.#witness.lastSeenAt;
  }

  /** Lets time pass until the store's clock shows at least so much. */
  async until(time: number): Promise<void> {
    if (this.#subject.advance) return this.advance(Math.max(0, time - (await this.now())));
    while ((await this.now()) < time) await new Promise((resolve) => setTimeout(resolve, 2));
  }

  /** An answer, and what the store's clock showed before and after it. */
  async timed<T>(ask: () => Promise<T>): Promise<{ before: number; answer: T; after: number }> {
    const before = await this.now();
    const answer = await ask();
    return { before, answer, after: await this.now() };
  }

  /** Runs the body just before, at and after a time; again and again where the clock can't be moved. */
  async *through(time: number): AsyncGenerator<void> {
    if (this.#subject.advance) {
      for (const at of [time - 1, time, time + 1]) {
        await this.until(at);
        yield;
      }
      return;
    }
    for (let now = await this.now(); now <= time + 20; now = await this.now()) {
      yield;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    yield;
  }
}

const missing = (ability: Ability) => new ContractError(`give \`${ability}\`, or say without: ['${ability}']`);
