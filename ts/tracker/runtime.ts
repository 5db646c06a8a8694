import { canonicaliser } from '../shared/canonical.js';
import { PartitionedAuthorityError, dressed } from '../shared/errors.js';
import { type WasmSource, compile } from '../shared/wasm.js';
import type { InteractionTracker, TrackerOptions, TrackerSnapshot } from './types.js';
import * as wasm from './wasm/tracker.js';

let loading: Promise<void> | undefined;
let loaded = false;

/** Instantiates the module once; later calls share it. A failure can be retried. */
export function load(source: () => WasmSource): Promise<void> {
  loading ??= compile(source()).then(
    (module) => {
      wasm.initSync({ module });
      loaded = true;
    },
    (error: unknown) => {
      loading = undefined;
      throw error;
    },
  );
  return loading;
}

function call<T>(work: () => T): T {
  if (!loaded) throw new PartitionedAuthorityError('ERR_WASM_UNAVAILABLE', 'await init() first');
  return dressed(work);
}

/**
 * A tracker over the window's events. It sees nothing before `start()`.
 *
 * @throws `ERR_CONFIG_INVALID` for options out of range, `ERR_WASM_UNAVAILABLE` before `init()`
 */
export function createTracker(options: TrackerOptions = {}): InteractionTracker {
  const inner = call(() => new wasm.InteractionTracker(options));
  let disposed = false;
  const live = () => {
    if (disposed) throw new PartitionedAuthorityError('ERR_CHANNEL_CLOSED', 'the tracker was disposed');
    return inner;
  };
  return {
    start: () => dressed(() => live().start()),
    stop: () => dressed(() => live().stop()),
    get isRunning() {
      return !disposed && inner.isRunning;
    },
    proof: (action, method, target, digest) =>
      dressed(() => live().proof(action, method, target, digest)) as Uint8Array<ArrayBuffer> | undefined,
    snapshot: () => dressed(() => live().snapshot()) as TrackerSnapshot | undefined,
    dispose() {
      if (disposed) return;
      disposed = true;
      inner.stop();
      inner.free();
    },
  };
}

export const { canonicalize, contentDigest, jwkThumbprint, signatureBase } = canonicaliser(wasm, call);
