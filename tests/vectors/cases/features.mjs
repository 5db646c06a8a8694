// What is measured of a movement: 38 bytes, of which privacy mode sends 20, coarser.
import { createHash } from 'node:crypto';
import { KINDS, movements } from '../../independent/movements.mjs';

export const about =
  'The numbers of movements, hexadecimal: `features`, and `private` as privacy mode sends them; neither where there is ' +
  'too little movement. `samples` are [ms, dx, dy], newest first, as in a proof; where there is a `path`, positions ' +
  '[ms, x, y] with the oldest first, they are made of it and the `press`. A case with a `seed` is `count` movements of a ' +
  'kind (tests/independent/movements.mjs); `sha256` is over the features and private numbers of each, one byte 0 for too ' +
  'little.';

export function cases() {
  const every = (ms, place, count = 100) => Array.from({ length: count }, (_, i) => [i * ms, ...place(i * ms, i)]);
  const of = (name, path, press) => ({ name, press: press ?? [path.at(-1)[0] + 40, ...path.at(-1).slice(1)], path });
  const line = (t) => [100 + t / 2, 300];
  /** Sets out, arrives, and bows on the way. */
  const reach = (t) => {
    const u = Math.min(1, t / 800);
    return [60 + 400 * u * u * (3 - 2 * u), 500 - 180 * u + 90 * u * (1 - u)];
  };
  const whole = (place) => (t, i) => place(t, i).map(Math.round);
  const wave = (t) => [20 + t / 3, 200 + 40 * Math.abs((t % 400) - 200) / 200];
  const circle = (t) => {
    // A turn by (0.8, 0.6), of whole numbers but for rounding.
    let [x, y] = [100, 0];
    for (let i = 0; i < t / 64; i += 1) [x, y] = [0.8 * x - 0.6 * y, 0.6 * x + 0.8 * y];
    return [300 + x, 300 + y];
  };
  return [
    of('nothing', [], [0, 0, 0]),
    of('one position', [[0, 10, 10]]),
    of('7 positions', every(16, line, 7)),
    of('8 positions', every(16, line, 8)),
    of('8 positions in 7 frames', [...every(16, line, 7), [100, 400, 300]]),
    of('8 positions, one at rest', [...every(16, line, 7), [112, ...line(96)]]),
    of('less than 1 px from end to end', every(16, (t, i) => [i % 2, 0], 9)),
    of('1 px from end to end', every(16, (t, i) => [i % 2, 0], 10)),
    of('a horizontal line', every(16, whole(line), 40)),
    of('a vertical line', every(16, (t) => [300, Math.round(t / 2)], 40)),
    of('a diagonal line', every(16, (t, i) => [3 * i, 4 * i], 40)),
    of('a line there and back', every(16, (t, i) => [100 + 5 * Math.abs(20 - i), 0], 39)),
    of('a reach', every(16, whole(reach), 60)),
    of('a reach, seen by a clock of 60 Hz', every(1000 / 60, whole(reach), 60)),
    of('a reach, times of a tenth of a ms', every(16.7, whole(reach), 60)),
    of('a reach, mirrored', every(16, (t) => whole(reach)(t).map((part) => -part), 60)),
    ...[5, 15, 30, 60, 75, 120, 125, 144, 250, 500, 1000].map((hertz) =>
      of(`a reach at ${hertz} Hz`, every(1000 / hertz, whole(reach), Math.min(100, hertz)))),
    of('more than 100 positions', every(8, whole(reach), 140)),
    of('more than 2 s', every(30, whole(wave), 90)),
    of('a wave', every(16, whole(wave))),
    of('a circle', every(16, whole(circle), 60)),
    ...[1.25, 1.5, 2, 2.625, 3].map((dpr) =>
      of(`fractions of a pixel ratio of ${dpr}`, every(16, (t) => reach(t).map((part) => Math.round(part * dpr) / dpr), 60))),
    of('halves', every(16, (t, i) => [i * 5 + 0.5, 100.5 - i * 1.5], 40), [640, 200, 41.5]),
    of('rests on the way', every(16, (t, i) => whole(reach)(16 * (i - (i % 5))), 60)),
    of('a pause of 4 frames', [...every(16, whole(wave), 20), ...every(16, whole(wave), 20).map(([t, x, y]) => [t + 370, x + 150, y])]),
    of('a pause of 5 frames', [...every(16, whole(wave), 20), ...every(16, whole(wave), 20).map(([t, x, y]) => [t + 390, x + 150, y])]),
    of('too little after a pause', [...every(16, whole(wave), 20), ...every(16, whole(wave), 6).map(([t, x, y]) => [t + 600, x + 150, y])]),
    of('late events, six at a time', every(16, (t, i) => whole(reach)(t, i), 60).map(([t, x, y], i) => [16 * (i - (i % 6)), x, y])),
    of('every other frame', every(33, whole(reach), 30)),
    of('gaps of 3 and 1 frames', every(17, whole(reach), 60).filter((_, i) => i % 4 < 2)),
    of('an event after the press', every(16, whole(reach), 50), [700, 400, 300]),
    of('a clock that runs back', every(16, whole(reach), 50).map(([t, x, y], i) => [i % 7 === 3 ? t - 40 : t, x, y])),
    of('the widest steps', every(16, (t, i) => [i % 2 === 0 ? 0 : 8191, i], 30), [520, 0, 0]),
    of('wider steps than a proof holds', every(16, (t, i) => [i % 3 === 0 ? 30_000 : -30_000, i * 2000], 30), [520, 0, 0]),
    of('far away', every(16, (t) => whole(reach)(t).map((part) => part + 1e9), 50)),
    of('every number huge', every(16, (t, i) => [i * 1e300, -i * 1e300], 12), [300, 0, 0]),
    of('all at one moment', every(0, (t, i) => [i * 9, i], 30)),
    of('a staircase', every(16, (t, i) => [10 * Math.floor(i / 2), 10 * Math.floor((i + 1) / 2)], 50)),
    of('a jump at the end', [...every(16, whole(reach), 40), [660, 900, 40]]),
    ...Object.keys(KINDS).map((kind, at) => ({ name: `generated, ${kind}`, seed: 2463534242 + at, count: 2000 })),
  ];
}

export function check({ name, press, path, seed, count }, { features, hex, privateNumbers, samplesOf }) {
  if (path) {
    const samples = samplesOf(press, path);
    const found = features(samples);
    return {
      samples: samples.map(({ dtMs, dx, dy }) => [dtMs, dx, dy]),
      ...(found ? { features: hex(Uint8Array.from(found)), private: hex(Uint8Array.from(privateNumbers(found))) } : {}),
    };
  }
  const hash = createHash('sha256');
  for (const samples of movements(name.replace('generated, ', ''), seed, count)) {
    const found = features(samples.map(([dtMs, dx, dy]) => ({ dtMs, dx, dy })));
    hash.update(Uint8Array.from(found ? [...found, ...privateNumbers(found)] : [0]));
  }
  return { sha256: hash.digest('hex') };
}
