// The size table: what a browser downloads, wasm and glue together.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const row = (cells) =>
  cells.map((cell, index) => (index ? String(cell).padStart(9) : String(cell).padEnd(18))).join(' ');

/** Prints sizes in bytes; true if every artefact is within its budget. */
export function sizes(dist, artefacts, scripts) {
  console.log(row(['artefact', 'raw', 'gzip', 'brotli', 'budget']));
  let fits = true;
  const measure = (name, files, budget) => {
    const contents = files.map((file) => readFileSync(join(dist, file)));
    const total = (size) => contents.reduce((sum, content) => sum + size(content), 0);
    const brotli = total((content) => brotliCompressSync(content).length);
    const over = budget !== undefined && brotli > budget;
    fits &&= !over;
    console.log(
      row([name, total((c) => c.length), total((c) => gzipSync(c, { level: 9 }).length), brotli, budget ?? '–']) +
        (over ? '  OVER' : ''),
    );
  };
  for (const [name, { budget }] of artefacts) {
    measure(name, [`${name}/wasm/${name}.js`, `${name}/wasm/${name}_bg.wasm`], budget);
  }
  for (const script of scripts) measure(script, [script]);
  return fits;
}
