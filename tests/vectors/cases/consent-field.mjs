// `Pas-Consent`: one value, one spelling.
export const about = 'The field `Pas-Consent`, and what it says. `version` and `text` are hex.';

const FIELD = 'act="transfer", ver=:AQEBAQEBAQEBAQEBAQEBAQ==:, lang="en", text=:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=:, surface=popup';
const good = (name, field) => ({ name, field });
const bad = (name, field) => ({ name, field, code: 'ERR_SIG_MALFORMED' });
const changed = (name, from, to) => {
  if (!FIELD.includes(from)) throw new Error(from);
  return bad(name, FIELD.replace(from, to));
};

export const cases = () => [
  good('a consent', FIELD),
  good('verified', `${FIELD}, uv`),
  good('in the frame', FIELD.replace('popup', 'frame')),
  good('in the frame, verified', `${FIELD.replace('popup', 'frame')}, uv`),
  good('a name with quotes', FIELD.replace('"transfer"', '"a \\"b\\" \\\\c"')),
  good('an empty name', FIELD.replace('"transfer"', '""')),
  good('a long name', FIELD.replace('transfer', 'x'.repeat(1000))),
  good('a language of several parts', FIELD.replace('"en"', '"zh-Hant-TW"')),
  good('any text as language', FIELD.replace('"en"', '"no language"')),
  good('other bytes', FIELD.replace('AQEBAQEBAQEBAQEBAQEBAQ==', '////////+v////////8A/w==')),
  bad('nothing', ''),
  bad('a text', 'transfer'),
  ...['act="transfer", ', 'ver=:AQEBAQEBAQEBAQEBAQEBAQ==:, ', 'lang="en", ', 'text=:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=:, ', ', surface=popup'].map((part) => changed(`without ${part.slice(0, 8)}`, part, '')),
  changed('a name in another case', 'act', 'Act'),
  changed('a token for a name', '"transfer"', 'transfer'),
  changed('a list for a name', '"transfer"', '("transfer")'),
  changed('a name with a parameter', '"transfer"', '"transfer";a'),
  changed('a display string for a name', '"transfer"', '%"transfer"'),
  changed('a name beyond ASCII', 'transfer', 'tränsfer'),
  changed('a name with an escape that is none', 'transfer', 'a\\b'),
  changed('no space', ', ver', ',ver'),
  changed('two spaces', ', ver', ',  ver'),
  changed('a tab', ', ver', ',\tver'),
  changed('a space before a comma', ', ver', ' , ver'),
  bad('a space in front', ` ${FIELD}`),
  bad('a space behind', `${FIELD} `),
  bad('a comma behind', `${FIELD},`),
  changed('another version in front', 'act=', 'x=1, act='),
  bad('a member more', `${FIELD}, x=1`),
  changed('a member twice', 'act=', 'act="x", act='),
  changed('a version without padding', 'AQ==:', 'AQ:'),
  changed('a version with stray bits', 'AQ==:', 'AR==:'),
  changed('a version in base64url', 'AQEBAQEBAQEBAQEBAQEBAQ==', '_____________________w=='),
  changed('a version of 15 bytes', 'AQEBAQEBAQEBAQEBAQEBAQ==', 'AQEBAQEBAQEBAQEBAQEB'),
  changed('a version of 17 bytes', 'AQEBAQEBAQEBAQEBAQEBAQ==', 'AQEBAQEBAQEBAQEBAQEBAQE='),
  changed('no bytes', 'AQEBAQEBAQEBAQEBAQEBAQ==', ''),
  changed('a text of 31 bytes', 'AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=', 'AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=='),
  changed('a language as a token', '"en"', 'en'),
  changed('an unknown surface', 'popup', 'window'),
  changed('a surface in another case', 'popup', 'Popup'),
  changed('a surface as a string', 'popup', '"popup"'),
  changed('a surface as a flag', '=popup', ''),
  bad('uv with a value', `${FIELD}, uv=?1`),
  bad('no uv', `${FIELD}, uv=?0`),
  bad('uv as a number', `${FIELD}, uv=1`),
  bad('uv with a parameter', `${FIELD}, uv;a`),
  bad('uv twice', `${FIELD}, uv, uv`),
  bad('uv in front', `uv, ${FIELD}`),
  bad('UV', `${FIELD}, UV`),
  bad('the members in another order', FIELD.split(', ').toReversed().join(', ')),
];

export function check({ field }, { consentField, hex, readConsent }) {
  const { version, text, ...rest } = readConsent(field);
  if (consentField({ ...rest, version, text }) !== field) throw new Error('another spelling');
  return { decoded: { ...rest, version: hex(version), text: hex(text) } };
}
