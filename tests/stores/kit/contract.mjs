// The contract suite under Node's runner. Any other works the same way: a name, and a function that rejects.
import { test } from 'node:test';
import { storeContract } from 'partitioned-authority/stores/contract';

/** Registers every case for a driver; arguments as for `storeContract`. */
export function holdToContract(driver, make, options) {
  for (const { name, run } of storeContract(make, options)) test(`${driver}: ${name}`, run);
}
