/**
 * `partitioned-authority/tracker`: the interaction tracker, its wasm fetched from beside this module.
 * Where a bundler can't resolve that, give `init` a URL or a module, or import
 * `partitioned-authority/tracker/inline`.
 *
 * @module
 */
import type { WasmSource } from '../shared/wasm.js';
import { load } from './runtime.js';

/** Loads the wasm module. Call it once before anything else. @throws `ERR_WASM_UNAVAILABLE` */
export function init(options: { wasm?: WasmSource } = {}): Promise<void> {
  return load(() => options.wasm ?? new URL('./wasm/tracker_bg.wasm', import.meta.url));
}

export * from './types.js';
export { PartitionedAuthorityError, type ErrorCode } from '../shared/errors.js';
export { canonicalize, contentDigest, createTracker, jwkThumbprint, signatureBase } from './runtime.js';
