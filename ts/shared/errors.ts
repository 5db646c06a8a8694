/** Every stable code. A test holds this list to the Rust enum it mirrors. */
export const errorCodes = [
  'ERR_SIG_MALFORMED',
  'ERR_SIG_PROFILE',
  'ERR_DIGEST_MISMATCH',
  'ERR_PROOF_MALFORMED',
  'ERR_KEY_INVALID',
  'ERR_SESSION_MISSING',
  'ERR_SESSION_ENDED',
  'ERR_KEY_MISMATCH',
  'ERR_SIG_MISSING',
  'ERR_SIG_INVALID',
  'ERR_ENROL_REFUSED',
  'ERR_TICKET_INVALID',
  'ERR_NONCE_INVALID',
  'ERR_NONCE_EXPIRED',
  'ERR_TIME_STALE',
  'ERR_TIME_FUTURE',
  'ERR_STORE_CHANGED',
  'ERR_ALG_REFUSED',
  'ERR_MAC_RETIRED',
  'ERR_TIER_REQUIRED',
  'ERR_ORIGIN_REFUSED',
  'ERR_CONSENT_MISMATCH',
  'ERR_UV_INVALID',
  'ERR_SESSION_LIMIT',
  'ERR_POLICY_REFUSED',
  'ERR_NONCE_USED',
  'ERR_PROOF_REUSED',
  'ERR_BODY_LIMIT',
  'ERR_BODY_ENCODING',
  'ERR_RATE_LIMITED',
  'ERR_HEADER_LIMIT',
  'ERR_STORE_DOWN',
  'ERR_STORE_FULL',
  'ERR_VERIFIER_FAULT',
  'ERR_NOT_FOUND',
  'ERR_JSON_INVALID',
  'ERR_CONFIG_INVALID',
  'ERR_CHANNEL_TIMEOUT',
  'ERR_CHANNEL_CLOSED',
  'ERR_CHANNEL_REFUSED',
  'ERR_NOT_ENROLLED',
  'ERR_KEY_STORAGE',
  'ERR_ORIGIN_NOT_LISTED',
  'ERR_PATH_RESERVED',
  'ERR_BODY_UNREADABLE',
  'ERR_REDIRECT_REFUSED',
  'ERR_SERVER_UNREACHABLE',
  'ERR_CONSENT_CANCELLED',
  'ERR_CONSENT_TIMEOUT',
  'ERR_POPUP_BLOCKED',
  'ERR_PASSKEY_MISSING',
  'ERR_WASM_UNAVAILABLE',
] as const;

/** A stable code; it never changes its meaning. */
export type ErrorCode = (typeof errorCodes)[number];

const known: ReadonlySet<string> = new Set(errorCodes);

/** Whether a value is one of the stable codes. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && known.has(value);
}

/** The one error class of this package. Branch on `code`; the message is for people. */
export class PartitionedAuthorityError extends Error {
  override readonly name = 'PartitionedAuthorityError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** What the signing frame's codes mean; it sends no words. */
const words: Partial<Record<ErrorCode, string>> = {
  ERR_CHANNEL_REFUSED: 'the signing frame refuses this sender or message',
  ERR_CONSENT_CANCELLED: 'the person did not confirm, or closed the window',
  ERR_CONSENT_MISMATCH: 'the server has no text for this request, or the request holds what it does not show',
  ERR_CONSENT_TIMEOUT: 'nobody confirmed in time',
  ERR_CONFIG_INVALID: 'an option of the signing page is missing or malformed',
  ERR_ENROL_REFUSED: 'no enrolment ticket, or the server refused it; log in first',
  ERR_JSON_INVALID: 'not plain I-JSON data',
  ERR_KEY_INVALID: 'not a public JWK',
  ERR_KEY_MISMATCH: 'the session has another key',
  ERR_KEY_STORAGE: 'the browser refuses to make or store a key',
  ERR_NOT_ENROLLED: 'this browser holds no key for the account; log in and enroll()',
  ERR_ORIGIN_NOT_LISTED: "not a URL of the app's origin",
  ERR_PASSKEY_MISSING: 'the account has no passkey; passkeys.add() registers one',
  ERR_PATH_RESERVED: 'only the signing frame itself requests paths under /.pas/',
  ERR_PROOF_MALFORMED: 'the interaction proof is too long',
  ERR_RATE_LIMITED: 'too many requests',
  ERR_SESSION_LIMIT: 'the user has as many sessions as the app permits; end one first',
  ERR_SERVER_UNREACHABLE: "the app's server did not answer, or not as the protocol says",
  ERR_UV_INVALID: 'the authenticator did not verify the user',
  ERR_SIG_MALFORMED: 'a part of the request can not be signed: method, target or a field',
};

/** The error of a code that came without words. */
export function errorOf(code: ErrorCode, message?: string, options?: { cause?: unknown }): PartitionedAuthorityError {
  return new PartitionedAuthorityError(code, message || (words[code] ?? code), options);
}

/** The code of an error that wasm threw, or undefined for any other value. */
export function codeOf(error: unknown): ErrorCode | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return isErrorCode(code) ? code : undefined;
}

/** Runs a call into wasm; what it refuses is thrown as our own class. */
export function dressed<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    const code = codeOf(error);
    if (!code) throw error;
    throw errorOf(code, (error as Error).message, { cause: error });
  }
}
