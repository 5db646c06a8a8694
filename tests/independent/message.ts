/** A request as it arrived, and what of it is signed. */
import { type Bytes, base64, sha256 } from './bytes.js';
import { Refusal } from './refusal.js';
import { type Parameters, serializeBareItem, serializeParameters } from './structured-field.js';

export interface HttpRequest {
  method: string;
  /** Origin form, raw. */
  target: string;
  fields: [string, string][];
  content?: Bytes;
}

const trim = (value: string) => value.replace(/^[ \t]+|[ \t]+$/g, '');

/** Values of a field, without the whitespace around them. */
export const valuesOf = (request: HttpRequest, name: string): string[] =>
  request.fields.filter(([field]) => field.toLowerCase() === name).map(([, value]) => trim(value));

/** The value of a field that must not be doubled. */
export function valueOf(request: HttpRequest, name: string): string | undefined {
  const values = valuesOf(request, name);
  if (values.length > 1) throw new Refusal('ERR_SIG_PROFILE', `${name} is doubled`);
  return values[0];
}

/** `@path` and `@query`; an absent query is `?`. */
export function splitTarget(target: string): { path: string; query: string } {
  if (!/^\/[!"$-~]*$/.test(target)) throw new Refusal('ERR_SIG_MALFORMED', 'not origin form');
  const at = target.indexOf('?');
  return at < 0 ? { path: target, query: '?' } : { path: target.slice(0, at), query: target.slice(at) };
}

/** Fields of one value that move the request elsewhere than what is signed. */
const OVERRIDES = ['x-http-method-override', 'x-http-method', 'x-method-override', 'x-original-url', 'x-rewrite-url'];

/** What any request must be, before anything in it is looked at. */
export function checkHead(request: HttpRequest, headerBytes: number): void {
  const size = Buffer.byteLength(request.fields.flat().join('\n')) + Buffer.byteLength(request.target);
  if (size > headerBytes) throw new Refusal('ERR_HEADER_LIMIT', `${size} bytes`);
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}$/.test(request.method)) throw new Refusal('ERR_SIG_MALFORMED', 'no method');
  splitTarget(request.target);
  if (request.fields.flat().some((text) => text.includes('\n'))) throw new Refusal('ERR_SIG_MALFORMED', 'a line feed');
  if (valuesOf(request, 'content-encoding').length > 0) throw new Refusal('ERR_BODY_ENCODING', 'encoded content');
  if (OVERRIDES.some((name) => valuesOf(request, name).length > 0)) throw new Refusal('ERR_SIG_PROFILE', 'an override');
}

/** Whether some server could route the path to the frame's own endpoints. */
export function isReserved(path: string): boolean {
  const decoded = path.replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
  return decoded.split(/[/\\]/).some((segment) => /^\.pas$/i.test(segment));
}

/** RFC 9530, `sha-256` only. */
export const contentDigest = (content: Bytes): string => `sha-256=:${base64(sha256(content))}:`;

export type Component = [string, string];

/** The components of the profile, in its order. */
export function components(request: HttpRequest, authority: string): Component[] {
  const { path, query } = splitTarget(request.target);
  const covered: Component[] = [
    ['@method', request.method],
    ['@authority', authority],
    ['@path', path],
    ['@query', query],
  ];
  for (const name of ['content-type', 'content-digest', 'interaction-proof', 'pas-consent']) {
    const value = valueOf(request, name);
    if (value !== undefined) covered.push([name, value]);
  }
  return covered;
}

const identifier = (name: string) => serializeBareItem({ type: 'string', value: name });

/** The member of `Signature-Input`, and the last line of the base. */
export const signatureParams = (covered: Component[], parameters: Parameters): string =>
  `(${covered.map(([name]) => identifier(name)).join(' ')})${serializeParameters(parameters)}`;

/** RFC 9421 §2.5. */
export function signatureBase(covered: Component[], parameters: Parameters): string {
  const lines = covered.map(([name, value]) => {
    if (!/^[\t -~]*$/.test(value)) throw new Refusal('ERR_SIG_MALFORMED', `${name} is not printable`);
    return `${identifier(name)}: ${value}`;
  });
  return [...lines, `"@signature-params": ${signatureParams(covered, parameters)}`].join('\n');
}
