// `@authority` when a library derives it from the URL as somebody wrote it, and we from our configuration.
import { Frame } from '../../node/kit/signer.mjs';
import { makeAuthority, webTransport } from '../../node/kit/site.mjs';
import { Session, newKey, signedBy } from './session.mjs';

/** What a library that can't take the URL at all counts as. */
const NO_URL = 'no URL to it';

const INVALID = 'ERR_SIG_INVALID';
const OURS = ['accepted', 'accepted'];
const OTHER = [INVALID, INVALID];

/** `[configured origin, URL that the library is given, [npm, PyPI]]` */
const HOSTS = [
  ['https://app.example.com', 'https://app.example.com', OURS],
  ['https://app.example.com', 'https://APP.Example.COM', OURS],
  ['https://app.example.com', 'https://app.example.com:443', OURS],
  ['https://app.example.com', 'https://app.example.com:', OURS],
  ['https://app.example.com', 'https://app.example.com:80', OTHER],
  ['https://app.example.com', 'https://app.example.com:8443', OTHER],
  ['https://app.example.com', 'https://app.example.com.', OTHER],
  ['https://app.example.com', 'https://sign.example.com', OTHER],
  ['https://app.example.com', 'https://example.com', OTHER],
  // The npm library reads URLs as browsers do, the other one as RFC 3986 does.
  ['https://app.example.com', 'https://%61pp.example.com', ['accepted', INVALID]],
  ['https://app.example.com:8443', 'https://app.example.com:8443', OURS],
  ['https://app.example.com:8443', 'https://app.example.com', OTHER],
  ['http://app.example.com', 'http://app.example.com:80', OURS],
  ['http://app.example.com', 'http://app.example.com:443', OTHER],
  ['https://xn--bcher-kva.example', 'https://xn--bcher-kva.example', OURS],
  ['https://xn--bcher-kva.example', 'https://XN--BCHER-KVA.example', OURS],
  ['https://xn--bcher-kva.example', 'https://bücher.example', ['accepted', NO_URL]],
  ['https://xn--bcher-kva.example', 'https://BÜCHER.example', ['accepted', NO_URL]],
  ['https://xn--bcher-kva.example', 'https://b%C3%BCcher.example', ['accepted', INVALID]],
  ['https://xn--bcher-kva.example', 'https://bucher.example', OTHER],
  ['https://xn--bcher-kva.example', 'https://xn--bcher-kva.example.', OTHER],
  ['https://[2001:db8::1]', 'https://[2001:db8::1]', OURS],
  ['https://[2001:db8::1]', 'https://[2001:0DB8:0::1]', ['accepted', INVALID]],
];

/** A session without a server; `http` answers the frame's own requests. */
async function sessionAt(scope, appOrigin) {
  const { protocol, hostname } = new URL(appOrigin);
  const host = hostname.startsWith('[') ? '[2001:db8::2]' : `sign.${hostname.replace(/^app\./, '')}`;
  const signOrigin = `${protocol}//${host}`;
  const made = makeAuthority(scope, { appOrigin, signOrigin });
  made.time.now = Date.now();
  const transport = webTransport({ authority: made.authority, appOrigin });
  const frame = new Frame({ appOrigin, signOrigin, transport, now: () => made.time.now });
  frame.keep([(await made.authority.begin({ id: 'alice' })).setCookie]);
  const answer = await frame.enrol({ newKey: await newKey() });
  if (answer.status !== 200) throw new Error(`enrolment: ${answer.status} ${answer.text}`);
  return new Session({ ...made, appOrigin, signOrigin }, frame);
}

async function outcome(session, peer, written) {
  const honest = await session.honest({ target: '/api/a?b=c' });
  const wanted = { ...honest, message: { ...honest.message, origin: written } };
  const message = await signedBy(peer, session, wanted).catch((error) => {
    // A library that refuses the URL says so; anything else is a fault of ours.
    if (/Invalid URL/.test(error.message)) return undefined;
    throw error;
  });
  return message ? session.raw(message) : NO_URL;
}

/** A row for every spelling: what our server says to what each library signed. */
export async function hosts(scope, peers) {
  const sessions = new Map();
  const rows = [];
  for (const [configured, written, [npm, PyPI]] of HOSTS) {
    if (!sessions.has(configured)) sessions.set(configured, await sessionAt(scope, configured));
    const found = {};
    for (const peer of peers) found[peer.short] = await outcome(sessions.get(configured), peer, written);
    rows.push({ what: `${written} at ${configured}`, configured, written, found, expected: { npm, PyPI } });
  }
  return rows;
}
