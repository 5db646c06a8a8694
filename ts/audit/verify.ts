/** Reads chained files and finds the first line that is not what was written. */
import { createReadStream } from 'node:fs';
import { type ChainHead, EMPTY, checkLine } from './chain.js';
import { keyBytes } from './key.js';

export interface VerifyOptions {
  /** The key that the files were written under, if any. */
  key?: Uint8Array | string;
  /** Where the first file begins, if it goes on from one that is not given. */
  after?: ChainHead;
  /** Heads that were kept elsewhere: each must be in the chain. */
  anchors?: ChainHead[];
}

export type Verification =
  /** `head`: the last line. That nothing was cut off after it, only an anchor can tell. */
  { ok: true; lines: number; head: ChainHead } | { ok: false; file: string; line: number; fault: string };

/** Longer lines are no audit log's. */
const MAX_LINE = 1_048_576;

/** Verifies files of one chain, in order. Rejects only if a file can't be read. */
export async function verifyAuditFiles(files: string[], options: VerifyOptions = {}): Promise<Verification> {
  const { after = EMPTY, anchors = [] } = options;
  const key = options.key === undefined ? undefined : keyBytes(options.key);
  const expected = new Map<number, string>();
  for (const { seq, hash } of anchors) {
    // A chain that was cut and went on reaches the same number again.
    if ((expected.get(seq) ?? hash) !== hash)
      return fork(files, `line ${seq} was anchored twice, as two different ones: the chain was cut`);
    expected.set(seq, hash);
  }
  if ((expected.get(after.seq) ?? after.hash) !== after.hash) {
    return fork(files, 'the chain goes on from another line than the one that was anchored');
  }
  let head = after;
  let number = 0;
  for (const file of files) {
    number = 0;
    for await (const { text, complete } of linesOf(file)) {
      number += 1;
      const next = complete
        ? checkLine(text, head, key)
        : { fault: 'cut short: the file does not end with a line feed' };
      if ('fault' in next) return { ok: false, file, line: number, fault: next.fault };
      head = next;
      const anchor = expected.get(head.seq);
      if (anchor !== undefined && anchor !== head.hash) {
        return { ok: false, file, line: number, fault: 'not the line that was anchored: the chain was written anew' };
      }
      expected.delete(head.seq);
    }
  }
  const missing = [...expected.keys()].filter((seq) => seq > after.seq);
  if (missing.length > 0) {
    const fault = `the tail was cut off: the chain ends at ${head.seq}, ${Math.max(...missing)} was anchored`;
    return { ok: false, file: files.at(-1) ?? '', line: number, fault };
  }
  return { ok: true, lines: head.seq - after.seq, head };
}

const fork = (files: string[], fault: string): Verification => ({ ok: false, file: files[0] ?? '', line: 0, fault });

async function* linesOf(file: string): AsyncGenerator<{ text: string; complete: boolean }> {
  // Bytes as they are: text that is not UTF-8 must not pass for what it is decoded to.
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    let data = Buffer.concat([rest, chunk]);
    for (let end = data.indexOf(0x0a); end >= 0; end = data.indexOf(0x0a)) {
      yield { text: decoded(data.subarray(0, end)), complete: true };
      data = data.subarray(end + 1);
    }
    if (data.length > MAX_LINE) yield { text: '', complete: true };
    rest = data;
  }
  if (rest.length > 0) yield { text: '', complete: false };
}

function decoded(bytes: Buffer): string {
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? text : '';
}
