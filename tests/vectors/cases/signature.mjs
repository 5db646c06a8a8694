// ECDSA over P-256 as r ‖ s of 64 bytes, and HMAC: what verifies, and what does not.
export const about =
  'Signatures over `base`: `ecdsa-p256-sha256` under `jwk`, `hmac-sha256` under `key`. High-S is accepted. ' +
  'Bytes are hexadecimal.';

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;

export function cases({ hex, hmac, keyPair, sha256, unhex, utf8 }) {
  const key = keyPair(sha256(utf8('signature 1')));
  const other = keyPair(sha256(utf8('signature 2')));
  const base = '"@method": GET\n"@signature-params": ("@method");created=1';
  const bytes = (number) => number.toString(16).padStart(64, '0');
  const low = key.sign(utf8(base));
  const [r, s] = [BigInt(`0x${hex(low.subarray(0, 32))}`), BigInt(`0x${hex(low.subarray(32))}`)];
  const ecdsa = (name, signature, more = {}) => ({
    name, alg: 'ecdsa-p256-sha256', jwk: key.jwk, base,
    signature: typeof signature === 'string' ? signature : hex(signature), ...more
  });
  const bad = (...row) => ({ ...ecdsa(...row), code: 'ERR_SIG_INVALID' });
  const pair = (first, second) => bytes(first) + bytes(second);
  const secret = sha256(utf8('mac'));
  const mac = (name, signature, more = {}) => ({
    name: `hmac: ${name}`, alg: 'hmac-sha256', key: hex(secret), base, signature: hex(signature), ...more
  });
  const badMac = (...row) => ({ ...mac(...row), code: 'ERR_SIG_INVALID' });
  const good = hmac(secret, utf8(base));
  const der = `30440220${hex(low.subarray(0, 32))}0220${hex(low.subarray(32))}`;
  // RFC 6979, A.2.5: the key, and its signatures with SHA-256.
  const rfc6979 = { jwk: keyPair(unhex('c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721')).jwk };
  return [
    ecdsa('s in the lower half', low),
    ecdsa('s in the upper half', key.sign(utf8(base), 'high')),
    ecdsa('an empty base', key.sign(utf8('')), { base: '' }),
    ecdsa('a base beyond ASCII', key.sign(utf8('\u00fc\u{1f600}')), { base: '\u00fc\u{1f600}' }),
    ecdsa('another key', other.sign(utf8(base)), { jwk: other.jwk }),
    ecdsa(
      'RFC 6979, sample',
      pair(
        0xefd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716n,
        0xf7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8n,
      ),
      { ...rfc6979, base: 'sample' },
    ),
    ecdsa(
      'RFC 6979, test',
      pair(
        0xf1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367n,
        0x019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083n,
      ),
      { ...rfc6979, base: 'test' },
    ),
    bad('another base', low, { base: `${base}0` }),
    bad('a bit of the base', low, { base: base.replace('GET', 'GEU') }),
    bad('the key of another', low, { jwk: other.jwk }),
    bad(
      'the negated key', low,
      { jwk: {
        ...key.jwk,
        y: Buffer.from(
          bytes(P - BigInt(`0x${Buffer.from(key.jwk.y, 'base64url').toString('hex')}`)), 'hex',
        ).toString('base64url'),
      } },
    ),
    bad('nothing', ''), bad('63 bytes', low.subarray(0, 63)), bad('65 bytes', `${hex(low)}00`),
    bad('a leading zero', `00${hex(low)}`), bad('DER', der), bad('twice', hex(low) + hex(low)),
    bad('half of it', low.subarray(0, 32)),
    bad('r = 0', pair(0n, s)), bad('s = 0', pair(r, 0n)), bad('both 0', pair(0n, 0n)), bad('r = n', pair(ORDER, s)),
    bad('s = n', pair(r, ORDER)), bad('r = n + 1', pair(ORDER + 1n, s)), bad('s = n + 1', pair(r, ORDER + 1n)),
    bad('r = p', pair(P, s)),
    bad('r = 2^256 − 1', pair((1n << 256n) - 1n, s)), bad('s = 2^256 − 1', pair(r, (1n << 256n) - 1n)),
    bad('r = s = 1', pair(1n, 1n)), bad('r = 1', pair(1n, s)), bad('s = 1', pair(r, 1n)),
    bad('r = n − 1', pair(ORDER - 1n, s)), bad('s = n − 1', pair(r, ORDER - 1n)),
    bad('r negated', pair(ORDER - r, s)), bad('r and s exchanged', pair(s, r)),
    bad('bytes of r reversed', hex(Buffer.from(low.subarray(0, 32)).reverse()) + bytes(s)),
    bad('the last bit', pair(r, s ^ 1n)), bad('the first bit', pair(r ^ (1n << 255n), s)),
    bad('over the hash of the base', key.sign(sha256(utf8(base)))),
    mac('a MAC', good),
    mac('a key of one byte', hmac(unhex('00'), utf8(base)), { key: '00' }),
    mac('a key longer than a block', hmac(Buffer.alloc(200, 7), utf8(base)), { key: '07'.repeat(200) }),
    mac('an empty base', hmac(secret, utf8('')), { base: '' }),
    badMac('cut short', good.subarray(0, 31)), badMac('half', good.subarray(0, 16)),
    badMac('longer', Buffer.concat([good, Buffer.alloc(1)])), badMac('nothing', Buffer.alloc(0)),
    badMac('the last bit', Buffer.from(good).fill(good[31] ^ 1, 31)),
    badMac('the first bit', Buffer.from(good).fill(good[0] ^ 128, 0, 1)), badMac('zeros', Buffer.alloc(32)),
    badMac('another key', hmac(sha256(secret), utf8(base))), badMac('another base', hmac(secret, utf8(`${base} `))),
    badMac('a hash without a key', sha256(utf8(base))),
  ];
}

export function check(
  { alg, jwk, key, base, signature }, { Refusal, equal, hmac, importJwk, unhex, utf8, verifySlowly },
) {
  const [message, bytes] = [utf8(base), unhex(signature)];
  const isValid = alg === 'hmac-sha256' ? equal(hmac(unhex(key), message), bytes) : verifySlowly(jwk, message, bytes);
  if (alg !== 'hmac-sha256' && importJwk(jwk).verify(message, bytes) !== isValid) {
    throw new Error('node:crypto and @noble/curves differ');
  }
  if (!isValid) throw new Refusal('ERR_SIG_INVALID', 'it does not verify');
  return {};
}
