/** IP addresses and ranges as numbers, without a host's help: edge runtimes have none. */

/** Eight groups of 16 bits for IPv6, four of 8 for IPv4. */
export type IpAddress = readonly number[];

const IPV4 = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/;
const GROUPS = /^[\da-f]{1,4}(?::[\da-f]{1,4})*$/i;
/** RFC 4007 §11: names the link of a link-local address on one machine; it is no part of the address. */
const ZONE = /%[\w.~-]+$/;

/** An address in its usual text (RFC 4291 §2.2); undefined for anything else. */
export function parseIp(text: string): IpAddress | undefined {
  const address = literal(text);
  return address && isMapped(address) ? embedded(address) : address;
}

/** An IPv6 address keeps its notation: `::ffff:1.2.3.4` has eight groups. */
function literal(text: string): IpAddress | undefined {
  return text.includes(':') ? ipv6(text.replace(ZONE, '')) : ipv4(text);
}

function ipv4(text: string): number[] | undefined {
  if (!IPV4.test(text)) return undefined;
  const octets = text.split('.').map(Number);
  return octets.every((octet) => octet <= 255) ? octets : undefined;
}

function ipv6(text: string): number[] | undefined {
  const at = text.lastIndexOf(':') + 1;
  const octets = text.includes('.', at) ? ipv4(text.slice(at)) : [];
  if (!octets) return undefined;
  // The last two groups may be written as an IPv4 address.
  const [a = 0, b = 0, c = 0, d = 0] = octets;
  const plain = octets.length === 0 ? text : `${text.slice(0, at)}${hex(a * 256 + b)}:${hex(c * 256 + d)}`;
  const [head = '', tail, ...more] = plain.split('::');
  const left = groups(head);
  const right = groups(tail ?? '');
  if (!left || !right || more.length > 0) return undefined;
  const missing = 8 - left.length - right.length;
  // "::" stands for one group of zeros or more.
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...left, ...new Array<number>(missing).fill(0), ...right];
}

const hex = (group: number) => group.toString(16);

function groups(text: string): number[] | undefined {
  if (text === '') return [];
  return GROUPS.test(text) ? text.split(':').map((group) => Number.parseInt(group, 16)) : undefined;
}

/** RFC 4291 §2.5.5.2: an IPv4 address as a socket for both families shows it. */
function isMapped(address: IpAddress): boolean {
  return address.length === 8 && address.every((group, i) => i > 5 || group === (i === 5 ? 0xffff : 0));
}

const embedded = (address: IpAddress) => address.slice(6).flatMap((group) => [group >> 8, group & 255]);

/** The one text of an address: RFC 5952 for IPv6. */
export function formatIp(address: IpAddress): string {
  if (address.length === 4) return address.join('.');
  const text = address.map(hex).join(':');
  const zeros = text.match(/\b0(?::0)+\b/g) ?? [];
  const longest = zeros.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return text;
  const at = text.search(new RegExp(`\\b${longest}\\b`));
  return `${text.slice(0, at).replace(/:$/, '')}::${text.slice(at + longest.length).replace(/^:/, '')}`;
}

/** All addresses that share their first bits. */
export interface IpRange {
  address: IpAddress;
  bits: number;
}

/** A range in CIDR notation, or one address. Undefined if it is neither, or has bits beyond its length. */
export function parseRange(text: string): IpRange | undefined {
  const [, host = '', length] = /^([^/%]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const address = literal(host);
  if (!address) return undefined;
  const size = address.length === 4 ? 32 : 128;
  const bits = length === undefined ? size : Number(length);
  if (bits > size || !sameBits(address, masked(address, bits), size)) return undefined;
  return isMapped(address) && bits >= 96 ? { address: embedded(address), bits: bits - 96 } : { address, bits };
}

export function inRange(address: IpAddress, range: IpRange): boolean {
  return address.length === range.address.length && sameBits(address, range.address, range.bits);
}

/** Bits of one group of an address. */
const width = (address: IpAddress) => (address.length === 4 ? 8 : 16);

function sameBits(a: IpAddress, b: IpAddress, bits: number): boolean {
  const left = masked(a, bits);
  const right = masked(b, bits);
  return left.every((group, i) => group === right[i]);
}

/** The network of an address, `203.0.113.0/24`, by so many bits; undefined for none of them, and for no address. */
export function networkOf(text: string, { ipv4, ipv6 }: { ipv4: number; ipv6: number }): string | undefined {
  const address = parseIp(text);
  const bits = address?.length === 4 ? ipv4 : ipv6;
  return address && bits > 0 ? `${formatIp(masked(address, bits))}/${bits}` : undefined;
}

function masked(address: IpAddress, bits: number): number[] {
  const size = width(address);
  return address.map((group, i) => {
    const dropped = Math.min(size, Math.max(0, (i + 1) * size - bits));
    return (group >> dropped) << dropped;
  });
}
