/** Time for the attacks themselves, out of reach of the one that moves this page's clocks. */

const monotonic = performance.now.bind(performance);

/** Milliseconds on the page's monotonic clock. */
export const now = () => monotonic();

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
