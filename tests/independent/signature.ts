/** `Signature-Input` and `Signature`, held to the profile. */
import { type Bytes, base64, fromBase64url } from './bytes.js';
import { type Component, type HttpRequest, signatureBase, valueOf, valuesOf } from './message.js';
import { Refusal } from './refusal.js';
import {
  type InnerList,
  type Item,
  type Member,
  type Parameters,
  isInnerList,
  parseDictionary,
} from './structured-field.js';

export const TAGS = { request: 'pas-1', control: 'pas-1-ctl' } as const;
const NAMES = ['created', 'nonce', 'keyid', 'alg', 'tag'];

export interface Signed {
  created: number;
  nonce: string;
  keyid: string;
  thumbprint: Bytes;
  signature: Bytes;
  base: string;
}

const profile = (why: string) => new Refusal('ERR_SIG_PROFILE', why);

export const isSigned = (request: HttpRequest) =>
  ['signature', 'signature-input'].some((name) => valuesOf(request, name).length > 0);

function soleMember(text: string): Member {
  const members = parseDictionary(text);
  const [[label, member] = []] = members;
  if (members.length !== 1 || label !== 'pas' || !member) throw profile('not one member pas');
  return member;
}

/** The bytes of a Byte Sequence without parameters; undefined for any other member. */
export function bytesOf(member: Member): Bytes | undefined {
  if (isInnerList(member) || member.bareItem.type !== 'byte-sequence' || member.parameters.length > 0) return undefined;
  return member.bareItem.value;
}

/** The fields of the protocol have one spelling of their bytes; a general parser would take several. */
export function checkSpelling(text: string, key: string, bytes: Bytes): void {
  if (text !== `${key}:${base64(bytes)}:`) throw new Refusal('ERR_SIG_MALFORMED', 'not the one spelling of its bytes');
}

const isPlain = ({ bareItem, parameters }: Item, name: string | undefined) =>
  bareItem.type === 'string' && bareItem.value === name && parameters.length === 0;

function checkCovered(input: Member, covered: Component[]): asserts input is InnerList {
  const same =
    isInnerList(input) &&
    input.items.length === covered.length &&
    covered.every(([name], at) => isPlain(input.items[at] as Item, name));
  if (!same) throw profile('other components');
}

function stringOf(parameters: Parameters, name: string): string {
  const found = parameters.find(([key]) => key === name)?.[1];
  if (found?.type !== 'string') throw profile(`${name} is no string`);
  return found.value;
}

export function readSignature(request: HttpRequest, covered: Component[], tag: string): Signed {
  const must = (name: string) => {
    const value = valueOf(request, name);
    if (value === undefined) throw new Refusal('ERR_SIG_MISSING', 'not signed');
    return value;
  };
  const inputText = must('signature-input');
  const signatureText = must('signature');

  const input = soleMember(inputText);
  checkCovered(input, covered);
  const { parameters } = input;
  if (parameters.map(([name]) => name).join() !== NAMES.join()) throw profile('other parameters');
  const created = parameters[0]?.[1];
  if (created?.type !== 'integer') throw profile('created is no integer');
  const [nonce, keyid] = [stringOf(parameters, 'nonce'), stringOf(parameters, 'keyid')];
  if (stringOf(parameters, 'alg') !== 'ecdsa-p256-sha256') throw new Refusal('ERR_ALG_REFUSED', 'another algorithm');
  if (stringOf(parameters, 'tag') !== tag) throw profile('another tag');
  const thumbprint = fromBase64url(keyid, 32);
  if (!thumbprint) throw profile('keyid is no thumbprint');

  const signature = bytesOf(soleMember(signatureText));
  if (signature?.length !== 64) throw new Refusal('ERR_SIG_MALFORMED', 'not 64 bytes');
  checkSpelling(signatureText, 'pas=', signature);
  return { created: created.value, nonce, keyid, thumbprint, signature, base: signatureBase(covered, parameters) };
}

/** `Content-Digest`: one `sha-256`. */
export function readDigest(text: string): Bytes {
  const members = parseDictionary(text);
  const [[algorithm, member] = []] = members;
  if (members.length !== 1 || algorithm !== 'sha-256' || !member) throw profile('not one sha-256');
  const bytes = bytesOf(member);
  if (!bytes) throw profile('no byte sequence');
  if (bytes.length !== 32) throw new Refusal('ERR_SIG_MALFORMED', 'not 32 bytes');
  checkSpelling(text, 'sha-256=', bytes);
  return bytes;
}
