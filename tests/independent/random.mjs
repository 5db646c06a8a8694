// Seeded choice: a run is repeated by its seed.

/** xoshiro128**, seeded by splitmix32. */
export class Random {
  #state;

  constructor(seed) {
    let mix = seed >>> 0;
    this.#state = Uint32Array.from({ length: 4 }, () => {
      mix = (mix + 0x9e3779b9) >>> 0;
      let word = Math.imul(mix ^ (mix >>> 16), 0x21f0aaad);
      word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
      return (word ^ (word >>> 15)) >>> 0;
    });
  }

  /** 32 bits. */
  word() {
    const s = this.#state;
    const rotated = Math.imul(s[1], 5);
    const out = Math.imul((rotated << 7) | (rotated >>> 25), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return out;
  }

  /** 0 to `below` − 1. */
  int(below) {
    return Math.floor((this.word() / 2 ** 32) * below);
  }

  /** Both ends included. */
  between(from, to) {
    return from + this.int(to - from + 1);
  }

  chance(share) {
    return this.word() < share * 2 ** 32;
  }

  pick(list) {
    return list[this.int(list.length)];
  }

  bytes(length) {
    return Buffer.from(Uint32Array.from({ length: Math.ceil(length / 4) }, () => this.word()).buffer, 0, length);
  }

  /** `length` characters of an alphabet. */
  text(alphabet, length) {
    return Array.from({ length }, () => this.pick(alphabet)).join('');
  }
}
