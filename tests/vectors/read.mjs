// The vectors as they are published.
import { readFileSync } from 'node:fs';

/** The file of a kind: `{ about | source, deployment?, cases }`. */
export const vectors = (kind) => JSON.parse(readFileSync(new URL(`./${kind}.json`, import.meta.url), 'utf8'));
export const casesOf = (kind) => vectors(kind).cases;

/** What `work` gives; a refusal gives its code, and anything else is thrown. */
export async function outcome(work) {
  try {
    return { value: await work() };
  } catch (error) {
    if (typeof error?.code !== 'string' || !error.code.startsWith('ERR_')) throw error;
    return { code: error.code };
  }
}

/** Runs `read` over the cases of a kind; gives the names of those it sees otherwise, with what it sees. */
export async function differences(cases, read) {
  const found = [];
  for (const testCase of cases) {
    const { value, code } = await outcome(() => read(testCase));
    const differs = (what) => found.push(`${testCase.name}: ${what}`);
    if (code !== testCase.code) differs(`${code ?? 'accepted'}, not ${testCase.code ?? 'accepted'}`);
    for (const [name, seen] of Object.entries(value ?? {})) {
      if (JSON.stringify(seen) !== JSON.stringify(testCase[name])) differs(`${name} ${JSON.stringify(seen)}`);
    }
  }
  return found;
}
