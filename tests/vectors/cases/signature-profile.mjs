// The components and the base that the profile gives a message, and messages that can't be signed.
export const about =
  'The signature base of the profile: covered components in their one order, then the parameters. `fields` are ' +
  'as received.';

const parameters = {
  created: 1_800_000_000, nonce: 'AWUO1sxvAAECAwQFBgcICQoLDA0ODw.EBESExQVFhcYGRobHB0eHw',
  keyid: 'ydQXMtvbsOsZyFir-Y7A8t7fKEM1gbKPvyFkdpu4fvI', alg: 'ecdsa-p256-sha256', tag: 'pas-1',
};
const DIGEST = 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:';
const GET = { method: 'GET', authority: 'app.example.com', target: '/', fields: [] };

const message = (name, more, more2 = {}) => ({
  name, message: { ...GET, ...more }, parameters: { ...parameters, ...more2 },
});
const target = (text) => message(`target ${text}`, { target: text });
const refused = (name, code, more, more2) => ({ ...message(name, more, more2), code });

export const cases = () => [
  message('the least', {}),
  ...[
    '/a', '/?', '/?a', '/?a=1&a=2', '/a?b?c', '/??', '//a//b', '/a/../b/./c', '/%2F%2f%7E~', '/%c3%A9',
    "/!$&'()*+,;=:@", '/"quoted"\\', '/a|b^c`{}', '/.well-known/x?', '/a?q=%20+%2B', '/a;p=1?x;y',
  ].map(target),
  ...[
    'POST', 'get', 'Patch', "M-SEARCH", "!#$%&'*+.^_`|~", 'A'.repeat(32),
  ].map((method) => message(`method ${method}`, { method })),
  ...[
    'app.example.com:8443', 'xn--bcher-kva.example', '[::1]:4440', '127.0.0.1', 'localhost',
  ].map((authority) => message(`authority ${authority}`, { authority })),
  message('a content type', { fields: [['Content-Type', 'application/json']] }),
  message('an empty content type', { fields: [['Content-Type', '']] }),
  message('a content type with quotes', { fields: [['content-type', 'multipart/form-data; boundary="a\\"b"']] }),
  message('whitespace around a value', { fields: [['CONTENT-TYPE', ' \t text/plain;\tx \t']] }),
  message('content', { method: 'POST', fields: [['Content-Type', 'text/plain'], ['Content-Digest', DIGEST]] }),
  message('content without a type', { method: 'POST', fields: [['Content-Digest', DIGEST]] }),
  message('an interaction proof', { fields: [['Interaction-Proof', ':AQ==:']] }),
  message('a consent', { fields: [['Pas-Consent', 'act="x"']] }),
  message(
    'everything, in another order',
    {
      method: 'PUT', target: '/x?y',
      fields: [
        ['Pas-Consent', 'act="x"'], ['Interaction-Proof', ':AQ==:'], ['Cookie', 'a=b'], ['Content-Digest', DIGEST], ['Host', 'evil.example'],
        ['Content-Type', 'a/b'],
      ],
    },
  ),
  message(
    'fields that are not covered',
    { fields: [
      ['Host', 'evil.example'], ['X-Forwarded-Host', 'evil.example'], ['Authorization', 'x'], ['Date', 'now'],
      ['PAS-Assertion', 'id=:AQ==:'], ['Accept', 'a'], ['Accept', 'b'],
    ] },
  ),
  message('the frame\'s own tag', { method: 'POST', target: '/.pas/rekey' }, { tag: 'pas-1-ctl' }),
  message('a time of one digit', {}, { created: 0 }),
  message('the longest time', {}, { created: 999_999_999_999_999 }),
  message('quotes in a parameter', {}, { nonce: 'a"b\\c' }),

  refused('an absolute target', 'ERR_SIG_MALFORMED', { target: 'https://app.example.com/' }),
  refused('an empty target', 'ERR_SIG_MALFORMED', { target: '' }),
  refused('an asterisk', 'ERR_SIG_MALFORMED', { method: 'OPTIONS', target: '*' }),
  refused('an authority as target', 'ERR_SIG_MALFORMED', { method: 'CONNECT', target: 'example.com:443' }),
  refused('a fragment', 'ERR_SIG_MALFORMED', { target: '/a#b' }),
  refused('a space', 'ERR_SIG_MALFORMED', { target: '/a b' }),
  refused('a letter beyond ASCII', 'ERR_SIG_MALFORMED', { target: '/\u00e9' }),
  refused('a control character', 'ERR_SIG_MALFORMED', { target: '/\u0001' }),
  refused('a content type beyond ASCII', 'ERR_SIG_MALFORMED', { fields: [['Content-Type', 't\u00e9xt']] }),
  refused('a carriage return in a value', 'ERR_SIG_MALFORMED', { fields: [['Content-Type', 'a\rb']] }),
  refused('NUL in a value', 'ERR_SIG_MALFORMED', { fields: [['Interaction-Proof', ':\0:']] }),
  refused('DEL in a value', 'ERR_SIG_MALFORMED', { fields: [['Content-Digest', 'a\x7f']] }),
  refused('a no-break space around a value', 'ERR_SIG_MALFORMED', { fields: [['Content-Type', '\u00a0a/b']] }),
  refused('a doubled content type', 'ERR_SIG_PROFILE', { fields: [['Content-Type', 'a/b'], ['content-type', 'a/b']] }),
  refused('a doubled digest', 'ERR_SIG_PROFILE', { fields: [['Content-Digest', DIGEST], ['Content-Digest', DIGEST]] }),
  refused(
    'a doubled proof', 'ERR_SIG_PROFILE',
    { fields: [['Interaction-Proof', ':AQ==:'], ['INTERACTION-PROOF', ':Ag==:']] },
  ),
  refused('a doubled consent', 'ERR_SIG_PROFILE', { fields: [['Pas-Consent', 'act="x"'], ['pas-consent', 'act="x"']] }),
  refused('a time of 16 digits', 'ERR_SIG_MALFORMED', {}, { created: 1_000_000_000_000_000 }),
  refused('a parameter beyond ASCII', 'ERR_SIG_MALFORMED', {}, { nonce: '\u00e9' }),
  refused('a line feed in a parameter', 'ERR_SIG_MALFORMED', {}, { keyid: 'a\nb' }),
];

export function check(
  { message: { authority, ...request }, parameters: given },
  { components, parametersOf, signatureBase, signatureParams },
) {
  const covered = components(request, authority);
  const list = parametersOf({ ...given, authority });
  return {
    covered: covered.map(([name]) => name), signatureInput: `pas=${signatureParams(covered, list)}`,
    base: signatureBase(covered, list),
  };
}
