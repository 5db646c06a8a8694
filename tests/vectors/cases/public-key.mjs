// JWKs that are a P-256 public key and nothing else, and the RFC 7638 thumbprint of each.
export const about =
  'Import of a session key: exactly `kty`, `crv`, `x`, `y`; P-256; on the curve. `otherMembers` marks what is ' +
  'refused for its further members only.';

/** The field's prime. */
const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** The same bytes in another spelling: the last of 43 characters carries two bits that stand for nothing. */
const withSpareBit = (text) => text.slice(0, 42) + ALPHABET[ALPHABET.indexOf(text[42]) + 1];

export function cases({ base64url, keyPair, sha256, utf8, leastPoint }) {
  const coordinate = (number) => base64url(Buffer.from(number.toString(16).padStart(64, '0'), 'hex'));
  const number = (text) => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`);
  const { jwk } = keyPair(sha256(utf8('public key 1')));
  const bytes = (text) => Buffer.from(text, 'base64url');
  const ok = (name, key) => ({ name, jwk: key });
  const bad = (name, key, more = {}) => ({ name, jwk: key, ...more, code: 'ERR_KEY_INVALID' });
  const { kty, crv, x, y } = jwk;
  // The least x that a point has: x + p still fits 32 bytes.
  const small = leastPoint();
  return [
    ok('a key', jwk),
    ok('another order of members', { y, x, crv, kty }),
    ok('the negated point', { ...jwk, y: coordinate(P - number(y)) }),
    ok('a coordinate with leading zeros', { kty, crv, x: coordinate(small.x), y: coordinate(small.y) }),
    ok(
      'RFC 9421, test-key-ecc-p256',
      { kty, crv, x: 'qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA', y: 'Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0' },
    ),
    ok(
      'RFC 7515, appendix A.3',
      { kty, crv, x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU', y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0' },
    ),
    ok(
      'the generator',
      { kty, crv, x: 'axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY', y: 'T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU' },
    ),

    bad('a private key', { ...jwk, d: coordinate(1n) }),
    bad('an empty private key', { ...jwk, d: '' }),
    ...[
      ['use', 'sig'], ['key_ops', ['verify']], ['alg', 'ES256'], ['kid', 'a'], ['ext', true], ['x5c', []],
      ['n', 'AQAB'], ['k', 'AA'], ['', ''],
    ].map(([name, value]) => bad(
      `a member ${name || 'without a name'}`, { ...jwk, [name]: value }, { otherMembers: true },
    )),
    ...[
      'P-384', 'P-521', 'secp256k1', 'Ed25519', 'p-256', 'P256', '', null, 256,
    ].map((curve) => bad(`curve ${curve === '' ? 'empty' : curve}`, { ...jwk, crv: curve })),
    ...[
      'OKP', 'RSA', 'oct', 'ec', 'EC2', '', null, 2,
    ].map((type) => bad(`type ${type === '' ? 'empty' : type}`, { ...jwk, kty: type })),
    ...['kty', 'crv', 'x', 'y'].map((name) => bad(
      `without ${name}`, Object.fromEntries(Object.entries(jwk).filter(([key]) => key !== name)),
    )),
    bad('x of 31 bytes', { ...jwk, x: base64url(bytes(x).subarray(1)) }),
    bad('x of 33 bytes', { ...jwk, x: base64url(Buffer.concat([Buffer.alloc(1), bytes(x)])) }),
    bad('y of 31 bytes', { ...jwk, y: base64url(bytes(y).subarray(0, 31)) }),
    bad('y of 33 bytes', { ...jwk, y: base64url(Buffer.concat([bytes(y), Buffer.alloc(1)])) }),
    bad('an empty coordinate', { ...jwk, x: '' }),
    bad('padding', { ...jwk, x: `${x}=` }),
    bad(
      'the alphabet of base64',
      { kty, crv, x: 'qIVYZVLCrPZHGHjP17CTW0/+D9Lfw0EkjqF7xB4FivA', y: 'Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0' },
    ),
    bad('set bits after the last byte of x', { ...jwk, x: withSpareBit(x) }),
    bad('set bits after the last byte of y', { ...jwk, y: withSpareBit(y) }),
    bad('a space', { ...jwk, y: ` ${y.slice(1)}` }),
    bad('a line feed', { ...jwk, y: `${y}\n` }),
    bad('coordinates as numbers', { ...jwk, x: 1, y: 2 }),
    bad('coordinates as arrays', { ...jwk, x: [...bytes(x)], y: [...bytes(y)] }),
    bad('off the curve by one bit of x', { ...jwk, x: coordinate(number(x) ^ 1n) }),
    bad('off the curve by one bit of y', { ...jwk, y: coordinate(number(y) ^ 1n) }),
    bad('coordinates exchanged', { ...jwk, x: y, y: x }),
    bad('the origin', { ...jwk, x: coordinate(0n), y: coordinate(0n) }),
    bad('y of zero', { ...jwk, y: coordinate(0n) }),
    bad('x beyond the prime, a point modulo it', { kty, crv, x: coordinate(small.x + P), y: coordinate(small.y) }),
    bad('x equal to the prime', { ...jwk, x: coordinate(P) }),
    bad('y equal to the prime', { ...jwk, y: coordinate(P) }),
    bad('all bits set', { ...jwk, x: coordinate((1n << 256n) - 1n), y: coordinate((1n << 256n) - 1n) }),
    bad(
      'a point of another curve',
      { ...jwk, x: 'eb5mfvncu6xVoGKVzocLBwKb_NstzijZWfKBWxb4F5g', y: 'SDradyajxGVdpPv8DhEIqP0XtEimhVQZnEfQj_sQ1Lg' },
    ),
    bad('a string', 'jwk'), bad('null', null), bad('an array', [jwk]), bad('an empty object', {}), bad('a number', 1),
  ];
}

export function check({ jwk }, { importJwk, base64url }) {
  return { thumbprint: base64url(importJwk(jwk).thumbprint) };
}
