// Imported first, before the suites of tests/e2e: they run in the engine that this names.
process.env.PAS_TEST_ENGINE = 'firefox';
