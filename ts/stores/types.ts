/** What a store keeps, and the operations that must be atomic. Times are ms since the epoch on the store's own clock. */
import type { ErrorCode } from '../shared/errors.js';
import type { Rate } from '../shared/meter.js';

export type { Rate };

/** A session. Only public keys are in it. */
export interface Session {
  /** SHA-256 of the cookie's secret, base64url. */
  id: string;
  /** The user's slot: everything of one user shares it. Two users may share one by chance. */
  tag: string;
  userId: string;
  /** RFC 7638 thumbprint of the key. */
  keyId: string;
  /** Coordinates of the P-256 key, base64url. */
  key: { x: string; y: string };
  /** What the app said of the device at log-in. */
  label?: string;
  createdAt: number;
  lastSeenAt: number;
  idleExpiresAt: number;
  absoluteExpiresAt: number;
}

/** A session to be made; the store adds the times. */
export interface NewSession {
  id: string;
  tag: string;
  keyId: string;
  key: { x: string; y: string };
  /** Ends it after so long without a request. */
  idleMs: number;
  /** Ends it in any case. */
  absoluteMs: number;
}

/** An enrolment ticket: one use, then a session of this user may be made. */
export interface EnrolmentTicket {
  id: string;
  tag: string;
  userId: string;
  label?: string;
  ttlMs: number;
}

/** A URL ticket: one use, by the same session, for the same URL. */
export interface UrlTicket {
  id: string;
  tag: string;
  session: string;
  /** Path and query. */
  url: string;
  ttlMs: number;
}

/** One signed request, ready to be counted. */
export interface Admission {
  tag: string;
  session: string;
  keyId: string;
  /** What single use is counted on. */
  replayKey: string;
  /** The interaction that this request spends, if any, and how many it may serve. */
  event?: { id: string; limit: number };
  /** Time since the request's head arrived. The arrival is what freshness is judged at. */
  elapsedMs: number;
  /** Bounds on the arrival, inclusive. */
  createdFrom: number;
  createdTo: number;
  nonceFrom: number;
  nonceTo: number;
  /** The replay entry must live until then. */
  replayUntil: number;
  sessionRate: Rate;
  accountRate: Rate;
}

export type Admitted =
  | { ok: true; session: Session }
  | { ok: false; code: ErrorCode; retryAfterMs?: number };

/**
 * A store. Every operation is atomic and linearizable for one user tag. Throwing means that the store
 * is down: nothing is accepted then.
 */
export interface Store {
  /**
   * In this order: session alive, key its own, fresh, within the rates, not a replay, the event not
   * spent; then all writes at once: replay entry, event count, rates, last seen. A refusal writes
   * nothing.
   */
  admit(admission: Admission): Promise<Admitted>;
  /** Consumes the ticket and makes the session, or neither. Undefined if the ticket is not there. */
  create(session: NewSession, ticket: { tag: string; id: string }): Promise<Session | undefined>;
  /** A session that is alive. */
  read(tag: string, id: string): Promise<Session | undefined>;
  /** Replaces the key if it still is `from`. */
  rekey(tag: string, id: string, from: string, to: { keyId: string; key: { x: string; y: string } }): Promise<boolean>;
  /** Sessions of a user that are alive, newest first. Users may share a tag by chance. */
  list(tag: string, userId: string): Promise<Session[]>;
  /** Ends one; true if it was alive. */
  revoke(tag: string, id: string): Promise<boolean>;
  /** Ends all of a user but `except`; how many there were. */
  revokeAll(tag: string, userId: string, except?: string): Promise<number>;
  putEnrolmentTicket(ticket: EnrolmentTicket): Promise<void>;
  putUrlTicket(ticket: UrlTicket): Promise<void>;
  /** Consumes a ticket if session and URL are those it was put for; the session if it is alive. */
  consumeUrlTicket(ticket: Omit<UrlTicket, 'ttlMs'>): Promise<Session | undefined>;
  close(): Promise<void>;
}
