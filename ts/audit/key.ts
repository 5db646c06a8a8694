/** Keys of a chained log: at least 32 bytes, or their base64url, as `pas secret` prints it. */
import { PartitionedAuthorityError } from '../shared/errors.js';

/** @throws `ERR_CONFIG_INVALID` */
export function keyBytes(key: Uint8Array | string): Uint8Array {
  const text = (key instanceof Uint8Array ? Buffer.from(key).toString('latin1') : String(key)).trim();
  const bytes = /^[\w-]{43,}$/.test(text) ? Buffer.from(text, 'base64url') : key;
  if (!(bytes instanceof Uint8Array) || bytes.length < 32) {
    throw new PartitionedAuthorityError(
      'ERR_CONFIG_INVALID',
      'a key of an audit log is at least 32 bytes, or their base64url',
    );
  }
  return bytes;
}
