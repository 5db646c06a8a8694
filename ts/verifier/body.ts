import { PartitionedAuthorityError } from '../shared/errors.js';
import { type CryptoProvider, concat } from './crypto.js';

/** Content as it arrives: a web stream, a Node stream, bytes, or nothing. */
export type BodySource = AsyncIterable<Uint8Array> | Uint8Array | null;

export interface Content {
  bytes: Uint8Array<ArrayBuffer>;
  /** SHA-256; absent for no content. */
  digest?: Uint8Array;
}

/**
 * Reads content up to `limit` bytes within `ms`, hashing it as it travels.
 *
 * @throws `ERR_BODY_LIMIT`, `ERR_TIME_STALE` if it takes too long
 */
export async function readBody(
  source: BodySource, limit: number, ms: number, provider: CryptoProvider,
): Promise<Content> {
  const hasher = provider.hasher();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const take = (chunk: Uint8Array) => {
    length += chunk.length;
    if (length > limit) throw new PartitionedAuthorityError('ERR_BODY_LIMIT', `the content is longer than ${limit} bytes`);
    hasher.update(chunk);
    chunks.push(chunk);
  };
  if (source instanceof Uint8Array) take(source);
  else if (source !== null) await within(ms, source, take);
  const bytes = concat(chunks);
  return length === 0 ? { bytes } : { bytes, digest: await hasher.digest() };
}

async function within(ms: number, source: AsyncIterable<Uint8Array>, take: (chunk: Uint8Array) => void): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new PartitionedAuthorityError('ERR_TIME_STALE', `the content took longer than ${ms} ms`));
    }, ms);
  });
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), late]);
      if (next.done) return;
      take(next.value);
    }
  } catch (error) {
    // Not awaited: a stalled stream may never settle it.
    iterator.return?.(undefined)?.then(undefined, () => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
