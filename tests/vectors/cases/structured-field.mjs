// RFC 9651: texts, what they say, and the one way to say it. Byte sequences are hexadecimal here.
export const about =
  'RFC 9651: `text` of `type`, its parsed `value` with doubled keys resolved, its `canonical` text. The value ' +
  'of a byte sequence is hexadecimal.';

const ITEMS = [
  // integers
  ['0'], ['42'], ['-42'], ['-0', '0'], ['00', '0'], ['-007', '-7'], ['999999999999999'], ['-999999999999999'],
  ['000000000000001', '1'],
  // decimals
  ['1.5'], ['-1.5'], ['1.0'], ['1.00', '1.0'], ['1.500', '1.5'], ['0.001'], ['-0.001'], ['0.010', '0.01'],
  ['-0.0', '0.0'], ['00.5', '0.5'], ['123456789012.123'], ['-999999999999.999'], ['999999999999.9'],
  // strings
  ['""'], ['"hello world"'], ['"\\"\\\\"'], ['" ~!"'], ['"a, b;c=(d)"'], ['"%22"'],
  // tokens
  ['a'], ['A'], ['*'], ['*a/b:c'], ["a!#$%&'*+-.^_`|~:/9"], ['foo123/456'], ['ABC-def'], ['a.b'],
  // byte sequences
  ['::'], [':aGVsbG8=:'], [':AA==:'], [':+/8=:'], [':aGVsbG8:', ':aGVsbG8=:'], [':aGVsbG9=:', ':aGVsbG8=:'],
  [':AA=:', ':AA==:'], [':iZ==:', ':iQ==:'],
  // booleans
  ['?1'], ['?0'],
  // dates
  ['@0'], ['@1659578233'], ['@-62135596800'], ['@-0', '@0'], ['@253402214400'], ['@999999999999999'], ['@007', '@7'],
  // display strings
  ['%""'], ['%"foo"'], ['%"f%c3%bc%c3%bc"'], ['%"%25%22%00%7f"'], ['%"%f0%9f%98%80"'], ['%"%66oo"', '%"foo"'],
  ['%"%ef%bb%bfa"'], ['%"a\\b"'], ['%"%e2%80%a8"'],
  // whitespace around
  [' 1', '1'], ['1  ', '1'], ['   a   ', 'a'],
  // parameters
  ['1;a'], ['1;a=1;b="x";c=tok;d=:AA==:;e=?0;f=@1;g=1.5;h=%"u"'], ['1;a=?1', '1;a'], ['1;  a;   b=2', '1;a;b=2'],
  ['1;a;a', '1;a'], ['1;a=1;a=2', '1;a=2'], ['1;a=1;b=2;a=3', '1;a=3;b=2'],
  ['1;*k=1'], ['1;k_1-2.3*=x'], ['?1;a=?0'], ['"s";a="t"'], ['@1;a=@2'], ['%"x";a=%"%c3%a9"'], [':AA==:;a=::'],
  ['1;a=-0', '1;a=0'], ['tok;tok=tok'],
];

const ITEMS_REFUSED = [
  ['nothing', ''], ['spaces only', '  '], ['a tab before', '\t1'], ['a tab after', '1\t'], ['two items', '1 2'],
  ['a list', '1, 2'], ['an inner list', '(1)'], ['a lone sign', '-'], ['two signs', '--1'], ['a plus sign', '+1'],
  ['16 digits', '1000000000000000'], ['16 digits, negative', '-1000000000000000'],
  ['16 digits with leading zeros', '0000000000000001'], ['a sign inside', '1-2'], ['no digit after the point', '1.'],
  ['no digit before the point', '.1'], ['four digits after the point', '1.1234'],
  ['13 digits before the point', '1234567890123.1'], ['two points', '1.2.3'], ['an exponent', '1e3'],
  ['a minus and a point', '-.5'],
  ['a comma as the point', '1,5'], ['hexadecimal', '0x1'], ['a string without an end', '"a'],
  ['an escape of a letter', '"\\a"'], ['a backslash at the end', '"\\'], ['an escaped quote and no end', '"\\"'],
  ['a line feed in a string', '"a\nb"'], ['a tab in a string', '"a\tb"'], ['NUL in a string', '"\0"'],
  ['DEL in a string', '"\x7f"'], ['a letter beyond ASCII', '"\u00fc"'],
  ['a letter beyond Latin-1', '"\u20ac"'], ['single quotes', "'a'"], ['two strings', '"a""b"'],
  ['a token that begins with a digit', '1a'], ['a token that begins with an underscore', '_a'],
  ['a token with a bracket', 'a(b'], ['a token with a quote', 'a"b"'], ['a token beyond ASCII', 't\u00f6k'],
  ['a token with @', 'a@b'],
  ['base64 without an end', ':AAAA'], ['base64 of one character', ':A:'], ['five characters of base64', ':AAAAA:'],
  ['base64url', ':-_8=:'], ['a space in base64', ':AA ==:'], ['a space before base64', ': AAAA:'],
  ['padding first', ':=AAA:'], ['padding inside', ':A=A=:'], ['padding of nothing', ':=:'],
  ['padding of whole bytes', ':AAAA=:'], ['too much padding', ':AA===:'],
  ['padding after three', ':AAA==:'], ['no colons', 'AAAA=='], ['a star in base64', ':AA*=:'],
  ['a line feed in base64', ':AAAA\n:'], ['a question mark', '?'], ['?2', '?2'], ['?true', '?true'], ['?-1', '?-1'],
  ['?10', '?10'], ['? 1', '? 1'], ['a date without digits', '@'], ['a date that is a decimal', '@1.5'],
  ['a date with a point', '@1.'], ['a date in words', '@today'], ['a date with a plus sign', '@+1'],
  ['a date of 16 digits', '@1000000000000000'], ['a date with a space', '@ 1'], ['two @', '@@1'],
  ['a percent sign', '%'], ['a display string without quotes', '%foo'], ['a display string without an end', '%"foo'],
  ['capital hexadecimal', '%"%C3%BC"'], ['half an escape', '%"%c"'], ['an escape at the end', '%"%'],
  ['no hexadecimal', '%"%zz"'], ['not UTF-8', '%"%ff"'], ['UTF-8 cut short', '%"%c3"'],
  ['an overlong character', '%"%c0%af"'], ['a surrogate', '%"%ed%a0%80"'],
  ['beyond the last code point', '%"%f4%90%80%80"'], ['a raw letter beyond ASCII', '%"\u00fc"'],
  ['a raw letter beyond Latin-1', '%"\u20ac"'], ['a raw control', '%"\u0001"'], ['a raw DEL', '%"\x7f"'],
  ['a quote in a display string', '%"a"b"'], ['a parameter without a name', '1;'], ['two semicolons', '1;;a'],
  ['a parameter in capitals', '1;A'], ['a parameter that begins with a digit', '1;1'],
  ['a parameter that begins with an underscore', '1;_a'], ['a parameter without its value', '1;a='],
  ['a space before the semicolon', '1 ;a'], ['a tab after the semicolon', '1;\ta'], ['a space around =', '1;a =1'],
  ['a space after =', '1;a= 1'], ['an inner list as a parameter', '1;a=(1)'], ['a semicolon first', ';a'],
  ['a line feed at the end', '1\n'], ['a BOM', '\ufeff1'],
];

const LISTS = [
  [''], ['1'], ['1, 2'], ['1,2', '1, 2'], ['1 , 2', '1, 2'], ['1,\t2', '1, 2'], ['1 \t , \t 2', '1, 2'],
  ['  1, 2  ', '1, 2'], ['1, 2\t', '1, 2'], ['a;x, b;y=1'], ['()'], ['( )', '()'], ['(1)'], ['(1 2)'],
  ['( 1   2 )', '(1 2)'], ['("a" tok :AA==: ?1 @1 %"x" 1.5)'], ['(1;a 2;b);c'], ['(a), (b);x=1, c'], ['();a;b=?0'],
  ['(1 2), (3), ()'],
  ['"a, b", c'], ['1;a=1;a=2, 2', '1;a=2, 2'], ['(1;a=1;a=2);b=1;b=2', '(1;a=2);b=2'], ['?1, ?0'], ['a, a, a'],
];

const LISTS_REFUSED = [
  ['a comma', ','], ['a comma first', ', 1'], ['a comma last', '1,'], ['a comma and space last', '1, '],
  ['two commas', '1,,2'], ['no comma', '1 2'], ['a semicolon between', '1; 2'], ['a tab before', '\t1'],
  ['an open bracket', '('], ['no closing bracket', '(1 2'], ['a closing bracket', ')'],
  ['a comma in an inner list', '(1, 2)'], ['a tab in an inner list', '(1\t2)'],
  ['no space in an inner list', '("a""b")'], ['nested inner lists', '((1))'], ['text after an inner list', '(1)2'],
  ['a space before a parameter', '(1) ;a'], ['a bad member', '1, A B'], ['a line feed', '1,\n2'],
  ['a key and a value', 'a=1'], ['nothing between commas', '1, , 2'],
];

const DICTIONARIES = [
  [''], ['a=1'], ['a=1, b=2'], ['a=1,b=2', 'a=1, b=2'], ['a'], ['a, b'], ['a=?1', 'a'], ['a=?0'], ['a;x'],
  ['a;x=1, b=2;y'], ['a=?1;x=1', 'a;x=1'], ['a=(1 2);x'], ['a=()'], ['a=(?1)'], ['a=1;p, b;q, c=(d);r'],
  ['a=1, a=2', 'a=2'], ['a=1, b=2, a=3', 'a=3, b=2'], ['a=1, a', 'a'], ['a, a=(1)', 'a=(1)'], ['a=1;x, a=2', 'a=2'],
  ['*=1'], ['*a-b_c.d*1=x'], ['a=1 \t,\t b=2', 'a=1, b=2'], ['  a=1  ', 'a=1'], ['a=1\t', 'a=1'],
  ['en="Applepie", da=:w4ZibGV0w6ZydGU=:'], ['rating=1.5, feelings=(joy sadness)'], ['a=%"%c3%bc", b=@1'],
  ['pas=("@method" "@path");created=1;tag="pas-1"'],
];

const DICTIONARIES_REFUSED = [
  ['a comma', ','], ['a comma first', ', a=1'], ['a comma last', 'a=1,'], ['a comma and tab last', 'a=1,\t'],
  ['two commas', 'a=1,,b=2'], ['no value', 'a='], ['no value before a comma', 'a=, b=1'], ['a space before =', 'a =1'],
  ['a space after =', 'a= 1'], ['two =', 'a==1'], ['a key in capitals', 'A=1'], ['a capital inside a key', 'aB=1'],
  ['a key that begins with a digit', '1a=1'],
  ['a key that begins with a hyphen', '-a=1'], ['a key in quotes', '"a"=1'], ['no key', '=1'], ['no comma', 'a=1 b=2'],
  ['a semicolon between', 'a=1; b=2 c'], ['a value only', '1'], ['an inner list only', '(1)'],
  ['an open bracket', 'a=(1'], ['a tab before', '\ta=1'], ['a line feed', 'a=1\n'], ['a key beyond ASCII', '\u00e4=1'],
  ['a bad value', 'a=1.'], ['a bad second value', 'a=1, b="'], ['a slash in a key', 'a/b=1'],
];

const accepted = (type, rows) => rows.map(([text, canonical = text]) => ({
  name: `${type} ${text}`, type, text, canonical,
}));
const refused = (type, rows) => rows.map(([name, text]) => ({
  name: `${type}: ${name}`, type, text, code: 'ERR_SIG_MALFORMED',
}));

export const cases = () => [
  ...accepted('item', ITEMS), ...accepted('list', LISTS), ...accepted('dictionary', DICTIONARIES),
  ...refused('item', ITEMS_REFUSED), ...refused('list', LISTS_REFUSED), ...refused('dictionary', DICTIONARIES_REFUSED),
];

/** A value with its bytes as hexadecimal text: what JSON can hold. */
export function plain(value) {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

export function check({ type, text }, { sf }) {
  const value = sf.parse(type, text);
  return { value: plain(value), canonical: sf.serialize(type, value) };
}
