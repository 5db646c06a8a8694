import { concat } from '../shared/bytes.js';
import { PartitionedAuthorityError } from '../shared/errors.js';
import type { CryptoProvider } from './crypto.js';

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
 * @throws `ERR_BODY_LIMIT`, `ERR_TIME_STALE` if it takes too long, `ERR_BODY_UNREADABLE`
 */
export async function readBody(
  source: BodySource,
  limit: number,
  ms: number,
  provider: CryptoProvider,
): Promise<Content> {
  const hasher = provider.hasher();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const take = (chunk: Uint8Array) => {
    if (!(chunk instanceof Uint8Array))
      throw unreadable('an earlier handler decoded the content; it is hashed as bytes');
    length += chunk.length;
    if (length > limit)
      throw new PartitionedAuthorityError('ERR_BODY_LIMIT', `the content is longer than ${limit} bytes`);
    hasher.update(chunk);
    chunks.push(chunk);
  };
  if (source instanceof Uint8Array) take(source);
  else if (source !== null) await within(ms, source, take);
  const bytes = concat(chunks);
  return length === 0 ? { bytes } : { bytes, digest: await hasher.digest() };
}

const unreadable = (message: string, cause?: unknown) =>
  new PartitionedAuthorityError('ERR_BODY_UNREADABLE', message, { cause });

interface Reader {
  read(): Promise<{ done?: boolean | undefined; value?: Uint8Array | undefined }>;
  /** Lets the source go. A stalled one may never settle it. */
  cancel(): Promise<unknown> | undefined;
}

function readerOf(source: AsyncIterable<Uint8Array>): Reader {
  // The iterator of a web stream would wait for the stalled read before it cancels.
  if (source instanceof ReadableStream) return source.getReader() as Reader;
  const iterator = source[Symbol.asyncIterator]();
  return { read: () => iterator.next(), cancel: () => iterator.return?.() };
}

async function within(ms: number, source: AsyncIterable<Uint8Array>, take: (chunk: Uint8Array) => void): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new PartitionedAuthorityError('ERR_TIME_STALE', `the content took longer than ${ms} ms`));
    }, ms);
  });
  let reader: Reader | undefined;
  try {
    // Throws for a web stream that somebody else reads.
    reader = readerOf(source);
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late]);
      if (done) return;
      if (value !== undefined) take(value);
    }
  } catch (error) {
    reader?.cancel()?.catch(() => undefined);
    if (error instanceof PartitionedAuthorityError) throw error;
    throw unreadable('the content broke off', error);
  } finally {
    clearTimeout(timer);
  }
}
