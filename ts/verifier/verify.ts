/**
 * One request: a loop over the steps that Rust gives, and a table of who answers each. Nothing is decided here; this
 * fetches sessions, keys and content, has signatures verified, asks the app and the store, and tells the audit.
 */
import { fromBase64url } from '../shared/bytes.js';
import { type ErrorCode, PartitionedAuthorityError, codeOf } from '../shared/errors.js';
import type { Admitted, Session, Store } from '../stores/types.js';
import { AddressBudget } from './address-budget.js';
import { type BodySource, type Content, readBody } from './body.js';
import { parsedContent } from './content.js';
import type {
  Admit,
  Answer,
  Ask,
  Consent,
  CookieRef,
  Found,
  Gather,
  Head,
  Interaction,
  RouteShape,
  Signed,
} from './border.js';
import { Core } from './core.js';
import { type CryptoProvider, type ProviderKey, cryptoProvider } from './crypto.js';
import { guarded } from './instance.js';
import { networkOf } from './ip-address.js';
import {
  type CallDecision,
  type ChangedSignal,
  type Decision,
  type RequestDecision,
  type Settings,
  type Tier,
  optionalFunction,
} from './options.js';
import { type PasskeyUse, Passkeys } from './passkeys.js';
import type { CountedLimit } from './rate-limit.js';
import { type Refusal, freshHeaders, refusal, refusalOf } from './reply.js';
import { UserSessions } from './user-sessions.js';
import * as wasm from './wasm/verifier.js';

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
   * the signature holds and before the request is counted. Content has to be of a JSON type then: what the policy
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

/** The head of a control request, as far as its route needs it. */
export type ControlHead = CookieRef & Signed;

/** A control request that was admitted, with what was read of its content before. */
export interface Control<R> {
  head: ControlHead;
  session: Session;
  tier: Tier;
  consent?: Consent;
  read: R;
}

/** Reads content. What it throws refuses the request before it is admitted. */
export type ContentReader<R> = (content: Uint8Array, head: ControlHead) => R;

/** Outcome of a control request; with the cookie that it named, if its head was in order. */
export type Controlled<T> = ({ ok: true; answer: T } | Refusal) & { cookie: CookieRef | undefined };

/** What a request brought along by the time it was accepted. */
interface Run<R> {
  ok: true;
  session: Session;
  found: Found;
  limits: CountedLimit[];
  body: Uint8Array<ArrayBuffer>;
  read: R | undefined;
  head: ControlHead | undefined;
}

/** What the hosts of one request share. */
interface Bag<R> {
  incoming: Incoming;
  route: Route;
  reader: ContentReader<R>;
  body: Uint8Array<ArrayBuffer>;
  read?: R;
  session?: Session;
  userId?: string;
  head?: ControlHead;
  use?: PasskeyUse;
}

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
        interactionUses: settings.interactionUses,
        remembers: settings.replays !== false,
      },
      settings.secrets,
    );
    this.sessions = new UserSessions(this.core, this.store);
    this.provider = cryptoProvider(settings.crypto);
    this.passkeys = new Passkeys(this.core, settings, this.provider);
    this.#refusals = new AddressBudget(settings.refusalRate);
  }

  /** Where a request comes from, as far as it is kept. */
  network(address: string | undefined): string | undefined {
    return address === undefined ? undefined : networkOf(address, this.settings.prefixes);
  }

  now(): number {
    return Math.floor(this.settings.clock());
  }

  async verify(incoming: Incoming, route: Route): Promise<Acceptance | Refusal> {
    const shape = shapeOf(route);
    this.core.route(shape);
    return this.#decided(incoming, route, async () => {
      const isParsed = incoming.parsesJson === true || route.stepUp !== undefined;
      const reader = (content: Uint8Array, { isJson }: ControlHead) =>
        isParsed ? parsedContent(isJson, content) : undefined;
      const run = await this.#run(incoming, route, shape, reader);
      if (!run.ok) return run;
      const {
        session,
        found: { nonce, ...found },
        limits,
        body,
        read,
      } = run;
      return {
        ok: true,
        session,
        ...found,
        body,
        headers: freshHeaders(nonce, limits),
        ...(run.head ? { parsed: read } : {}),
      };
    });
  }

  /** A control request of the frame, signed by the session's key. What `work` throws refuses it as well. */
  async control<R, T>(
    incoming: Incoming,
    route: Route,
    reader: ContentReader<R>,
    work: (control: Control<R>) => Promise<T>,
  ): Promise<Controlled<T>> {
    let cookie: CookieRef | undefined;
    const outcome = await this.#decided(incoming, route, async () => {
      const named = (gather: CookieRef) => (cookie = gather);
      const run = await this.#run(incoming, route, shapeOf(route, true), reader, named);
      if (!run.ok) return run;
      const {
        session,
        found: { tier, consent, changed },
      } = run;
      const more = consent ? { consent } : {};
      const answer = await work({ head: run.head as ControlHead, session, tier, read: run.read as R, ...more });
      return { ok: true, session, tier, ...more, ...(changed ? { changed } : {}), answer };
    });
    return { ...outcome, cookie };
  }

  /** Goes through the steps of one request. */
  async #run<R>(
    incoming: Incoming,
    route: Route,
    shape: RouteShape,
    reader: ContentReader<R>,
    named?: (cookie: CookieRef) => void,
  ): Promise<Run<R> | Refusal> {
    const bag: Bag<R> = { incoming, route, reader, body: new Uint8Array() };
    const flow = this.core.begin(incoming.head, this.network(incoming.address), shape, this.now());
    try {
      for (let { step } = flow; ; step = flow.step) {
        if (step.kind === 'refuse') return refusalOf(step);
        if (step.kind === 'accept')
          return {
            ok: true,
            session: bag.session as Session,
            found: step.found,
            limits: [],
            body: bag.body,
            read: undefined,
            head: undefined,
          };
        if (step.kind === 'admit') return await this.#admitted(step, bag);
        if (step.kind === 'gather') named?.(step);
        const answer = await this.#soon(step, this.#answer(step, bag));
        flow.resume(answer, this.now(), elapsedOf(incoming));
      }
    } finally {
      flow.end();
    }
  }

  /** Has a step answered. A host that fails says so: closed. */
  async #answer<R>(step: Gather | Ask, bag: Bag<R>): Promise<Answer> {
    try {
      if (step.kind === 'gather') return await this.#gather(step, bag);
      switch (step.question) {
        case 'policy':
          return { kind: 'policy', wanted: await asked(bag, step.found) };
        case 'passkey':
          bag.use = await this.passkeys.verify(step.assertion, bag.head?.base ?? '', bag.userId ?? '');
          return { kind: 'asserted' };
        case 'movement':
          return { kind: 'moved', seen: await this.store.seen({ ...step.movement, ...this.#remembered }) };
      }
    } catch (error) {
      return failure(error);
    }
  }

  /**
   * An answer, or that there is none: a request holds a place in the verifier until it is answered, and hosts that hang
   * would leave none. Content has its own time, before this one is over.
   */
  async #soon(step: Gather | Ask, answer: Promise<Answer>): Promise<Answer> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ms = 2 * this.settings.bodyMs;
    const late = new Promise<Answer>((resolve) => {
      timer = setTimeout(() => {
        const [code, who] =
          step.kind === 'ask' && step.question === 'policy'
            ? (['ERR_VERIFIER_FAULT', 'stepUp'] as const)
            : (['ERR_STORE_DOWN', 'the store'] as const);
        resolve({ kind: 'failed', code, detail: `${who} gave no answer within ${ms} ms` });
      }, ms);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  get #remembered() {
    const { ttlMs, most: max } = this.settings.replays || { ttlMs: 0, most: 0 };
    return { ttlMs, max };
  }

  async #gather<R>(step: Gather, bag: Bag<R>): Promise<Answer> {
    const { slot, sessionId: id } = step;
    if (step.plan !== 'signature') {
      const isTicket = step.plan === 'ticket';
      const isGood =
        !isTicket || (await this.store.takeTicket({ kind: 'url', id: step.ticket, slot, subject: id, bind: step.url }));
      const found = isGood ? await this.store.read(slot, id) : undefined;
      if (isTicket && !found) return { kind: 'missing', what: 'ticket' };
      if (!this.sessions.isAlive(found)) return { kind: 'missing', what: 'session' };
      bag.session = found;
      // Nobody signed it: it is read to be dropped, so that no handler finds it.
      await this.#read(bag.incoming, bag.route);
      return { kind: 'gathered', content: bag.body, enrolled: found.signals };
    }
    const known = await this.#lookUp(step);
    if (typeof known === 'string') return { kind: 'missing', what: known };
    const base = new TextEncoder().encode(step.base);
    if (!(await this.provider.verify(known.key, base, fromBase64url(step.signature))))
      return { kind: 'missing', what: 'signature' };
    const { bytes, digest } = await this.#read(bag.incoming, bag.route);
    bag.head = step;
    bag.userId = known.userId;
    bag.body = bytes;
    let unreadable: { code: string; detail: string } | undefined;
    try {
      bag.read = bag.reader(bytes, step);
    } catch (error) {
      unreadable = failure(error);
    }
    return {
      kind: 'gathered',
      digest,
      content: step.readsContent ? bytes : new Uint8Array(),
      enrolled: known.signals,
      unreadable,
    };
  }

  async #admitted<R>({ admission, found, receipt }: Admit, bag: Bag<R>): Promise<Run<R> | Refusal> {
    const { incoming, head, body, read, use } = bag;
    if (incoming.isAnswered?.()) {
      return refusal('ERR_TIME_STALE', 'the app answered before the request was admitted', { nonce: found.nonce });
    }
    const { sessionRate, accountRate } = this.settings;
    const admitted = await this.store.admit({ ...admission, elapsedMs: elapsedOf(incoming), sessionRate, accountRate });
    if (!admitted.ok) {
      const { code, retryAfterMs, rates } = admitted;
      if (code === 'ERR_SESSION_ENDED') this.#known.delete(nameOf(admission.sessionId, admission.keyId));
      const report = this.core.refused(receipt, code, retryAfterMs);
      const { interaction, changed } = code === 'ERR_TIER_REQUIRED' ? found : {};
      return refusalOf(
        { ...report, ...(interaction ? { interaction } : {}), ...(changed ? { changed } : {}) },
        { retryAfterMs, limits: rates && this.#counted(rates) },
      );
    }
    if (use) await this.passkeys.count(use);
    const { session, rates } = admitted;
    const interaction = found.interaction && { interaction: { ...found.interaction, session: session.evidence } };
    return { ok: true, session, found: { ...found, ...interaction }, limits: this.#counted(rates), body, read, head };
  }

  /** Runs `work` within the address budget; turns what it throws into a refusal; tells the audit. */
  async #decided<
    T extends {
      ok: true;
      session: Session;
      tier: Tier;
      changed?: ChangedSignal[];
      interaction?: Interaction;
      consent?: Consent;
    },
  >(incoming: Incoming, route: Route, work: () => Promise<T | Refusal>): Promise<T | Refusal> {
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

  async #attempt<T extends { ok: true }>(
    incoming: Incoming,
    route: Route,
    work: () => Promise<T | Refusal>,
  ): Promise<T | Refusal> {
    const now = performance.now();
    const retryAfterMs = this.#refusals.wait(incoming.address, now);
    if (retryAfterMs > 0) {
      const state = this.#refusals.state(incoming.address, now);
      const limits = [{ name: 'refusals', rate: this.settings.refusalRate, state }] as const;
      return refusal('ERR_RATE_LIMITED', 'too many refusals for this address', { retryAfterMs, limits });
    }
    const outcome = await work().catch((error: unknown) => this.refuse(error, incoming.head, route.tier));
    if (!outcome.ok && outcome.isAttempt) this.#refusals.spend(incoming.address, performance.now());
    return outcome;
  }

  /** The refusal that an error means. Anything unexpected is a store or host that failed: closed. */
  refuse(error: unknown, head?: Head, tier?: string): Refusal {
    if (error instanceof Refused) return error.refusal;
    const { code, detail } = failure(error);
    return refusal(code, detail, { ...(tier === undefined ? {} : { tier }), nonce: head && this.#nonceFor(head) });
  }

  #nonceFor(head: Head): string | undefined {
    try {
      return this.core.claimedNonce(head.fields, this.now());
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

  /** Content, up to the route's limit. Where nobody signed it, it is read to be dropped: no handler is to find it. */
  #read({ body }: Incoming, { bodyBytes = this.settings.bodyBytes }: Route): Promise<Content> {
    return readBody(body, bodyBytes, this.settings.bodyMs, this.provider);
  }

  /** The session's key: a cookie that names no live session ends here, before any public-key operation. */
  async #lookUp({ slot, sessionId: id, keyid }: ControlHead): Promise<Known | 'session' | 'key'> {
    const name = nameOf(id, keyid);
    const cached = this.#known.get(name);
    if (cached !== undefined) {
      this.#known.delete(name);
      this.#known.set(name, cached);
      return cached;
    }
    const session = await this.store.read(slot, id);
    if (!this.sessions.isAlive(session)) return 'session';
    const {
      userId,
      signals,
      keys: {
        frame: { cur },
      },
    } = session;
    if (cur.keyId !== keyid) return 'key';
    const known = { key: await this.provider.importKey(cur.jwk), userId, signals };
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
}

/** What a policy of the app says. One that fails refuses, by the server's own fault: not the store's, not the client's. */
async function asked<R>(
  { route, incoming, read, userId = '' }: Bag<R>,
  { nonce, ...found }: Found,
): Promise<string | undefined> {
  const { method, target } = incoming.head;
  const path = target.split('?', 1)[0] ?? '';
  const seen: Seen = { userId, method, path, query: target.slice(path.length), body: read, ...found };
  try {
    const wanted = await route.stepUp?.(seen);
    return wanted === undefined ? undefined : String(wanted);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new PartitionedAuthorityError('ERR_VERIFIER_FAULT', `stepUp threw: ${why}`, { cause: error });
  }
}

/** What an error of a host means. Anything unexpected is a store that failed. */
function failure(error: unknown): { kind: 'failed'; code: ErrorCode; detail: string } {
  const detail = error instanceof Error ? error.message : String(error);
  return { kind: 'failed', code: codeOf(error) ?? 'ERR_STORE_DOWN', detail };
}

function elapsedOf({ receivedAt }: Incoming): number {
  const elapsed = Math.max(0, performance.now() - receivedAt);
  // It would be neither too long nor short enough.
  if (Number.isNaN(elapsed)) throw new PartitionedAuthorityError('ERR_CONFIG_INVALID', 'receivedAt must be a number');
  return elapsed;
}

const nameOf = (session: string, keyid: string) => `${session}.${keyid}`;

/** A refusal on its way up. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.detail);
    this.refusal = refusal;
  }
}

/** What an audit keeps of an interaction: no trajectory, and nothing measured of it. */
const evidenceIn = ({ interaction }: { interaction?: Interaction }): Partial<RequestDecision> => {
  if (!interaction) return {};
  const { kind, bound, band, score, reasons, seen, session } = interaction;
  return {
    interaction: {
      kind,
      bound,
      band,
      score,
      reasons,
      ...(seen === undefined ? {} : { seen }),
      ...(session === undefined ? {} : { session }),
    },
  };
};

/** What an audit keeps of a consent: not the values, which are the app's data. */
function shownIn({ consent }: { consent?: Consent }): Pick<RequestDecision, 'consent'> {
  if (!consent) return {};
  const { values, ...shown } = consent;
  return { consent: shown };
}

/** Weakest first. */
export const TIERS: readonly Tier[] = ['identified', 'signed', 'interactive', 'consent', 'verified'];

/** @throws `ERR_CONFIG_INVALID` for what has another type: the glue takes anything for a text, or traps. */
function shapeOf({ tier, action, ticket = false, stepUp, bodyBytes }: Route, control = false): RouteShape {
  const invalid = (message: string) => new PartitionedAuthorityError('ERR_CONFIG_INVALID', message);
  if (typeof tier !== 'string') throw invalid('a route names no tier');
  if (action !== undefined && typeof action !== 'string') throw invalid('action must be a string');
  optionalFunction('stepUp', stepUp);
  if (bodyBytes !== undefined && !(bodyBytes >= 0)) throw invalid('bodyBytes must be a number');
  return { tier, action, control, ticket: Boolean(ticket), policy: stepUp !== undefined };
}

/** @throws `ERR_CONFIG_INVALID` for a route that can't be meant. */
export function checkRoute(route: Route): void {
  const { tier, action, ticket, policy } = shapeOf(route);
  guarded(() => wasm.checkRoute(tier, action, ticket, policy));
}
