// The worked examples of docs/protocol.md, made from the inputs that the document states, by node:crypto and
// the independent signer: nothing of the package. `node tests/node/kit/protocol-examples.mjs` writes them into
// the document; protocol-doc.test.mjs compares.
import { createECDH, createHash, createHmac, hkdfSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { p256 } from '@noble/curves/nist.js';
import { consentField, versionOf } from './consent.mjs';
import {
  actionHash,
  base64url,
  byteSequence,
  contentDigest,
  encodeProof,
  signatureBase,
  signatureParams,
  thumbprint,
} from './signer.mjs';

export const DOCUMENT = fileURLToPath(new URL('../../../docs/protocol.md', import.meta.url));

/** A fenced block of the document: its language, its name and its text. */
const BLOCK = /^```(\w+) example=([\w-]+)\n([\s\S]*?)^```$/gm;

/** name → text of every example in the document. */
export function blocks(markdown = readFileSync(DOCUMENT, 'utf8')) {
  return new Map([...markdown.matchAll(BLOCK)].map(([, , name, text]) => [name, text.trimEnd()]));
}

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const unhex = (text) => Buffer.from(text, 'hex');
const joined = (parts) => Buffer.concat(parts.map((part) => Buffer.from(part)));
const sha256 = (...parts) => createHash('sha256').update(joined(parts)).digest();
const hmac = (key, ...parts) => createHmac('sha256', key).update(joined(parts)).digest();

/** Bytes as hex, 32 to a line. */
const dump = (bytes) => hex(bytes).replace(/.{64}(?=.)/g, '$&\n');

/** A line for each name, values in one column. */
const list = (rows) => {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)} = ${value}`).join('\n');
};

/** A key pair from its private scalar. Signatures are those of RFC 6979, so that they can be made again. */
async function keyOf(scalar) {
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(unhex(scalar));
  const point = ecdh.getPublicKey();
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map(base64url);
  const jwk = { crv: 'P-256', kty: 'EC', x, y };
  const sign = (message) => Buffer.from(p256.sign(Buffer.from(message), unhex(scalar), { lowS: false }));
  return { jwk, keyid: await thumbprint(jwk), sign };
}

/** S: `bound` is what it is bound to. */
function server(key, { now, serverRandom }, bound) {
  const body = Buffer.alloc(11);
  body[0] = 1;
  body.writeUIntBE(now, 1, 6);
  body.set(unhex(serverRandom), 7);
  return Buffer.concat([body, hmac(key, 'pas-1 nonce\0', body, bound).subarray(0, 16)]);
}

/** A signed request: its base and its text. */
async function signed({ inputs, key, nonce, method, target, cookie, body, proof, consent, control = false }) {
  const [path, query = ''] = target.split(/(?=\?)/);
  const own = [];
  if (body !== undefined) own.push(['Content-Type', 'application/json'], ['Content-Digest', await contentDigest(body)]);
  if (proof !== undefined) own.push(['Interaction-Proof', byteSequence(proof)]);
  if (consent !== undefined) own.push(['Pas-Consent', consent]);
  const { host } = new URL(inputs.appOrigin);
  const parts = [
    ['@method', method],
    ['@authority', host],
    ['@path', path],
    ['@query', query || '?'],
    ...own.map(([name, value]) => [name.toLowerCase(), value]),
  ];
  const params = signatureParams(
    parts.map(([name]) => name),
    [
      ['created', Math.floor(inputs.now / 1000)],
      ['nonce', nonce],
      ['keyid', key.keyid],
      ['alg', 'ecdsa-p256-sha256'],
      ['tag', control ? 'pas-1-ctl' : 'pas-1'],
    ],
  );
  const base = signatureBase(parts, params);
  const head = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host}`,
    ...(control ? [`Origin: ${inputs.signOrigin}`] : []),
    `Cookie: ${cookie}`,
    ...own.map(([name, value]) => `${name}: ${value}`),
    `Signature-Input: pas=${params}`,
    `Signature: pas=${byteSequence(key.sign(base))}`,
  ];
  return { base, text: [...head, ...(body === undefined ? [] : ['', body])].join('\n') };
}

/** Every example that the inputs determine: name → text. */
export async function examples(inputs) {
  const master = Buffer.from(inputs.secret, 'base64url');
  const derive = (label) => Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), label, 32));
  const [kn, kc, kt] = ['pas-1 nonce', 'pas-1 challenge', 'pas-1 tag'].map(derive);
  const key = await keyOf(inputs.privateKey);
  const next = await keyOf(inputs.nextPrivateKey);

  const tag = base64url(hmac(kt, inputs.userId).subarray(0, 6));
  const cookieOf = (secret) => `1.${tag}.${base64url(unhex(secret))}`;
  const idOf = (secret) => base64url(sha256(unhex(secret)));
  const cookie = `__Host-pas=${cookieOf(inputs.sessionSecret)}`;
  const enrolCookie = `__Host-pas-enrol=${cookieOf(inputs.enrolmentSecret)}`;

  const host = `Host: ${new URL(inputs.appOrigin).host}`;

  const thumb = Buffer.from(key.keyid, 'base64url');
  const s = server(kn, inputs, thumb);
  const client = base64url(unhex(inputs.frameRandom));
  const nonce = `${base64url(s)}.${client}`;
  const challenge = server(kc, inputs, idOf(inputs.enrolmentSecret));

  const get = await signed({ inputs, key, nonce, method: 'GET', target: '/api/list?since=1', cookie });

  const transfer = { method: 'POST', target: '/api/transfer', body: '{"to":"bob","amount":10}' };
  const digest = await contentDigest(transfer.body);
  const action = { a: 'transfer', d: digest, m: transfer.method, u: `${transfer.target}?` };
  const hash = await actionHash({ action: action.a, digest, ...transfer });
  const { eventId, ...fields } = JSON.parse(inputs.proof);
  const proof = encodeProof({ ...fields, eventId: unhex(eventId), hash });
  const post = await signed({ inputs, key, nonce, cookie, proof, ...transfer });

  const shown = {
    act: 'transfer',
    fields: { amount: 'json:/amount', currency: 'json:/currency', to: 'json:/to' },
    method: 'POST',
    path: '/api/transfer',
    surface: 'popup',
    text: { en: 'Send {amount, currency} to {to}' },
    tier: 'consent',
  };
  const field = consentField({ act: shown.act, version: versionOf(shown), text: inputs.consentText });
  const consented = await signed({
    inputs,
    key,
    nonce,
    cookie,
    consent: field,
    method: 'POST',
    target: '/api/transfer',
    body: '{"to":"bob","amount":10,"currency":"EUR"}',
  });

  const enrolment = await signed({
    inputs,
    key,
    nonce: `${base64url(challenge)}.${client}`,
    method: 'POST',
    target: '/.pas/enrol',
    control: true,
    cookie: enrolCookie,
    body: JSON.stringify({ jwk: key.jwk }),
  });

  const message = joined(['pas-1 rekey\0', thumb, Buffer.from(next.keyid, 'base64url'), nonce]);
  const pop = base64url(next.sign(message));
  const rotation = await signed({
    inputs,
    key,
    nonce,
    method: 'POST',
    target: '/.pas/rekey',
    control: true,
    cookie,
    body: JSON.stringify({ jwk: next.jwk, pop }),
  });

  return new Map(
    Object.entries({
      keys: list([
        ['Kn', hex(kn)],
        ['Kc', hex(kc)],
        ['Kt', hex(kt)],
      ]),
      jwk: JSON.stringify(key.jwk),
      thumbprint: list([
        ['thumbprint', hex(thumb)],
        ['keyid', key.keyid],
      ]),
      session: list([
        ['tag', tag],
        ['session', idOf(inputs.sessionSecret)],
        ['cookie', cookie],
      ]),
      nonce: list([
        ['version', hex(s.subarray(0, 1))],
        ['ms', hex(s.subarray(1, 7))],
        ['rnd', hex(s.subarray(7, 11))],
        ['mac', hex(s.subarray(11))],
        ['S', base64url(s)],
        ['nonce', nonce],
        ['replayKey', base64url(sha256(thumb, nonce).subarray(0, 16))],
      ]),
      'get-base': get.base,
      get: get.text,
      action: JSON.stringify(action),
      'action-hash': hex(hash),
      proof: dump(proof),
      'post-base': post.base,
      post: post.text,
      template: JSON.stringify(shown),
      'template-version': hex(versionOf(shown)),
      consent: `Pas-Consent: ${field}`,
      consented: consented.text,
      challenge: list([
        ['ticket', idOf(inputs.enrolmentSecret)],
        ['S', base64url(challenge)],
      ]),
      enrol: enrolment.text,
      'rekey-message': dump(message),
      rekey: rotation.text,
      hello: [
        'POST /.pas/hello HTTP/1.1',
        host,
        `Origin: ${inputs.signOrigin}`,
        `Cookie: ${cookie}`,
        'Content-Type: application/json',
        '',
        JSON.stringify({ keys: true, keyid: key.keyid }),
      ].join('\n'),
      ticketed: [
        `GET /statement.png?page=1&pas_ticket=${cookieOf(inputs.ticketSecret)} HTTP/1.1`,
        host,
        `Cookie: ${cookie}`,
      ].join('\n'),
    }),
  );
}

/** The inputs, as the document states them: one object, and the fields of the proof beside it. */
export function inputsOf(found) {
  return {
    ...JSON.parse(found.get('inputs')),
    proof: found.get('proof-fields'),
    consentText: found.get('consent-text'),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const markdown = readFileSync(DOCUMENT, 'utf8');
  const made = await examples(inputsOf(blocks(markdown)));
  writeFileSync(
    DOCUMENT,
    markdown.replace(BLOCK, (block, language, name) =>
      made.has(name) ? `\`\`\`${language} example=${name}\n${made.get(name)}\n\`\`\`` : block,
    ),
  );
}
