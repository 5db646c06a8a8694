/** The bytes of an interaction proof, by the table of their layout. */
import { type Bytes, concat } from './bytes.js';
import { Refusal } from './refusal.js';

export const FLAGS = ['trusted', 'coalesced', 'fractional', 'webdriver', 'teleport'] as const;
export const KINDS = ['mouse', 'touch', 'pen', 'keyboard', 'assistive'] as const;
export const MARKS = ['centre', 'offGrid', 'appeared', 'ruled', 'impossible', 'timeless'] as const;
export const MAX_BYTES = 447;

/** Shortest times of press to release that privacy mode tells apart, ms. */
export const DWELLS = [0, 5, 20, 30, 60, 90, 130, 200, 400, 1001];

/** In privacy mode: how many numbers a movement has, and the greatest of them. */
const NUMBERS = 20;
const GREATEST = 32;

export interface Sample {
  dtMs: number;
  dx: number;
  dy: number;
}

/** What both versions have. */
export interface ProofHead {
  flags: Record<(typeof FLAGS)[number], boolean>;
  kind: (typeof KINDS)[number];
  eventId: Bytes;
  ageMs: number;
  actionHash: Bytes;
  /** Absent: not released yet. */
  dwellMs?: number;
  detail: number;
}

/** Version 1. */
export interface TrajectoryProof extends ProofHead {
  offsetX: number;
  offsetY: number;
  width: number;
  height: number;
  pixelRatio16: number;
  /** Newest first. */
  samples: Sample[];
}

/** Version 2: privacy mode. */
export interface PrivateProof extends ProofHead {
  marks: (typeof MARKS)[number][];
  /** Absent: too little movement. */
  numbers?: number[];
}

export type Proof = TrajectoryProof | PrivateProof;

const malformed = (why: string) => new Refusal('ERR_PROOF_MALFORMED', why);

const isPointer = (kind: Proof['kind']) => kind === 'mouse' || kind === 'touch' || kind === 'pen';

class Cursor {
  #at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Bytes) {
    this.#bytes = Buffer.from(bytes);
  }

  take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw malformed('truncated');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** LEB128 in its shortest form, from `min` to `max`. */
  varint(max: number, min = 0): number {
    const start = this.#at;
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = this.take(1).readUInt8();
      value += (byte % 128) * unit;
      if (byte >= 128 && unit < 16_384) continue;
      // A last group of zero says nothing: there is a shorter form.
      if (byte >= 128 || (byte === 0 && this.#at - start > 1)) throw malformed('not the shortest form');
      if (value < min || value > max) throw malformed('out of range');
      return value;
    }
  }

  zigzag(max: number): number {
    const code = this.varint(2 * max);
    return code % 2 === 0 ? code / 2 : -(code + 1) / 2;
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw malformed('bytes after the proof');
  }
}

function named<T extends string>(names: readonly T[], code: number): T {
  const name = names[code];
  if (name === undefined) throw malformed('unknown code');
  return name;
}

export function decodeProof(bytes: Bytes): Proof {
  if (bytes.length > MAX_BYTES) throw malformed('too long');
  const cursor = new Cursor(bytes);
  const version = cursor.take(1).readUInt8();
  if (version !== 1 && version !== 2) throw malformed('unknown version');
  const set = bitsOf(FLAGS, cursor.take(1).readUInt8());
  const flags = Object.fromEntries(FLAGS.map((name) => [name, set.includes(name)]));
  if (version === 2 && (flags['coalesced'] || flags['fractional'])) throw malformed('a flag of version 1');
  const kind = named(KINDS, cursor.take(1).readUInt8());
  const eventId = cursor.take(8);
  const ageMs = cursor.take(2).readUInt16BE();
  if (ageMs > 5_000) throw malformed('too old');
  const actionHash = cursor.take(16);
  const head = { flags: flags as Proof['flags'], kind, eventId, ageMs, actionHash };
  if (version === 2) return { ...head, ...decodePrivate(cursor, kind) };
  const dwell = cursor.varint(30_001);
  const detail = cursor.varint(255);
  const place = isPointer(kind) ? 1000 : 0;
  const [offsetX, offsetY] = [cursor.varint(place), cursor.varint(place)];
  const [width, height] = [cursor.varint(65_535), cursor.varint(65_535)];
  const pixelRatio16 = cursor.varint(256, 1);
  const count = cursor.varint(isPointer(kind) ? 100 : 0);
  const samples: Sample[] = [];
  for (let left = 2000; samples.length < count; left -= samples.at(-1)?.dtMs ?? 0) {
    samples.push({ dtMs: cursor.varint(left), dx: cursor.zigzag(8191), dy: cursor.zigzag(8191) });
  }
  cursor.end();
  return {
    ...head,
    ...(dwell > 0 ? { dwellMs: dwell - 1 } : {}),
    detail,
    offsetX,
    offsetY,
    width,
    height,
    pixelRatio16,
    samples,
  };
}

/** The names of the bits that are set. */
function bitsOf<T extends string>(names: readonly T[], bits: number): T[] {
  if (bits >= 2 ** names.length) throw malformed('unknown bit');
  return names.filter((_, bit) => Math.floor(bits / 2 ** bit) % 2 === 1);
}

function decodePrivate(cursor: Cursor, kind: Proof['kind']) {
  const byte = () => cursor.take(1).readUInt8();
  const [dwell, detail] = [byte(), byte()];
  if (dwell > DWELLS.length || detail > 3) throw malformed('out of range');
  const marks = bitsOf(MARKS, byte());
  const count = byte();
  if (count !== 0 && count !== NUMBERS) throw malformed('another count');
  const numbers = [...cursor.take(count)];
  if (numbers.some((number) => number > GREATEST)) throw malformed('out of range');
  if (kind !== 'mouse' && kind !== 'pen' && marks.length + count > 0) throw malformed('of no mouse or pen');
  cursor.end();
  const dwellMs = DWELLS[dwell - 1];
  return { ...(dwellMs === undefined ? {} : { dwellMs }), detail, marks, ...(count > 0 ? { numbers } : {}) };
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

const zigzag = (value: number) => (value < 0 ? -2 * value - 1 : 2 * value);

/** Every number as it is given, in range or not. */
export function encodeProof(proof: Proof): Bytes {
  const head = Buffer.alloc(13);
  head.writeUInt8('marks' in proof ? 2 : 1, 0);
  head.writeUInt8(
    FLAGS.reduce((bits, name, bit) => bits + (proof.flags[name] ? 2 ** bit : 0), 0),
    1,
  );
  head.writeUInt8(KINDS.indexOf(proof.kind), 2);
  head.set(proof.eventId, 3);
  head.writeUInt16BE(proof.ageMs, 11);
  if ('marks' in proof) {
    const marks = MARKS.reduce((bits, name, bit) => bits + (proof.marks.includes(name) ? 2 ** bit : 0), 0);
    const dwell = proof.dwellMs === undefined ? 0 : DWELLS.indexOf(proof.dwellMs) + 1;
    const { numbers = [] } = proof;
    return concat(head, proof.actionHash, Uint8Array.of(dwell, proof.detail, marks, numbers.length, ...numbers));
  }
  const numbers = [
    proof.dwellMs === undefined ? 0 : proof.dwellMs + 1,
    proof.detail,
    proof.offsetX,
    proof.offsetY,
    proof.width,
    proof.height,
    proof.pixelRatio16,
    proof.samples.length,
    ...proof.samples.flatMap(({ dtMs, dx, dy }) => [dtMs, zigzag(dx), zigzag(dy)]),
  ];
  return concat(head, proof.actionHash, Uint8Array.from(numbers.flatMap(varint)));
}
