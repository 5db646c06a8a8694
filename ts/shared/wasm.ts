import { PartitionedAuthorityError } from './errors.js';

/** A wasm module, or what one can be made from. */
export type WasmSource = WebAssembly.Module | BufferSource | Response | URL | string | Promise<Response>;

/**
 * Compiles `source`. A wrong MIME type does not matter: bytes are compiled, nothing is streamed.
 *
 * @throws `ERR_WASM_UNAVAILABLE`, for example under a CSP without `'wasm-unsafe-eval'`.
 */
export async function compile(source: WasmSource): Promise<WebAssembly.Module> {
  try {
    const given = await source;
    if (given instanceof WebAssembly.Module) return given;
    if (given instanceof URL || typeof given === 'string') return await compile(await fetch(given));
    if (given instanceof Response) {
      if (!given.ok) throw new Error(`the wasm module answered ${given.status}`);
      return await WebAssembly.compile(await given.arrayBuffer());
    }
    return await WebAssembly.compile(given);
  } catch (cause) {
    if (cause instanceof PartitionedAuthorityError) throw cause;
    throw new PartitionedAuthorityError(
      'ERR_WASM_UNAVAILABLE',
      "WebAssembly can't be compiled; a Content-Security-Policy needs 'wasm-unsafe-eval' in script-src",
      { cause },
    );
  }
}
