/** WebAuthn in a window of the signing origin. The relying party is the host of this page. */
import { fromBase64url, toBase64url } from '../shared/bytes.js';

/** How long an authenticator may take, ms: less than what it verifies stays fresh. */
const TIMEOUT_MS = 100_000;

/** The parts of `PAS-Assertion`. */
export interface Assertion {
  id: Uint8Array;
  authenticator: Uint8Array;
  client: Uint8Array;
  signature: Uint8Array;
}

/** Has one of these passkeys verify the user and sign the challenge. */
export async function assertion(challenge: Uint8Array<ArrayBuffer>, rpId: string, ids: string[]): Promise<Assertion> {
  const credential = (await navigator.credentials.get({
    publicKey: {
      challenge,
      rpId,
      userVerification: 'required',
      timeout: TIMEOUT_MS,
      allowCredentials: ids.map((id) => ({ type: 'public-key', id: fromBase64url(id) })),
    },
  })) as PublicKeyCredential;
  const { authenticatorData, clientDataJSON, signature } = credential.response as AuthenticatorAssertionResponse;
  return {
    id: new Uint8Array(credential.rawId),
    authenticator: new Uint8Array(authenticatorData),
    client: new Uint8Array(clientDataJSON),
    signature: new Uint8Array(signature),
  };
}

/** Makes a passkey; gives the JSON form of its registration (WebAuthn §5.1.8). */
export async function registration(options: PublicKeyCredentialCreationOptionsJSON): Promise<object> {
  const credential = (await navigator.credentials.create({
    publicKey: {
      rp: options.rp,
      user: { ...options.user, id: fromBase64url(options.user.id) },
      challenge: fromBase64url(options.challenge),
      pubKeyCredParams: options.pubKeyCredParams,
      excludeCredentials: (options.excludeCredentials ?? []).map(({ id }) => ({
        type: 'public-key',
        id: fromBase64url(id),
      })),
      authenticatorSelection: options.authenticatorSelection ?? {},
      attestation: 'none',
      timeout: TIMEOUT_MS,
    },
  })) as PublicKeyCredential;
  const response = credential.response as AuthenticatorAttestationResponse;
  const id = toBase64url(new Uint8Array(credential.rawId));
  return {
    id,
    rawId: id,
    type: credential.type,
    response: {
      clientDataJSON: toBase64url(new Uint8Array(response.clientDataJSON)),
      attestationObject: toBase64url(new Uint8Array(response.attestationObject)),
      transports: response.getTransports?.() ?? [],
    },
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}
