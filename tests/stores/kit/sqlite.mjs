// SQLite files for tests, with whichever handle this runtime has: `PAS_SQLITE` names it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteStore } from 'partitioned-authority/stores/sqlite';

const openers = {
  'better-sqlite3': async () => {
    const { default: Database } = await import('better-sqlite3');
    return (file) => new Database(file);
  },
  'node:sqlite': async () => {
    const { DatabaseSync } = await import('node:sqlite');
    return (file) => new DatabaseSync(file);
  },
  'bun:sqlite': async () => {
    const { Database } = await import('bun:sqlite');
    return (file) => new Database(file);
  },
};

export const handle = process.env.PAS_SQLITE ?? 'better-sqlite3';

/** Opens a file. */
export const openDatabase = await openers[handle]();

/** A folder of its own, and how it goes. */
export function scratch() {
  const folder = mkdtempSync(join(tmpdir(), 'pas-sqlite-'));
  return { file: join(folder, 'sessions.db'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A file, and stores on it, each with a handle of its own. */
export class Bench {
  #open = new Map();

  constructor(options = {}) {
    this.options = options;
    Object.assign(this, scratch());
  }

  store(options) {
    const database = openDatabase(this.file);
    try {
      const store = sqliteStore({ database, ...this.options, ...options });
      this.#open.set(store, database);
      return store;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  databaseOf(store) {
    return this.#open.get(store);
  }

  async reopen(store) {
    await this.end(store);
    return this.store();
  }

  async end(store) {
    await store.close();
    this.#open.get(store).close();
    this.#open.delete(store);
  }

  async dispose() {
    for (const store of [...this.#open.keys()]) await this.end(store).catch(() => {});
    this.remove();
  }
}

/** What the contract suite takes. */
export function subject(options) {
  const bench = new Bench(options);
  let store = bench.store();
  return {
    store,
    another: async () => bench.store(),
    reopen: async () => (store = await bench.reopen(store)),
    dispose: () => bench.dispose(),
  };
}
