// Runs jobs side by side: at most `slots` at a time over all suites, of those with the same lock one at a time, and
// none before what it needs. The longest of the last run come first, so that none is left over at the end.

/**
 * @typedef {object} Job
 * @property {string} name
 * @property {() => Promise<{ passed: number, failed: number, output?: string }>} run never rejects for a failed test
 * @property {string[]} [needs] names of jobs that have to pass first; one that is not asked for is no need
 * @property {string} [lock] what it has to itself
 * @property {number} [seconds] how long it is expected to take
 */

/** What a job came to: `unrun` names the need that failed. */
const settle = async (job) => {
  const started = performance.now();
  let outcome;
  try {
    outcome = await job.run();
  } catch (error) {
    outcome = { passed: 0, failed: 1, output: error.stack ?? String(error) };
  }
  return { job, ...outcome, seconds: (performance.now() - started) / 1000 };
};

/** Resolves when every job has run, or can't; `done` is told of each as it ends. */
export async function schedule(jobs, slots, done) {
  const names = new Set(jobs.map(({ name }) => name));
  const outcomes = new Map();
  const running = new Map();
  const left = [...jobs].sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0));
  const needsOf = ({ needs = [] }) => needs.filter((name) => names.has(name));
  const finish = (outcome) => {
    outcomes.set(outcome.job.name, outcome);
    done(
      outcome,
      [...running.keys()].map(({ name }) => name),
      left.length,
    );
  };
  const take = (isReady) => {
    const at = left.findIndex(isReady);
    return at < 0 ? undefined : left.splice(at, 1)[0];
  };
  while (left.length > 0 || running.size > 0) {
    const failed = (name) => outcomes.get(name)?.failed > 0;
    for (let job = take((next) => needsOf(next).some(failed)); job; job = take((next) => needsOf(next).some(failed))) {
      const need = needsOf(job).find(failed);
      finish({ job, passed: 0, failed: 1, seconds: 0, output: `not run: ${need} failed` });
    }
    const locks = new Set([...running.keys()].map(({ lock }) => lock));
    const isReady = (next) => needsOf(next).every((name) => outcomes.has(name)) && !(next.lock && locks.has(next.lock));
    const job = running.size < slots ? take(isReady) : undefined;
    if (job) {
      running.set(job, settle(job));
      continue;
    }
    if (running.size === 0) {
      // What is left waits for itself.
      for (const stuck of left.splice(0))
        finish({ job: stuck, passed: 0, failed: 1, seconds: 0, output: 'not run: its needs go in a circle' });
      break;
    }
    const outcome = await Promise.race(running.values());
    running.delete(outcome.job);
    finish(outcome);
  }
  return [...outcomes.values()];
}
