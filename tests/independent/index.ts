/**
 * A second implementation of the protocol, from its written form and published libraries: it shares no code
 * with the package, so that a mistake in one is seen by the other.
 */
export * from './action.js';
export * from './bytes.js';
export * from './consent.js';
export * from './control.js';
export * from './cookie.js';
export * from './json.js';
export * from './message.js';
export * from './movement.js';
export * from './nonce.js';
export * from './private-proof.js';
export * from './proof.js';
export * from './public-key.js';
export * from './refusal.js';
export * from './secrets.js';
export * from './server.js';
export * from './sign.js';
export * from './signature.js';
export * as sf from './structured-field.js';
export * from './verify.js';
