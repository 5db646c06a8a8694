// The bytes of interaction proofs, and what they say. One value has one encoding.
export const about =
  'Interaction proofs: `bytes` (hexadecimal) and `decoded`; samples are [ms, dx, dy], newest first. Those with ' +
  '`marks` are of privacy mode, version 2. `dwellMs` is absent before the release.';

const NONE = { coalesced: false, fractional: false, webdriver: false, teleport: false };

export function cases({ MARKS, concat, encodeProof, hex, sha256, unhex, utf8 }) {
  const plain = {
    flags: { trusted: true, ...NONE }, kind: 'mouse', eventId: unhex('0102030405060708'), ageMs: 20,
    actionHash: sha256(utf8('action')).subarray(0, 16),
    dwellMs: 85, detail: 1, offsetX: 430, offsetY: 610, width: 120, height: 40, pixelRatio16: 16, samples: [],
  };
  const sample = (dtMs, dx, dy) => ({ dtMs, dx, dy });
  const touch = (samples) => ({ ...plain, kind: 'touch', samples });
  const keyboard = { ...plain, kind: 'keyboard', detail: 0, offsetX: 0, offsetY: 0 };
  const { dwellMs, ...held } = plain;
  const bytes = (proof) => encodeProof(proof);
  const good = (name, proof) => ({ name, bytes: hex(bytes(proof)) });
  const bad = (name, proof) => ({
    name, bytes: hex(proof instanceof Uint8Array ? proof : bytes(proof)), code: 'ERR_PROOF_MALFORMED',
  });
  const honest = bytes(plain);
  const head = honest.subarray(0, 29);
  const at = (position, value) => Buffer.from(honest).fill(value, position, position + 1);
  /** The numbers after the head, spelt as given. */
  const tail = (text) => concat(head, unhex(text.replaceAll(' ', '')));
  const { ageMs, actionHash, eventId } = plain;
  const hidden = {
    flags: { trusted: true, ...NONE }, kind: 'mouse', eventId, ageMs, actionHash, dwellMs: 60, detail: 1, marks: [],
    numbers: Array.from({ length: 20 }, (_, place) => (place * 7) % 33),
  };
  const still = { ...hidden, numbers: undefined };
  const set = (position, value) => Buffer.from(bytes(hidden)).fill(value, position, position + 1);
  const flags = ['trusted', 'coalesced', 'fractional', 'webdriver', 'teleport'];
  return [
    good('a mouse without a path', plain),
    ...['touch', 'pen'].map((kind) => good(kind, { ...plain, kind })),
    ...['keyboard', 'assistive'].map((kind) => good(kind, { ...keyboard, kind })),
    ...flags.map((name) => good(`flag ${name}`, { ...plain, flags: { trusted: false, ...NONE, [name]: true } })),
    good('no flag', { ...plain, flags: { trusted: false, ...NONE } }),
    good('every flag', { ...plain, flags: Object.fromEntries(flags.map((name) => [name, true])) }),
    good('not released yet', held),
    good('released at once', { ...plain, dwellMs: 0 }),
    good(
      'every number at its least',
      {
        ...held, eventId: unhex('00'.repeat(8)), ageMs: 0, detail: 0, offsetX: 0, offsetY: 0, width: 0, height: 0,
        pixelRatio16: 1,
      },
    ),
    good(
      'every number at its most',
      {
        ...plain, eventId: unhex('ff'.repeat(8)), actionHash: unhex('ff'.repeat(16)), ageMs: 5000, dwellMs: 30_000,
        detail: 255, offsetX: 1000, offsetY: 1000, width: 65_535, height: 65_535, pixelRatio16: 256,
      },
    ),
    good(
      'numbers around one group',
      { ...plain, dwellMs: 126, detail: 128, offsetX: 127, offsetY: 128, width: 127, height: 128, pixelRatio16: 127 },
    ),
    good('numbers around two groups', { ...plain, dwellMs: 16_382, width: 16_383, height: 16_384 }),
    good('one sample', touch([sample(16, -3, 2)])),
    good('a sample at the press', touch([sample(0, 0, 0)])),
    good('steps of either sign', touch([sample(1, 1, -1), sample(2, -64, 63), sample(3, 64, -65)])),
    good('the widest steps', touch([sample(1, 8191, -8191), sample(1, -8191, 8191)])),
    good('the whole window in one', touch([sample(2000, 1, 1)])),
    good('the whole window in many', touch(Array.from({ length: 100 }, () => sample(20, 1, -1)))),
    good('samples of a mouse', { ...plain, samples: [sample(17, 0, 0), sample(16, -1, 0), sample(18, -2, 1)] }),
    good('samples of a pen', { ...plain, kind: 'pen', samples: [sample(8, 1, 1)] }),
    good('447 bytes', touch(longest(447 - honest.length))),

    bad('nothing', Buffer.alloc(0)),
    ...[
      1, 2, 3, 10, 11, 12, 13, 28, 29, honest.length - 1,
    ].map((length) => bad(`only ${length} bytes`, honest.subarray(0, length))),
    bad('cut within a number', tail('80')),
    bad('cut within a sample', bytes(touch([sample(16, -3, 2)])).subarray(0, -1)),
    bad('one byte more', concat(honest, unhex('00'))),
    bad('one sample more than it counts', concat(bytes(touch([sample(1, 1, 1)])), unhex('010202'))),
    bad('one sample less than it counts', bytes(touch([sample(1, 1, 1), sample(1, 1, 1)])).subarray(0, -3)),
    bad('twice', concat(honest, honest)),
    ...[0, 3, 255].map((version) => bad(`version ${version}`, at(0, version))),
    ...[5, 6, 7].map((bit) => bad(`flag ${bit}`, at(1, 1 + 2 ** bit))),
    ...[5, 6, 255].map((kind) => bad(`kind ${kind}`, at(2, kind))),
    bad('5001 ms old', { ...plain, ageMs: 5001 }),
    bad('65535 ms old', { ...plain, ageMs: 65_535 }),
    bad('a dwell of 30001 ms', { ...plain, dwellMs: 30_001 }),
    bad('a detail of 256', { ...plain, detail: 256 }),
    bad('an x of 1001', { ...plain, offsetX: 1001 }),
    bad('a y of 1001', { ...plain, offsetY: 1001 }),
    bad('a width of 65536', { ...plain, width: 65_536 }),
    bad('a height of 65536', { ...plain, height: 65_536 }),
    bad('a pixel ratio of 0', { ...plain, pixelRatio16: 0 }),
    bad('a pixel ratio of 257', { ...plain, pixelRatio16: 257 }),
    bad('101 samples', touch(Array.from({ length: 101 }, () => sample(0, 0, 0)))),
    bad('2001 ms in one', touch([sample(2001, 0, 0)])),
    bad('2001 ms in two', touch([sample(2000, 0, 0), sample(1, 0, 0)])),
    bad('a step of 8192', touch([sample(0, 8192, 0)])),
    bad('a step of −8192', touch([sample(0, 0, -8192)])),
    bad('a keyboard with an x', { ...keyboard, offsetX: 1 }),
    bad('a keyboard with a y', { ...keyboard, offsetY: 1 }),
    bad('a keyboard with a sample', { ...keyboard, samples: [sample(0, 0, 0)] }),
    bad('assistive technology with a y', { ...keyboard, kind: 'assistive', offsetY: 1 }),
    bad('assistive technology with a sample', { ...keyboard, kind: 'assistive', samples: [sample(0, 0, 0)] }),
    // dwell, detail, x, y, width, height, ratio, count: the honest ones are 56 01 ae03 e204 78 28 10 00.
    bad('zero in two groups', tail('8000 01 ae03 e204 78 28 10 00')),
    bad('one in two groups', tail('56 8100 ae03 e204 78 28 10 00')),
    bad('a number in three groups for two', tail('56 01 ae8300 e204 78 28 10 00')),
    bad('a count in two groups', tail('56 01 ae03 e204 78 28 10 8000')),
    bad('four groups', tail('56 01 ae03 e204 80808001 28 10 00')),
    bad('four groups of nothing', tail('56 01 ae03 e204 78 80808000 10 00')),
    bad('a third group that overflows', tail('56 01 ae03 e204 ffff04 28 10 00')),
    bad('a group without an end', tail('56 01 ae03 e204 78 28 10 80')),
    bad('448 bytes', touch(longest(448 - honest.length))),
    bad('1000 bytes', concat(honest, Buffer.alloc(1000 - honest.length))),
    bad('the rest of another version', at(0, 2)),

    good('privacy mode, a mouse', hidden),
    good('privacy mode, a mouse with too little movement', { ...hidden, numbers: undefined }),
    good('privacy mode, a pen', { ...hidden, kind: 'pen' }),
    ...['touch', 'keyboard', 'assistive'].map((kind) => good(`privacy mode, ${kind}`, { ...still, kind })),
    ...MARKS.map((name) => good(`mark ${name}`, { ...hidden, marks: [name] })),
    good('every mark', { ...hidden, marks: MARKS }),
    ...[undefined, 0, 5, 20, 30, 60, 90, 130, 200, 400, 1001].map((ms) =>
      good(`privacy mode, a dwell of ${ms ?? 'none'}`, { ...hidden, dwellMs: ms })),
    good('privacy mode, every number at its least', { ...hidden, detail: 0, numbers: Array(20).fill(0) }),
    good('privacy mode, every number at its most', { ...hidden, detail: 3, numbers: Array(20).fill(32) }),
    ...['webdriver', 'teleport'].map((name) =>
      good(`privacy mode, flag ${name}`, { ...hidden, flags: { ...hidden.flags, [name]: true } })),
    ...['coalesced', 'fractional'].map((name) =>
      bad(`privacy mode, flag ${name}`, { ...hidden, flags: { ...hidden.flags, [name]: true } })),
    ...[13, 28, 29, 30, 31, 32, 33, 52].map((length) =>
      bad(`privacy mode, only ${length} bytes`, bytes(hidden).subarray(0, length))),
    bad('privacy mode, one byte more', concat(bytes(hidden), unhex('00'))),
    bad('privacy mode, a dwell too long', set(29, 11)),
    bad('privacy mode, a detail of 4', set(30, 4)),
    ...[6, 7].map((bit) => bad(`mark ${bit}`, set(31, 2 ** bit))),
    ...[1, 19, 21, 255].map((count) => bad(`${count} numbers`, set(32, count))),
    bad('19 numbers that it counts', { ...hidden, numbers: Array(19).fill(9) }),
    bad('21 numbers that it counts', { ...hidden, numbers: Array(21).fill(9) }),
    bad('a first number of 33', set(33, 33)),
    bad('a last number of 33', set(52, 33)),
    ...['touch', 'keyboard', 'assistive'].flatMap((kind) => [
      bad(`${kind} with numbers`, { ...hidden, kind, marks: [] }),
      bad(`${kind} with a mark`, { ...still, kind, marks: ['centre'] }),
    ]),
    bad('its text', utf8(`:${Buffer.from(honest).toString('base64')}:`)),
  ];
}

/** Samples of so many bytes in all, of 3 to 5 bytes each. */
function longest(room) {
  const steps = { 3: [1, 1], 4: [1, 8191], 5: [-8191, 8191] };
  const samples = [];
  for (let left = room; left > 0; ) {
    const size = left === 5 || left >= 8 ? 5 : left % 3 === 0 ? 3 : 4;
    const [dx, dy] = steps[size];
    samples.push({ dtMs: 0, dx, dy });
    left -= size;
  }
  return samples;
}

/** In the form of the package's `decodeInteractionProof`. */
export function check({ bytes }, { base64url, decodeProof, encodeProof, hex, unhex }) {
  const proof = decodeProof(unhex(bytes));
  if (hex(encodeProof(proof)) !== bytes) throw new Error('another encoding');
  const { flags, samples, eventId, actionHash, ...rest } = proof;
  return {
    decoded: {
      ...rest, ...flags, eventId: base64url(eventId), actionHash: base64url(actionHash),
      ...(samples ? { samples: samples.map(({ dtMs, dx, dy }) => [dtMs, dx, dy]) } : {}),
    },
  };
}
