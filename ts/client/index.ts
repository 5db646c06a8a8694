/**
 * `partitioned-authority/client`: what a page of the app uses.
 *
 * @module
 */
export { PartitionedAuthorityError, type ErrorCode } from '../shared/errors.js';
export type {
  InteractionKind,
  InteractionTracker,
  TrackerOptions,
  TrackerSnapshot,
  TrajectoryFeatures,
} from '../tracker/types.js';
export {
  type AccountState,
  type Client,
  type ClientState,
  type ConnectOptions,
  type Passkey,
  type Passkeys,
  type SignedRequestInit,
  connect,
} from './client.js';
export type { ConsentProgress, ConsentState, ConsentTier } from './consent.js';
export { AuthorityEvent, type AuthorityEvents } from './events.js';
