// S.C: what a server makes of its master secret, the time, and what the nonce is bound to.
export const about =
  'Nonces: `server` is S, issued at `issuedAt` (ms) with `random` for what is `bound` (hexadecimal), under the ' +
  'key of `use`; `nonce` is S.C. Bytes are hexadecimal.';

export function cases({ base64url, concat, deriveSecrets, hex, hmac, issueNonce, keyPair, sha256, utf8 }) {
  const secret = sha256(utf8('master secret'));
  const key = deriveSecrets(secret).nonce;
  const { thumbprint } = keyPair(sha256(utf8('nonce')));
  const other = keyPair(sha256(utf8('nonce of another'))).thumbprint;
  const client = base64url(Buffer.from(Array.from({ length: 16 }, (_, at) => at)));
  const at = 1_800_000_000_123;
  const random = Buffer.from('01020304', 'hex');
  const server = issueNonce(key, thumbprint, at, random);
  const common = { secret: hex(secret), use: 'nonce', bound: hex(thumbprint) };
  const good = (name, issuedAt, rnd = random, more = {}) => {
    const bound = more.bound ? Buffer.from(more.bound, 'hex') : thumbprint;
    const of = deriveSecrets(Buffer.from(more.secret ?? common.secret, 'hex'))[more.use ?? 'nonce'];
    return {
      name, ...common, ...more, issuedAt, random: hex(rnd), nonce: `${issueNonce(of, bound, issuedAt, rnd)}.${client}`,
    };
  };
  const bad = (name, nonce, more = {}) => ({ name, ...common, nonce, ...more, code: 'ERR_NONCE_INVALID' });
  const changed = (position, text = `${server}.${client}`) => {
    const by = text[position] === 'A' ? 'B' : 'A';
    return text.slice(0, position) + by + text.slice(position + 1);
  };
  const body = Buffer.from(server, 'base64url');
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const spare = client.slice(0, 21) + alphabet[alphabet.indexOf(client[21]) + 1];
  const tagged = (tag) => base64url(concat(body.subarray(0, 11), tag));
  const relabelled = (label) => tagged(hmac(key, utf8(label), body.subarray(0, 11), thumbprint).subarray(0, 16));
  return [
    good('a nonce', at),
    good('the beginning of time', 0),
    good('the last time of six bytes', 2 ** 48 - 1),
    good('other random bytes', at, Buffer.from('ffffffff', 'hex')),
    good('another secret', at, random, { secret: '07'.repeat(32) }),
    good('a secret of 64 bytes', at, random, { secret: '09'.repeat(64) }),
    good('another key', at, random, { bound: hex(other) }),
    good(
      'a challenge, bound to the text of a ticket\'s id', at, random,
      { use: 'challenge', bound: hex(utf8('47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU')) },
    ),
    bad('nothing', ''), bad('a dot', '.'), bad('no C', server), bad('an empty C', `${server}.`),
    bad('no S', `.${client}`), bad('S and C exchanged', `${client}.${server}`), bad('no dot', server + client),
    bad('two dots', `${server}..${client}`), bad('three parts', `${server}.${client}.${client}`),
    bad('a dot at the end', `${server}.${client}.`), bad('padding', `${server}.${client}==`),
    bad('C of 15 bytes', `${server}.${base64url(Buffer.alloc(15))}`),
    bad('C of 17 bytes', `${server}.${base64url(Buffer.alloc(17))}`),
    bad('set bits after the last byte of C', `${server}.${spare}`),
    bad('the alphabet of base64 in C', `${server}.${'+'.repeat(21)}A`),
    bad('S of 26 bytes', `${base64url(body.subarray(0, 26))}.${client}`),
    bad('S of 28 bytes', `${base64url(concat(body, Buffer.of(0)))}.${client}`), bad('a space', `${server} .${client}`),
    bad('small letters', `${server.toLowerCase()}.${client}`),
    bad('another version', `${issueNonce(key, thumbprint, at, random, 2)}.${client}`),
    bad('version 0', `${issueNonce(key, thumbprint, at, random, 0)}.${client}`),
    bad('a changed version', changed(0)), bad('a changed time', changed(6)), bad('changed random bytes', changed(12)),
    bad('the first character of the tag', changed(15)), bad('the last character of the tag', changed(35)),
    bad(
      'of another server',
      `${issueNonce(deriveSecrets(sha256(utf8('another'))).nonce, thumbprint, at, random)}.${client}`,
    ),
    bad('for another key', `${issueNonce(key, other, at, random)}.${client}`),
    bad('a challenge', `${issueNonce(deriveSecrets(secret).challenge, thumbprint, at, random)}.${client}`),
    bad('made with the key of user tags', `${issueNonce(deriveSecrets(secret).tag, thumbprint, at, random)}.${client}`),
    bad('made with the master secret', `${issueNonce(secret, thumbprint, at, random)}.${client}`),
    bad('another label', `${relabelled('pas-2 nonce\0')}.${client}`),
    bad('a label without its NUL', `${relabelled('pas-1 nonce')}.${client}`),
    bad(
      'bound to the key\'s name, not its bytes',
      `${issueNonce(key, utf8(base64url(thumbprint)), at, random)}.${client}`,
    ),
    bad('a tag of zeros', `${base64url(concat(body.subarray(0, 11), Buffer.alloc(16)))}.${client}`),
    bad(
      'the end of the MAC as tag',
      `${tagged(hmac(key, utf8('pas-1 nonce\0'), body.subarray(0, 11), thumbprint).subarray(16))}.${client}`,
    ),
    bad(
      'a nonce where a challenge is due', `${server}.${client}`,
      { use: 'challenge', bound: hex(utf8('47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU')) },
    ),
  ];
}

export function check(
  { secret, use, bound, issuedAt, random, nonce }, { checkNonce, deriveSecrets, issueNonce, replayKey, unhex },
) {
  const key = deriveSecrets(unhex(secret))[use];
  const found = checkNonce(key, nonce, unhex(bound));
  if (found !== issuedAt) throw new Error('another time of issue');
  if (use !== 'nonce') return { server: issueNonce(key, unhex(bound), issuedAt, unhex(random)) };
  return { server: issueNonce(key, unhex(bound), issuedAt, unhex(random)), replayKey: replayKey(unhex(bound), nonce) };
}
