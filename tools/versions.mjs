// The tools that cargo builds, and their one version each.
import { join } from 'node:path';
import { cached } from './cache.mjs';

export const cargoTools = {
  'wasm-pack': { crate: 'wasm-pack', version: '0.15.0', for: 'build' },
  'wasm-bindgen': { crate: 'wasm-bindgen-cli', version: '0.2.130', for: 'build' },
  'cargo-deny': { crate: 'cargo-deny', version: '0.20.2', for: 'audit' },
  'cargo-fuzz': { crate: 'cargo-fuzz', version: '0.13.2', for: 'fuzz' },
};

/** Where cargo puts a tool. */
export const toolFolder = (name) => cached(cargoTools[name].crate, cargoTools[name].version);

/** Folders with programs, for PATH. */
export const toolPath = Object.keys(cargoTools).map((name) => join(toolFolder(name), 'bin'));
