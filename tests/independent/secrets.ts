/** What a server derives from its master secret. */
import { type Bytes, base64url, hkdf, hmac, utf8 } from './bytes.js';

export interface Secrets {
  nonce: Bytes;
  challenge: Bytes;
  tag: Bytes;
}

export const deriveSecrets = (master: Bytes): Secrets => ({
  nonce: hkdf(master, 'pas-1 nonce'),
  challenge: hkdf(master, 'pas-1 challenge'),
  tag: hkdf(master, 'pas-1 tag'),
});

/** The store's slot of a user, 8 characters. */
export const userTag = (secrets: Secrets, userId: string): string =>
  base64url(hmac(secrets.tag, utf8(userId)).subarray(0, 6));
