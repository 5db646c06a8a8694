/** From a proof with a trajectory to that of privacy mode. */
import { features, privateNumbers } from './movement.js';
import { DWELLS, MARKS, type PrivateProof, type TrajectoryProof } from './proof.js';

export function privateProof(proof: TrajectoryProof): PrivateProof {
  const hovers = proof.kind === 'mouse' || proof.kind === 'pen';
  const bytes = hovers ? features(proof.samples) : undefined;
  const { dwellMs } = proof;
  return {
    kind: proof.kind,
    eventId: proof.eventId,
    ageMs: proof.ageMs,
    actionHash: proof.actionHash,
    flags: { ...proof.flags, coalesced: false, fractional: false },
    ...(dwellMs === undefined ? {} : { dwellMs: DWELLS.findLast((least) => least <= dwellMs) ?? 0 }),
    detail: Math.min(proof.detail, 3),
    marks: hovers ? MARKS.filter((name) => found(proof)[name]) : [],
    ...(bytes ? { numbers: privateNumbers(bytes) } : {}),
  };
}

function found({ kind, flags, pixelRatio16, offsetX, offsetY, width, height, samples }: TrajectoryProof) {
  // From the newest on; ages in ms, positions from the press.
  let [age, x, y] = [0, 0, 0];
  const places = samples.map(({ dtMs, dx, dy }) => ([age, x, y] = [age + dtMs, x + dx, y + dy]) && { age, x, y });
  const [newest, oldest] = [places[0], places.at(-1)];
  const steps = places.slice(1).map((from, before) => {
    const to = places[before] ?? from;
    return {
      ms: from.age - to.age,
      px: Math.sqrt((to.x - from.x) * (to.x - from.x) + (to.y - from.y) * (to.y - from.y)),
    };
  });
  const path = steps.reduceRight((sum, { px }) => sum + px, 0);
  const duration = (oldest?.age ?? 0) - (newest?.age ?? 0);
  const speed = duration > 0 ? path / duration : 0;
  const isMiddle = (offset: number, size: number) =>
    size >= 16 && Math.abs(offset - 500) <= Math.max(1, Math.floor(500 / size));
  const isStraight = () => {
    if (!newest || !oldest) return false;
    const [dx, dy] = [newest.x - oldest.x, newest.y - oldest.y];
    const chord = Math.sqrt(dx * dx + dy * dy);
    return places.every((place) => Math.abs(dx * (place.y - oldest.y) - dy * (place.x - oldest.x)) <= chord);
  };
  const isEven = () =>
    speed > 0 && steps.every(({ ms, px }) => Math.abs(px - speed * ms) <= 0.02 * speed * ms + speed + 1);
  return {
    centre: isMiddle(offsetX, width) && isMiddle(offsetY, height),
    offGrid: kind === 'mouse' && flags.fractional && pixelRatio16 === 16,
    appeared: places.length === 1 && newest?.x === 0 && newest.y === 0 && newest.age <= 50,
    ruled: places.length >= 10 && path >= 100 && isStraight() && isEven(),
    impossible: places.length >= 5 && speed > 60,
    timeless: places.length >= 20 && path > 300 && duration === 0 && newest?.age === 0,
  };
}
