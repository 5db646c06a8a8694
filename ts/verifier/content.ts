/** Content as a handler gets it. */
import { PartitionedAuthorityError } from '../shared/errors.js';
import type { Head } from './core.js';

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

/** Whether content of this type is JSON. */
export const isJson = (type: string | undefined): boolean => JSON_TYPE.test(type ?? '');

/**
 * Parsed JSON for a JSON content type, else the bytes; undefined without content.
 *
 * @throws `ERR_JSON_INVALID`
 */
export function parsedContent(type: string | undefined, content: Uint8Array): unknown {
  if (content.length === 0) return undefined;
  if (!isJson(type)) return content;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch (cause) {
    throw new PartitionedAuthorityError('ERR_JSON_INVALID', 'the content is not JSON', { cause });
  }
}

/** The content type of a head that was inspected: it has one at most. */
export function contentType({ fields }: Head): string | undefined {
  const parts = fields.split('\n');
  const at = parts.findIndex((part, index) => index % 2 === 0 && part.toLowerCase() === 'content-type');
  return at < 0 ? undefined : parts[at + 1]?.trim();
}
