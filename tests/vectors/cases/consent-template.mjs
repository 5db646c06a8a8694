// Templates: which can be registered, and what they are named by on the wire.
export const about =
  'What a server can register. `version` is the first 16 bytes of SHA-256 over the canonical form, as hex.';

const TRANSFER = {
  act: 'transfer', tier: 'consent', method: 'POST', path: '/accounts/:from/transfers', surface: 'popup',
  fields: { from: 'path:from', to: 'json:/to', amount: 'json:/sum/amount', currency: 'json:/sum/currency', when: 'query:when' },
  text: { en: 'Send {amount, currency} from {from} to {to} on {when, date}', de: '{amount, currency} von {from} an {to} am {when, date}' },
};
const SMALL = { ...TRANSFER, path: '/', fields: { a: 'json:/a' }, text: { en: '{a}' } };

const good = (name, more) => ({ name, template: { ...SMALL, ...more } });
const bad = (name, more) => ({ name, template: { ...SMALL, ...more }, code: 'ERR_CONFIG_INVALID' });
const without = (name) => Object.fromEntries(Object.entries(SMALL).filter(([member]) => member !== name));

export const cases = () => [
  { name: 'a transfer', template: TRANSFER },
  { name: 'the same, its members in another order', template: Object.fromEntries(Object.entries(TRANSFER).reverse()) },
  good('one field', {}),
  good('no field', { fields: {}, text: { en: 'Do it' } }),
  good('an empty text', { fields: {}, text: { en: '' } }),
  good('verified', { tier: 'verified' }),
  good('in the frame', { surface: 'frame' }),
  good('the whole content', { fields: { a: 'json:' } }),
  good('escapes of a pointer', { fields: { a: 'json:/~0/~1' } }),
  good('an empty name of a member', { fields: { a: 'json:/' } }),
  good('a parameter with a colon', { fields: { a: 'query:x:y' } }),
  good('words beyond ASCII', { text: { ar: 'إلى {a}', 'zh-Hant-TW': '給{a}' } }),
  good('braces', { text: { en: '{{{a}}} {{x}}' } }),
  good('spaces in a placeholder', { text: { en: '{ a ,  number }' } }),
  good('a field twice', { text: { en: '{a} {a, number} {a, date}' } }),
  good('money by another name', { fields: { a: 'json:/a', unit: 'json:/u' }, text: { en: '{a, currency, unit}' } }),
  good('the longest act', { act: 'x'.repeat(64) }),
  good('an act with quotes', { act: 'a "b" \\c' }),
  good('a method in small letters', { method: 'patch' }),
  good('odd characters in a path', { path: "/a%2Fb/;x=1/'!$" }),
  good('a trailing slash', { path: '/a/' }),
  good('a hundred languages', { text: Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`x-${at}`, '{a}'])) }),
  ...Object.keys(SMALL).map((name) => ({ name: `without ${name}`, template: without(name), code: 'ERR_CONFIG_INVALID' })),
  ...[null, true, 1, 'x', []].map((template) => ({ name: `${JSON.stringify(template)}`, template, code: 'ERR_CONFIG_INVALID' })),
  bad('an unknown member', { title: 'x' }),
  ...['', 'x'.repeat(65), 'tränsfer', 'a\n', 7, null].map((act) => bad(`act ${JSON.stringify(act)}`, { act })),
  ...['signed', 'Consent', '', true].map((tier) => bad(`tier ${JSON.stringify(tier)}`, { tier })),
  ...['', 'PO ST', 'A'.repeat(33), 'É'].map((method) => bad(`method ${JSON.stringify(method)}`, { method })),
  ...['window', 'Popup', ''].map((surface) => bad(`surface ${JSON.stringify(surface)}`, { surface })),
  ...['', 'a', '/a b', '/a?b', '/a#b', '/é', '/:', '/:/a', '/a/:'].map((path) => bad(`path ${JSON.stringify(path)}`, { path })),
  ...['json:a', 'json:/~', 'json:/~2', 'query:', 'path:', 'path:x', 'header:a', 'a', '', 'JSON:/a'].map((a) => bad(`source ${JSON.stringify(a)}`, { fields: { a } })),
  bad('a source that is no text', { fields: { a: 1 } }),
  bad('fields that are a list', { fields: ['json:/a'] }),
  ...['', 'a b', 'ä', 'a.b', 'a-b', 'x'.repeat(65)].map((name) => bad(`field ${JSON.stringify(name)}`, { fields: { [name]: 'json:/a' }, text: { en: `{${name}}` } })),
  bad('one source twice', { fields: { a: 'json:/a', b: 'json:/a' }, text: { en: '{a}{b}' } }),
  bad('a field that is not shown', { fields: { a: 'json:/a', b: 'json:/b' } }),
  bad('a field that one language does not show', { text: { en: '{a}', de: '' } }),
  bad('a field that is not declared', { text: { en: '{a}{b}' } }),
  bad('a currency that is not declared', { text: { en: '{a, currency}' } }),
  ...['{a', 'a}', '{a}}', '{', '}', '{a, plural}', '{a, number, x}', '{a, currency, a, a}', '{a, text}', '{a,}', '{{a}'].map((en) => bad(`text ${en}`, { text: { en } })),
  bad('no language', { text: {} }),
  bad('a hundred and one languages', { text: Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`x-${at}`, '{a}'])) }),
  ...['', 'de_DE', 'de-', '-de', 'deutschland', 'dé', 'x'.repeat(8).concat('-12345678'.repeat(3), '-x')].map((tag) => bad(`language ${tag}`, { text: { [tag]: '{a}' } })),
  bad('a text that is no text', { text: { en: 1 } }),
];

export const check = ({ template }, { hex, readTemplate }) => ({ version: hex(readTemplate(template).version) });
