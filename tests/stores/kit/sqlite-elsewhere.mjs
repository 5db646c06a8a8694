// Runs the cases in a runtime that need have no test runner. One line of JSON for each.
import { all } from './sqlite-all.mjs';

for (const { name, run } of all) {
  const start = performance.now();
  const error = await run().then(
    () => undefined,
    (thrown) => String(thrown?.stack ?? thrown),
  );
  console.log(JSON.stringify({ name, ms: Math.round(performance.now() - start), error }));
}
