// RFC 9651, one character at a time: which of the first 256 may stand at a place.
export const about =
  'RFC 9651: of the 256 characters U+0000 to U+00FF, `accepted` are those with which `before`, the character and ' +
  '`after` make a value of `type`.';

const PLACES = [
  ['alone', 'item', '', ''],
  ['the first of an item', 'item', '', '1'],
  ['the last of an item', 'item', '1', ''],
  ['inside a token', 'item', 'a', 'a'],
  ['inside a string', 'item', '"', '"'],
  ['after a backslash in a string', 'item', '"\\', '"'],
  ['inside a display string', 'item', '%"', '"'],
  ['a digit of an escape in a display string', 'item', '%"%4', '"'],
  ['inside a number', 'item', '1', '1'],
  ['after the point', 'item', '1.', ''],
  ['inside a byte sequence', 'item', ':AAA', ':'],
  ['after a question mark', 'item', '?', ''],
  ['after an at sign', 'item', '@', ''],
  ['the first of a parameter', 'item', '1;', '=1'],
  ['inside the key of a parameter', 'item', '1;a', 'a=1'],
  ['after the equals sign of a parameter', 'item', '1;a=', ''],
  ['between items of a list', 'list', 'a', 'b'],
  ['around the comma of a list', 'list', 'a,', 'b'],
  ['the first of an inner list', 'list', '(', '1)'],
  ['between items of an inner list', 'list', '(1', '2)'],
  ['after an inner list', 'list', '(1)', ''],
  ['the first of a key', 'dictionary', '', '=1'],
  ['inside a key', 'dictionary', 'a', 'a=1'],
  ['after a key', 'dictionary', 'a', '1'],
  ['the first of a value', 'dictionary', 'a=', ''],
  ['between members of a dictionary', 'dictionary', 'a=1', 'b=2'],
];

export const cases = () => PLACES.map(([name, type, before, after]) => ({ name, type, before, after }));

/** The characters for which `accepts(text)` holds. */
export function acceptedAt({ before, after }, accepts) {
  const characters = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
  return characters.filter((character) => accepts(before + character + after)).join('');
}

export function check(place, { attempt, sf }) {
  return { accepted: acceptedAt(place, (text) => attempt(() => sf.parse(place.type, text)).code === undefined) };
}
