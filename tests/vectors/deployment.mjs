// The one deployment of request.json and control.json: fixed keys, secrets and time.
import { independent } from '../independent/load.mjs';

const {
  actionHash, base64, base64url, components, contentDigest, deriveSecrets, encodeProof, hex, issueNonce, keyPair,
  consentField, parametersOf, readCredential, readTemplate, sha256, signatureBase, signatureParams, userTag, utf8, writeCredential,
} = independent;

export const NOW = 1_800_000_000_000;
const APP = 'https://app.example.com';
const SIGN = 'https://sign.example.com';
const master = sha256(utf8('master secret'));
export const secrets = deriveSecrets(master);

function account(userId) {
  const cookie = writeCredential(userTag(secrets, userId), sha256(utf8(`cookie of ${userId}`)));
  return { userId, cookie, key: keyPair(sha256(utf8(`key of ${userId}`))), ...readCredential(cookie) };
}

/** `carol` and `dave` have keys; the server knows the sessions of `alice` and `bob` only. */
export const accounts = Object.fromEntries([
  'alice', 'bob', 'carol', 'dave',
].map((userId) => [userId, account(userId)]));
const { alice, bob } = accounts;
export const further = (keyid) => `__Host-pas-${keyid.slice(0, 8)}`;

const ticketOf = (name, userId = name) => {
  const value = writeCredential(userTag(secrets, userId), sha256(utf8(`ticket ${name}`)));
  return { value, ...readCredential(value) };
};
/** One-use tickets: of an enrolment; of URLs. */
export const tickets = {
  enrolment: ticketOf('erin'),
  unknown: ticketOf('frank'),
  statement: ticketOf('statement', 'alice'),
  query: ticketOf('query', 'alice'),
  bobs: ticketOf('bobs', 'bob'),
};

/** What people can be asked to consent to. */
const TEMPLATES = [
  {
    act: 'pay', tier: 'consent', method: 'POST', path: '/pay/:to', surface: 'popup',
    fields: { to: 'path:to', amount: 'json:/amount', note: 'query:note' }, text: { en: 'Pay {amount, number} to {to}: {note}', de: '{note} {to} {amount, number}' },
  },
  { act: 'close', tier: 'consent', method: 'DELETE', path: '/account', surface: 'frame', fields: {}, text: { en: 'Close the account' } },
  { act: 'vault', tier: 'verified', method: 'POST', path: '/vault', surface: 'popup', fields: {}, text: { en: 'Open the vault' } },
];

/** A consent to one of them, as a window states it. */
export function consentTo(act, more = {}) {
  const { tier, version } = readTemplate(TEMPLATES.find((template) => template.act === act));
  return consentField({
    act, version, language: 'en', text: sha256(utf8(act)), surface: 'popup', verified: tier === 'verified', ...more,
  });
}

export const deployment = {
  appOrigin: APP, signOrigin: SIGN, secret: hex(master), now: NOW,
  sessions: [alice, bob].map(({ tag, id, userId, key }) => ({ tag, id, userId, jwk: key.jwk })),
  tickets: [
    { tag: tickets.enrolment.tag, id: tickets.enrolment.id, userId: 'erin' },
    { tag: alice.tag, id: tickets.statement.id, session: alice.id, url: '/statement.png' },
    { tag: alice.tag, id: tickets.query.id, session: alice.id, url: '/statement?year=2026' },
    { tag: bob.tag, id: tickets.bobs.id, session: bob.id, url: '/statement.png' },
  ],
  templates: TEMPLATES,
};

/** Slows down towards the press on a slight arc, as a hand does. */
const HAND = [
  [17, 0, 0], [16, -1, 0], [18, -2, 1], [16, -4, 1], [17, -7, 2], [17, -11, 4], [16, -16, 5], [17, -22, 6],
  [18, -25, 8], [16, -24, 9], [17, -19, 9], [17, -12, 6], [16, -6, 4],
];

/** An interaction proof for a request, bound to it. */
export function proofOf({ action = 'transfer', content, method = 'POST', target = '/transfer', hash, ...more }) {
  const digest = content?.length > 0 ? contentDigest(content) : '';
  const flags = { trusted: true, coalesced: false, fractional: false, webdriver: false, teleport: false };
  return encodeProof({
    flags, kind: 'mouse', eventId: sha256(utf8('event')).subarray(0, 8), ageMs: 20,
    actionHash: hash ?? actionHash(action, digest, method, target),
    dwellMs: 85, detail: 1, offsetX: 430, offsetY: 610, width: 120, height: 40, pixelRatio16: 16,
    samples: HAND.map(([dtMs, dx, dy]) => ({ dtMs, dx, dy })), ...more,
  });
}

export const nonceOf = (
  name, { key = secrets.nonce, bound = alice.key.thumbprint, at = NOW, version = 1, client } = {},
) => {
  const seed = sha256(utf8(`nonce ${name}`));
  return `${issueNonce(key, bound, at, seed.subarray(0, 4), version)}.${client ?? base64url(seed.subarray(4, 20))}`;
};

/**
 * A request as a frame would send it, but for what `change` says: before signing `created`, `nonce`, `keyid`,
 * `alg`, `tag`, `authority`, `covered(list)`, `parameters(list)`; after it `input(text)`, `signature(text)`, and
 * what is sent in place of what was signed: `sentFields(list)`, `sentMethod`, `sentTarget`, `sent` (content).
 */
export function signed(name, {
  method = 'GET', target = '/balance', type, content: given, digest, proof, consent, assertion, cookie = `__Host-pas=${alice.cookie}`,
  origin, fields: more = [], by = alice.key, half = 'low', ...change
} = {}) {
  const content = typeof given === 'string' ? utf8(given) : given;
  const ownDigest = content?.length > 0 ? contentDigest(content) : undefined;
  const proofText = proof === undefined || typeof proof === 'string' ? proof : `:${base64(proof)}:`;
  const present = ([, value]) => value !== undefined && value !== null;
  const fields = [
    ['Host', 'app.example.com'], ['Origin', origin], ['Cookie', cookie], ['Content-Type', type],
    ['Content-Digest', digest === undefined ? ownDigest : digest], ['Interaction-Proof', proofText], ['Pas-Consent', consent], ['PAS-Assertion', assertion],
    ...more,
  ].filter(present);
  const keyid = change.keyid ?? by.keyid;
  const nonce = change.nonce ?? nonceOf(name, { bound: by.thumbprint });
  const edit = (value, how) => (how ? how(value) : value);
  const parameters = edit(parametersOf({ created: NOW / 1000, nonce, keyid, ...change }), change.parameters);
  const honest = components({ method, target, fields }, change.authority ?? 'app.example.com');
  const covered = edit(honest, change.covered);
  const base = signatureBase(covered, parameters);
  const all = [
    ...fields,
    ['Signature-Input', edit(`pas=${signatureParams(covered, parameters)}`, change.input)],
    ['Signature', edit(`pas=:${base64(by.sign(utf8(base), half))}:`, change.signature)],
  ];
  const sent = 'sent' in change ? change.sent : content;
  return {
    method: change.sentMethod ?? method, target: change.sentTarget ?? target,
    fields: change.sentFields ? change.sentFields(all) : all,
    ...(sent === undefined ? {} : { content: hex(typeof sent === 'string' ? utf8(sent) : sent) }),
  };
}

/** A request without a signature. */
export const unsigned = ({
  method = 'GET', target = '/', cookie = `__Host-pas=${alice.cookie}`, fields = [], content,
} = {}) => ({
  method, target, fields: [['Host', 'app.example.com'], ...(cookie === null ? [] : [['Cookie', cookie]]), ...fields],
  ...(content === undefined ? {} : { content: hex(utf8(content)) }),
});

/** A request of the vectors as the implementations take it. */
export const requestOf = ({ content, ...request }) => ({
  ...request, ...(content === undefined ? {} : { content: Buffer.from(content, 'hex') }),
});
