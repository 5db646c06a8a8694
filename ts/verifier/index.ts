/**
 * `partitioned-authority/verifier`: the server's half.
 *
 * @module
 */
import { canonicaliser } from '../shared/canonical.js';
import { guarded } from './instance.js';
import * as wasm from './wasm/verifier.js';

export { PartitionedAuthorityError, type ErrorCode, errorCodes } from '../shared/errors.js';
export type { CoveredRequest, PublicJwk, SignatureParameters } from '../shared/canonical.js';
export type * from '../stores/types.js';
export type { ActionForm, ActionOptions } from './action-form.js';
export {
  type AcceptedRequest,
  type AuthenticatedUser,
  type Authority,
  type Passkeys,
  type RawAuthority,
  type RefusedRequest,
  type Sessions,
  createAuthority,
} from './authority.js';
export {
  type BareItem,
  type DecodedInteractionProof,
  type DecodedPrivateProof,
  type DecodedProofHead,
  type DecodedTrajectoryProof,
  type Dictionary,
  type InnerList,
  type Item,
  type List,
  type Parameters,
  type SignatureToVerify,
  type StructuredFields,
  canonicalizeJson,
  decodeInteractionProof,
  parseStructuredField,
  serializeStructuredField,
  verifySignature,
} from './auditor.js';
export type { BodySource } from './body.js';
export { type ClientAddress, type TrustProxy, clientAddress } from './client-address.js';
export type { Consent, Head, Interaction } from './border.js';
export type { CryptoProviderName } from './crypto.js';
export type {
  AuthorityOptions,
  CallDecision,
  ChangedSignal,
  Decision,
  RequestDecision,
  Secret,
  SignalOptions,
  Tier,
} from './options.js';
export { isKept } from './kept-fields.js';
export type { PasskeyInfo } from './passkeys.js';
export type { Refusal, Reply } from './reply.js';
export type { SigningPage } from './signing-page.js';
export type { Acceptance, Incoming, Route, Seen } from './verify.js';

export const { canonicalize, contentDigest, jwkThumbprint, signatureBase } = canonicaliser(wasm, guarded);
