// What the libraries sign with our components, parameters and label, our server accepts: on every route,
// under every crypto provider, and in the frame's own place from enrolment to the end of a session.
import { Account, base64url } from '../../node/kit/signer.mjs';
import { Session, newKey, openSession, signedBy } from './session.mjs';

const JSON_TYPE = 'application/json';
const BYTES = Uint8Array.from({ length: 256 }, (_, byte) => byte);

/** `[what, request]` */
const SHAPES = [
  ['GET without a query', { target: '/api/a' }],
  ['GET with an empty query', { target: '/api/a?' }],
  ['GET with a query', { target: '/api/a?to=bob&amount=1' }],
  ['a query with a name twice', { target: '/api/a?to=bob&to=eve' }],
  ['percent-encodings, both cases of hex', { target: '/api/%2F%2f/%41/%c3%A9/%7e~?%41=%2f&b=%C3%a9+%20' }],
  ['empty segments, delimiters', { target: "/api//a;b=c,d/(e)!$&'*+:@?x=/?:@" }],
  ['HEAD', { method: 'HEAD', target: '/api/a?b' }],
  ['DELETE', { method: 'DELETE', target: '/api/a/1' }],
  ['POST without content', { method: 'POST', target: '/api/a' }],
  ['POST with a content type and no content', { method: 'POST', target: '/api/a', type: JSON_TYPE }],
  ['POST with JSON', { method: 'POST', target: '/api/a?b=c', type: JSON_TYPE, body: '{"to":"bob"}' }],
  ['PUT with content and no type', { method: 'PUT', target: '/api/a', body: 'x' }],
  ['PATCH with every byte', { method: 'PATCH', target: '/api/a', type: 'application/octet-stream', body: BYTES }],
  [
    'a content type with parameters',
    { method: 'POST', target: '/api/a', type: 'multipart/form-data; boundary="a b;c"', body: 'x' },
  ],
  [
    'other fields, not covered',
    {
      target: '/api/a',
      fields: [
        ['X-Other', 'a'],
        ['x-other', 'b'],
        ['Accept', '*/*'],
      ],
    },
  ],
  [
    'with an interaction proof',
    { method: 'POST', target: '/api/act?x=1', type: JSON_TYPE, body: '{"amount":1}', action: 'act' },
  ],
  ['with a proof and without content', { method: 'POST', target: '/api/act', action: 'act' }],
];

/** Each shape is sent under each of them, to the neutral interface and over HTTP. */
const PROVIDERS = ['native', 'webcrypto', 'wasm'];

/** One shape by one library: what our server says to it, by the neutral interface and through HTTP. */
async function outcomes(session, peer, request) {
  const make = async () => signedBy(peer, session, await session.honest(request));
  return [await session.raw(await make()), await session.wire(await make())];
}

/** A session whose frame is the library, from enrolment to log-out: `[what, outcome]`. */
async function life(site, peer) {
  const frame = await site.login(site.frame(), 'bob');
  const session = new Session(site, frame);
  frame.account = new Account(await newKey());
  frame.account.server = (await frame.hello()).json.challenge;
  const rows = [];
  const control = async (what, name, body, more = {}) => {
    const json = body === undefined ? {} : { type: JSON_TYPE, body: JSON.stringify(body) };
    const honest = await session.honest({ method: 'POST', target: `/.pas/${name}`, control: true, ...json, ...more });
    const answer = await frame.send(await signedBy(peer, session, honest));
    rows.push([what, answer.status < 300 ? 'accepted' : (answer.code ?? `status ${answer.status}`)]);
    return answer;
  };

  const enrolled = await control('the frame: enrolment', 'enrol', { jwk: session.key.jwk });
  frame.account.server = enrolled.json.nonce;
  await control('the frame: a ticket', 'ticket', { url: '/api/file' });

  const next = await newKey();
  const nonce = session.nonce();
  const both = [session.key.keyid, next.keyid].map((keyid) => Buffer.from(keyid, 'base64url'));
  const pop = await next.sign(Buffer.concat([Buffer.from('pas-1 rekey\0'), ...both, Buffer.from(nonce)]));
  const rotated = await control('the frame: a rotation', 'rekey', { jwk: next.jwk, pop: base64url(pop) }, { nonce });
  Object.assign(frame.account, { key: next, server: rotated.json.nonce });
  await control('the frame: log-out', 'logout');
  return rows;
}

/** A row for every shape and every request of the frame itself. */
export async function librarySigned(scope, peers) {
  const sessions = [];
  for (const crypto of PROVIDERS) sessions.push(await openSession(scope, { crypto }));
  const table = new Map();
  const record = (what, peer, said) => {
    const row = table.get(what) ?? table.set(what, { what, found: {}, expected: {} }).get(what);
    row.found[peer.short] = said;
    row.expected[peer.short] = 'accepted';
  };
  for (const peer of peers) {
    for (const [what, request] of SHAPES) {
      const said = [];
      for (const session of sessions) said.push(...(await outcomes(session, peer, request)));
      // One word where all agree.
      record(what, peer, [...new Set(said)].join(', '));
    }
    for (const [what, said] of await life(sessions[0].site, peer)) record(what, peer, said);
  }
  return [...table.values()];
}
