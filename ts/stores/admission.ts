/**
 * `partitioned-authority/stores/admission`: the rule of `admit`, for stores that keep a database of their own. Pure and
 * synchronous, so that it runs inside any transaction: find what is kept, ask the rule, make all writes or none.
 *
 * `src/verifier/admission.rs` is the reference. `tests/vectors/admission.json` and random histories hold this text,
 * and the Lua of the Redis driver, to it.
 *
 * @module
 */
import { type ErrorCode, PartitionedAuthorityError } from '../shared/errors.js';
import { rateSpend, rateState, rateWait } from '../shared/meter.js';
import type { Admission, Admitted, EvidenceSum, Session } from './types.js';

/** Uses of an interaction. */
export interface EventUses {
  uses: number;
  /** They count until then, inclusive. */
  until: number;
}

/** What a store keeps that a request is judged by. Times are ms since the epoch, by the store's clock. */
export interface Kept {
  /** The request's session, as `create` made it or an admission left it. */
  session: Session;
  /** What the session was made with, ms. */
  idleMs: number;
  /** {@link Writes.high} of the slot's last admission or later; 0 if there was none. */
  high: number;
  /** {@link Writes.sessionFullAt} of the session's last admission; 0 if there was none. */
  sessionFullAt: number;
  /** {@link Writes.accountFullAt} of the slot's last admission; 0 if there was none. */
  accountFullAt: number;
  /** Until when the entry of the request's replay key counts, if the session has one. */
  replayUntil?: number | undefined;
  /** What is kept of the request's event, if anything. */
  event?: EventUses | undefined;
  /** Whether there is room for one more replay entry, when those that no longer count are gone. */
  hasRoom: boolean;
  /** Writes up to then may be lost, by what the store knows; 0, or nothing, if none is. */
  lostUntil?: number;
}

/** What is to be written, all at once. */
export interface Writes {
  /** As it is after the request; the very object that is in the answer. A store that keeps objects keeps a copy. */
  session: Session;
  /** The latest time seen with this slot. */
  high: number;
  /** When the session's rate is whole again. */
  sessionFullAt: number;
  /** When the rate of all sessions of the slot is whole again. */
  accountFullAt: number;
  /** Until when the replay entry counts, inclusive. */
  replayUntil: number;
  /** What is to be kept of the event, if there is one. */
  event?: EventUses;
}

/** What `admit` answers, and what there is to write if it accepts. */
export interface Decision {
  answer: Admitted;
  writes?: Writes;
}

/** That of a session that was just made. */
export const NO_EVIDENCE: EvidenceSum = Object.freeze({ sum: 0, interactions: 0 });

const MOST_INTERACTIONS = 255;

/** A session that shares nothing with another: what is given away is the caller's to change, and so is what was taken. */
export const copySession = (session: Session): Session => ({
  ...session,
  keys: structuredClone(session.keys),
  ...(session.aliases && { aliases: structuredClone(session.aliases) }),
  tiers: { ...session.tiers },
  evidence: { ...session.evidence },
});

/** Whether a session is alive at a time. One that was seen not to be must never be again. */
export function isAlive(session: Session, now: number): boolean {
  return now < Math.min(session.idleExpiresAt, session.absoluteExpiresAt);
}

/**
 * Judges one request by what is kept of its session; `undefined` for a session that there is not. `clock` is what the
 * store's clock shows. The grounds for a refusal and their order are those of `Store.admit`.
 *
 * @throws `ERR_CONFIG_INVALID` for numbers that are not finite, which would compare as neither too small nor too large,
 *   and for texts in their place, as some drivers give for large ones: a sum with them would be a text
 */
export function admit(kept: Kept | undefined, admission: Admission, clock: number): Decision {
  mustBeFinite(kept, admission, clock);
  if (!kept) return refusal('ERR_SESSION_ENDED');
  const { session } = kept;
  // A clock that was set back reopens nothing.
  const now = Math.max(clock, kept.high, session.lastSeenAt);
  if (!isAlive(session, now)) return refusal('ERR_SESSION_ENDED');
  if (session.keys.frame.cur.keyId !== admission.keyId) return refusal('ERR_KEY_MISMATCH');

  const { created, createdFrom, replayUntil, sessionRate, accountRate, event, tier } = admission;
  const { lostUntil = 0 } = kept;
  // Whatever was admitted by then arrived by then, and no request arrives before its `createdFrom`.
  if (lostUntil > 0 && createdFrom <= lostUntil) {
    return refusal('ERR_STORE_CHANGED', { retryAfterMs: Math.max(1, lostUntil - now + created - createdFrom + 1000) });
  }

  const arrival = now - Math.max(0, admission.elapsedMs);
  if (arrival < createdFrom) return refusal('ERR_TIME_FUTURE');
  if (arrival > admission.createdTo) return refusal('ERR_TIME_STALE');
  if (arrival < admission.nonceFrom) return refusal('ERR_NONCE_INVALID');
  if (arrival > admission.nonceTo) return refusal('ERR_NONCE_EXPIRED');

  const rates = (sessionFullAt: number, accountFullAt: number) => ({
    session: rateState(sessionFullAt, now, sessionRate),
    account: rateState(accountFullAt, now, accountRate),
  });
  const retryAfterMs = Math.max(
    rateWait(kept.sessionFullAt, now, sessionRate),
    rateWait(kept.accountFullAt, now, accountRate),
  );
  if (retryAfterMs > 0) {
    return refusal('ERR_RATE_LIMITED', { retryAfterMs, rates: rates(kept.sessionFullAt, kept.accountFullAt) });
  }

  if (kept.replayUntil !== undefined && kept.replayUntil >= now) return refusal('ERR_NONCE_USED');
  if (!kept.hasRoom) return refusal('ERR_STORE_FULL');
  const counted = kept.event && kept.event.until >= now ? kept.event : { uses: 0, until: replayUntil };
  if (event && counted.uses >= event.limit) return refusal('ERR_PROOF_REUSED');
  const evidence = weigh(session.evidence, admission, counted.uses);
  if (!evidence) return refusal('ERR_TIER_REQUIRED');

  // Nothing of it is shared with what is kept, which is the store's.
  const after: Session = {
    ...copySession(session),
    lastSeenAt: now,
    idleExpiresAt: Math.min(now + kept.idleMs, session.absoluteExpiresAt),
    tiers: { ...session.tiers, [tier]: now },
    ...(admission.network === undefined ? {} : { network: admission.network }),
    evidence: { ...evidence },
  };
  const sessionFullAt = rateSpend(kept.sessionFullAt, now, sessionRate);
  const accountFullAt = rateSpend(kept.accountFullAt, now, accountRate);
  return {
    answer: { ok: true, session: after, rates: rates(sessionFullAt, accountFullAt) },
    writes: {
      session: after,
      high: now,
      sessionFullAt,
      accountFullAt,
      replayUntil,
      ...(event ? { event: { uses: counted.uses + 1, until: Math.max(counted.until, replayUntil) } } : {}),
    },
  };
}

function mustBeFinite(
  kept: Kept | undefined,
  { event, sessionRate, accountRate, ...admission }: Admission,
  clock: number,
): void {
  const { delta = 0, cap = 0, limit = { sum: 0, interactions: 0 } } = event?.evidence ?? {};
  const numbers = [
    clock,
    admission.elapsedMs,
    admission.created,
    admission.createdFrom,
    admission.createdTo,
    admission.nonceFrom,
    admission.nonceTo,
    admission.replayUntil,
    sessionRate.limit,
    sessionRate.windowMs,
    accountRate.limit,
    accountRate.windowMs,
    event?.limit ?? 0,
    delta,
    cap,
    limit.sum,
    limit.interactions,
  ];
  if (kept) {
    const {
      session: { lastSeenAt, idleExpiresAt, absoluteExpiresAt, evidence },
      event: counted,
    } = kept;
    numbers.push(
      lastSeenAt,
      idleExpiresAt,
      absoluteExpiresAt,
      evidence.sum,
      evidence.interactions,
      kept.idleMs,
      kept.high,
      kept.sessionFullAt,
      kept.accountFullAt,
      kept.replayUntil ?? 0,
      counted?.uses ?? 0,
      counted?.until ?? 0,
      kept.lostUntil ?? 0,
    );
  }
  if (!numbers.every(Number.isFinite)) {
    throw new PartitionedAuthorityError(
      'ERR_CONFIG_INVALID',
      'an admission, or what is kept, has a number that is none',
    );
  }
}

function refusal(
  code: ErrorCode,
  more: Pick<Extract<Admitted, { ok: false }>, 'retryAfterMs' | 'rates'> = {},
): Decision {
  return { answer: { ok: false, code, ...more } };
}

/** The evidence after a request; nothing if that is too much. The first use of an interaction adds to it. */
function weigh(before: EvidenceSum, { event, tier }: Admission, uses: number): EvidenceSum | undefined {
  const { evidence } = event ?? {};
  let after = before;
  if (evidence && uses === 0) {
    after = {
      sum: Math.min(evidence.cap, Math.max(0, before.sum + evidence.delta)),
      interactions: Math.min(MOST_INTERACTIONS, before.interactions + 1),
    };
  }
  const { limit } = evidence ?? {};
  if (limit && after.interactions >= limit.interactions && after.sum >= limit.sum) return undefined;
  // A person was there.
  return tier === 'consent' || tier === 'verified' ? NO_EVIDENCE : after;
}

export type * from './types.js';
