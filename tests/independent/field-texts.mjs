// Texts of structured fields, most of them right, some with something changed.
import { casesOf } from '../vectors/read.mjs';
import { Random } from './random.mjs';

const TYPES = ['item', 'list', 'dictionary'];
const PIECES = [
  ...'abcXYZ019 \t,;=()"\'?@%:*/-._~!#$&+<>[]\\^`{|}\n\u007f\u00e9\u20ac',
  '"',
  '"',
  ';',
  '=',
  ', ',
  '(',
  ')',
  '%"',
  ':AA==:',
  '?1',
  '@1',
  '=?0',
  '%c3%a9',
];
const DIGITS = [...'0123456789'];
const KEY = [...'az09_-.*'];
const IN_TOKEN = [..."az09!#$%&'*+-.^_`|~:/"];
const IN_STRING = [...' abc,;=()!~', '\\"', '\\\\'];
const IN_DISPLAY_STRING = [...'aü€\u{1f600}\ufeff "%'];

const escape = (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`;
const escaped = (text) =>
  Buffer.from(text)
    .toString('latin1')
    .replace(/[^ !#$&-~]/g, escape);

export class FieldTexts {
  constructor(seed) {
    this.random = new Random(seed);
    this.vectors = casesOf('structured-field').map(({ type, text }) => ({ type, text }));
  }

  /** `{ type, text }` */
  next() {
    const { random } = this;
    const { type, text } = random.chance(0.4) ? random.pick(this.vectors) : this.made();
    if (random.chance(0.5)) return { type, text };
    let changed = text;
    for (let count = random.between(1, 3); count > 0; count -= 1) {
      const at = random.int(changed.length + 1);
      const piece = random.chance(0.3) ? '' : random.pick(PIECES);
      changed = changed.slice(0, at) + piece + changed.slice(at + random.int(2));
    }
    return { type: random.chance(0.9) ? type : random.pick(TYPES), text: changed };
  }

  made() {
    const type = this.random.pick(TYPES);
    const space = () => ' '.repeat(this.random.int(3));
    return { type, text: space() + this[type]() + space() };
  }

  item() {
    return this.bareItem() + this.parameters();
  }

  list() {
    return this.separated(() => this.member());
  }

  dictionary() {
    const value = () => this.random.pick(['', this.parameters(), `=${this.member()}`, `=${this.member()}`]);
    return this.separated(() => this.key() + value());
  }

  many(most, make) {
    return Array.from({ length: this.random.int(most + 1) }, make);
  }

  separated(make) {
    const space = () => this.random.pick(['', ' ', '\t', ' \t']);
    return this.many(3, make).join(`${space()},${space()}`);
  }

  key() {
    const { random } = this;
    if (random.chance(0.5)) return random.pick(['a', 'b', '*']);
    return random.pick([...'abcz*']) + random.text(KEY, random.int(6));
  }

  parameters() {
    const { random } = this;
    const value = () => (random.chance(0.6) ? `=${this.bareItem()}` : '');
    return this.many(2, () => `;${random.pick(['', ' '])}${this.key()}${value()}`).join('');
  }

  member() {
    const { random } = this;
    if (random.chance(0.7)) return this.item();
    const space = () => ' '.repeat(random.int(2));
    const items = this.many(3, () => this.item()).join(' '.repeat(random.between(1, 2)));
    return `(${space()}${items}${space()})${this.parameters()}`;
  }

  /** Numbers and dates have a digit too many now and then. */
  bareItem() {
    const { random } = this;
    const digits = (usual, tooMany = usual + 2) => {
      const most = random.chance(0.1) ? tooMany : usual;
      return random.text(DIGITS, random.between(1, most));
    };
    const sign = random.pick(['', '', '-']);
    switch (random.int(8)) {
      case 0:
        return sign + digits(15);
      case 1:
        return `${sign}${digits(12)}.${digits(3)}`;
      case 2:
        return `"${random.text(IN_STRING, random.int(8))}"`;
      case 3:
        return random.pick([...'azAZ*']) + random.text(IN_TOKEN, random.int(8));
      case 4:
        return `:${this.base64()}:`;
      case 5:
        return random.pick(['?0', '?1']);
      case 6:
        return `@${sign}${digits(11, 17)}`;
      default:
        return `%"${escaped(random.text(IN_DISPLAY_STRING, random.int(5)))}${random.chance(0.03) ? '\u0142' : ''}"`;
    }
  }

  base64() {
    const text = this.random.bytes(this.random.int(7)).toString('base64');
    if (this.random.chance(0.8)) return text;
    return this.random.pick([text.replace(/=+$/, ''), text.replace(/==$/, '='), `${text}=`, text.slice(1)]);
  }
}

/** What RFC 9651 §1.2 has every parser take: 1024 members, 256 parameters, long strings, tokens, keys, bytes. */
export function longTexts() {
  const many = (count, make) => Array.from({ length: count }, (_, at) => make(at));
  return [
    { type: 'list', text: many(1024, (at) => `a${at}`).join(', ') },
    { type: 'list', text: `(${many(256, (at) => at).join(' ')})` },
    { type: 'dictionary', text: many(1024, (at) => `a${at}=${at}`).join(', ') },
    { type: 'dictionary', text: many(1024, (at) => `a${at % 7}=${at}`).join(', ') },
    { type: 'dictionary', text: `${'k'.repeat(64)}=1` },
    { type: 'item', text: `1${many(256, (at) => `;a${at}=${at}`).join('')}` },
    { type: 'item', text: `1;${'k'.repeat(64)}` },
    { type: 'item', text: `"${'x'.repeat(1024)}"` },
    { type: 'item', text: `"${'\\"'.repeat(1024)}"` },
    { type: 'item', text: 't'.repeat(512) },
    { type: 'item', text: `:${Buffer.alloc(16_384, 7).toString('base64')}:` },
    { type: 'item', text: `%"${'%c3%bc'.repeat(1024)}"` },
  ];
}
