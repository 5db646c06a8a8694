// A proof with a trajectory, and the same interaction as privacy mode tells it.
import { KINDS, movements } from '../../independent/movements.mjs';

export const about =
  'Proofs of version 1 (`bytes`, hexadecimal) and of version 2 of the same interactions (`private`): what a client in ' +
  'privacy mode sends.';

const NONE = { coalesced: false, fractional: false, webdriver: false, teleport: false };

export function cases({ encodeProof, hex, sha256, unhex, utf8 }) {
  const plain = {
    flags: { trusted: true, ...NONE }, kind: 'mouse', eventId: unhex('0102030405060708'), ageMs: 20,
    actionHash: sha256(utf8('action')).subarray(0, 16),
    dwellMs: 85, detail: 1, offsetX: 430, offsetY: 610, width: 120, height: 40, pixelRatio16: 16, samples: [],
  };
  const of = (name, { flags = {}, ...change } = {}) => {
    const proof = { ...plain, ...change, flags: { ...plain.flags, ...flags } };
    if (change.dwellMs === null) delete proof.dwellMs;
    return { name, bytes: hex(encodeProof(proof)) };
  };
  const steps = (count, dtMs, dx, dy) => Array.from({ length: count }, () => ({ dtMs, dx, dy }));
  const changed = (samples, at, change) => samples.map((sample, place) => (place === at ? { ...sample, ...change } : sample));
  const moved = [...movements('60 Hz', 88675123, 1)][0].map(([dtMs, dx, dy]) => ({ dtMs, dx, dy }));
  const at = (offsetX, offsetY, width, height) => ({ offsetX, offsetY, width, height });
  const kinds = ['mouse', 'touch', 'pen', 'keyboard', 'assistive'];
  const isPointer = (kind) => ['mouse', 'touch', 'pen'].includes(kind);
  const byKind = (kind, more) => (isPointer(kind) ? { kind, samples: moved, ...more } : { kind, offsetX: 0, offsetY: 0 });
  return [
    of('a mouse that did not move'),
    ...kinds.map((kind) => of(`a movement before a ${kind}`, byKind(kind))),
    ...kinds.map((kind) => of(`every mark of a ${kind}, as far as it has them`, byKind(kind, {
      ...at(500, 500, 100, 100), samples: steps(1, 10, 0, 0), flags: { fractional: true },
    }))),
    ...Object.keys(NONE).map((name) => of(`flag ${name}`, { samples: moved, flags: { [name]: true } })),
    of('not trusted', { flags: { trusted: false } }),
    of('not released yet', { dwellMs: null }),
    ...[0, 4, 5, 19, 20, 29, 30, 59, 60, 89, 90, 129, 130, 199, 200, 399, 400, 1000, 1001, 30_000].map((dwellMs) =>
      of(`released after ${dwellMs} ms`, { dwellMs })),
    ...[0, 1, 2, 3, 4, 255].map((detail) => of(`a detail of ${detail}`, { detail })),
    // The centre: half a px, or a permille.
    ...[495, 496, 500, 504, 505].map((x) => of(`${x} permille of 120 px`, at(x, 500, 120, 40))),
    ...[487, 488, 512, 513].map((y) => of(`${y} permille of 40 px`, at(500, y, 120, 40))),
    ...[498, 499, 501, 502].map((x) => of(`${x} permille of 900 px`, at(x, 500, 900, 40))),
    of('the centre of 16 px', at(500, 500, 16, 16)), of('the centre of 15 px', at(500, 500, 15, 16)),
    of('fractions at a pixel ratio of 1', { flags: { fractional: true } }),
    of('fractions at a pixel ratio of 1.25', { flags: { fractional: true }, pixelRatio16: 20 }),
    of('fractions of a pen', { kind: 'pen', flags: { fractional: true } }),
    ...[50, 51].map((dtMs) => of(`appeared ${dtMs} ms before`, { samples: steps(1, dtMs, 0, 0) })),
    of('appeared beside', { samples: steps(1, 10, 1, 0) }), of('appeared twice', { samples: steps(2, 10, 0, 0) }),
    // Ruled: 10 samples, 100 px, 1 px from the chord, constant.
    of('10 samples of a line', { samples: steps(10, 16, -12, 0) }),
    of('9 samples of a line', { samples: steps(9, 16, -20, 0) }),
    of('99 px of a line', { samples: steps(10, 16, -11, 0) }),
    of('a slanting line', { samples: steps(30, 16, -12, 5) }),
    of('a line, 1 px off', { samples: changed(changed(steps(30, 16, -12, 0), 9, { dy: 1 }), 10, { dy: -1 }) }),
    of('a line, 2 px off', { samples: changed(changed(steps(30, 16, -12, 0), 9, { dy: 2 }), 10, { dy: -2 }) }),
    ...[1, 2, 3, 4].map((more) => of(`a line, one step of ${more} px more`, { samples: changed(steps(30, 16, -12, 0), 9, { dx: -12 - more }) })),
    of('a line with a pause', { samples: changed(steps(30, 16, -12, 0), 9, { dtMs: 90 }) }),
    of('a line at one moment', { samples: steps(15, 0, -12, 0) }),
    // Impossible: more than 60 px/ms over 5 samples.
    of('60 px/ms', { samples: steps(5, 1, -60, 0) }),
    of('61 px/ms', { samples: steps(5, 1, -61, 0) }), of('61 px/ms, 4 samples', { samples: steps(4, 1, -61, 0) }),
    // Timeless: 20 samples over more than 300 px at the moment of the press.
    of('20 samples in no time', { samples: steps(20, 0, -16, 0) }), of('19 samples in no time', { samples: steps(19, 0, -20, 0) }),
    of('300 px in no time', { samples: changed(steps(20, 0, -16, 0), 19, { dx: -12 }) }),
    of('20 samples in no time, before the press', { samples: changed(steps(20, 0, -16, 0), 0, { dtMs: 1 }) }),
    ...Object.keys(KINDS).flatMap((kind, place) => [...movements(kind, 88675123 + place, 5)].map((samples, which) =>
      of(`${kind}, ${which + 1}`, { samples: samples.slice(0, kind === 'wide' ? 60 : 100).map(([dtMs, dx, dy]) => ({ dtMs, dx, dy })) }))),
  ];
}

export function check({ bytes }, { decodeProof, encodeProof, hex, privateProof, unhex }) {
  const hidden = hex(encodeProof(privateProof(decodeProof(unhex(bytes)))));
  if (hex(encodeProof(decodeProof(unhex(hidden)))) !== hidden) throw new Error('a proof that is none');
  return { private: hidden };
}
