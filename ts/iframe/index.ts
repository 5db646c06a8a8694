/**
 * `partitioned-authority/iframe`: the signing-iframe runtime as a module. Most deployments embed
 * `signing-iframe.js` with a script tag and never import this.
 *
 * @module
 */
export { PartitionedAuthorityError, type ErrorCode } from '../shared/errors.js';
export {
  type SigningFrameOptions,
  canonicalize,
  contentDigest,
  init,
  jwkThumbprint,
  signatureBase,
  startSigningFrame,
} from './runtime.js';
