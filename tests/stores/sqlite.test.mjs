// The SQLite driver with better-sqlite3.
import { test } from 'node:test';
import { all } from './kit/sqlite-all.mjs';
import { handle } from './kit/sqlite.mjs';

for (const { name, run } of all) test(`${handle}: ${name}`, run);
