// RFC 9530: content, as hexadecimal bytes, and its `Content-Digest`.
export const about =
  'RFC 9530 with sha-256: the field value of `content`, which is hexadecimal. What other values are refused ' +
  'with is in request.json.';

export function cases({ hex, utf8 }) {
  const of = (name, content) => ({ name, content: hex(content) });
  return [
    of('RFC 9530, appendix D', utf8('{"hello": "world"}\n')),
    of('nothing', utf8('')),
    of('one byte', Buffer.of(0)),
    of('every byte', Buffer.from(Array.from({ length: 256 }, (_, at) => at))),
    of('text beyond ASCII', utf8('\u00fc\u{1f600}')),
    of('a byte-order mark', utf8('\ufeff{}')),
    // Around the block of SHA-256 and its padding.
    ...[55, 56, 57, 63, 64, 65, 119, 120, 128].map((length) => of(`${length} bytes`, Buffer.alloc(length, 0x61))),
    // Hashes whose base64 has both of the last characters of the alphabet.
    of('a digest with + and /', Buffer.from('02', 'hex')),
  ];
}

export function check({ content }, { contentDigest, unhex }) {
  return { digest: contentDigest(unhex(content)) };
}
