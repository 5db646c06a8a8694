// `npm run live:interaction`: what real drivers' clicks are worth, end to end. A line for each way to click.
import { setup } from '../../tools/setup.mjs';
import { build } from '../../tools/build.mjs';

const clicks = Number(process.argv.find((argument) => /^\d+$/.test(argument)) ?? 8);
await setup({ tests: true });
await build();
const { LIMIT_BITS, bitsOf, capture, isCaught } = await import('./kit/capture.mjs');

for (const mode of ['private', 'samples']) {
  console.log(
    `\n${mode === 'private' ? 'privacy mode' : 'with trajectories'}, ${clicks} clicks each; caught: by one click, where at most`,
  );
  console.log(`0.3 % of people are, which is ${LIMIT_BITS.toFixed(1)} bits of evidence`);
  console.log(`${'way to click'.padEnd(42)} caught  mechanical  least bits  most frequent reasons`);
  for (const [way, rows] of await capture({ clicks, mode })) {
    const counts = new Map();
    for (const reason of rows.flatMap((row) => row.reasons)) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    const often = [...counts]
      .sort(([, a], [, b]) => b - a)
      .slice(0, 3)
      .map(([reason]) => reason)
      .join('; ');
    const figures = [
      (rows.filter(isCaught).length / rows.length).toFixed(2).padStart(6),
      String(rows.filter(({ band }) => band === 'mechanical').length).padStart(10),
      Math.min(...rows.map(bitsOf))
        .toFixed(1)
        .padStart(10),
    ];
    console.log([way.padEnd(42), ...figures, often].join('  ').replace(/^(.{42})  /, '$1 '));
  }
}
