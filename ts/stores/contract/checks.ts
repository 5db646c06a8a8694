/** What a case holds: plain checks, so that the suite needs no test runner and no host. */

/** A store that breaks its contract. */
export class ContractError extends Error {
  override readonly name = 'ContractError';
}

/** Equal in every part; a property that is undefined is as good as absent. */
function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].every((name) => equal(left[name], right[name]));
}

const shown = (value: unknown) => JSON.stringify(value) ?? String(value);

export function same(actual: unknown, expected: unknown, what: string): void {
  if (!equal(actual, expected)) throw new ContractError(`${what}: wanted ${shown(expected)}, got ${shown(actual)}`);
}

export function holds(condition: boolean, what: string): asserts condition {
  if (!condition) throw new ContractError(what);
}
