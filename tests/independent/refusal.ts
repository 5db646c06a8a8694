/** Why a value or a request is refused: one of the codes of the protocol. */
export class Refusal extends Error {
  readonly code: string;

  constructor(code: string, why: string) {
    super(`${code}: ${why}`);
    this.code = code;
  }
}

/** The outcome of `work`, or the code it was refused with. */
export function attempt<T>(work: () => T): { value: T } | { code: string } {
  try {
    return { value: work() };
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code };
    throw error;
  }
}

/** Runs `work`; a refusal of any code becomes one of `code`. */
export function as<T>(code: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal(code, error.message);
    throw error;
  }
}
