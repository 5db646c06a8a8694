// The frame's own requests under /.pas/: what they are answered, or refused with.
import { answerControlOnce } from '../answers.mjs';
import { NOW, accounts, deployment, further, nonceOf, secrets, signed, tickets, unsigned } from '../deployment.mjs';

export const about =
  'Requests under /.pas/ to a server of `deployment`. `answer` says what a 200 holds: for hello whether there ' +
  'are a nonce and a challenge, and which keys; for enrol and rekey the new key; for ticket the URL. `before` ' +
  'as in request.json.';
export { deployment };

const SIGN = deployment.signOrigin;
const SECOND = NOW / 1000;
const { alice, bob, carol, dave } = accounts;
const ALICE = `__Host-pas=${alice.cookie}`;
const BOB = `${further(bob.key.keyid)}=${bob.cookie}`;
const TICKET = `__Host-pas-enrol=${tickets.enrolment.value}`;

export function cases({ base64url, concat, rotationBase, utf8 }) {
  const JSON_ONLY = ['Content-Type', 'application/json'];
  const hello = (name, content, { cookie = null, origin = SIGN, type = JSON_ONLY, fields = [], ...more } = {}) => {
    const all = [...(type === null ? [] : [type]), ...(origin === null ? [] : [['Origin', origin]]), ...fields];
    const request = unsigned({ method: 'POST', target: '/.pas/hello', cookie, content, fields: all, ...more });
    return { name: `hello: ${name}`, request };
  };
  const challenge = (name, { ticket = tickets.enrolment, ...more } = {}) => nonceOf(
    name, { key: secrets.challenge, bound: utf8(ticket.id), ...more },
  );
  const enrol = (name, { jwk = dave.key.jwk, content = JSON.stringify({ jwk }), ...more } = {}) => ({
    name: `enrol: ${name}`,
    request: signed(
      name,
      {
        method: 'POST', target: '/.pas/enrol', type: 'application/json', content, origin: SIGN, cookie: TICKET,
        by: dave.key, tag: 'pas-1-ctl', nonce: challenge(name), ...more
      },
    ),
  });
  const framed = (endpoint, name, content, more = {}) => ({
    name: `${endpoint}: ${name}`,
    request: signed(
      `${endpoint} ${name}`,
      {
        method: 'POST', target: `/.pas/${endpoint}`,
        ...(content === undefined ? {} : { type: 'application/json', content }), origin: SIGN, tag: 'pas-1-ctl', ...more
      },
    ),
  });
  const rekey = (name, { jwk = dave.key.jwk, by = dave.key, pop, content, base, ...more } = {}) => {
    const nonce = nonceOf(`rekey ${name}`);
    const proof = pop ?? base64url(by.sign(base ?? rotationBase(alice.key.thumbprint, dave.key.thumbprint, nonce)));
    return framed('rekey', name, content ?? JSON.stringify({ jwk, pop: proof }), { nonce, ...more });
  };
  const ticket = (name, url, more) => framed(
    'ticket', name, typeof url === 'string' ? JSON.stringify({ url }) : url.text, more,
  );
  const refused = (code) => (made) => ({ ...made, code });
  const { x, y } = dave.key.jwk;

  return [
    // accepted
    hello('the time only', '{}'),
    hello('a nonce for a key', JSON.stringify({ keyid: carol.key.keyid })),
    hello('a challenge for a ticket', '{}', { cookie: TICKET }),
    hello('a challenge for any well-formed ticket', '{}', { cookie: `__Host-pas-enrol=${tickets.unknown.value}` }),
    hello('no challenge for two tickets', '{}', { cookie: `${TICKET}; ${TICKET}` }),
    hello('no challenge for a malformed ticket', '{}', { cookie: '__Host-pas-enrol=x' }),
    hello(
      'the keys of the browser\'s sessions', '{"keys":true}',
      { cookie: `${ALICE}; ${BOB}; __Host-pas-AAAAAAAA=${carol.cookie}` },
    ),
    hello('no sessions, no keys', '{"keys":true}'),
    hello('everything', JSON.stringify({ keys: true, keyid: alice.key.keyid }), { cookie: `${ALICE}; ${TICKET}` }),
    hello('whitespace in the body', ' { } '),
    hello('a query', '{}', { target: '/.pas/hello?x' }),
    enrol('a key for a ticket'),
    enrol('beside a session', { cookie: `${ALICE}; ${TICKET}` }),
    enrol('members in another order', { jwk: { y, x, crv: 'P-256', kty: 'EC' } }),
    rekey('a new key'),
    ticket('a path', '/statement.png'),
    ticket('a query', '/statement?year=2026'),
    ticket('an empty query', '/statement?'),
    framed('logout', 'without content'),
    framed('logout', 'everywhere', '{"everywhere":true}'),
    hello('a type with parameters', '{}', { type: ['Content-Type', 'Application/JSON; charset=utf-8'] }),
    ticket('a type with parameters', '/a', { type: 'application/json;charset=UTF-8' }),

    // no such thing
    ...[
      {
        name: 'another endpoint',
        request: unsigned({ method: 'POST', target: '/.pas/nothing', fields: [['Origin', SIGN]], content: '{}' }),
      },
      {
        name: 'no endpoint',
        request: unsigned({ method: 'POST', target: '/.pas/', fields: [['Origin', SIGN]], content: '{}' }),
      },
      {
        name: 'a path below',
        request: unsigned({ method: 'POST', target: '/.pas/hello/', fields: [['Origin', SIGN]], content: '{}' }),
      },
      {
        name: 'capitals',
        request: unsigned({ method: 'POST', target: '/.pas/HELLO', fields: [['Origin', SIGN]], content: '{}' }),
      },
      { name: 'a GET', request: unsigned({ target: '/.pas/hello', fields: [['Origin', SIGN]] }) },
      {
        name: 'a PUT',
        request: unsigned({ method: 'PUT', target: '/.pas/enrol', fields: [['Origin', SIGN]], content: '{}' }),
      },
    ].map(refused('ERR_NOT_FOUND')),

    // hello
    ...[
      hello('no origin', '{}', { origin: null }),
      hello('the origin of the app', '{}', { origin: deployment.appOrigin }),
      hello('an opaque origin', '{}', { origin: 'null' }), hello('a port', '{}', { origin: `${SIGN}:443` }),
      hello('a slash', '{}', { origin: `${SIGN}/` }), hello('capitals', '{}', { origin: SIGN.toUpperCase() }),
      hello('two origins', '{}', { origin: null, fields: [['Origin', SIGN], ['Origin', SIGN]] }),
      hello('origins joined', '{}', { origin: `${SIGN}, ${SIGN}` }),
    ].map(refused('ERR_ORIGIN_REFUSED')),
    ...[
      hello('no body', undefined), hello('an empty body', ''), hello('no JSON', 'x'), hello('an array', '[]'),
      hello('null', 'null'), hello('an unknown member', '{"x":1}'), hello('a keyid that is no string', '{"keyid":1}'),
      hello('a keyid that is no thumbprint', '{"keyid":"x"}'),
      hello('a keyid with padding', JSON.stringify({ keyid: `${carol.key.keyid}=` })),
      hello('a keyid of null', '{"keyid":null}'),
      hello('keys false', '{"keys":false}'), hello('keys 1', '{"keys":1}'),
      hello('a member twice', `{"keys":true,"keys":true}`), hello('a byte-order mark', '\ufeff{}'),
      hello('a comma', '{},'), hello('a member __proto__', '{"__proto__":{}}'),
      hello('no content type', '{}', { type: null }),
      hello('what a form can send', '{}', { type: ['Content-Type', 'text/plain'] }),
      hello('a type that only begins so', '{}', { type: ['Content-Type', 'application/json5'] }),
    ].map(refused('ERR_JSON_INVALID')),
    refused('ERR_BODY_LIMIT')(hello('content beyond 4096 bytes', `{}${' '.repeat(4095)}`)),
    refused('ERR_BODY_ENCODING')(hello(
      'encoded content', '{}', { fields: [['Content-Encoding', 'gzip']] },
    )),
    refused('ERR_SIG_MALFORMED')(hello('a fragment', '{}', { target: '/.pas/hello?#' })),
    refused('ERR_SIG_PROFILE')(hello(
      'an override', '{}', { fields: [['X-HTTP-Method', 'GET']] },
    )),

    // enrol
    ...[
      enrol('no origin', { origin: undefined }), enrol('the origin of the app', { origin: deployment.appOrigin }),
    ].map(refused('ERR_ORIGIN_REFUSED')),
    ...[
      enrol('no ticket', { cookie: null }), enrol('a session cookie for a ticket', { cookie: ALICE }),
      enrol('a malformed ticket', { cookie: '__Host-pas-enrol=x' }),
      enrol('two tickets', { cookie: `${TICKET}; ${TICKET}` }),
      enrol(
        'a ticket the server does not know',
        {
          cookie: `__Host-pas-enrol=${tickets.unknown.value}`, nonce: challenge('unknown', { ticket: tickets.unknown }),
        },
      ),
      enrol('a challenge for another ticket', { nonce: challenge('other', { ticket: tickets.unknown }) }),
      enrol('a request\'s nonce for a challenge', { nonce: nonceOf('request', { bound: dave.key.thumbprint }) }),
      enrol('no challenge', { nonce: '' }),
      enrol('a ticket with another tag', { cookie: TICKET.replace(tickets.enrolment.tag, alice.tag) }),
      enrol('a key other than the one that signed', { jwk: carol.key.jwk }),
      { ...enrol('a ticket a second time'), before: 1 },
      enrol(
        'a URL ticket',
        {
          cookie: `__Host-pas-enrol=${tickets.statement.value}`, nonce: challenge('url', { ticket: tickets.statement }),
        },
      ),
    ].map(refused('ERR_ENROL_REFUSED')),
    ...[
      enrol('no jwk', { content: '{}' }), enrol('a private key', { jwk: { ...dave.key.jwk, d: 'AA' } }),
      enrol('a further member', { jwk: { ...dave.key.jwk, kid: 'a' } }),
      enrol('another curve', { jwk: { ...dave.key.jwk, crv: 'P-384' } }),
      enrol('off the curve', { jwk: { ...dave.key.jwk, y: x } }), enrol('null', { content: '{"jwk":null}' }),
      enrol('a JWK as text', { content: JSON.stringify({ jwk: JSON.stringify(dave.key.jwk) }) }),
      enrol('padding', { jwk: { ...dave.key.jwk, x: `${x}=` } }),
    ].map(refused('ERR_KEY_INVALID')),
    ...[
      enrol('no JSON', { content: 'x' }),
      enrol('a further member of the body', { content: JSON.stringify({ jwk: dave.key.jwk, a: 1 }) }),
      enrol('jwk twice', { content: `{"jwk":${JSON.stringify(dave.key.jwk)},"jwk":${JSON.stringify(dave.key.jwk)}}` }),
      enrol('another content type', { type: 'text/plain' }), enrol('no content type', { type: undefined }),
      enrol(
        'a member of the key twice', { content: `{"jwk":{"kty":"EC","kty":"EC","crv":"P-256","x":"${x}","y":"${y}"}}` },
      ),
    ].map(refused('ERR_JSON_INVALID')),
    refused('ERR_DIGEST_MISMATCH')(enrol('other content', { sent: JSON.stringify({ jwk: carol.key.jwk }) })),
    ...[
      enrol('the tag of the app', { tag: 'pas-1' }), enrol('no content', { content: '', type: undefined }),
      enrol('expires', { parameters: (list) => [...list, ['expires', { type: 'integer', value: SECOND + 9 }]] }),
    ].map(refused('ERR_SIG_PROFILE')),
    refused('ERR_ALG_REFUSED')(enrol('the MAC lane', { alg: 'hmac-sha256' })),
    ...[
      enrol('signed by another key', { by: { ...carol.key, keyid: dave.key.keyid } }),
      enrol('signed for another target', { target: '/.pas/enroll', sentTarget: '/.pas/enrol' }),
      enrol('signed for another host', { authority: 'sign.example.com' }),
    ].map(refused('ERR_SIG_INVALID')),
    refused('ERR_SIG_MISSING')(enrol(
      'not signed', { sentFields: (list) => list.filter(([name]) => !name.startsWith('Signature')) },
    )),
    refused('ERR_TIME_STALE')(enrol('long ago', { created: SECOND - 60 })),
    refused('ERR_TIME_FUTURE')(enrol('in the future', { created: SECOND + 60 })),
    refused('ERR_NONCE_EXPIRED')(enrol(
      'an old challenge', { nonce: challenge('old', { at: NOW - 310_000 }) },
    )),
    refused('ERR_BODY_LIMIT')(enrol(
      'content beyond 4096 bytes', { content: JSON.stringify({ jwk: dave.key.jwk }).padEnd(4097) },
    )),

    // rekey
    ...[
      rekey('no proof of the new key', { content: JSON.stringify({ jwk: dave.key.jwk }) }),
      rekey('a proof that is no string', { content: JSON.stringify({ jwk: dave.key.jwk, pop: 1 }) }),
      rekey('a proof of 63 bytes', { pop: base64url(Buffer.alloc(63)) }),
      rekey('a proof with padding', { pop: `${base64url(Buffer.alloc(64))}==` }), rekey('no JSON', { content: '{' }),
      rekey(
        'a further member', { content: JSON.stringify({ jwk: dave.key.jwk, pop: base64url(Buffer.alloc(64)), a: 1 }) },
      ),
    ].map(refused('ERR_JSON_INVALID')),
    ...[
      rekey('no key', { content: JSON.stringify({ pop: base64url(Buffer.alloc(64)) }) }),
      rekey('a private key', { jwk: { ...dave.key.jwk, d: 'AA' } }),
      rekey('off the curve', { jwk: { ...dave.key.jwk, x: y } }),
    ].map(refused('ERR_KEY_INVALID')),
    ...[
      rekey('a proof by the old key', { by: alice.key }), rekey('a proof by another key', { by: carol.key }),
      rekey('a proof of zeros', { pop: base64url(Buffer.alloc(64)) }),
      rekey(
        'a proof for another old key',
        { base: rotationBase(bob.key.thumbprint, dave.key.thumbprint, nonceOf('rekey a proof for another old key')) },
      ),
      rekey(
        'a proof under another nonce', { base: rotationBase(alice.key.thumbprint, dave.key.thumbprint, nonceOf('x')) },
      ),
      rekey(
        'thumbprints exchanged',
        { base: rotationBase(dave.key.thumbprint, alice.key.thumbprint, nonceOf('rekey thumbprints exchanged')) },
      ),
      rekey('no label', { base: concat(alice.key.thumbprint, dave.key.thumbprint, utf8(nonceOf('rekey no label'))) }),
      rekey('another target was signed', { target: '/.pas/logout', sentTarget: '/.pas/rekey' }),
    ].map(refused('ERR_SIG_INVALID')),
    refused('ERR_KEY_MISMATCH')({ ...rekey('a second time'), before: 1 }),
    refused('ERR_KEY_MISMATCH')(framed(
      'rekey', 'signed by the new key', JSON.stringify({ jwk: dave.key.jwk, pop: base64url(Buffer.alloc(64)) }),
      { by: dave.key },
    )),
    refused('ERR_ORIGIN_REFUSED')(rekey('the origin of the app', { origin: deployment.appOrigin })),
    refused('ERR_SIG_PROFILE')(rekey('the tag of the app', { tag: 'pas-1' })),
    refused('ERR_SESSION_MISSING')(rekey('no cookie', { cookie: null })),
    refused('ERR_SESSION_ENDED')(rekey('an ended session', { cookie: `__Host-pas=${carol.cookie}` })),

    // ticket and logout
    ...[
      ticket('another origin', 'https://evil.example/'), ticket('no slash', 'statement.png'),
      ticket('an empty URL', ''), ticket('a fragment', '/a#b'), ticket('a space', '/a b'),
      ticket('beyond ASCII', '/\u00e9'), ticket('a reserved path', '/.pas/hello'),
      ticket('a reserved path, escaped', '/%2epas/hello'), ticket('a ticket already', '/a?pas_ticket=x'),
      ticket('a number', { text: '{"url":1}' }), ticket('no URL', { text: '{}' }),
      ticket('a further member', { text: '{"url":"/a","x":1}' }), ticket('no JSON', { text: '/a' }),
      framed('ticket', 'no content', undefined),
      ticket('another content type', '/a', { type: 'text/plain' }), ticket('no content type', '/a', { type: undefined }),
      framed('logout', 'an empty object', '{}'), framed('logout', 'everywhere false', '{"everywhere":false}'),
      framed('logout', 'a further member', '{"everywhere":true,"user":"bob"}'),
      framed('logout', 'another content type', '{"everywhere":true}', { type: 'text/plain' }),
    ].map(refused('ERR_JSON_INVALID')),
    refused('ERR_NONCE_USED')({ ...framed('ticket', 'a second time', '{"url":"/a"}'), before: 1 }),
    refused('ERR_SIG_PROFILE')(ticket('the tag of the app', '/a', { tag: 'pas-1' })),
    refused('ERR_SIG_MISSING')(ticket(
      'no signature', '/a', { sentFields: (list) => list.filter(([name]) => !name.startsWith('Signature')) },
    )),
    refused('ERR_DIGEST_MISMATCH')(ticket('other content', '/a', { sent: '{"url":"/b"}' })),
    refused('ERR_BODY_LIMIT')(ticket('content beyond 4096 bytes', `/${'a'.repeat(4096)}`)),
    refused('ERR_SESSION_ENDED')({ ...framed('logout', 'a second time'), before: 1 }),
    refused('ERR_KEY_MISMATCH')(framed('logout', 'a stolen cookie', undefined, { by: carol.key })),
    refused('ERR_ORIGIN_REFUSED')(framed('logout', 'no origin', undefined, { origin: undefined })),
    refused('ERR_SIG_INVALID')(framed(
      'logout', 'signed for hello', undefined, { target: '/.pas/hello', sentTarget: '/.pas/logout' },
    )),
  ];
}

export const check = (testCase, independent) => answerControlOnce(deployment, testCase, independent);
