import type { ErrorCode } from '../shared/errors.js';
import type { ChangedSignal, Interaction, RefusalReport } from './border.js';
import { guarded } from './instance.js';
import { type CountedLimit, rateLimitFields } from './rate-limit.js';
import { refusal as worded } from './wasm/verifier.js';

/** An HTTP answer that no framework owns yet. */
export interface Reply {
  status: number;
  headers: [string, string][];
  body: string | null;
}

/** Why a request was refused, and what the client may do next. */
export interface Refusal {
  ok: false;
  code: ErrorCode;
  status: number;
  /** For the operator. */
  detail: string;
  /** The tier the route asks for, with `ERR_TIER_REQUIRED`. */
  tier?: string;
  retryAfterMs?: number;
  /** Signals that differ from the enrolment. */
  changed?: ChangedSignal[];
  /** The evidence, for the operator: never sent. */
  interaction?: Interaction;
  /** S for a fresh signature, where one is asked for. */
  nonce?: string;
  /** Whether it counts against an address. */
  isAttempt: boolean;
  /** The answer to send: problem+json (RFC 9457). */
  reply: Reply;
}

/** Headers of every authenticated answer. */
export function freshHeaders(nonce: string | undefined, limits: readonly CountedLimit[] = []): [string, string][] {
  const headers: [string, string][] = [['cache-control', 'no-store']];
  if (nonce !== undefined) headers.push(['pas-nonce', nonce]);
  return [...headers, ...rateLimitFields(limits)];
}

interface More {
  retryAfterMs?: number | undefined;
  limits?: readonly CountedLimit[] | undefined;
}

/** A refusal with its answer, of what Rust worded. */
export function refusalOf(report: RefusalReport, { retryAfterMs, limits = [] }: More = {}): Refusal {
  const { headers, body, code, status, detail, tier, nonce, changed, interaction, isAttempt } = report;
  return {
    ok: false,
    code,
    status,
    detail,
    isAttempt,
    ...(tier === undefined ? {} : { tier }),
    ...(nonce === undefined ? {} : { nonce }),
    ...(changed === undefined ? {} : { changed }),
    ...(interaction === undefined ? {} : { interaction }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    reply: { status, headers: [...headers, ...rateLimitFields(limits)], body },
  };
}

/** A refusal of what no request's flow decides: a route that is not there, a limit of an address, a host that failed. */
export function refusal(
  code: ErrorCode,
  detail: string,
  more: More & { tier?: string; nonce?: string | undefined } = {},
): Refusal {
  const { tier, nonce, retryAfterMs } = more;
  return refusalOf(JSON.parse(guarded(() => worded(code, detail, tier, nonce, retryAfterMs))) as RefusalReport, more);
}

/** As a web-standard response. */
export function toResponse(reply: Reply): Response {
  return new Response(reply.body, { status: reply.status, headers: reply.headers });
}
