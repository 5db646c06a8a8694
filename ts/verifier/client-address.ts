/** Whose request it is, for limits: the socket's peer, or what proxies that are trusted by name say. */
import { PartitionedAuthorityError } from '../shared/errors.js';
import { type Hops, parseForwarded, parseForwardedFor } from './forwarded.js';
import { type IpAddress, type IpRange, formatIp, inRange, parseIp, parseRange } from './ip-address.js';

/**
 * Which proxies are believed.
 * - `false`: none; the default.
 * - a list of their addresses, as CIDR ranges, single addresses, or `loopback`, `linklocal` and
 *   `uniquelocal`. Prefer it: whoever reaches the server by another way is not believed.
 * - how many there are: exactly. One too many lets clients name their own address, and whoever reaches
 *   the server past the proxies does so in any case.
 */
export type TrustProxy = false | number | readonly string[];

/**
 * The client's address of a request. `peer` is the other end of the socket; `fields` are the header
 * fields as they came: name, value, name, value … (`request.rawHeaders` under Node).
 */
export type ClientAddress = (peer: string | undefined, fields: readonly string[]) => string | undefined;

/** More proxies in a row than anybody has: such a number means "believe everybody". */
const MAX_HOPS = 16;

const NAMED: Record<string, string[]> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/** Whether the hop at this distance, 0 for the peer itself, is a trusted proxy. */
type Trusted = (address: IpAddress | undefined, distance: number) => boolean;

/**
 * Makes the function that finds the client's address. It reads `X-Forwarded-For` or `Forwarded`
 * (RFC 7239) from the right: each trusted proxy vouches for the one entry that it added. What no trusted
 * proxy vouches for is never read. A field that came twice, or two fields that disagree, say nothing: it
 * stays with the peer.
 *
 * @throws `ERR_CONFIG_INVALID` for a value that can't be meant
 */
export function clientAddress(trust: TrustProxy = false): ClientAddress {
  const trusted = trustOf(trust);
  return (peer, fields) => {
    const own = peer === undefined ? undefined : parseIp(peer);
    const address = reported(own, fields, trusted) ?? own;
    return address ? formatIp(address) : peer;
  };
}

function reported(peer: IpAddress | undefined, fields: readonly string[], trusted: Trusted): IpAddress | undefined {
  const forwardedFor = valuesOf(fields, 'x-forwarded-for');
  const forwarded = valuesOf(fields, 'forwarded');
  if (forwardedFor.length > 1 || forwarded.length > 1) return undefined;
  const [first, second = first] = [...forwardedFor.map(parseForwardedFor), ...forwarded.map(parseForwarded)].map(
    (hops) => (hops ? walk(peer, hops, trusted) : peer),
  );
  return first && second && formatIp(first) === formatIp(second) ? first : undefined;
}

/** From the peer outwards, as long as the one who speaks is trusted and names an address. */
function walk(peer: IpAddress | undefined, hops: Hops, trusted: Trusted): IpAddress | undefined {
  let address = peer;
  for (const [distance, hop] of hops.toReversed().entries()) {
    if (!hop || !trusted(address, distance)) break;
    address = hop;
  }
  return address;
}

function valuesOf(fields: readonly string[], name: string): string[] {
  return fields.filter((_, i) => i % 2 === 1 && fields[i - 1]?.toLowerCase() === name);
}

function trustOf(trust: TrustProxy): Trusted {
  if (trust === false) return () => false;
  if (typeof trust === 'number') {
    if (!Number.isInteger(trust) || trust < 1 || trust > MAX_HOPS) {
      throw invalid(`as a number it is how many proxies there are, 1 to ${MAX_HOPS}`);
    }
    return (_, distance) => distance < trust;
  }
  if (!Array.isArray(trust) || trust.length === 0) {
    throw invalid("it is false, the number of proxies, or a list of their addresses like ['10.0.0.0/8', 'loopback']");
  }
  const ranges = trust.flatMap(rangesOf);
  return (address) => address !== undefined && ranges.some((range) => inRange(address, range));
}

function rangesOf(text: unknown): IpRange[] {
  const names = typeof text === 'string' ? (Object.hasOwn(NAMED, text) ? NAMED[text] : [text]) : undefined;
  return (names ?? ['']).map((name) => {
    const range = parseRange(name);
    if (!range)
      throw invalid(`neither an address nor a CIDR range that starts at its first address: ${JSON.stringify(text)}`);
    if (range.bits === 0) throw invalid(`${name} believes every client`);
    return range;
  });
}

const invalid = (message: string) => new PartitionedAuthorityError('ERR_CONFIG_INVALID', `trustProxy: ${message}`);
