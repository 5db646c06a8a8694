/** How often a bench does something: `few` in the smoke run of `npm test`, which only shows that it measures what it says. */
export const rounds = (many, few) => (process.env.PAS_BENCH_SMOKE ? few : many);
