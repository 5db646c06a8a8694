// Where tools that are built or fetched once are kept: outside the clone, by version, so that a second clone needs
// none of it again. PAS_CACHE names another folder.
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const cache =
  process.env.PAS_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'partitioned-authority');

/** A folder of the cache, by name and version. */
export const cached = (name, version) => join(cache, `${name}-${version}`);

/**
 * Fills a folder of the cache: `fill` works in one beside it, which takes its place when it is done. Two set-ups at
 * once do the work twice and disturb neither.
 */
export async function fillOnce(folder, fill) {
  if (existsSync(folder)) return;
  // A name of its own: processes of two containers can have one number.
  const draft = `${folder}.${randomUUID()}`;
  mkdirSync(draft, { recursive: true });
  try {
    await fill(draft);
    try {
      renameSync(draft, folder);
    } catch (error) {
      if (!existsSync(folder)) throw error;
    }
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
