// The three of them on one SQLite file.
import { scratch } from '../stores/kit/sqlite.mjs';
import { kill } from './kill.mjs';
import { replay } from './replay.mjs';
import { revoke } from './revoke.mjs';

const storeModule = new URL('./sqlite-store.mjs', import.meta.url);

const onFile = (run) => async (options) => {
  const { file, remove } = scratch();
  try {
    return await run({ storeModule, config: { file }, ...options });
  } finally {
    remove();
  }
};

export const sqliteReplay = onFile(replay);
export const sqliteRevoke = onFile(revoke);
export const sqliteKill = onFile(kill);
