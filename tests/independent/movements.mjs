// Movements of a kind, by whole numbers only, so that every language makes the same ones.

/**
 * Least time and how much more (ms), the greatest step that all samples share, how much each differs (px), and that
 * one in so many rests, or comes 80 ms later; 0 for none.
 */
export const KINDS = {
  lines: [16, 1, 15, 1, 0, 0],
  '60 Hz': [15, 4, 15, 12, 0, 12],
  '125 Hz': [7, 3, 8, 6, 0, 20],
  '1000 Hz': [0, 3, 2, 3, 3, 0],
  rests: [14, 6, 6, 4, 3, 8],
  'far apart': [40, 60, 60, 30, 0, 0],
  wide: [10, 30, 4000, 4000, 9, 9],
};

/**
 * `count` movements as samples of a proof, `[ms, dx, dy]`, from xorshift32 (13, 17, 5) beginning with `seed`. Each draws how
 * many samples it has (8 to 100) and its shared step; each sample its time, its step, whether it rests and whether it
 * comes late. It ends before 2,000 ms.
 */
export function* movements(kind, seed, count) {
  const [least, more, drift, differs, rests, late] = KINDS[kind];
  let state = seed;
  const below = (end) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % end;
  };
  const either = (most) => below(2 * most + 1) - most;
  const oneIn = (many) => many > 0 && below(many) === 0;
  for (let made = 0; made < count; made += 1) {
    const length = 8 + below(93);
    const [x, y] = [either(drift), either(drift)];
    const samples = [];
    for (let age = 0; samples.length < length; ) {
      const ms = least + below(more);
      const step = [x + either(differs), y + either(differs)];
      const isAtRest = oneIn(rests);
      const dtMs = ms + (oneIn(late) ? 80 : 0);
      age += dtMs;
      if (age > 2000) break;
      samples.push([dtMs, ...(isAtRest ? [0, 0] : step)]);
    }
    yield samples;
  }
}
