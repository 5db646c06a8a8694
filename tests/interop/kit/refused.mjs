// Runs the cases: which library verifies a message, and what our server says to it.
import { byteSequence, signatureParams } from '../../node/kit/signer.mjs';
import { BOTH, filled } from './refused-cases.mjs';
import { forLibrary, join, libraryKey, openSession, signedBy } from './session.mjs';

/** The value of a component without parameters. */
function valueOf({ method, target, fields, origin }, name) {
  const [, path, query = '?'] = /^([^?]*)(\?.*)?$/.exec(target);
  const derived = { '@method': method, '@authority': new URL(origin).host, '@path': path, '@query': query };
  return (
    derived[name] ??
    fields
      .filter(([field]) => field.toLowerCase() === name)
      .map(([, value]) => value)
      .join(', ')
  );
}

/** Signs what neither library can spell. */
async function plainlySigned(session, { message, label, components, parameters }) {
  const identifiers = components.map((name) => (name.startsWith('"') ? name : `"${name}"`));
  const params = signatureParams(
    identifiers.map((bare) => ({ bare })),
    parameters,
  );
  const lines = identifiers.map((identifier) => `${identifier}: ${valueOf(message, /"(.*?)"/.exec(identifier)[1])}`);
  const signature = await session.key.sign(Buffer.from([...lines, `"@signature-params": ${params}`].join('\n')));
  const fields = [
    ['Signature-Input', `${label}=${params}`],
    ['Signature', `${label}=${byteSequence(signature)}`],
  ];
  return { ...message, fields: [...message.fields, ...fields] };
}

/** A signed message of the case, and the key that signed it. */
async function make(session, signs, { request, sign, again, after }) {
  const prepared = await sign(await session.honest(request), session);
  let message = await signs(session, prepared);
  if (again) message = await signs(session, { ...prepared, message, label: again });
  return { message: after(message), key: libraryKey(prepared.signer ?? session.key) };
}

/** The libraries that verify it. Content stays with us: a signature covers no more than its digest. */
async function verifiers(peers, { message, key }, { again, tolerance } = {}) {
  const { body, ...head } = forLibrary(message);
  const verified = [];
  for (const peer of peers) {
    // Where there are two labels, a verifier has to say which signature it means.
    const refused = await peer.verify(head, { keys: [key], tag: again ? 'pas-1' : undefined, tolerance });
    if (!refused) verified.push(peer.short);
  }
  return verified;
}

async function found(session, peers, by, sample) {
  const signer = peers.find(({ short }) => short === by);
  const signs = signer ? (...what) => signedBy(signer, ...what) : plainlySigned;
  const first = await make(session, signs, sample);
  const verified = await verifiers(peers, first, sample);
  // What may be accepted can't be sent twice; what is sent twice was accepted once.
  const second = sample.replayed ? first : await make(session, signs, sample);
  const raw = await session.raw(first.message);
  const wire = sample.wire === false ? undefined : await session.wire(second.message);

  const twin = await make(session, signs, filled({ request: sample.twin ?? sample.request }));
  const honest = { verified: await verifiers(peers, twin), raw: await session.raw(twin.message) };
  return { verified, raw, wire, twin: honest };
}

const expected = ({ verified, code, replayed, wire }) => ({
  verified,
  raw: replayed ? 'accepted' : code,
  wire: wire === false ? undefined : code,
  twin: { verified: BOTH, raw: 'accepted' },
});

/** A row for every case and signer: `raw` is what the neutral interface said, `wire` what the HTTP server did. */
export async function judge(scope, peers, cases) {
  const session = await openSession(scope);
  session.other = await join(session.site, 'bob');
  const rows = [];
  for (const sample of cases) {
    const { group, what, code } = sample;
    for (const by of sample.by) {
      const row = { group, what, by, code, expected: expected(sample) };
      rows.push({ ...row, found: await found(session, peers, by, sample) });
    }
  }
  return rows;
}
