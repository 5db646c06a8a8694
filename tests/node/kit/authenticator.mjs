// A WebAuthn authenticator and the browser before it, written from WebAuthn Level 3 and RFC 9052 with node:crypto.
// It shares no code with the package or with the library that verifies. Every part can be changed.
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { byteSequence } from './signer.mjs';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const url = (bytes) => Buffer.from(bytes).toString('base64url');

const UP = 0x01;
const UV = 0x04;
const AT = 0x40;

/** A byte string or text of CBOR (RFC 8949 §3), at most 65,535 bytes long. */
function cbor(major, bytes) {
  const { length } = bytes;
  const head =
    length < 24 ? [major + length] : length < 256 ? [major + 24, length] : [major + 25, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(head), bytes]);
}
const text = (value) => cbor(0x60, Buffer.from(value));
const bytesOf = (value) => cbor(0x40, value);

/** One passkey on one device. */
export class Authenticator {
  constructor({ id = randomBytes(16), counter = 0 } = {}) {
    Object.assign(this, { id, counter });
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    Object.assign(this, { privateKey, publicKey });
  }

  /** A device that has the same key and counter: a copy. */
  clone() {
    return Object.assign(new Authenticator(), this);
  }

  #data({ rpId, flags, counter, attested = Buffer.alloc(0) }) {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    return Buffer.concat([sha256(Buffer.from(rpId)), Buffer.from([flags]), count, attested]);
  }

  #client({ type, challenge, origin, more = {}, json }) {
    return Buffer.from(json ?? JSON.stringify({ type, challenge, origin, crossOrigin: false, ...more }));
  }

  /**
   * `navigator.credentials.create`: a RegistrationResponseJSON without attestation. `change` replaces `rpId`,
   * `origin`, `challenge`, `flags`, `type`, `json`, and adds `more` to the client data.
   */
  create(options, origin, change = {}) {
    const { x, y } = this.publicKey.export({ format: 'jwk' });
    // RFC 9053 §7.1.1: kty EC2, alg ES256, crv P-256.
    const key = Buffer.concat([
      Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]),
      bytesOf(Buffer.from(x, 'base64url')),
      Buffer.from([0x22]),
      bytesOf(Buffer.from(y, 'base64url')),
    ]);
    const length = Buffer.from([this.id.length >> 8, this.id.length & 255]);
    const authData = this.#data({
      rpId: change.rpId ?? options.rp.id,
      flags: change.flags ?? UP | UV | AT,
      counter: this.counter,
      attested: Buffer.concat([Buffer.alloc(16), length, this.id, key]),
    });
    const client = this.#client({ type: 'webauthn.create', challenge: options.challenge, origin, ...change });
    const attestation = Buffer.concat([
      Buffer.from([0xa3]),
      text('fmt'),
      text('none'),
      text('attStmt'),
      Buffer.from([0xa0]),
      text('authData'),
      bytesOf(authData),
    ]);
    const id = url(this.id);
    return {
      id,
      rawId: id,
      type: 'public-key',
      clientExtensionResults: {},
      response: { clientDataJSON: url(client), attestationObject: url(attestation), transports: ['internal'] },
    };
  }

  /** `navigator.credentials.get`: the `PAS-Assertion` field over a signature base. `change` as for {@link create}. */
  assert(base, origin, change = {}) {
    if (change.counts ?? this.counter > 0) this.counter += 1;
    const challenge = url(sha256(Buffer.from(base)));
    const auth = this.#data({
      rpId: change.rpId ?? new URL(origin).hostname,
      flags: change.flags ?? UP | UV,
      counter: change.counter ?? this.counter,
    });
    const client = this.#client({ type: 'webauthn.get', challenge, origin, ...change });
    const signature = sign('sha256', Buffer.concat([auth, sha256(client)]), this.privateKey);
    const parts = { id: this.id, auth, client, sig: signature, ...change.parts };
    return Object.entries(parts)
      .map(([name, value]) => `${name}=${byteSequence(value)}`)
      .join(', ');
  }
}
