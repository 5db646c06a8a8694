// What a store costs: how often it is asked, how fast `admit` is, what a live session takes. `--large` adds
// 1,000,000 sessions to 100,000.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { rounds } from '../rounds.mjs';
import { drivers } from './drivers.mjs';

const measure = fileURLToPath(new URL('./measure.mjs', import.meta.url));
const sizes = process.argv.includes('--large') ? [100_000, 1_000_000] : [rounds(100_000, 300)];

/** The sessions that the bench itself remembers are in the heap too: 1,000,000 need more than the default. */
const flags = ['--expose-gc', '--max-old-space-size=6144'];

const number = (value, width) => value.toFixed(0).padStart(width);
const times = (value, floor) => `${(value / floor).toFixed(2)} ×`.padStart(10);

for (const size of sizes) {
  console.log(`${size.toLocaleString('en')} live sessions; ratios are to the memory driver of the same run`);
  let floor;
  for (const name of Object.keys(drivers)) {
    const args = [...flags, measure, name, String(size)];
    const figures = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
    floor ??= figures;
    const { hot, cold, keys, moved } = figures;
    const trips = ({ calls, roundTrips }) => `${calls} (${roundTrips} over the network)`;
    console.log(`  ${name}`);
    console.log(`    questions to the store per request        hot ${trips(hot)}, cold ${trips(cold)}`);
    console.log(
      `      with an interaction                     by keys ${trips(keys)}, with a movement ${trips(moved)}`,
    );
    for (const [key, label] of [
      ['one', 'one at a time'],
      ['many', '64 at a time'],
      ['withMovement', 'seen before'],
    ]) {
      const { perSecond, p50, p99 } = figures[key];
      console.log(
        [
          `    admit, ${label.padEnd(14)}`,
          `${number(perSecond, 9)} /s ${times(perSecond, floor[key].perSecond)}`,
          `  p50 ${number(p50, 6)} µs ${times(p50, floor[key].p50)}`,
          `  p99 ${number(p99, 6)} µs ${times(p99, floor[key].p99)}`,
        ].join(' '),
      );
    }
    for (const [key, label] of [
      ['bytesPerSession', 'session'],
      ['bytesPerReplayEntry', 'replay entry'],
    ]) {
      console.log(`    bytes per ${label.padEnd(12)} ${number(figures[key], 8)}    ${times(figures[key], floor[key])}`);
    }
  }
}
