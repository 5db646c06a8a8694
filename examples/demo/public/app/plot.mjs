/** Draws the tracker's snapshot: where the pointer went, and how fast. */
import { drawn, element } from './dom.mjs';

const WIDTH = 480;
const EDGE = 14;

/** Two pictures, or a sentence where there is no path to draw. */
export function plotTrail(snapshot) {
  if (!snapshot) return [sentence('The page saw no interaction.')];
  const { kind, points, velocity } = snapshot;
  if (kind === 'keyboard' || kind === 'assistive') {
    return [sentence('You used the keyboard or assistive technology. There is no path, only the timing of the press.')];
  }
  if (points.length < 2) return [sentence('The pointer did not move before the press, so there is no path to draw.')];
  return [path(points), speed(velocity)];
}

/** `points` are `[t, x, y]`, oldest first, in ms before the press and CSS px. */
function path(points) {
  const height = 200;
  const box = bounds(points);
  const scale = Math.min((WIDTH - 2 * EDGE) / box.width, (height - 2 * EDGE) / box.height, 2);
  const placed = points.map(([, x, y]) => [
    WIDTH / 2 + (x - box.x - box.width / 2) * scale,
    height / 2 + (y - box.y - box.height / 2) * scale,
  ]);
  const [pressX, pressY] = placed.at(-1);
  return picture(
    height,
    `Pointer path of ${points.length} points, ending in a press`,
    drawn('path', { class: 'trace', d: line(placed) }),
    placed.map(([x, y]) => drawn('circle', { class: 'point', cx: x.toFixed(1), cy: y.toFixed(1), r: 2 })),
    drawn('circle', { class: 'press', cx: pressX.toFixed(1), cy: pressY.toFixed(1), r: 7 }),
  );
}

/** `velocity` is `[t, px/ms]`, oldest first. */
function speed(velocity) {
  const height = 96;
  const first = velocity[0]?.[0] ?? 0;
  const duration = Math.max(-first, 1);
  const top = Math.max(...velocity.map(([, v]) => v), 0.001);
  const x = (t) => EDGE + ((t - first) / duration) * (WIDTH - 2 * EDGE);
  const y = (v) => height - EDGE - (v / top) * (height - 3 * EDGE);
  const curve = velocity.map(([t, v]) => [x(t), y(v)]);
  const label = `Speed: at most ${(top * 1000).toFixed(0)} px/s, in the ${Math.round(duration)} ms before the press`;
  return picture(
    height,
    label,
    curve.length > 1 &&
      drawn('path', {
        class: 'area',
        d: `${line(curve)}L${curve.at(-1)[0].toFixed(1)} ${y(0)}L${curve[0][0].toFixed(1)} ${y(0)}Z`,
      }),
    curve.length > 1 && drawn('path', { class: 'trace', d: line(curve) }),
    drawn('text', { x: EDGE, y: EDGE + 2 }, label),
  );
}

function picture(height, label, ...children) {
  return drawn(
    'svg',
    { class: 'plot', viewBox: `0 0 ${WIDTH} ${height}`, role: 'img', 'aria-label': label },
    ...children,
  );
}

function line(points) {
  return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
}

function bounds(points) {
  const [xs, ys] = [points.map(([, x]) => x), points.map(([, , y]) => y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(Math.max(...xs) - x, 1), height: Math.max(Math.max(...ys) - y, 1) };
}

function sentence(text) {
  return element('p', { class: 'quiet' }, text);
}
