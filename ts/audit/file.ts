/**
 * `partitioned-authority/audit/file`: decisions in an append-only, hash-chained file, for Node.
 * `pas audit verify` finds any line that was removed, changed or moved. A tail that was cut off it can't find
 * without an anchor kept elsewhere: see `onAnchor`.
 *
 * @module
 */
import { type FileHandle, open } from 'node:fs/promises';
import { PartitionedAuthorityError } from '../shared/errors.js';
import type { Decision } from '../verifier/options.js';
import { type ChainHead, EMPTY, checkLine, claimedHead, nextLine } from './chain.js';
import { keyBytes } from './key.js';

export type { ChainHead } from './chain.js';
export { type VerifyOptions, type Verification, verifyAuditFiles } from './verify.js';

export interface FileAuditOptions {
  path: string;
  /**
   * At least 32 secret bytes, or their base64url as `pas secret` prints it: without them nobody can write a chain
   * anew. The same for `pas audit verify --key-file`.
   */
  key?: Uint8Array | string;
  /** For a new file: where the one before it ended, so that the chain goes on. */
  after?: ChainHead;
  /** Whether a batch is on the disk before its decisions count as written; false by default. */
  sync?: boolean;
  /**
   * Called with the head after every `anchorEvery` lines and at `close`. Keep it where whoever can change the file
   * can't reach: another machine, a ticket system, a newspaper. Only with it a cut tail is found.
   */
  onAnchor?: (head: ChainHead) => unknown;
  /** 1,000 by default. */
  anchorEvery?: number;
}

export interface FileAudit {
  /** The `audit` option of `createAuthority`. Rejects if the line could not be written. */
  audit: (decision: Decision) => Promise<void>;
  /** The last line that was written. */
  readonly head: ChainHead;
  /** Waits for what was given so far. */
  flush(): Promise<void>;
  /** Flushes, anchors, closes the file. */
  close(): Promise<void>;
}

/** The last line of a log is read from this many bytes at its end. */
const TAIL = 65_536;

/**
 * Opens or makes the file, checks its last line, and goes on from there. A line that a crash cut short is
 * removed, and the next line says how many bytes there were. One process writes to one file.
 *
 * @throws `ERR_CONFIG_INVALID` for a file that is no chain, ends in a changed line, or has another key
 */
export async function fileAudit(options: FileAuditOptions): Promise<FileAudit> {
  const { path, key: given, after = EMPTY, sync = false, onAnchor, anchorEvery = 1_000, ...stray } = options;
  const [unknown] = Object.keys(stray);
  if (unknown !== undefined) throw invalid(`fileAudit has no option ${unknown}`);
  if (onAnchor !== undefined && typeof onAnchor !== 'function') throw invalid('onAnchor must be a function');
  if (!(Number.isSafeInteger(anchorEvery) && anchorEvery > 0))
    throw invalid('anchorEvery must be a positive whole number');
  const key = given === undefined ? undefined : keyBytes(given);
  const file = await open(path, 'a+', 0o600);
  try {
    const { head, size, torn } = await lastHead(file, key);
    return new ChainedFile(file, head ?? after, size, key, sync, onAnchor, anchorEvery).begin(torn);
  } catch (error) {
    await file.close();
    throw error;
  }
}

const invalid = (message: string) => new PartitionedAuthorityError('ERR_CONFIG_INVALID', message);

async function lastHead(
  file: FileHandle,
  key: Uint8Array | undefined,
): Promise<{ head?: ChainHead; size: number; torn: number }> {
  const { size } = await file.stat();
  const start = Math.max(0, size - TAIL);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
  const tail = buffer.subarray(0, bytesRead);
  const end = tail.lastIndexOf(0x0a) + 1;
  if (end === 0 && start > 0) throw invalid('the file is no audit log: its last line is too long');
  const torn = tail.length - end;
  if (torn > 0) await file.truncate(size - torn);
  if (end === 0) return { size: 0, torn };
  const line = tail.subarray(tail.subarray(0, end - 1).lastIndexOf(0x0a) + 1, end - 1).toString();
  const claimed = claimedHead(line);
  const head = claimed ? checkLine(line, claimed, key) : { fault: 'not a line of a chain' };
  if ('fault' in head) throw invalid(`the last line of the audit log: ${head.fault}`);
  return { head, size: size - torn, torn };
}

interface Waiting {
  entry: object;
  resolve: () => void;
  reject: (error: unknown) => void;
}

class ChainedFile implements FileAudit {
  readonly #file: FileHandle;
  readonly #key: Uint8Array | undefined;
  readonly #sync: boolean;
  readonly #onAnchor: FileAuditOptions['onAnchor'];
  readonly #anchorEvery: number;
  #head: ChainHead;
  #size: number;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;

  constructor(
    file: FileHandle,
    head: ChainHead,
    size: number,
    key: Uint8Array | undefined,
    sync: boolean,
    onAnchor: FileAuditOptions['onAnchor'],
    anchorEvery: number,
  ) {
    this.#file = file;
    this.#head = head;
    this.#size = size;
    this.#key = key;
    this.#sync = sync;
    this.#onAnchor = onAnchor;
    this.#anchorEvery = anchorEvery;
  }

  /** Says in the log that it was opened, and what was cut short before. */
  async begin(torn: number): Promise<this> {
    await this.#append({ opened: { at: Date.now(), torn } });
    return this;
  }

  get head(): ChainHead {
    return this.#head;
  }

  readonly audit = (decision: Decision): Promise<void> => this.#append({ decision });

  #append(entry: object): Promise<void> {
    const written = new Promise<void>((resolve, reject) => this.#waiting.push({ entry, resolve, reject }));
    this.#writing ??= this.#drain();
    return written;
  }

  /** One write at a time, of everything that waits: the order of the lines is that of the calls. */
  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#write(batch);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#writing = undefined;
  }

  async #write(batch: Waiting[]): Promise<void> {
    const { size } = await this.#file.stat();
    if (size !== this.#size) throw invalid('something else writes to the audit log');
    let head = this.#head;
    let text = '';
    const anchors: ChainHead[] = [];
    for (const { entry } of batch) {
      const next = nextLine(head, entry, this.#key);
      head = next.head;
      text += `${next.line}\n`;
      if (head.seq % this.#anchorEvery === 0) anchors.push(head);
    }
    try {
      await this.#file.appendFile(text);
      if (this.#sync) await this.#file.datasync();
    } catch (error) {
      // What was half written must not stand before the next line.
      await this.#file.truncate(this.#size);
      throw error;
    }
    this.#head = head;
    this.#size += Buffer.byteLength(text);
    for (const anchor of anchors) await this.#onAnchor?.(anchor);
  }

  async flush(): Promise<void> {
    await this.#writing;
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#onAnchor?.(this.#head);
    await this.#file.close();
  }
}
