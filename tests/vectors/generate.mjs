// Writes the vectors: `node tests/vectors/generate.mjs`, or fails if they differ with `--check`. The cases say
// what is to be refused, and with which code; what is accepted is worked out by the second implementation, which
// must also agree with every refusal. Nothing comes from the code under test, but for what `admit` answers: there the
// rule in Rust is the reference, and the cases say which code their last request is meant to get.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { independent } from '../independent/load.mjs';
import { buildReference } from '../stores/admission/reference.mjs';

const here = (path) => new URL(path, import.meta.url);

/** A case with what the second implementation found; throws if that is not what the case says. */
function settled(kind, testCase, check) {
  const { value, code } = independent.attempt(() => check(testCase, independent));
  const fail = (what) => {
    throw new Error(`${kind}, ${testCase.name}: ${what}`);
  };
  if (code !== testCase.code) fail(`meant ${testCase.code ?? 'to be accepted'}, found ${code ?? 'accepted'}`);
  for (const [name, found] of Object.entries(value ?? {})) {
    if (name in testCase && !isDeepStrictEqual(testCase[name], found)) fail(`${name} is ${JSON.stringify(found)}`);
  }
  const { code: last, ...rest } = { ...testCase, ...value };
  return last === undefined ? rest : { ...rest, code: last };
}

/** Cases with the answers of a reference; throws if one ends otherwise than it says. */
async function answered(kind, cases, answersTo) {
  const all = await answersTo(cases);
  return cases.map(({ code, ...testCase }, at) => {
    const found = all[at].at(-1).code;
    if (code !== found) throw new Error(`${kind}, ${testCase.name}: meant ${code ?? 'to be accepted'}, found ${found ?? 'accepted'}`);
    return { ...testCase, answers: all[at], ...(code === undefined ? {} : { code }) };
  });
}

/** One case a line: differences stay readable. */
function text({ about, deployment, cases }) {
  const lines = cases.map((one) => `    ${JSON.stringify(one)}`);
  const head = [
    `  "about": ${JSON.stringify(about)}`, ...(deployment ? [`  "deployment": ${JSON.stringify(deployment)}`] : [])
  ];
  return `{\n${head.join(',\n')},\n  "cases": [\n${lines.join(',\n')}\n  ]\n}\n`;
}

/** kind → text of its file */
export async function generate() {
  const files = new Map();
  for (const file of readdirSync(here('cases')).sort()) {
    const kind = file.replace('.mjs', '');
    const { about, deployment, cases: make, check, answersTo } = await import(here(`cases/${file}`));
    const made = make(independent);
    const cases = answersTo ? await answered(kind, made, answersTo) : made.map((testCase) => settled(kind, testCase, check));
    const names = cases.map(({ name }) => name);
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    if (twice !== undefined) throw new Error(`${kind}: two cases are named ${twice}`);
    files.set(kind, text({ about, deployment, cases }));
  }
  return files;
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const isCheck = process.argv.includes('--check');
  await buildReference();
  for (const [kind, content] of await generate()) {
    const path = here(`${kind}.json`);
    if (!isCheck) writeFileSync(path, content);
    else if (readFileSync(path, 'utf8') !== content) {
      console.error(`tests/vectors/${kind}.json differs: run node tests/vectors/generate.mjs`);
      process.exitCode = 1;
    }
  }
}
