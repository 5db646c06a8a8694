/** Content as a handler gets it. */
import { PartitionedAuthorityError } from '../shared/errors.js';

/**
 * Parsed JSON where content is of a JSON type, else the bytes; undefined without content.
 *
 * @throws `ERR_JSON_INVALID`
 */
export function parsedContent(isJson: boolean, content: Uint8Array): unknown {
  if (content.length === 0) return undefined;
  if (!isJson) return content;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch (cause) {
    throw new PartitionedAuthorityError('ERR_JSON_INVALID', 'the content is not JSON', { cause });
  }
}
