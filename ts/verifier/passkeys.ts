/**
 * WebAuthn: the passkeys of an account, and their assertions over requests. The library verifies; what it is
 * told to expect, and what is kept, is decided here.
 */
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { fromBase64url, toBase64url } from '../shared/bytes.js';
import { PartitionedAuthorityError, codeOf } from '../shared/errors.js';
import type { Passkey, Session, Store } from '../stores/types.js';
import type { AssertionParts } from './border.js';
import type { Core } from './core.js';
import type { CryptoProvider } from './crypto.js';
import type { Settings } from './options.js';
import { wellFormed } from './user-sessions.js';

/** A passkey, as its owner sees it. */
export interface PasskeyInfo {
  /** The credential's id, base64url. */
  id: string;
  label: string;
  /** ms since the epoch */
  createdAt: number;
  /** ms since the epoch; absent before its first use. */
  lastUsedAt?: number;
}

/** What an authenticator said, to be counted once the request is admitted. */
export interface PasskeyUse {
  userId: string;
  id: string;
  counter: number;
}

/** How long after a log-in a first passkey can be added. */
export const FRESH_LOGIN_MS = 300_000;

/** Passkeys of one account. */
export const MAX_PASSKEYS = 20;

const CHALLENGE_MS = 300_000;

/** What a challenge is for. */
const REGISTRATION = '/.pas/passkeys/register';

/** Random bytes at the beginning of a challenge; the label follows. */
const RANDOM_BYTES = 32;

const LABEL_MAX = 64;

/** Ids are shown before a passkey is removed, and nothing longer is. Those of passkeys are far shorter. */
const ID_MAX = 200;

/** EdDSA, ES256, RS256. */
const ALGORITHMS = [-8, -7, -257];

let library: Promise<typeof import('@simplewebauthn/server')> | undefined;

/** Loaded when it is first needed: most deployments verify signatures only. */
function webauthn() {
  library ??= import('@simplewebauthn/server').catch((cause: unknown) => {
    library = undefined;
    throw new PartitionedAuthorityError('ERR_CONFIG_INVALID', 'passkeys need the package @simplewebauthn/server', {
      cause,
    });
  });
  return library;
}

const uvInvalid = (message: string, cause?: unknown) =>
  new PartitionedAuthorityError('ERR_UV_INVALID', message, cause === undefined ? undefined : { cause });

export class Passkeys {
  readonly #core: Core;
  readonly #store: Store;
  readonly #provider: CryptoProvider;
  readonly #app: string;
  readonly #origin: string;
  /** The relying party: the host of the signing origin. */
  readonly rpId: string;

  constructor(core: Core, { store, app, signOrigin }: Settings, provider: CryptoProvider) {
    this.#core = core;
    this.#store = store;
    this.#provider = provider;
    this.#app = app.name;
    this.#origin = signOrigin;
    this.rpId = new URL(signOrigin).hostname;
  }

  /** Oldest first. */
  async list(userId: string): Promise<PasskeyInfo[]> {
    return (await this.#store.listPasskeys(userId)).map(infoOf);
  }

  async remove(userId: string, id: string): Promise<boolean> {
    return this.#store.removePasskey(userId, id);
  }

  /**
   * Verifies an assertion over a signature base.
   *
   * @throws `ERR_UV_INVALID`
   */
  async verify(parts: AssertionParts, base: string, userId: string): Promise<PasskeyUse> {
    const { id, ...response } = parts;
    const passkey = (await this.#store.listPasskeys(userId)).find((one) => one.id === id);
    if (!passkey) throw uvInvalid('no passkey of this account');
    const { verifyAuthenticationResponse } = await webauthn();
    const assertion: AuthenticationResponseJSON = {
      id,
      rawId: id,
      type: 'public-key',
      response,
      clientExtensionResults: {},
    };
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: assertion,
      expectedChallenge: toBase64url(await this.#sha256(new TextEncoder().encode(base))),
      expectedOrigin: this.#origin,
      // Where a framed ceremony may be is checked with the consent; this states no more than that.
      expectedTopOrigin: this.#core.appOrigin,
      expectedRPID: this.rpId,
      // The store compares counters, with the one it has when the request is admitted.
      credential: { id, publicKey: fromBase64url(passkey.publicKey), counter: 0 },
      requireUserVerification: true,
    }).catch((error: unknown) => {
      throw uvInvalid(error instanceof Error ? error.message : String(error), error);
    });
    if (!verified) throw uvInvalid('the signature of the assertion does not verify');
    return { userId, id, counter: authenticationInfo.newCounter };
  }

  /**
   * Counts a use: after the request was admitted, so that one that comes twice is `ERR_NONCE_USED` as any
   * other.
   *
   * @throws `ERR_UV_INVALID` if the counter did not go up, as that of a copy doesn't, or the passkey is gone
   */
  async count(use: PasskeyUse): Promise<void> {
    if (!(await this.#store.usePasskey(use))) throw uvInvalid('the counter did not go up, or the passkey was removed');
  }

  /**
   * What a session may do: within minutes of a log-in a consent adds and removes passkeys, later one of the account
   * has to verify the person as well.
   */
  async may({
    userId,
    createdAt,
    lastSeenAt,
  }: Session): Promise<{ passkeys: PasskeyInfo[]; mayAdd: boolean; changeTier: 'consent' | 'verified' }> {
    const passkeys = await this.list(userId);
    const isFresh = lastSeenAt - createdAt < FRESH_LOGIN_MS;
    const mayAdd = passkeys.length < MAX_PASSKEYS && (isFresh || passkeys.length > 0);
    return { passkeys, mayAdd, changeTier: isFresh ? 'consent' : 'verified' };
  }

  /** Options for `navigator.credentials.create`, with a challenge of one use for this session. */
  async options(session: Session, label: string): Promise<object> {
    if (label === '' || [...label].length > LABEL_MAX || !wellFormed(label)) {
      throw new PartitionedAuthorityError('ERR_JSON_INVALID', `a label is 1 to ${LABEL_MAX} characters`);
    }
    const { generateRegistrationOptions } = await webauthn();
    const existing = await this.#store.listPasskeys(session.userId);
    const random = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES));
    const challenge = new Uint8Array([...random, ...new TextEncoder().encode(label)]);
    const options = await generateRegistrationOptions({
      rpName: this.#app,
      rpID: this.rpId,
      userName: label,
      userDisplayName: label,
      userID: fromBase64url(await this.#handle(existing, challenge)),
      challenge,
      timeout: CHALLENGE_MS,
      attestationType: 'none',
      excludeCredentials: existing.map(({ id, transports }) => ({ id, transports })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      supportedAlgorithmIDs: ALGORITHMS,
    });
    await this.#store.putTicket({ ...(await this.#ticket(challenge, session)), ttlMs: CHALLENGE_MS });
    return options;
  }

  /**
   * Registers the passkey that was made with {@link options}.
   *
   * @throws `ERR_UV_INVALID`, `ERR_POLICY_REFUSED`
   */
  async register(session: Session, given: unknown): Promise<PasskeyInfo> {
    const { verifyRegistrationResponse } = await webauthn();
    // The library checks each part of it.
    const response = given as RegistrationResponseJSON;
    let challenge = new Uint8Array();
    const verified = await (async () => {
      this.#core.checkPopup(fromBase64url(response.response.clientDataJSON));
      return verifyRegistrationResponse({
        response,
        expectedChallenge: (text) => {
          challenge = fromBase64url(text);
          return challenge.length > RANDOM_BYTES;
        },
        expectedOrigin: this.#origin,
        expectedRPID: this.rpId,
        requireUserVerification: true,
        supportedAlgorithmIDs: ALGORITHMS,
      });
    })().catch((error: unknown) => {
      if (codeOf(error) === 'ERR_VERIFIER_FAULT') throw error;
      throw uvInvalid(error instanceof Error ? error.message : String(error), error);
    });
    if (!verified.verified) throw uvInvalid('the attestation does not verify');
    if (!(await this.#store.takeTicket(await this.#ticket(challenge, session)))) {
      throw uvInvalid('the challenge is unknown, used, expired, or of another session');
    }
    const { id, publicKey, counter, transports = [] } = verified.registrationInfo.credential;
    if (id.length > ID_MAX) throw uvInvalid('the id of the passkey is too long to be shown');
    const existing = await this.#store.listPasskeys(session.userId);
    const outcome = await this.#store.putPasskey(
      {
        id,
        userId: session.userId,
        handle: await this.#handle(existing, challenge),
        publicKey: toBase64url(publicKey),
        counter,
        label: new TextDecoder().decode(challenge.subarray(RANDOM_BYTES)),
        transports: transports.filter((text) => /^[\w-]{1,32}$/.test(text)).slice(0, 8),
      },
      MAX_PASSKEYS,
    );
    if (typeof outcome === 'string') {
      const why = outcome === 'full' ? 'the account has as many passkeys as it may' : 'this passkey is registered';
      throw new PartitionedAuthorityError('ERR_POLICY_REFUSED', why);
    }
    return infoOf(outcome);
  }

  /** What authenticators know the account by: random, and the same for all its passkeys. */
  async #handle(existing: Passkey[], challenge: Uint8Array): Promise<string> {
    const first = existing[0];
    if (first) return first.handle;
    const label = new TextEncoder().encode('pas-1 user handle\0');
    return toBase64url(await this.#sha256(new Uint8Array([...label, ...challenge.subarray(0, RANDOM_BYTES)])));
  }

  /** A challenge is a ticket for a session. */
  async #ticket(challenge: Uint8Array, { id: subject, slot }: Session) {
    const id = toBase64url(await this.#sha256(challenge));
    return { kind: 'passkey', id, slot, subject, bind: REGISTRATION } as const;
  }

  async #sha256(bytes: Uint8Array): Promise<Uint8Array> {
    const hasher = this.#provider.hasher();
    hasher.update(bytes);
    return hasher.digest();
  }
}

const infoOf = ({ id, label, createdAt, lastUsedAt }: Passkey): PasskeyInfo => ({
  id,
  label,
  createdAt,
  ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
});
