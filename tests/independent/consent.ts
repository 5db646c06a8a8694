/** Consent: templates, the closed schema, what is shown, and the two fields. */
import { type Bytes, base64, equal, sha256, utf8 } from './bytes.js';
import { type Json, canonicalize, parseJson } from './json.js';
import { type HttpRequest, splitTarget, valueOf } from './message.js';
import { Refusal } from './refusal.js';
import { bytesOf } from './signature.js';
import { type Member, isInnerList, parseDictionary } from './structured-field.js';

type Texts = Record<string, string>;
export type Value = string | number | boolean;

/** A piece of what a person reads. */
export type Piece =
  | { kind: 'literal' | 'text' | 'number' | 'date'; value: string }
  | { kind: 'money'; value: string; currency: string };

type Segment = string | { name: string; style: string; currency?: string };

export interface Template {
  act: string;
  tier: 'consent' | 'verified';
  method: string;
  path: string;
  surface: string;
  fields: Texts;
  texts: Map<string, Segment[]>;
  version: Bytes;
}

const invalid = (why: string) => new Refusal('ERR_CONFIG_INVALID', why);
const mismatch = (why: string) => new Refusal('ERR_CONSENT_MISMATCH', why);

const isObject = (value: Json | undefined): value is { [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function textsOf(value: Json | undefined): Texts {
  if (!isObject(value) || !Object.values(value).every((text) => typeof text === 'string')) throw invalid('no texts');
  return value as Texts;
}

/** Literal words and placeholders. */
function segmentsOf(text: string): Segment[] {
  const segments: Segment[] = [];
  for (const [token] of text.matchAll(/\{\{|\}\}|\{[^}]*\}?|\}|[^{}]+/g)) {
    if (token === '{{' || token === '}}') {
      segments.push(token.slice(1));
    } else if (!/[{}]/.test(token)) {
      segments.push(token);
    } else {
      if (!/^\{.*\}$/s.test(token)) throw invalid('a brace alone');
      const [name = '', style = 'text', ...more] = token
        .slice(1, -1)
        .split(',')
        .map((part) => part.trim());
      const styles = token.includes(',') ? ['number', 'date', 'currency'] : ['text'];
      if (!styles.includes(style) || more.length > (style === 'currency' ? 1 : 0)) throw invalid('an unknown style');
      segments.push({ name, style, ...(style === 'currency' ? { currency: more[0] ?? 'currency' } : {}) });
    }
  }
  return segments;
}

const SOURCE = /^(?:json:(?:|\/(?:[^~]|~[01])*)|query:.+|path:.+)$/s;
const MEMBERS = ['act', 'fields', 'method', 'path', 'surface', 'text', 'tier'];

export function readTemplate(value: Json): Template {
  if (!isObject(value) || Object.keys(value).sort().join() !== MEMBERS.join()) throw invalid('other members');
  const { act, tier, method, path, surface } = value;
  const fields = textsOf(value['fields']);
  const text = textsOf(value['text']);
  if (typeof act !== 'string' || !/^[ -~]{1,64}$/.test(act)) throw invalid('no name');
  if (tier !== 'consent' && tier !== 'verified') throw invalid('another tier');
  if (typeof method !== 'string' || !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}$/.test(method)) throw invalid('no method');
  if (surface !== 'popup' && surface !== 'frame') throw invalid('another surface');
  if (typeof path !== 'string' || !/^\/[!-~]*$/.test(path) || /[?#]|\/:(?:\/|$)/.test(path)) throw invalid('no path');
  const names = parametersOf(path);
  const sources = Object.values(fields);
  for (const [name, source] of Object.entries(fields)) {
    if (!/^\w{1,64}$/.test(name) || !SOURCE.test(source)) throw invalid('no field');
    if (source.startsWith('path:') && !names.includes(source.slice(5))) throw invalid('no such parameter');
  }
  if (new Set(sources).size < sources.length) throw invalid('one source twice');
  const texts = new Map(Object.entries(text).map(([language, words]) => [language, segmentsOf(words)]));
  if (texts.size < 1 || texts.size > 100) throw invalid('no text');
  for (const [language, segments] of texts) {
    if (language.length > 35 || !/^[A-Za-z0-9]{1,8}(?:-[A-Za-z0-9]{1,8})*$/.test(language))
      throw invalid('no language');
    const shown = segments.flatMap((one) =>
      typeof one === 'string' ? [] : [one.name, ...(one.currency ? [one.currency] : [])],
    );
    const declared = Object.keys(fields);
    if (shown.some((name) => !declared.includes(name))) throw invalid('not declared');
    if (declared.some((name) => !shown.includes(name))) throw invalid('not shown');
  }
  const version = sha256(utf8(canonicalize(value))).subarray(0, 16);
  return { act, tier, method, path, surface, fields, texts, version };
}

const parametersOf = (path: string) =>
  path
    .split('/')
    .filter((part) => part.startsWith(':'))
    .map((part) => part.slice(1));

/** The raw segments of a path by the names of the pattern; undefined for another path. */
function matched(pattern: string, path: string): [string, string][] | undefined {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== given.length) return undefined;
  const found: [string, string][] = [];
  for (const [at, part] of wanted.entries()) {
    const raw = given[at] ?? '';
    if (part.startsWith(':') ? raw === '' : raw !== part) return undefined;
    if (part.startsWith(':')) found.push([part.slice(1), raw]);
  }
  return found;
}

export const isOf = ({ method, path }: Template, request: HttpRequest): boolean =>
  method === request.method && matched(path, splitTarget(request.target).path) !== undefined;

function decoded(text: string, plusIsSpace: boolean): string {
  const spaced = plusIsSpace ? text.replaceAll('+', ' ') : text;
  try {
    // Raw letters are ASCII: what is left alone is its own UTF-8.
    return decodeURIComponent(spaced);
  } catch {
    throw mismatch('no percent-encoded UTF-8');
  }
}

function queryOf(query: string): [string, string][] {
  if (query === '?' || query === '') return [];
  return query
    .replace(/^\?/, '')
    .split('&')
    .map((pair) => {
      const at = pair.indexOf('=');
      if (at < 0) throw mismatch('a parameter without a value');
      return [decoded(pair.slice(0, at), true), decoded(pair.slice(at + 1), true)];
    });
}

/** Every leaf, by its pointer. */
function leavesOf(value: Json, pointer = ''): [string, Json][] {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return [[pointer, value]];
  return Object.entries(value).flatMap(([name, inner]) =>
    leavesOf(inner as Json, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
}

/** The closed schema: what a request holds is what its template declares. */
export function readValues(
  template: Template,
  target: { path: string; query: string },
  content: Bytes,
): [string, Value][] {
  const parameters = matched(template.path, target.path);
  if (!parameters) throw mismatch('another path');
  const query = queryOf(target.query);
  const leaves = content.length === 0 ? [] : leavesOf(parseJson(content));
  const found: [string, Json][] = [
    ...parameters.map(([name, raw]): [string, Json] => [`path:${name}`, segment(raw)]),
    ...query.map(([name, value]): [string, Json] => [`query:${name}`, value]),
    ...leaves.map(([pointer, value]): [string, Json] => [`json:${pointer}`, value]),
  ];
  const sources = Object.values(template.fields);
  if (found.some(([source]) => !sources.includes(source))) throw mismatch('something that is not shown');
  return Object.keys(template.fields)
    .sort()
    .map((name) => {
      const own = found.filter(([source]) => source === template.fields[name]);
      const value = own[0]?.[1];
      if (own.length !== 1 || value === undefined) throw mismatch('missing or doubled');
      if (typeof value === 'object') throw mismatch('not showable');
      if (typeof value === 'string' && [...value].length > 200) throw mismatch('too long');
      return [name, value];
    });
}

function segment(raw: string): string {
  const text = decoded(raw, false);
  if (/[/\\]/.test(text) || text === '.' || text === '..') throw mismatch('more than one segment');
  return text;
}

const MISLEADING =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\ufff0-\uffff\u{16fe4}\u{1d159}\u{13430}-\u{1345f}\u{e0000}-\u{10ffff}]|(?! )\p{Zs}/gu;

const MARK = /[\u0300-\u034e\u0350-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/u;

/** By the protocol's words: a mark needs a character that is shown as itself, two at most; a space needs two neighbours. */
export function escaped(text: string): string {
  const characters = [...text];
  const shown: string[] = [];
  let carried = Infinity;
  characters.forEach((character, at) => {
    const code = `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
    if (MARK.test(character)) {
      carried += 1;
      shown.push(carried > 2 ? code : character);
      if (carried > 2) carried = Infinity;
    } else if (character === ' ') {
      carried = Infinity;
      const inside = at > 0 && at < characters.length - 1 && characters[at - 1] !== ' ';
      shown.push(inside ? character : code);
    } else if (character.match(MISLEADING)) {
      carried = Infinity;
      shown.push(code);
    } else {
      carried = 0;
      shown.push(character === '\\' ? '\\\\' : character);
    }
  });
  return shown.join('');
}

function decimal(value: Value): string {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text) || text.replace('-', '').length > 16) {
    throw mismatch('no plain decimal');
  }
  return text;
}

function date(value: Value): string {
  const shape =
    /^(\d{4})-(\d\d)-(\d\d)(?:T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d))?$/;
  const [, year, month, day] = shape.exec(typeof value === 'string' ? value : '')?.map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) throw mismatch('no date');
  const there = new Date(0);
  there.setUTCFullYear(year, month - 1, day);
  if (there.getUTCMonth() !== month - 1 || there.getUTCDate() !== day) throw mismatch('a date that does not exist');
  return value as string;
}

/** What is shown; adjacent words are one piece. */
export function show(template: Template, language: string, values: [string, Value][]): Piece[] {
  const segments = template.texts.get(language);
  if (!segments) throw mismatch('another language');
  const given = Object.fromEntries(values);
  const pieces: Piece[] = [];
  for (const one of segments) {
    const last = pieces.at(-1);
    if (typeof one === 'string') {
      if (last?.kind === 'literal') last.value += one;
      else pieces.push({ kind: 'literal', value: one });
      continue;
    }
    const value = given[one.name] as Value;
    if (one.style === 'number') pieces.push({ kind: 'number', value: decimal(value) });
    else if (one.style === 'date') pieces.push({ kind: 'date', value: date(value) });
    else if (one.style === 'currency') {
      const currency = given[one.currency ?? ''];
      const amount = decimal(value);
      if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency)) throw mismatch('no currency');
      pieces.push({ kind: 'money', value: amount, currency });
    } else {
      if (value === 'true' || value === 'false') throw mismatch('a string that reads as a boolean');
      pieces.push({
        kind: 'text',
        value: typeof value === 'string' ? escaped(value) : typeof value === 'number' ? decimal(value) : String(value),
      });
    }
  }
  return pieces;
}

export interface Consent {
  act: string;
  version: Bytes;
  language: string;
  text: Bytes;
  surface: 'popup' | 'frame';
  verified: boolean;
}

const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;

export const consentField = ({ act, version, language, text, surface, verified }: Consent): string =>
  `act=${quoted(act)}, ver=:${base64(version)}:, lang=${quoted(language)}, text=:${base64(text)}:, surface=${surface}` +
  (verified ? ', uv' : '');

const malformed = () => new Refusal('ERR_SIG_MALFORMED', 'not the one spelling of a field');

/** Reads a field as what it says, and takes only the spelling that says it. */
export function readConsent(field: string): Consent {
  const members = new Map(parseDictionary(field));
  const bare = (name: string, type: string) => {
    const member = members.get(name);
    if (!member || isInnerList(member) || member.bareItem.type !== type) throw malformed();
    return member.bareItem.value;
  };
  const surface = bare('surface', 'token');
  const consent = {
    act: bare('act', 'string') as string,
    version: bare('ver', 'byte-sequence') as Bytes,
    language: bare('lang', 'string') as string,
    text: bare('text', 'byte-sequence') as Bytes,
    surface: surface as 'popup',
    verified: members.has('uv'),
  };
  if (consent.version.length !== 16 || consent.text.length !== 32) throw malformed();
  if (surface !== 'popup' && surface !== 'frame') throw malformed();
  if (consentField(consent) !== field) throw malformed();
  return consent;
}

const PARTS = ['id', 'auth', 'client', 'sig'];

/** `PAS-Assertion`: its four parts. Whether they verify is a matter of WebAuthn, and of other tests. */
export function readAssertion(field: string): Bytes[] {
  const members = parseDictionary(field);
  const parts = members.map(([, member]: [string, Member]) => bytesOf(member) ?? new Uint8Array());
  if (members.map(([name]) => name).join() !== PARTS.join()) throw malformed();
  if (parts.map((bytes, at) => `${PARTS[at]}=:${base64(bytes)}:`).join(', ') !== field) throw malformed();
  return parts;
}

/** A consent to this request, for the action of its route; the values that were shown. */
export function checkConsent(
  templates: Template[],
  request: HttpRequest,
  consent: Consent,
  action: string | undefined,
): { template: Template; values: [string, Value][] } {
  const template = templates.find(({ act, version }) => act === consent.act && equal(version, consent.version));
  if (!template || template.act !== action || !isOf(template, request)) throw mismatch('to something else');
  if (consent.surface === 'frame' && template.surface !== 'frame') throw mismatch('elsewhere');
  const content = request.content ?? new Uint8Array();
  const [type = ''] = (valueOf(request, 'content-type') ?? '').split(';');
  if (content.length > 0 && type.trimEnd().toLowerCase() !== 'application/json')
    throw new Refusal('ERR_JSON_INVALID', 'no JSON');
  const values = readValues(template, splitTarget(request.target), content);
  show(template, consent.language, values);
  return { template, values };
}
