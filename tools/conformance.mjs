// `npm run conformance`: measures, and writes docs/conformance.md. What can't be measured is said there, and
// fails the command at the end; so does every figure that is not as it must be.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from './build.mjs';
import { code, lines, number, table } from './markdown.mjs';
import { root } from './run.mjs';
import { setup } from './setup.mjs';

const PAGE = join(root, 'docs', 'conformance.md');
const ABOUT = 'What the wire is held to, and what was measured. `npm run conformance` writes this page.';
const AGREEMENT = { messages: 100_000, seed: 1 };
const ADMISSION = { histories: 20_000, seed: 1 };

/** What we hold to, and where. */
const STANDARDS = [
  ['RFC 9421', 'HTTP Message Signatures', 'the signature base and its two fields, in the profile `pas`'],
  ['RFC 9651', 'Structured Field Values for HTTP', 'the syntax of these fields, strict'],
  ['RFC 9530', 'Digest Fields', '`Content-Digest` with `sha-256`'],
  ['RFC 8785', 'JSON Canonicalization Scheme', 'the action that an interaction proof is bound to'],
  ['RFC 7493', 'The I-JSON Message Format', 'JSON that we parse'],
  ['RFC 7517, RFC 7518', 'JSON Web Key, JSON Web Algorithms', 'public keys: `EC` on `P-256`, without `d`'],
  ['RFC 7638', 'JSON Web Key Thumbprint', 'key ids'],
  ['RFC 9457', 'Problem Details for HTTP APIs', 'refusals'],
  ['RFC 5869', 'HKDF', 'one key a purpose from one secret'],
  ['RFC 4648', 'Base64 and base64url', 'bytes in text, in their one canonical spelling'],
  ['RFC 6265bis', 'Cookies', 'the `__Host-` session cookies'],
  ['FIPS 186-5', 'ECDSA on P-256 with SHA-256', 'signatures, 64 bytes `r ‖ s`'],
];

const problems = [];
const sum = (rows, name) => rows.reduce((total, row) => total + row[name], 0);

/** What a module of the tests exports. */
async function exported(path, name) {
  const file = join(root, path);
  if (!existsSync(file)) throw new Error(`${path} is missing`);
  const found = (await import(pathToFileURL(file)))[name];
  if (found === undefined) throw new Error(`${path} exports no ${name}`);
  return found;
}

function standards() {
  const version = /^version = "(.*)"$/m.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'))[1];
  return lines(`Version ${version}, protocol \`pas-1\`.`, '', table(['standard', 'title', 'used for'], STANDARDS));
}

async function vectors() {
  const rows = await (await exported('tests/vectors/count.mjs', 'counts'))();
  if (sum(rows, 'positive') === 0 || sum(rows, 'negative') === 0) problems.push('there are no vectors');
  const generated = (await exported('tests/vectors/read.mjs', 'casesOf'))('features').filter(({ count }) => count);
  const row = (kind, positive, negative) => [kind, number(positive), number(negative)];
  return lines(
    'Cases of `tests/vectors`, read by Rust, by wasm in the browser, by TypeScript through the package and by the',
    'second implementation; those of `admission` by Rust and every store. A negative case names the code it is refused with.',
    `The numbers of interaction evidence were compared byte for byte on ${number(sum(generated, 'count'))} generated movements`,
    'besides, as hashes in `features`.',
    '',
    table(
      ['kind', 'positive #', 'negative #'],
      [
        ...rows.map(({ kind, positive, negative }) => row(kind, positive, negative)),
        row('**all**', sum(rows, 'positive'), sum(rows, 'negative')),
      ],
    ),
  );
}

async function implementations() {
  const path = 'tests/independent/agreement.mjs';
  const agreement = await exported(path, 'agreement');
  const { messages, accepted, refused, byCode, disagreements } = await agreement(AGREEMENT);
  if (disagreements.length > 0) problems.push(`disagreement: ${JSON.stringify(disagreements[0])}`);
  if (messages !== AGREEMENT.messages) problems.push(`${messages} messages were judged, not ${AGREEMENT.messages}`);
  for (const name of [...(await exported(path, 'COMMON')), ...(await exported(path, 'RARE'))]) {
    if (!byCode[name]) problems.push(`no message of ${messages} came to ${name}`);
  }
  const texts = { texts: AGREEMENT.messages, seed: AGREEMENT.seed };
  const fields = (await exported('tests/independent/fields.mjs', 'fieldDifferential'))(texts);
  const json = (await exported('tests/independent/json-texts.mjs', 'jsonDifferential'))(texts);
  for (const { disagreements: found } of [fields, json])
    if (found.length > 0) problems.push(`disagreement: ${JSON.stringify(found[0])}`);
  // A difference that no longer occurs has no place in the list.
  for (const { name } of await exported('tests/independent/fields.mjs', 'DIFFERENCES')) {
    if (!fields.intended[name]) problems.push(`the documented difference ${name} did not occur`);
  }
  const outcomes = Object.entries(byCode).sort(([a], [b]) => (a < b ? -1 : 1));
  return lines(
    'A second implementation, in TypeScript and from published libraries only, judged the same generated messages',
    `as ours (seed ${AGREEMENT.seed}): ${number(messages)} messages, of which ${number(accepted)} were accepted and`,
    `${number(refused)} refused, with **${number(disagreements.length)} disagreements** about the bytes of the base,`,
    'the verdict or its code. So did the parsers of structured fields and of JSON, on as many texts each; `npm test` runs',
    'a tenth of all this, with another seed every time.',
    '',
    table(
      ['outcome', 'messages #'],
      outcomes.map(([name, count]) => [code(name), number(count)]),
    ),
  );
}

async function admission() {
  await (await exported('tests/stores/admission/reference.mjs', 'buildReference'))();
  const readers = await exported('tests/stores/admission/readers.mjs', 'readers');
  const agreement = await exported('tests/stores/admission/agreement.mjs', 'agreement');
  const rows = [];
  for (const name of Object.keys(readers)) {
    const { disagreement, histories, requests, codes } = await agreement(name, ADMISSION);
    if (disagreement) problems.push(`admission, ${name}: ${JSON.stringify(disagreement)}`);
    rows.push([name, number(histories), number(requests), number(codes.accepted), disagreement ? '1 or more' : '0']);
  }
  return lines(
    `The rule of \`admit\` is in Rust. Random histories of requests (${number(ADMISSION.histories)}, seed ${ADMISSION.seed}) were answered by it and by`,
    "each of the others, word for word. Histories that one can't be told are left out: a bound on replay entries (Redis),",
    'writes that may be lost (by the rule alone; Redis Cluster and fail-overs have tests of their own).',
    '',
    table(['answered by', 'histories #', 'requests #', 'accepted #', 'disagreements #'], rows),
  );
}

async function interoperability() {
  const report = await exported('tests/interop/kit/report.mjs', 'report');
  const { text, faults } = await report();
  problems.push(...faults.map((fault) => `interoperability: ${fault}`));
  return text;
}

async function mutations() {
  const { accepted, rows } = await (await exported('tests/mutation/mutations.mjs', 'mutations'))();
  const [flips, refused] = [sum(rows, 'flips'), sum(rows, 'refused')];
  if (accepted > 0 || refused !== flips || flips === 0) problems.push(`${accepted} of ${flips} mutants were accepted`);
  return lines(
    'Valid requests, changed in one place. Unchanged, each is accepted before and after.',
    `${number(flips)} mutants, ${number(refused)} refused, **${number(accepted)} accepted**.`,
    '',
    table(
      ['part', 'bytes #', 'mutants #', 'refused #'],
      rows.map((row) => [
        row.part,
        row.bytes === undefined ? '' : number(row.bytes),
        number(row.flips),
        number(row.refused),
      ]),
    ),
  );
}

async function fuzzing() {
  const file = join(root, 'tests', 'fuzz', 'record.json');
  if (!existsSync(file)) throw new Error('tests/fuzz/record.json is missing; `npm run fuzz -- --minutes 60 --record`');
  const { date, executions, seconds, crashes, targets } = JSON.parse(readFileSync(file, 'utf8'));
  if (crashes > 0) problems.push(`the fuzz record names ${crashes} crashes`);
  if (targets.some((target) => target.executions === 0)) problems.push('the fuzz record names a target that never ran');
  return lines(
    `The recorded run of ${date}: ${number(Math.round(seconds / 60))} minutes, ${number(executions)} executions,`,
    `**${number(crashes)} crashes**. The corpus is in \`tests/fuzz/corpus\`; every test run replays it.`,
    '',
    table(
      ['target', 'executions #', 'seconds #', 'crashes #'],
      targets.map((row) => [row.name, number(row.executions), number(row.seconds), number(row.crashes)]),
    ),
  );
}

const SECTIONS = {
  Standards: standards,
  Vectors: vectors,
  'Two implementations': implementations,
  Admission: admission,
  Interoperability: interoperability,
  Mutations: mutations,
  Fuzzing: fuzzing,
};

/** Measures everything and writes the page. Gives what is missing or not as it must be. */
export async function conformance() {
  const page = ['# Conformance', ABOUT];
  for (const [title, measure] of Object.entries(SECTIONS)) {
    console.log(`conformance  ${title}`);
    page.push(`## ${title}`);
    try {
      page.push(await measure());
    } catch (error) {
      // What one part lacks must not take the others along.
      problems.push(`${title}: ${error.message}`);
      page.push(`**Not measured:** ${error.message}.`);
    }
  }
  writeFileSync(PAGE, `${page.join('\n\n')}\n`);
  return problems;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setup({ tests: true });
  await build();
  const found = await conformance();
  console.log('conformance  wrote docs/conformance.md');
  for (const text of found) console.error(`conformance  PROBLEM  ${text}`);
  process.exitCode = found.length > 0 ? 1 : 0;
}
