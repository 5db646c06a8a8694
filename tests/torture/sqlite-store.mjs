// Opens the store of a worker on a SQLite file.
import { sqliteStore } from 'partitioned-authority/stores/sqlite';
import { openDatabase } from '../stores/kit/sqlite.mjs';

export function open({ file, ...options }) {
  const database = openDatabase(file);
  const store = sqliteStore({ database, maxReplayEntries: 10_000_000, ...options });
  return { store, close: () => store.close().then(() => database.close()) };
}
