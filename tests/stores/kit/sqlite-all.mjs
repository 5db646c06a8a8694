// Everything the SQLite driver is held to, for any runtime and runner: names, and functions that reject.
import { storeContract } from 'partitioned-authority/stores/contract';
import { fullCases } from './full.mjs';
import { movableClock } from './requests.mjs';
import { sqliteCases } from './sqlite-cases.mjs';
import { Bench, subject } from './sqlite.mjs';

const contract = storeContract(async () => {
  const { clock, advance } = movableClock();
  return { ...subject({ clock }), advance };
});

const full = fullCases((limits) => {
  const { clock, advance } = movableClock();
  const bench = new Bench({ clock, ...limits });
  return { store: bench.store(), advance, dispose: () => bench.dispose() };
});

export const all = [...contract, ...full, ...sqliteCases];
