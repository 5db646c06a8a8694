/** What proxies say of the hop before them: X-Forwarded-For, and Forwarded (RFC 7239). */
import { type IpAddress, parseIp } from './ip-address.js';

/** One entry per proxy, the nearest last. Undefined where an entry names no address. */
export type Hops = (IpAddress | undefined)[];

const PORT = /^:(?:\d{1,5}|_[\w.-]+)$/;
const TOKEN = "[!#$%&'*+.^_`|~\\w-]+";
/** A pair or nothing, and what ends it. One run of spaces each side: no backtracking. */
const PAIR = new RegExp(`[ \\t]*(?:(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)")[ \\t]*)?([;,]|$)`, 'y');

/** The value of `X-Forwarded-For`: addresses separated by commas, some proxies with a port. */
export function parseForwardedFor(value: string): Hops {
  return value.split(',').map((entry) => {
    const text = entry.trim();
    // A bare IPv6 address can have no port: nobody could tell it from the last group.
    return parseIp(text) ?? parseNode(text);
  });
}

/** The `for` of every element of `Forwarded`; undefined if the value is not what RFC 7239 allows. */
export function parseForwarded(value: string): Hops | undefined {
  const hops: Hops = [];
  const pairs = new RegExp(PAIR);
  let node: string | undefined;
  for (;;) {
    const [, name, token, quoted, end] = pairs.exec(value) ?? [];
    if (end === undefined) return undefined;
    if (name?.toLowerCase() === 'for') {
      if (node !== undefined) return undefined;
      node = token ?? quoted?.replace(/\\(.)/g, '$1') ?? '';
    }
    if (end === ';') continue;
    hops.push(node === undefined ? undefined : parseNode(node));
    node = undefined;
    if (end === '') return hops;
  }
}

/** RFC 7239 §6. `unknown` and obfuscated names name no address. */
function parseNode(text: string): IpAddress | undefined {
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]*)\]|([^:]*))(:.*)?$/.exec(text) ?? [];
  if (port !== '' && !PORT.test(port)) return undefined;
  if (bracketed === undefined) return parseIp(plain ?? '');
  return bracketed.includes(':') ? parseIp(bracketed) : undefined;
}
