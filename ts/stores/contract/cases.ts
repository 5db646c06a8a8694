import type { Ability, Lab } from './lab.js';

/** One sentence of the contract, and how it is held. */
export interface Case {
  name: string;
  needs: Ability[];
  work(lab: Lab): Promise<void>;
}

/** Cases from a table of sentences. */
export function cases(table: Record<string, (lab: Lab) => Promise<void>>, ...needs: Ability[]): Case[] {
  return Object.entries(table).map(([name, work]) => ({ name, needs, work }));
}
