/**
 * The one instance of the wasm verifier. A trap fails closed: the call throws `ERR_VERIFIER_FAULT` and the instance is
 * rebuilt, because one that trapped can't be trusted to be consistent.
 */
import { PartitionedAuthorityError, codeOf, dressed } from '../shared/errors.js';
import { wasmBytes } from './wasm/inline.js';
import * as wasm from './wasm/verifier.js';

let module: WebAssembly.Module | undefined;
let count = 0;

/** Instantiates the module if it is not; the build makes `initSync` replace an earlier instance. */
function instantiate(): void {
  module ??= new WebAssembly.Module(wasmBytes());
  wasm.initSync({ module });
  count += 1;
}

/** Loads the module on first use: a server compiles it once, at start. */
export function ready(): void {
  if (count > 0) return;
  try {
    instantiate();
  } catch (cause) {
    throw new PartitionedAuthorityError('ERR_WASM_UNAVAILABLE', "this runtime can't compile WebAssembly", { cause });
  }
}

/** The verifiers of the present instance; after a trap none may reach the next one's memory. */
const handles = new Set<{ __destroy_into_raw(): number }>();

/** The number of the present instance. */
export const generation = () => count;

/** Has a verifier end with its instance. */
export function ends(verifier: wasm.Verifier): void {
  handles.add(verifier as unknown as { __destroy_into_raw(): number });
}

function rebuild(): void {
  for (const handle of handles) handle.__destroy_into_raw();
  handles.clear();
  instantiate();
}

/**
 * Runs a call into wasm: refusals are dressed. Anything else rebuilds the instance: a trap, or an error of the
 * caller's own (a getter, a proxy) that went through frames of wasm, which do not clean up after themselves.
 */
export function guarded<T>(call: () => T): T {
  ready();
  try {
    return dressed(call);
  } catch (error) {
    if (codeOf(error)) throw error;
    rebuild();
    throw new PartitionedAuthorityError('ERR_VERIFIER_FAULT', 'the verifier trapped and was rebuilt', { cause: error });
  }
}
