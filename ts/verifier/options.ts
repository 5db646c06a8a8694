import { PartitionedAuthorityError } from '../shared/errors.js';
import type { Rate } from '../shared/meter.js';
import type { SessionLimit, Store } from '../stores/types.js';
import type { ChangedSignal, Consent, Interaction, Tier } from './border.js';
import type { CryptoProviderName } from './crypto.js';

/**
 * One record of the audit: what became of a request, or of a call by which the app itself changed who may do what. No
 * secrets, no trajectories, no addresses.
 */
export type Decision = RequestDecision | CallDecision;

interface Told {
  /** ms since the epoch */
  at: number;
  outcome: 'accepted' | 'refused';
  code?: string;
  /** Why, in words for the operator; never sent to the client. */
  detail?: string;
  session?: string;
  userId?: string;
}

/** A call on the authority. Refused is one that failed: its caller got the error. */
export interface CallDecision extends Told {
  event: 'begin' | 'sessions.revoke' | 'sessions.revokeAll' | 'passkeys.remove' | 'ticketUrl';
  /** How many sessions ended, or passkeys went; 0 if there was none of the name. */
  count?: number;
  /** The session that `revokeAll` left alive. */
  except?: string;
  passkey?: string;
}

/** What became of a request: one record, once it is known. */
export interface RequestDecision extends Told {
  event: 'request';
  method: string;
  path: string;
  tier?: Tier;
  action?: string;
  /** What a person was shown and confirmed; not the values, which are the app's data. */
  consent?: Omit<Consent, 'values'>;
  /** Signals that differ from the enrolment, whether they count or not. */
  changed?: ChangedSignal[];
  /** What the interaction was worth, if the request brought one; reasons are words for the operator. */
  interaction?: Pick<Interaction, 'kind' | 'bound' | 'band' | 'score' | 'reasons' | 'seen' | 'session'>;
  /** Sessions that ended to make room for a new one. */
  ended?: string[];
}

/** What of a browser is compared with its enrolment. docs/sessions.md has the rules. */
export interface SignalOptions {
  /** Which differences count: `relaxed`, another browser family or platform; `strict`, any. Default `relaxed`. */
  mode?: 'off' | 'relaxed' | 'strict';
  /** What a difference that counts does to a request; `audit` by default. */
  onMismatch?: 'audit' | 'step-up' | 'refuse';
  /**
   * The tier that `step-up` asks for, `interactive` by default. A request that nobody can be asked about,
   * because its route has no registered action, needs `interactive` in any case.
   */
  stepUp?: 'interactive' | 'consent' | 'verified';
  /** Prefix of an address that is kept, bits: 24 (at most) of IPv4, 48 (at most 56) of IPv6; 0 for none. */
  network?: { ipv4?: number; ipv6?: number };
}

/** What evidence that speaks for a program does. docs/interaction.md is the guide. */
export interface InteractionOptions {
  /**
   * On a route of the tier `interactive`, to a weak interaction, one of a session in doubt, or a movement that was
   * seen before. `step-up`, the default: a person is asked to consent, if the route's action is registered; else it
   * is told of. `refuse`: `ERR_POLICY_REFUSED`. `audit`: it is told of.
   */
  onWeak?: 'step-up' | 'refuse' | 'audit';
  /**
   * Movements that are remembered, by keyed hashes, to know the very same one again; false for none. Those whose
   * trajectory is sent: of privacy mode nothing is remembered.
   */
  replays?:
    | false
    | {
        /** How long, ms; an hour by default. */
        ttlMs?: number;
        /** How many of all users; 20,000 by default. */
        most?: number;
      };
}

export type Secret = Uint8Array | string;

export interface AuthorityOptions {
  /** Origin of the app, for example `https://app.example.com`. `@authority` is taken from it. */
  appOrigin: string;
  /** Origin of the signing iframe: another origin of the same site and scheme. */
  signOrigin: string;
  /**
   * At least 32 random bytes, or their base64url. Every server of a deployment has the same. A list while it
   * is replaced: the first makes what is new, the others are still believed.
   */
  secret: Secret | readonly Secret[];
  store: Store;
  /** What people see of the app on the signing origin. */
  app?: {
    /** At most 64 characters; the host of `appOrigin` by default. */
    name?: string;
    /** Custom properties of the consent window's style, for example `{ '--pas-accent': '#0a5' }`. */
    theme?: Record<string, string>;
  };
  /** ms. See the protocol for each. */
  windows?: {
    /** How long after `created` a request may arrive; 30,000. */
    signed?: number;
    /** The same for a request that a person consented to; 60,000. */
    consent?: number;
    /** The same for one with user verification; 120,000. */
    verified?: number;
    /** How far ahead `created` may lie; 2,000. */
    future?: number;
    /** How long content may take after the head; 30,000. */
    body?: number;
    /** How far two servers' clocks may differ; 5,000. */
    skew?: number;
  };
  session?: {
    /** Ends a session after so long without a request; 30 minutes. */
    idleMs?: number;
    /** Ends it in any case; 12 hours. */
    absoluteMs?: number;
    /** After so long the frame rotates its key by itself; 24 hours. */
    rekeyAfterMs?: number;
    /** Sessions that one user may have at once, and what happens at one more; without limit by default. */
    limit?: SessionLimit;
  };
  limits?: {
    /** Head of a request, bytes; 16,384. */
    headerBytes?: number;
    /** Content of a request, bytes; 1 MiB. A route can set its own. */
    bodyBytes?: number;
    /** Accepted requests per session; 600 a minute. */
    session?: Rate;
    /** Accepted requests per user over all sessions; 1,200 a minute. */
    account?: Rate;
    /** Refused requests per address, before any crypto; 300 a minute. */
    refusals?: Rate;
    /** Requests to `/.pas/*` per address; 600 a minute. */
    control?: Rate;
  };
  signals?: SignalOptions;
  interaction?: InteractionOptions;
  /** Uses of one interaction; 4. */
  interactionUses?: number;
  /** `native` where there is node:crypto, else `webcrypto`. */
  crypto?: CryptoProviderName;
  /**
   * Called once for each request that was decided and each call that changes who may do what. What it throws, or rejects
   * with, is ignored.
   */
  audit?: (decision: Decision) => unknown;
  /** ms since the epoch; `Date.now` by default. */
  clock?: () => number;
}

export type { ChangedSignal, Tier } from './border.js';

const invalid = (message: string) => new PartitionedAuthorityError('ERR_CONFIG_INVALID', message);

const perMinute = (limit: number): Rate => ({ limit, windowMs: 60_000 });

/** Options with every default filled in. */
export type Settings = ReturnType<typeof settle>;

function origin(name: string, value: unknown): URL {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (!url || url.origin !== value || !/^https?:$/.test(url.protocol)) {
    throw invalid(`${name} must be an origin like https://app.example.com, without a path`);
  }
  return url;
}

function secretList(option: unknown): Uint8Array[] {
  const secrets = (Array.isArray(option) ? option : [option]).map(secretBytes);
  if (secrets.length === 0) throw invalid('secret is an empty list');
  if (new Set(secrets.map(String)).size < secrets.length) throw invalid('a secret is listed twice');
  return secrets;
}

function secretBytes(secret: unknown): Uint8Array {
  // A copy: a rebuilt verifier derives its keys again, whatever became of the caller's array.
  if (secret instanceof Uint8Array) return new Uint8Array(secret);
  if (typeof secret === 'string' && /^[\w-]{43,}$/.test(secret) && secret.length % 4 !== 1) {
    return Uint8Array.from(atob(secret.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  }
  if (secret === undefined) throw invalid('secret is missing; `npx pas secret` makes one');
  throw invalid('secret must be at least 32 bytes, or their base64url and nothing else (a line feed?)');
}

function rate(name: string, value: Rate): Rate {
  if (!(value.limit >= 1 && value.windowMs >= 1 && Number.isFinite(value.limit + value.windowMs))) {
    throw invalid(`${name} must be a positive limit over a positive time`);
  }
  return value;
}

function positive(name: string, value: number): number {
  if (!(Number.isSafeInteger(value) && value > 0)) throw invalid(`${name} must be a positive whole number`);
  return value;
}

function sessionLimit(limit: SessionLimit): SessionLimit {
  known('session.limit', limit, ['max', 'policy']);
  const { max, policy } = limit;
  if (policy !== 'refuse-newest' && policy !== 'end-oldest') {
    throw invalid('session.limit.policy is refuse-newest or end-oldest');
  }
  return { max: positive('session.limit.max', max), policy };
}

function prefix(name: string, bits: number, most: number): number {
  if (!(Number.isInteger(bits) && bits >= 0 && bits <= most)) throw invalid(`${name} is 0 to ${most} bits`);
  return bits;
}

function app({ name, theme = {} }: NonNullable<AuthorityOptions['app']>, host: string) {
  if (
    name !== undefined &&
    !(typeof name === 'string' && /^[^\p{C}\p{Zl}\p{Zp}]{1,64}$/u.test(name) && name.trim() === name)
  ) {
    throw invalid('app.name is 1 to 64 printable characters');
  }
  known('app.theme', theme, Object.keys(theme ?? {}));
  for (const [property, value] of Object.entries(theme)) {
    // Nothing that could end a declaration or load anything.
    if (
      typeof value !== 'string' ||
      !/^--pas-[a-z-]+$/.test(property) ||
      !/^[\w#%.,()/+ -]{1,100}$/.test(value) ||
      /url/i.test(value)
    ) {
      throw invalid(`app.theme: ${property} is no plain value of a property --pas-…`);
    }
  }
  return { name: name ?? host, theme: { ...theme } };
}

function signals({ mode = 'relaxed', onMismatch = 'audit', stepUp = 'interactive', network = {} }: SignalOptions) {
  known('signals.network', network, ['ipv4', 'ipv6']);
  return {
    signals: mode,
    onMismatch,
    stepUp,
    // What is kept of an address must not be one.
    prefixes: {
      ipv4: prefix('signals.network.ipv4', network.ipv4 ?? 24, 24),
      ipv6: prefix('signals.network.ipv6', network.ipv6 ?? 48, 56),
    },
  };
}

function interaction({ onWeak = 'step-up', replays = {} }: InteractionOptions) {
  if (replays === false) return { onWeak, replays };
  known('interaction.replays', replays, ['most', 'ttlMs']);
  return {
    onWeak,
    replays: {
      ttlMs: positive('interaction.replays.ttlMs', replays.ttlMs ?? 3_600_000),
      most: positive('interaction.replays.most', replays.most ?? 20_000),
    },
  };
}

/** A misspelt option must not silently leave a default in force. */
export function known(name: string, value: object, names: string[]): void {
  if (typeof value !== 'object' || value === null) throw invalid(`${name} must be an object`);
  const stray = Object.keys(value).find((key) => !names.includes(key));
  if (stray !== undefined) throw invalid(`${name} has no ${stray}`);
}

export function optionalFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') throw invalid(`${name} must be a function`);
}

/** Checks options, once, at start. */
export function settle(options: AuthorityOptions) {
  known('options', options, [
    'app',
    'appOrigin',
    'audit',
    'clock',
    'crypto',
    'interaction',
    'interactionUses',
    'limits',
    'secret',
    'session',
    'signOrigin',
    'signals',
    'store',
    'windows',
  ]);
  known('signals', options.signals ?? {}, ['mode', 'network', 'onMismatch', 'stepUp']);
  known('interaction', options.interaction ?? {}, ['onWeak', 'replays']);
  known('windows', options.windows ?? {}, ['body', 'consent', 'future', 'signed', 'skew', 'verified']);
  known('session', options.session ?? {}, ['absoluteMs', 'idleMs', 'limit', 'rekeyAfterMs']);
  known('limits', options.limits ?? {}, ['account', 'bodyBytes', 'control', 'headerBytes', 'refusals', 'session']);
  if (options.crypto !== undefined && !['native', 'webcrypto', 'wasm'].includes(options.crypto)) {
    throw invalid('crypto must be native, webcrypto or wasm');
  }
  optionalFunction('clock', options.clock);
  optionalFunction('audit', options.audit);
  known('app', options.app ?? {}, ['name', 'theme']);
  const appUrl = origin('appOrigin', options.appOrigin);
  const sign = origin('signOrigin', options.signOrigin);
  if (appUrl.origin === sign.origin) throw invalid('signOrigin must be another origin than appOrigin');
  // SameSite cookies and cross-site partitioning both look at the scheme.
  if (appUrl.protocol !== sign.protocol) throw invalid('appOrigin and signOrigin must share a scheme');
  if (typeof options.store?.admit !== 'function') throw invalid('store is missing');
  const { session = {}, limits = {} } = options;
  return {
    appOrigin: appUrl.origin,
    signOrigin: sign.origin,
    authority: appUrl.host,
    app: app(options.app ?? {}, appUrl.host),
    secrets: secretList(options.secret),
    store: options.store,
    windows: options.windows ?? {},
    bodyMs: positive('windows.body', options.windows?.body ?? 30_000),
    signedMs: options.windows?.signed ?? 30_000,
    consentMs: options.windows?.consent ?? 60_000,
    verifiedMs: options.windows?.verified ?? 120_000,
    idleMs: positive('session.idleMs', session.idleMs ?? 30 * 60_000),
    absoluteMs: positive('session.absoluteMs', session.absoluteMs ?? 12 * 3_600_000),
    rekeyAfterMs: positive('session.rekeyAfterMs', session.rekeyAfterMs ?? 24 * 3_600_000),
    sessionLimit: session.limit && sessionLimit(session.limit),
    headerBytes: positive('limits.headerBytes', limits.headerBytes ?? 16_384),
    bodyBytes: positive('limits.bodyBytes', limits.bodyBytes ?? 1_048_576),
    sessionRate: rate('limits.session', limits.session ?? perMinute(600)),
    accountRate: rate('limits.account', limits.account ?? perMinute(1_200)),
    refusalRate: rate('limits.refusals', limits.refusals ?? perMinute(300)),
    controlRate: rate('limits.control', limits.control ?? perMinute(600)),
    ...signals(options.signals ?? {}),
    ...interaction(options.interaction ?? {}),
    interactionUses: positive('interactionUses', options.interactionUses ?? 4),
    crypto: options.crypto,
    audit: options.audit,
    clock: options.clock ?? Date.now,
  };
}
