/**
 * What a handler sees of the head of a request that a person consented to: fields that were signed, and those
 * that a page can't choose or that mean nothing to an action. Any other field could change what the action
 * does without having been shown.
 */

const KEPT: ReadonlySet<string> = new Set([
  // Signed.
  'content-type',
  'content-digest',
  'interaction-proof',
  'pas-consent',
  'signature',
  'signature-input',
  // Of the connection.
  'connection',
  'content-length',
  'date',
  'host',
  'transfer-encoding',
  // What the browser takes and is.
  'accept',
  'accept-encoding',
  'accept-language',
  'origin',
  'user-agent',
  // Of proxies and tracing, for logs.
  'traceparent',
  'tracestate',
  'x-forwarded-for',
  'x-forwarded-proto',
]);

/** Whether a field is one that a handler sees after a consent. Names that begin with `sec-` no page can set. */
export function isKept(name: string): boolean {
  const lower = name.toLowerCase();
  // HTTP/2 has its request line there.
  return KEPT.has(lower) || lower.startsWith('sec-') || lower.startsWith(':');
}
