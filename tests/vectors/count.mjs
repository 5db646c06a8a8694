// How many vectors there are of each kind.
import { readdirSync } from 'node:fs';
import { casesOf } from './read.mjs';

/** `[{ kind, positive, negative }]`: what is to be accepted, and what is to be refused. */
export function counts() {
  const files = readdirSync(new URL('.', import.meta.url)).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => {
    const kind = file.replace('.json', '');
    const cases = casesOf(kind);
    const negative = cases.filter(({ code }) => code !== undefined).length;
    return { kind, positive: cases.length - negative, negative };
  });
}
