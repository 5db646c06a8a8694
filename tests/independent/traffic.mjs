// Generated requests for both implementations: honest ones, and ones with something wrong.
import { createPrivateKey, sign as nodeSign } from 'node:crypto';
import { AFTER, BEFORE } from './changes.mjs';
import { independent } from './load.mjs';
import { Random } from './random.mjs';
import { consentOf } from './consents.mjs';
import {
  ACTIONS,
  IN_TARGET,
  METHODS,
  NOW,
  PATH,
  QUERIES,
  RESERVED,
  SEGMENTS,
  TEMPLATES,
  TOKEN,
  TYPES,
} from './samples.mjs';

const {
  FLAGS,
  actionHash,
  base64,
  base64url,
  components,
  consentField,
  contentDigest,
  deriveSecrets,
  encodeProof,
  issueNonce,
  keyPair,
  parametersOf,
  readCredential,
  sha256,
  signatureBase,
  signatureParams,
  userTag,
  utf8,
  writeCredential,
} = independent;

const APP = 'https://app.example.com';
const CHANGES = [...Object.keys(BEFORE), ...Object.keys(AFTER)];

function signer(secret) {
  const pair = keyPair(secret);
  const key = createPrivateKey({ key: { ...pair.jwk, d: base64url(secret) }, format: 'jwk' });
  return { ...pair, sign: (base) => nodeSign('sha256', base, { key, dsaEncoding: 'ieee-p1363' }) };
}

/** Three sessions in one browser: two live ones, and one the server does not know. */
function browser(random, secrets) {
  const account = (userId) => {
    const [tag, secret] = [userTag(secrets, userId), random.bytes(32)];
    const cookie = writeCredential(tag, secret);
    return { ...readCredential(cookie), userId, cookie, key: signer(sha256(secret)) };
  };
  return { alice: account('alice'), bob: account('bob'), ended: account('carol') };
}

export class Traffic {
  constructor(seed, { spoiltShare = 0.5 } = {}) {
    this.random = new Random(seed);
    this.spoiltShare = spoiltShare;
    const secret = this.random.bytes(32);
    this.secrets = deriveSecrets(secret);
    this.accounts = browser(this.random, this.secrets);
    const { alice, bob } = this.accounts;
    this.deployment = {
      appOrigin: APP,
      signOrigin: 'https://sign.example.com',
      secret: secret.toString('hex'),
      now: NOW,
      sessions: [alice, bob].map(({ tag, id, userId, key }) => ({ tag, id, userId, jwk: key.jwk })),
      templates: TEMPLATES,
    };
    this.authority = new URL(APP).host;
    this.sent = [];
    this.events = [];
  }

  /** The next request: what is sent, to which route, and the parameters it was signed with. */
  next() {
    const { random } = this;
    const again = this.sent.length > 0 && random.chance(this.spoiltShare * 0.04);
    if (again) return { ...random.pick(this.sent), change: 'sent again' };
    const draft = this.draft();
    const spoilt = random.chance(this.spoiltShare);
    const change = spoilt ? random.pick(CHANGES) : 'none';
    BEFORE[change]?.(draft, random, this);
    const message = this.assemble(draft);
    AFTER[change]?.(message, random);
    if (!spoilt || random.chance(0.1)) this.remember(message);
    return { ...message, change };
  }

  remember(message) {
    if (this.sent.length < 50) this.sent.push(message);
    else this.sent[this.random.int(50)] = message;
  }

  target() {
    const { random } = this;
    const segment = () => (random.chance(0.6) ? random.pick(SEGMENTS) : random.text(IN_TARGET, random.int(12)));
    let path = `/${Array.from({ length: random.int(5) }, segment).join('/')}`;
    if (random.chance(0.01)) path += `/${random.pick(RESERVED)}`;
    if (random.chance(0.02)) path += random.text(IN_TARGET, 3000);
    if (random.chance(0.5)) return path;
    return path + (random.chance(0.7) ? random.pick(QUERIES) : `?${random.text([...IN_TARGET, '?'], random.int(40))}`);
  }

  draft() {
    const { random } = this;
    const isBob = random.chance(0.2);
    const { key } = isBob ? this.accounts.bob : this.accounts.alice;
    const createdAgo = random.int(29);
    const length = random.int(random.chance(0.1) ? 20_000 : 300);
    const content = random.chance(0.5) ? random.bytes(length) : undefined;
    const type = random.chance(0.6) ? random.pick(TYPES) : undefined;
    const draft = {
      method: random.chance(0.8) ? random.pick(METHODS) : random.text(TOKEN, random.between(1, 32)),
      target: this.target(),
      content,
      route: random.chance(0.35) ? { tier: 'interactive', action: random.pick(ACTIONS) } : { tier: 'signed' },
      cookies: [
        ['theme', 'dark'],
        ['__Host-pas', this.accounts.alice.cookie],
        [`__Host-pas-${this.accounts.bob.key.keyid.slice(0, 8)}`, this.accounts.bob.cookie],
      ],
      fields: [
        ['Host', random.pick(['app.example.com', 'evil.example', 'app.example.com:443'])],
        ['Accept', '*/*'],
      ],
      authority: this.authority,
      key,
      keyid: key.keyid,
      created: NOW / 1000 - createdAgo,
      nonceMs: NOW - createdAgo * 1000 - random.int(200_000),
      nonceKey: this.secrets.nonce,
      bound: key.thumbprint,
      version: 1,
      client: base64url(random.bytes(16)),
    };
    if (draft.route.tier === 'signed' && random.chance(0.1)) draft.route.action = random.pick(ACTIONS);
    draft.type = type;
    if (random.chance(0.25)) Object.assign(draft, consentOf(random));
    return this.completed(draft);
  }

  /** What follows from the rest of a draft. */
  completed(draft) {
    const { random } = this;
    const { content } = draft;
    draft.digest = content?.length > 0 ? contentDigest(content) : undefined;
    if (draft.route.tier === 'interactive' || random.chance(0.1)) draft.proof = this.proof(draft);
    return draft;
  }

  proof({ route, digest, method, target }) {
    const { random } = this;
    const kind = random.pick(['mouse', 'touch', 'pen', 'keyboard', 'assistive']);
    const isPointer = ['mouse', 'touch', 'pen'].includes(kind);
    const sample = ([x, y]) => ({ dtMs: random.between(14, 19), dx: -x - random.int(3), dy: y + random.int(3) });
    const wild = () => ({ dtMs: random.int(20), dx: random.between(-8191, 8191), dy: random.between(-8191, 8191) });
    const isPrivate = random.chance(0.3);
    const flags = Object.fromEntries(
      FLAGS.map((name) => [name, name === 'trusted' || (name !== 'teleport' && random.chance(0.3))]),
    );
    const head = {
      kind,
      eventId: random.bytes(8),
      ageMs: random.int(5001),
      actionHash: actionHash(route.action ?? 'none', digest ?? '', method, target),
    };
    if (isPrivate) {
      const hovers = kind === 'mouse' || kind === 'pen';
      return {
        ...head,
        flags: { ...flags, coalesced: false, fractional: false },
        detail: random.int(4),
        ...(random.chance(0.9) ? { dwellMs: random.pick([5, 20, 30, 60, 90, 130, 200, 400, 1001]) } : {}),
        marks: hovers ? ['centre', 'offGrid', 'appeared'].filter(() => random.chance(0.2)) : [],
        ...(hovers && random.chance(0.8) ? { numbers: Array.from({ length: 20 }, () => random.int(33)) } : {}),
      };
    }
    return {
      ...head,
      flags,
      ...(random.chance(0.9) ? { dwellMs: random.between(5, 30_000) } : {}),
      detail: random.int(256),
      offsetX: isPointer ? random.int(1001) : 0,
      offsetY: isPointer ? random.int(1001) : 0,
      width: random.int(65_536),
      height: random.int(65_536),
      pixelRatio16: random.between(1, 256),
      // A finger's path says nothing of a person, so it may be anything.
      samples: !isPointer ? [] : kind === 'touch' ? Array.from({ length: random.int(50) }, wild) : PATH.map(sample),
    };
  }

  /** Signs a draft and lays its fields out. */
  assemble(draft) {
    const { random } = this;
    const fields = [...draft.fields];
    const cookie = draft.cookies.map(([name, value]) => `${name}=${value}`).join('; ');
    if (cookie) fields.push(['Cookie', cookie]);
    if (draft.type !== undefined) fields.push(['Content-Type', draft.type]);
    if (draft.digest !== undefined) fields.push(['Content-Digest', draft.digest]);
    const { spoilProof = (bytes) => bytes } = draft;
    const proofText = draft.proofText ?? (draft.proof && `:${base64(spoilProof(encodeProof(draft.proof)))}:`);
    if (proofText !== undefined) fields.push(['Interaction-Proof', proofText]);
    const consentText = draft.consentText ?? (draft.consent && consentField(draft.consent));
    if (consentText !== undefined) fields.push(['Pas-Consent', consentText]);
    if (draft.assertion !== undefined) fields.push(['PAS-Assertion', draft.assertion]);
    const server = issueNonce(draft.nonceKey, draft.bound, draft.nonceMs, random.bytes(4), draft.version);
    const nonce = draft.nonce ?? `${server}.${draft.client}`;
    const { method, target, content } = draft;
    const options = { ...draft, nonce };
    const parameters = (draft.parameters ?? ((list) => list))(parametersOf(options));
    const covered = (draft.covered ?? ((list) => list))(components({ method, target, fields }, draft.authority));
    const base = signatureBase(covered, parameters);
    fields.push(
      ['Signature-Input', `pas=${signatureParams(covered, parameters)}`],
      ['Signature', `pas=:${base64(draft.key.sign(utf8(base)))}:`],
    );
    const request = { method, target, fields, ...(content === undefined ? {} : { content }) };
    return { request, route: draft.route, parameters, base };
  }
}
