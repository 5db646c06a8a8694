// docs/protocol.md against two independent makers of its bytes (node:crypto with the independent signer, and
// the package's exports), against the verifier, and against the table of codes.
import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import {
  canonicalize,
  contentDigest,
  createAuthority,
  decodeInteractionProof,
  errorCodes,
  jwkThumbprint,
  parseStructuredField,
  serializeStructuredField,
  signatureBase,
  verifySignature,
} from 'partitioned-authority/verifier';
import { memoryStore } from 'partitioned-authority/stores/memory';
import { frameKey, keyIdOf } from '../stores/kit/keys.mjs';
import { acceptance, refusal } from './kit/expect.mjs';
import { DOCUMENT, blocks, examples, inputsOf } from './kit/protocol-examples.mjs';
import { glue, incoming } from './kit/site.mjs';

const markdown = readFileSync(DOCUMENT, 'utf8');
const found = blocks(markdown);
const inputs = inputsOf(found);

/** A request as it stands in the document. */
function requestOf(name) {
  const [head, body] = found.get(name).split('\n\n');
  const [line, ...lines] = head.split('\n');
  const [method, target, version] = line.split(' ');
  assert.equal(version, 'HTTP/1.1');
  const fields = lines.map((own) => /^([\w-]+): (.*)$/.exec(own).slice(1));
  return { method, target, fields, ...(body === undefined ? {} : { body: Buffer.from(body) }) };
}

const field = ({ fields }, name) => fields.find(([own]) => own === name)?.[1];

/** The rows of `name = value` blocks. */
const listed = (name) =>
  Object.fromEntries(
    found
      .get(name)
      .split('\n')
      .map((line) => line.split(/ += /)),
  );

/** The server of the document at its hour, with its one session and its tickets. */
async function scene(t, { at = inputs.now } = {}) {
  const time = { now: at };
  const clock = () => time.now;
  const store = memoryStore({ clock });
  const authority = createAuthority({
    appOrigin: inputs.appOrigin,
    signOrigin: inputs.signOrigin,
    secret: inputs.secret,
    store,
    clock,
  });
  t.after(() => authority.close());
  const { tag, session } = listed('session');
  const { ticket } = listed('challenge');
  const { x, y } = JSON.parse(found.get('jwk'));
  const enrolment = { kind: 'enrol', slot: tag, subject: inputs.userId, bind: '' };
  await store.putTicket({ ...enrolment, id: 'planted', ttlMs: 1000 });
  await store.create(
    {
      id: session,
      slot: tag,
      keys: { frame: frameKey(listed('thumbprint').keyid, { x, y }) },
      idleMs: 1e6,
      absoluteMs: 1e7,
      replaces: [],
    },
    'planted',
  );
  await store.putTicket({ ...enrolment, id: ticket, ttlMs: 120_000 });
  return { raw: authority.raw, authority, store, time };
}

/** An answer in the words of the document. */
function told({ status, headers, body }) {
  const name = (lower) => lower.replace(/^(pas|www)(?=-)|\b[a-z]/g, (part) => part.toUpperCase());
  const lines = headers.map(([own, value]) => `${name(own)}: ${value}`);
  return [`HTTP/1.1 ${status}`, ...lines, ...(body ? ['', body] : [])].join('\n');
}

/** Holds that an answer is the one in the document, where `<…>` stands for what is random. */
function assertTold(reply, name) {
  const pattern = found
    .get(name)
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/<\w+>/g, '[\\w-]+');
  assert.match(told(reply), new RegExp(`^${pattern}$`), name);
}

test('every example follows from the stated inputs', async () => {
  const made = await examples(inputs);
  for (const [name, text] of made) assert.equal(found.get(name), text, name);
  // Blocks that are answers or inputs; everything else was made above.
  const told = [
    'inputs',
    'proof-fields',
    'preflight',
    'signing-page',
    'well-known',
    'replayed',
    'stale',
    'step-up',
    'enrolled',
    'hello-answer',
    'consent-text',
    'consent-mismatch',
  ];
  assert.deepEqual([...found.keys()].sort(), [...made.keys(), ...told].sort());
  assert.equal([...markdown.matchAll(/ example=/g)].length, found.size, 'no name twice');
});

test('the package makes the same bytes', async (t) => {
  const jwk = JSON.parse(found.get('jwk'));
  assert.equal(canonicalize(jwk), found.get('jwk'));
  assert.equal(jwkThumbprint(jwk), listed('thumbprint').keyid);
  assert.equal(canonicalize(JSON.parse(found.get('action'))), found.get('action'));
  for (const name of ['get', 'post', 'enrol', 'rekey']) {
    const request = requestOf(name);
    const digest = field(request, 'Content-Digest');
    assert.equal(digest, request.body && contentDigest(request.body), name);
    const members = parseStructuredField('dictionary', field(request, 'Signature-Input'));
    assert.deepEqual(
      members.map(([label]) => label),
      ['pas'],
    );
    const [[, { items, parameters }]] = members;
    const [path, query = ''] = request.target.split(/(?=\?)/);
    const headers = Object.fromEntries(request.fields.map(([own, value]) => [own.toLowerCase(), value]));
    const base = signatureBase(
      { method: request.method, authority: new URL(inputs.appOrigin).host, path, query: query || '?', headers },
      items.map(({ bareItem }) => bareItem.value),
      Object.fromEntries(parameters.map(([own, { value }]) => [own, value])),
    );
    if (found.has(`${name}-base`)) assert.equal(base, found.get(`${name}-base`));
    const [[, { bareItem }]] = parseStructuredField('dictionary', field(request, 'Signature'));
    const again = serializeStructuredField('dictionary', [['pas', { bareItem, parameters: [] }]]);
    assert.equal(again, field(request, 'Signature'));
    for (const provider of ['native', 'webcrypto', 'wasm']) {
      const signed = { alg: 'ecdsa-p256-sha256', jwk, base, signature: bareItem.value, provider };
      assert.equal(await verifySignature(signed), true, `${name} by ${provider}`);
      assert.equal(await verifySignature({ ...signed, base: `${base} ` }), false);
    }
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    assert.ok(verify('sha256', Buffer.from(base), { key, dsaEncoding: 'ieee-p1363' }, bareItem.value));
  }
  const { authority } = await scene(t);
  const [, cookie] = (await authority.begin({ id: inputs.userId })).setCookie.split('.');
  assert.equal(cookie, listed('session').tag, 'the tag of the user');
});

test('the proof says what the document says of it', () => {
  const fields = JSON.parse(inputs.proof);
  const proof = decodeInteractionProof(Buffer.from(found.get('proof').replace(/\s/g, ''), 'hex'));
  assert.deepEqual(proof, decodeInteractionProof(field(requestOf('post'), 'Interaction-Proof')));
  const [offsetX, offsetY] = fields.offset;
  assert.deepEqual(proof, {
    kind: fields.kind,
    eventId: Buffer.from(fields.eventId, 'hex').toString('base64url'),
    ageMs: fields.age,
    actionHash: Buffer.from(found.get('action-hash'), 'hex').toString('base64url'),
    trusted: true,
    coalesced: true,
    fractional: false,
    webdriver: false,
    teleport: false,
    dwellMs: fields.dwell,
    detail: fields.detail,
    offsetX,
    offsetY,
    width: fields.width,
    height: fields.height,
    pixelRatio16: fields.ratio,
    samples: fields.samples,
  });
});

test('the verifier accepts the requests, once, and answers as written', async (t) => {
  const { raw } = await scene(t);
  const accepted = await acceptance(raw.verify(incoming(requestOf('get')), { tier: 'signed' }));
  assert.equal(accepted.session.id, listed('session').session);
  const again = await refusal(raw.verify(incoming(requestOf('get')), { tier: 'signed' }), 'ERR_NONCE_USED');
  assertTold(again.reply, 'replayed');

  const interactive = { tier: 'interactive', action: JSON.parse(found.get('action')).a };
  const fresh = await scene(t);
  const weak = await refusal(fresh.raw.verify(incoming(requestOf('get')), interactive), 'ERR_TIER_REQUIRED');
  assertTold(weak.reply, 'step-up');
  const { tier, interaction, body } = await acceptance(fresh.raw.verify(incoming(requestOf('post')), interactive));
  assert.deepEqual([tier, interaction.bound, interaction.plausible], ['interactive', true, true]);
  assert.equal(Buffer.from(body).toString(), requestOf('post').body.toString());

  const late = await scene(t);
  late.time.now += 32_000;
  const stale = await refusal(late.raw.verify(incoming(requestOf('get')), { tier: 'signed' }), 'ERR_TIME_STALE');
  assertTold(stale.reply, 'stale');

  // The nonce is of this key and this hour: S as written is S as issued, but for the random bytes.
  const issued = accepted.headers.find(([name]) => name === 'pas-nonce')[1];
  for (const S of [listed('nonce').S, issued]) {
    const bytes = Buffer.from(S, 'base64url');
    assert.deepEqual([bytes.length, bytes[0], bytes.readUIntBE(1, 6)], [27, 1, inputs.now]);
  }
});

test('a consent is accepted as written, and nowhere else', async (t) => {
  const route = { tier: 'consent', action: 'transfer' };
  const { authority, raw } = await scene(t);
  const unknown = await refusal(
    raw.verify(incoming(requestOf('consented')), { tier: 'signed' }),
    'ERR_CONSENT_MISMATCH',
  );
  assertTold(unknown.reply, 'consent-mismatch');
  const { act, ...form } = JSON.parse(found.get('template'));
  assert.equal(canonicalize({ act, ...form }), found.get('template'));
  authority.action(act, form);
  const { tier, consent } = await acceptance(raw.verify(incoming(requestOf('consented')), route));
  assert.equal(tier, 'consent');
  assert.deepEqual(consent.values, { amount: 10, currency: 'EUR', to: 'bob' });
  assert.equal(consent.text, createHash('sha256').update(found.get('consent-text')).digest('base64url'));
});

test('the control endpoints take the requests and answer as written', async (t) => {
  const hello = await scene(t);
  const answer = await hello.raw.handle(incoming(requestOf('hello')));
  assertTold(answer, 'hello-answer');
  assert.deepEqual(JSON.parse(answer.body).keys, [listed('thumbprint').keyid]);

  const enrolment = await scene(t);
  assertTold(await enrolment.raw.handle(incoming(requestOf('enrol'))), 'enrolled');
  assert.equal((await enrolment.raw.handle(incoming(requestOf('enrol')))).status, 401, 'a ticket is for one enrolment');

  const rotation = await scene(t);
  const { status, body } = await rotation.raw.handle(incoming(requestOf('rekey')));
  assert.equal(status, 200, body);
  const { tag, session } = listed('session');
  const { jwk } = JSON.parse(requestOf('rekey').body);
  assert.equal(keyIdOf(await rotation.store.read(tag, session)), jwkThumbprint(jwk));
  await refusal(rotation.raw.verify(incoming(requestOf('get')), { tier: 'signed' }), 'ERR_KEY_MISMATCH');

  const ticketed = await scene(t);
  const request = requestOf('ticketed');
  const [url, credential] = request.target.split('&pas_ticket=');
  const id = createHash('sha256').update(credential.split('.')[2], 'base64url').digest('base64url');
  await ticketed.store.putTicket({ kind: 'url', id, slot: tag, subject: session, bind: url, ttlMs: 30_000 });
  const route = { tier: 'signed', ticket: true };
  await acceptance(ticketed.raw.verify(incoming(request), route));
  await refusal(ticketed.raw.verify(incoming(request), route), 'ERR_TICKET_INVALID');
});

test('preflight, signing page and well-known document are as written', async (t) => {
  const { raw, authority } = await scene(t);
  assertTold(await raw.handle(incoming({ method: 'OPTIONS', target: '/.pas/enrol', fields: [] })), 'preflight');
  const { headers } = await authority.signingPage();
  assert.equal(told({ status: 200, headers }).split('\n').slice(1).join('\n'), found.get('signing-page'));
  const reply = await raw.handle(incoming({ method: 'GET', target: '/.well-known/partitioned-authority', fields: [] }));
  assert.deepEqual(JSON.parse(reply.body), JSON.parse(found.get('well-known')));
});

test('the table of codes is the one in Rust, in its order', async (t) => {
  await scene(t);
  const { errorTable } = await glue();
  const lines = markdown.matchAll(/^\| `(ERR_\w+)` \| (\d+|–) \| (?:`(\w+)` )?\| (\S.*) \|$/gm);
  const rows = [...lines].map(([, code, status, next]) => [code, status === '–' ? 0 : Number(status), next]);
  assert.deepEqual(
    rows,
    errorTable().map(([code, status, next]) => [code, status, next]),
  );
  assert.deepEqual(
    rows.map(([code]) => code),
    [...errorCodes],
  );
});

test('links and numbers of the document hold', () => {
  const slug = (title) =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replace(/\s/g, '-');
  const anchors = (text) => new Set([...text.matchAll(/^#{2,3} (.*)$/gm)].map(([, title]) => slug(title)));
  const links = [...markdown.matchAll(/\]\(([^)#]*)#([^)]+)\)/g)];
  assert.ok(links.some(([, file]) => file !== ''));
  for (const [, file, target] of links) {
    const text = file === '' ? markdown : readFileSync(join(dirname(DOCUMENT), file), 'utf8');
    assert.ok(anchors(text).has(target), `${file}#${target}`);
  }
  const numbers = [...markdown.matchAll(/^## (\d+)\./gm)].map(([, number]) => Number(number));
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => index + 1),
  );
});
