/** Hashes and spellings of bytes, by node:crypto. */
import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

export type Bytes = Uint8Array;

export const utf8 = (text: string): Bytes => Buffer.from(text, 'utf8');
export const hex = (bytes: Bytes): string => Buffer.from(bytes).toString('hex');
export const unhex = (text: string): Bytes => Buffer.from(text, 'hex');
export const concat = (...parts: Bytes[]): Bytes => Buffer.concat(parts);

export const sha256 = (...parts: Bytes[]): Bytes =>
  createHash('sha256')
    .update(concat(...parts))
    .digest();
export const hmac = (key: Bytes, ...parts: Bytes[]): Bytes =>
  createHmac('sha256', key)
    .update(concat(...parts))
    .digest();
/** RFC 5869 without salt. */
export const hkdf = (master: Bytes, label: string): Bytes => Buffer.from(hkdfSync('sha256', master, '', label, 32));

export const equal = (a: Bytes, b: Bytes): boolean => a.length === b.length && timingSafeEqual(a, b);

export const base64 = (bytes: Bytes): string => Buffer.from(bytes).toString('base64');
export const base64url = (bytes: Bytes): string => Buffer.from(bytes).toString('base64url');

/** RFC 4648 §5 without padding, in the one spelling of `length` bytes; undefined for any other text. */
export function fromBase64url(text: string, length: number): Bytes | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === length && bytes.toString('base64url') === text ? bytes : undefined;
}
