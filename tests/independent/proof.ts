/** The bytes of an interaction proof, by the table of their layout. */
import { type Bytes, concat } from './bytes.js';
import { Refusal } from './refusal.js';

export const FLAGS = ['trusted', 'coalesced', 'fractional', 'webdriver', 'teleport'] as const;
export const KINDS = ['mouse', 'touch', 'pen', 'keyboard', 'assistive'] as const;
export const MAX_BYTES = 447;

export interface Sample {
  dtMs: number;
  dx: number;
  dy: number;
}

export interface Proof {
  flags: Record<(typeof FLAGS)[number], boolean>;
  kind: (typeof KINDS)[number];
  eventId: Bytes;
  ageMs: number;
  actionHash: Bytes;
  /** Absent: not released yet. */
  dwellMs?: number;
  detail: number;
  offsetX: number;
  offsetY: number;
  width: number;
  height: number;
  pixelRatio16: number;
  /** Newest first. */
  samples: Sample[];
}

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
  if (cursor.take(1).readUInt8() !== 1) throw malformed('unknown version');
  const bits = cursor.take(1).readUInt8();
  if (bits >= 2 ** FLAGS.length) throw malformed('unknown flag');
  const flags = Object.fromEntries(FLAGS.map((name, bit) => [name, Math.floor(bits / 2 ** bit) % 2 === 1]));
  const kind = named(KINDS, cursor.take(1).readUInt8());
  const eventId = cursor.take(8);
  const ageMs = cursor.take(2).readUInt16BE();
  if (ageMs > 5_000) throw malformed('too old');
  const actionHash = cursor.take(16);
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
    flags: flags as Proof['flags'], kind, eventId, ageMs, actionHash, ...(dwell > 0 ? { dwellMs: dwell - 1 } : {}),
    detail, offsetX, offsetY, width, height, pixelRatio16, samples,
  };
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

const zigzag = (value: number) => (value < 0 ? -2 * value - 1 : 2 * value);

/** Every number as it is given, in range or not. */
export function encodeProof(proof: Proof): Bytes {
  const head = Buffer.alloc(13);
  head.writeUInt8(1, 0);
  head.writeUInt8(FLAGS.reduce((bits, name, bit) => bits + (proof.flags[name] ? 2 ** bit : 0), 0), 1);
  head.writeUInt8(KINDS.indexOf(proof.kind), 2);
  head.set(proof.eventId, 3);
  head.writeUInt16BE(proof.ageMs, 11);
  const numbers = [
    proof.dwellMs === undefined ? 0 : proof.dwellMs + 1, proof.detail, proof.offsetX, proof.offsetY, proof.width,
    proof.height, proof.pixelRatio16, proof.samples.length,
    ...proof.samples.flatMap(({ dtMs, dx, dy }) => [dtMs, zigzag(dx), zigzag(dy)]),
  ];
  return concat(head, proof.actionHash, Uint8Array.from(numbers.flatMap(varint)));
}
