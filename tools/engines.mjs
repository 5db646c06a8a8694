// `npm run engines`: all of tests/e2e in Firefox, and the suite of WebKitGTK; what came of it stands in docs/engines.md,
// with the date. `npm test` runs in these engines only what depends on the engine.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { build } from './build.mjs';
import { code, table } from './markdown.mjs';
import { environment, root, run, versionOf } from './run.mjs';
import { setup } from './setup.mjs';
import { miniBrowser, webkitInstalled } from '../tests/webkit/kit/installed.mjs';

const PAGE = join(root, 'docs', 'engines.md');
const BEGIN = '<!-- npm run engines -->';
const END = '<!-- end -->';
/** What the error of a test says that needs something which only Chromium's driver has. */
const UNDRIVEN = /CDP session is only available in Chromium|not supported|unsupported operation|Unknown permission/i;

/** A test or a file that waits for what this engine's driver never does is given up, ms. */
const PATIENCE_MS = 240_000;

const filesOf = (folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.test.mjs'))
    .map((name) => join(folder, name));

/** Runs a file in an engine: how many tests passed, were skipped, need another driver, failed; and the names of the latter two. */
async function outcome(file, engine) {
  const { code: ended, output } = await run(
    process.execPath,
    ['--test', `--test-timeout=${PATIENCE_MS}`, '--test-reporter=tap', file],
    { capture: true, env: { ...environment, PAS_TEST_ENGINE: engine } },
  );
  const row = { file, passed: 0, skipped: 0, undriven: [], failed: [] };
  // A suite fails with its tests; only tests count. A block of YAML follows each line, and has the error.
  for (const [, not, name, rest] of output.matchAll(/^ *(not )?ok \d+ - (.*)\n([^]*?)^ *\.\.\.$/gm)) {
    if (/type: 'suite'|failureType: 'subtestsFailed'/.test(rest)) continue;
    if (!not) row[/# SKIP/.test(name) ? 'skipped' : 'passed'] += 1;
    else row[UNDRIVEN.test(rest) ? 'undriven' : 'failed'].push(name);
  }
  if (ended !== 0 && row.undriven.length + row.failed.length === 0)
    row.failed.push('the file itself, which ended early');
  console.log(
    `${engine}  ${file}: ${row.passed} passed, ${row.skipped} skipped, ${row.undriven.length} not driven, ${row.failed.length} failed`,
  );
  for (const name of row.failed) console.log(`${engine}    failed: ${name}`);
  return row;
}

async function section(engine, name, version, folder) {
  const files = filesOf(folder);
  const rows = new Array(files.length);
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < files.length; at = next++) rows[at] = await outcome(files[at], engine);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  const failed = rows.flatMap(({ file, failed }) => failed.map((test) => `- ${code(basename(file))}: ${test}`));
  const parts = [
    `### ${name}: ${version}`,
    table(
      ['file', 'passed #', 'skipped #', 'its driver can not #', 'failed #'],
      rows.map(({ file, passed, skipped, undriven, failed }) => [
        code(file),
        passed,
        skipped,
        undriven.length,
        failed.length,
      ]),
    ),
  ];
  if (failed.length > 0) parts.push(`Failed:`, failed.join('\n'));
  return { failures: failed.length, text: parts.join('\n\n') };
}

await setup({ tests: true });
await build();
const sections = [await section('firefox', 'Firefox', await versionOf('/usr/bin/firefox-esr'), 'tests/e2e')];
if (webkitInstalled()) {
  sections.push(
    await section('webkit', 'WebKitGTK', (await versionOf(miniBrowser())) ?? 'of unknown version', 'tests/webkit'),
  );
} else console.log('skipped: WebKitGTK is not installed');

const page = readFileSync(PAGE, 'utf8');
const [head, tail] = [page.split(BEGIN)[0], page.split(END)[1]];
if (tail === undefined) throw new Error(`docs/engines.md has no place for the table: ${BEGIN} … ${END}`);
const date = new Date().toISOString().slice(0, 10);
writeFileSync(
  PAGE,
  `${head}${BEGIN}\n\nOf ${date}.\n\n${sections.map(({ text }) => text).join('\n\n')}\n\n${END}${tail}`,
);
process.exitCode = sections.some(({ failures }) => failures > 0) ? 1 : 0;
