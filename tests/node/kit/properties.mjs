// What the property tests share: how a property is run, and values of every shape.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PartitionedAuthorityError } from 'partitioned-authority/verifier';

/** Runs of a property; more of them for a longer search. */
export const RUNS = Number(process.env.PROPERTY_RUNS ?? 300);

/** Holds a property. What breaks it is printed with the seed that finds it again. */
export const holds = (property, more) => fc.assert(property, { numRuns: RUNS, ...more });

/** What a call gives, or the code it refuses with, which must be one of `codes`. */
export function outcome(call, ...codes) {
  try {
    return { value: call() };
  } catch (error) {
    assert.ok(error instanceof PartitionedAuthorityError, `untyped: ${error?.stack ?? error}`);
    assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`);
    return { code: error.code };
  }
}

/** Holds that a call refuses with the code. */
export function refuses(call, code) {
  const { value } = outcome(call, code);
  assert.equal(value, undefined, 'accepted');
}

/** {@link outcome} of a promise. */
export async function outcomeOf(pending, ...codes) {
  const settled = await pending.then(
    (value) => () => value,
    (error) => () => {
      throw error;
    },
  );
  return outcome(settled, ...codes);
}

/** Anything JavaScript has, plain or not. */
export const anything = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
  key: fc.string({ unit: 'binary' }),
  maxDepth: 3,
});

export const bytes = (constraints) => fc.uint8Array({ maxLength: 200, ...constraints });

/** Text of any Unicode, with and without lone surrogates. */
export const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme-composite' }));

export const isWellFormed = (value) => !/\p{Surrogate}/u.test(value);

const codeUnits = (min, max, maxLength) =>
  fc.string({ unit: fc.integer({ min, max }).map((code) => String.fromCharCode(code)), maxLength });

/** What a String of a structured field holds. */
export const printable = codeUnits(0x20, 0x7e, 30);
/** What a request target holds. */
export const visible = codeUnits(0x21, 0x7e, 40);
/** What a field value could hold if nobody looked. */
export const latin1 = codeUnits(0, 0xff, 60);
