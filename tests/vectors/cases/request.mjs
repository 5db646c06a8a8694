// Whole requests under one deployment: the tier they reach, or the code they are refused with.
import { answerOnce } from '../answers.mjs';
import {
  NOW, accounts, consentTo, deployment, further, nonceOf, proofOf, secrets, signed, tickets, unsigned,
} from '../deployment.mjs';

export const about =
  'Requests to a server that knows the sessions and tickets of `deployment`, at its time `now`. `route` is what ' +
  'the handler asks for; `before` says how often the same request was accepted already; `events` how often its ' +
  'interaction was, with other requests. Content is hexadecimal; an absent one is none.';
export { deployment };

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const SECOND = NOW / 1000;
const { alice, bob, carol } = accounts;
const ALICE = `__Host-pas=${alice.cookie}`;
const BOB = `${further(bob.key.keyid)}=${bob.cookie}`;
const JSON_POST = {
  method: 'POST', target: '/transfer', type: 'application/json', content: '{"to":"bob","amount":10}',
};
const ACT = { tier: 'interactive', action: 'transfer' };
const PAY = { method: 'POST', target: '/pay/bob?note=x', type: 'application/json', content: '{"amount":10}', consent: consentTo('pay') };
const PAID = { tier: 'consent', action: 'pay' };
const PAY_PROOF = proofOf({ action: 'pay', method: 'POST', target: PAY.target, content: Buffer.from(PAY.content) });
const CLOSE = { method: 'DELETE', target: '/account', consent: consentTo('close') };
const CLOSED = { tier: 'consent', action: 'close' };
const VAULT = { method: 'POST', target: '/vault', consent: consentTo('vault') };
const VAULTED = { tier: 'verified', action: 'vault' };
const assertion = (client) => `id=:AQ==:, auth=:Ag==:, client=:${Buffer.from(JSON.stringify(client)).toString('base64')}:, sig=:Aw==:`;
const string = (value) => ({ type: 'string', value });
const typed = (name, bareItem) => ({
  parameters: (list) => list.map((one) => (one[0] === name ? [name, bareItem] : one)),
});
const field = (name, value) => ({ fields: [[name, value]] });

/** A proof whose base64 ends with padding. */
const PADDED = Buffer.from([proofOf({}), proofOf({ dwellMs: 500 })].find(({ length }) => length % 3 > 0));

const scalars = (change) => (text) => {
  const bytes = Buffer.from(text.slice(5, -1), 'base64');
  const parts = [bytes.subarray(0, 32), bytes.subarray(32)].map((part) => BigInt(`0x${part.toString('hex')}`));
  const changed = change(...parts).map((n) => n.toString(16).padStart(64, '0')).join('');
  return `pas=:${Buffer.from(changed, 'hex').toString('base64')}:`;
};
const resized = (change) => (text) => `pas=:${change(Buffer.from(text.slice(5, -1), 'base64')).toString('base64')}:`;
const withField = (name, change) => (list) => list.map((one) => (one[0] === name ? [name, change(one[1])] : one));
const withoutField = (name) => (list) => list.filter(([key]) => key !== name);
const twice = (name) => (list) => list.flatMap((one) => (one[0] === name ? [one, one] : [one]));

/** [name, expected, how it is made, route, more] */
const SIGNED = [
  // accepted
  ['a GET', 'signed', {}],
  ['a query', 'signed', { target: '/balance?of=alice&of=bob' }],
  ['an empty query', 'signed', { target: '/balance?' }],
  ['dot segments and doubled slashes', 'signed', { target: '//a/../b/.' }],
  ['odd percent-encoding', 'signed', { target: '/%7e%2F%2f/%c3%A9?%zz' }],
  ['a path that only looks reserved', 'signed', { target: '/.past/pas/x.pas' }],
  ['a POST', 'signed', JSON_POST],
  ['binary content', 'signed', { ...JSON_POST, content: Buffer.from([0, 255, 10, 13, 128]) }],
  ['content without a type', 'signed', { ...JSON_POST, type: undefined }],
  ['an empty content type', 'signed', { type: '' }],
  ['no content', 'signed', { method: 'DELETE', target: '/x' }],
  ['empty content', 'signed', { method: 'POST', content: '' }],
  ['a method in small letters', 'signed', { method: 'patch' }],
  ['a method of every kind of character', 'signed', { method: "!#$%&'*+-.^_`|~09azAZ" }],
  ['s in the upper half', 'signed', { half: 'high' }],
  ['a further account by its own cookie', 'signed', { by: bob.key, cookie: `${ALICE}; ${BOB}` }],
  ['the first account beside a further one', 'signed', { cookie: `${BOB}; ${ALICE}` }],
  ['another Host', 'signed', { sentFields: withField('Host', () => 'evil.example') }],
  ['forwarded hosts', 'signed', { fields: [['X-Forwarded-Host', 'evil.example'], ['Forwarded', 'host=evil.example']] }],
  [
    'names of fields in other cases', 'signed',
    { ...JSON_POST, sentFields: (list) => list.map(([name, value]) => [name.toUpperCase(), value]) },
  ],
  ['fields in another order', 'signed', { ...JSON_POST, sentFields: (list) => list.toReversed() }],
  [
    'whitespace around values', 'signed',
    { ...JSON_POST, sentFields: (list) => list.map(([name, value]) => [name, ` \t${value}\t `]) },
  ],
  [
    'spaces inside the list', 'signed',
    { input: (text) => text.replaceAll('" "', '"  "').replace('(', '( ').replace(')', ' )') },
  ],
  ['spaces before parameters', 'signed', { input: (text) => text.replaceAll(';', '; ') }],
  [
    'created at the end of its window', 'signed',
    { created: SECOND - 31, nonce: nonceOf('early', { at: NOW - 31_000 }) },
  ],
  ['created at the beginning of its window', 'signed', { created: SECOND + 2 }],
  ['a nonce at the end of its life', 'signed', { nonce: nonceOf('old', { at: NOW - 302_000 }) }],
  ['a nonce from a clock ahead', 'signed', { created: SECOND, nonce: nonceOf('ahead', { at: NOW + 2_000 }) }],
  [
    'created as long before its nonce as clocks allow', 'signed',
    { created: SECOND - 3, nonce: nonceOf('late', { at: NOW }) },
  ],
  ['the longest content', 'signed', { ...JSON_POST, content: '12345' }, { tier: 'signed', bodyBytes: 5 }],
  [
    'a proof where none is asked for', 'signed',
    { ...JSON_POST, proof: proofOf({ content: Buffer.from(JSON_POST.content) }) },
  ],
  [
    'a proof for another action where none is asked for', 'signed', { ...JSON_POST, proof: proofOf({ action: 'x' }) },
    { tier: 'signed', action: 'transfer' },
  ],
  [
    'a proof for the action of a signed route', 'interactive',
    { ...JSON_POST, proof: proofOf({ content: Buffer.from(JSON_POST.content) }) },
    { tier: 'signed', action: 'transfer' },
  ],
  ...['mouse', 'pen'].map((kind) => [
    `an interaction by ${kind}`, 'interactive',
    { ...JSON_POST, proof: proofOf({ kind, content: Buffer.from(JSON_POST.content) }) }, ACT,
  ]),
  [
    'an interaction by touch', 'interactive',
    { ...JSON_POST, proof: proofOf({ kind: 'touch', samples: [], content: Buffer.from(JSON_POST.content) }) }, ACT,
  ],
  ...['keyboard', 'assistive'].map((kind) => [
    `an interaction by ${kind}`, 'interactive',
    {
      ...JSON_POST,
      proof: proofOf({ kind, offsetX: 0, offsetY: 0, samples: [], detail: 0, content: Buffer.from(JSON_POST.content) }),
    },
    ACT,
  ]),
  ['an interaction without content', 'interactive', { method: 'POST', target: '/transfer', proof: proofOf({}) }, ACT],
  [
    'an interaction and a query', 'interactive',
    { method: 'POST', target: '/transfer?a', proof: proofOf({ target: '/transfer?a' }) }, ACT,
  ],
  [
    'an interaction 5 s old', 'interactive', { method: 'POST', target: '/transfer', proof: proofOf({ ageMs: 5000 }) },
    ACT,
  ],
  [
    'the fourth use of an interaction', 'interactive', { method: 'POST', target: '/transfer', proof: proofOf({}) }, ACT,
    { events: 3 },
  ],

  // consent
  ['a consent', 'consent', PAY, PAID],
  ['a consent to nothing but the act', 'consent', CLOSE, CLOSED],
  ['a consent where less is asked for', 'consent', PAY, { tier: 'signed', action: 'pay' }],
  ['a consent in place of an interaction', 'consent', PAY, { tier: 'interactive', action: 'pay' }],
  ['a consent and an interaction', 'consent', { ...PAY, proof: PAY_PROOF }, PAID],
  ['a consent and a proof that does not count', 'consent', { ...PAY, proof: proofOf({ hash: Buffer.alloc(16) }) }, PAID],
  ['a consent in another language', 'consent', { ...PAY, consent: consentTo('pay', { language: 'de' }) }, PAID],
  ['a consent in the frame, where it is permitted', 'consent', { ...CLOSE, consent: consentTo('close', { surface: 'frame' }) }, CLOSED],
  ['a consent at the end of its window', 'consent', { ...PAY, created: SECOND - 61, nonce: nonceOf('slow', { at: NOW - 61_000 }) }, PAID],
  ['a consent past its window', 'ERR_TIME_STALE', { ...PAY, created: SECOND - 62, nonce: nonceOf('slower', { at: NOW - 62_000 }) }, PAID],
  ['a consent a second time', 'ERR_NONCE_USED', PAY, PAID, { before: 1 }],
  ['no consent', 'ERR_TIER_REQUIRED', { ...PAY, consent: undefined }, PAID],
  ['an interaction in place of a consent', 'ERR_TIER_REQUIRED', { ...PAY, consent: undefined, proof: PAY_PROOF }, PAID],
  ['a consent to another action', 'ERR_CONSENT_MISMATCH', { ...PAY, consent: consentTo('close') }, PAID],
  ['a consent where the route has no action', 'ERR_CONSENT_MISMATCH', PAY],
  ['a consent where the route has another action', 'ERR_CONSENT_MISMATCH', PAY, ACT],
  ['a consent to an action that nobody registered', 'ERR_CONSENT_MISMATCH', { ...PAY, consent: consentTo('pay', { act: 'transfer' }) }, ACT],
  ['a consent to another form', 'ERR_CONSENT_MISMATCH', { ...PAY, consent: consentTo('pay', { version: Buffer.alloc(16) }) }, PAID],
  ['a consent in a language that there is not', 'ERR_CONSENT_MISMATCH', { ...PAY, consent: consentTo('pay', { language: 'fr' }) }, PAID],
  ['a consent in the frame', 'ERR_CONSENT_MISMATCH', { ...PAY, consent: consentTo('pay', { surface: 'frame' }) }, PAID],
  ['a consent to another method', 'ERR_CONSENT_MISMATCH', { ...PAY, method: 'PUT' }, PAID],
  ['a consent to another path', 'ERR_CONSENT_MISMATCH', { ...PAY, target: '/pay/bob/?note=x' }, PAID],
  ['a member that was not shown', 'ERR_CONSENT_MISMATCH', { ...PAY, content: '{"amount":10,"fee":1}' }, PAID],
  ['a parameter that was not shown', 'ERR_CONSENT_MISMATCH', { ...PAY, target: '/pay/bob?note=x&fee=1' }, PAID],
  ['a value that can not be shown', 'ERR_CONSENT_MISMATCH', { ...PAY, content: '{"amount":1e30}' }, PAID],
  ['content that was not shown', 'ERR_CONSENT_MISMATCH', { ...CLOSE, type: 'application/json', content: '{"all":true}' }, CLOSED],
  ['a name twice in what was shown', 'ERR_JSON_INVALID', { ...PAY, content: '{"amount":10,"amount":11}' }, PAID],
  ['what was shown under another type', 'ERR_JSON_INVALID', { ...PAY, type: 'text/plain' }, PAID],
  ['what was shown under no type', 'ERR_JSON_INVALID', { ...PAY, type: undefined }, PAID],
  ['other content after the consent', 'ERR_DIGEST_MISMATCH', { ...PAY, sent: '{"amount":11}' }, PAID],
  ['another consent after signing', 'ERR_SIG_INVALID', { ...PAY, sentFields: withField('Pas-Consent', () => consentTo('pay', { language: 'de' })) }, PAID],
  ['a consent taken away', 'ERR_SIG_PROFILE', { ...PAY, sentFields: withoutField('Pas-Consent') }, PAID],
  ['a consent that is not covered', 'ERR_SIG_PROFILE', { ...PAY, covered: (list) => list.slice(0, -1) }, PAID],
  ['a consent covered in front', 'ERR_SIG_PROFILE', { ...PAY, covered: (list) => [list.at(-1), ...list.slice(0, -1)] }, PAID],
  ['a doubled consent', 'ERR_SIG_PROFILE', { ...PAY, sentFields: twice('Pas-Consent') }, PAID],
  ['a consent in another spelling', 'ERR_SIG_MALFORMED', { ...PAY, consent: `${PAY.consent}, uv=?1` }, PAID],
  ['an empty consent', 'ERR_SIG_MALFORMED', { ...PAY, consent: '' }, PAID],
  ['the syntax of a consent comes before the session', 'ERR_SIG_MALFORMED', { ...PAY, consent: '', cookie: null }, PAID],
  ['a digest comes before the consent', 'ERR_DIGEST_MISMATCH', { ...PAY, consent: consentTo('close'), sent: '{}' }, PAID],

  // user verification, as far as it is no matter of WebAuthn
  ['a consent without verification', 'ERR_TIER_REQUIRED', { ...VAULT, consent: consentTo('vault', { verified: false }) }, VAULTED],
  ['a consent where verification is asked for', 'ERR_TIER_REQUIRED', PAY, { tier: 'verified', action: 'pay' }],
  ['the action asks for verification, the route does not', 'ERR_TIER_REQUIRED', { ...VAULT, consent: consentTo('vault', { verified: false }) }, { tier: 'signed', action: 'vault' }],
  ['verification without an assertion', 'ERR_UV_INVALID', VAULT, VAULTED],
  ['an assertion that the consent does not name', 'ERR_UV_INVALID', { ...PAY, assertion: assertion({}) }, PAID],
  ['an assertion without a consent', 'ERR_UV_INVALID', { target: '/balance', assertion: assertion({}) }],
  ['an assertion of a frame', 'ERR_UV_INVALID', { ...VAULT, assertion: assertion({ crossOrigin: true }) }, VAULTED],
  ['an assertion of a passkey that nobody has', 'ERR_UV_INVALID', { ...VAULT, assertion: assertion({}) }, VAULTED],
  ['an assertion in another spelling', 'ERR_SIG_MALFORMED', { ...VAULT, assertion: assertion({}).replaceAll(', ', ',') }, VAULTED],
  ['a doubled assertion', 'ERR_SIG_PROFILE', { ...VAULT, assertion: assertion({}), sentFields: twice('PAS-Assertion') }, VAULTED],

  // the head
  ['a head beyond the limit', 'ERR_HEADER_LIMIT', field('X-Pad', 'x'.repeat(16_384))],
  ['a target beyond the limit', 'ERR_HEADER_LIMIT', { target: `/${'x'.repeat(16_384)}` }],
  ['an absolute target', 'ERR_SIG_MALFORMED', { sentTarget: 'https://app.example.com/balance' }],
  ['an asterisk', 'ERR_SIG_MALFORMED', { method: 'OPTIONS', sentTarget: '*' }],
  ['a fragment', 'ERR_SIG_MALFORMED', { sentTarget: '/balance#a' }],
  ['an empty target', 'ERR_SIG_MALFORMED', { sentTarget: '' }],
  ['a space in the target', 'ERR_SIG_MALFORMED', { sentTarget: '/bal ance' }],
  ['a target beyond ASCII', 'ERR_SIG_MALFORMED', { sentTarget: '/\u00e9' }],
  ['an empty method', 'ERR_SIG_MALFORMED', { sentMethod: '' }],
  ['a method with a space', 'ERR_SIG_MALFORMED', { sentMethod: 'GE T' }],
  ['a method of 33 characters', 'ERR_SIG_MALFORMED', { sentMethod: 'A'.repeat(33) }],
  ['a line feed in a value', 'ERR_SIG_MALFORMED', field('X-Any', 'a\nSignature: b')],
  ['a line feed in a name', 'ERR_SIG_MALFORMED', field('X\nAny', 'a')],
  [
    'folded lines', 'ERR_SIG_MALFORMED',
    { ...JSON_POST, sentFields: withField('Content-Type', () => 'application/\r\n json') },
  ],
  ['encoded content', 'ERR_BODY_ENCODING', { ...JSON_POST, ...field('Content-Encoding', 'gzip') }],
  ['content encoded by nothing', 'ERR_BODY_ENCODING', { ...JSON_POST, ...field('content-encoding', 'identity') }],
  ...[
    'X-HTTP-Method-Override', 'x-http-method', 'X-Method-Override', 'X-Original-URL', 'x-rewrite-url',
  ].map((name) => [`the field ${name}`, 'ERR_SIG_PROFILE', field(name, 'DELETE')]),

  // the route
  ...[
    '/.pas/hello', '/.pas', '/%2epas/x', '/%2Epa%73/x', '/.PAS/x', '//.pas/x', '/a/../.pas/x', '/\\.pas/x',
    '/a%2f.pas%2fx', '/a%5c.pas%5cx',
  ].map((target) => [`the reserved path ${target}`, 'ERR_SIG_PROFILE', { target }]),
  ['a request of the frame as one of the app', 'ERR_SIG_PROFILE', { tag: 'pas-1-ctl' }],

  // the two fields
  ['no signature', 'ERR_SIG_MISSING', { sentFields: (list) => list.filter(([name]) => !name.startsWith('Signature')) }],
  ['no Signature', 'ERR_SIG_MISSING', { sentFields: withoutField('Signature') }],
  ['no Signature-Input', 'ERR_SIG_MISSING', { sentFields: withoutField('Signature-Input') }],
  [
    'neither signature nor session', 'ERR_SESSION_MISSING',
    { cookie: null, sentFields: (list) => list.filter(([name]) => !name.startsWith('Signature')) },
  ],
  ['two fields Signature', 'ERR_SIG_PROFILE', { sentFields: twice('Signature') }],
  ['two fields Signature-Input', 'ERR_SIG_PROFILE', { sentFields: twice('Signature-Input') }],
  ['two members in Signature', 'ERR_SIG_PROFILE', { signature: (text) => `${text}, ${text.replace('pas', 'b')}` }],
  ['the same member twice in Signature', 'ERR_SIG_PROFILE', { signature: (text) => `${text}, ${text}` }],
  ['two members in Signature-Input', 'ERR_SIG_PROFILE', { input: (text) => `${text}, ${text.replace('pas', 'b')}` }],
  ['the same member twice in Signature-Input', 'ERR_SIG_PROFILE', { input: (text) => `${text}, ${text}` }],
  [
    'another label', 'ERR_SIG_PROFILE',
    { input: (text) => text.replace('pas', 'sig1'), signature: (text) => text.replace('pas', 'sig1') },
  ],
  ['another label in Signature only', 'ERR_SIG_PROFILE', { signature: (text) => text.replace('pas', 'sig1') }],
  ['an empty Signature-Input', 'ERR_SIG_PROFILE', { input: () => '' }],
  ['an empty Signature', 'ERR_SIG_PROFILE', { signature: () => '' }],
  ['Signature-Input that is no dictionary', 'ERR_SIG_MALFORMED', { input: (text) => text.replace('pas=', '') }],
  ['a comma at the end of Signature-Input', 'ERR_SIG_MALFORMED', { input: (text) => `${text},` }],
  ['an open list', 'ERR_SIG_MALFORMED', { input: (text) => text.replace(')', '') }],
  ['a tab inside the list', 'ERR_SIG_MALFORMED', { input: (text) => text.replace('" "', '"\t"') }],
  ['commas inside the list', 'ERR_SIG_MALFORMED', { input: (text) => text.replaceAll('" "', '", "') }],
  ['a list of no list', 'ERR_SIG_PROFILE', { input: (text) => text.replace(/\(.*\)/, '"@method"') }],
  ['a capital label', 'ERR_SIG_MALFORMED', { input: (text) => text.replace('pas', 'PAS') }],
  ['a byte beyond ASCII', 'ERR_SIG_MALFORMED', { input: (text) => text.replace('tag="', 'tag="\u00e9') }],

  // covered components
  ['no components', 'ERR_SIG_PROFILE', { covered: () => [] }],
  ...[0, 1, 2, 3].map((at) => [
    `without component ${at + 1}`, 'ERR_SIG_PROFILE', { covered: (list) => list.toSpliced(at, 1) },
  ]),
  ['without the content type', 'ERR_SIG_PROFILE', { ...JSON_POST, covered: (list) => list.toSpliced(4, 1) }],
  ['without the digest', 'ERR_SIG_PROFILE', { ...JSON_POST, covered: (list) => list.toSpliced(5, 1) }],
  [
    'without the proof', 'ERR_SIG_PROFILE',
    { method: 'POST', target: '/transfer', proof: proofOf({}), covered: (list) => list.slice(0, 4) }, ACT,
  ],
  ['components in another order', 'ERR_SIG_PROFILE', { covered: ([a, b, ...rest]) => [b, a, ...rest] }],
  [
    'content fields in another order', 'ERR_SIG_PROFILE',
    { ...JSON_POST, covered: (list) => [...list.slice(0, 4), list[5], list[4]] },
  ],
  ['a component twice', 'ERR_SIG_PROFILE', { covered: (list) => [...list, list[0]] }],
  ['a component more', 'ERR_SIG_PROFILE', { covered: (list) => [...list, ['host', 'app.example.com']] }],
  ['@scheme more', 'ERR_SIG_PROFILE', { covered: (list) => [...list, ['@scheme', 'https']] }],
  [
    '@target-uri for its parts', 'ERR_SIG_PROFILE',
    { covered: (list) => [list[0], ['@target-uri', 'https://app.example.com/balance']] },
  ],
  [
    'a content type that is not there', 'ERR_SIG_PROFILE',
    { input: (text) => text.replace('"@query"', '"@query" "content-type"') },
  ],
  [
    'a component in capitals', 'ERR_SIG_PROFILE',
    { ...JSON_POST, input: (text) => text.replace('content-type', 'Content-Type') },
  ],
  ...[
    'sf', 'bs', 'req', 'tr', 'key="a"', 'name="of"',
  ].map((parameter) => [
    `a component with the parameter ${parameter}`, 'ERR_SIG_PROFILE',
    { input: (text) => text.replace('"@query"', `"@query";${parameter}`) },
  ]),
  [
    'a component as a token', 'ERR_SIG_PROFILE',
    { ...JSON_POST, input: (text) => text.replace('"content-type"', 'content-type') },
  ],

  // parameters
  ...[
    'created', 'nonce', 'keyid', 'alg', 'tag',
  ].map((name) => [
    `without ${name}`, 'ERR_SIG_PROFILE', { parameters: (list) => list.filter(([key]) => key !== name) },
  ]),
  ['no parameters', 'ERR_SIG_PROFILE', { parameters: () => [] }],
  ['parameters in another order', 'ERR_SIG_PROFILE', { parameters: ([a, b, ...rest]) => [b, a, ...rest] }],
  ['a parameter twice', 'ERR_SIG_PROFILE', { input: (text) => text.replace(';created', ';created=1;created') }],
  [
    'expires', 'ERR_SIG_PROFILE',
    { parameters: (list) => [...list, ['expires', { type: 'integer', value: SECOND + 60 }]] },
  ],
  ['an unknown parameter', 'ERR_SIG_PROFILE', { parameters: (list) => [...list, ['x', string('y')]] }],
  ['created as a decimal', 'ERR_SIG_PROFILE', typed('created', { type: 'decimal', value: SECOND })],
  ['created as a date', 'ERR_SIG_PROFILE', typed('created', { type: 'date', value: SECOND })],
  ['created as a string', 'ERR_SIG_PROFILE', typed('created', string(String(SECOND)))],
  ['created without a value', 'ERR_SIG_PROFILE', typed('created', { type: 'boolean', value: true })],
  [
    'created of 16 digits', 'ERR_SIG_MALFORMED',
    { input: (text) => text.replace(/created=\d+/, 'created=1000000000000000') },
  ],
  ['created before 1970', 'ERR_SIG_PROFILE', { created: -1 }],
  ['created beyond what a double holds', 'ERR_SIG_PROFILE', { created: 9_007_199_254_741 }],
  ['a nonce as a token', 'ERR_SIG_PROFILE', typed('nonce', { type: 'token', value: 'n' })],
  ['a keyid as bytes', 'ERR_SIG_PROFILE', typed('keyid', { type: 'byte-sequence', value: alice.key.thumbprint })],
  ['a keyid that is no thumbprint', 'ERR_SIG_PROFILE', { keyid: 'key-1' }],
  ['a keyid with padding', 'ERR_SIG_PROFILE', { keyid: `${alice.key.keyid}=` }],
  ['an algorithm as a token', 'ERR_SIG_PROFILE', typed('alg', { type: 'token', value: 'ecdsa-p256-sha256' })],
  ...[
    'hmac-sha256', 'ecdsa-p384-sha384', 'ed25519', 'ECDSA-P256-SHA256', 'none', '',
  ].map((alg) => [`the algorithm ${alg || 'without a name'}`, 'ERR_ALG_REFUSED', { alg }]),
  ...['pas-2', 'PAS-1', 'pas-1 ', ''].map((tag) => [`the tag ${JSON.stringify(tag)}`, 'ERR_SIG_PROFILE', { tag }]),

  // the signature's bytes
  ['a signature of 63 bytes', 'ERR_SIG_MALFORMED', { signature: resized((bytes) => bytes.subarray(1)) }],
  [
    'a signature of 65 bytes', 'ERR_SIG_MALFORMED',
    { signature: resized((bytes) => Buffer.concat([bytes, Buffer.alloc(1)])) },
  ],
  ['no bytes', 'ERR_SIG_MALFORMED', { signature: () => 'pas=::' }],
  ['a signature as a string', 'ERR_SIG_MALFORMED', { signature: (text) => `pas="${text.slice(5, -1)}"` }],
  ['a signature as a list', 'ERR_SIG_MALFORMED', { signature: (text) => `pas=(${text.slice(4)})` }],
  ['a signature with a parameter', 'ERR_SIG_MALFORMED', { signature: (text) => `${text};a` }],
  ['a signature without padding', 'ERR_SIG_MALFORMED', { signature: (text) => text.replace('==:', ':') }],
  ['a signature with half its padding', 'ERR_SIG_MALFORMED', { signature: (text) => text.replace('==:', '=:') }],
  [
    'set bits after the last byte of the signature', 'ERR_SIG_MALFORMED',
    { signature: (text) => text.replace(/(.)==:$/, (_, last) => `${{ A: 'B', Q: 'R', g: 'h', w: 'x' }[last]}==:`) },
  ],
  ['base64url', 'ERR_SIG_MALFORMED', { signature: (text) => `pas=:-_${text.slice(7)}` }],
  ['r = 0', 'ERR_SIG_INVALID', { signature: scalars((r, s) => [0n, s]) }],
  ['s = 0', 'ERR_SIG_INVALID', { signature: scalars((r) => [r, 0n]) }],
  ['r = n', 'ERR_SIG_INVALID', { signature: scalars((r, s) => [ORDER, s]) }],
  ['s = n', 'ERR_SIG_INVALID', { signature: scalars((r) => [r, ORDER]) }],
  ['r and s beyond n', 'ERR_SIG_INVALID', { signature: scalars(() => [(1n << 256n) - 1n, (1n << 256n) - 1n]) }],
  ['r and s exchanged', 'ERR_SIG_INVALID', { signature: scalars((r, s) => [s, r]) }],

  // what is not what was signed
  ['another method', 'ERR_SIG_INVALID', { sentMethod: 'HEAD' }],
  ['another case of the method', 'ERR_SIG_INVALID', { sentMethod: 'get' }],
  ['another path', 'ERR_SIG_INVALID', { sentTarget: '/balanc' }],
  ['a slash more', 'ERR_SIG_INVALID', { sentTarget: '/balance/' }],
  ['a slash more at the beginning', 'ERR_SIG_INVALID', { sentTarget: '//balance' }],
  ['another case of the path', 'ERR_SIG_INVALID', { sentTarget: '/Balance' }],
  ['a query more', 'ERR_SIG_INVALID', { sentTarget: '/balance?a' }],
  ['a query less', 'ERR_SIG_INVALID', { target: '/balance?a', sentTarget: '/balance' }],
  ['query members exchanged', 'ERR_SIG_INVALID', { target: '/balance?a=1&b=2', sentTarget: '/balance?b=2&a=1' }],
  ['a query member doubled', 'ERR_SIG_INVALID', { target: '/balance?a=1', sentTarget: '/balance?a=1&a=2' }],
  ['an escape resolved', 'ERR_SIG_INVALID', { target: '/%7Ealice', sentTarget: '/~alice' }],
  ['an escaped slash resolved', 'ERR_SIG_INVALID', { target: '/a%2Fb', sentTarget: '/a/b' }],
  ['another case of an escape', 'ERR_SIG_INVALID', { target: '/a%2Fb', sentTarget: '/a%2fb' }],
  ['dot segments removed', 'ERR_SIG_INVALID', { target: '/a/../b', sentTarget: '/b' }],
  ['signed for another host', 'ERR_SIG_INVALID', { authority: 'evil.example' }],
  ['signed for the default port', 'ERR_SIG_INVALID', { authority: 'app.example.com:443' }],
  ['signed for a host in capitals', 'ERR_SIG_INVALID', { authority: 'APP.example.com' }],
  ['signed for the absolute host', 'ERR_SIG_INVALID', { authority: 'app.example.com.' }],
  [
    'another content type', 'ERR_SIG_INVALID',
    { ...JSON_POST, sentFields: withField('Content-Type', () => 'text/plain') },
  ],
  [
    'another case of the content type', 'ERR_SIG_INVALID',
    { ...JSON_POST, sentFields: withField('Content-Type', () => 'Application/JSON') },
  ],
  ['a content type more', 'ERR_SIG_PROFILE', { sentFields: (list) => [...list, ['Content-Type', 'text/plain']] }],
  ['a content type less', 'ERR_SIG_PROFILE', { ...JSON_POST, sentFields: withoutField('Content-Type') }],
  ['another time', 'ERR_SIG_INVALID', { input: (text) => text.replace(`=${SECOND}`, `=${SECOND + 1}`) }],
  ['a time with a leading zero', 'signed', { input: (text) => text.replace('created=', 'created=0') }],
  [
    'another client part of the nonce', 'ERR_SIG_INVALID',
    { input: (text) => text.replace(/\.[^"]+"/, '.AAAAAAAAAAAAAAAAAAAAAA"') },
  ],
  [
    'the signature of another request', 'ERR_SIG_INVALID',
    { signature: () => signed('other', { target: '/other' }).fields.at(-1)[1] },
  ],
  [
    'signed by another key', 'ERR_SIG_INVALID',
    { by: { ...carol.key, keyid: alice.key.keyid, thumbprint: alice.key.thumbprint } },
  ],

  // content
  ['doubled content type', 'ERR_SIG_PROFILE', { ...JSON_POST, sentFields: twice('Content-Type') }],
  ['doubled digest', 'ERR_SIG_PROFILE', { ...JSON_POST, sentFields: twice('Content-Digest') }],
  ['other content', 'ERR_DIGEST_MISMATCH', { ...JSON_POST, sent: '{"to":"eve","amount":10}' }],
  ['content cut short', 'ERR_DIGEST_MISMATCH', { ...JSON_POST, sent: JSON_POST.content.slice(0, -1) }],
  ['content with more', 'ERR_DIGEST_MISMATCH', { ...JSON_POST, sent: `${JSON_POST.content} ` }],
  [
    'a digest of other content', 'ERR_DIGEST_MISMATCH',
    { ...JSON_POST, digest: 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:' },
  ],
  ['content without a digest', 'ERR_SIG_PROFILE', { ...JSON_POST, digest: null }],
  ['content that was not signed', 'ERR_SIG_PROFILE', { method: 'POST', target: '/transfer', sent: '{}' }],
  ['a digest without content', 'ERR_SIG_PROFILE', { ...JSON_POST, sent: undefined }],
  [
    'a digest of nothing, and nothing', 'ERR_SIG_PROFILE',
    { method: 'POST', digest: 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:' },
  ],
  ['sha-512', 'ERR_SIG_PROFILE', { ...JSON_POST, digest: `sha-512=:${Buffer.alloc(64).toString('base64')}:` }],
  [
    'two digests', 'ERR_SIG_PROFILE',
    { ...JSON_POST, digest: 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:, sha-512=:AA==:' },
  ],
  [
    'a digest with a parameter', 'ERR_SIG_PROFILE',
    { ...JSON_POST, digest: 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:;a' },
  ],
  [
    'a digest as a list', 'ERR_SIG_PROFILE',
    { ...JSON_POST, digest: 'sha-256=(:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:)' },
  ],
  [
    'a digest as a string', 'ERR_SIG_PROFILE',
    { ...JSON_POST, digest: 'sha-256="47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="' },
  ],
  ['an empty digest', 'ERR_SIG_PROFILE', { ...JSON_POST, digest: '' }],
  [
    'a digest that is no dictionary', 'ERR_SIG_MALFORMED',
    { ...JSON_POST, digest: ':47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:' },
  ],
  [
    'SHA-256 in capitals', 'ERR_SIG_MALFORMED',
    { ...JSON_POST, digest: 'SHA-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:' },
  ],
  [
    'a digest of 31 bytes', 'ERR_SIG_MALFORMED',
    { ...JSON_POST, digest: `sha-256=:${Buffer.alloc(31).toString('base64')}:` },
  ],
  [
    'a digest without padding', 'ERR_SIG_MALFORMED',
    { ...JSON_POST, sentFields: (list) => list, digest: 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU:' },
  ],
  [
    'set bits after the last byte of the digest', 'ERR_SIG_MALFORMED',
    { ...JSON_POST, digest: 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=:' },
  ],
  [
    'content beyond the limit of the route', 'ERR_BODY_LIMIT', { ...JSON_POST, content: '123456' },
    { tier: 'signed', bodyBytes: 5 },
  ],

  // the cookie
  ['no cookie', 'ERR_SESSION_MISSING', { cookie: null }],
  ['a malformed cookie', 'ERR_SESSION_MISSING', { cookie: '__Host-pas=1.x.y' }],
  ['a doubled cookie', 'ERR_SESSION_MISSING', { cookie: `${ALICE}; ${ALICE}` }],
  ['only the cookie of a further account', 'ERR_SESSION_MISSING', { cookie: BOB }],
  ['an unknown session', 'ERR_SESSION_ENDED', { cookie: `__Host-pas=${carol.cookie}`, by: carol.key }],
  ['another tag', 'ERR_SESSION_ENDED', { cookie: `__Host-pas=${alice.cookie.replace(alice.tag, bob.tag)}` }],
  ['a stolen cookie and another key', 'ERR_KEY_MISMATCH', { by: carol.key }],
  ['the cookie of another account', 'ERR_KEY_MISMATCH', { cookie: `__Host-pas=${bob.cookie}` }],

  // time
  [
    'created one second too early', 'ERR_TIME_STALE',
    { created: SECOND - 32, nonce: nonceOf('x', { at: NOW - 60_000 }) },
  ],
  [
    'created a second too early for any clock', 'ERR_TIME_STALE',
    { created: SECOND - 37, nonce: nonceOf('x', { at: NOW - 60_000 }) },
  ],
  ['created one second too late', 'ERR_TIME_FUTURE', { created: SECOND + 3 }],
  ['created a second too late for any clock', 'ERR_TIME_FUTURE', { created: SECOND + 8 }],
  ['created long ago', 'ERR_TIME_STALE', { created: 1 }],
  [
    'created too long before its nonce', 'ERR_TIME_STALE',
    { created: SECOND - 3, nonce: nonceOf('x', { at: NOW + 1 }) },
  ],
  ['stale comes before a bad nonce', 'ERR_TIME_STALE', { created: 1, nonce: 'x' }],
  ['a nonce 1 ms too old', 'ERR_NONCE_EXPIRED', { nonce: nonceOf('x', { at: NOW - 302_001 }) }],
  ['a nonce too old for any clock', 'ERR_NONCE_EXPIRED', { nonce: nonceOf('x', { at: NOW - 307_001 }) }],
  ['a nonce 1 ms too new', 'ERR_NONCE_INVALID', { created: SECOND + 2, nonce: nonceOf('x', { at: NOW + 2_001 }) }],
  [
    'a nonce too new for any clock', 'ERR_NONCE_INVALID',
    { created: SECOND + 7, nonce: nonceOf('x', { at: NOW + 7_001 }) },
  ],

  // the nonce
  ['no nonce', 'ERR_NONCE_INVALID', { nonce: '' }],
  ['only the server\'s part', 'ERR_NONCE_INVALID', { nonce: nonceOf('x').slice(0, 36) }],
  [
    'a client\'s part of 15 bytes', 'ERR_NONCE_INVALID',
    { nonce: nonceOf('x', { client: Buffer.alloc(15).toString('base64url') }) },
  ],
  ['a nonce for another key', 'ERR_NONCE_INVALID', { nonce: nonceOf('x', { bound: bob.key.thumbprint }) }],
  ['a challenge as a nonce', 'ERR_NONCE_INVALID', { nonce: nonceOf('x', { key: secrets.challenge }) }],
  ['a nonce of another version', 'ERR_NONCE_INVALID', { nonce: nonceOf('x', { version: 2 }) }],
  ['a nonce of another server', 'ERR_NONCE_INVALID', { nonce: nonceOf('x', { key: Buffer.alloc(32) }) }],
  ['a nonce a second time', 'ERR_NONCE_USED', {}, { tier: 'signed' }, { before: 1 }],
  ['a nonce a second time, content and all', 'ERR_NONCE_USED', JSON_POST, { tier: 'signed' }, { before: 1 }],
  [
    'an interaction a second time, whole', 'ERR_NONCE_USED',
    { method: 'POST', target: '/transfer', proof: proofOf({}) }, ACT, { before: 1 },
  ],

  // evidence
  ['no proof', 'ERR_TIER_REQUIRED', JSON_POST, ACT],
  [
    'a proof for another action', 'ERR_TIER_REQUIRED',
    { method: 'POST', target: '/transfer', proof: proofOf({ action: 'delete' }) }, ACT,
  ],
  [
    'a proof for another method', 'ERR_TIER_REQUIRED',
    { method: 'POST', target: '/transfer', proof: proofOf({ method: 'PUT' }) }, ACT,
  ],
  [
    'a proof for another target', 'ERR_TIER_REQUIRED',
    { method: 'POST', target: '/transfer', proof: proofOf({ target: '/transfer?' + 'a' }) }, ACT,
  ],
  ['a proof for other content', 'ERR_TIER_REQUIRED', { ...JSON_POST, proof: proofOf({}) }, ACT],
  [
    'a proof of a script', 'ERR_TIER_REQUIRED',
    { method: 'POST', target: '/transfer', proof: proofOf({ flags: { trusted: false } }) }, ACT,
  ],
  [
    'the fifth use of an interaction', 'ERR_PROOF_REUSED', { method: 'POST', target: '/transfer', proof: proofOf({}) },
    ACT, { events: 4 },
  ],
  [
    'a doubled proof', 'ERR_SIG_PROFILE',
    { method: 'POST', target: '/transfer', proof: proofOf({}), sentFields: twice('Interaction-Proof') }, ACT,
  ],
  ['an empty proof', 'ERR_PROOF_MALFORMED', { proof: '' }],
  ['a proof of no bytes', 'ERR_PROOF_MALFORMED', { proof: '::' }],
  ['a proof as a string', 'ERR_PROOF_MALFORMED', { proof: '"AQ"' }],
  ['a proof with a parameter', 'ERR_PROOF_MALFORMED', { proof: `:${Buffer.from(proofOf({})).toString('base64')}:;a` }],
  ['a proof without padding', 'ERR_PROOF_MALFORMED', { proof: `:${PADDED.toString('base64').replace(/=+$/, '')}:` }],
  ['a proof of another version', 'ERR_PROOF_MALFORMED', { proof: Buffer.from(proofOf({})).fill(2, 0, 1) }],
  ['a proof cut short', 'ERR_PROOF_MALFORMED', { proof: proofOf({}).subarray(0, -1) }],
  ['a proof 5001 ms old', 'ERR_PROOF_MALFORMED', { proof: proofOf({ ageMs: 5001 }) }],
  ['a malformed proof where none is asked for', 'ERR_PROOF_MALFORMED', { proof: ':AA==:' }, { tier: 'signed' }],

  // the order of checks
  ['limits come before syntax', 'ERR_HEADER_LIMIT', { sentTarget: 'x', ...field('X-Pad', 'x'.repeat(16_384)) }],
  ['syntax comes before the profile', 'ERR_SIG_MALFORMED', { sentTarget: '*', tag: 'pas-2' }],
  ['the profile comes before the session', 'ERR_SIG_PROFILE', { tag: 'pas-2', cookie: null }],
  ['the proof\'s syntax comes before the session', 'ERR_PROOF_MALFORMED', { proof: ':AA==:', cookie: null }],
  ['the session comes before the time', 'ERR_SESSION_MISSING', { created: 1, cookie: null }],
  ['the nonce comes before the key', 'ERR_NONCE_INVALID', { nonce: 'x', cookie: `__Host-pas=${carol.cookie}` }],
  ['the key comes before the signature', 'ERR_KEY_MISMATCH', { by: carol.key, sentTarget: '/other' }],
  [
    'the signature comes before the content', 'ERR_SIG_INVALID',
    { ...JSON_POST, sentTarget: '/other', sent: 'x'.repeat(100) }, { tier: 'signed', bodyBytes: 5 },
  ],
  [
    'the limit comes before the digest', 'ERR_BODY_LIMIT', { ...JSON_POST, sent: 'x'.repeat(100) },
    { tier: 'signed', bodyBytes: 5 },
  ],
  ['the digest comes before the evidence', 'ERR_DIGEST_MISMATCH', { ...JSON_POST, sent: 'x' }, ACT],
  [
    'the evidence comes before single use', 'ERR_TIER_REQUIRED',
    { method: 'POST', target: '/transfer', proof: proofOf({ action: 'x' }) }, ACT, { before: 0 },
  ],
];

const COOKIE_ONLY = { tier: 'identified' };
const TICKET = { tier: 'signed', ticket: true };
const ticketed = (path, { value }) => unsigned({ target: `${path}pas_ticket=${value}` });

/** [name, expected, request, route, more] */
const UNSIGNED = [
  ['a page shell', 'identified', unsigned(), COOKIE_ONLY],
  ['a page shell by HEAD', 'identified', unsigned({ method: 'HEAD' }), COOKIE_ONLY],
  ['a page shell of the only further account', 'identified', unsigned({ cookie: BOB }), COOKIE_ONLY],
  ['a page shell by POST', 'ERR_TIER_REQUIRED', unsigned({ method: 'POST' }), COOKIE_ONLY],
  ['a page shell by get', 'ERR_TIER_REQUIRED', unsigned({ method: 'get' }), COOKIE_ONLY],
  ['a page shell without a cookie', 'ERR_SESSION_MISSING', unsigned({ cookie: null }), COOKIE_ONLY],
  [
    'a page shell after the end of the session', 'ERR_SESSION_ENDED',
    unsigned({ cookie: `__Host-pas=${carol.cookie}` }), COOKIE_ONLY,
  ],
  [
    'a page shell with an override', 'ERR_SIG_PROFILE', unsigned({ fields: [['X-HTTP-Method-Override', 'POST']] }),
    COOKIE_ONLY,
  ],
  ['a ticket', 'signed', ticketed('/statement.png?', tickets.statement), TICKET],
  ['a ticket after a query', 'signed', ticketed('/statement?year=2026&', tickets.query), TICKET],
  ['a ticket by HEAD', 'signed', { ...ticketed('/statement.png?', tickets.statement), method: 'HEAD' }, TICKET],
  [
    'a ticket beside a further account', 'signed',
    { ...unsigned({ cookie: `${ALICE}; ${BOB}`, target: `/statement.png?pas_ticket=${tickets.bobs.value}` }) }, TICKET,
  ],
  [
    'a ticket a second time', 'ERR_TICKET_INVALID', ticketed('/statement.png?', tickets.statement), TICKET,
    { before: 1 },
  ],
  ['a ticket for another path', 'ERR_TICKET_INVALID', ticketed('/statement.jpg?', tickets.statement), TICKET],
  ['a ticket for another query', 'ERR_TICKET_INVALID', ticketed('/statement?year=2025&', tickets.query), TICKET],
  ['a ticket for a query, without it', 'ERR_TICKET_INVALID', ticketed('/statement?', tickets.query), TICKET],
  [
    'a ticket by POST', 'ERR_TICKET_INVALID', { ...ticketed('/statement.png?', tickets.statement), method: 'POST' },
    TICKET,
  ],
  [
    'an unknown ticket', 'ERR_TICKET_INVALID',
    ticketed('/statement.png?', { value: tickets.statement.value.replace(/.$/, 'A') }), TICKET,
  ],
  ['a malformed ticket', 'ERR_TICKET_INVALID', ticketed('/statement.png?', { value: 'x' }), TICKET],
  [
    'a ticket that is not last', 'ERR_TICKET_INVALID',
    unsigned({ target: `/statement.png?pas_ticket=${tickets.statement.value}&a` }), TICKET,
  ],
  [
    'a ticket after other letters', 'ERR_TICKET_INVALID',
    unsigned({ target: `/statement.png?xpas_ticket=${tickets.statement.value}` }), TICKET,
  ],
  ['a ticket of another account', 'ERR_SESSION_MISSING', ticketed('/statement.png?', tickets.bobs), TICKET],
  [
    'a ticket without a cookie', 'ERR_SESSION_MISSING',
    unsigned({ cookie: null, target: `/statement.png?pas_ticket=${tickets.statement.value}` }), TICKET,
  ],
  [
    'a ticket with the account\'s cookie twice', 'ERR_SESSION_MISSING',
    unsigned({ cookie: `${ALICE}; ${ALICE}`, target: `/statement.png?pas_ticket=${tickets.statement.value}` }), TICKET,
  ],
  [
    'a ticket where none is taken', 'ERR_SIG_MISSING', ticketed('/statement.png?', tickets.statement),
    { tier: 'signed' },
  ],
  ['no ticket where one is taken', 'ERR_SIG_MISSING', unsigned({ target: '/statement.png' }), TICKET],
];

export function cases() {
  const row = (
    name, expected, request, route = { tier: 'signed' }, more = {},
  ) => ({ name, request, route, ...more, ...(expected.startsWith('ERR_') ? { code: expected } : { tier: expected }) });
  return [
    ...SIGNED.map(([name, expected, make, route, more]) => {
      const made = row(name, expected, signed(name, make), route, more);
      // The same interaction with other requests, so that it is spent so often before.
      if (more?.events) made.events = Array.from({ length: more.events }, (_, at) => signed(`${name} ${at}`, make));
      return made;
    }),
    ...UNSIGNED.map((given) => row(...given)),
  ];
}

export const check = (testCase, independent) => answerOnce(deployment, testCase, independent);
