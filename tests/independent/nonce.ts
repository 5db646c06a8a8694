/** `S.C`. S = version ‖ ms ‖ random ‖ tag; C is 16 bytes of the client's own. */
import { type Bytes, base64url, concat, equal, fromBase64url, hmac, sha256, utf8 } from './bytes.js';
import { Refusal } from './refusal.js';

const LABEL = utf8('pas-1 nonce\0');
const VERSION = 1;

/** S, made at `ms` for what it is bound to: a key's thumbprint, or the text of a ticket's session id. */
export function issueNonce(key: Bytes, bound: Bytes, ms: number, random: Bytes, version = VERSION): string {
  const body = Buffer.alloc(11);
  body.writeUInt8(version, 0);
  body.writeUIntBE(ms, 1, 6);
  body.set(random, 7);
  return base64url(concat(body, hmac(key, LABEL, body, bound).subarray(0, 16)));
}

/** The time of issue, ms. */
export function checkNonce(key: Bytes, nonce: string, bound: Bytes): number {
  const invalid = () => new Refusal('ERR_NONCE_INVALID', 'not issued here for this key');
  const dot = nonce.indexOf('.');
  const server = fromBase64url(nonce.slice(0, dot), 27);
  if (dot < 0 || !server || !fromBase64url(nonce.slice(dot + 1), 16)) throw invalid();
  const body = Buffer.from(server.subarray(0, 11));
  if (body[0] !== VERSION || !equal(hmac(key, LABEL, body, bound).subarray(0, 16), server.subarray(11)))
    throw invalid();
  return body.readUIntBE(1, 6);
}

/** What single use is counted on. */
export const replayKey = (thumbprint: Bytes, nonce: string): string =>
  base64url(sha256(thumbprint, utf8(nonce)).subarray(0, 16));
