// Messages that a library takes for well signed and our profile must refuse; and those that neither library
// takes any more, because they were changed after signing.
//
// `sign` changes what is signed, `after` the signed message. `by` names who signs it (both libraries, unless
// said); `plain` is a signer of our tests, for what neither library spells. `verified` names the libraries
// that take it (both, unless said). `twin` is the honest request, where it is another one.
import { byteSequence, contentDigest } from '../../node/kit/signer.mjs';
import {
  added,
  and,
  append,
  both,
  byEd25519,
  byHmac,
  byOther,
  byRsaPss,
  components,
  content,
  created,
  drop,
  field,
  inBase64,
  input,
  instead,
  label,
  message,
  order,
  ownNonce,
  parameters,
  rewritten,
  set,
  signature,
  strayBits,
  target,
  unpadded,
  without,
} from './changes.mjs';

export const BOTH = ['npm', 'PyPI'];
const NPM = ['npm'];
const PYPI = ['PyPI'];
const PLAIN = ['plain'];
const NOBODY = [];

const PROFILE = 'ERR_SIG_PROFILE';
const MALFORMED = 'ERR_SIG_MALFORMED';
const INVALID = 'ERR_SIG_INVALID';
const MISMATCH = 'ERR_DIGEST_MISMATCH';
const BAD_PROOF = 'ERR_PROOF_MALFORMED';

const GET = { target: '/api/a?b=c' };
const TO = { target: '/api/a?to=bob' };
const POST = { method: 'POST', target: '/api/a?b=c', type: 'text/plain', body: 'content' };
const CHARSET = { ...POST, type: 'text/plain; charset=utf-8' };
const ACT = { ...POST, target: '/api/act' };
/** With a proof whose base64 ends in padding. */
const PROVEN = { ...ACT, action: 'act', proof: { dwell: 200 } };

const DIGEST = await contentDigest('content');
const SHA512 = `sha-512=${byteSequence(Buffer.alloc(64, 1))}`;

const byNpm = { by: NPM, verified: NPM };
const plainly = { by: PLAIN, verified: NPM };
const digest = (text) => message(rewritten('content-digest', () => text));
const respelt = (name, change) => message(rewritten(name, inBase64(change)));
const covering = (...names) => components(() => names);
const members = (text) => text.split(', ');
const oneParameter = instead('@query', '"@query-param";name="to"');

/** group → `[what, code, request, options]` */
const groups = {
  'fewer components': [
    ...['@method', '@authority', '@path', '@query', 'content-type', 'content-digest'].map((name) => [
      `without ${name}`,
      PROFILE,
      POST,
      { sign: without(name) },
    ]),
    ['without interaction-proof', PROFILE, { ...GET, action: 'act' }, { sign: without('interaction-proof') }],
    ['none at all', PROFILE, GET, { sign: covering() }],
    ["PyPI's default", PROFILE, GET, { sign: covering('@method', '@authority', '@target-uri') }],
  ],
  'more components': ['cookie', 'x-other', '@target-uri', '@scheme', '@request-target'].map((name) => [
    `and ${name}`,
    PROFILE,
    { ...POST, fields: [['X-Other', '1']] },
    { sign: and(name) },
  ]),
  'reordered components': [
    ['@authority before @method', PROFILE, GET, { sign: components(([a, b, ...rest]) => [b, a, ...rest]) }],
    [
      'content-digest before content-type',
      PROFILE,
      POST,
      { sign: components((names) => names.with(4, names[5]).with(5, names[4])) },
    ],
    ['reversed', PROFILE, POST, { sign: components((names) => [...names].reverse()) }],
  ],
  'other components': [
    ['@target-uri for authority, path and query', PROFILE, GET, { sign: covering('@method', '@target-uri') }],
    [
      '@request-target for path and query',
      PROFILE,
      GET,
      { sign: covering('@method', '@authority', '@request-target') },
    ],
    ['@query-param for @query', PROFILE, TO, { sign: oneParameter }],
    ['@query-param and @query', PROFILE, TO, { sign: and('"@query-param";name="to"') }],
  ],
  'component parameters': [
    ...['"content-digest";sf', '"content-digest";key="sha-256"', '"content-digest";bs'].map((name) => [
      name,
      PROFILE,
      POST,
      { sign: instead('content-digest', name) },
    ]),
    ...['"content-type";sf', '"content-type";bs'].map((name) => [
      name,
      PROFILE,
      POST,
      { sign: instead('content-type', name) },
    ]),
    ['"content-type";tr, of trailers', PROFILE, POST, { ...byNpm, sign: instead('content-type', '"content-type";tr') }],
    ['"content-type";x, of nobody', PROFILE, POST, { ...byNpm, sign: instead('content-type', '"content-type";x') }],
    [
      '"@method";req, of responses',
      PROFILE,
      GET,
      { by: PLAIN, verified: NOBODY, sign: instead('@method', '"@method";req') },
    ],
  ],
  'names in the covered list': [
    ['Content-Type in mixed case', PROFILE, POST, { ...byNpm, sign: instead('content-type', 'Content-Type') }],
    ['@Method in mixed case', PROFILE, GET, { ...byNpm, sign: instead('@method', '@Method') }],
    ['a component twice', PROFILE, POST, { ...byNpm, sign: and('content-type') }],
  ],
  'semantics of queries': [
    ['one name covered, another appended', PROFILE, TO, { sign: oneParameter, after: target('/api/a?to=bob&all=1') }],
    ['a doubled name covered', PROFILE, { target: '/api/a?to=bob&to=eve' }, { ...byNpm, sign: oneParameter }],
    ['a covered value respelt, %62 for b', PROFILE, TO, { sign: oneParameter, after: target('/api/a?to=%62ob') }],
    [
      'a covered value respelt, + for %20',
      PROFILE,
      { target: '/api/a?to=a%20b' },
      { sign: oneParameter, after: target('/api/a?to=a+b') },
    ],
  ],
  tag: [
    ...['pas-2', 'pas-1 ', 'PAS-1', 'app', 'pas-1-ctl'].map((tag) => [
      JSON.stringify(tag),
      PROFILE,
      GET,
      { sign: set('tag', tag) },
    ]),
    ['none', PROFILE, GET, { sign: drop('tag') }],
    ['a token', PROFILE, GET, { ...plainly, sign: set('tag', { bare: 'pas-1' }) }],
  ],
  expires: [
    ['in 5 minutes', PROFILE, GET, { sign: append('expires', (seconds) => seconds + 300) }],
    [
      'in 5 minutes, second as in RFC 9421',
      PROFILE,
      GET,
      { sign: parameters(([first, ...rest], seconds) => [first, ['expires', seconds + 300], ...rest]) },
    ],
    ['in 30 years', PROFILE, GET, { sign: append('expires', (seconds) => seconds + 946_080_000) }],
    [
      'for created',
      PROFILE,
      GET,
      { ...byNpm, sign: parameters(([, ...rest], seconds) => [['expires', seconds + 300], ...rest]) },
    ],
    [
      '30 s ago, where an hour is tolerated',
      PROFILE,
      GET,
      { tolerance: 3600, sign: append('expires', (seconds) => seconds - 30) },
    ],
    ['an hour ago', PROFILE, GET, { verified: NOBODY, sign: append('expires', (seconds) => seconds - 3600) }],
  ],
  label: [
    ...['sig1', 'pas2', 'pas.1', '*pas'].map((text) => [text, PROFILE, GET, { sign: label(text) }]),
    ['pas, and sig1 after it', PROFILE, GET, { again: 'sig1' }],
    ['sig1, and pas after it', PROFILE, GET, { again: 'pas', sign: label('sig1') }],
    [
      'two, each on a field line of its own',
      PROFILE,
      GET,
      { again: 'sig1', after: both(...['signature', 'signature-input'].map((name) => field(name, members))) },
    ],
    [
      'a signature without an input beside it',
      PROFILE,
      GET,
      { verified: NPM, after: signature((text) => `${text}, sig1=:AAAA:`) },
    ],
    [
      'twice in one line, the last one good',
      PROFILE,
      GET,
      { verified: NPM, after: signature((text) => `pas=:AAAA:, ${text}`) },
    ],
    [
      'twice in two lines, the last one good',
      PROFILE,
      GET,
      { verified: NPM, after: field('signature', (text) => ['pas=:AAAA:', text]) },
    ],
  ],
  parameters: [
    ["in npm's order", PROFILE, GET, { sign: order('keyid', 'alg', 'created', 'nonce', 'tag') }],
    ["in PyPI's order", PROFILE, GET, { sign: order('created', 'keyid', 'alg', 'nonce', 'tag') }],
    ['reversed', PROFILE, GET, { sign: parameters((pairs) => [...pairs].reverse()) }],
    [
      'created twice, the last one good',
      PROFILE,
      GET,
      { after: input((text) => text.replace(';created=', ';created=1;created=')) },
    ],
    ['one more, x="y"', PROFILE, GET, { ...plainly, sign: append('x', () => 'y') }],
  ],
  created: [
    ['none', PROFILE, GET, { ...byNpm, sign: drop('created') }],
    ['a string', PROFILE, GET, { ...plainly, sign: created(String) }],
    ['a decimal', PROFILE, GET, { ...plainly, sign: created((seconds) => ({ bare: `${seconds - 1}.5` })) }],
    [
      'an integer, sent as a decimal',
      PROFILE,
      GET,
      { verified: NPM, after: input((text) => text.replace(/created=\d+/, '$&.0')) },
    ],
    ['a date', PROFILE, GET, { by: PLAIN, verified: NOBODY, sign: created((seconds) => ({ bare: `@${seconds}` })) }],
    ['before 1970', PROFILE, GET, { verified: NPM, sign: created(() => -1) }],
    ['an hour ago', 'ERR_TIME_STALE', GET, { sign: created((seconds) => seconds - 3600) }],
    [
      'in a minute, where an hour is tolerated',
      'ERR_TIME_FUTURE',
      GET,
      { tolerance: 3600, sign: created((seconds) => seconds + 60) },
    ],
  ],
  nonce: [
    ['none', PROFILE, GET, { sign: drop('nonce') }],
    ["the signer's own", 'ERR_NONCE_INVALID', GET, { sign: ownNonce }],
    ['that of an accepted request', 'ERR_NONCE_USED', GET, { replayed: true }],
  ],
  'key and algorithm': [
    ['without keyid', PROFILE, GET, { ...byNpm, sign: drop('keyid') }],
    ["the key of another user's session", 'ERR_KEY_MISMATCH', GET, { sign: byOther(GET) }],
    ['without alg', PROFILE, GET, { sign: drop('alg') }],
    ['ed25519', 'ERR_ALG_REFUSED', GET, { sign: byEd25519 }],
    ['rsa-pss-sha512', 'ERR_ALG_REFUSED', GET, { by: PYPI, sign: byRsaPss }],
    ['hmac-sha256', 'ERR_ALG_REFUSED', GET, { sign: byHmac }],
  ],
  'fields of the signature': [
    ['Signature twice', PROFILE, GET, { verified: NPM, after: field('signature', (text) => [text, text]) }],
    ['Signature-Input twice', PROFILE, GET, { verified: NPM, after: field('signature-input', (text) => [text, text]) }],
    [
      'an empty Signature beside it',
      PROFILE,
      GET,
      { verified: NOBODY, after: field('signature', (text) => ['', text]) },
    ],
    ['a parameter on the signature', MALFORMED, GET, { after: signature((text) => `${text};x`) }],
    ['base64 without padding', MALFORMED, GET, { after: signature(inBase64(unpadded)) }],
    ['base64 with bits that no byte takes', MALFORMED, GET, { after: signature(inBase64(strayBits)) }],
    [
      'base64 of the URL alphabet',
      MALFORMED,
      GET,
      { verified: NOBODY, after: signature(inBase64((text) => `-_${text.slice(2)}`)) },
    ],
    [
      'a space in the base64',
      MALFORMED,
      GET,
      { verified: NOBODY, after: signature(inBase64((text) => `${text.slice(0, 8)} ${text.slice(8)}`)) },
    ],
  ],
  content: [
    ['sha-512 beside sha-256', PROFILE, POST, { sign: digest(`${DIGEST}, ${SHA512}`) }],
    ['sha-512 alone', PROFILE, POST, { sign: digest(SHA512) }],
    ['the digest twice', PROFILE, POST, { by: NPM, sign: digest(`${DIGEST}, ${DIGEST}`) }],
    ['a digest in base64 without padding', MALFORMED, POST, { sign: respelt('content-digest', unpadded) }],
    ['a digest in base64 with stray bits', MALFORMED, POST, { sign: respelt('content-digest', strayBits) }],
    ['a proof in base64 without padding', BAD_PROOF, PROVEN, { sign: respelt('interaction-proof', unpadded) }],
    ['a proof in base64 with stray bits', BAD_PROOF, PROVEN, { sign: respelt('interaction-proof', strayBits) }],
    ['the digest of other content', MISMATCH, POST, { sign: digest(await contentDigest('CONTENT')) }],
    ['other content', MISMATCH, POST, { after: content('CONTENT') }],
    ['content where there was none', PROFILE, { ...POST, body: undefined }, { after: content('content') }],
    ['a content coding', 'ERR_BODY_ENCODING', POST, { after: added('Content-Encoding', 'gzip') }],
  ],
  'line folds and feeds': [
    [
      'a folded value',
      MALFORMED,
      CHARSET,
      { verified: PYPI, after: rewritten('content-type', (text) => text.replace('; ', ';\r\n ')) },
    ],
    [
      'a folded Signature-Input',
      MALFORMED,
      GET,
      { verified: PYPI, after: input((text) => text.replace('" "', '"\r\n "')) },
    ],
    [
      'a line feed in a value',
      MALFORMED,
      CHARSET,
      { verified: NPM, after: rewritten('content-type', (text) => text.replace('; ', ';\n ')) },
    ],
    [
      'a line of a signature base in a value',
      MALFORMED,
      { ...POST, type: 'text/plain "@path": /b' },
      { verified: NPM, after: rewritten('content-type', (text) => text.replace(' ', '\n')) },
    ],
  ],
  'another target for the same URL': [
    [
      'absolute form',
      MALFORMED,
      GET,
      {
        after: ({ origin, target: path, ...rest }) => ({ ...rest, origin, url: origin + path, target: origin + path }),
      },
    ],
    ['a fragment', MALFORMED, GET, { after: target('/api/a?b=c#d') }],
    ['a dot segment put in', INVALID, GET, { verified: NPM, after: target('/api/./a?b=c') }],
    ['an encoded dot segment put in', INVALID, GET, { verified: NPM, after: target('/api/x/%2E%2e/a?b=c') }],
    ['a backslash for a slash', INVALID, GET, { verified: NPM, after: target('/api\\a?b=c') }],
    ['a bare quote for %22', INVALID, { target: '/api/a?b=%22' }, { verified: NPM, after: target('/api/a?b="') }],
  ],
  ...changed('another path', [
    ['%2F for /', GET, '/api%2Fa?b=c'],
    ['/ for %2F', { target: '/api/a%2Fb' }, '/api/a/b'],
    ['%7E for ~', { target: '/api/~a' }, '/api/%7Ea'],
    ['~ for %7E', { target: '/api/%7Ea' }, '/api/~a'],
    ['%2f for %2F', { target: '/api/a%2Fb' }, '/api/a%2fb'],
    ['%61 for a', GET, '/api/%61?b=c'],
    ['a doubled slash', GET, '/api//a?b=c'],
    ['a trailing slash', { target: '/api/a' }, '/api/a/'],
  ]),
  ...changed('another query', [
    ['a name doubled', TO, '/api/a?to=bob&to=eve'],
    ['two names swapped', { target: '/api/a?a=1&b=2' }, '/api/a?b=2&a=1'],
    ['an empty pair appended', GET, '/api/a?b=c&'],
    ['%7E for ~', { target: '/api/a?b=~' }, '/api/a?b=%7E'],
    ['+ for %20', { target: '/api/a?b=%20' }, '/api/a?b=+'],
    ['a second question mark', GET, '/api/a??b=c'],
  ]),
  'around the signature': [
    ['no cookie', 'ERR_SESSION_MISSING', GET, { after: field('cookie', () => []) }],
    ['a method override', PROFILE, POST, { after: added('X-HTTP-Method-Override', 'DELETE') }],
    // Node's HTTP parser knows no such method.
    [
      'the method in lower case',
      INVALID,
      GET,
      { verified: NPM, wire: false, after: (signed) => ({ ...signed, method: 'get' }) },
    ],
    ['a Content-Type that is not covered', PROFILE, GET, { after: added('Content-Type', 'text/plain') }],
    ['two of Content-Type, covered as joined', PROFILE, POST, { sign: message(added('Content-Type', 'text/html')) }],
    ['no proof where the route asks for one', 'ERR_TIER_REQUIRED', ACT, { twin: PROVEN }],
  ],
};

/** Targets changed after signing, which nobody takes for the signed one. */
function changed(group, rows) {
  const options = (other) => ({ verified: NOBODY, after: target(other) });
  return { [group]: rows.map(([what, request, other]) => [what, INVALID, request, options(other)]) };
}

/** A case with its defaults filled in. */
export const filled = (options) => ({
  by: BOTH,
  verified: BOTH,
  sign: (honest) => honest,
  after: (signed) => signed,
  ...options,
});

export const REFUSED = Object.entries(groups).flatMap(([group, rows]) =>
  rows.map(([what, code, request, options]) => filled({ group, what, code, request, ...options })),
);
