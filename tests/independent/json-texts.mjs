// JSON texts, some of them spoilt, by both strict parsers and canonicalisers.
import { canonicalizeJson } from 'partitioned-authority/verifier';
import { bytesOf } from '../vectors/cases/jcs.mjs';
import { casesOf } from '../vectors/read.mjs';
import { independent } from './load.mjs';
import { Random } from './random.mjs';

const { attempt, canonicalizeJson: second } = independent;
const CHARACTERS = [
  'a',
  'b',
  '"',
  '\\',
  '/',
  '\n',
  '\u0000',
  '\u007f',
  '\u00e9',
  '\u20ac',
  '\ufb33',
  '\u{1f600}',
  '\ufeff',
];
const PIECES = [
  ...'{}[],:"\\0123456789.-+eE \t\r\nabfnrtu',
  'null',
  'true',
  '"a":',
  '\\u0061',
  '\\ud83d',
  '\\ude00',
  '1e400',
  '-0',
  '\ufeff',
  '\u00a0',
];
/** Every UTF-16 code unit of a character as an escape. */
const escaped = (character) =>
  character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
const plain = (character) => JSON.stringify(character).slice(1, -1);

class JsonTexts {
  constructor(seed) {
    this.random = new Random(seed);
    this.vectors = casesOf('jcs')
      .map(bytesOf)
      .filter(({ length }) => length < 1000);
  }

  /** Bytes of a text. */
  next() {
    const { random } = this;
    const text = random.chance(0.3) ? random.pick(this.vectors) : Buffer.from(this.value(0));
    if (random.chance(0.5)) return text;
    if (random.chance(0.1)) return Buffer.from(text).fill(random.int(256), random.int(text.length), text.length);
    const at = random.int(text.length + 1);
    const piece = Buffer.from(random.chance(0.3) ? '' : random.pick(PIECES));
    return Buffer.concat([text.subarray(0, at), piece, text.subarray(at + random.int(2))]);
  }

  space() {
    return this.random.pick(['', '', '', ' ', '\n', '\t', '\r\n  ']);
  }

  many(make) {
    return Array.from({ length: this.random.int(4) }, () => this.space() + make() + this.space()).join(',');
  }

  value(depth) {
    const { random } = this;
    switch (random.int(depth > 4 ? 4 : 6)) {
      case 0:
        return random.pick(['null', 'true', 'false']);
      case 1:
      case 2:
        return this.number();
      case 3:
        return this.string();
      case 4:
        return `[${this.many(() => this.value(depth + 1))}]`;
      default:
        return `{${this.many(() => `${this.string()}${this.space()}:${this.space()}${this.value(depth + 1)}`)}}`;
    }
  }

  number() {
    const { random } = this;
    const digits = () => random.text([...'0123456789'], random.between(1, 20));
    const whole = random.pick(['0', String(random.int(1000)), digits()]);
    const fraction = random.chance(0.4) ? `.${digits()}` : '';
    const power = `${random.pick(['e', 'E'])}${random.pick(['', '+', '-'])}${random.int(400)}`;
    return random.pick(['', '', '-']) + whole + fraction + (random.chance(0.3) ? power : '');
  }

  string() {
    const { random } = this;
    const character = () => (random.chance(0.3) ? escaped : plain)(random.pick(CHARACTERS));
    return `"${Array.from({ length: random.int(4) }, character).join('')}"`;
  }
}

function ofPackage(text) {
  try {
    return canonicalizeJson(text);
  } catch (error) {
    if (error.code === 'ERR_JSON_INVALID') return undefined;
    throw error;
  }
}

/** `{ texts, accepted, refused, disagreements }` */
export function jsonDifferential({ texts = 100_000, seed = 1 } = {}) {
  const source = new JsonTexts(seed);
  const sum = { texts, accepted: 0, refused: 0, disagreements: [] };
  for (let count = 0; count < texts; count += 1) {
    const text = source.next();
    const ours = ofPackage(text);
    const theirs = attempt(() => second(text)).value;
    if (ours !== theirs) sum.disagreements.push({ text: text.toString('latin1'), ours, theirs });
    if (ours === undefined) sum.refused += 1;
    else sum.accepted += 1;
  }
  return sum;
}
