/**
 * The pure pieces of the verifier by their plain names: what a public suite or an auditor runs, and what the
 * verifier itself is made of.
 */
import type { PublicJwk } from '../shared/canonical.js';
import { PartitionedAuthorityError } from '../shared/errors.js';
import type { InteractionKind } from '../tracker/types.js';
import { guarded } from './instance.js';
import { type CryptoProviderName, cryptoProvider } from './crypto.js';
import * as wasm from './wasm/verifier.js';

/** A bare item of a structured field (RFC 9651 §3.3). */
export type BareItem =
  /** At most 15 digits. */
  | { type: 'integer'; value: number }
  /** At most 12 digits before the point and 3 after it. */
  | { type: 'decimal'; value: number }
  /** Printable ASCII. */
  | { type: 'string'; value: string }
  | { type: 'token'; value: string }
  | { type: 'byte-sequence'; value: Uint8Array }
  | { type: 'boolean'; value: boolean }
  /** Seconds since the epoch. */
  | { type: 'date'; value: number }
  /** Any Unicode text. */
  | { type: 'display-string'; value: string };

/** Parameters in their order; no key occurs twice. */
export type Parameters = [key: string, value: BareItem][];

export interface Item {
  bareItem: BareItem;
  parameters: Parameters;
}

export interface InnerList {
  items: Item[];
  parameters: Parameters;
}

export type List = (Item | InnerList)[];

/** Members in their order; no key occurs twice. */
export type Dictionary = [key: string, member: Item | InnerList][];

/** The three kinds of structured field. */
export interface StructuredFields {
  item: Item;
  list: List;
  dictionary: Dictionary;
}

/**
 * Parses a structured field value (RFC 9651 §4.2). Of doubled keys the last value counts, at the place of
 * the first. Base64 may lack padding, as §4.2.7 asks of parsers; the protocol's own fields may not.
 *
 * @throws `ERR_SIG_MALFORMED` for any other text; `ERR_CONFIG_INVALID` for another type
 */
export function parseStructuredField<T extends keyof StructuredFields>(type: T, text: string): StructuredFields[T] {
  return guarded(() => wasm.parseStructuredField(textOf('type', type), textOf('text', text)) as StructuredFields[T]);
}

/**
 * The canonical text of a structured field value (RFC 9651 §4.1); empty for an empty list or dictionary.
 * `parameters` may be left out. Decimals are rounded to three digits, half to even.
 *
 * @throws `ERR_SIG_MALFORMED` for what no structured field can carry; `ERR_CONFIG_INVALID` for another type
 */
export function serializeStructuredField<T extends keyof StructuredFields>(
  type: T,
  value: StructuredFields[T],
): string {
  return guarded(() => wasm.serializeStructuredField(textOf('type', type), value));
}

/** The glue takes anything for a string, and what has no characters traps. */
function textOf(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new PartitionedAuthorityError('ERR_CONFIG_INVALID', `${name} must be a string`);
}

function bytesOf(name: string, value: unknown): Uint8Array {
  if (typeof value === 'string') return new TextEncoder().encode(value);
  if (value instanceof Uint8Array) return value;
  throw new PartitionedAuthorityError('ERR_CONFIG_INVALID', `${name} must be a string or a Uint8Array`);
}

/**
 * The canonical text (RFC 8785) of a JSON text, read as strict I-JSON (RFC 7493): no duplicate names, lone
 * surrogates, byte-order mark, numbers beyond a double, nesting beyond 64, or text beyond 1 MiB.
 *
 * @throws `ERR_JSON_INVALID`
 */
export function canonicalizeJson(text: string | Uint8Array): string {
  // A lone surrogate in a JavaScript string would be encoded as U+FFFD.
  if (typeof text === 'string' && /\p{Surrogate}/u.test(text)) {
    throw new PartitionedAuthorityError('ERR_JSON_INVALID', 'a lone surrogate');
  }
  return guarded(() => wasm.canonicalizeJson(bytesOf('the text', text)));
}

export interface SignatureToVerify {
  /** RFC 9421 §3.3.4 and §3.3.3. */
  alg: 'ecdsa-p256-sha256' | 'hmac-sha256';
  /** For `ecdsa-p256-sha256`: a public P-256 key. Members beside `kty`, `crv`, `x`, `y` are ignored, but for `d`. */
  jwk?: Extract<PublicJwk, { kty: 'EC' }>;
  /** For `hmac-sha256`: the shared secret, at least one byte. */
  key?: Uint8Array;
  /** What was signed; a string is taken as UTF-8. */
  base: string | Uint8Array;
  /** r ‖ s, 64 bytes; or the MAC, 32 bytes. */
  signature: Uint8Array;
  /** The fastest of this runtime by default. */
  provider?: CryptoProviderName;
}

/**
 * Whether `signature` is one of `base` under the key. Every other signature gives `false`: of another length,
 * with r or s 0 or not less than n, or of another message. High-S is accepted.
 *
 * @throws `ERR_ALG_REFUSED`; `ERR_KEY_INVALID` for a key that is missing, private, not P-256 or not on the curve
 */
export async function verifySignature({
  alg,
  jwk,
  key,
  base,
  signature,
  provider: name,
}: SignatureToVerify): Promise<boolean> {
  const provider = cryptoProvider(name);
  const message = bytesOf('base', base);
  if (!(signature instanceof Uint8Array))
    throw new PartitionedAuthorityError('ERR_CONFIG_INVALID', 'signature must be a Uint8Array');
  if (alg === 'hmac-sha256') {
    if (!(key instanceof Uint8Array) || key.length === 0)
      throw new PartitionedAuthorityError('ERR_KEY_INVALID', 'no key');
    return provider.verifyMac(key, message, signature);
  }
  if (alg !== 'ecdsa-p256-sha256')
    throw new PartitionedAuthorityError('ERR_ALG_REFUSED', 'the algorithm is not offered');
  const { x, y } = guarded(() => wasm.importP256(jwk ?? {}) as { x: string; y: string });
  return signature.length === 64 && provider.verify(await provider.importKey({ x, y }), message, signature);
}

/** An interaction proof, decoded. It says what a page reports: evidence, never a boundary. */
export type DecodedInteractionProof = DecodedTrajectoryProof | DecodedPrivateProof;

/** What both forms of an interaction proof carry. */
export interface DecodedProofHead {
  kind: InteractionKind;
  /** 8 random bytes, base64url: one for an interaction. */
  eventId: string;
  /** From the last event of the interaction to the making of the proof, ms; at most 5000. */
  ageMs: number;
  /** 16 bytes, base64url. */
  actionHash: string;
  trusted: boolean;
  coalesced: boolean;
  fractional: boolean;
  webdriver: boolean;
  teleport: boolean;
  /** Press to release, ms; absent if it was not released yet. Coarse in privacy mode. */
  dwellMs?: number;
  /** Of the click; in privacy mode 3 stands for more. */
  detail: number;
}

/** With the trajectory: version 1. */
export interface DecodedTrajectoryProof extends DecodedProofHead {
  marks?: never;
  /** Press point in the target's box, permille. */
  offsetX: number;
  offsetY: number;
  /** The target's box, CSS px. */
  width: number;
  height: number;
  /** `devicePixelRatio` in sixteenths. */
  pixelRatio16: number;
  /** `[dt, dx, dy]`: ms before the next newer sample and its distance in CSS px; newest first. */
  samples: [dt: number, dx: number, dy: number][];
}

/** Privacy mode, without positions and times: version 2. */
export interface DecodedPrivateProof extends DecodedProofHead {
  /** What a person's press and movement don't show. */
  marks: ('centre' | 'offGrid' | 'appeared' | 'ruled' | 'impossible' | 'timeless')[];
  /** 20 numbers of the movement, 0 to 32; absent if there was too little of it. */
  numbers?: number[];
  samples?: never;
}

/**
 * Decodes an interaction proof: its bytes, or the value of the `Interaction-Proof` field.
 *
 * @throws `ERR_PROOF_MALFORMED`
 */
export function decodeInteractionProof(proof: Uint8Array | string): DecodedInteractionProof {
  const bytes = typeof proof === 'string' ? proofBytes(proof) : bytesOf('a proof', proof);
  return guarded(() => wasm.decodeInteractionProof(bytes) as DecodedInteractionProof);
}

function proofBytes(field: string): Uint8Array {
  try {
    const { bareItem } = parseStructuredField('item', field);
    const alone = { bareItem, parameters: [] };
    // The protocol's own fields are in canonical form, without parameters.
    if (bareItem.type === 'byte-sequence' && serializeStructuredField('item', alone) === field) return bareItem.value;
    throw new Error('not a byte sequence, with parameters, or not in canonical base64');
  } catch (cause) {
    throw new PartitionedAuthorityError('ERR_PROOF_MALFORMED', 'the field is no byte sequence', { cause });
  }
}
