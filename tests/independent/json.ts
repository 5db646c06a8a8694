/** I-JSON (RFC 7493) held to what `JSON.parse` lets pass, and RFC 8785 by the `canonicalize` package. */
import canonicalizeValue from 'canonicalize';
import type { Bytes } from './bytes.js';
import { Refusal } from './refusal.js';

export const MAX_DEPTH = 64;
export const MAX_LENGTH = 2 ** 20;

const invalid = (why: string) => new Refusal('ERR_JSON_INVALID', why);
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Nesting and doubled names of a text that is known to be JSON. */
function checkShape(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  let name = false;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g)) {
    const names = open.at(-1);
    if (token === '{' || token === '[') {
      open.push(token === '{' ? new Set() : undefined);
      if (open.length > MAX_DEPTH) throw invalid('nested too deeply');
      name = token === '{';
    } else if (token === '}' || token === ']') {
      open.pop();
      name = false;
    } else if (token === ',') {
      name = names !== undefined;
    } else if (name && token !== ':') {
      name = false;
      const spelt = JSON.parse(token) as string;
      if (names?.has(spelt)) throw invalid('a name occurs twice');
      names?.add(spelt);
    }
  }
}

function checkValues(value: Json): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw invalid('a number overflows');
  if (typeof value === 'string' && !value.isWellFormed()) throw invalid('a lone surrogate');
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (!Array.isArray(value)) checkValues(name);
    checkValues(inner);
  }
}

/** One text, one value or none: `ERR_JSON_INVALID`. */
export function parseJson(source: Bytes | string): Json {
  if (Buffer.byteLength(source) > MAX_LENGTH) throw invalid('longer than 1 MiB');
  let value: Json;
  let text: string;
  try {
    text = typeof source === 'string' ? source : utf8.decode(source);
    value = JSON.parse(text) as Json;
  } catch {
    throw invalid('not a JSON text');
  }
  checkShape(text);
  checkValues(value);
  return value;
}

export const canonicalize = (value: Json): string => canonicalizeValue(value) as string;

/** RFC 8785 of a JSON text. */
export const canonicalizeJson = (source: Bytes | string): string => canonicalize(parseJson(source));

/** An object whose members are all among `known`. */
export function parseObject(source: Bytes, known: string[]): { [name: string]: Json } {
  const value = parseJson(source);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('not an object');
  if (Object.keys(value).some((name) => !known.includes(name))) throw invalid('an unknown member');
  return value;
}
