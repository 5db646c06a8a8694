// The slot of a user in the store: HMAC under a key that HKDF makes of the master secret.
export const about =
  'User tags: base64url of the first 6 bytes of HMAC-SHA256(HKDF(secret, "pas-1 tag"), user id). `secret` is ' +
  'hexadecimal.';

export function cases({ hex, sha256, utf8 }) {
  const secret = hex(sha256(utf8('master secret')));
  const of = (userId, more = {}) => ({
    name: `user ${userId.length > 20 ? `of ${userId.length} characters` : userId}`, secret, userId, ...more
  });
  return [
    of('alice'), of('bob'), of('Alice'), of('42'), of('a@example.com'), of('\u00fc\u{1f600}'), of('x'.repeat(255)),
    { ...of('alice'), name: 'another secret', secret: '07'.repeat(32) },
    { ...of('alice'), name: 'a secret of 64 bytes', secret: '09'.repeat(64) },
  ];
}

export function check({ secret, userId }, { deriveSecrets, unhex, userTag }) {
  return { tag: userTag(deriveSecrets(unhex(secret)), userId) };
}
