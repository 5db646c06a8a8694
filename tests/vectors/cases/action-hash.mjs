// What an interaction proof is bound to: SHA-256 of the canonical {"a","d","m","u"}, 16 bytes.
export const about =
  'Action hashes (hexadecimal). `digest` is the `Content-Digest` of `content` (hexadecimal), or the empty ' +
  'string; `target` as in the request line.';

export function cases({ contentDigest, unhex }) {
  const of = (name, { action = 'transfer', content = '', method = 'POST', target = '/transfer' } = {}) => ({
    name, action, content, digest: content ? contentDigest(unhex(content)) : '', method, target,
  });
  return [
    of('no content'), of('content', { content: '7b7d' }), of('other content', { content: '7b7d20' }),
    of('another method', { method: 'PUT' }), of('small letters', { method: 'post' }),
    of('a query', { target: '/transfer?to=bob' }),
    of('an empty query is no query', { target: '/transfer?' }),
    of('nothing is normalised', { target: '/a/../b//%2f?x=%20&x' }), of('quotes and backslashes', { target: '/"\\?"' }),
    of('another action', { action: 'delete' }), of('an action beyond ASCII', { action: '\u00dcberweisung \u20ac' }),
    of('an action beyond the BMP', { action: '\u{1f4b8}' }), of('an action to be escaped', { action: 'a"\\\n\u0001/' }),
    of('an action with DEL and separators', { action: '\u007f\u2028' }),
    of('an action of one character', { action: 'x' }),
    of('a reading request', { method: 'GET', target: '/balance?of=alice&of=bob' }),
  ];
}

export function check({ action, digest, method, target }, { actionHash, hex }) {
  return { hash: hex(actionHash(action, digest, method, target)) };
}
