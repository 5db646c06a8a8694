/** Content as a handler gets it. */
import { PartitionedAuthorityError } from '../shared/errors.js';
import type { Head } from './core.js';

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

/**
 * Parsed JSON for a JSON content type, else the bytes; undefined without content.
 *
 * @throws `ERR_JSON_INVALID`
 */
export function parsedContent(type: string | undefined, content: Uint8Array): unknown {
  if (content.length === 0) return undefined;
  if (!JSON_TYPE.test(type ?? '')) return content;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch (cause) {
    throw new PartitionedAuthorityError('ERR_JSON_INVALID', 'the content is not JSON', { cause });
  }
}

/**
 * Parsed JSON of `application/json`, for what decides by it; undefined without content. Another type would let a
 * client choose whether it is read.
 *
 * @throws `ERR_JSON_INVALID`
 */
export function jsonContent(type: string | undefined, content: Uint8Array): unknown {
  if (content.length > 0 && !JSON_TYPE.test(type ?? '')) {
    throw new PartitionedAuthorityError('ERR_JSON_INVALID', 'the content type is not application/json');
  }
  return parsedContent(type, content);
}

/** The content type of a head that was inspected: it has one at most. */
export function contentType({ fields }: Head): string | undefined {
  const parts = fields.split('\n');
  const at = parts.findIndex((part, index) => index % 2 === 0 && part.toLowerCase() === 'content-type');
  return at < 0 ? undefined : parts[at + 1]?.trim();
}
