/**
 * `partitioned-authority/stores/contract`: the suite that every driver passes. It needs no test runner:
 * each case has a name and a `run` that rejects if the store breaks the contract.
 *
 * @module
 */
import { admitCases } from './contract/admit.js';
import { clockCases } from './contract/clock.js';
import { evidenceCases } from './contract/evidence.js';
import { type Ability, Lab, type StoreUnderTest } from './contract/lab.js';
import { nodeCases } from './contract/nodes.js';
import { passkeyCases } from './contract/passkeys.js';
import { rateCases } from './contract/rates.js';
import { sessionCases } from './contract/sessions.js';
import { ticketCases, valueCases } from './contract/values.js';

export { ContractError } from './contract/checks.js';
export type { Ability, StoreUnderTest } from './contract/lab.js';
export type * from './types.js';

export interface ContractCase {
  name: string;
  run(): Promise<void>;
}

/**
 * The cases. `make` gives each of them a store. What it can't give must be named in `without`: cases that
 * need it are left out then, and fail otherwise.
 */
export function storeContract(
  make: () => Promise<StoreUnderTest>,
  { without = [] }: { without?: readonly Ability[] } = {},
): ContractCase[] {
  const all = [
    ...admitCases,
    ...rateCases,
    ...sessionCases,
    ...ticketCases,
    ...valueCases,
    ...clockCases,
    ...evidenceCases,
    ...passkeyCases,
    ...nodeCases,
  ];
  return all
    .filter(({ needs }) => !needs.some((ability) => without.includes(ability)))
    .map(({ name, work }) => ({
      name,
      async run() {
        const lab = new Lab(await make());
        try {
          await work(lab);
        } finally {
          await lab.close();
        }
      },
    }));
}
