/** `1.<tag8>.<secret43>`: session and enrolment cookies, and URL tickets. */
import { type Bytes, base64url, fromBase64url, sha256 } from './bytes.js';
import { Refusal } from './refusal.js';

export interface Credential {
  /** The store's slot. */
  tag: string;
  /** SHA-256 of the secret: the session's, or the ticket's, id. */
  id: string;
}

export const SESSION = '__Host-pas';
export const ENROL = '__Host-pas-enrol';

const missing = (why: string) => new Refusal('ERR_SESSION_MISSING', why);

/** Undefined for anything but the one spelling. */
export function readCredential(value: string): Credential | undefined {
  const [, tag = '', secret = ''] = /^1\.([^.]*)\.(.*)$/s.exec(value) ?? [];
  const bytes = fromBase64url(secret, 32);
  return bytes && fromBase64url(tag, 6) ? { tag, id: base64url(sha256(bytes)) } : undefined;
}

export const writeCredential = (tag: string, secret: Bytes): string => `1.${tag}.${base64url(secret)}`;

/** Name and value of every cookie of the `Cookie` fields. */
export const readCookies = (fields: string[]): [string, string][] =>
  fields
    .flatMap((field) => field.split(';'))
    .map((pair) => pair.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((pair) => pair.includes('='))
    .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]);

function one(cookies: [string, string][], name: string): string | undefined {
  const values = cookies.filter(([key]) => key === name).map(([, value]) => value);
  if (values.length > 1) throw missing(`${name} is doubled`);
  return values[0];
}

/** Every well-formed session cookie of the browser. */
export const sessionCookies = (cookies: [string, string][]): Credential[] =>
  cookies
    .filter(([name]) => name === SESSION || (name.startsWith(`${SESSION}-`) && name.length === SESSION.length + 9))
    .flatMap(([, value]) => readCredential(value) ?? []);

/** The session of the key `keyid`: its own cookie, else the first account's. */
export function selectSession(cookies: [string, string][], keyid: string): Credential {
  const own = one(cookies, `${SESSION}-${keyid.slice(0, 8)}`);
  const value = [own, one(cookies, SESSION)].find((found) => found !== undefined);
  const session = value === undefined ? undefined : readCredential(value);
  if (!session) throw missing('no session cookie, or a malformed one');
  return session;
}

/** Without a key: the first account's session, else the only one of the others. */
export function onlySession(cookies: [string, string][]): Credential {
  const first = one(cookies, SESSION);
  const others = sessionCookies(cookies);
  const session = first === undefined ? (others.length === 1 ? others[0] : undefined) : readCredential(first);
  if (!session) throw missing('not exactly one session');
  return session;
}

export function enrolmentTicket(cookies: [string, string][]): Credential {
  const found = cookies.filter(([name]) => name === ENROL).map(([, value]) => value);
  const ticket = found.length === 1 ? readCredential(found[0] as string) : undefined;
  if (!ticket) throw new Refusal('ERR_ENROL_REFUSED', 'not exactly one ticket');
  return ticket;
}
