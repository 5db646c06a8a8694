// What one verification costs, beside the floor of a bare ECDSA P-256 verification by node:crypto.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import { createAuthority, contentDigest, jwkThumbprint, signatureBase } from 'partitioned-authority/verifier';
import { memoryStore } from 'partitioned-authority/stores/memory';
import { frameKey } from '../../tests/stores/kit/keys.mjs';
import { median, row } from '../median.mjs';

const origin = 'https://app.example.com';
const many = { limit: 1e9, windowMs: 1000 };

/** A server with one session, and a client that signs for it. */
async function scene(crypto) {
  const store = memoryStore({ maxReplayEntries: 1e7 });
  const authority = createAuthority({
    appOrigin: origin,
    signOrigin: 'https://sign.example.com',
    secret: new Uint8Array(32).fill(1),
    store,
    crypto,
    limits: { session: many, account: many },
  });
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x, y } = publicKey.export({ format: 'jwk' });
  const keyid = jwkThumbprint({ kty: 'EC', crv: 'P-256', x, y });
  // A session as enrolment would make it: the cookie's tag is the server's, the store keeps a hash.
  const ticket = (await authority.begin({ id: 'bench' })).setCookie.split(/[=;]/)[1];
  const [, tag, ticketSecret] = ticket.split('.');
  const hash = (secret) => createHash('sha256').update(Buffer.from(secret, 'base64url')).digest('base64url');
  const secret = randomBytes(32).toString('base64url');
  await store.create(
    {
      id: hash(secret),
      slot: tag,
      keys: { frame: frameKey(keyid, { x, y }) },
      idleMs: 1e9,
      absoluteMs: 1e9,
      replaces: [],
    },
    hash(ticketSecret),
  );
  const cookie = `__Host-pas=1.${tag}.${secret}`;
  let nonce = `${'A'.repeat(36)}`;
  const request = (body) => {
    const headers = { 'content-type': 'application/json', 'content-digest': contentDigest(body) };
    const covered = ['@method', '@authority', '@path', '@query', 'content-type', 'content-digest'];
    const parameters = {
      created: Math.floor(Date.now() / 1000),
      nonce: `${nonce}.${randomBytes(16).toString('base64url')}`,
      keyid,
      alg: 'ecdsa-p256-sha256',
      tag: 'pas-1',
    };
    const base = signatureBase(
      { method: 'POST', authority: 'app.example.com', path: '/a', query: '?', headers },
      covered,
      parameters,
    );
    const signature = sign('sha256', Buffer.from(base), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString(
      'base64',
    );
    const input = base.slice(base.indexOf('"@signature-params": ') + 21);
    return new Request(`${origin}/a`, {
      method: 'POST',
      body,
      headers: { ...headers, cookie, 'signature-input': `pas=${input}`, signature: `pas=:${signature}:` },
    });
  };
  const answered = await authority.verifyRequest(request(new Uint8Array(1)), { tier: 'signed' });
  nonce = answered.response.headers.get('pas-nonce');
  return { authority, request, privateKey };
}

const { authority: first, privateKey } = await scene('native');
await first.close();
const base = randomBytes(500);
const signature = sign('sha256', base, { key: privateKey, dsaEncoding: 'ieee-p1363' });
const key = createPublicKey(createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' })));
const floor = await median(() => {
  if (!verify('sha256', base, { key, dsaEncoding: 'ieee-p1363' }, signature))
    throw new Error('the floor verifies nothing');
});
row('floor: node:crypto ECDSA P-256 verify', floor, floor);

const body = new TextEncoder().encode(JSON.stringify({ to: 'bob', amount: 10 }));
for (const crypto of ['native', 'webcrypto', 'wasm']) {
  const { authority, request } = await scene(crypto);
  const requests = Array.from({ length: 1500 }, () => request(body));
  const time = await median(async () => {
    const outcome = await authority.verifyRequest(requests.pop(), { tier: 'signed' });
    if (!outcome.ok) throw new Error(outcome.detail);
  });
  // The twin: a request that was counted is not accepted again.
  const again = request(body);
  const second = await authority.verifyRequest(again.clone(), { tier: 'signed' });
  const third = await authority.verifyRequest(again, { tier: 'signed' });
  if (!second.ok || third.ok) throw new Error('what was measured does not verify');
  row(`verifyRequest, ${crypto}`, time, floor);
  await authority.close();
}
