// The interoperability part of docs/conformance.md.
import { isDeepStrictEqual } from 'node:util';
import { code, lines, number, table } from '../../../tools/markdown.mjs';
import { interop } from '../interop.mjs';

const of = (some, all) => `${number(some)} of ${number(all)}`;
const verdict = (said) => (said.startsWith('ERR_') ? code(said) : said);

/** One row a case where all its signers fared alike. */
function merged(rows) {
  const out = [];
  for (const { group, what, by, code: answer, found } of rows) {
    const last = out.at(-1);
    const same = last && last.group === group && last.what === what && isDeepStrictEqual(last.found, found);
    if (same) last.by += `, ${by}`;
    else out.push({ group, what, by, answer, found });
  }
  return out;
}

function summary(libraries, { frameSigned, librarySigned, refused }) {
  const names = libraries.map(({ short }) => short);
  const copies = frameSigned.reduce((total, { changed }) => total + changed, 0);
  const taken = (name) => frameSigned.reduce((total, { found }) => total + found[name].taken.length, 0);
  const count = (rows, test) => names.map((name) => of(rows.filter((row) => test(row, name)).length, rows.length));
  return table(
    ['', ...names],
    [
      ['verifies what our frame signs', ...count(frameSigned, ({ found }, name) => found[name].refused === undefined)],
      ['refuses it with one bit changed', ...names.map((name) => of(copies - taken(name), copies))],
      ['signs what our server accepts', ...count(librarySigned, ({ found }, name) => found[name] === 'accepted')],
      ['verifies what our profile refuses', ...count(refused, ({ found }, name) => found.verified.includes(name))],
    ],
  );
}

/** `{ text, faults }`: Markdown, and the rows that are not as they must be. */
export async function report() {
  const { libraries, ...tables } = await interop();
  const { frameSigned, librarySigned, hosts, refused, alike } = tables;
  const names = libraries.map(({ short }) => short);
  const faults = Object.values(tables)
    .flat()
    .filter(({ found, expected }) => !isDeepStrictEqual(found, expected));
  const ours = refused.filter(({ found, code: answer }) => (found.wire ?? found.raw) === answer).length;

  const text = lines(
    'Two libraries that share no code with ours, nor with each other:',
    '',
    table(
      ['library', 'below', 'language', 'version'],
      libraries.map((library) => [library.name, library.short, library.language, library.version]),
    ),
    '',
    summary(libraries, tables),
    '',
    `Of the messages outside our profile our server refused ${of(ours, refused.length)} with the code named below.`,
    'Each has an honest twin by the same signer, which both libraries verify and our server accepts.',
    '',
    '### What our frame signs',
    '',
    'Signed in Chromium on two origins, taken as it reached the server. In each changed copy one bit of a covered',
    'part, of a parameter or of the signature is another.',
    '',
    table(
      ['request', ...names, 'changed copies refused'],
      frameSigned.map(({ what, changed, found }) => [
        what,
        ...names.map((name) => (found[name].refused === undefined ? 'verified' : 'not verified')),
        names.map((name) => of(changed - found[name].taken.length, changed)).join(', '),
      ]),
    ),
    '',
    '### What they sign',
    '',
    'With our components, parameters and label. Requests of the app go to servers of each crypto provider, by',
    '`raw.verify` and over HTTP.',
    '',
    table(
      ['request', ...names],
      librarySigned.map(({ what, found }) => [what, ...names.map((name) => found[name])]),
    ),
    '',
    '### The authority',
    '',
    'Each library derives `@authority` from the URL as written here; our server takes it from its configuration.',
    '',
    table(
      ['configured', 'written', ...names],
      hosts.map(({ configured, written, found }) => [
        code(configured),
        code(written),
        ...names.map((name) => verdict(found[name])),
      ]),
    ),
    '',
    '### Well signed, and refused',
    '',
    'A message that nobody verifies was changed after signing, or is none of RFC 9421; we refuse it as well.',
    '`plain` is a signer of our tests, for what neither library spells.',
    '',
    table(
      ['', 'case', 'signed by', 'verified by', 'our answer'],
      merged(refused).map((row) => [
        row.group,
        row.what,
        row.by,
        row.found.verified.join(', ') || 'nobody',
        code(row.answer),
      ]),
    ),
    '',
    '### Other spellings of the same message',
    '',
    table(
      ['spelling', 'signed by', 'verified by', 'our answer'],
      merged(alike).map(({ what, by, found, answer }) => [what, by, found.verified.join(', '), answer]),
    ),
  );
  return { text, faults: faults.map(({ group, what, by }) => [group, what, by].filter(Boolean).join(', ')) };
}
