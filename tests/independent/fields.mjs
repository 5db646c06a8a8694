// Structured fields by three parsers: the package's, the second implementation's, and the published
// `structured-headers`. Texts are generated and mutated; where the published one is known to differ, that is
// counted, and nothing else may.
import * as published from 'structured-headers';
import { parseStructuredField, serializeStructuredField } from 'partitioned-authority/verifier';
import { plain } from '../vectors/cases/structured-field.mjs';
import { FieldTexts, longTexts } from './field-texts.mjs';
import { independent } from './load.mjs';

const { attempt, sf } = independent;
const PARSERS = { item: published.parseItem, list: published.parseList, dictionary: published.parseDictionary };

/** What is not in a string of either kind, changed. */
const outsideStrings = (text, change) =>
  text
    .split(/(%?"(?:[^"\\]|\\.)*"?)/)
    .map((piece, at) => (at % 2 === 0 ? change(piece) : piece))
    .join('');
const inDisplayStrings = (text, change) => text.replace(/%"[^"]*"/g, change);

/**
 * Where `structured-headers` 2.1 is not RFC 9651. `repair` takes the occasion out of a text; then there must be
 * agreement.
 */
export const DIFFERENCES = [
  {
    name: 'dates',
    what:
      'RFC 9651 §4.2.9 ends a date at its last digit and takes 15 of them; the library asks for the end of the ' +
      'text, and for a year that JavaScript has.',
    repair: (text) => outsideStrings(text, (piece) => piece.replace(/@(?=-?\d)/g, '')),
  },
  {
    name: 'padding cut short',
    what:
      'RFC 9651 §4.2.7 asks parsers to take base64 whose padding is not complete; the library takes none or all ' +
      'of it.',
    repair: (text) =>
      outsideStrings(text, (piece) =>
        piece.replace(/:([A-Za-z0-9+/]*)=:/g, (all, data) => (data.length % 4 === 2 ? `:${data}==:` : all)),
      ),
  },
  {
    name: 'raw characters above U+00FF',
    what: 'RFC 9651 §4.2 takes ASCII only; in a display string the library takes such a character for its last byte.',
    repair: (text) => inDisplayStrings(text, (piece) => piece.replace(/[^\0-\xff]/g, 'x')),
  },
  {
    name: 'byte-order marks',
    what: 'RFC 9651 §4.2.10 decodes UTF-8 as it is; the library drops a leading byte-order mark of a display string.',
    repair: (text) => inDisplayStrings(text, (piece) => piece.replace(/^%"(%ef%bb%bf)+/, '%"')),
  },
];

const number = (value) => ({ type: 'number', value: value + 0 });

/** The library's value in our form, but for integers and decimals, which it does not tell apart. */
function bareItem(value) {
  if (typeof value === 'number') return number(value);
  if (typeof value === 'string') return { type: 'string', value };
  if (typeof value === 'boolean') return { type: 'boolean', value };
  if (value instanceof published.Token) return { type: 'token', value: value.toString() };
  if (value instanceof published.DisplayString) return { type: 'display-string', value: value.toString() };
  if (value instanceof Date) return { type: 'date', value: value.getTime() / 1000 };
  return { type: 'byte-sequence', value: Buffer.from(value).toString('hex') };
}

const parameters = (map) => [...map].map(([key, value]) => [key, bareItem(value)]);
const item = ([value, map]) => ({ bareItem: bareItem(value), parameters: parameters(map) });
const member = (found) =>
  Array.isArray(found[0]) ? { items: found[0].map(item), parameters: parameters(found[1]) } : item(found);
const inOurForm = {
  item,
  list: (list) => list.map(member),
  dictionary: (map) => [...map].map(([key, found]) => [key, member(found)]),
};

/** Our value with integers and decimals as numbers. */
function withoutKinds(value) {
  if (Array.isArray(value)) return value.map(withoutKinds);
  if (typeof value !== 'object') return value;
  if (value.type === 'integer' || value.type === 'decimal') return number(value.value);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutKinds(inner)]));
}

function ofLibrary(type, text) {
  try {
    return inOurForm[type](PARSERS[type](text));
  } catch (error) {
    if (error instanceof published.ParseError) return undefined;
    throw error;
  }
}

function ofPackage(type, text) {
  try {
    return parseStructuredField(type, text);
  } catch (error) {
    if (error.code === 'ERR_SIG_MALFORMED') return undefined;
    throw error;
  }
}

/** What the package and the library say of a text, in one form. */
function both(type, text) {
  const ours = ofPackage(type, text);
  return [ours && withoutKinds(plain(ours)), ofLibrary(type, text)].map((value) => value && JSON.stringify(value));
}

/** `{ texts, accepted, refused, intended, disagreements }`; `intended` counts what {@link DIFFERENCES} explain. */
export function fieldDifferential({ texts = 100_000, seed = 1 } = {}) {
  const source = new FieldTexts(seed);
  const sum = {
    texts,
    accepted: 0,
    refused: 0,
    intended: Object.fromEntries(DIFFERENCES.map(({ name }) => [name, 0])),
    disagreements: [],
  };
  const long = longTexts();
  for (let count = 0; count < texts; count += 1) {
    const { type, text } = long[count] ?? source.next();
    const ours = ofPackage(type, text);
    const second = attempt(() => sf.parse(type, text)).value;
    const values = [ours, second].map((value) => value && JSON.stringify(plain(value)));
    if (values[0] !== values[1]) sum.disagreements.push({ type, text, ours: values[0], second: values[1] });
    if (ours && second) {
      const written = [serializeStructuredField(type, ours), sf.serialize(type, second)];
      if (written[0] !== written[1]) sum.disagreements.push({ type, text, written });
    }
    const [mine, theirs] = both(type, text);
    if (mine !== theirs) {
      const occasions = DIFFERENCES.filter(({ repair }) => repair(text) !== text);
      const repaired = both(
        type,
        occasions.reduce((kept, { repair }) => repair(kept), text),
      );
      if (occasions.length === 0 || repaired[0] !== repaired[1])
        sum.disagreements.push({ type, text, ours: mine, published: theirs });
      else sum.intended[occasions[0].name] += 1;
    }
    if (ours) sum.accepted += 1;
    else sum.refused += 1;
  }
  return sum;
}
