import { canonicaliser } from '../shared/canonical.js';
import { PartitionedAuthorityError, dressed } from '../shared/errors.js';
import { compile } from '../shared/wasm.js';
import { wasmBytes } from './wasm/inline.js';
import * as wasm from './wasm/iframe.js';

let loading: Promise<void> | undefined;
let loaded = false;

/** Compiles the wasm module once. @throws `ERR_WASM_UNAVAILABLE` */
export function init(): Promise<void> {
  loading ??= compile(wasmBytes()).then((module) => {
    wasm.initSync({ module });
    loaded = true;
  });
  return loading;
}

function call<T>(work: () => T): T {
  if (!loaded) throw new PartitionedAuthorityError('ERR_WASM_UNAVAILABLE', 'await init() first');
  return dressed(work);
}

/** The two origins of a deployment, as the page at the signing origin states them. */
export interface SigningFrameOptions {
  /** Origin of the pages that may ask for signatures. */
  appOrigin: string;
  /** Origin of this page; anything else refuses to start. */
  signOrigin: string;
}

/**
 * Makes this page a signing frame and tells its parent that it is ready.
 *
 * @throws `ERR_CONFIG_INVALID`, `ERR_CHANNEL_REFUSED` unless this page is of `signOrigin` and framed by
 * the top window, `ERR_WASM_UNAVAILABLE`
 */
export async function startSigningFrame({ appOrigin, signOrigin }: SigningFrameOptions): Promise<void> {
  await init();
  dressed(() => wasm.startSigningFrame(appOrigin, signOrigin));
}

export const { canonicalize, contentDigest, jwkThumbprint, signatureBase } = canonicaliser(wasm, call);
