/** What a movement says in numbers: the view of 60 frames a second, the 38 features, the 20 numbers of privacy mode. */
import type { Sample } from './proof.js';

/** ms, CSS px, CSS px. */
export type Position = readonly [t: number, x: number, y: number];

const FRAME_MS = 1000 / 60;
const PRIVATE = [0, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 18, 22, 25, 26, 27, 28, 31];

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => (values.length > 0 ? sum(values) / values.length : 0);
const most = (values: readonly number[]) => Math.max(0, ...values);
const at = (values: readonly number[], place: number) => values[place] ?? NaN;
const pairs = <T>(values: readonly T[]) =>
  values.slice(1).map((value, before) => [values[before] as T, value] as const);
const changes = (values: readonly number[]) => pairs(values).map(([a, b]) => b - a);

/** To the nearest whole number, halves to even ones. */
function round(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
}

const within = (value: number, least: number, greatest: number) => Math.min(Math.max(value, least), greatest);

/** The samples of a way to a press, positions oldest first; newest first, as in a proof, and no more than fit there. */
export function samplesOf([pressT, pressX, pressY]: Position, path: readonly Position[], most = 100): Sample[] {
  const samples: Sample[] = [];
  let [age, x, y] = [0, 0, 0];
  for (const [t, pathX, pathY] of path.slice(-most).reverse()) {
    const dtMs = round(Math.max(pressT - t, age)) - age;
    age += dtMs;
    if (age > 2000) break;
    const step = (to: number, from: number) => within(round(within(to, -16_383, 16_383)) - from, -8191, 8191);
    const [dx, dy] = [step(pathX - pressX, x), step(pathY - pressY, y)];
    [x, y] = [x + dx, y + dy];
    samples.push({ dtMs, dx, dy });
  }
  return samples;
}

interface Place {
  t: number;
  x: number;
  y: number;
}

/** The newest position of each frame, without those at rest; times in frames, oldest first. */
function framesOf(samples: readonly Sample[]): Place[] {
  const kept: Place[] = [];
  let [t, x, y] = [samples[0]?.dtMs ?? 0, 0, 0];
  const newest = -t;
  t = 0;
  for (const { dtMs, dx, dy } of samples) {
    [t, x, y] = [t - dtMs, x + dx, y + dy];
    const frame = round((t - newest) / FRAME_MS);
    const newer = kept.at(-1);
    if (newer?.t === frame) continue;
    if (newer?.x === x && newer.y === y) newer.t = frame;
    else kept.push({ t: frame, x, y });
  }
  return kept.reverse();
}

/** The newest run of at least 8 positions that lie no more than 4 frames apart. */
function lastMovement(frames: readonly Place[]): Place[] | undefined {
  const runs: Place[][] = [];
  for (const place of frames) {
    const run = runs.at(-1);
    if (run && place.t - (run.at(-1)?.t ?? NaN) <= 4) run.push(place);
    else runs.push([place]);
  }
  return runs.findLast((run) => run.length >= 8);
}

const byte = (value: number) => within(round(value), 0, 255);
const ratio = (value: number) => byte(128 + 16 * lg(value));
const share = (value: number) => byte(1 + 254 * value);
const shareOf = (answers: readonly boolean[]) => (answers.length > 0 ? share(mean(answers.map(Number))) : 0);

/** Of x = 2ᵉ (1 + f): e + f, of which f is cut to 20 bits. */
function lg(value: number): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, Math.max(value, 2 ** -1022));
  return bits.getUint32(0) / 2 ** 20 - 1023;
}

function quantile(values: readonly number[], rank: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[round(rank * (sorted.length - 1))] ?? 0;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  if (a.length < 4) return 0;
  const [meanA, meanB] = [mean(a), mean(b)];
  const [awayA, awayB] = [a.map((value) => value - meanA), b.map((value) => value - meanB)];
  const product = (one: readonly number[], other: readonly number[]) =>
    sum(one.map((value, place) => value * at(other, place)));
  const squares = product(awayA, awayA) * product(awayB, awayB);
  return squares > 1e-9 ? byte(128 + (127 * product(awayA, awayB)) / Math.sqrt(squares)) : 0;
}

/** Of each value with the next. */
const memory = (values: readonly number[]) => correlation(values.slice(0, -1), values.slice(1));

/** Root mean square distances from the best polynomials of degrees 1, 3 and 5 in `times`, and 0.05. */
function residuals(times: readonly number[], values: readonly number[]): [number, number, number] {
  let left = [...values];
  let [basis, before] = [times.map(() => 1), times.map(() => 0)];
  let normBefore = 1;
  const distances = [0, 0, 0, 0, 0, 0];
  for (let degree = 0; degree <= 5; degree += 1) {
    const norm = sum(basis.map((value) => value * value));
    if (norm < 1e-9) break;
    const centre = sum(basis.map((value, place) => value * value * at(times, place))) / norm;
    const part = sum(left.map((value, place) => value * at(basis, place))) / norm;
    left = left.map((value, place) => value - part * at(basis, place));
    distances[degree] = Math.sqrt(mean(left.map((value) => value * value)));
    const back = norm / normBefore;
    const next = basis.map((value, place) => (at(times, place) - centre) * value - back * at(before, place));
    [basis, before, normBefore] = [next, basis, norm];
  }
  return [at(distances, 1) + 0.05, at(distances, 3) + 0.05, at(distances, 5) + 0.05];
}

/** The 38 bytes of the last movement before the press; undefined if there is too little of it. */
export function features(samples: readonly Sample[]): number[] | undefined {
  const movement = lastMovement(framesOf(samples));
  const [first, last] = [movement?.[0], movement?.at(-1)];
  if (!movement || !first || !last) return undefined;
  const distance = (a: Place, b: Place) => Math.sqrt((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y));
  const chord = distance(first, last);
  if (chord < 1) return undefined;

  const time = last.t - first.t;
  const steps = pairs(movement).map(([a, b]) => {
    const [k, s] = [b.t - a.t, distance(a, b)];
    return { from: a, to: b, dx: b.x - a.x, dy: b.y - a.y, k, s, v: s / k };
  });
  const path = sum(steps.map(({ s }) => s));
  const pace = path / time;
  const v = steps.map((step) => step.v);
  const plain = mean(v);
  const a = changes(v);
  const strength = mean(a.map(Math.abs));
  const top = most(v);
  const levels = v.map((speed) => lg(speed + 0.5));
  const late = steps.filter(({ to }) => to.t > last.t - 18).reverse();
  const [wx, wy] = [steps.map(({ dx, k }) => dx / k), steps.map(({ dy, k }) => dy / k)];
  const lengths = (x: readonly number[], y: readonly number[]) =>
    x.map((part, place) => Math.sqrt(part * part + at(y, place) * at(y, place)));
  const bends = lengths(changes(wx), changes(wy));
  const bendsOfBends = lengths(changes(changes(wx)), changes(changes(wy)));

  const turns = pairs(steps).map(([one, next]) => ({
    sin: (one.dx * next.dy - one.dy * next.dx) / (one.s * next.s),
    isAhead: one.dx * next.dx + one.dy * next.dy > 0,
    isWide: one.s >= 2 && next.s >= 2,
  }));
  const sharp = turns
    .filter(({ isWide }) => isWide)
    .map(({ sin, isAhead }) => (isAhead ? Math.abs(sin) : 2 - Math.abs(sin)));
  const sides = turns.map(({ sin }) => sin).filter((sin) => sin !== 0);

  const [ux, uy] = [(last.x - first.x) / chord, (last.y - first.y) / chord];
  const along = movement.map(({ x, y }) => (x - first.x) * ux + (y - first.y) * uy);
  const across = movement.map(({ x, y }) => (y - first.y) * ux - (x - first.x) * uy);
  const times = movement.map(({ t }) => (t - first.t) / time);
  const [along1, along3, along5] = residuals(times, along);
  const [across1, across3, across5] = residuals(times, across);
  const errors = times.map((u, place) => at(along, place) / chord - u * u * u * (10 - 15 * u + 6 * u * u));

  const k = steps.map((step) => step.k);
  const gaps = mean(steps.filter((step) => step.k > 1).map((step) => step.v));
  const shares = [1, 2, 3, 4].map((frames) => mean(k.map((other) => Number(other === frames))));

  return [
    ratio(quantile(v, 0.1) / pace),
    ratio(quantile(v, 0.25) / pace),
    ratio(quantile(v, 0.9) / pace),
    ratio(Math.sqrt(mean(v.map((speed) => (speed - plain) * (speed - plain)))) / pace + 0.001),
    ratio((mean(v.slice(v.length - Math.floor(v.length / 4)).reverse()) + 0.01) / pace),
    ratio((at(v, v.length - 1) + 0.01) / pace),
    memory(v),
    memory(a),
    share(((steps.find((step) => step.v === top)?.from.t ?? NaN) - first.t) / time),
    ratio(quantile(changes(levels).map(Math.abs), 0.9) + 0.01),
    ratio((sum(late.map(({ s }) => s)) + 0.5) / path),
    ratio(strength / pace + 0.001),
    ratio(mean(changes(a).map(Math.abs)) / (strength + 0.001) + 0.001),
    Math.min(
      255,
      pairs(a).filter(([before, after], place) => before < 0 && after > 0 && at(v, place + 1) < 0.2 * top).length,
    ),
    ratio((mean(bendsOfBends) + 0.1) / (mean(bends) + 0.1)),
    ratio(most(sharp) + 0.001),
    ratio(quantile(sharp, 0.9) + 0.001),
    ratio(mean(sharp) + 0.001),
    shareOf(pairs(sides).map(([one, next]) => one * next < 0)),
    ratio(1 - chord / path + 0.001),
    shareOf(changes(along).map((part) => part < 0)),
    ratio((most(along) - chord) / chord + 0.001),
    shareOf(steps.map(({ s }) => s <= 3)),
    shareOf(steps.map(({ dx, dy }) => dx === 0 || dy === 0)),
    ratio(most(across.map(Math.abs)) / chord + 0.001),
    ratio(along3 / chord),
    ratio(along5 / chord),
    ratio(across3 / chord),
    ratio(across5 / chord),
    ratio(along3 / along1),
    ratio(along5 / along3),
    ratio(across3 / across1),
    ratio(across5 / across3),
    ratio(Math.sqrt(mean(errors.map((error) => error * error))) + 0.001),
    shareOf(k.map((frames) => frames === 2)),
    gaps > 0 ? ratio(gaps / pace) : 0,
    share(1 - sum(shares.map((one) => one * one))),
    correlation(
      k,
      steps.map(({ s }) => s),
    ),
  ];
}

/** What privacy mode sends of them. */
export const privateNumbers = (bytes: readonly number[]) => PRIVATE.map((place) => Math.ceil(at(bytes, place) / 8));
