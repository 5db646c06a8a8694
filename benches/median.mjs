// Medians and ratios: machines are noisy, so a time is only ever printed beside a floor of the same run.

import { rounds } from './rounds.mjs';

/** Median time of one call in µs, over batches. */
export async function median(work, { batches = 30, size = 50 } = {}) {
  batches = rounds(batches, 2);
  const times = [];
  for (let batch = 0; batch < batches; batch += 1) {
    const start = performance.now();
    for (let index = 0; index < size; index += 1) await work();
    times.push(((performance.now() - start) * 1000) / size);
  }
  return times.sort((a, b) => a - b)[batches >> 1];
}

/** One row: name, time, ratio to the floor. */
export const row = (name, time, floor) =>
  console.log(`${name.padEnd(46)} ${time.toFixed(1).padStart(9)} µs  ${(time / floor).toFixed(2).padStart(7)} × floor`);
