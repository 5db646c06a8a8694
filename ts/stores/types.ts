/**
 * The store contract: what a store keeps, and which operations are atomic. Times are ms since the epoch on
 * the store's own clock. docs/stores.md is the guide; `partitioned-authority/stores/contract` is the suite
 * that every driver passes, yours included.
 */
import type { ErrorCode } from '../shared/errors.js';
import type { Rate, RateState } from '../shared/meter.js';

export type { Rate, RateState };

/** Tiers that a session can reach by a signed request. */
export type ReachedTier = 'signed' | 'interactive' | 'consent' | 'verified';

/** A session. Only public keys are in it, and no whole address. */
export interface Session {
  /** SHA-256 of the cookie's secret, base64url. */
  id: string;
  /** The user's slot: everything of one user shares it. Two users may share one by chance. */
  slot: string;
  userId: string;
  keys: SessionKeys;
  /** Where else the session is known, if anywhere. */
  aliases?: SessionAlias[];
  /** What the app said of the device at log-in; at most 64 characters. */
  label?: string;
  /** What the browser looked like at enrolment, for the verifier to read; at most 1,024 characters. Never changes. */
  signals?: string;
  createdAt: number;
  lastSeenAt: number;
  idleExpiresAt: number;
  absoluteExpiresAt: number;
  /** Where the last request came from: a masked IP prefix such as `203.0.113.0/24`. */
  network?: string;
  /** When each tier was last reached. */
  tiers: Partial<Record<ReachedTier, number>>;
  /** What its interactions say together: see {@link EvidenceSum}. */
  evidence: EvidenceSum;
}

/** Signature algorithms of keys, by their registered names. */
export type KeyAlgorithm = 'ecdsa-p256-sha256';

/** A public key, and nothing that is private. */
export interface PublicJwk {
  kty: 'EC';
  crv: 'P-256';
  /** Coordinates, base64url. */
  x: string;
  y: string;
}

export interface NamedKey {
  /** RFC 7638 thumbprint. */
  keyId: string;
  jwk: PublicJwk;
}

/** A key of a session, with what came before and comes after it. A store keeps it as it is. */
export interface SessionKey {
  alg: KeyAlgorithm;
  /** How often the key was retired for its successor. No frame follows that yet: it is 0. */
  epoch: number;
  /** Requests are signed by this one. */
  cur: NamedKey;
  /** What takes its place. */
  next?: NamedKey;
  /** What it took the place of, and when, ms. */
  prev?: NamedKey & { at: number };
}

/** What a key of a session is for. `frame`: it signs requests, in the signing frame. */
export type KeyRole = 'frame';

/** One key for each role. */
export type SessionKeys = Record<KeyRole, SessionKey>;

/** The session at another origin. */
export interface SessionAlias {
  origin: string;
  /** SHA-256 of the secret of the cookie there, base64url. */
  id: string;
}

/** A session to be made; the store adds the times. */
export interface NewSession {
  id: string;
  slot: string;
  keys: SessionKeys;
  aliases?: SessionAlias[];
  signals?: string;
  network?: string;
  /** Ends it after so long without a request. */
  idleMs: number;
  /** Ends it in any case. */
  absoluteMs: number;
  /** Sessions of the same user that it takes the place of: they end in the same step, and don't count. */
  replaces: string[];
}

/** How many sessions a user may have, and what happens at one more. */
export interface SessionLimit {
  max: number;
  /** `refuse-newest`: no new session. `end-oldest`: those created first end. */
  policy: 'refuse-newest' | 'end-oldest';
}

export type Created =
  /** `ended`: sessions that ended to make room, replaced ones not among them. */
  | { ok: true; session: Session; ended: string[] }
  /** `ERR_ENROL_REFUSED`: no such ticket. `ERR_SESSION_LIMIT`: too many sessions; the ticket is kept. */
  | { ok: false; code: 'ERR_ENROL_REFUSED' | 'ERR_SESSION_LIMIT' };

/**
 * What a ticket is for. `enrol`: a session of a user may be made. `url`: a URL may be asked for without a signature.
 * `passkey`: a challenge for a new passkey.
 */
export type TicketKind = 'enrol' | 'url' | 'passkey';

/** Which ticket it is. */
export interface TicketRef {
  kind: TicketKind;
  /** SHA-256 of its secret, base64url. */
  id: string;
  /** Of the user. */
  slot: string;
}

/** A permission for one use. */
export interface Ticket extends TicketRef {
  /** Whose it is: a user's id for `enrol`, a session's for the others. */
  subject: string;
  /** What it is for: path and query for `url`; nothing, which is '', for `enrol`. */
  bind: string;
  /** What the app said of the device, for the session that is made of it. */
  label?: string;
  ttlMs: number;
}

/** A movement by short keyed hashes, which the same movement has again. No trace is in them. */
export interface MovementHashes {
  /** Whose it is: an interaction is not alike itself. */
  owner: string;
  /** Of the base64url alphabet; at most 64. */
  hashes: string[];
  /** Another one that has so many of them is the same again. */
  matchesNeeded: number;
  /** How long it is remembered. */
  ttlMs: number;
  /** So many are remembered, of all users: the oldest give way. */
  max: number;
}

/** What the interactions of a session say together. */
export interface EvidenceSum {
  /** A whole number: what speaks for a program, less what speaks for a person, and never below 0. */
  sum: number;
  /** How many interactions were added; 255 stands for that many or more. */
  interactions: number;
}

/**
 * What an interaction says of its session. It is added once, by the first of its requests that is accepted. Both
 * numbers of the session begin at 0.
 */
export interface SessionUpdate {
  /** What is added; whole, and negative if it speaks for a person. The sum is never below 0. */
  delta: number;
  /** The sum is never above; whole. */
  cap: number;
  /** From so many interactions on, a request that would leave a sum of `sum` or more is refused. */
  limit?: { sum: number; interactions: number };
}

/** A WebAuthn credential of a user. It outlives sessions, and every secret of the deployment. */
export interface Passkey {
  /** The credential's id, base64url. */
  id: string;
  userId: string;
  /** What authenticators know the user by, base64url. */
  handle: string;
  /** COSE key, base64url. */
  publicKey: string;
  /** The signature counter that was seen last; 0 for authenticators that have none. */
  counter: number;
  /** What its owner calls it; at most 64 characters. */
  label: string;
  /** How it is reached, for browsers. */
  transports: string[];
  createdAt: number;
  lastUsedAt?: number;
}

/** A passkey to be kept; the store adds the times. */
export type NewPasskey = Omit<Passkey, 'createdAt' | 'lastUsedAt'>;

/** One signed request, ready to be counted. */
export interface Admission {
  slot: string;
  sessionId: string;
  /** Thumbprint of the key that signed: `cur` of the frame's. */
  keyId: string;
  /** What single use is counted on. */
  replayKey: string;
  /** The interaction that this request spends, if any, how many it may serve, and what it says of the session. */
  event?: { id: string; limit: number; evidence?: SessionUpdate };
  /** The tier it reached, for the session's history. */
  tier: ReachedTier;
  /** Masked prefix of where it came from, for the session's owner to see. */
  network?: string;
  /** Time since the request's head arrived. The arrival is what freshness is judged at. */
  elapsedMs: number;
  /** When the signer says it signed, ms: what a store that lost writes decides by. */
  created: number;
  /** Bounds on the arrival, inclusive. */
  createdFrom: number;
  createdTo: number;
  nonceFrom: number;
  nonceTo: number;
  /** The replay entry must live until then, inclusive. */
  replayUntil: number;
  sessionRate: Rate;
  accountRate: Rate;
}

export type Admitted =
  | { ok: true; session: Session; rates: { session: RateState; account: RateState } }
  /** `rates` with `ERR_RATE_LIMITED`: what is left of both. */
  | { ok: false; code: ErrorCode; retryAfterMs?: number; rates?: { session: RateState; account: RateState } };

/**
 * A store. Every operation is atomic, and linearizable for one user slot: what it answered is what every
 * later call on any node finds. Its clock never runs back behind what was written for a slot, though the host's
 * may. Throwing means that the store is down: nothing is accepted then.
 */
export interface Store {
  /**
   * Judged by the rule of `partitioned-authority/stores/admission`, in this order, with the code of the first that fails:
   * 1. the session is alive (`ERR_SESSION_ENDED`),
   * 2. the key is its own (`ERR_KEY_MISMATCH`),
   * 3. the store lost no writes that this request could hide in (`ERR_STORE_CHANGED`, drivers that can),
   * 4. the arrival, `now − elapsedMs`, lies within the bounds: below `createdFrom` `ERR_TIME_FUTURE`, above
   *    `createdTo` `ERR_TIME_STALE`, below `nonceFrom` `ERR_NONCE_INVALID`, above `nonceTo` `ERR_NONCE_EXPIRED`,
   * 5. it is within both rates (`ERR_RATE_LIMITED` with `retryAfterMs` and `rates`),
   * 6. the replay key is not there (`ERR_NONCE_USED`),
   * 7. there is room (`ERR_STORE_FULL`),
   * 8. the event has uses left (`ERR_PROOF_REUSED`),
   * 9. the session's evidence is within the limit, if there is one (`ERR_TIER_REQUIRED`).
   *
   * Then all writes at once: replay entry, event count, both rates, last seen, idle expiry, tier, network,
   * evidence. A request that reached `consent` or `verified` sets both numbers of the evidence to 0: a person was
   * there. A refusal writes nothing.
   *
   * @throws `ERR_CONFIG_INVALID` for an admission with a number that is not finite
   */
  admit(admission: Admission): Promise<Admitted>;
  /**
   * Takes the ticket, of kind `enrol` in the session's slot, ends what is replaced, and makes the session of the
   * ticket's user; or does nothing.
   */
  create(session: NewSession, ticketId: string, limit?: SessionLimit): Promise<Created>;
  /** A session that is alive. Prolongs nothing. */
  read(slot: string, id: string): Promise<Session | undefined>;
  /** Replaces the key of a role if its `cur` still is `from` and the session is alive. */
  rekey(slot: string, id: string, role: KeyRole, from: string, to: SessionKey): Promise<boolean>;
  /** Sessions of a user that are alive, newest first. Users may share a slot by chance. */
  list(slot: string, userId: string): Promise<Session[]>;
  /** Ends one; true if it was alive. Once it resolves, no node admits a request of it. */
  revoke(slot: string, id: string): Promise<boolean>;
  /** Ends all of a user but `except`, and their tickets of kind `enrol` with them; how many sessions there were. */
  revokeAll(slot: string, userId: string, except?: string): Promise<number>;
  putTicket(ticket: Ticket): Promise<void>;
  /**
   * Whose ticket it is and what for, while it is there to be taken; it stays. Strangers end here, before any public-key
   * operation.
   */
  peekTicket(ticket: TicketRef): Promise<{ subject: string; bind: string } | undefined>;
  /** Takes a ticket away, if whose it is and what for are as it was put; true if it was good. Of many at once, one gets it. */
  takeTicket(ticket: Omit<Ticket, 'label' | 'ttlMs'>): Promise<boolean>;
  /**
   * Remembers a movement, of whichever user, and tells whether another one is the same. Of the same one twice at
   * once, one is found. A store may forget some before their time, and remembers no more than `max`, about.
   */
  seen(movement: MovementHashes): Promise<boolean>;
  /**
   * Keeps a passkey. `known`: the user has one of this id. `full`: the user has `max`. Passkeys are found by
   * their user, not by a slot: the slot depends on a secret, which is replaced some day.
   */
  putPasskey(passkey: NewPasskey, max: number): Promise<Passkey | 'full' | 'known'>;
  /** Those of a user, oldest first. */
  listPasskeys(userId: string): Promise<Passkey[]>;
  /**
   * Counts a use, in one atomic step: true if the passkey is there, and its counter is above the one that is kept,
   * or both are 0. Then that is kept, and when it was used.
   */
  usePasskey(use: { userId: string; id: string; counter: number }): Promise<boolean>;
  /** True if it was there. Once it resolves, no node counts a use of it. */
  removePasskey(userId: string, id: string): Promise<boolean>;
  /** Lets go of timers and statements. The database handle stays its owner's. */
  close(): Promise<void>;
}
