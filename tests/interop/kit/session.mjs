// A session whose key a library can sign with, and the two judges of what it signed: the libraries, and
// our server. The clock is the real one, standing still, because the libraries know no other.
import { generateKeyPairSync, randomBytes, sign as signBytes } from 'node:crypto';
import { base64url, byteSequence, contentDigest, thumbprint } from '../../node/kit/signer.mjs';
import { incoming, startSite } from '../../node/kit/site.mjs';

/** A P-256 key whose private half can be handed to a library. */
export async function newKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { kty, crv, x, y, d } = privateKey.export({ format: 'jwk' });
  const keyid = await thumbprint({ x, y });
  return {
    alg: 'ecdsa-p256-sha256',
    keyid,
    jwk: { kty, crv, x, y },
    private: { kty, crv, x, y, d },
    sign: async (bytes) => signBytes('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
  };
}

/** What a library signs with, or verifies by. */
export const libraryKey = ({ alg, keyid, private: jwk }) => ({ alg, keyid, jwk });

/** The message, signed by a library. `signer` is another key than the session's. */
export async function signedBy(peer, session, { message, label, components, parameters, signer = session.key }) {
  const fields = await peer.sign(forLibrary(message), { key: libraryKey(signer), label, components, parameters });
  return { ...message, fields };
}

const FIELDS = ['content-type', 'content-digest', 'interaction-proof'];
const ACT = { tier: 'interactive', action: 'act' };
const ANY = { tier: 'signed' };
const routeOf = (target) => (target.startsWith('/api/act') ? ACT : ANY);

/** One interactive route; every other path is signed, however oddly it is spelt. */
function routes(app, pas) {
  const answer = (_request, response) => response.json({ ok: true });
  app.all('/api/act', pas.require(ACT), answer);
  app.use(pas.require(ANY), answer);
}

export class Session {
  constructor(site, frame) {
    Object.assign(this, { site, frame });
  }

  get key() {
    return this.frame.account.key;
  }

  /** The server's part of the nonce, and 16 bytes of our own. */
  nonce() {
    return `${this.frame.account.server}.${base64url(randomBytes(16))}`;
  }

  /** What our frame would sign for this request: message, label, components, parameters. `action` asks for a proof. */
  async honest(request = {}) {
    const {
      method = 'GET',
      target = '/api/a',
      type,
      body,
      action,
      proof,
      fields: others = [],
      control = false,
      nonce = this.nonce(),
    } = request;
    const own = [];
    if (type !== undefined) own.push(['Content-Type', type]);
    if (body?.length > 0) own.push(['Content-Digest', await contentDigest(body)]);
    if (action !== undefined) {
      const bytes = await this.frame.proof({ action, method, target, body, ...proof });
      own.push(['Interaction-Proof', byteSequence(bytes)]);
    }
    const cookie = this.frame.cookies ? [['Cookie', this.frame.cookies]] : [];
    const fields = [...(control ? [['Origin', this.site.signOrigin]] : []), ...cookie, ...own, ...others];
    const has = (name) => own.some(([field]) => field.toLowerCase() === name);
    const content = body === undefined ? undefined : Buffer.from(body);
    return {
      message: { method, target, fields, body: content, origin: this.site.appOrigin },
      label: 'pas',
      components: ['@method', '@authority', '@path', '@query', ...FIELDS.filter(has)],
      parameters: [
        ['created', Math.floor(this.site.time.now / 1000)],
        ['nonce', nonce],
        ['keyid', this.key.keyid],
        ['alg', 'ecdsa-p256-sha256'],
        ['tag', control ? 'pas-1-ctl' : 'pas-1'],
      ],
    };
  }

  /** `accepted`, or the code of the refusal, by the adapter-neutral interface. */
  async raw(message) {
    const outcome = await this.site.authority.raw.verify(incoming(message), routeOf(message.target));
    return outcome.ok ? 'accepted' : outcome.code;
  }

  /** The same through a real HTTP server, byte for byte. */
  async wire(message) {
    const answer = await this.site.http(message);
    if (answer.status === 200) return 'accepted';
    return answer.code ?? `status ${answer.status}`;
  }
}

/** A message as a library takes it. */
export const forLibrary = ({ method, target, fields, body, origin, url = origin + target }) => ({
  method,
  url,
  fields,
  body,
});

/** A site and, in it, a session of `alice`; both end with the scope. */
export async function openSession(scope, options = {}) {
  const plenty = { limit: 100_000, windowMs: 1_000 };
  const limits = { session: plenty, account: plenty, refusals: plenty, control: plenty };
  const site = await startSite(scope, { configure: routes, limits, ...options });
  site.time.now = Date.now();
  return join(site, 'alice');
}

/** One more session in a site. */
export async function join(site, user) {
  const frame = await site.login(site.frame(), user);
  const answer = await frame.enrol({ newKey: await newKey() });
  if (answer.status !== 200) throw new Error(`enrolment: ${answer.status} ${answer.text}`);
  return new Session(site, frame);
}
