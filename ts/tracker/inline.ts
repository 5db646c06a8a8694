/**
 * `partitioned-authority/tracker/inline`: the interaction tracker with its wasm inside the module. No
 * URL, no MIME type, no bundler plug-in.
 *
 * @module
 */
import { load } from './runtime.js';
import { wasmBytes } from './wasm/inline.js';

/** Compiles the wasm module. Call it once before anything else. @throws `ERR_WASM_UNAVAILABLE` */
export function init(): Promise<void> {
  return load(wasmBytes);
}

export * from './types.js';
export { PartitionedAuthorityError, type ErrorCode } from '../shared/errors.js';
export { canonicalize, contentDigest, createTracker, jwkThumbprint, signatureBase } from './runtime.js';
