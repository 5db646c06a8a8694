// Doubles by seed, the same in every language that has 64-bit integers: what a canonicaliser must spell as
// ECMAScript does.
const MASK = (1n << 64n) - 1n;
const bits = new BigUint64Array(1);
const view = new Float64Array(bits.buffer);

/** xorshift64 */
const step = (state) => {
  let next = state ^ ((state << 13n) & MASK);
  next ^= next >> 7n;
  return next ^ ((next << 17n) & MASK);
};

const doubleOf = (pattern) => {
  bits[0] = pattern & MASK;
  return view[0];
};
const bitsOf = (number) => {
  view[0] = number;
  return bits[0];
};
const SIGN = 1n << 63n;

/** How each kind makes a double of 64 random bits. */
export const KINDS = {
  'any bit pattern': (random) => doubleOf(random),
  subnormals: (random) => doubleOf(random & (SIGN | ((1n << 52n) - 1n))),
  // Within 2048 of ±2^53, where whole numbers stop being dense.
  'around 2^53': (random) => Number((1n << 53n) - 2048n + (random & 4095n)) * (random & SIGN ? -1 : 1),
  // Up to 31 steps beside 10^-330 to 10^308, which takes in 1e21, 1e-6 and 1e-7, where the spelling changes.
  'around powers of ten': (random) => {
    const power = Number(`1e${Number((random >> 8n) % 639n) - 330}`);
    const near = doubleOf(bitsOf(power) + (random & 63n) - 32n);
    return near >= 0 ? near * (random & SIGN ? -1 : 1) : 0;
  },
  'whole numbers': (random) => Number(BigInt.asIntN(64, random) >> (random & 63n)),
  'up to four decimals': (random) => Number(BigInt.asIntN(64, random) >> 24n) / 10 ** Number(random & 3n),
};

/** `count` finite doubles of a kind. */
export function* doubles(kind, seed, count) {
  let state = BigInt(seed);
  for (let made = 0; made < count; ) {
    state = step(state);
    const number = KINDS[kind](state);
    if (!Number.isFinite(number)) continue;
    made += 1;
    yield number;
  }
}
