/**
 * `partitioned-authority/stores/sqlite`: one machine, any number of processes on one file. Durable before it
 * answers. Works with handles of `node:sqlite`, `better-sqlite3` and `bun:sqlite`.
 *
 * @module
 */
import { PartitionedAuthorityError } from '../shared/errors.js';
import { type EventUses, admit } from './admission.js';
import { type SqliteDatabase, first } from './sqlite/handle.js';
import { Queue, down } from './sqlite/queue.js';
import { prepareDatabase } from './sqlite/schema.js';
import {
  type PasskeyRow,
  type SessionRow,
  type Statements,
  type TicketRow,
  passkeyOf,
  sessionOf,
  statements,
} from './sqlite/statements.js';
import { Sweeper } from './sqlite/sweeper.js';
import { restored, stored } from './sqlite/text.js';
import type {
  Admission,
  Admitted,
  Created,
  KeyRole,
  MovementHashes,
  NewPasskey,
  NewSession,
  Passkey,
  Session,
  SessionKey,
  SessionLimit,
  Store,
  Ticket,
  TicketRef,
} from './types.js';

export type { SqliteDatabase, SqliteStatement, SqliteValue } from './sqlite/handle.js';

export interface SqliteStoreOptions {
  /** An open handle on a file of the store's own. It stays yours: close it after the store. */
  database: SqliteDatabase;
  /** How long to wait for other processes that write, ms; then `ERR_STORE_DOWN`. 5,000 by default. */
  busyMs?: number;
  /** 1,000,000 by default. */
  maxSessions?: number;
  /** Replay entries over all sessions; 1,000,000 by default. */
  maxReplayEntries?: number;
  /** Tickets over all users; 100,000 by default. */
  maxTickets?: number;
  /** How often expired rows are removed, some at a time, ms; 1,000 by default. */
  sweepMs?: number;
  /** ms since the epoch; `Date.now` by default. It is made monotonic, over restarts too. */
  clock?: () => number;
}

/** Sweeps within one request: those after it find the rest. */
const ROOM_TRIES = 20;

const REPLAY = 0;
const EVENT = 1;

class SqliteStore implements Store {
  readonly #clock: () => number;
  readonly #limits: { sessions: number; replays: number; tickets: number };
  readonly #sql: Statements;
  readonly #queue: Queue;
  readonly #sweeper: Sweeper;
  #now = 0;
  /** Of all transactions of this connection so far. */
  #changes: number | undefined;

  constructor(options: SqliteStoreOptions) {
    const {
      database,
      clock = Date.now,
      busyMs = 5_000,
      sweepMs = 1_000,
      maxSessions = 1_000_000,
      maxReplayEntries = 1_000_000,
      maxTickets = 100_000,
      ...stray
    } = options;
    const [unknown] = Object.keys(stray);
    if (unknown !== undefined) throw invalid(`sqliteStore has no option ${unknown}`);
    if (typeof database?.prepare !== 'function') throw invalid('database must be an open SQLite handle');
    const numbers = { busyMs, sweepMs, maxSessions, maxReplayEntries, maxTickets };
    for (const [name, value] of Object.entries(numbers)) {
      if (!(Number.isSafeInteger(value) && value > 0)) throw invalid(`${name} must be a positive whole number`);
    }
    this.#clock = clock;
    this.#limits = { sessions: maxSessions, replays: maxReplayEntries, tickets: maxTickets };
    try {
      prepareDatabase(database, busyMs);
      this.#sql = statements(database);
    } catch (error) {
      throw error instanceof PartitionedAuthorityError ? error : down("the database can't be opened", error);
    }
    this.#queue = new Queue(database, busyMs, { begun: () => this.#time(), ending: () => this.#keepTime() });
    this.#sweeper = new Sweeper(this.#sql, this.#queue, sweepMs, () => this.#now);
  }

  /** The latest of the host's clock, what this process saw, and what any other wrote. */
  #time(): number {
    const { now } = this.#state();
    const host = Math.floor(this.#clock());
    // Every session would be over, and end for good.
    if (!Number.isSafeInteger(host)) throw new Error('the clock shows no time');
    return (this.#now = Math.max(this.#now, now, host));
  }

  /** A transaction that wrote keeps its time. One that only refused has nothing to wait for the disk for. */
  #keepTime(): void {
    const changes = () => first<{ total: number }>(this.#sql.changes)?.total;
    if (changes() === this.#changes) return;
    this.#sql.setNow.run(this.#now);
    this.#changes = changes();
  }

  #state() {
    const state = first<Record<'now' | 'sessions' | 'replays' | 'tickets' | 'movements', number>>(this.#sql.state);
    if (!state) throw new Error('the database has lost its state');
    return state;
  }

  /** Time does not run back within a session, not even if an operator set the database's mark back. */
  #isAlive(row: SessionRow): boolean {
    return Math.max(this.#now, row.last_seen_at) < row.idle_expires_at;
  }

  /**
   * A session that is alive. One whose time is over ends for good: no clock that runs back wakes it. Within
   * a transaction only.
   */
  #alive(slot: string, id: string): SessionRow | undefined {
    const row = first<SessionRow>(this.#sql.session, slot, id);
    if (!row || this.#isAlive(row)) return row;
    this.#sql.end.run(row.number);
    return undefined;
  }

  /** The user's sessions that are alive, newest first. Within a transaction only. */
  #listed(slot: string, userId: string): SessionRow[] {
    const rows = this.#sql.list.all(slot, stored(userId)) as SessionRow[];
    return rows.flatMap(({ id }) => this.#alive(slot, id) ?? []);
  }

  admit(admission: Admission): Promise<Admitted> {
    return this.#queue.write(() => this.#admit(admission));
  }

  #admit(admission: Admission): Admitted {
    const { slot, replayKey, event } = admission;
    const row = this.#alive(slot, admission.sessionId);
    const { answer, writes } = admit(
      row && {
        session: sessionOf(row),
        idleMs: row.idle_ms,
        high: this.#now,
        sessionFullAt: row.rate,
        accountFullAt: first<{ rate: number }>(this.#sql.account, slot)?.rate ?? 0,
        hasRoom: this.#hasRoom('replays', () => this.#sweeper.used(this.#now)),
        replayUntil: this.#used(row, REPLAY, replayKey)?.until,
        event: event && this.#used(row, EVENT, event.id),
      },
      admission,
      this.#now,
    );
    if (!row || !writes) return answer;

    const { session } = writes;
    const { signed = null, interactive = null, consent = null, verified = null } = session.tiers;
    this.#use(row, REPLAY, replayKey, { uses: 1, until: writes.replayUntil });
    if (event && writes.event) this.#use(row, EVENT, event.id, writes.event);
    this.#sql.spend.run(slot, writes.accountFullAt);
    this.#sql.touch.run(
      session.lastSeenAt,
      session.idleExpiresAt,
      optional(session.network),
      signed,
      interactive,
      consent,
      verified,
      writes.sessionFullAt,
      session.evidence.sum,
      session.evidence.interactions,
      row.number,
    );
    return answer;
  }

  seen({ owner, hashes, matchesNeeded, ttlMs, max }: MovementHashes): Promise<boolean> {
    return this.#queue.write(() => {
      const all = JSON.stringify(hashes);
      const isSame = first(this.#sql.same, all, owner, this.#now, matchesNeeded) !== undefined;
      this.#sql.forgetMovement.run(owner);
      const put = first<{ number: number }>(this.#sql.putMovement, owner, this.#now + Math.ceil(ttlMs));
      this.#sql.putHashes.run(put?.number ?? 0, all);
      const surplus = this.#state().movements - max;
      if (surplus > 0) this.#sql.dropOldest.run(surplus);
      return isSame;
    });
  }

  #used({ number }: SessionRow, kind: number, key: string): EventUses | undefined {
    return first<EventUses>(this.#sql.used, number, kind, key);
  }

  /** Times are whole here: at the last whole ms an entry still counts, at the next it does not. */
  #use({ number }: SessionRow, kind: number, key: string, { uses, until }: EventUses): void {
    this.#sql.use.run(number, kind, key, uses, Math.floor(until));
  }

  /** Whether there is room for one more; `sweep` makes some, and tells whether it found any. */
  #hasRoom(what: 'sessions' | 'replays' | 'tickets', sweep: () => boolean): boolean {
    for (let tries = 0; tries < ROOM_TRIES; tries += 1) {
      if (this.#state()[what] < this.#limits[what]) return true;
      if (!sweep()) return false;
    }
    return false;
  }

  create(session: NewSession, ticketId: string, limit?: SessionLimit): Promise<Created> {
    return this.#queue.write(() => this.#create(session, ticketId, limit));
  }

  #create(session: NewSession, ticketId: string, limit: SessionLimit | undefined): Created {
    const now = this.#now;
    const found = this.#ticket({ kind: 'enrol', slot: session.slot, id: ticketId });
    if (!found || found.until < now) return { ok: false, code: 'ERR_ENROL_REFUSED' };
    const alive = this.#listed(session.slot, restored(found.subject));
    const replaced = alive.filter(({ id }) => session.replaces.includes(id));
    const others = alive.filter(({ id }) => !session.replaces.includes(id));
    const surplus = limit ? others.length + 1 - limit.max : 0;
    if (surplus > 0 && limit?.policy === 'refuse-newest') return { ok: false, code: 'ERR_SESSION_LIMIT' };
    // Newest first: the surplus is at the end.
    const ended = surplus > 0 ? others.slice(-surplus) : [];
    if (replaced.length + ended.length === 0 && !this.#hasRoom('sessions', () => this.#sweeper.sessions(now))) {
      throw full('sessions');
    }
    for (const { number } of [...replaced, ...ended]) this.#sql.end.run(number);
    this.#sql.dropTicket.run(session.slot, 'enrol', ticketId);
    const absolute = now + session.absoluteMs;
    const idle = Math.min(now + session.idleMs, absolute);
    this.#sql.create.run(
      session.slot,
      session.id,
      found.subject,
      JSON.stringify(session.keys),
      session.aliases ? JSON.stringify(session.aliases) : null,
      found.label,
      optional(session.signals),
      optional(session.network),
      now,
      now,
      session.idleMs,
      idle,
      absolute,
      idle,
    );
    const row = first<SessionRow>(this.#sql.session, session.slot, session.id);
    if (!row) throw new Error('the database has lost what was put');
    return { ok: true, session: sessionOf(row), ended: ended.map(({ id }) => id) };
  }

  async read(slot: string, id: string): Promise<Session | undefined> {
    const row = await this.#queue.read(() => {
      this.#time();
      return first<SessionRow>(this.#sql.session, slot, id);
    });
    if (!row || this.#isAlive(row)) return row && sessionOf(row);
    return this.#queue.write(() => this.#read(slot, id));
  }

  /** Within a transaction only. */
  #read(slot: string, id: string): Session | undefined {
    const row = this.#alive(slot, id);
    return row && sessionOf(row);
  }

  async list(slot: string, userId: string): Promise<Session[]> {
    const rows = await this.#queue.read(() => {
      this.#time();
      return this.#sql.list.all(slot, stored(userId)) as SessionRow[];
    });
    if (rows.every((row) => this.#isAlive(row))) return rows.map(sessionOf);
    return this.#queue.write(() => this.#listed(slot, userId).map(sessionOf));
  }

  rekey(slot: string, id: string, role: KeyRole, from: string, to: SessionKey): Promise<boolean> {
    return this.#queue.write(() => {
      const row = this.#alive(slot, id);
      const keys = row && sessionOf(row).keys;
      if (!row || !keys || keys[role]?.cur.keyId !== from) return false;
      this.#sql.rekey.run(JSON.stringify({ ...keys, [role]: to }), row.number);
      return true;
    });
  }

  revoke(slot: string, id: string): Promise<boolean> {
    return this.#queue.write(() => {
      const row = this.#alive(slot, id);
      if (row) this.#sql.end.run(row.number);
      return row !== undefined;
    });
  }

  revokeAll(slot: string, userId: string, except?: string): Promise<number> {
    return this.#queue.write(() => {
      const rows = this.#listed(slot, userId).filter(({ id }) => id !== except);
      for (const { number } of rows) this.#sql.end.run(number);
      this.#sql.dropEnrolments.run(slot, stored(userId));
      return rows.length;
    });
  }

  putTicket({ kind, slot, id, subject, bind, label, ttlMs }: Ticket): Promise<void> {
    return this.#queue.write(() => {
      if (!this.#hasRoom('tickets', () => this.#sweeper.tickets(this.#now))) throw full('tickets');
      this.#sql.putTicket.run(slot, kind, id, stored(subject), stored(bind), optional(label), this.#now + ttlMs);
    });
  }

  #ticket({ slot, kind, id }: TicketRef): TicketRow | undefined {
    return first<TicketRow>(this.#sql.ticket, slot, kind, id);
  }

  peekTicket(ticket: TicketRef): Promise<{ subject: string; bind: string } | undefined> {
    return this.#queue.read(() => {
      const now = this.#time();
      const found = this.#ticket(ticket);
      return found && found.until >= now ? { subject: restored(found.subject), bind: restored(found.bind) } : undefined;
    });
  }

  takeTicket(ticket: Omit<Ticket, 'label' | 'ttlMs'>): Promise<boolean> {
    return this.#queue.write(() => {
      const found = this.#ticket(ticket);
      if (!found || found.subject !== stored(ticket.subject) || found.bind !== stored(ticket.bind)) return false;
      this.#sql.dropTicket.run(ticket.slot, ticket.kind, ticket.id);
      return found.until >= this.#now;
    });
  }

  putPasskey(passkey: NewPasskey, max: number): Promise<Passkey | 'full' | 'known'> {
    return this.#queue.write(() => {
      const { userId, id, handle, publicKey, counter, label, transports } = passkey;
      const own = this.#passkeys(userId);
      if (own.some((one) => one.id === id)) return 'known';
      if (own.length >= max) return 'full';
      this.#sql.putPasskey.run(
        stored(userId),
        stored(id),
        handle,
        publicKey,
        counter,
        stored(label),
        JSON.stringify(transports),
        this.#now,
      );
      return { ...passkey, transports: [...transports], createdAt: this.#now };
    });
  }

  listPasskeys(userId: string): Promise<Passkey[]> {
    return this.#queue.read(() => this.#passkeys(userId));
  }

  #passkeys(userId: string): Passkey[] {
    return (this.#sql.passkeys.all(stored(userId)) as PasskeyRow[]).map(passkeyOf);
  }

  usePasskey({ userId, id, counter }: { userId: string; id: string; counter: number }): Promise<boolean> {
    const named = [stored(userId), stored(id)] as const;
    return this.#queue.write(
      () => first(this.#sql.usePasskey, counter, this.#now, ...named, counter, counter) !== undefined,
    );
  }

  removePasskey(userId: string, id: string): Promise<boolean> {
    return this.#queue.write(() => first(this.#sql.removePasskey, stored(userId), stored(id)) !== undefined);
  }

  async close(): Promise<void> {
    this.#sweeper.close();
    await this.#queue.close();
    for (const statement of Object.values(this.#sql)) statement.finalize?.();
  }
}

/** A text that need not be there. */
const optional = (text: string | undefined) => (text === undefined ? null : stored(text));

const invalid = (message: string) => new PartitionedAuthorityError('ERR_CONFIG_INVALID', message);

function full(what: string): PartitionedAuthorityError {
  return new PartitionedAuthorityError('ERR_STORE_FULL', `the database holds its maximum of ${what}`);
}

/**
 * A store in a SQLite file.
 *
 * @throws `ERR_CONFIG_INVALID` for options that can't be meant, a file of another application, or one of a
 *   later version of this package; `ERR_STORE_DOWN` for a file that can't be opened
 */
export function sqliteStore(options: SqliteStoreOptions): Store {
  return new SqliteStore(options);
}

export type * from './types.js';
