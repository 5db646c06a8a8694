// A signing frame in plain JavaScript, written from the standards and the byte table of src/proof/mod.rs.
// It shares no code with the package, so that a mistake in one is seen by the other. Every part of what
// it sends can be changed, before or after signing.
import { randomBytes, webcrypto } from 'node:crypto';

const { subtle } = webcrypto;
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Order of the P-256 group. */
export const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

export const base64 = (bytes) => Buffer.from(bytes).toString('base64');
export const base64url = (bytes) => Buffer.from(bytes).toString('base64url');
export const sha256 = async (bytes) => Buffer.from(await subtle.digest('SHA-256', bytes));
const utf8 = (text) => Buffer.from(text, 'utf8');

/** RFC 9651 byte sequence. */
export const byteSequence = (bytes) => `:${base64(bytes)}:`;
/** RFC 9530 §2. */
export const contentDigest = async (content) => `sha-256=${byteSequence(await sha256(Buffer.from(content)))}`;

const sfString = (text) => `"${text.replace(/["\\]/g, '\\$&')}"`;
const sfBare = (value) =>
  typeof value === 'object' ? value.bare : typeof value === 'number' ? String(value) : sfString(value);

/** RFC 7638 §3. */
export const thumbprint = async ({ x, y }) =>
  base64url(await sha256(utf8(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`)));

/** A key pair as the frame makes it; the private half stays in WebCrypto. */
export async function newKey() {
  const { privateKey, publicKey } = await subtle.generateKey(ECDSA, false, ['sign', 'verify']);
  const { kty, crv, x, y } = await subtle.exportKey('jwk', publicKey);
  const jwk = { kty, crv, x, y };
  return {
    jwk,
    keyid: await thumbprint(jwk),
    sign: async (bytes) => Buffer.from(await subtle.sign(ECDSA, privateKey, bytes)),
  };
}

const toNumber = (bytes) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const toBytes = (number) => Buffer.from(number.toString(16).padStart(64, '0'), 'hex');
/** The two integers of a signature, r and s. */
export const split = (signature) => [toNumber(signature.subarray(0, 32)), toNumber(signature.subarray(32))];
export const join = (r, s) => Buffer.concat([toBytes(r), toBytes(s)]);
/** The same signature with s in the lower or the upper half of the group. */
export function withS(half, signature) {
  const [r, s] = split(signature);
  const isHigh = s > ORDER / 2n;
  return join(r, isHigh === (half === 'high') ? s : ORDER - s);
}

/** `SHA-256(JCS({"a","d","m","u"}))[0..16]`: for strings, JSON.stringify escapes as RFC 8785 does. */
export async function actionHash({ action, digest = '', method, target }) {
  const url = target.includes('?') ? target : `${target}?`;
  return (await sha256(utf8(JSON.stringify({ a: action, d: digest, m: method, u: url })))).subarray(0, 16);
}

export const KINDS = { mouse: 0, touch: 1, pen: 2, keyboard: 3, assistive: 4 };

function varint(value) {
  const out = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...out, rest];
    out.push((rest % 128) + 128);
  }
}
const zigzag = (value) => (value < 0 ? -2 * value - 1 : 2 * value);

/** Slows down towards the press on a slight arc: `[dt, dx, dy]`, newest first. */
export const HUMAN_PATH = [
  [17, 0, 0],
  [16, -1, 0],
  [18, -2, 1],
  [16, -4, 1],
  [17, -7, 2],
  [17, -11, 4],
  [16, -16, 5],
  [17, -22, 6],
  [18, -25, 8],
  [16, -24, 9],
  [17, -19, 9],
  [17, -12, 6],
  [16, -6, 4],
];

/**
 * The bytes of an interaction proof, version 1; with `numbers`, version 2: they are the last bytes, `dwell` and
 * `marks` as they are written. Numbers are written as given, in range or not.
 */
export function encodeProof(proof) {
  const {
    version = proof.numbers ? 2 : 1,
    flags = 1,
    kind = 'mouse',
    eventId = randomBytes(8),
    age = 20,
    hash = Buffer.alloc(16),
    dwell = 85,
    detail = 1,
    width = 120,
    height = 40,
    ratio = 16,
  } = proof;
  const code = typeof kind === 'number' ? kind : KINDS[kind];
  const pointer = code <= 2;
  const { offset = pointer ? [430, 610] : [0, 0], samples = code === 0 || code === 2 ? HUMAN_PATH : [] } = proof;
  const head = Buffer.alloc(29);
  head.set([version, flags, code]);
  head.set(eventId, 3);
  head.writeUInt16BE(age, 11);
  head.set(hash, 13);
  if (proof.numbers) {
    const { numbers, marks = 0 } = proof;
    return Buffer.concat([head, Buffer.from([proof.dwell ?? 6, detail, marks, numbers.length, ...numbers])]);
  }
  const rest = [dwell === undefined ? 0 : dwell + 1, detail, ...offset, width, height, ratio, samples.length];
  for (const [dt, dx, dy] of samples) rest.push(dt, zigzag(dx), zigzag(dy));
  return Buffer.concat([head, Buffer.from(rest.flatMap(varint))]);
}

/** RFC 9421 §2.5. `parts` are `[identifier, value]`. */
export function signatureBase(parts, params) {
  const lines = parts.map(([name, value]) => `${sfString(name)}: ${value}`);
  return [...lines, `"@signature-params": ${params}`].join('\n');
}

/** The member of `Signature-Input` (RFC 9421 §4.1). */
export const signatureParams = (names, parameters) =>
  `(${names.map((name) => (typeof name === 'object' ? name.bare : sfString(name))).join(' ')})` +
  parameters.map(([name, value]) => (value === undefined ? `;${name}` : `;${name}=${sfBare(value)}`)).join('');

/** An HTTP answer. */
export class Answer {
  constructor(status, fields, body) {
    Object.assign(this, { status, fields, body });
  }
  all(name) {
    return this.fields.filter(([field]) => field.toLowerCase() === name).map(([, value]) => value);
  }
  /** The value of a field that occurs at most once. */
  get(name) {
    const values = this.all(name);
    if (values.length > 1) throw new Error(`the answer has ${values.length} fields ${name}`);
    return values[0];
  }
  get text() {
    return this.body.toString('utf8');
  }
  get json() {
    return JSON.parse(this.text);
  }
  /** The code of a refusal; undefined for an accepted request. */
  get code() {
    return this.get('content-type')?.startsWith('application/problem+json') ? this.json.code : undefined;
  }
}

/** One account's keys in the frame. */
export class Account {
  constructor(key) {
    this.key = key;
    /** S, the server's part of the next nonce. */
    this.server = undefined;
  }
}

/**
 * One browser profile: a cookie jar and a signing frame.
 *
 * `transport` carries `{ method, target, fields, body }` and gives an {@link Answer}; `now` is the
 * frame's estimate of the server's clock, ms.
 */
export class Frame {
  constructor({ appOrigin, signOrigin, transport, now }) {
    Object.assign(this, { appOrigin, signOrigin, transport, now });
    this.authority = new URL(appOrigin).host;
    this.jar = new Map();
    /** The account that signs unless another one is named. */
    this.account = undefined;
  }

  get cookies() {
    return [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** Takes the cookies of an answer as a browser would. */
  keep(setCookies) {
    for (const line of setCookies) {
      const [pair, ...attributes] = line.split('; ');
      const at = pair.indexOf('=');
      const gone = attributes.some((attribute) => attribute === 'Max-Age=0');
      if (gone) this.jar.delete(pair.slice(0, at));
      else this.jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
  }

  async send(request, account = this.account) {
    const answer = await this.transport(request);
    this.keep(answer.all('set-cookie'));
    const next = answer.get('pas-nonce');
    if (next !== undefined && account) account.server = next;
    return answer;
  }

  /** A request of the frame or the page without a signature. */
  plain({ method = 'GET', target, body, fields = [], cookies = this.cookies }) {
    return this.send({ method, target, body, fields: [...(cookies ? [['Cookie', cookies]] : []), ...fields] });
  }

  hello({
    keyid,
    origin = this.signOrigin,
    body = JSON.stringify(keyid ? { keyid } : {}),
    cookies = this.cookies,
    ...rest
  } = {}) {
    const fields = [['Content-Type', 'application/json']];
    if (origin !== undefined) fields.push(['Origin', origin]);
    return this.plain({ method: 'POST', target: '/.pas/hello', body: utf8(body), fields, cookies, ...rest });
  }

  /** A fresh S for the account. */
  async refresh(account = this.account) {
    account.server = (await this.hello({ keyid: account.key.keyid })).json.nonce;
  }

  /**
   * Signs a request. `change` replaces what the honest frame would do:
   * `consent` is the `Pas-Consent` field; `passkey` asserts the base.
   * - before signing: `key` (signs), `keyid`, `created`, `nonce`, `server`, `client`, `alg`, `tag`, `authority`,
   *   `components(names)`, `parameters(pairs)`, `values(parts)`, `base(text)`
   * - after signing: `label`, `signatureLabel`, `bytes(signature)`, `input(text)`, `signature(text)`,
   *   `method`, `target`, `body`, `fields(list)`, `assertedBase`, `assertedOrigin`, `assertion`
   */
  async sign(
    {
      method = 'GET',
      target = '/api/signed',
      body,
      type,
      digest,
      proof,
      consent,
      passkey,
      fields = [],
      control = false,
      account = this.account,
    } = {},
    change = {},
  ) {
    const content = typeof body === 'string' ? utf8(body) : body;
    const own = [];
    if (type !== undefined) own.push(['Content-Type', type]);
    const digestField = digest ?? (content?.length > 0 ? await contentDigest(content) : undefined);
    if (digestField) own.push(['Content-Digest', digestField]);
    if (proof !== undefined) own.push(['Interaction-Proof', typeof proof === 'string' ? proof : byteSequence(proof)]);
    if (consent !== undefined) own.push(['Pas-Consent', consent]);
    const all = [...own, ...fields];

    const [path, query] = target.includes('?')
      ? [target.slice(0, target.indexOf('?')), target.slice(target.indexOf('?'))]
      : [target, '?'];
    const derived = {
      '@method': method,
      '@authority': change.authority ?? this.authority,
      '@path': path,
      '@query': query,
    };
    const has = (name) => all.some(([field]) => field.toLowerCase() === name);
    const valueOf = (name) =>
      derived[name] ??
      all
        .filter(([field]) => field.toLowerCase() === name)
        .map(([, value]) => value)
        .join(', ');
    const honest = [
      ...Object.keys(derived),
      ...['content-type', 'content-digest', 'interaction-proof', 'pas-consent'].filter(has),
    ];
    const names = change.components ? change.components(honest) : honest;

    const key = change.key ?? account.key;
    const nonce = change.nonce ?? `${change.server ?? account.server}.${change.client ?? base64url(randomBytes(16))}`;
    const pairs = [
      ['created', change.created ?? Math.floor(this.now() / 1000)],
      ['nonce', nonce],
      ['keyid', change.keyid ?? account.key.keyid],
      ['alg', change.alg ?? 'ecdsa-p256-sha256'],
      ['tag', change.tag ?? (control ? 'pas-1-ctl' : 'pas-1')],
    ];
    const params = signatureParams(names, change.parameters ? change.parameters(pairs) : pairs);
    const parts = names.map((name) => [name, valueOf(name)]);
    const honestBase = signatureBase(change.values ? change.values(parts) : parts, params);
    const signature = await key.sign(utf8(change.base ? change.base(honestBase) : honestBase));

    const bytes = change.bytes ? change.bytes(signature) : signature;
    const label = change.label ?? 'pas';
    const input = `${label}=${params}`;
    const member = `${change.signatureLabel ?? label}=${byteSequence(bytes)}`;
    const assertion = passkey?.assert(
      change.assertedBase ?? honestBase,
      change.assertedOrigin ?? this.signOrigin,
      change.assertion,
    );
    if (assertion !== undefined) all.push(['PAS-Assertion', assertion]);
    const sent = [
      ...(control ? [['Origin', this.signOrigin]] : []),
      ...(this.cookies ? [['Cookie', this.cookies]] : []),
      ...all,
      ['Signature-Input', change.input ? change.input(input) : input],
      ['Signature', change.signature ? change.signature(member) : member],
    ];
    return {
      method: change.method ?? method,
      target: change.target ?? target,
      body: 'body' in change ? change.body : content,
      fields: change.fields ? change.fields(sent) : sent,
    };
  }

  /** Signs and sends. */
  async fetch(request, change) {
    return this.send(await this.sign(request, change), request?.account);
  }

  /**
   * Enrols a fresh key for the ticket in the jar. `change` as for {@link Frame.sign}, and `jwk`, `text`
   * (the body), `challenge`, `newKey`. The account is kept only if the server accepted it.
   */
  async enrol({ newKey: key, jwk, text, challenge, ...change } = {}) {
    const account = new Account(key ?? (await newKey()));
    account.server = challenge ?? (await this.hello()).json.challenge;
    const body = text ?? JSON.stringify({ jwk: jwk ?? account.key.jwk });
    const request = { method: 'POST', target: '/.pas/enrol', type: 'application/json', body, control: true, account };
    const answer = await this.send(await this.sign(request, change), account);
    if (answer.status === 200) {
      const { nonce, session, account: tag } = answer.json;
      Object.assign(account, { server: nonce, session, tag });
      this.account = account;
    }
    return answer;
  }

  /** A signed request of the frame itself. */
  control(name, body, change, account = this.account, more = {}) {
    const content = body === undefined ? {} : { type: 'application/json', body: JSON.stringify(body) };
    return this.fetch({ method: 'POST', target: `/.pas/${name}`, control: true, account, ...content, ...more }, change);
  }

  /** Replaces the account's key. `change.pop` makes the new key's proof, `change.jwk` the key sent. */
  async rekey({ newKey: key, pop, jwk, ...change } = {}, account = this.account) {
    const next = key ?? (await newKey());
    const nonce = change.nonce ?? `${account.server}.${base64url(randomBytes(16))}`;
    const message = Buffer.concat([
      utf8('pas-1 rekey\0'),
      Buffer.from(account.key.keyid, 'base64url'),
      Buffer.from(next.keyid, 'base64url'),
      utf8(nonce),
    ]);
    const proof = base64url(await (pop ? pop(message) : next.sign(message)));
    const answer = await this.control('rekey', { jwk: jwk ?? next.jwk, pop: proof }, { ...change, nonce }, account);
    if (answer.status === 200) Object.assign(account, { key: next, server: answer.json.nonce });
    return answer;
  }

  /** An interaction proof for a request; see {@link encodeProof} for the fields. */
  async proof({ action, method, target, body, ...fields }) {
    const content = typeof body === 'string' ? utf8(body) : body;
    const digest = content?.length > 0 ? await contentDigest(content) : '';
    return encodeProof({ hash: await actionHash({ action, digest, method, target }), ...fields });
  }
}
