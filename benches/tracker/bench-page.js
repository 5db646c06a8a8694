// The page's half of the bench. It keeps the tracker's own listener, so that the very function that
// ships is measured, and feeds it trusted events that the browser made.

const listeners = new Map();
const add = window.addEventListener;
window.addEventListener = function (type, listener, options) {
  listeners.set(type, listener);
  return add.call(this, type, listener, options);
};

const { createTracker, init } = await import('/pkg/tracker/index.js');
await init();
const tracker = createTracker();
tracker.start();
window.addEventListener = add;
const handler = listeners.get('pointermove');

/** Trusted events as they arrived, those with most samples first. */
const seen = [];
addEventListener('pointermove', (event) => seen.push(event), { passive: true, capture: true });

let sink = 0;

/** The least a tracker could do: read each sample once. */
const floor = (event) => {
  for (const { timeStamp, clientX, clientY } of event.getCoalescedEvents()) sink += timeStamp + clientX + clientY;
};

const time = (listener, event, calls) => {
  const start = performance.now();
  for (let i = 0; i < calls; i++) listener(event);
  return ((performance.now() - start) / calls) * 1000;
};

const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))];

window.bench = {
  /** Holds the main thread, so that the browser queues and coalesces what arrives. */
  block: (ms) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  },

  proof: () => tracker.proof('bench', 'POST', '/bench?', '')?.length,

  seen: () => ({
    events: seen.length,
    samples: Math.max(0, ...seen.map((event) => event.getCoalescedEvents().length)),
  }),

  /** µs per sample of the tracker and of the floor, by turns, `rounds` times, for one trusted event. */
  measure: (most, rounds, calls) => {
    const count = (event) => event.getCoalescedEvents().length;
    const sorted = seen.filter((event) => count(event) > 0).sort((a, b) => count(a) - count(b));
    const event = most ? sorted.at(-1) : sorted[0];
    if (!event?.isTrusted) throw new Error('no trusted event to measure with');
    const samples = count(event);
    time(handler, event, calls);
    time(floor, event, calls);
    const tracked = [];
    const floors = [];
    for (let i = 0; i < rounds; i++) {
      tracked.push(time(handler, event, calls) / samples);
      floors.push(time(floor, event, calls) / samples);
    }
    return {
      samples,
      trusted: event.isTrusted,
      tracker: { median: quantile(tracked, 0.5), p95: quantile(tracked, 0.95) },
      floor: { median: quantile(floors, 0.5), p95: quantile(floors, 0.95) },
      sink: Number.isFinite(sink),
    };
  },
};
document.title = 'ready';
