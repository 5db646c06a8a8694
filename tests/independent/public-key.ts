/** P-256 keys and signatures: RFC 7517, RFC 7638, ECDSA as r ‖ s. Arithmetic by `@noble/curves`. */
import { createPublicKey, verify as nodeVerify } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import { type Bytes, base64url, concat, fromBase64url, sha256, utf8 } from './bytes.js';
import { type Json, canonicalize } from './json.js';
import { Refusal } from './refusal.js';

export interface PublicKey {
  x: string;
  y: string;
  /** RFC 7638, 32 bytes. */
  thumbprint: Bytes;
  /** Of the ECDSA verification: `true` if `signature` is one over `base`. */
  verify(base: Bytes, signature: Bytes): boolean;
}

const invalid = (why: string) => new Refusal('ERR_KEY_INVALID', why);

/** Exactly `kty`, `crv`, `x`, `y`; both coordinates 32 bytes in their one spelling; on the curve. */
export function importJwk(jwk: Json): PublicKey {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) throw invalid('not an object');
  const { kty, crv, x, y, ...more } = jwk;
  if (Object.keys(more).length > 0) throw invalid('further members');
  if (kty !== 'EC' || crv !== 'P-256' || typeof x !== 'string' || typeof y !== 'string') throw invalid('not P-256');
  const [first, second] = [fromBase64url(x, 32), fromBase64url(y, 32)];
  if (!first || !second) throw invalid('a coordinate is not 32 bytes');
  const point = concat(Uint8Array.of(4), first, second);
  try {
    p256.Point.fromBytes(point).assertValidity();
  } catch {
    throw invalid('not on the curve');
  }
  return { x, y, thumbprint: thumbprintOf(x, y), verify: verifier(x, y) };
}

export const thumbprintOf = (x: string, y: string): Bytes =>
  sha256(utf8(canonicalize({ crv: 'P-256', kty: 'EC', x, y })));

/** By node:crypto, for volume; {@link verifySlowly} says the same in arithmetic of its own. */
function verifier(x: string, y: string): PublicKey['verify'] {
  const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
  return (base, signature) => nodeVerify('sha256', base, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

/** 64 bytes, r and s in 1..n−1, either half of s. */
export function verifySlowly({ x, y }: { x: string; y: string }, base: Bytes, signature: Bytes): boolean {
  if (signature.length !== 64) return false;
  const point = concat(Uint8Array.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url'));
  return p256.verify(signature, base, point, { lowS: false });
}

/** The point of the least positive x: its coordinates have other spellings beyond the prime. */
export function leastPoint(): { x: bigint; y: bigint } {
  for (let x = 1; ; x += 1) {
    const compressed = Buffer.alloc(33);
    compressed.writeUInt8(2);
    compressed.writeUInt8(x, 32);
    try {
      return p256.Point.fromBytes(compressed).toAffine();
    } catch {
      // Not the x of a point.
    }
  }
}

/** A key pair whose signatures are a function of what is signed (RFC 6979). For published vectors only. */
export function keyPair(secret: Bytes) {
  const point = p256.getPublicKey(secret, false);
  const [x, y] = [base64url(point.subarray(1, 33)), base64url(point.subarray(33))];
  return {
    jwk: { kty: 'EC', crv: 'P-256', x, y },
    thumbprint: thumbprintOf(x, y),
    keyid: base64url(thumbprintOf(x, y)),
    sign: (base: Bytes, half: 'low' | 'high' = 'low'): Bytes => {
      const low = p256.sign(base, secret, { lowS: true });
      if (half === 'low') return low;
      const { r, s } = p256.Signature.fromBytes(low);
      return new p256.Signature(r, p256.Point.Fn.ORDER - s).toBytes();
    },
  };
}
export type KeyPair = ReturnType<typeof keyPair>;
