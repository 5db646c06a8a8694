/**
 * Server crypto is a provider: `native` (node:crypto), `webcrypto`, `wasm` (p256). Same answers, same
 * codes; only the speed differs.
 */
import { concat } from '../shared/bytes.js';
import { PartitionedAuthorityError } from '../shared/errors.js';
import { guarded } from './instance.js';
import { verifyEcdsaP256, verifyHmacSha256 } from './wasm/verifier.js';

export type CryptoProviderName = 'native' | 'webcrypto' | 'wasm';

/** A public key in the provider's own form. */
export type ProviderKey = unknown;

export interface Hasher {
  update(chunk: Uint8Array): void;
  digest(): Uint8Array | Promise<Uint8Array>;
}

export interface CryptoProvider {
  readonly name: CryptoProviderName;
  /** A P-256 public key from coordinates that were checked to be on the curve. */
  importKey(coordinates: { x: string; y: string }): ProviderKey | Promise<ProviderKey>;
  /** ECDSA P-256 with SHA-256; `signature` is r ‖ s, 64 bytes. */
  verify(key: ProviderKey, base: Uint8Array, signature: Uint8Array): boolean | Promise<boolean>;
  /** HMAC-SHA256, compared in constant time. `key` has at least one byte. */
  verifyMac(key: Uint8Array, base: Uint8Array, mac: Uint8Array): boolean | Promise<boolean>;
  /** SHA-256 over content as it travels. */
  hasher(): Hasher;
}

const jwkOf = ({ x, y }: { x: string; y: string }) => ({ kty: 'EC', crv: 'P-256', x, y });

function nodeCrypto(): typeof import('node:crypto') | undefined {
  // Through `process` so that bundlers for edge runtimes see no import of a node: module.
  const host = (globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } }).process;
  return host?.getBuiltinModule?.('node:crypto') as typeof import('node:crypto') | undefined;
}

function native(crypto: typeof import('node:crypto')): CryptoProvider {
  return {
    name: 'native',
    importKey: (coordinates) => crypto.createPublicKey({ key: jwkOf(coordinates), format: 'jwk' }),
    verify: (key, base, signature) =>
      crypto.verify(
        'sha256',
        base,
        { key: key as import('node:crypto').KeyObject, dsaEncoding: 'ieee-p1363' },
        signature,
      ),
    verifyMac(key, base, mac) {
      const expected = crypto.createHmac('sha256', key).update(base).digest();
      return expected.length === mac.length && crypto.timingSafeEqual(expected, mac);
    },
    hasher: () => {
      const hash = crypto.createHash('sha256');
      return { update: (chunk) => void hash.update(chunk), digest: () => hash.digest() };
    },
  };
}

function collecting(digest: (content: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>): Hasher {
  const chunks: Uint8Array[] = [];
  return { update: (chunk) => void chunks.push(chunk), digest: () => digest(concat(chunks)) };
}

const subtleDigest = async (content: Uint8Array<ArrayBuffer>) =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', content));

function webcrypto(): CryptoProvider {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  return {
    name: 'webcrypto',
    importKey: (coordinates) => crypto.subtle.importKey('jwk', jwkOf(coordinates), algorithm, false, ['verify']),
    verify: (key, base, signature) =>
      crypto.subtle.verify(
        { name: 'ECDSA', hash: 'SHA-256' },
        key as CryptoKey,
        signature as BufferSource,
        base as BufferSource,
      ),
    async verifyMac(key, base, mac) {
      const hmac = { name: 'HMAC', hash: 'SHA-256' };
      const imported = await crypto.subtle.importKey('raw', key as BufferSource, hmac, false, ['verify']);
      return crypto.subtle.verify('HMAC', imported, mac as BufferSource, base as BufferSource);
    },
    hasher: () => collecting(subtleDigest),
  };
}

function wasm(): CryptoProvider {
  const decode = (text: string) =>
    Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  return {
    name: 'wasm',
    importKey: ({ x, y }) => concat([decode(x), decode(y)]),
    verify: (key, base, signature) => guarded(() => verifyEcdsaP256(key as Uint8Array, base, signature)),
    verifyMac: (key, base, mac) => guarded(() => verifyHmacSha256(key, base, mac)),
    hasher: () => collecting(subtleDigest),
  };
}

/** The provider asked for, or the fastest that this runtime has. */
export function cryptoProvider(name?: CryptoProviderName): CryptoProvider {
  const node = name === undefined || name === 'native' ? nodeCrypto() : undefined;
  if (node) return native(node);
  if (name === 'native') throw new PartitionedAuthorityError('ERR_CONFIG_INVALID', 'this runtime has no node:crypto');
  return name === 'wasm' ? wasm() : webcrypto();
}
