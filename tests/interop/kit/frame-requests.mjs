// What a page has its frame sign: requests as `fetch` takes them, of every shape that a browser makes.

export const JSON_TYPE = { 'content-type': 'application/json' };
const ODD_TYPE = { 'content-type': 'application/vnd.a+b; q="z;,\\""' };

/** `[what, target, init]` */
export const FETCHES = [
  ['GET without a query', '/any'],
  ['GET with an empty query', '/any?'],
  ['GET with a query', '/any?to=bob&amount=1'],
  ['a query with a name twice', '/any?to=bob&to=eve'],
  ['two question marks', '/any??a=?'],
  ['a fragment', '/any?a=1#top?b'],
  ['percent-encodings, both cases of hex', '/any/%2F%2f/%41/%c3%A9/%7e~?%41=%2f&b=%C3%a9+%20'],
  ['characters outside ASCII', '/any/é ☃?é=☃'],
  ['dot segments, plain and encoded', '/any/./b/../c/%2e%2E/d/.'],
  ['empty segments', '/any//a///'],
  ['delimiters', "/any/a;b=c,d/e(f)*!$&+:@~?a;b,c(d)*!$&+:@/?'"],
  ['backslashes', '\\any\\b'],
  ['tabs and newlines', ' /an\ty?x\r\n '],
  ['a long query', `/any?${'x'.repeat(4_000)}`],
  ['HEAD', '/any', { method: 'HEAD' }],
  ['DELETE', '/any/1', { method: 'DELETE' }],
  ['QUERY', '/any', { method: 'QUERY', body: 'q' }],
  ['POST without content', '/any', { method: 'POST' }],
  ['POST with a content type and no content', '/any', { method: 'POST', headers: JSON_TYPE }],
  ['POST with an empty string', '/any', { method: 'POST', body: '' }],
  ['POST with JSON', '/any?b=c', { method: 'POST', headers: JSON_TYPE, body: '{"to":"bob","é":"☃"}' }],
  ['PUT with text', '/any', { method: 'PUT', body: 'naïve ☃ \u{1F600}\r\n\0' }],
  ['PATCH, a content type with parameters', '/any', { method: 'PATCH', headers: ODD_TYPE, body: 'x' }],
  ['other fields, not covered', '/any', { headers: { 'x-other': 'a', accept: 'text/x' } }],
];

/** Bodies that only a page can make: `[what, function for the page]`. */
export const BODIES = [
  [
    'URLSearchParams',
    () =>
      new URLSearchParams([
        ['a', '1 &='],
        ['é', '☃'],
        ['a', ''],
      ]),
  ],
  [
    'FormData',
    () => {
      const form = new FormData();
      form.append('na"me', 'va\nlue');
      form.append('file', new File([new Uint8Array([0, 255, 13, 10])], 'a"b.bin', { type: 'application/x-odd' }));
      return form;
    },
  ],
  ['a Blob without a type', () => new Blob(['x'])],
  ['a Blob with a type', () => new Blob(['<a>'], { type: 'text/xml' })],
  ['every byte, 70,000 of them', () => Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7) % 256)],
  ['a stream', () => new Blob(['one', 'two']).stream()],
];

/** Spellings of the app's own URL: `[what, function of its origin]`. */
export const URLS = [
  ['an absolute URL', (origin) => `${origin}/any?x`],
  ['the host in upper case', (origin) => `${origin.replace('app.', 'APP.').replace('localhost', 'LocalHost')}/any?x`],
  ['the host percent-encoded', (origin) => `${origin.replace('app.', '%61pp.')}/any?x`],
  ['the scheme in upper case', (origin) => `${origin.replace('http', 'HTTP')}/any?x`],
  ['backslashes before the host', (origin) => `${origin.replace('//', '\\\\')}/any?x`],
  ['dots and a fragment', (origin) => `${origin}/x/../any/./?x#y`],
];

/** The same where the host has an internationalised name and the port is the scheme's own. */
export const NAMED = {
  appOrigin: 'http://app.xn--bcher-kva.localhost',
  signOrigin: 'http://sign.xn--bcher-kva.localhost',
  urls: [
    ['a name of IDNA: a relative URL', '/any?x'],
    ['the name in ASCII', 'http://app.xn--bcher-kva.localhost/any?x'],
    ['the name in its own script', 'http://app.bücher.localhost/any?x'],
    ['the name in its own script, in upper case', 'http://APP.BÜCHER.localhost/any?x'],
    ['the name percent-encoded', 'http://app.b%C3%BCcher.localhost/any?x'],
    ['the default port', 'http://app.bücher.localhost:80/any?x'],
    ['the default port with a zero', 'http://app.xn--bcher-kva.localhost:080/any?x'],
    ['an empty port', 'http://app.xn--bcher-kva.localhost:/any?x'],
  ],
};
