/** The core of consent: which text a request has, and when a press of Confirm counts. */
import { compile } from '../shared/wasm.js';
import { wasmBytes } from './wasm/inline.js';
import { initSync } from './wasm/consent.js';

export { ConfirmButton, ConsentRequest, assertionField } from './wasm/consent.js';

/** Compiles the module. @throws `ERR_WASM_UNAVAILABLE` */
export async function init(): Promise<void> {
  initSync({ module: await compile(wasmBytes()) });
}
