// Node 20 runs no TypeScript: the second implementation is bundled into one file and imported from there.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

async function load() {
  const folder = await mkdtemp(join(tmpdir(), 'pas-independent-'));
  const outfile = join(folder, 'independent.mjs');
  try {
    await build({
      entryPoints: [fileURLToPath(new URL('./index.ts', import.meta.url))],
      bundle: true,
      outfile,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      sourcemap: 'inline',
    });
    return await import(pathToFileURL(outfile));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Everything that `index.ts` exports. */
export const independent = await load();
