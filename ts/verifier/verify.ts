/**
 * One request, in the order of checks: limits, syntax, cookie, address budget, time, nonce, key,
 * signature, content, evidence, admit. Rust decides; this carries bytes, keys and time.
 */
import { type ErrorCode, PartitionedAuthorityError, codeOf } from '../shared/errors.js';
import type { Admitted, Session, Store } from '../stores/types.js';
import { AddressBudget } from './address-budget.js';
import { type BodySource, type Content, readBody } from './body.js';
import { contentType, isJson, parsedContent } from './content.js';
import {
  type Consent, type CookieRef, Core, type Head, type Inspection, type Interaction, type Ticketed, type Verdict,
} from './core.js';
import { type CryptoProvider, type ProviderKey, cryptoProvider } from './crypto.js';
import { networkOf } from './ip-address.js';
import { type CallDecision, type ChangedSignal, type Decision, type RequestDecision, type Settings, type Tier, optionalFunction } from './options.js';
import { Passkeys } from './passkeys.js';
import type { CountedLimit } from './rate-limit.js';
import { type Refusal, freshHeaders, refusal } from './reply.js';
import { UserSessions } from './user-sessions.js';
import { Weigher, found as foundIn, tooWeak } from './weigher.js';

/** What a route asks for. */
export interface Route {
  tier: Tier;
  /**
   * What the person does here, for example `transfer`. Required for `interactive` and above; for `consent` and
   * `verified` it is a registered action.
   */
  action?: string;
  /**
   * The tier that this very request needs, if it is more than the route's: a payment over a limit, say. Asked once
   * the signature holds and before the request is counted. Content has to be `application/json` then: what the policy
   * could not read is not let through.
   */
  stepUp?: (seen: Seen) => Tier | undefined | Promise<Tier | undefined>;
  /** Whether a GET may carry a one-use ticket in its URL in place of a signature. */
  ticket?: boolean;
  /** Longest content, bytes; the authority's limit by default. */
  bodyBytes?: number;
}

/** What a route's `stepUp` decides by. */
export interface Seen {
  userId: string;
  /** The tier that was reached so far. */
  tier: Tier;
  method: string;
  /** Raw, as they were signed; the query with its `?`, empty if there is none. */
  path: string;
  query: string;
  /** As a handler gets it: parsed JSON; undefined without content. */
  body: unknown;
  interaction?: Interaction;
  consent?: Consent;
  changed?: ChangedSignal[];
}

/** A request as an adapter sees it. */
export interface Incoming {
  head: Head;
  body: BodySource;
  /** Of the client, for limits, and masked for its session. */
  address?: string | undefined;
  /** When the head arrived, by `performance.now()`. */
  receivedAt: number;
  /** Whether the handler gets JSON parsed: content of a JSON type that is no JSON is refused then. */
  parsesJson?: boolean;
  /** Whether somebody answered it meanwhile, a time-out of the app say: it is not admitted then. */
  isAnswered?: () => boolean;
}

/** A request that is what it claims. */
export interface Acceptance {
  ok: true;
  session: Session;
  tier: Tier;
  interaction?: Interaction;
  /** What a person confirmed, in the tiers `consent` and `verified`. */
  consent?: Consent;
  /** What differs from the browser that enrolled, if anything: evidence, not identity. */
  changed?: ChangedSignal[];
  /** The content, exactly as it was signed. */
  body: Uint8Array<ArrayBuffer>;
  /** The same where JSON is parsed: its value for a JSON content type, else the bytes; undefined without content. */
  parsed?: unknown;
  /** To set on the answer: the next nonce, what is left of the limits, and `no-store`. */
  headers: [string, string][];
}

/** A control request that was admitted, with what was read of its content before. */
export interface Control<R> {
  found: Inspection;
  session: Session;
  tier: Tier;
  consent?: Consent;
  read: R;
}

/** Reads content. What it throws refuses the request before it is admitted. */
export type ContentReader<R> = (content: Uint8Array, found: Inspection) => R;

/** Outcome of a control request; with the cookie that it named, if its head was in order. */
export type Controlled<T> = ({ ok: true; answer: T } | Refusal) & { cookie: CookieRef | undefined };

/** What of a session never changes, so that it may be cached. Whether the session lives may not. */
interface Known {
  key: ProviderKey;
  userId: string;
  signals: string | undefined;
}

const KEY_CACHE = 10_000;

/** Of a path in the audit, characters. */
const LONGEST_PATH = 1_024;

export class Engine {
  readonly core: Core;
  readonly settings: Settings;
  readonly store: Store;
  readonly provider: CryptoProvider;
  readonly sessions: UserSessions;
  readonly passkeys: Passkeys;
  readonly #refusals: AddressBudget;
  readonly #weigher: Weigher;
  /** By session and key id. */
  readonly #known = new Map<string, Known>();

  constructor(settings: Settings) {
    this.settings = settings;
    this.store = settings.store;
    this.core = new Core(
      {
        authority: settings.authority,
        appOrigin: settings.appOrigin,
        signOrigin: settings.signOrigin,
        headerLimit: settings.headerBytes,
        windows: settings.windows,
        signals: settings.signals,
        onMismatch: settings.onMismatch,
        stepUp: settings.stepUp,
        onWeak: settings.onWeak,
      },
      settings.secrets,
    );
    this.sessions = new UserSessions(this.core, this.store);
    this.provider = cryptoProvider(settings.crypto);
    this.passkeys = new Passkeys(this.core, settings, this.provider);
    this.#refusals = new AddressBudget(settings.refusalRate);
    this.#weigher = new Weigher(this.store, settings);
  }

  /** Where a request comes from, as far as it is kept. */
  network(address: string | undefined): string | undefined {
    return address === undefined ? undefined : networkOf(address, this.settings.prefixes);
  }

  now(): number {
    return Math.floor(this.settings.clock());
  }

  async verify(incoming: Incoming, route: Route): Promise<Acceptance | Refusal> {
    checkRoute(route);
    if ((route.tier === 'consent' || route.tier === 'verified') && !this.core.hasAction(route.action ?? '')) {
      throw new PartitionedAuthorityError('ERR_CONFIG_INVALID', `no action ${route.action} is registered`);
    }
    return this.#decided(incoming, route, async () => {
      if (route.tier === 'identified') return this.#identified(incoming, route);
      const ticketed = route.ticket ? this.core.ticketed(incoming.head, this.network(incoming.address)) : undefined;
      if (ticketed) return this.#ticketed(incoming, route, ticketed);
      return this.#signed(incoming, route);
    });
  }

  /** A control request of the frame, signed by the session's key. What `work` throws refuses it as well. */
  async control<R, T>(
    incoming: Incoming, route: Route, reader: ContentReader<R>, work: (control: Control<R>) => Promise<T>,
  ): Promise<Controlled<T>> {
    let cookie: CookieRef | undefined;
    const outcome = await this.#decided(incoming, route, async () => {
      const found = (cookie = this.#inspect(incoming, route, true));
      const { session, read, verdict, changed } = await this.#admitted(incoming, route, found, reader);
      const { tier } = verdict;
      const answer = await work({ found, session, tier, read, ...consentIn(verdict) });
      return { ok: true, session, tier, ...changed, ...consentIn(verdict), answer };
    });
    return { ...outcome, cookie };
  }

  /** Runs `work` within the address budget; turns what it throws into a refusal; tells the audit. */
  async #decided<T extends { ok: true; session: Session; tier: Tier; changed?: ChangedSignal[]; interaction?: Interaction; consent?: Consent }>(
    incoming: Incoming, route: Route, work: () => Promise<T>,
  ): Promise<T | Refusal> {
    const outcome = await this.#attempt(incoming, route, work);
    const { head } = incoming;
    const more = {
      ...(route.action === undefined ? {} : { action: route.action }),
      ...(outcome.changed === undefined ? {} : { changed: outcome.changed }),
      ...evidenceIn(outcome),
    };
    if (outcome.ok) this.auditAccepted(head, outcome.session, { tier: outcome.tier, ...more, ...shownIn(outcome) });
    else this.auditRefused(head, outcome, more);
    return outcome;
  }

  async #attempt<T extends { ok: true }>(incoming: Incoming, route: Route, work: () => Promise<T>): Promise<T | Refusal> {
    const now = performance.now();
    const retryAfterMs = this.#refusals.wait(incoming.address, now);
    if (retryAfterMs > 0) {
      const state = this.#refusals.state(incoming.address, now);
      const limits = [{ name: 'refusals', rate: this.settings.refusalRate, state }] as const;
      return refusal('ERR_RATE_LIMITED', 'too many refusals for this address', { retryAfterMs, limits });
    }
    try {
      return await work();
    } catch (error) {
      const refused = this.refuse(error, incoming.head, route.tier);
      if (isAttempt(refused.code, route)) this.#refusals.spend(incoming.address, performance.now());
      return refused;
    }
  }

  /** The refusal that an error means. Anything unexpected is a store or host that failed: closed. */
  refuse(error: unknown, head?: Head, tier?: string): Refusal {
    if (error instanceof Refused) return error.refusal;
    const code: ErrorCode = codeOf(error) ?? 'ERR_STORE_DOWN';
    const detail = error instanceof Error ? error.message : String(error);
    return refusal(code, detail, { ...(tier === undefined ? {} : { tier }), nonce: () => head && this.#nonceFor(head) });
  }

  #nonceFor(head: Head): string | undefined {
    try {
      const keyid = this.core.claimedKey(head.fields);
      return keyid === undefined ? undefined : this.core.nonce(keyid, this.now());
    } catch {
      return undefined;
    }
  }

  auditAccepted(head: Head, { id, userId }: Session, more: Partial<RequestDecision> = {}): void {
    this.#audit({ event: 'request', ...this.#seen(head), outcome: 'accepted', session: id, userId, ...more });
  }

  auditRefused(head: Head, { code, detail }: Refusal, more: Partial<RequestDecision> = {}): void {
    this.#audit({ event: 'request', ...this.#seen(head), outcome: 'refused', code, detail, ...more });
  }

  /** Runs a call of the app that changes who may do what, and tells the audit of it, whether it came about or not. */
  async called<T>(call: Omit<CallDecision, 'at' | 'outcome'>, work: () => Promise<T>): Promise<T> {
    const result = await work().catch((error: unknown) => {
      const { code, detail } = this.refuse(error);
      this.#audit({ ...call, at: this.now(), outcome: 'refused', code, detail });
      throw error;
    });
    const isCount = typeof result === 'number' || typeof result === 'boolean';
    this.#audit({ ...call, at: this.now(), outcome: 'accepted', ...(isCount ? { count: Number(result) } : {}) });
    return result;
  }

  #seen({ method, target }: Head) {
    // A stranger chooses it, and every refusal is told of.
    return { at: this.now(), method, path: (target.split('?', 1)[0] ?? '').slice(0, LONGEST_PATH) };
  }

  #audit(decision: Decision): void {
    // An audit sink that fails must not decide requests, nor end the process.
    const failed = () => undefined;
    try {
      Promise.resolve(this.settings.audit?.(decision)).catch(failed);
    } catch {
      failed();
    }
  }

  async #identified(incoming: Incoming, route: Route): Promise<Acceptance> {
    const { tag, session: id } = this.core.identify(incoming.head);
    const session = await this.sessions.read(tag, id);
    await this.#read(incoming, route);
    return accepted(session, 'identified');
  }

  /** Content, up to the route's limit. Where nobody signed it, it is read to be dropped: no handler is to find it. */
  #read({ body }: Incoming, { bodyBytes = this.settings.bodyBytes }: Route): Promise<Content> {
    return readBody(body, bodyBytes, this.settings.bodyMs, this.provider);
  }

  async #ticketed(incoming: Incoming, route: Route, { tag, session: id, ticket, url, pending }: Ticketed): Promise<Acceptance> {
    try {
      const found = await this.store.consumeUrlTicket({ id: ticket, tag, session: id, url });
      if (!found) {
        const why = 'unknown, used, expired, or for another session or URL';
        throw new PartitionedAuthorityError('ERR_TICKET_INVALID', why);
      }
      const session = this.sessions.alive(found);
      const verdict = this.core.judge(pending, undefined, new Uint8Array(), session.signals, this.now());
      if (verdict.refusal !== undefined) throw this.#insufficient(verdict);
      await this.#read(incoming, route);
      return { ...accepted(session, 'signed'), ...changedIn(verdict) };
    } finally {
      this.core.discard(pending);
    }
  }

  async #signed(incoming: Incoming, route: Route): Promise<Acceptance> {
    const found = this.#inspect(incoming, route, false);
    const isParsed = incoming.parsesJson === true || route.stepUp !== undefined;
    const parse = (content: Uint8Array) => (isParsed ? parsedContent(contentType(incoming.head), content) : undefined);
    const { session, verdict, interaction, changed, limits, body, read } = await this.#admitted(incoming, route, found, parse);
    return {
      ...accepted(session, verdict.tier, verdict.nextNonce, limits),
      ...interaction,
      ...consentIn(verdict),
      ...changed,
      body,
      parsed: read,
    };
  }

  #inspect({ head, address }: Incoming, { tier, action }: Route, control: boolean): Inspection {
    return this.core.inspect(
      head, this.network(address), { tier, control, ...(action === undefined ? {} : { action }) }, this.now(),
    );
  }

  async #admitted<R>(incoming: Incoming, route: Route, found: Inspection, reader: ContentReader<R>) {
    try {
      const { key, userId, signals } = await this.#lookUp(found);
      await this.#checkSignature(found, key);
      const content = await this.#read(incoming, route);
      const shown = found.readsContent ? content.bytes : new Uint8Array();
      const verdict = this.core.judge(found.pending, content.digest, shown, signals, this.now());
      if (verdict.refusal !== undefined) throw this.#insufficient(verdict);
      const read = reader(content.bytes, found);
      await this.#stepUp(incoming, route, verdict, userId, read);
      const use = verdict.assertion && (await this.passkeys.verify(verdict.assertion, found.base, userId));
      const seen = await this.#weigher.seen(verdict);
      if (seen && verdict.weak) throw new Refused(tooWeak(verdict, true, changedIn(verdict)));
      const admitted = await this.#admit(incoming, found, verdict, seen);
      if (use) await this.passkeys.count(use);
      const { session, rates } = admitted;
      return {
        session, verdict, interaction: foundIn(verdict, seen, session.evidence), changed: changedIn(verdict),
        limits: this.#counted(rates), body: content.bytes, read,
      };
    } finally {
      this.core.discard(found.pending);
    }
  }

  /** Asks the app's own policy. */
  async #stepUp({ head }: Incoming, route: Route, verdict: Verdict, userId: string, body: unknown): Promise<void> {
    if (!route.stepUp) return;
    // Another type would let a client choose whether it is read.
    if (body !== undefined && !isJson(contentType(head))) {
      throw new PartitionedAuthorityError('ERR_JSON_INVALID', 'the content type is not application/json');
    }
    const { tier, interaction } = verdict;
    const { method, target } = head;
    const path = target.split('?', 1)[0] ?? '';
    const query = target.slice(path.length);
    const seen = { userId, tier, method, path, query, body, ...(interaction ? { interaction } : {}), ...consentIn(verdict), ...changedIn(verdict) };
    const wanted = await asked(route.stepUp, seen);
    if (wanted === undefined) return;
    if (TIERS.indexOf(tier) >= TIERS.indexOf(wanted)) return;
    throw new Refused(refusal('ERR_TIER_REQUIRED', "the app's policy asks for more", { tier: wanted, ...changedIn(verdict) }));
  }

  #insufficient(verdict: Verdict): Refused {
    const { refusal: code, required, forChange, interaction, detail = '' } = verdict;
    const evidence = !interaction
      ? 'no interaction proof'
      : interaction.bound
        ? `interaction ${interaction.plausible ? 'weak' : 'not plausible'}: ${interaction.reasons.join('; ')}`
        : 'the interaction proof is bound to another action or request';
    const why = forChange ? `${detail}: ${verdict.changed.join(', ')}` : evidence;
    const more = { tier: required, ...changedIn(verdict), ...(interaction ? { interaction } : {}) };
    return new Refused(refusal(code as ErrorCode, why, more));
  }

  async #checkSignature(found: Inspection, key: ProviderKey): Promise<void> {
    const base = new TextEncoder().encode(found.base);
    if (!(await this.provider.verify(key, base, found.signature))) {
      throw new PartitionedAuthorityError('ERR_SIG_INVALID', 'the signature does not verify');
    }
  }

  /** The session's key: a cookie that names no live session ends here, before any public-key operation. */
  async #lookUp(found: Inspection): Promise<Known> {
    const { tag, session: id, keyid } = found;
    const name = nameOf(found);
    const cached = this.#known.get(name);
    if (cached !== undefined) {
      this.#known.delete(name);
      this.#known.set(name, cached);
      return cached;
    }
    const session = await this.sessions.read(tag, id);
    if (session.keyId !== keyid) throw new PartitionedAuthorityError('ERR_KEY_MISMATCH', "not the session's key");
    const { userId, signals } = session;
    const known = { key: await this.provider.importKey(session.key), userId, signals };
    this.#known.set(name, known);
    if (this.#known.size > KEY_CACHE) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    return known;
  }

  /** The limits of a session and its account. */
  #counted({ session, account }: (Admitted & { ok: true })['rates']): CountedLimit[] {
    return [
      { name: 'session', rate: this.settings.sessionRate, state: session },
      { name: 'account', rate: this.settings.accountRate, state: account },
    ];
  }

  async #admit(
    { address, receivedAt, isAnswered }: Incoming, found: Inspection, verdict: Verdict, seen: boolean,
  ): Promise<Admitted & { ok: true }> {
    const network = this.network(address);
    const elapsedMs = Math.max(0, performance.now() - receivedAt);
    if (elapsedMs > this.settings.bodyMs) {
      throw new PartitionedAuthorityError('ERR_TIME_STALE', 'the request took longer than its replay entry allows for');
    }
    if (isAnswered?.()) throw new PartitionedAuthorityError('ERR_TIME_STALE', 'the app answered before the request was admitted');
    const { tag, session, keyid: keyId, replayKey, created, createdFrom, createdTo, nonceFrom, nonceTo, replayUntil } = found;
    const { interaction, tier } = verdict;
    const evidence = this.#weigher.evidence(verdict, seen);
    const admitted = await this.store.admit({
      tag, session, keyId, tier, replayKey, created, createdFrom, createdTo, nonceFrom, nonceTo, replayUntil, elapsedMs,
      ...(network === undefined ? {} : { network }),
      ...(interaction && tier === 'interactive'
        ? { event: { id: interaction.eventId, limit: this.settings.interactionUses, ...(evidence ? { evidence } : {}) } }
        : {}),
      sessionRate: this.settings.sessionRate,
      accountRate: this.settings.accountRate,
    });
    if (admitted.ok) return admitted;
    if (admitted.code === 'ERR_SESSION_ENDED') this.#known.delete(nameOf(found));
    const { code, retryAfterMs, rates } = admitted;
    if (code === 'ERR_TIER_REQUIRED') throw new Refused(tooWeak(verdict, seen, changedIn(verdict)));
    throw new Refused(
      refusal(code, 'refused by the store', {
        nonce: () => verdict.nextNonce ?? this.core.nonce(keyId, this.now()),
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
        ...(rates === undefined ? {} : { limits: this.#counted(rates) }),
      }),
    );
  }
}

/** What a policy of the app says. One that fails refuses, by the server's own fault: not the store's, not the client's. */
async function asked(policy: NonNullable<Route['stepUp']>, seen: Seen): Promise<Tier | undefined> {
  const failed = (why: string, cause?: unknown) => new PartitionedAuthorityError('ERR_VERIFIER_FAULT', `stepUp ${why}`, { cause });
  const wanted = await (async () => policy(seen))().catch((error: unknown) => {
    throw failed(`threw: ${error instanceof Error ? error.message : String(error)}`, error);
  });
  if (wanted !== undefined && !TIERS.includes(wanted)) throw failed(`gave ${String(wanted)}`);
  return wanted;
}

/** Refusals that are the server's own matter: a store that is down must not lock its clients out afterwards. */
const OURS: ReadonlySet<string> = new Set<ErrorCode>([
  'ERR_STORE_DOWN', 'ERR_STORE_FULL', 'ERR_STORE_CHANGED', 'ERR_VERIFIER_FAULT', 'ERR_RATE_LIMITED', 'ERR_CONFIG_INVALID',
]);

/** Whether a refusal counts against an address. A page shell asked for before the log-in is nobody's attempt. */
const isAttempt = (code: ErrorCode, { tier }: Route) =>
  !OURS.has(code) && (tier !== 'identified' || code !== 'ERR_SESSION_MISSING');

const nameOf = ({ session, keyid }: Inspection) => `${session}.${keyid}`;

/** A refusal on its way up. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.detail);
    this.refusal = refusal;
  }
}

function accepted(session: Session, tier: Tier, nonce?: string, limits?: CountedLimit[]): Acceptance {
  return { ok: true, session, tier, body: new Uint8Array(), headers: freshHeaders(nonce, limits) };
}

const changedIn = ({ changed }: Verdict) => (changed.length > 0 ? { changed } : {});

/** What an audit keeps of an interaction: no trajectory, and nothing measured of it. */
const evidenceIn = ({ interaction }: { interaction?: Interaction }): Partial<RequestDecision> => {
  if (!interaction) return {};
  const { kind, bound, band, score, reasons, seen, session } = interaction;
  return {
    interaction: {
      kind, bound, band, score, reasons, ...(seen === undefined ? {} : { seen }), ...(session === undefined ? {} : { session }),
    },
  };
};

/** What an audit keeps of a consent: not the values, which are the app's data. */
function shownIn({ consent }: { consent?: Consent }): Pick<RequestDecision, 'consent'> {
  if (!consent) return {};
  const { values, ...shown } = consent;
  return { consent: shown };
}

const consentIn = ({ consent }: Verdict) => (consent ? { consent } : {});

/** Weakest first. */
export const TIERS: readonly Tier[] = ['identified', 'signed', 'interactive', 'consent', 'verified'];

/** @throws `ERR_CONFIG_INVALID` for a route that can't be meant. */
export function checkRoute({ tier, action, ticket, bodyBytes, stepUp }: Route): void {
  const invalid = (message: string) => new PartitionedAuthorityError('ERR_CONFIG_INVALID', message);
  if (!TIERS.includes(tier)) throw invalid(`no such tier: ${String(tier)}`);
  if (TIERS.indexOf(tier) >= TIERS.indexOf('interactive') && !action) throw invalid(`a route of tier ${tier} names its action`);
  optionalFunction('stepUp', stepUp);
  if (stepUp && !action) throw invalid('a route with stepUp names its action');
  // Neither a cookie nor a ticket could be stepped up: they carry no signature, and no policy would be asked.
  if (stepUp && (ticket || tier === 'identified')) throw invalid('a route with stepUp is for signed requests only');
  if (ticket && tier !== 'signed') throw invalid('a ticket stands for the tier signed');
  if (bodyBytes !== undefined && !(bodyBytes >= 0)) throw invalid('bodyBytes must be a number');
}
