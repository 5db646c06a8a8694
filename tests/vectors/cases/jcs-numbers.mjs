// A million doubles as V8 spells them, by their hash.
import { createHash } from 'node:crypto';
import { KINDS, doubles } from '../../independent/doubles.mjs';

export const about =
  'SHA-256 (hexadecimal) over the canonical text of `count` finite doubles, each followed by a line feed. They ' +
  'are made from xorshift64 (13, 7, 17) beginning with `seed`, by the rule of the name; see ' +
  'tests/independent/doubles.mjs.';

export const cases = () => Object.keys(KINDS).map((name, at) => ({
  name, seed: String(88172645463325252n + BigInt(at)), count: name === 'any bit pattern' ? 500_000 : 100_000,
}));

export function check({ name, seed, count }) {
  const hash = createHash('sha256');
  for (const number of doubles(name, seed, count)) hash.update(`${JSON.stringify(number)}\n`);
  return { sha256: hash.digest('hex') };
}
