/**
 * Where the demo keeps its sessions, and the secret that they are made with: a folder with an SQLite file, so
 * that they survive a restart; Redis, if a URL is given; this process's memory, without a folder.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { memoryStore } from 'partitioned-authority/stores/memory';

/** Resolves with `{ store, secret, kind, close }`. `clock` (ms since the epoch) can't move Redis' own. */
export async function openStore({ folder, redisUrl, clock }) {
  const secret = folder === undefined ? randomBytes(32) : await keptSecret(folder);
  const opened = redisUrl ? await redis(redisUrl) : folder === undefined ? memory(clock) : await sqlite(folder, clock);
  return { secret, ...opened };
}

function memory(clock) {
  const store = memoryStore({ ...(clock && { clock }) });
  return { kind: 'memory', store, close: () => store.close() };
}

/** node:sqlite where Node has it, else better-sqlite3. */
async function sqlite(folder, clock) {
  const { sqliteStore } = await import('partitioned-authority/stores/sqlite');
  const file = join(folder, 'sessions.sqlite');
  const [major, minor] = process.versions.node.split('.').map(Number);
  const builtIn = major > 22 || (major === 22 && minor >= 13);
  const database = builtIn
    ? new (await import('node:sqlite')).DatabaseSync(file)
    : new (await import('better-sqlite3')).default(file);
  const store = sqliteStore({ database, ...(clock && { clock }) });
  const close = async () => {
    await store.close();
    database.close();
  };
  return { kind: `SQLite, ${file}`, store, close };
}

async function redis(url) {
  const [{ createClient }, { redisStore }] = await Promise.all([
    import('redis'),
    import('partitioned-authority/stores/redis'),
  ]);
  const client = createClient({ url });
  // node-redis reconnects by itself; until then the store refuses.
  client.on('error', (error) => console.error(`demo   Redis: ${error.message}`));
  await client.connect();
  const store = redisStore({ client, prefix: 'pas-demo:' });
  try {
    await store.check();
  } catch (error) {
    client.destroy();
    throw error;
  }
  const close = async () => {
    await store.close();
    await client.close();
  };
  return { kind: 'Redis', store, close };
}

/** The same secret after a restart: sessions made under another one could not be found. */
async function keptSecret(folder) {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'secret');
  try {
    // Fails if it is there already.
    await writeFile(path, randomBytes(32), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  return readFile(path);
}
