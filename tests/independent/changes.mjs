// What may be wrong with a generated request, and a few things that only look wrong.
import { independent } from './load.mjs';
import { CONSENTS } from './consents.mjs';
import { METHODS, NOW, VISIBLE } from './samples.mjs';

const { base64, base64url, concat, contentDigest, encodeProof, issueNonce, sha256, utf8 } = independent;

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const B64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

const replaceAt = (text, at, by, length = 1) => text.slice(0, at) + by + text.slice(at + length);
const string = (value) => ({ type: 'string', value });
/** Changes the text of a field; a request without it stays as it is. */
const edit = ({ request }, name, change) => {
  request.fields = request.fields.map(([field, value]) => [field, field === name ? change(value) : value]);
};
const ODD = ['é', '\x7f', '\0', '\r', '\n', '\u20ac'];
/** One character less, more, or another one, whatever the text is. */
const typo = (text, random) => {
  const at = random.int(text.length + 1);
  const character = random.pick(random.chance(0.95) ? [...VISIBLE, ' ', '\t'] : ODD);
  return random.pick([replaceAt(text, at, ''), replaceAt(text, at, character), replaceAt(text, at, character, 0)]);
};
const swapped = (list, random) => {
  const at = random.int(list.length - 1);
  return list.with(at, list[at + 1]).with(at + 1, list[at]);
};
const without = (list, random) => list.toSpliced(random.int(list.length), 1);
const repeated = (list, random) => list.toSpliced(random.int(list.length + 1), 0, random.pick(list));
const withParameter = (name, bareItem) => (list) => list.map((one) => (one[0] === name ? [name, bareItem] : one));

const signatureOf = (text) => Buffer.from(text.slice(5, -1), 'base64');
const withScalars = (text, change) => {
  const number = (bytes) => BigInt(`0x${bytes.toString('hex')}`);
  const bytes = signatureOf(text);
  const [r, s] = change(number(bytes.subarray(0, 32)), number(bytes.subarray(32)));
  return `pas=:${base64(Buffer.from([r, s].map((n) => n.toString(16).padStart(64, '0')).join(''), 'hex'))}:`;
};
/** Another character at `at`, so that what results does not depend on the one that was there. */
const rotated = (text, at, by) => replaceAt(text, at, B64[(B64.indexOf(text[at]) + by) % 64]);

/** Changes of a draft, before it is signed: only the profile, the clock or the server's memory can tell. */
export const BEFORE = {
  ...CONSENTS,
  created(draft, random) {
    const { created } = draft;
    draft.created =
      NOW / 1000 +
      random.pick([-10_000, -40, -37, -36, -35, -34, -32, -31, -30, 1, 2, 3, 7, 8, 9, 1000, -3e9, 1e13, 9e14]);
    if (random.chance(0.5)) draft.nonceMs += (draft.created - created) * 1000;
    draft.nonceMs = Math.min(Math.max(draft.nonceMs, 0), 2 ** 48 - 1);
  },
  nonceAge(draft, random) {
    draft.nonceMs =
      NOW + random.pick([-400_000, -307_001, -307_000, -302_001, -302_000, 0, 1999, 2000, 2001, 7000, 7001, 60_000]);
  },
  nonceBeforeCreated(draft, random) {
    draft.nonceMs = draft.created * 1000 + random.pick([2999, 3000, 3001, 10_000]);
  },
  nonceOfAnotherKey(draft, random, { accounts }) {
    draft.bound = random.pick([accounts.ended.key.thumbprint, utf8(accounts.alice.id)]);
  },
  nonceOfAnotherUse(draft, random, { secrets }) {
    draft.nonceKey = random.pick([secrets.challenge, secrets.tag, random.bytes(32)]);
  },
  nonceVersion(draft, random) {
    draft.version = random.pick([0, 2, 255]);
  },
  nonceText(draft, random) {
    const server = issueNonce(draft.nonceKey, draft.bound, draft.nonceMs, random.bytes(4));
    const nonce = `${server}.${draft.client}`;
    draft.nonce = random.pick([
      server,
      `${server}.`,
      `.${draft.client}`,
      `${nonce}=`,
      `${nonce}.`,
      rotated(nonce, random.int(36), 1),
      rotated(nonce, 58, 1),
      '',
      `${server}.${base64url(random.bytes(15))}`,
      `${server}.${base64url(random.bytes(17))}`,
      `${draft.client}.${server}`,
    ]);
  },
  keyid(draft, random, { accounts }) {
    draft.keyid = random.pick([
      accounts.ended.key.keyid,
      `${draft.keyid}=`,
      draft.keyid.slice(1),
      rotated(draft.keyid, 42, 1),
      '',
      'key-1',
    ]);
  },
  anotherKeySigns(draft, random, { accounts }) {
    draft.key = accounts.ended.key;
  },
  foreignSession(
    draft,
    random,
    {
      accounts: {
        ended: { key },
      },
    },
  ) {
    Object.assign(draft, { key, keyid: key.keyid, bound: key.thumbprint });
  },
  algorithm(draft, random) {
    draft.alg = random.pick(['hmac-sha256', 'ecdsa-p384-sha384', 'ECDSA-P256-SHA256', 'none', '']);
  },
  tag(draft, random) {
    draft.tag = random.pick(['pas-1-ctl', 'pas-2', 'PAS-1', '']);
  },
  authority(draft, random) {
    draft.authority = random.pick(['evil.example', 'APP.example.com', 'app.example.com:443', '']);
  },
  cookies(draft, random, { accounts: { alice, bob, ended } }) {
    const own = `__Host-pas-${draft.keyid.slice(0, 8)}`;
    const first = (value) => ['__Host-pas', value];
    const { cookie } = alice;
    draft.cookies = random.pick([
      [],
      [['theme', 'dark']],
      [first(ended.cookie)],
      [first(cookie), first(cookie)],
      [
        [own, cookie],
        [own, cookie],
      ],
      [[own, bob.cookie], first(cookie)],
      [['__host-pas', cookie]],
      [first(`${cookie}=`)],
      [first(cookie.replace('1.', '2.'))],
      [first(rotated(cookie, 53, 1))],
      [first(typo(cookie, random))],
      [[own, cookie]],
      [first('')],
      [[own, ''], first(cookie)],
    ]);
  },
  digest(draft, random) {
    const honest = contentDigest(draft.content ?? Buffer.alloc(0));
    const own = sha256(draft.content ?? Buffer.alloc(0));
    draft.digest = random.pick([
      undefined,
      honest,
      contentDigest(random.bytes(3)),
      honest.replace('=:', ':'),
      honest.replace('sha-256', 'sha-512'),
      honest.replace('sha-256', 'SHA-256'),
      `${honest}, ${honest}`,
      `${honest}, md5=:AA==:`,
      `${honest};a`,
      rotated(honest, 51, 1),
      `sha-256=(:${base64(own)}:)`,
      `sha-256=:${base64(own.subarray(1))}:`,
      `sha-256="${base64(own)}"`,
      'sha-256',
      '',
      `sha-256=:${base64(own)}`,
    ]);
  },
  proofText(draft, random) {
    if (!draft.proof) return;
    const text = base64(encodeProof(draft.proof));
    draft.proofText = random.pick([
      `:${text.replace(/=*$/, '')}:`,
      `"${text}"`,
      `:${text}:;a`,
      `(:${text}:)`,
      '',
      'x',
      `:${text}`,
      `: ${text}:`,
      `:${base64url(encodeProof(draft.proof))}:`,
      ':AR==:',
    ]);
  },
  proofBytes(draft, random) {
    const at = random.word();
    const value = random.int(256);
    draft.spoilProof = random.pick([
      (bytes) => bytes.subarray(0, at % bytes.length),
      (bytes) => concat(bytes, Buffer.of(value)),
      () => random.bytes(at % 600),
      // Not the flag of trust alone: what evidence is worth is the server's own matter.
      ...Array.from({ length: 6 }, () => (bytes) => Buffer.from(bytes).fill(value, 3 + (at % 26), 4 + (at % 26))),
      (bytes) => Buffer.from(bytes).fill(value | 32, 1, 2),
      (bytes) => Buffer.from(bytes).fill(value | 5, 2, 3),
      (bytes) => Buffer.from(bytes).fill(value & 254, 0, 1),
    ]);
  },
  proofRange(draft, random) {
    if (!draft.proof) return;
    const step = (more) => [{ dtMs: 0, dx: 0, dy: 0, ...more }];
    Object.assign(
      draft.proof,
      random.pick([
        { ageMs: 5001 },
        { ageMs: 65_535 },
        { dwellMs: 30_001 },
        { detail: 256 },
        { offsetX: 1001 },
        { offsetY: 1001 },
        { width: 65_536 },
        { height: 65_536 },
        { pixelRatio16: 0 },
        { pixelRatio16: 257 },
        { kind: 'keyboard', offsetX: 1 },
        { kind: 'touch', samples: step({ dtMs: 2001 }) },
        { kind: 'touch', samples: step({ dx: 8192 }) },
        { kind: 'touch', samples: step({ dy: -8192 }) },
        { kind: 'touch', samples: step({ dx: -8191 }) },
        { kind: 'assistive', offsetX: 0, offsetY: 0, samples: step({}) },
        { kind: 'touch', samples: Array.from({ length: 101 }, () => step({})[0]) },
        { kind: 'touch', samples: Array.from({ length: 100 }, () => step({ dtMs: 20 })[0]) },
      ]),
    );
  },
  proofOfAnotherAction(draft, random, traffic) {
    draft.proof = traffic.proof({
      ...draft,
      route: { action: 'another' },
      ...random.pick([{}, { method: 'X' }, { target: '/x' }, { digest: 'x' }]),
    });
  },
  noProof(draft) {
    draft.proof = undefined;
  },
  untrusted(draft) {
    if (draft.proof) draft.proof.flags.trusted = false;
  },
  sameInteraction(draft, random, { events }) {
    if (!draft.proof) return;
    if (events.length < 3) events.push(draft.proof.eventId);
    draft.proof.eventId = random.pick(events);
  },
  smallLimit(draft, random) {
    draft.route.bodyBytes = Math.max(0, (draft.content?.length ?? 0) + random.pick([-1, 0, 1]));
  },
  hostileFields(draft, random) {
    draft.fields.push(
      random.pick([
        ['Content-Encoding', 'gzip'],
        ['content-encoding', ''],
        ['X-HTTP-Method-Override', 'DELETE'],
        ['x-method-override', 'PUT'],
        ['X-Original-URL', '/x'],
        ['X-Rewrite-Url', '/x'],
        ['X-Http-Method', 'PUT'],
        ['X-Pad', 'x'.repeat(20_000)],
        ['X-Pad', 'x'.repeat(9_000)],
        ['X-Any', 'é'],
        ['Signature-Agent', 'x'],
        ['Transfer-Encoding', 'chunked'],
      ]),
    );
  },
  droppedComponent(draft, random) {
    draft.covered = (list) => without(list, random);
  },
  swappedComponents(draft, random) {
    draft.covered = (list) => swapped(list, random);
  },
  repeatedComponent(draft, random) {
    draft.covered = (list) => repeated(list, random);
  },
  addedComponent(draft, random) {
    draft.covered = (list) =>
      random.pick([
        [['accept', '*/*'], ...list],
        [...list, ['host', 'app.example.com']],
        [...list, ['@scheme', 'https']],
      ]);
  },
  noComponents(draft) {
    draft.covered = () => [];
  },
  droppedParameter(draft, random) {
    draft.parameters = (list) => without(list, random);
  },
  swappedParameters(draft, random) {
    draft.parameters = (list) => swapped(list, random);
  },
  repeatedParameter(draft, random) {
    draft.parameters = (list) => repeated(list, random);
  },
  addedParameter(draft, random) {
    const more = random.pick([
      ['expires', { type: 'integer', value: NOW / 1000 + 60 }],
      ['req', { type: 'boolean', value: true }],
      ['x', string('y')],
    ]);
    draft.parameters = (list) => list.toSpliced(random.int(6), 0, more);
  },
  parameterType(draft, random) {
    const [name, bareItem] = random.pick([
      ['created', { type: 'decimal', value: draft.created }],
      ['created', { type: 'date', value: draft.created }],
      ['created', string(String(draft.created))],
      ['created', { type: 'boolean', value: true }],
      ['nonce', { type: 'token', value: 'abc' }],
      ['nonce', { type: 'display-string', value: 'ü' }],
      ['keyid', { type: 'token', value: `k${draft.keyid}` }],
      ['keyid', { type: 'byte-sequence', value: draft.bound }],
      ['alg', { type: 'token', value: 'ecdsa-p256-sha256' }],
      ['alg', { type: 'integer', value: 1 }],
      ['tag', { type: 'token', value: 'pas-1' }],
    ]);
    draft.parameters = withParameter(name, bareItem);
  },
};

/** Changes of what was signed. */
export const AFTER = {
  method({ request }, random) {
    request.method = random.chance(0.5) ? random.pick(METHODS) : typo(request.method, random);
  },
  target({ request }, random) {
    request.target = typo(request.target, random);
  },
  targetForm({ request }, random) {
    const { target } = request;
    request.target = random.pick([
      `https://app.example.com${target}`,
      `${target}?`,
      target.replace('?', '%3F'),
      target.replace(/%2F/i, '/'),
      target.toUpperCase(),
      `/${target}`,
      '*',
      '',
      `${target}#x`,
    ]);
  },
  content({ request }, random) {
    const { content } = request;
    if (!content?.length || random.chance(0.2)) request.content = random.bytes(random.int(4));
    else if (random.chance(0.7)) request.content = Buffer.from(content).fill(content[0] ^ (1 << random.int(8)), 0, 1);
    else
      request.content = random.pick([undefined, content.subarray(1), concat(content, Buffer.of(0)), Buffer.alloc(0)]);
  },
  droppedField({ request }, random) {
    request.fields = without(request.fields, random);
  },
  doubledField({ request }, random) {
    request.fields = repeated(request.fields, random);
  },
  swappedFields({ request }, random) {
    request.fields = swapped(request.fields, random);
  },
  joinedField({ request }, random) {
    const at = random.int(request.fields.length);
    const [name, value] = request.fields[at];
    request.fields = request.fields.with(at, [name, `${value}, ${value}`]);
  },
  fieldCase({ request }, random) {
    const at = random.int(request.fields.length);
    const [name, value] = request.fields[at];
    request.fields = request.fields.with(at, [random.pick([name.toUpperCase(), name.toLowerCase()]), value]);
  },
  fieldSpace({ request }, random) {
    const at = random.int(request.fields.length);
    const [name, value] = request.fields[at];
    request.fields = request.fields.with(at, [
      name,
      random.pick([` ${value}`, `${value}\t `, `\t${value} `, `\u00a0${value}`, `${value}\r`]),
    ]);
  },
  fieldTypo({ request }, random) {
    const at = random.int(request.fields.length - 1);
    const [name, value] = request.fields[at];
    request.fields = request.fields.with(at, [name, typo(value, random)]);
  },
  addedField({ request }, random) {
    request.fields = request.fields.toSpliced(
      random.int(request.fields.length),
      0,
      random.pick([
        ['Content-Type', 'text/html'],
        ['Content-Digest', 'sha-256=:AAAA:'],
        ['Interaction-Proof', ':AAAA:'],
        ['Signature', 'pas=:AAAA:'],
        ['Signature-Input', 'pas=()'],
        ['Cookie', 'a=b'],
        ['Host', 'x'],
        ['Date', 'Tue, 20 Apr 2021 02:07:55 GMT'],
      ]),
    );
  },
  inputTypo(message, random) {
    edit(message, 'Signature-Input', (text) => typo(text, random));
  },
  inputForm(message, random) {
    edit(message, 'Signature-Input', (text) =>
      random.pick([
        text.replace('(', '( '),
        text.replaceAll('" "', '"   "'),
        text.replace(')', ' )'),
        text.replaceAll(';', '; '),
        `${text},`,
        `${text}, ${text}`,
        `${text}, b=1`,
        `b=1, ${text}`,
        text.replace('pas=', 'pas = '),
        text.replace('pas=', 'sig1='),
        text.replace('pas=', ''),
        ` ${text} `,
        `\t${text}`,
        `pas, ${text}`,
        text.replace('(', '("'),
        text.replace('"@method"', '"@METHOD"'),
        text.replace('"@method"', '@method'),
        text.replace('"@path"', '"@path";req'),
        text.replace('"@query"', '"@query-param";name="a"'),
        text.replace('"content-type"', '"Content-Type"'),
        text.replace('"content-type"', '"content-type";sf'),
        text.replace('"@authority"', '"@target-uri"'),
        text.replace(/created=(\d+)/, 'created=$1.0'),
        text.replace('created=', 'created=0'),
        text.replace('created=', 'created=-'),
        text.replace('created=', 'created='),
        text.replace(/\((.*)\)/, '$1'),
        '',
        'pas',
        'pas=()',
        text.replace('tag="pas-1"', 'tag=pas-1'),
        text.replace(';', ' ;'),
      ]),
    );
  },
  signatureForm(message, random) {
    edit(message, 'Signature', (text) =>
      random.pick([
        text.replaceAll('==:', ':'),
        text.replace('==:', '=:'),
        rotated(text, 90, random.int(63)),
        rotated(text, random.between(5, 89), random.between(1, 63)),
        text.replace('pas=', 'sig1='),
        `${text}, ${text}`,
        `${text}, b=:AA==:`,
        `${text};a`,
        `${text};a=1`,
        `pas=(${text.slice(4)})`,
        text.slice(4),
        `pas="${text.slice(5, -1)}"`,
        '',
        'pas',
        ` ${text}`,
        `${text} `,
        `${text},`,
        `pas=:${base64(signatureOf(text).subarray(1))}:`,
        `pas=:${base64(concat(signatureOf(text), Buffer.of(0)))}:`,
        'pas=::',
        text.replace('==:', '=:='),
        `pas=: ${text.slice(5)}`,
      ]),
    );
  },
  signatureScalars(message, random) {
    edit(message, 'Signature', (text) =>
      withScalars(
        text,
        random.pick([
          (r, s) => [r, ORDER - s],
          (r, s) => [r, ORDER - s],
          (r, s) => [r, ORDER - s],
          (r, s) => [0n, s],
          (r) => [r, 0n],
          (r) => [r, ORDER],
          (r, s) => [ORDER, s],
          (r, s) => [s, r],
          () => [1n, 1n],
          () => [(1n << 256n) - 1n, (1n << 256n) - 1n],
          (r, s) => [ORDER - r, s],
          () => [0n, 0n],
        ]),
      ),
    );
  },
  anotherRoute(message, random) {
    message.route = random.pick([
      { tier: 'identified' },
      { tier: 'interactive', action: 'another' },
      { tier: 'signed', ticket: true },
    ]);
  },
};
