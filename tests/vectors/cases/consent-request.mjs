// The closed schema, and what stands in the text.
export const about =
  'What a request shows by its template: `values` in the order of names, and the pieces of the text in `language`. ' +
  '`content` is hex; the query has its `?`.';

const TRANSFER = {
  act: 'transfer', tier: 'consent', method: 'POST', path: '/accounts/:from/transfers', surface: 'popup',
  fields: { from: 'path:from', to: 'json:/to', amount: 'json:/sum/amount', currency: 'json:/sum/currency', when: 'query:when' },
  text: { en: 'Send {amount, currency} from {from} to {to} on {when, date}.', de: '{{{to}}}{amount, currency}{from} {when}' },
};
const one = (source, style = '', path = '/') => ({
  act: 'a', tier: 'consent', method: 'POST', path, surface: 'popup', fields: { a: source }, text: { en: `{a${style}}` },
});
const BODY = '{"to":"bob","sum":{"amount":12.5,"currency":"EUR"}}';
const PATH = '/accounts/a%20b/transfers';
const HONEST = { template: TRANSFER, path: PATH, query: '?when=2027-01-31', content: BODY, language: 'en' };

const hex = (content) => Buffer.from(content).toString('hex');
const given = (name, { content = '', ...more }, code) => ({ name, ...HONEST, ...more, content: hex(content), ...(code ? { code } : {}) });
const good = (name, more) => given(name, { ...HONEST, ...more });
const bad = (name, more, code = 'ERR_CONSENT_MISMATCH') => given(name, { ...HONEST, ...more }, code);
const body = (from, to) => ({ content: BODY.replace(from, to) });
/** One value of content in a style. */
const value = (content, style) => ({ template: one('json:/a', style), path: '/', query: '?', content: `{"a":${content}}` });
const shownAs = (content, style) => good(`${content}${style}`, value(content, style));
const notShown = (content, style) => bad(`${content}${style}`, value(content, style));

export const cases = () => [
  good('a transfer', {}),
  good('in another language', { language: 'de' }),
  good('members in another order, and white space', { content: ' {"sum":{"currency":"EUR" , "amount":1.25e1},\n"to":"bob"}\t' }),
  good('escapes in names', body('"to"', '"t\\u006f"')),
  ...['bob', 'Zoë', '日本語', '😀', "it's", '<b>', 'a{b}c', '%', 'מזל', 'é'.repeat(200), '😀'.repeat(200)].map((to) => good(`to ${[...to].slice(0, 9).join('')}`, body('bob', to))),
  ...['\\\\', '\\n', '\\t', '\\u202e', '\\u200b', '\\u200d', '\\u00a0', '\\u2028', '\\u00ad', '\\ufeff', '\\ufe0f', '\\u2800', '\\u3164', '\\u061c', '\\ue000',
    '\\uffff', '\\udb40\\udc41', '\\ud834\\udd73', '\\udbff\\udfff', '\\u0000', '\\u007f', '\\u0300', '\\u2066', '\\ufffd', '\\ud80d\\udc30', '\\ud83f\\udffe',
  ].map((to) => good(`to ${to}`, body('bob', `x${to}y`))),
  ...['1', '0', '-0', '0.07', '-3.5', '1e3', '123456789012345', '1234567890.12345', '"10.50"', '"0"', '"-0"', '"-1.0"', '"9999999999999999"'].map((text) => shownAs(text, ', number')),
  ...['1e21', '1e-7', '0.30000000000000004', 'true', '"1e3"', '"01"', '"1."', '".5"', '"+1"', '"1,5"', '""', '"-"', '"١"', '" 1"', '"12345678901234567"', '"NaN"', '"Infinity"', '"0x1"',
  ].map((text) => notShown(text, ', number')),
  ...['true', 'false', '12.5', '-0', '"True"', '""', '" a"', '"a "', '"a  b"', '"a b"', '" "', '"e\u0301"', '"\u0336a"', '"a\u0301\u0302\u0303b"', '"a \u20e0"',
    '"\u200b\u0301"', '"\\\\\u0301"', '"\ud834\udd59"', '"\ud81b\udfe4"',
  ].map((text) => shownAs(text, '')),
  ...['1e21', '"true"', '"false"', 'null', '[]', '{}', '[1]', '{"b":1}'].map((text) => notShown(text, '')),
  ...['2027-01-31', '2024-02-29', '0001-01-01', '9999-12-31', '2027-01-31T10:00:00Z', '2027-01-31T10:00:00.123+01:00', '2027-01-31T23:59:59.999999999-23:59',
  ].map((text) => shownAs(`"${text}"`, ', date')),
  ...['', '2027-1-31', '2027-01-31T10:00:00', '2027-01-31T10:00Z', '2027-01-31 10:00:00Z', '2027-01-31T10:00:00.Z', '2027-01-31T10:00:00.1234567890Z', 'tomorrow', '2027-00-01', '2027-13-01',
    '2027-01-00', '2027-02-29', '2100-02-29', '2027-04-31', '2027-01-31T24:00:00Z', '2027-01-31T10:60:00Z', '2027-01-31T10:00:60Z', '2027-01-31T10:00:00+24:00', '2027-01-31t10:00:00z',
    '12027-01-31', '-027-01-31', '2027-01-31T10:00:00+0100',
  ].map((text) => notShown(`"${text}"`, ', date')),
  notShown('1800000000000', ', date'),
  ...['USD', 'JPY', 'XXX'].map((code) => good(`money in ${code}`, body('EUR', code))),
  ...['eur', 'EURO', 'E', '€', 'EU1', ''].map((code) => bad(`money in ${code}`, body('EUR', code))),
  bad('money in a number', body('"EUR"', '978')),

  good('a list', { template: { ...one('json:/0'), fields: { a: 'json:/0', b: 'json:/1/x' }, text: { en: '{a}{b}' } }, path: '/', query: '?', content: '["p",{"x":"q"}]' }),
  good('the whole content', { template: one('json:'), path: '/', query: '?', content: '"all"' }),
  good('names with slash and tilde', { template: one('json:/a~1b~0c'), path: '/', query: '?', content: '{"a/b~c":1}' }),
  good('an empty name', { template: one('json:/'), path: '/', query: '?', content: '{"":1}' }),
  good('__proto__', { template: one('json:/__proto__'), path: '/', query: '?', content: '{"__proto__":1}' }),
  good('nothing', { template: { ...one('x'), fields: {}, text: { en: 'Do it' } }, path: '/', query: '?', content: '' }),
  ...['x', '', '+', '%2B', 'a+b', '%C3%A9', '%c3%a9', '%F0%9F%98%80', '=', 'a=b', '%26', '/', "'"].map((text) => good(`parameter ${text}`, { template: one('query:a'), path: '/', query: `?a=${text}`, content: '' })),
  good('a name with an escape', { template: one('query:a b'), path: '/', query: '?a+b=1', content: '' }),
  ...['x', 'a%20b', '%C3%A9', '~', '+', '%2B', '...', 'a;b', ':', '%25'].map((text) => good(`segment ${text}`, { template: one('path:x', '', '/p/:x'), path: `/p/${text}`, query: '?', content: '' })),
  ...['', 'a/b', 'a%2Fb', 'a%2fb', 'a%5Cb', '.', '..', '%2e', '%2E%2e', '%', '%2', '%zz', '%ff', '%c3', '%ed%a0%80', 'x'.repeat(201)].map((text) => bad(`segment ${text.slice(0, 9)}`, { template: one('path:x', '', '/p/:x'), path: `/p/${text}`, query: '?', content: '' })),
  ...['?', '?a', '?a&', '?&', '?a=1&', '?a=1&a=1', '?a=1&b=2', '?b=1', '?A=1', '?a=%', '?a=%f', '?a=%ff', '?=', '?a[]=1', `?a=${'x'.repeat(201)}`].map((query) => bad(`query ${query.slice(0, 9)}`, { template: one('query:a'), path: '/', query, content: '' })),
  ...['/accounts/a%20b/transfers/', '/accounts/transfers', '/Accounts/a/transfers', '/accounts/a/b/transfers', '//accounts/a/transfers', '/accounts//transfers', '/%61ccounts/a/transfers'].map((path) => bad(`path ${path}`, { path })),
  bad('another language', { language: 'fr' }),
  bad('a language in another case', { language: 'EN' }),
  bad('a member more', body('"to"', '"x":1,"to"')),
  bad('null more', body('"to"', '"x":null,"to"')),
  bad('an empty list more', body('"to"', '"x":[],"to"')),
  bad('a nested member more', body('"amount"', '"x":1,"amount"')),
  bad('a member less', body('"to":"bob",', '')),
  bad('a name in another case', body('"to"', '"TO"')),
  bad('a text too long', body('bob', 'b'.repeat(201))),
  bad('no content', { content: '' }),
  bad('content where there is none', { template: { ...one('x'), fields: {}, text: { en: 'Do it' } }, path: '/', query: '?', content: '{}' }),
  bad('a query where there is none', { template: { ...one('x'), fields: {}, text: { en: 'Do it' } }, path: '/', query: '?x=1', content: '' }),
  ...[
    ['a name twice', body('"to"', '"to":"eve","to"')], ['the same name escaped', body('"to"', '"t\\u006f":"eve","to"')], ['a lone surrogate', body('bob', '\\ud800')],
    ['a byte-order mark', { content: `\ufeff${BODY}` }], ['no JSON', { content: 'x' }], ['two values', { content: `${BODY}${BODY}` }], ['a comment', { content: `${BODY}//` }],
    ['no UTF-8', { content: Buffer.from([0x22, 0xff, 0x22]) }], ['a number that overflows', body('12.5', '1e999')], ['a trailing comma', body('}}', '},}')],
  ].map(([name, more]) => bad(name, more, 'ERR_JSON_INVALID')),
];

export function check({ template, path, query, content, language }, { readTemplate, readValues, show, unhex }) {
  const read = readTemplate(template);
  const values = readValues(read, { path, query }, unhex(content));
  return { values, shown: show(read, language, values) };
}
