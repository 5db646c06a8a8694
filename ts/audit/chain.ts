/**
 * The lines of a hash-chained log. A line is
 *
 *     {"seq":7,"prev":"<hash of line 6>","decision":{…},"hash":"<hash>"}
 *
 * with `hash` = SHA-256, or HMAC-SHA256 under a key, over the UTF-8 bytes of the line before `,"hash"`,
 * base64url. The first line of the first file has `seq` 1 and a `prev` of 43 times `A`.
 */
import { createHash, createHmac } from 'node:crypto';

/** Where a chain stands: the last line's number and hash. As an anchor it is written `seq:hash`. */
export interface ChainHead {
  seq: number;
  hash: string;
}

/** The head of an empty chain. */
export const EMPTY: ChainHead = { seq: 0, hash: 'A'.repeat(43) };

export type ChainKey = Uint8Array | undefined;

function hashOf(content: string, key: ChainKey): string {
  return (key ? createHmac('sha256', key) : createHash('sha256')).update(content).digest('base64url');
}

/** The line after `head`, without its line feed, and the new head. */
export function nextLine(head: ChainHead, entry: object, key: ChainKey): { line: string; head: ChainHead } {
  const seq = head.seq + 1;
  const content = JSON.stringify({ seq, prev: head.hash, ...entry }).slice(0, -1);
  const hash = hashOf(content, key);
  return { line: `${content},"hash":"${hash}"}`, head: { seq, hash } };
}

/** The head after `line`, or what is wrong with it. */
export function checkLine(line: string, head: ChainHead, key: ChainKey): ChainHead | { fault: string } {
  const [, content, hash] = /^(.*),"hash":"([\w-]{43})"\}$/s.exec(line) ?? [];
  if (content === undefined || hash === undefined) return { fault: 'not a line of a chain' };
  if (hashOf(content, key) !== hash)
    return { fault: key ? 'changed, or written under another key' : 'changed, or written under a key' };
  const claimed = claimedHead(line);
  if (claimed?.seq !== head.seq)
    return { fault: `not line ${head.seq + 1} of the chain: one was removed, added or moved` };
  if (claimed.hash !== head.hash) return { fault: 'does not follow from the line before' };
  return { seq: head.seq + 1, hash };
}

/** The head that a line says it follows. */
export function claimedHead(line: string): ChainHead | undefined {
  const [, seq, prev] = /^\{"seq":(\d{1,15}),"prev":"([\w-]{43})"/.exec(line) ?? [];
  return seq === undefined || prev === undefined ? undefined : { seq: Number(seq) - 1, hash: prev };
}
