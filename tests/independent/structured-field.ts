/**
 * RFC 9651, lossless: doubled keys stay, and 1.0 is not 1. Published parsers resolve both, which a profile
 * that refuses them can't use; the differential test holds this one to `structured-headers` all the same.
 */
import { type Bytes, base64 } from './bytes.js';
import { Refusal } from './refusal.js';

export type BareItem =
  | { type: 'integer' | 'decimal' | 'date'; value: number }
  | { type: 'string' | 'token' | 'display-string'; value: string }
  | { type: 'byte-sequence'; value: Bytes }
  | { type: 'boolean'; value: boolean };
export type Parameters = [string, BareItem][];
export interface Item {
  bareItem: BareItem;
  parameters: Parameters;
}
export interface InnerList {
  items: Item[];
  parameters: Parameters;
}
export type Member = Item | InnerList;
export type List = Member[];
export type Dictionary = [string, Member][];

const malformed = (why: string) => new Refusal('ERR_SIG_MALFORMED', why);

export const isInnerList = (member: Member): member is InnerList => 'items' in member;

/** A cursor over the text; every pattern is sticky. */
class Text {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get done(): boolean {
    return this.#at === this.#text.length;
  }

  get next(): string {
    return this.#text.charAt(this.#at);
  }

  /** Takes what the pattern matches here. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found) this.#at = pattern.lastIndex;
    return found ?? undefined;
  }

  must(pattern: RegExp, what: string): RegExpExecArray {
    const found = this.take(pattern);
    if (!found) throw malformed(`${what} expected at ${this.#at}`);
    return found;
  }
}

const SP = / */y;
const OWS = /[ \t]*/y;
const KEY = /[a-z*][a-z0-9_\-.*]*/y;
const NUMBER = /(-?)(\d+)(\.(\d*))?/y;
const STRING = /"((?:[ !#-[\]-~]|\\["\\])*)"/y;
const TOKEN = /[A-Za-z*][!#$%&'*+\-.^_`|~:/0-9A-Za-z]*/y;
const PRINTABLE = /[ -~]*/y;
const BYTES = /:([A-Za-z0-9+/]*)(=*):/y;
const BOOLEAN = /\?([01])/y;
const DISPLAY = /%"((?:[ !#$&-~]|%[0-9a-f]{2})*)"/y;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function number(text: Text): BareItem {
  const [, sign, whole = '', point, fraction = ''] = text.must(NUMBER, 'a number');
  const signed = (magnitude: string) => (sign === '-' ? 0 - Number(magnitude) : Number(magnitude));
  if (point === undefined) {
    if (whole.length > 15) throw malformed('more than 15 digits');
    return { type: 'integer', value: signed(whole) };
  }
  if (whole.length > 12 || fraction.length < 1 || fraction.length > 3) throw malformed('not a decimal');
  return { type: 'decimal', value: signed(`${whole}.${fraction}`) };
}

/** §4.2.7: padding may be missing and its bits may be set; a character that stands for no byte may not. */
function byteSequence(text: Text): BareItem {
  const [, data = '', padding = ''] = text.must(BYTES, 'a byte sequence');
  if (data.length % 4 === 1 || padding.length > (4 - (data.length % 4)) % 4) throw malformed('not base64');
  return { type: 'byte-sequence', value: Buffer.from(data, 'base64') };
}

function displayString(text: Text): BareItem {
  const [, escaped = ''] = text.must(DISPLAY, 'a display string');
  const bytes = Buffer.from(
    escaped.replace(/%(..)/g, (_, code: string) => String.fromCharCode(parseInt(code, 16))),
    'latin1',
  );
  try {
    return { type: 'display-string', value: utf8.decode(bytes) };
  } catch {
    throw malformed('not UTF-8');
  }
}

function date(text: Text): BareItem {
  text.must(/@/y, 'a date');
  const { type, value } = number(text);
  if (type !== 'integer') throw malformed('a date is an integer');
  return { type: 'date', value };
}

function bareItem(text: Text): BareItem {
  switch (text.next) {
    case '"': {
      const [, value = ''] = text.must(STRING, 'a string');
      return { type: 'string', value: value.replace(/\\(.)/g, '$1') };
    }
    case ':':
      return byteSequence(text);
    case '?':
      return { type: 'boolean', value: text.must(BOOLEAN, 'a boolean')[1] === '1' };
    case '@':
      return date(text);
    case '%':
      return displayString(text);
    default: {
      const token = text.take(TOKEN);
      return token ? { type: 'token', value: token[0] } : number(text);
    }
  }
}

const TRUE: BareItem = { type: 'boolean', value: true };

function parameters(text: Text): Parameters {
  const found: Parameters = [];
  while (text.take(/; */y)) {
    const [key] = text.must(KEY, 'a key');
    found.push([key, text.take(/=/y) ? bareItem(text) : TRUE]);
  }
  return found;
}

const item = (text: Text): Item => ({ bareItem: bareItem(text), parameters: parameters(text) });

function member(text: Text): Member {
  if (!text.take(/\(/y)) return item(text);
  const items: Item[] = [];
  for (;;) {
    text.take(SP);
    if (text.take(/\)/y)) return { items, parameters: parameters(text) };
    items.push(item(text));
    if (text.next !== ' ' && text.next !== ')') throw malformed('a space or ) expected');
  }
}

/** §4.2: spaces around the value, and nothing else. */
function whole<T>(source: string, read: (text: Text) => T): T {
  const text = new Text(source);
  text.take(SP);
  const value = read(text);
  text.take(SP);
  if (!text.done) throw malformed('text after the value');
  return value;
}

function separated<T>(text: Text, read: () => T): T[] {
  const found: T[] = [];
  while (!text.done) {
    found.push(read());
    text.take(OWS);
    if (text.done) break;
    text.must(/,/y, 'a comma');
    text.take(OWS);
    if (text.done) throw malformed('a trailing comma');
  }
  return found;
}

export const parseItem = (source: string): Item => whole(source, item);

export const parseList = (source: string): List => whole(source, (text) => separated(text, () => member(text)));

/** Doubled keys and parameters stay, in the order of the text. */
export const parseDictionary = (source: string): Dictionary =>
  whole(source, (text) =>
    separated(text, (): [string, Member] => {
      const [key] = text.must(KEY, 'a key');
      return [key, text.take(/=/y) ? member(text) : { bareItem: TRUE, parameters: parameters(text) }];
    }),
  );

/** §4.2.2: of doubled keys the last value counts, at the place of the first. */
const resolveKeys = <T>(pairs: [string, T][]): [string, T][] => [...new Map(pairs)];

function resolveMember(found: Member): Member {
  const resolved = resolveKeys(found.parameters);
  return isInnerList(found)
    ? { items: found.items.map((one) => resolveMember(one) as Item), parameters: resolved }
    : { bareItem: found.bareItem, parameters: resolved };
}

export type Type = 'item' | 'list' | 'dictionary';

/** The value by the rules of the RFC, doubled keys resolved. */
export function parse(type: Type, source: string): Item | List | Dictionary {
  switch (type) {
    case 'item':
      return resolveMember(parseItem(source)) as Item;
    case 'list':
      return parseList(source).map(resolveMember);
    case 'dictionary':
      return resolveKeys(parseDictionary(source)).map(([key, found]) => [key, resolveMember(found)]);
  }
}

const range = (value: number): number => {
  if (!Number.isInteger(value) || Math.abs(value) > 999_999_999_999_999) throw malformed('not an integer of 15 digits');
  return value + 0;
};

/** §4.1.5: three digits after the point at most, a tie to the even one. */
function decimal(value: number): string {
  if (!Number.isFinite(value)) throw malformed('not a number');
  const scaled = Math.abs(value) * 1000;
  const low = Math.floor(scaled);
  const isUp = scaled - low > 0.5 || (scaled - low === 0.5 && low % 2 === 1);
  const thousandths = range(isUp ? low + 1 : low);
  const digits = String(thousandths).padStart(4, '0');
  const text = `${digits.slice(0, -3)}.${digits.slice(-3).replace(/0{1,2}$/, '')}`;
  return value < 0 && thousandths > 0 ? `-${text}` : text;
}

/** The text, if a sticky pattern takes the whole of it. */
function matching(pattern: RegExp, text: string): string {
  pattern.lastIndex = 0;
  if (pattern.exec(text)?.[0] !== text) throw malformed(`${JSON.stringify(text)} can't be carried`);
  return text;
}

export function serializeBareItem(bare: BareItem): string {
  switch (bare.type) {
    case 'integer':
      return String(range(bare.value));
    case 'decimal':
      return decimal(bare.value);
    case 'date':
      return `@${range(bare.value)}`;
    case 'string':
      return `"${matching(PRINTABLE, bare.value).replace(/["\\]/g, '\\$&')}"`;
    case 'token':
      return matching(TOKEN, bare.value);
    case 'boolean':
      return bare.value ? '?1' : '?0';
    case 'byte-sequence':
      return `:${base64(bare.value)}:`;
    case 'display-string': {
      const bytes = Buffer.from(bare.value, 'utf8').toString('latin1');
      return `%"${bytes.replace(/[^ !#$&-~]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`;
    }
  }
}

const isTrue = (bare: BareItem) => bare.type === 'boolean' && bare.value;

export const serializeParameters = (list: Parameters): string =>
  list.map(([key, bare]) => `;${matching(KEY, key)}${isTrue(bare) ? '' : `=${serializeBareItem(bare)}`}`).join('');

export const serializeMember = (found: Member): string =>
  (isInnerList(found) ? `(${found.items.map(serializeMember).join(' ')})` : serializeBareItem(found.bareItem)) +
  serializeParameters(found.parameters);

export function serialize(type: Type, value: Item | List | Dictionary): string {
  if (type === 'item') return serializeMember(value as Item);
  if (type === 'list') return (value as List).map(serializeMember).join(', ');
  return (value as Dictionary)
    .map(([key, found]) => {
      const short = !isInnerList(found) && isTrue(found.bareItem);
      return matching(KEY, key) + (short ? serializeParameters(found.parameters) : `=${serializeMember(found)}`);
    })
    .join(', ');
}
