// In small numbers what `npm run torture` does in large ones: several server processes on one SQLite file.
import { test } from 'node:test';
import { sqliteKill, sqliteReplay, sqliteRevoke } from '../torture/sqlite.mjs';

test('of many uses of one signed request over four processes, one is accepted', () =>
  sqliteReplay({ uses: 200, others: 50, rounds: 4 }));

test('nothing is accepted over four processes once a revocation is back', () =>
  sqliteRevoke({ inFlight: 120, rounds: 4 }));

test('a server killed in mid-load accepts nothing twice, and loses no session', () => sqliteKill({ kills: 3 }));
