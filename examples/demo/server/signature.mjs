/** What a thief with a keyboard would write: RFC 9421 signatures of the `pas` profile, by any P-256 key he holds. */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export function newKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' });
  const jwk = { crv, kty, x, y };
  return { privateKey, jwk, thumbprint: sha256(JSON.stringify(jwk)).toString('base64url') };
}

/**
 * The signature headers for a request. `serverNonce` is the server's part `S`; the signer's part is random.
 * `keyid` may lie about which key signed.
 */
export function signatureHeaders({ method, authority, target, contentType, body, ...parameters }) {
  const { key, keyid = key.thumbprint, serverNonce, created, tag = 'pas-1' } = parameters;
  const [path, query] = split(target);
  const digest = body?.length ? contentDigest(body) : undefined;
  const components = [
    ['@method', method],
    ['@authority', authority],
    ['@path', path],
    ['@query', query],
    ...(contentType ? [['content-type', contentType]] : []),
    ...(digest ? [['content-digest', digest]] : []),
  ];
  const names = components.map(([name]) => `"${name}"`).join(' ');
  const nonce = `${serverNonce}.${randomBytes(16).toString('base64url')}`;
  const params = `(${names});created=${created};nonce="${nonce}";keyid="${keyid}";alg="ecdsa-p256-sha256";tag="${tag}"`;
  const lines = [...components, ['@signature-params', params]].map(([name, value]) => `"${name}": ${value}`);
  const base = lines.join('\n');
  const signature = sign('sha256', Buffer.from(base), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  return {
    ...(digest && { 'content-digest': digest }),
    'signature-input': `pas=${params}`,
    signature: `pas=:${signature.toString('base64')}:`,
  };
}

function contentDigest(body) {
  return `sha-256=:${sha256(body).toString('base64')}:`;
}

function split(target) {
  const at = target.indexOf('?');
  return at < 0 ? [target, '?'] : [target.slice(0, at), target.slice(at)];
}

function sha256(data) {
  return createHash('sha256').update(data).digest();
}
