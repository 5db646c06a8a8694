import { PartitionedAuthorityError } from './errors.js';

/** A request as far as its components are covered (RFC 9421 §2). */
export interface CoveredRequest {
  method?: string;
  authority?: string;
  scheme?: string;
  targetUri?: string;
  /** Raw path. */
  path?: string;
  /** Raw query with its `?`. */
  query?: string;
  /** Of a response. */
  status?: number;
  /** By lower-case field name. */
  headers?: Record<string, string>;
}

/** Signature parameters, serialised in the order of the object. Times are seconds since the epoch. */
export interface SignatureParameters {
  created?: number;
  expires?: number;
  nonce?: string;
  alg?: string;
  keyid?: string;
  tag?: string;
}

/** A public key (RFC 7517). */
export type PublicJwk =
  | { kty: 'EC'; crv: string; x: string; y: string }
  | { kty: 'OKP'; crv: string; x: string }
  | { kty: 'RSA'; e: string; n: string };

/** The canonicaliser, which every artefact carries. */
export interface Canonicaliser {
  /** RFC 8785. @throws `ERR_JSON_INVALID` for what is not plain I-JSON data. */
  canonicalize(value: unknown): string;
  /** RFC 9530: `sha-256=:…:`. */
  contentDigest(content: Uint8Array): string;
  /** RFC 7638 with SHA-256, base64url. @throws `ERR_KEY_INVALID` */
  jwkThumbprint(jwk: PublicJwk): string;
  /** RFC 9421 §2.5. @throws `ERR_SIG_MALFORMED` */
  signatureBase(request: CoveredRequest, covered: string[], parameters: SignatureParameters): string;
}

interface Raw {
  canonicalize(value: unknown): string;
  contentDigest(content: Uint8Array): string;
  jwkThumbprint(jwk: unknown): string;
  signatureBase(request: unknown, covered: string[], parameters: unknown): string;
}

/** The glue takes any value for bytes or an array, and reads others out of it, or traps. */
function must(holds: boolean, rule: string): void {
  if (!holds) throw new PartitionedAuthorityError('ERR_CONFIG_INVALID', rule);
}

/** The canonicaliser of one artefact. `call` runs a call into its module and dresses what that refuses. */
export function canonicaliser(raw: Raw, call: <T>(work: () => T) => T): Canonicaliser {
  return {
    canonicalize: (value) => call(() => raw.canonicalize(value)),
    contentDigest(content) {
      must(content instanceof Uint8Array, 'content must be a Uint8Array');
      return call(() => raw.contentDigest(content));
    },
    jwkThumbprint: (jwk) => call(() => raw.jwkThumbprint(jwk)),
    signatureBase(request, covered, parameters) {
      must(Array.isArray(covered), 'covered must be an array');
      return call(() => raw.signatureBase(request, covered, parameters));
    },
  };
}
