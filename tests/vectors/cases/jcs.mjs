// JSON texts and their one canonical form (RFC 8785), and texts that are not I-JSON (RFC 7493).
export const about =
  'RFC 8785 of JSON texts. The text is `text`, or the bytes `hex`, or the pieces of `repeat`, each so many ' +
  'times.';

const ok = (name, text, canonical) => ({ name, text, canonical });
const bad = (name, text) => ({ name, text, code: 'ERR_JSON_INVALID' });

const NUMBERS = [
  ['zero', '0', '0'], ['minus zero', '-0', '0'], ['minus zero with a fraction', '-0.0', '0'],
  ['minus zero with an exponent', '-0e-5', '0'],
  ['a whole number with a fraction', '1.0', '1'], ['trailing zeros', '4.50', '4.5'], ['an exponent', '1e2', '100'],
  ['an exponent with a sign', '1E+2', '100'],
  ['a negative exponent', '2e-3', '0.002'], ['leading zeros of an exponent', '1e007', '10000000'],
  ['the smallest subnormal', '5e-324', '5e-324'],
  ['a subnormal', '2.2250738585072011e-308', '2.225073858507201e-308'],
  ['the smallest normal', '2.2250738585072014e-308', '2.2250738585072014e-308'],
  ['underflow to zero', '1e-400', '0'], ['half the smallest subnormal, to even', '2.4703282292062327e-324', '0'],
  ['above half the smallest subnormal', '2.4703282292062328e-324', '5e-324'],
  ['the largest', '1.7976931348623157e308', '1.7976931348623157e+308'],
  ['just below the overflow', '1.7976931348623158e308', '1.7976931348623157e+308'],
  ['2^53 − 1', '9007199254740991', '9007199254740991'], ['2^53', '9007199254740992', '9007199254740992'],
  ['2^53 + 1, to even', '9007199254740993', '9007199254740992'],
  ['2^53 + 2', '9007199254740994', '9007199254740994'],
  ['the last without an exponent', '999999999999999900000', '999999999999999900000'],
  ['1e20', '1e20', '100000000000000000000'],
  ['1e21', '1e21', '1e+21'], ['1e21 written out', '1000000000000000000000', '1e+21'],
  ['0.000001', '0.000001', '0.000001'], ['1e-7', '0.0000001', '1e-7'],
  ['0.1 + 0.2', '0.30000000000000004', '0.30000000000000004'], ['a tie in the last digit', '5e-7', '5e-7'],
  ['RFC 8785, appendix B', '333333333.33333329', '333333333.3333333'],
  ['RFC 8785, 1E30', '1E30', '1e+30'],
  ['many digits', '0.1000000000000000055511151231257827021181583404541015625', '0.1'],
  ['a negative number', '-1.5e-10', '-1.5e-10'],
  ['a tie of the significand', '1424953923781206.25', '1424953923781206.2'],
];

const STRINGS = [
  ['the empty string', '""', '""'],
  ['escapes with a short form', '"\\b\\t\\n\\f\\r\\"\\\\"', '"\\b\\t\\n\\f\\r\\"\\\\"'],
  ['short forms written long', '"\\u0008\\u0009\\u000a\\u000C\\u000D"', '"\\b\\t\\n\\f\\r"'],
  ['controls', '"\\u0000\\u001F\\u000b"', '"\\u0000\\u001f\\u000b"'], ['the solidus', '"\\/ /"', '"/ /"'],
  ['delete and beyond are as they are', '"\\u007f\\u0080"', '"\u007f\u0080"'],
  ['line separators', '"\\u2028\\u2029"', '"\u2028\u2029"'], ['a pair of escapes', '"\\ud83d\\uDE00"', '"\u{1f600}"'],
  ['the last code point', '"\\udbff\\udfff"', '"\u{10ffff}"'],
  ['a byte-order mark inside', '"\ufeff"', '"\ufeff"'], ['no normalisation', '"e\u0301 \u00e9"', '"e\u0301 \u00e9"'],
  ['a non-character', '"\uffff"', '"\uffff"'],
  ['an escaped letter', '"\\u0061\\u0041"', '"aA"'],
];

const OBJECTS = [
  ['members are sorted', '{"b":1,"a":2}', '{"a":2,"b":1}'],
  ['digits are characters', '{"10":1,"9":2,"1":3}', '{"1":3,"10":1,"9":2}'],
  ['capitals come first', '{"a":1,"B":2,"_":3}', '{"B":2,"_":3,"a":1}'],
  ['the empty name', '{"a":1,"":2}', '{"":2,"a":1}'],
  ['by UTF-16 code units', '{"\ufb33":1,"\u{1f600}":2,"\u20ac":3}', '{"\u20ac":3,"\u{1f600}":2,"\ufb33":1}'],
  ['a surrogate pair sorts below U+E000', '{"\ue000":1,"\u{10000}":2}', '{"\u{10000}":2,"\ue000":1}'],
  ['a prefix comes first', '{"aa":1,"a":2,"a\\u0000":3}', '{"a":2,"a\\u0000":3,"aa":1}'],
  ['escapes are resolved before sorting', '{"\\u0062":1,"a":2}', '{"a":2,"b":1}'],
  [
    'names with a meaning in JavaScript', '{"toJSON":1,"__proto__":{"x":1},"constructor":2}',
    '{"__proto__":{"x":1},"constructor":2,"toJSON":1}',
  ],
  ['names that look alike', '{"e\u0301":1,"\u00e9":2}', '{"e\u0301":1,"\u00e9":2}'],
  ['nested', '{"z":{"b":[{"d":1,"c":2}],"a":{}},"y":[]}', '{"y":[],"z":{"a":{},"b":[{"c":2,"d":1}]}}'],
  ['the same name at two levels', '{"a":{"a":{"a":1}}}', '{"a":{"a":{"a":1}}}'],
  ['names equal in siblings', '[{"a":1},{"a":2}]', '[{"a":1},{"a":2}]'],
];

const OTHERS = [
  ['null', 'null', 'null'], ['true', 'true', 'true'], ['false', 'false', 'false'],
  ['all four whitespace characters', ' \t\r\n[ 1 ,\t2\r\n] ', '[1,2]'], ['empty array with space', '[ ]', '[]'],
  ['empty object with space', '{ }', '{}'], ['order of an array stays', '[3,1,2]', '[3,1,2]'],
  ['brackets inside strings', '["[","}",",",":","\\"{"]', '["[","}",",",":","\\"{"]'],
];

const MALFORMED = [
  ['nothing', ''], ['space only', ' \n'], ['two values', '1 2'], ['text after the value', '{}x'],
  ['a leading zero', '01'], ['a leading zero after a sign', '-01'], ['a plus sign', '+1'],
  ['no digit before the point', '.5'],
  ['no digit after the point', '1.'], ['no digit in the exponent', '1e'], ['a sign and no digit', '-'],
  ['two signs', '--1'], ['hexadecimal', '0x10'], ['an underscore', '1_000'], ['NaN', 'NaN'], ['Infinity', 'Infinity'],
  ['-Infinity', '-Infinity'],
  ['undefined', 'undefined'], ['a number beyond a double', '1e400'], ['a negative number beyond a double', '-1e309'],
  ['the first that overflows', '1.7976931348623159e308'], ['a number beyond a double inside', '[1,{"a":1e999}]'],
  ['a name twice', '{"a":1,"a":1}'], ['a name twice, once escaped', '{"a":1,"\\u0061":2}'],
  ['a name twice, deep inside', '[[{"x":{"b":1,"c":2,"b":3}}]]'], ['the empty name twice', '{"":1,"":2}'],
  ['__proto__ twice', '{"__proto__":1,"__proto__":2}'],
  ['a name twice, as a pair and as escapes', '{"\u{1f600}":1,"\\ud83d\\ude00":2}'],
  ['a lone high surrogate', '"\\ud800"'], ['a lone low surrogate', '"\\udc00"'],
  ['surrogates in the wrong order', '"\\ude00\\ud83d"'],
  ['a high surrogate before a letter', '"\\ud800a"'], ['a high surrogate before another escape', '"\\ud800\\n"'],
  ['two high surrogates', '"\\ud800\\ud800"'], ['a lone surrogate in a name', '{"\\udfff":1}'],
  ['a control character', '"a\u0001"'], ['a raw line feed', '"a\nb"'],
  ['a raw tab', '"\t"'], ['an unknown escape', '"\\x41"'], ['an escape of too few digits', '"\\u12"'],
  ['an escape with a sign', '"\\u+123"'], ['an escape that is none', '"\\u00g0"'], ['a capital U', '"\\U0041"'],
  ['a string without an end', '"abc'],
  ['a backslash at the end', '"\\"'], ['single quotes', "'a'"], ['a comma at the end of an array', '[1,]'],
  ['a comma at the end of an object', '{"a":1,}'], ['a comma at the beginning', '[,1]'], ['no comma', '[1 2]'],
  ['a name without quotes', '{a:1}'],
  ['a number as a name', '{1:1}'], ['no colon', '{"a" 1}'], ['no value', '{"a":}'], ['an array without an end', '[1'],
  ['an object without an end', '{"a":1'], ['the wrong bracket', '[1}'], ['a comment', '1 // one'],
  ['capital letters', 'True'], ['a cut word', 'nul'],
  ['a no-break space', '\u00a01'], ['a form feed', '\f1'], ['a byte-order mark', '\ufeff{}'],
];

const nested = (depth) => [['[', depth], [']', depth]];

export const cases = () => [
  ...[...NUMBERS, ...STRINGS, ...OBJECTS, ...OTHERS].map((row) => ok(...row)),
  { name: '64 levels', repeat: nested(64), canonical: '['.repeat(64) + ']'.repeat(64) },
  {
    name: '64 levels of objects', repeat: [['{"a":', 63], ['{}', 1], ['}', 63]],
    canonical: `${'{"a":'.repeat(63)}{}${'}'.repeat(63)}`,
  },
  { name: '1 MiB', repeat: [['1', 1], [' ', 2 ** 20 - 1]], canonical: '1' },
  ...MALFORMED.map((row) => bad(...row)),
  { name: '65 levels', repeat: nested(65), code: 'ERR_JSON_INVALID' },
  { name: '65 levels of objects', repeat: [['{"a":', 64], ['{}', 1], ['}', 64]], code: 'ERR_JSON_INVALID' },
  { name: '65 levels, mixed', repeat: [['[{"a":', 32], ['[1]', 1], ['}]', 32]], code: 'ERR_JSON_INVALID' },
  { name: '100 000 levels', repeat: nested(100_000), code: 'ERR_JSON_INVALID' },
  { name: 'one byte more than 1 MiB', repeat: [['1', 1], [' ', 2 ** 20]], code: 'ERR_JSON_INVALID' },
  ...[
    ['a byte that begins no character', '22ff22'], ['an overlong character', '22c0af22'],
    ['a surrogate in UTF-8', '22eda08022'], ['a character cut short', '22e282'],
    ['beyond the last code point', '22f490808022'], ['a continuation byte alone', '228022'],
    ['UTF-16', 'fffe31003200'], ['a byte-order mark and a number', 'efbbbf31'], ['a NUL after the value', '3100'],
  ].map(([name, hex]) => ({ name, hex, code: 'ERR_JSON_INVALID' })),
];

/** The text of a case, as bytes. */
export function bytesOf({ text, hex, repeat }) {
  if (hex !== undefined) return Buffer.from(hex, 'hex');
  return Buffer.from(text ?? repeat.map(([piece, times]) => piece.repeat(times)).join(''));
}

export function check(testCase, { canonicalizeJson }) {
  return { canonical: canonicalizeJson(bytesOf(testCase)) };
}
