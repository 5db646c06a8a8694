/**
 * One request, in the order of checks: limits, syntax, cookie, address budget, time, nonce, key,
 * signature, content, evidence, admit. Rust decides; this carries bytes, keys and time.
 */
import { type ErrorCode, PartitionedAuthorityError, codeOf } from '../shared/errors.js';
import type { Session, Store } from '../stores/types.js';
import { AddressBudget } from './address-budget.js';
import { type BodySource, readBody } from './body.js';
import { Core, type Head, type Inspection, type Interaction, type Verdict } from './core.js';
import { type CryptoProvider, type ProviderKey, cryptoProvider } from './crypto.js';
import type { Decision, Settings, Tier } from './options.js';
import { type Refusal, freshHeaders, refusal } from './reply.js';

/** What a route asks for. */
export interface Route {
  tier: Tier;
  /** What the person does here, for example `transfer`. Required for `interactive`. */
  action?: string;
  /** Whether a GET may carry a one-use ticket in its URL in place of a signature. */
  ticket?: boolean;
  /** Longest content, bytes; the authority's limit by default. */
  bodyBytes?: number;
}

/** A request as an adapter sees it. */
export interface Incoming {
  head: Head;
  body: BodySource;
  /** Of the peer, for limits. */
  address?: string | undefined;
  /** When the head arrived, by `performance.now()`. */
  receivedAt: number;
}

/** A request that is what it claims. */
export interface Acceptance {
  ok: true;
  session: Session;
  tier: Tier;
  interaction?: Interaction;
  /** The content, exactly as it was signed. */
  body: Uint8Array<ArrayBuffer>;
  /** To set on the answer: the next nonce, and `no-store`. */
  headers: [string, string][];
}

/** Outcome of a control request: as an acceptance, with what the route needs. */
export interface Control {
  ok: true;
  found: Inspection;
  session: Session;
  body: Uint8Array<ArrayBuffer>;
}

const KEY_CACHE = 10_000;

export class Engine {
  readonly core: Core;
  readonly settings: Settings;
  readonly store: Store;
  readonly provider: CryptoProvider;
  readonly #refusals: AddressBudget;
  /** Public keys never change under a key id, so they may be cached; whether the session lives may not. */
  readonly #keys = new Map<string, ProviderKey>();

  constructor(settings: Settings) {
    this.settings = settings;
    this.store = settings.store;
    this.core = new Core(
      {
        authority: settings.authority,
        signOrigin: settings.signOrigin,
        headerLimit: settings.headerBytes,
        windows: settings.windows,
      },
      settings.secret,
    );
    this.provider = cryptoProvider(settings.crypto);
    this.#refusals = new AddressBudget(settings.refusalRate);
  }

  now(): number {
    return Math.floor(this.settings.clock());
  }

  async verify(incoming: Incoming, route: Route): Promise<Acceptance | Refusal> {
    checkRoute(route);
    return this.#decided(incoming, route, async () => {
      if (route.tier === 'identified') return this.#identified(incoming);
      const ticketed = route.ticket ? this.core.ticketed(incoming.head) : undefined;
      if (ticketed) return this.#ticketed(ticketed);
      return this.#signed(incoming, route);
    });
  }

  /** A control request of the frame, signed by the session's key. */
  async control(incoming: Incoming, bodyBytes: number): Promise<Control | Refusal> {
    return this.#decided(incoming, { tier: 'signed' }, async () => {
      const { found, session, body } = await this.#admitted(incoming, { tier: 'signed', bodyBytes }, true);
      return { ok: true, found, session, body, tier: 'signed' as const };
    });
  }

  /** Runs `work` within the address budget; turns what it throws into a refusal; tells the audit. */
  async #decided<T extends { ok: true; session: Session; tier: Tier; interaction?: Interaction }>(
    incoming: Incoming, route: Route, work: () => Promise<T>,
  ): Promise<T | Refusal> {
    const outcome = await this.#attempt(incoming, route, work);
    const { head } = incoming;
    const action = route.action === undefined ? {} : { action: route.action };
    if (outcome.ok) this.auditAccepted(head, outcome.session, { tier: outcome.tier, ...action });
    else this.auditRefused(head, outcome, action);
    return outcome;
  }

  async #attempt<T extends { ok: true }>(incoming: Incoming, route: Route, work: () => Promise<T>): Promise<T | Refusal> {
    const retryAfterMs = this.#refusals.wait(incoming.address, performance.now());
    if (retryAfterMs > 0) return refusal('ERR_RATE_LIMITED', 'too many refusals for this address', { retryAfterMs });
    try {
      return await work();
    } catch (error) {
      const refused = this.refuse(error, incoming.head, route.tier);
      // A page shell asked for before the log-in is nobody's attempt.
      if (route.tier !== 'identified' || refused.code !== 'ERR_SESSION_MISSING') {
        this.#refusals.spend(incoming.address, performance.now());
      }
      return refused;
    }
  }

  /** The refusal that an error means. Anything unexpected is a store or host that failed: closed. */
  refuse(error: unknown, head: Head, tier?: string): Refusal {
    if (error instanceof Refused) return error.refusal;
    const code: ErrorCode = codeOf(error) ?? 'ERR_STORE_DOWN';
    const detail = error instanceof Error ? error.message : String(error);
    return refusal(code, detail, { ...(tier === undefined ? {} : { tier }), nonce: () => this.#nonceFor(head) });
  }

  #nonceFor(head: Head): string | undefined {
    try {
      const keyid = this.core.claimedKey(head.fields);
      return keyid === undefined ? undefined : this.core.nonce(keyid, this.now());
    } catch {
      return undefined;
    }
  }

  auditAccepted(head: Head, { id, userId }: Session, more: Partial<Decision> = {}): void {
    this.#audit({ ...this.#seen(head), outcome: 'accepted', session: id, userId, ...more });
  }

  auditRefused(head: Head, { code, detail }: Refusal, more: Partial<Decision> = {}): void {
    this.#audit({ ...this.#seen(head), outcome: 'refused', code, detail, ...more });
  }

  #seen({ method, target }: Head) {
    return { at: this.now(), method, path: target.split('?', 1)[0] ?? '' };
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

  async #identified({ head }: Incoming): Promise<Acceptance> {
    const { tag, session: id } = this.core.identify(head);
    const session = await this.store.read(tag, id);
    if (!session) throw new PartitionedAuthorityError('ERR_SESSION_ENDED', 'no such session');
    return accepted(session, 'identified', undefined);
  }

  async #ticketed({ tag, session: id, ticket, url }: { tag: string; session: string; ticket: string; url: string }): Promise<Acceptance> {
    const session = await this.store.consumeUrlTicket({ id: ticket, tag, session: id, url });
    if (!session) {
      throw new PartitionedAuthorityError('ERR_TICKET_INVALID', 'unknown, used, expired, or for another session or URL');
    }
    return accepted(session, 'signed', undefined);
  }

  async #signed(incoming: Incoming, route: Route): Promise<Acceptance> {
    const { session, verdict, body } = await this.#admitted(incoming, route, false);
    return {
      ...accepted(session, verdict.tier, this.core.nonce(session.keyId, this.now())),
      ...(verdict.interaction ? { interaction: verdict.interaction } : {}),
      body,
    };
  }

  async #admitted(incoming: Incoming, route: Route, control: boolean) {
    const { head } = incoming;
    const found = this.core.inspect(
      head,
      { tier: route.tier, control, ...(route.action === undefined ? {} : { action: route.action }) },
      this.now(),
    );
    try {
      await this.#checkSignature(found);
      const content = await readBody(
        incoming.body, route.bodyBytes ?? this.settings.bodyBytes, this.settings.bodyMs, this.provider,
      );
      const verdict = this.core.judge(found.pending, content.digest);
      if (verdict.refusal !== undefined) throw this.#insufficient(verdict, route);
      const session = await this.#admit(incoming, found, verdict);
      return { found, session, verdict, body: content.bytes };
    } finally {
      this.core.discard(found.pending);
    }
  }

  #insufficient({ refusal: code, interaction }: Verdict, route: Route): Refused {
    const detail = !interaction
      ? 'no interaction proof'
      : interaction.bound
        ? `interaction not plausible: ${interaction.reasons.join('; ')}`
        : 'the interaction proof is bound to another action or request';
    return new Refused(refusal(code as ErrorCode, detail, { tier: route.tier }));
  }

  async #checkSignature(found: Inspection): Promise<void> {
    const key = await this.#key(found);
    const base = new TextEncoder().encode(found.base);
    if (!(await this.provider.verify(key, base, found.signature))) {
      throw new PartitionedAuthorityError('ERR_SIG_INVALID', 'the signature does not verify');
    }
  }

  /** The session's key: a cookie that names no live session ends here, before any public-key operation. */
  async #key({ tag, session: id, keyid }: Inspection): Promise<ProviderKey> {
    const name = `${id}.${keyid}`;
    const cached = this.#keys.get(name);
    if (cached !== undefined) {
      this.#keys.delete(name);
      this.#keys.set(name, cached);
      return cached;
    }
    const session = await this.store.read(tag, id);
    if (!session) throw new PartitionedAuthorityError('ERR_SESSION_ENDED', 'no such session');
    if (session.keyId !== keyid) throw new PartitionedAuthorityError('ERR_KEY_MISMATCH', "not the session's key");
    const key = await this.provider.importKey(session.key);
    this.#keys.set(name, key);
    if (this.#keys.size > KEY_CACHE) {
      const [oldest] = this.#keys.keys();
      if (oldest !== undefined) this.#keys.delete(oldest);
    }
    return key;
  }

  async #admit({ receivedAt }: Incoming, found: Inspection, { interaction, tier }: Verdict): Promise<Session> {
    const elapsedMs = Math.max(0, performance.now() - receivedAt);
    if (elapsedMs > this.settings.bodyMs) {
      throw new PartitionedAuthorityError('ERR_TIME_STALE', 'the request took longer than its replay entry allows for');
    }
    const { tag, session, keyid: keyId, replayKey, created, createdFrom, createdTo, nonceFrom, nonceTo, replayUntil } = found;
    const admitted = await this.store.admit({
      tag, session, keyId, tier, replayKey, created, createdFrom, createdTo, nonceFrom, nonceTo, replayUntil, elapsedMs,
      ...(interaction && tier === 'interactive'
        ? { event: { id: interaction.eventId, limit: this.settings.interactionUses } }
        : {}),
      sessionRate: this.settings.sessionRate,
      accountRate: this.settings.accountRate,
    });
    if (admitted.ok) return admitted.session;
    const { code, retryAfterMs } = admitted;
    throw new Refused(
      refusal(code, 'refused by the store', {
        nonce: () => this.core.nonce(keyId, this.now()),
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      }),
    );
  }
}

/** A refusal on its way up. */
class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.detail);
    this.refusal = refusal;
  }
}

function accepted(session: Session, tier: Tier, nonce: string | undefined): Acceptance {
  return { ok: true, session, tier, body: new Uint8Array(), headers: freshHeaders(nonce) };
}

const tiers: ReadonlySet<string> = new Set<Tier>(['identified', 'signed', 'interactive']);

/** @throws `ERR_CONFIG_INVALID` for a route that can't be meant. */
export function checkRoute({ tier, action, ticket, bodyBytes }: Route): void {
  const invalid = (message: string) => new PartitionedAuthorityError('ERR_CONFIG_INVALID', message);
  if (!tiers.has(tier)) throw invalid(`no such tier: ${String(tier)}`);
  if (tier === 'interactive' && !action) throw invalid('an interactive route names its action');
  if (ticket && tier !== 'signed') throw invalid('a ticket stands for the tier signed');
  if (bodyBytes !== undefined && !(bodyBytes >= 0)) throw invalid('bodyBytes must be a number');
}
