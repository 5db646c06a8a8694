// Consents of generated requests, and what may be wrong with them.
import { independent } from './load.mjs';
import { TEMPLATES } from './samples.mjs';

const { base64, consentField, contentDigest, readTemplate, sha256, utf8 } = independent;

const SHOWN = TEMPLATES.map(readTemplate);
const NAMES = ['bob', 'Zoë', 'a\\b', '\u202eevil', '\u200b', '日本語', '😀'.repeat(200), '', '"', 'a/b~c'];
const AMOUNTS = [0, -0, 1, 12.5, -3, 1e15, 123456789.1234567, '0', '10.50', '-0.07', '9999999999999999'];
const NOTES = ['', 'x', '+', '%2B', 'a+b', '%C3%A9', '%F0%9F%98%80', '%00', '~'];
const DAYS = [
  '2027-01-31',
  '2024-02-29',
  '2027-01-31T10:00:00Z',
  '2027-01-31T23%3A59%3A59.5+01%3A00',
  '2027-12-31T00:00:00-23:59',
];

/** The parts of a draft that a person was shown, as an honest window makes them. */
export function consentOf(random) {
  const [pay, close, book] = SHOWN;
  const made = (template, target, value) => {
    const content = value === undefined ? undefined : utf8(JSON.stringify(value));
    const verified = template.tier === 'verified' || random.chance(0.05);
    return {
      method: template.method,
      target,
      content,
      type: content && random.pick(['application/json', 'Application/JSON; charset=utf-8']),
      route: {
        tier: random.chance(0.8) ? template.tier : random.pick(['signed', 'interactive']),
        action: template.act,
      },
      consent: {
        act: template.act,
        version: template.version,
        language: random.pick([...template.texts.keys()]),
        text: random.bytes(32),
        surface: template.surface === 'frame' && random.chance(0.5) ? 'frame' : 'popup',
        verified,
      },
      ...(verified ? { assertion: assertion(random, {}) } : {}),
    };
  };
  const which = random.int(10);
  if (which < 7) {
    const target = `/accounts/${random.pick(['1', 'a%20b', '%C3%A9', '~'])}/transfers?note=${random.pick(NOTES)}`;
    const sum = { amount: random.pick(AMOUNTS), unit: random.pick(['EUR', 'JPY']) };
    return made(pay, target, { to: random.pick(NAMES), sum, urgent: random.chance(0.5) });
  }
  if (which < 9) return made(close, '/account');
  return made(book, `/days/${random.pick(DAYS)}`, random.pick(AMOUNTS));
}

/** No signature of it verifies; what comes before that is told apart by its code. */
function assertion(random, client) {
  const json = JSON.stringify({ type: 'webauthn.get', challenge: '', origin: 'https://sign.example.com', ...client });
  const parts = { id: random.bytes(16), auth: random.bytes(37), client: utf8(json), sig: random.bytes(70) };
  return Object.entries(parts)
    .map(([name, bytes]) => `${name}=:${base64(bytes)}:`)
    .join(', ');
}

/** Changes of content that a person would not have seen. */
const CONTENT = [
  (value) => ({ ...value, more: 1 }),
  (value) => ({ ...value, more: null }),
  (value) => ({ ...value, more: {} }),
  (value) => [value],
  ({ to, ...value }) => value,
  (value) => ({ ...value, to: null }),
  (value) => ({ ...value, to: ['bob'] }),
  (value) => ({ ...value, to: 'b'.repeat(201) }),
  (value) => ({ ...value, to: 7 }),
  (value) => ({ ...value, sum: 1 }),
  (value) => ({ ...value, sum: { ...value.sum, unit: 'eur' } }),
  (value) => ({ ...value, sum: { ...value.sum, amount: '1e3' } }),
  (value) => ({ ...value, sum: { ...value.sum, amount: 0.1 + 0.2 } }),
  (value) => ({ ...value, sum: { ...value.sum, amount: true } }),
  (value) => ({ ...value, sum: { ...value.sum, 'a/b': 1 } }),
  () => 1,
  () => '2027-01-31',
];
const TEXTS = [
  (text) => text.replace('{', '{"to":"eve",'),
  (text) => `${text}x`,
  (text) => `\ufeff${text}`,
  () => '{',
  () => '',
  (text) => ` ${text} `,
  (text) => text.replace('"to"', '"\\u0074o"'),
  () => '"\\ud800"',
];

/** Changes of drafts; one without a consent is left as it is, or gets one that is not to it. */
export const CONSENTS = {
  consentMember(draft, random) {
    if (!draft.consent) return;
    const [, other] = SHOWN;
    Object.assign(
      draft.consent,
      random.pick([
        { act: '' },
        { act: other.act },
        { act: 'Transfer' },
        { act: 'a"\\b' },
        { version: other.version },
        { version: random.bytes(16) },
        { language: 'fr' },
        { language: 'EN' },
        { language: '' },
        { language: 'de' },
        { surface: 'frame' },
        { surface: 'popup' },
        { text: random.bytes(32) },
        { act: other.act, version: other.version },
      ]),
    );
  },
  consentSpelling(draft, random) {
    const text = consentField(draft.consent ?? consentOf(random).consent);
    const at = random.int(text.length);
    draft.consentText = random.pick([
      '',
      'x',
      text.replaceAll(', ', ','),
      `${text};a`,
      `${text}, uv=?1`,
      `${text}, uv=?0`,
      `${text}, uv, uv`,
      text.replace('==:', ':'),
      text.split(', ').reverse().join(', '),
      text.replace('surface=popup', 'surface="popup"'),
      text.replace('act=', 'Act='),
      `${text}, x=1`,
      text.replace('ver=', 'ver=;a '),
      text.slice(0, at),
      `${text.slice(0, at)} ${text.slice(at)}`,
      ` ${text}`,
      `${text.slice(0, at)}a${text.slice(at + 1)}`,
    ]);
  },
  consentContent(draft, random) {
    if (!draft.content || !draft.consent) return;
    if (random.chance(0.6))
      draft.content = utf8(JSON.stringify(random.pick(CONTENT)(JSON.parse(Buffer.from(draft.content).toString()))));
    else draft.content = utf8(random.pick(TEXTS)(Buffer.from(draft.content).toString()));
    draft.digest = draft.content.length > 0 ? contentDigest(draft.content) : undefined;
  },
  consentTarget(draft, random) {
    const [path, query = ''] = draft.target.split('?');
    draft.target = random.pick([
      path,
      `${path}?`,
      `${draft.target}&x=1`,
      `${path}?note=1&note=2`,
      `${path}?note`,
      `${path}?note=%`,
      `${path}?note=%ff`,
      `${path}?&`,
      `${path}/`,
      `${path}/?${query}`,
      `/accounts//transfers?note=1`,
      `/accounts/a%2fb/transfers?note=1`,
      `/accounts/%2e%2e/transfers?note=1`,
      `/Account`,
      `/accounts/a%5Cb/transfers?note=1`,
      `/accounts/%/transfers?note=1`,
      `/days/2027-02-29`,
      `/days/tomorrow`,
      `/days/2027-13-01`,
      `${path}?n%6Fte=1`,
    ]);
  },
  consentRoute(draft, random) {
    draft.route = random.pick([
      { tier: 'signed' },
      { tier: 'signed', action: 'other' },
      { tier: 'interactive', action: 'transfer' },
      { tier: 'consent', action: 'transfer' },
      { tier: 'consent', action: 'delete-account' },
      { tier: 'verified', action: 'transfer' },
      { tier: 'verified', action: 'book "it"' },
    ]);
  },
  consentType(draft, random) {
    if (draft.consent)
      draft.type = random.pick([
        undefined,
        '',
        'text/plain',
        'application/json5',
        'application/json ;x',
        'application/vnd.api+json',
      ]);
  },
  consentMissing(draft) {
    delete draft.consent;
  },
  consentElsewhere(draft, random) {
    draft.consent = consentOf(random).consent;
  },
  assertion(draft, random) {
    const honest = assertion(random, {});
    draft.assertion = random.pick([
      undefined,
      honest,
      honest.replaceAll(', ', ','),
      `${honest}, x=:AA==:`,
      '',
      'x',
      honest.replace('id=', 'Id='),
      `${honest};a`,
      assertion(random, { crossOrigin: true }),
      assertion(random, { crossOrigin: true, topOrigin: 'https://app.example.com' }),
      assertion(random, { topOrigin: 'https://app.example.com' }),
      assertion(random, { crossOrigin: 1 }),
    ]);
    if (draft.consent && random.chance(0.5)) draft.consent.verified = draft.assertion !== undefined;
  },
  consentOfNobody(draft, random) {
    if (draft.consent) draft.consent.text = sha256(random.bytes(4));
  },
};
