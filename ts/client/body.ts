/** A request body as the bytes that will be sent: serialised once, because two times may differ. */
import { concat } from '../shared/bytes.js';
import { PartitionedAuthorityError } from '../shared/errors.js';

export interface SerialisedBody {
  bytes: ArrayBuffer;
  /** What the browser would send, unless the caller set one. */
  contentType: string | null;
}

/**
 * Reads the body that `new Request(input, init)` would send, at most `limit` bytes of it.
 *
 * @throws `ERR_BODY_LIMIT`, `ERR_BODY_UNREADABLE`
 */
export async function serialise(
  request: Request,
  init: BodyInit | null | undefined,
  limit: number,
): Promise<SerialisedBody | undefined> {
  // WebKit can't read a Request made of FormData with files, but it can read such a Response.
  const source = init instanceof FormData ? new Response(init) : request;
  if (!source.body && !(init ?? false) && !mayHaveBody(request)) return undefined;
  const contentType = request.headers.get('content-type');
  const isOwn = init instanceof FormData && (contentType?.startsWith('multipart/form-data; boundary=') ?? true);
  try {
    const bytes = source.body ? await drain(source.body, limit) : await whole(source, limit);
    return bytes.byteLength === 0 && contentType === null
      ? undefined
      : { bytes, contentType: isOwn ? source.headers.get('content-type') : contentType };
  } catch (cause) {
    if (cause instanceof PartitionedAuthorityError) throw cause;
    throw new PartitionedAuthorityError('ERR_BODY_UNREADABLE', 'the request body can not be read', { cause });
  }
}

const mayHaveBody = ({ method }: Request) => method !== 'GET' && method !== 'HEAD';

const tooLong = (limit: number) =>
  new PartitionedAuthorityError('ERR_BODY_LIMIT', `the body is longer than ${limit} bytes`);

/** For engines without `Request.body`. */
async function whole(source: Request | Response, limit: number): Promise<ArrayBuffer> {
  const bytes = await source.arrayBuffer();
  if (bytes.byteLength > limit) throw tooLong(limit);
  return bytes;
}

async function drain(stream: ReadableStream<Uint8Array>, limit: number): Promise<ArrayBuffer> {
  const reader = stream.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concat(chunks).buffer;
    // `fetch` refuses anything else, and only bytes can be counted.
    if (!(value instanceof Uint8Array)) {
      await reader.cancel();
      throw new TypeError('a body stream gives Uint8Array chunks');
    }
    length += value.byteLength;
    if (length > limit) {
      await reader.cancel();
      throw tooLong(limit);
    }
    chunks.push(value as Uint8Array<ArrayBuffer>);
  }
}
