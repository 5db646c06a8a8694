/**
 * `partitioned-authority/stores/redis`: many servers, one Redis 6.2 or later, or one Redis Cluster, or Valkey.
 * docs/redis.md says what the server must be set to, and what is promised.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { PartitionedAuthorityError } from '../shared/errors.js';
import { type Rate, type RateState, rateState, rateWait } from '../shared/meter.js';
import { type Primary, invalid, primary } from './redis/about.js';
import { bucketsFor, inBuckets, mostFrequent } from './redis/buckets.js';
import { type Connection, type RedisClient, connection } from './redis/connection.js';
import * as passkeys from './redis/passkey-scripts.js';
import { type PasskeyRecord, digits, keyFields, keyLine, line, passkey, session, tierIndex } from './redis/records.js';
import * as scripts from './redis/scripts.js';
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

export type { Primary, RedisClient };

export interface RedisStoreOptions {
  /** Of node-redis (`createClient`, `createClientPool`, `createCluster`) or ioredis (`Redis`, `Cluster`). */
  client: RedisClient;
  /** What keys begin with; `pas:` by default. */
  prefix?: string;
  /** After so long without an answer an operation throws `ERR_STORE_DOWN`, ms; 2,000 by default. */
  timeoutMs?: number;
  /** How far the clocks of two Redis machines may differ, ms; 5,000 by default. */
  skewMs?: number;
  /** `eviction`: the server may drop keys when its memory is full, which ends sessions at random. */
  accept?: readonly 'eviction'[];
}

/** A store in Redis. */
export interface RedisStore extends Store {
  /**
   * Asks every primary whether it can keep what the store promises; throws `ERR_CONFIG_INVALID` if not. The
   * first operation asks by itself: this is for a server that wants to know at its start.
   */
  check(): Promise<Primary[]>;
}

/** How long it is remembered when a primary took office. */
const TERM_MS = 30 * 24 * 3_600_000;

class Redis implements RedisStore {
  readonly #connection: Connection;
  readonly #prefix: string;
  readonly #timeoutMs: number;
  readonly #skewMs: number;
  readonly #evictionAccepted: boolean;
  #checked: Promise<unknown> | undefined;
  #closed = false;

  constructor(options: RedisStoreOptions) {
    const { client, prefix = 'pas:', timeoutMs = 2_000, skewMs = 5_000, accept = [], ...stray } = options ?? {};
    const [unknown] = Object.keys(stray);
    if (unknown !== undefined) throw invalid(`redisStore has no option ${unknown}`);
    if (typeof prefix !== 'string' || /[{}]/.test(prefix)) {
      throw invalid('prefix must be a text without braces: they say what Redis Cluster routes by');
    }
    if (!(Number.isSafeInteger(timeoutMs) && timeoutMs > 0)) throw invalid('timeoutMs must be a positive whole number');
    if (!(Number.isSafeInteger(skewMs) && skewMs >= 0)) throw invalid('skewMs must be a whole number');
    if (!Array.isArray(accept) || accept.some((what) => what !== 'eviction')) {
      throw invalid("accept can hold 'eviction', and nothing else");
    }
    this.#connection = connection(client);
    this.#prefix = prefix;
    this.#timeoutMs = timeoutMs;
    this.#skewMs = skewMs;
    this.#evictionAccepted = accept.length > 0;
  }

  check(): Promise<Primary[]> {
    return this.#within((signal) => this.#check(signal));
  }

  async #check(signal: AbortSignal): Promise<Primary[]> {
    const found = await this.#connection.primaries(signal);
    return Promise.all(
      found.map(async (send) => {
        const about = texts(
          await send(['EVAL', scripts.ABOUT.text, '0'], signal).catch((error: unknown) => {
            const message = messageOf(error);
            // Down is not misconfigured.
            if (!/NOPERM|can't run this command|unknown command|not allowed from script/i.test(message)) throw error;
            throw invalid(`the server does not permit EVAL, and INFO within it: ${message}`, { cause: error });
          }),
        );
        const fit = primary(about, this.#evictionAccepted);
        const [, , , term = '', clock = ''] = about;
        await this.#since(term, clock, signal);
        return fit;
      }),
    );
  }

  /** When the youngest term was first seen; this one may be it. */
  async #since(term: string, clock: string, signal: AbortSignal): Promise<string> {
    return text(await this.#eval(`${this.#prefix}terms`, scripts.SINCE, [term, clock, String(TERM_MS)], signal));
  }

  /** Runs an operation: in time or not at all, as far as its caller can tell. */
  async #within<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#closed) throw down('the store was closed');
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const over = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const error = down(`Redis did not answer within ${this.#timeoutMs} ms`);
        reject(error);
        abort.abort(error);
      }, this.#timeoutMs);
    });
    try {
      return await Promise.race([work(abort.signal), over]);
    } catch (error) {
      throw failure(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Runs a script, once the server was found fit. */
  #run(slot: string, script: scripts.Script, args: readonly string[]): Promise<unknown> {
    return this.#runOn(this.#key(slot), script, args);
  }

  #runOn(key: string, script: scripts.Script, args: readonly string[]): Promise<unknown> {
    return this.#within(async (signal) => {
      await this.#fit(signal);
      return this.#eval(key, script, args, signal);
    });
  }

  /** Where the passkeys of a user are: for good, so not under a slot, which changes with the secret. */
  #passkeys(userId: string, script: scripts.Script, args: readonly string[] = []): Promise<unknown> {
    const name = createHash('sha256').update(userId).digest('base64url');
    return this.#runOn(`${this.#prefix}passkeys:{${name}}`, script, args);
  }

  async #fit(signal: AbortSignal): Promise<void> {
    this.#checked ??= this.#check(signal).catch((error: unknown) => {
      this.#checked = undefined;
      throw error;
    });
    await this.#checked;
  }

  #key(slot: string): string {
    return `${this.#prefix}{${slot}}`;
  }

  /** A server that does not know a script yet gets its text. */
  async #eval(key: string, script: scripts.Script, args: readonly string[], signal: AbortSignal): Promise<unknown> {
    try {
      return await this.#connection.send(key, ['EVALSHA', script.sha, '1', key, ...args], signal);
    } catch (error) {
      if (!messageOf(error).includes('NOSCRIPT')) throw error;
      return this.#connection.send(key, ['EVAL', script.text, '1', key, ...args], signal);
    }
  }

  async admit(admission: Admission): Promise<Admitted> {
    const { slot, event, sessionRate, accountRate } = admission;
    const { delta = 0, cap = 0, limit } = event?.evidence ?? {};
    const args = scripts.placed(scripts.ADMIT_ARGUMENTS, {
      sessionId: admission.sessionId,
      keyId: line(admission.keyId),
      replayKey: admission.replayKey,
      hasEvent: event ? '1' : '0',
      eventId: event?.id ?? '',
      eventLimit: digits(event?.limit ?? 0),
      tier: tierIndex(admission.tier),
      network: line(admission.network),
      elapsedMs: digits(admission.elapsedMs),
      created: digits(admission.created),
      createdFrom: digits(admission.createdFrom),
      createdTo: digits(admission.createdTo),
      nonceFrom: digits(admission.nonceFrom),
      nonceTo: digits(admission.nonceTo),
      replayUntil: digits(admission.replayUntil),
      sessionLimit: digits(sessionRate.limit),
      sessionWindow: digits(sessionRate.windowMs),
      accountLimit: digits(accountRate.limit),
      accountWindow: digits(accountRate.windowMs),
      hasEvidence: event?.evidence ? '1' : '0',
      delta: digits(delta),
      cap: digits(cap),
      evidenceLimit: limit ? `${digits(limit.sum)};${digits(limit.interactions)}` : '',
    });
    const answer = await this.#within<string[]>(async (signal) => {
      await this.#fit(signal);
      const first = texts(await this.#eval(this.#key(slot), scripts.ADMIT, args, signal));
      if (first[0] !== 'term') return first;
      const [, term = '', clock = ''] = first;
      const since = await this.#since(term, clock, signal);
      return texts(
        await this.#eval(this.#key(slot), scripts.ADMIT, [...args, term, since, String(this.#skewMs)], signal),
      );
    }).catch((error: PartitionedAuthorityError) => {
      if (error.code === 'ERR_STORE_FULL') return [error.code];
      throw error;
    });
    const [code = '', ...more] = answer;
    if (code === 'ok') {
      const [fixed = '', volatile = '', ...meters] = more;
      const { states } = rates(meters, sessionRate, accountRate);
      return { ok: true, session: session(slot, fixed, volatile), rates: states };
    }
    if (code === 'ERR_RATE_LIMITED') {
      const { retryAfterMs, states } = rates(more, sessionRate, accountRate);
      return { ok: false, code, retryAfterMs, rates: states };
    }
    if (code === 'ERR_STORE_CHANGED') return { ok: false, code, retryAfterMs: Math.max(1, Number(more[0])) };
    if (!isRefusal(code)) throw down(`Redis answered ${JSON.stringify(answer)}`);
    return { ok: false, code };
  }

  async seen(movement: MovementHashes): Promise<boolean> {
    const { owner, hashes, matchesNeeded, ttlMs, max } = movement;
    const { count, entries } = bucketsFor(max, hashes.length);
    const found = await this.#within(async (signal) => {
      await this.#fit(signal);
      const asked = Array.from(inBuckets(hashes, count), ([bucket, own]) => {
        const args = [owner, digits(Math.ceil(ttlMs)), digits(entries), ...own];
        return this.#eval(`${this.#prefix}{seen ${bucket}}`, scripts.SEEN, args, signal);
      });
      return (await Promise.all(asked)).flatMap(texts);
    });
    return mostFrequent(found) >= matchesNeeded;
  }

  async create(wanted: NewSession, ticketId: string, limit?: SessionLimit): Promise<Created> {
    const { slot, id, keys, aliases, signals, network, idleMs, absoluteMs, replaces } = wanted;
    const [code, fixed = '', volatile = '', ...ended] = texts(
      await this.#run(slot, scripts.CREATE, [
        ...scripts.placed(scripts.CREATE_ARGUMENTS, {
          ticketId,
          id,
          keys: keyLine(keys),
          aliases: line(aliases),
          signals: line(signals),
          network: line(network),
          idleMs: digits(idleMs),
          absoluteMs: digits(absoluteMs),
          limit: digits(limit?.max ?? 0),
          policy: limit?.policy ?? '',
        }),
        ...replaces,
      ]),
    );
    if (code === 'ok') return { ok: true, session: session(slot, fixed, volatile), ended };
    return { ok: false, code: code === 'ERR_SESSION_LIMIT' ? code : 'ERR_ENROL_REFUSED' };
  }

  async read(slot: string, id: string): Promise<Session | undefined> {
    return one(slot, await this.#run(slot, scripts.READ, [id]));
  }

  async rekey(slot: string, id: string, role: KeyRole, from: string, to: SessionKey): Promise<boolean> {
    return Number(await this.#run(slot, scripts.REKEY, [id, role, line(from), ...keyFields(to)])) === 1;
  }

  async list(slot: string, userId: string): Promise<Session[]> {
    const records = texts(await this.#run(slot, scripts.LIST, [line(userId)]));
    const found: Session[] = [];
    for (let at = 0; at < records.length; at += 2) found.push(session(slot, records[at] ?? '', records[at + 1] ?? ''));
    // Newest first; of those made in the same ms, the later ones first.
    return found.reverse().sort((a, b) => b.createdAt - a.createdAt);
  }

  async revoke(slot: string, id: string): Promise<boolean> {
    return Number(await this.#run(slot, scripts.REVOKE, [id])) === 1;
  }

  async revokeAll(slot: string, userId: string, except?: string): Promise<number> {
    const exception = except === undefined ? ['0', ''] : ['1', except];
    return Number(await this.#run(slot, scripts.REVOKE_ALL, [line(userId), ...exception]));
  }

  async putTicket({ kind, id, slot, subject, bind, label, ttlMs }: Ticket): Promise<void> {
    await this.#run(slot, scripts.PUT_TICKET, [kind, id, digits(ttlMs), line(subject), line(bind), line(label)]);
  }

  async peekTicket({ kind, id, slot }: TicketRef): Promise<{ subject: string; bind: string } | undefined> {
    const [subject, bind] = texts(await this.#run(slot, scripts.PEEK_TICKET, [kind, id]));
    if (subject === undefined || bind === undefined) return undefined;
    return { subject: JSON.parse(subject) as string, bind: JSON.parse(bind) as string };
  }

  async takeTicket({ kind, id, slot, subject, bind }: Omit<Ticket, 'label' | 'ttlMs'>): Promise<boolean> {
    return Number(await this.#run(slot, scripts.TAKE_TICKET, [kind, id, line(subject), line(bind)])) === 1;
  }

  async putPasskey(wanted: NewPasskey, max: number): Promise<Passkey | 'full' | 'known'> {
    const { id, userId, counter, handle, publicKey, label, transports } = wanted;
    const rest: PasskeyRecord = { userId, handle, publicKey, label, transports };
    const [code, created] = texts(
      await this.#passkeys(userId, passkeys.PUT_PASSKEY, [id, digits(max), digits(counter), JSON.stringify(rest)]),
    );
    if (code === 'full' || code === 'known') return code;
    return { ...wanted, transports: [...transports], createdAt: Number(created) };
  }

  async listPasskeys(userId: string): Promise<Passkey[]> {
    const flat = texts(await this.#passkeys(userId, passkeys.LIST_PASSKEYS));
    const found: { ordinal: number; passkey: Passkey }[] = [];
    for (let at = 0; at < flat.length; at += 2) found.push(passkey(flat[at] ?? '', flat[at + 1] ?? ''));
    return found.sort((a, b) => a.ordinal - b.ordinal).map((one) => one.passkey);
  }

  async usePasskey({ userId, id, counter }: { userId: string; id: string; counter: number }): Promise<boolean> {
    return Number(await this.#passkeys(userId, passkeys.USE_PASSKEY, [id, digits(counter)])) === 1;
  }

  async removePasskey(userId: string, id: string): Promise<boolean> {
    return Number(await this.#passkeys(userId, passkeys.REMOVE_PASSKEY, [id])) === 1;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}

const REFUSALS = [
  'ERR_SESSION_ENDED',
  'ERR_KEY_MISMATCH',
  'ERR_TIME_FUTURE',
  'ERR_TIME_STALE',
  'ERR_NONCE_INVALID',
  'ERR_NONCE_EXPIRED',
  'ERR_NONCE_USED',
  'ERR_STORE_FULL',
  'ERR_PROOF_REUSED',
  'ERR_TIER_REQUIRED',
] as const;

const isRefusal = (code: string): code is (typeof REFUSALS)[number] => (REFUSALS as readonly string[]).includes(code);

/** What is left of both rates, by the one rule for that; the script tells the numbers. */
function rates(meters: readonly string[], sessionRate: Rate, accountRate: Rate) {
  const [now = NaN, ofSession = NaN, ofAccount = NaN] = meters.map(Number);
  const states: { session: RateState; account: RateState } = {
    session: rateState(ofSession, now, sessionRate),
    account: rateState(ofAccount, now, accountRate),
  };
  const waits = [rateWait(ofSession, now, sessionRate), rateWait(ofAccount, now, accountRate)];
  return { states, retryAfterMs: Math.max(...waits) };
}

function one(slot: string, answer: unknown): Session | undefined {
  const [fixed, volatile] = texts(answer);
  return fixed === undefined || volatile === undefined ? undefined : session(slot, fixed, volatile);
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** A client may be set to give bytes for texts. */
const text = (value: unknown): string => (value instanceof Uint8Array ? utf8.decode(value) : String(value));

const texts = (answer: unknown): string[] => (Array.isArray(answer) ? answer.map(text) : []);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What went wrong, by its code. Whatever it is: nothing was accepted. */
function failure(error: unknown): PartitionedAuthorityError {
  if (error instanceof PartitionedAuthorityError) return error;
  const message = messageOf(error);
  if (/\bOOM command not allowed/.test(message)) {
    return new PartitionedAuthorityError('ERR_STORE_FULL', `Redis is out of memory: ${message}`, { cause: error });
  }
  return down(`Redis: ${message}`, { cause: error });
}

const down = (message: string, options?: { cause: unknown }) =>
  new PartitionedAuthorityError('ERR_STORE_DOWN', message, options);

/** A store in Redis. The client stays its owner's: connect it, and give it an error listener. */
export function redisStore(options: RedisStoreOptions): RedisStore {
  return new Redis(options);
}

export type * from './types.js';
