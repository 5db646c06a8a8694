/**
 * `partitioned-authority/stores/memory`: one process, nothing survives it. Bounded: when it is full it
 * refuses (`ERR_STORE_FULL`) and never drops a replay entry that still counts.
 *
 * @module
 */
import { PartitionedAuthorityError } from '../shared/errors.js';
import { type EventUses, NO_EVIDENCE, admit, copySession as copy, isAlive } from './admission.js';
import { Movements } from './memory/movements.js';
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

export interface MemoryStoreOptions {
  /** 100,000 by default. */
  maxSessions?: number;
  /** Replay entries over all sessions; 1,000,000 by default. */
  maxReplayEntries?: number;
  /** Tickets over all users; 100,000 by default. */
  maxTickets?: number;
  /** Passkeys over all users; 100,000 by default. */
  maxPasskeys?: number;
  /** ms since the epoch; `Date.now` by default. It is made monotonic: time that was seen never returns. */
  clock?: () => number;
}

interface Entry {
  session: Session;
  idleMs: number;
  /** replay key → until */
  replays: Map<string, number>;
  /** event id → uses */
  events: Map<string, EventUses>;
  /** When its rate is whole again. */
  fullAt: number;
}

interface Account {
  sessions: Map<string, Entry>;
  /** By kind and id. */
  tickets: Map<string, Ticket & { until: number }>;
  /** When its rate is whole again. */
  fullAt: number;
}

const SWEEP_MS = 30_000;

class MemoryStore implements Store {
  readonly #accounts = new Map<string, Account>();
  readonly #movements = new Movements();
  /** By user, then by id. */
  readonly #passkeys = new Map<string, Map<string, Passkey>>();
  readonly #limits: Required<Omit<MemoryStoreOptions, 'clock'>>;
  readonly #clock: () => number;
  readonly #sweeper: ReturnType<typeof setInterval>;
  #now = 0;
  /** No replay entry expires before: a full store need not be swept in vain. */
  #earliest = Infinity;
  #sessions = 0;
  #replays = 0;
  #tickets = 0;
  #passkeyCount = 0;

  constructor({ clock = Date.now, ...limits }: MemoryStoreOptions) {
    this.#clock = clock;
    this.#limits = {
      maxSessions: 100_000,
      maxReplayEntries: 1_000_000,
      maxTickets: 100_000,
      maxPasskeys: 100_000,
      ...limits,
    };
    this.#sweeper = setInterval(() => this.#sweep(this.#time()), SWEEP_MS);
    (this.#sweeper as { unref?: () => void }).unref?.();
  }

  /** The high-water mark: a clock set back reopens nothing. */
  #time(): number {
    return (this.#now = Math.max(this.#now, this.#clock()));
  }

  #account(slot: string): Account {
    let account = this.#accounts.get(slot);
    if (!account) {
      account = { sessions: new Map(), tickets: new Map(), fullAt: 0 };
      this.#accounts.set(slot, account);
    }
    return account;
  }

  #alive(slot: string, id: string, now: number): Entry | undefined {
    const entry = this.#accounts.get(slot)?.sessions.get(id);
    return entry && isAlive(entry.session, now) ? entry : undefined;
  }

  async admit(admission: Admission): Promise<Admitted> {
    const now = this.#time();
    const account = this.#accounts.get(admission.slot);
    const entry = this.#alive(admission.slot, admission.sessionId, now);
    const { replayKey, event } = admission;
    const { answer, writes } = admit(
      account &&
        entry && {
          session: entry.session,
          idleMs: entry.idleMs,
          high: now,
          sessionFullAt: entry.fullAt,
          accountFullAt: account.fullAt,
          hasRoom: this.#hasRoom(now),
          replayUntil: entry.replays.get(replayKey),
          event: event && entry.events.get(event.id),
        },
      admission,
      now,
    );
    if (!account || !entry || !writes) return answer;

    if (!entry.replays.has(replayKey)) this.#replays += 1;
    entry.replays.set(replayKey, writes.replayUntil);
    this.#earliest = Math.min(this.#earliest, writes.replayUntil);
    if (event && writes.event) entry.events.set(event.id, writes.event);
    entry.session = copy(writes.session);
    entry.fullAt = writes.sessionFullAt;
    account.fullAt = writes.accountFullAt;
    return answer;
  }

  #hasRoom(now: number): boolean {
    if (this.#replays >= this.#limits.maxReplayEntries && this.#earliest < now) this.#sweep(now);
    return this.#replays < this.#limits.maxReplayEntries;
  }

  async create(session: NewSession, ticketId: string, limit?: SessionLimit): Promise<Created> {
    const now = this.#time();
    const account = this.#accounts.get(session.slot);
    const ticket = nameOf({ kind: 'enrol', id: ticketId });
    const found = account?.tickets.get(ticket);
    if (!account || !found || found.until < now) return { ok: false, code: 'ERR_ENROL_REFUSED' };
    const { idleMs, absoluteMs, replaces, ...fixed } = session;
    const alive = this.#listed(session.slot, found.subject, now);
    const replaced = alive.filter(({ id }) => replaces.includes(id));
    const others = alive.filter(({ id }) => !replaces.includes(id));
    const surplus = limit ? others.length + 1 - limit.max : 0;
    if (surplus > 0 && limit?.policy === 'refuse-newest') return { ok: false, code: 'ERR_SESSION_LIMIT' };
    // Newest first: the surplus is at the end.
    const ended = surplus > 0 ? others.slice(-surplus) : [];
    if (this.#sessions - replaced.length - ended.length >= this.#limits.maxSessions) {
      this.#sweep(now);
      if (this.#sessions - replaced.length - ended.length >= this.#limits.maxSessions) throw full('sessions');
    }
    for (const { slot, id } of [...replaced, ...ended]) this.#end(slot, id);
    this.#drop(account, ticket);
    const created: Session = {
      ...fixed,
      userId: found.subject,
      ...(found.label === undefined ? {} : { label: found.label }),
      createdAt: now,
      lastSeenAt: now,
      idleExpiresAt: now + Math.min(idleMs, absoluteMs),
      absoluteExpiresAt: now + absoluteMs,
      tiers: {},
      evidence: NO_EVIDENCE,
    };
    account.sessions.set(session.id, {
      session: copy(created),
      idleMs,
      replays: new Map(),
      events: new Map(),
      fullAt: 0,
    });
    this.#sessions += 1;
    return { ok: true, session: copy(created), ended: ended.map(({ id }) => id) };
  }

  async read(slot: string, id: string): Promise<Session | undefined> {
    const entry = this.#alive(slot, id, this.#time());
    return entry && copy(entry.session);
  }

  async rekey(slot: string, id: string, role: KeyRole, from: string, to: SessionKey): Promise<boolean> {
    const entry = this.#alive(slot, id, this.#time());
    if (entry?.session.keys[role]?.cur.keyId !== from) return false;
    entry.session.keys[role] = structuredClone(to);
    return true;
  }

  async list(slot: string, userId: string): Promise<Session[]> {
    return this.#listed(slot, userId, this.#time());
  }

  /** Newest first. */
  #listed(slot: string, userId: string, now: number): Session[] {
    const ids = [...(this.#accounts.get(slot)?.sessions.keys() ?? [])];
    return ids
      .flatMap((id) => this.#alive(slot, id, now) ?? [])
      .map((entry) => copy(entry.session))
      .filter((session) => session.userId === userId)
      .reverse()
      .sort((a, b) => b.createdAt - a.createdAt);
  }

  async revoke(slot: string, id: string): Promise<boolean> {
    const alive = this.#alive(slot, id, this.#time()) !== undefined;
    this.#end(slot, id);
    return alive;
  }

  async revokeAll(slot: string, userId: string, except?: string): Promise<number> {
    const sessions = this.#listed(slot, userId, this.#time()).filter((session) => session.id !== except);
    for (const session of sessions) this.#end(slot, session.id);
    const account = this.#accounts.get(slot);
    for (const [name, { kind, subject }] of account?.tickets ?? []) {
      if (account && kind === 'enrol' && subject === userId) this.#drop(account, name);
    }
    return sessions.length;
  }

  #end(slot: string, id: string): void {
    const account = this.#accounts.get(slot);
    const entry = account?.sessions.get(id);
    if (!account || !entry) return;
    account.sessions.delete(id);
    this.#sessions -= 1;
    this.#replays -= entry.replays.size;
  }

  async putTicket(ticket: Ticket): Promise<void> {
    const now = this.#time();
    if (this.#tickets >= this.#limits.maxTickets) {
      this.#sweep(now);
      if (this.#tickets >= this.#limits.maxTickets) throw full('tickets');
    }
    this.#tickets += 1;
    this.#account(ticket.slot).tickets.set(nameOf(ticket), { ...ticket, until: now + ticket.ttlMs });
  }

  async peekTicket(ticket: TicketRef): Promise<{ subject: string; bind: string } | undefined> {
    const now = this.#time();
    const found = this.#accounts.get(ticket.slot)?.tickets.get(nameOf(ticket));
    return found && found.until >= now ? { subject: found.subject, bind: found.bind } : undefined;
  }

  async takeTicket(ticket: Omit<Ticket, 'label' | 'ttlMs'>): Promise<boolean> {
    const now = this.#time();
    const account = this.#accounts.get(ticket.slot);
    const found = account?.tickets.get(nameOf(ticket));
    if (!account || !found || found.subject !== ticket.subject || found.bind !== ticket.bind) return false;
    this.#drop(account, nameOf(ticket));
    return found.until >= now;
  }

  #drop(account: Account, ticket: string): void {
    if (account.tickets.delete(ticket)) this.#tickets -= 1;
  }

  async putPasskey(passkey: NewPasskey, max: number): Promise<Passkey | 'full' | 'known'> {
    const own = this.#passkeys.get(passkey.userId) ?? new Map<string, Passkey>();
    if (own.has(passkey.id)) return 'known';
    if (own.size >= max) return 'full';
    if (this.#passkeyCount >= this.#limits.maxPasskeys) throw full('passkeys');
    const kept = copyOf({ ...passkey, createdAt: this.#time() });
    this.#passkeys.set(passkey.userId, own.set(kept.id, kept));
    this.#passkeyCount += 1;
    return copyOf(kept);
  }

  async listPasskeys(userId: string): Promise<Passkey[]> {
    return [...(this.#passkeys.get(userId)?.values() ?? [])].map(copyOf);
  }

  async usePasskey({ userId, id, counter }: { userId: string; id: string; counter: number }): Promise<boolean> {
    const found = this.#passkeys.get(userId)?.get(id);
    if (!found || (counter <= found.counter && (counter > 0 || found.counter > 0))) return false;
    Object.assign(found, { counter, lastUsedAt: this.#time() });
    return true;
  }

  async removePasskey(userId: string, id: string): Promise<boolean> {
    const own = this.#passkeys.get(userId);
    if (!own?.delete(id)) return false;
    this.#passkeyCount -= 1;
    if (own.size === 0) this.#passkeys.delete(userId);
    return true;
  }

  /** Drops what no longer counts. */
  #sweep(now: number): void {
    this.#earliest = Infinity;
    for (const [slot, account] of this.#accounts) {
      for (const id of account.sessions.keys()) if (!this.#alive(slot, id, now)) this.#end(slot, id);
      for (const { replays, events } of account.sessions.values()) {
        for (const [key, until] of replays) {
          if (until >= now) this.#earliest = Math.min(this.#earliest, until);
          else if (replays.delete(key)) this.#replays -= 1;
        }
        for (const [id, event] of events) if (event.until < now) events.delete(id);
      }
      for (const [name, { until }] of account.tickets) if (until < now) this.#drop(account, name);
      if (account.sessions.size + account.tickets.size === 0) this.#accounts.delete(slot);
    }
    this.#movements.sweep(now);
  }

  async seen(movement: MovementHashes): Promise<boolean> {
    const now = this.#time();
    const alike = this.#movements.isAlike(movement, now);
    this.#movements.add(movement, now);
    return alike;
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper);
  }
}

const copyOf = (passkey: Passkey): Passkey => ({ ...passkey, transports: [...passkey.transports] });

const nameOf = ({ kind, id }: Pick<TicketRef, 'kind' | 'id'>) => `${kind} ${id}`;

function full(what: string): PartitionedAuthorityError {
  return new PartitionedAuthorityError('ERR_STORE_FULL', `the memory store holds its maximum of ${what}`);
}

/** A store in this process's memory. */
export function memoryStore(options: MemoryStoreOptions = {}): Store {
  return new MemoryStore(options);
}

export type * from './types.js';
