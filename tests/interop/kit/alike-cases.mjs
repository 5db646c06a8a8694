// Other spellings of one and the same message. RFC 9421 makes no difference between them, nor do we.
import { withS } from '../../node/kit/signer.mjs';
import { added, both, inBase64, input, lines, signature, target } from './changes.mjs';
import { filled } from './refused-cases.mjs';

const GET = { target: '/api/a?b=c' };
const POST = { method: 'POST', target: '/api/a?b=c', type: 'text/plain', body: 'content' };

const renamed = (change) => lines((fields) => fields.map(([name, value]) => [change(name), value]));
const stretched = (text) => text.replaceAll('" "', '"   "').replace('(', '( ').replaceAll(';', ';  ');
const spaced = lines((fields) => fields.map(([name, value]) => [name, `  ${value}  `]));
const astray = both(added('Host', 'evil.example'), added('Forwarded', 'host=evil.example'));
const withHalf = (half) => signature(inBase64((text) => withS(half, Buffer.from(text, 'base64')).toString('base64')));

/** `[what, request, after]` */
const rows = [
  ['? for no query', { target: '/api/a' }, target('/api/a?')],
  ['no query for ?', { target: '/api/a?' }, target('/api/a')],
  ['field names in upper case', POST, renamed((name) => name.toUpperCase())],
  ['field names in lower case', POST, renamed((name) => name.toLowerCase())],
  ['field lines in another order', POST, lines((fields) => [...fields].reverse())],
  ['whitespace around field values', POST, spaced],
  ['whitespace in Signature-Input', GET, input(stretched)],
  ['s in the lower half of the group', GET, withHalf('low')],
  ['s in the upper half of the group', GET, withHalf('high')],
  ['Host in upper case', GET, (signed) => added('Host', new URL(signed.origin).host.toUpperCase())(signed)],
  ['Host and Forwarded of somebody else', GET, astray],
  ['further fields, not covered', GET, both(added('X-Other', '1'), added('Accept', 'text/html'))],
];

export const ALIKE = rows.map(([what, request, after]) => filled({ what, code: 'accepted', request, after }));
