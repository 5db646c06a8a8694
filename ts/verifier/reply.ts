import type { ErrorCode } from '../shared/errors.js';
import { errorTable } from './wasm/verifier.js';
import { type Interaction, guarded } from './core.js';
import type { ChangedSignal } from './options.js';
import { type CountedLimit, rateLimitFields } from './rate-limit.js';

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
  /** The answer to send: problem+json (RFC 9457). */
  reply: Reply;
}

let table: Map<string, { status: number; next: string | undefined }> | undefined;

function entry(code: ErrorCode) {
  table ??= new Map(
    guarded(() => errorTable() as [string, number, string | undefined][]).map(([name, status, next]) => [name, { status, next }]),
  );
  // A code without a status is a client's or an operator's: on a server it is our own fault.
  const found = table.get(code);
  return found && found.status > 0 ? found : { status: 500, next: undefined };
}

const title = (code: string) => code.slice(4).toLowerCase().replaceAll('_', ' ');

/** Headers of every authenticated or refused answer. */
export function freshHeaders(nonce: string | undefined, limits: readonly CountedLimit[] = []): [string, string][] {
  const headers: [string, string][] = [['cache-control', 'no-store']];
  if (nonce !== undefined) headers.push(['pas-nonce', nonce]);
  return [...headers, ...rateLimitFields(limits)];
}

interface RefusalDetails {
  tier?: string;
  retryAfterMs?: number;
  changed?: ChangedSignal[];
  interaction?: Interaction;
  nonce?: () => string | undefined;
  limits?: readonly CountedLimit[];
}

/** A refusal with its answer. */
export function refusal(
  code: ErrorCode,
  detail: string,
  { nonce: issue, limits, ...more }: RefusalDetails = {},
): Refusal {
  const { status, next } = entry(code);
  // Made only where it is asked for: most refusals are of strangers, who are to cost nothing.
  const nonce = next === 'use_nonce' ? issue?.() : undefined;
  const tier = code === 'ERR_TIER_REQUIRED' ? more.tier : undefined;
  const headers = freshHeaders(nonce, limits);
  // Also in a field: an answer to HEAD has no content.
  headers.push(['content-type', 'application/problem+json'], ['pas-error', code]);
  if (status === 401) {
    const parameters = [next && `error="${next}"`, tier && `tier="${tier}"`].filter(Boolean).join(', ');
    headers.push(['www-authenticate', parameters ? `PAS ${parameters}` : 'PAS']);
  }
  if (more.retryAfterMs !== undefined) {
    headers.push(['retry-after', String(Math.max(1, Math.ceil(more.retryAfterMs / 1000)))]);
  }
  const problem = { type: 'about:blank', title: title(code), status, code, ...(tier ? { tier } : {}) };
  return {
    ok: false, code, status, detail, ...more,
    ...(nonce === undefined ? {} : { nonce }),
    reply: { status, headers, body: JSON.stringify(problem) },
  };
}

/** As a web-standard response. */
export function toResponse(reply: Reply): Response {
  return new Response(reply.body, { status: reply.status, headers: reply.headers });
}
