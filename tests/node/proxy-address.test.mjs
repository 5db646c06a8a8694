// Whose request it is: the socket's peer, or what trusted proxies say. `trustProxy`, without a server.
import assert from 'node:assert/strict';
import { BlockList, isIP, isIPv4 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { clientAddress } from 'partitioned-authority/verifier';

const PEER = '10.0.0.1';
const CLIENT = '203.0.113.9';
const forwardedFor = (...values) => values.flatMap((value) => ['X-Forwarded-For', value]);
const forwarded = (...values) => values.flatMap((value) => ['Forwarded', value]);
const ranges = clientAddress(['10.0.0.0/8', '2001:db8:aaaa::/48', 'loopback']);

/** Every row: what it shows, the fields, the address found. */
function table(t, find, rows, peer = PEER) {
  const row = ([name, fields, expected]) => t.test(name, () => assert.equal(find(peer, fields), expected));
  return Promise.all(rows.map(row));
}

test('off by default: fields have no influence', () => {
  for (const find of [clientAddress(), clientAddress(false), clientAddress(undefined)]) {
    for (const fields of [[], forwardedFor(CLIENT), forwarded(`for=${CLIENT}`), ['X-Real-IP', CLIENT]]) {
      assert.equal(find(PEER, fields), PEER);
      assert.equal(find(undefined, fields), undefined);
    }
  }
  assert.equal(clientAddress(['10.0.0.0/8'])(PEER, forwardedFor(CLIENT)), CLIENT, 'the twin');
});

test('a peer that is no trusted proxy is the client, whatever it says', () => {
  for (const peer of ['198.51.100.1', '11.0.0.1', '9.255.255.255', '2001:db8:aaab::1', '::2', '::ffff:198.51.100.1']) {
    for (const fields of [forwardedFor(CLIENT), forwardedFor(`${CLIENT}, ${PEER}`), forwarded(`for=${CLIENT}`)]) {
      assert.equal(ranges(peer, fields), peer.replace('::ffff:', ''));
    }
  }
  for (const peer of [
    PEER,
    '10.255.255.255',
    '::ffff:10.0.0.1',
    '::FFFF:a00:1',
    '127.0.0.1',
    '::1',
    '2001:db8:aaaa:ffff::1',
  ]) {
    assert.equal(ranges(peer, forwardedFor(CLIENT)), CLIENT, peer);
  }
  assert.equal(ranges(undefined, forwardedFor(CLIENT)), undefined, 'a Unix socket is in no range');
});

test('X-Forwarded-For, by ranges', (t) =>
  table(t, ranges, [
    ['no field', [], PEER],
    ['one entry', forwardedFor(CLIENT), CLIENT],
    ['another case', ['x-FORWARDED-for', CLIENT], CLIENT],
    ['among other fields', ['Host', CLIENT, ...forwardedFor(CLIENT), 'X-Real-IP', '192.0.2.66'], CLIENT],
    ['a value that is named like the field', ['X-Name', 'X-Forwarded-For', CLIENT, 'x'], PEER],
    ['what the client wrote before', forwardedFor(`192.0.2.66, ${CLIENT}`), CLIENT],
    ['a client that names a trusted proxy', forwardedFor(`10.0.0.7, ${CLIENT}`), CLIENT],
    ['two proxies', forwardedFor(`192.0.2.66, ${CLIENT}, 10.2.3.4`), CLIENT],
    ['proxies all the way', forwardedFor('10.0.0.3, 10.0.0.2'), '10.0.0.3'],
    ['no spaces', forwardedFor(`192.0.2.66,${CLIENT},10.2.3.4`), CLIENT],
    ['tabs and spaces', forwardedFor(` 192.0.2.66 ,\t${CLIENT}\t,  10.2.3.4 `), CLIENT],
    ['IPv6', forwardedFor('2001:DB8:0:0:1::0017'), '2001:db8::1:0:0:17'],
    ['IPv6 in brackets', forwardedFor('[2001:db8::17]'), '2001:db8::17'],
    ['a port', forwardedFor(`${CLIENT}:4711`), CLIENT],
    ['IPv6 with a port', forwardedFor('[2001:db8::17]:4711'), '2001:db8::17'],
    ['a trusted proxy with a port', forwardedFor(`${CLIENT}:4711, 10.0.0.2:80`), CLIENT],
    ['an IPv4-mapped address', forwardedFor(`::ffff:${CLIENT}`), CLIENT],
    ['an IPv4-mapped proxy, in hexadecimal', forwardedFor(`${CLIENT}, ::ffff:a00:2`), CLIENT],
    ['a zone', forwardedFor('fe80::1%eth0'), 'fe80::1'],
    ['garbage that nobody vouches for', forwardedFor(`<script>, ${CLIENT}`), CLIENT],
    ['the trusted proxy knows no address', forwardedFor('unknown'), PEER],
    ['a further proxy knows none', forwardedFor(`${CLIENT}, unknown, 10.0.0.2`), '10.0.0.2'],
    ['an empty value', forwardedFor(''), PEER],
    ['an empty last entry', forwardedFor(`${CLIENT}, `), PEER],
    ['twice', forwardedFor(CLIENT, CLIENT), PEER],
    ['twice, the second trusted', forwardedFor(CLIENT, '10.0.0.2'), PEER],
    ...[
      '256.0.0.1',
      '1.2.3',
      '1.2.3.4.5',
      '01.2.3.4',
      '0x7f.0.0.1',
      '2130706433',
      '1.2.3.4/32',
      '1.2.3.4:',
      '1.2.3.4:x',
      '1.2.3.4:999999',
      '1.2.3.4 5.6.7.8',
      '"1.2.3.4"',
      'for=1.2.3.4',
      '[1.2.3.4]',
      '[::1',
      '::1]',
      '[::1]x',
      '[]',
      ':',
      '::g',
      '1::2::3',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4:5:6:7::8',
      '12345::',
      '::1.2.3',
      '::1.2.3.256',
      '1.2.3.4::',
      '::1.2.3.4:5',
      '1:2:3:4:5:6:7:1.2.3.4',
      ':1:2:3:4:5:6:7:8',
      'localhost',
      '1.2.3.4%eth0',
      '::1%',
      '::1%a b',
      '%eth0',
    ].map((entry) => [`not an address: ${entry}`, forwardedFor(`${CLIENT}, ${entry}`), PEER]),
  ]));

test('Forwarded (RFC 7239), by ranges', (t) =>
  table(t, ranges, [
    ['one element', forwarded(`for=${CLIENT}`), CLIENT],
    ['all parameters', forwarded(`for=${CLIENT};proto=http;by=10.0.0.1;host=app.example.com`), CLIENT],
    ['another case and order', forwarded(`Proto=http;FOR=${CLIENT}`), CLIENT],
    ['quoted', forwarded(`for="${CLIENT}"`), CLIENT],
    ['quoted pairs', forwarded('for="\\203.0.113.9"'), CLIENT],
    ['a port', forwarded(`for="${CLIENT}:47011"`), CLIENT],
    ['an obfuscated port', forwarded(`for="${CLIENT}:_p-1.x"`), CLIENT],
    ['IPv6', forwarded('For="[2001:db8:cafe::17]:4711"'), '2001:db8:cafe::17'],
    ['what the client wrote before', forwarded(`for=192.0.2.66, for=${CLIENT}`), CLIENT],
    ['two proxies', forwarded(`for=192.0.2.66,for=${CLIENT};proto=https , for=10.0.0.2;by=10.0.0.1`), CLIENT],
    ['a comma and a semicolon in quotes', forwarded(`for=192.0.2.66;host="a, for=192.0.2.77;x",for=${CLIENT}`), CLIENT],
    ['an escaped quote', forwarded(`for=${CLIENT};host="a\\", for=192.0.2.77"`), CLIENT],
    ['for in `by` and `host` only', forwarded('by=192.0.2.66;host=192.0.2.67'), PEER],
    ['the trusted proxy knows no address', forwarded(`for=${CLIENT}, for=unknown`), PEER],
    ['the trusted proxy hides it', forwarded(`for=${CLIENT}, for=_hidden`), PEER],
    ['a further proxy hides it', forwarded(`for=${CLIENT}, for="_gazonk", for=10.0.0.2`), '10.0.0.2'],
    ['an empty last element', forwarded(`for=${CLIENT},`), PEER],
    ['an empty value', forwarded(''), PEER],
    ['`for` twice in an element', forwarded(`for=${CLIENT};for=${CLIENT}`), PEER],
    ['IPv6 without brackets', forwarded('for="2001:db8::17"'), PEER],
    ['twice', forwarded(`for=${CLIENT}`, `for=${CLIENT}`), PEER],
    ...[
      `for="192.0.2.66, for=${CLIENT}`,
      `for=192.0.2.66", for=${CLIENT}`,
      `for=192.0.2.66 for=${CLIENT}`,
      `x="\\, for=${CLIENT}`,
      `for = ${CLIENT}`,
      `for=[::1]`,
      `for=${CLIENT}:80`,
      `=${CLIENT}`,
      `for`,
      `for=`,
      `{}=1;for=${CLIENT}`,
      `for="a", "b", for=${CLIENT}`,
      `a="b"c, for=${CLIENT}`,
    ].map((value) => [`malformed: ${value}`, forwarded(value), PEER]),
  ]));

test('both fields: they agree, or neither counts', (t) =>
  table(t, ranges, [
    ['the same', [...forwardedFor(CLIENT), ...forwarded(`for=${CLIENT}`)], CLIENT],
    ['the same, in other words', [...forwardedFor(`::ffff:${CLIENT}`), ...forwarded(`for="${CLIENT}:80"`)], CLIENT],
    ['the same, by other ways', [...forwardedFor(`${CLIENT}, 10.0.0.2`), ...forwarded(`for=${CLIENT}`)], CLIENT],
    ['a client that adds Forwarded', [...forwardedFor(CLIENT), ...forwarded('for=192.0.2.66')], PEER],
    ['a client that adds X-Forwarded-For', [...forwarded(`for=${CLIENT}`), ...forwardedFor('192.0.2.66')], PEER],
    ['a malformed Forwarded', [...forwardedFor(CLIENT), ...forwarded('"')], PEER],
    ['an empty Forwarded', [...forwardedFor(CLIENT), ...forwarded('')], PEER],
    ['an empty X-Forwarded-For', [...forwardedFor(''), ...forwarded(`for=${CLIENT}`)], PEER],
    ['one of them twice', [...forwardedFor(CLIENT), ...forwarded(`for=${CLIENT}`, `for=${CLIENT}`)], PEER],
  ]));

test('by number', (t) => {
  const fields = forwardedFor(`192.0.2.66, ${CLIENT}, 198.51.100.2`);
  const expected = { 1: '198.51.100.2', 2: CLIENT, 3: '192.0.2.66', 4: '192.0.2.66' };
  for (const [hops, address] of Object.entries(expected)) {
    assert.equal(clientAddress(Number(hops))(PEER, fields), address);
  }
  return table(t, clientAddress(1), [
    ['no field', [], PEER],
    ['Forwarded', forwarded(`for=192.0.2.66, for=${CLIENT}`), CLIENT],
    ['malformed', forwardedFor(`${CLIENT}, x`), PEER],
    ['twice', forwardedFor(CLIENT, CLIENT), PEER],
  ]).then(() =>
    t.test('a Unix socket has no address, its proxy is counted', () => {
      assert.equal(clientAddress(1)(undefined, forwardedFor(`192.0.2.66, ${CLIENT}`)), CLIENT);
      assert.equal(clientAddress(1)(undefined, forwardedFor(`${CLIENT}, x`)), undefined);
    }),
  );
});

test('a range is of one family', () => {
  for (const [range, peer] of [
    ['::/96', '0.0.0.0'],
    ['::/1', '1.2.3.4'],
    ['0.0.0.0/8', '::'],
    ['0.0.0.0/8', '::1'],
    ['::ffff:0.0.0.0/97', '::'],
  ]) {
    assert.equal(clientAddress([range])(peer, forwardedFor(CLIENT)), peer, `${range} has not ${peer}`);
    const first = range.split('/')[0];
    assert.equal(clientAddress([range])(first, forwardedFor(CLIENT)), CLIENT, `${range} has ${first}`);
  }
});

test('names of ranges', () => {
  const names = {
    loopback: [
      ['127.0.0.1', '127.255.255.255', '::1'],
      ['126.255.255.255', '128.0.0.0', '::', '::2'],
    ],
    linklocal: [
      ['169.254.0.0', '169.254.255.255', 'fe80::', 'febf:ffff::1', 'fe80::1%eth0'],
      ['169.253.255.255', '169.255.0.0', 'fec0::', 'fe7f::'],
    ],
    uniquelocal: [
      [
        '10.0.0.0',
        '10.255.255.255',
        '172.16.0.0',
        '172.31.255.255',
        '192.168.0.0',
        '192.168.255.255',
        'fc00::',
        'fdff:ffff::',
      ],
      [
        '9.255.255.255',
        '11.0.0.0',
        '172.15.255.255',
        '172.32.0.0',
        '192.167.255.255',
        '192.169.0.0',
        'fbff::',
        'fe00::',
      ],
    ],
  };
  for (const [name, [inside, outside]] of Object.entries(names)) {
    const find = (peer) => clientAddress([name])(peer, forwardedFor(CLIENT));
    for (const peer of inside) assert.equal(find(peer), CLIENT, `${name} has ${peer}`);
    for (const peer of outside) assert.equal(find(peer), peer, `${name} has not ${peer}`);
  }
});

test('what can not be meant is refused', async (t) => {
  const good = [
    false,
    undefined,
    1,
    16,
    ['10.0.0.0/8'],
    ['10.0.0.1'],
    ['::1'],
    ['::ffff:10.0.0.0/104'],
    ['fe80::/10', 'loopback'],
    ['128.0.0.0/1'],
    ['0.0.0.0/32'],
    Object.freeze(['10.0.0.1']),
  ];
  for (const value of good) {
    await t.test(`accepted: ${JSON.stringify(value)}`, () => assert.equal(typeof clientAddress(value), 'function'));
  }
  const bad = [
    true,
    null,
    0,
    -1,
    1.5,
    NaN,
    Infinity,
    17,
    '1',
    'loopback',
    '10.0.0.0/8',
    {},
    () => true,
    [],
    [1],
    [null],
    [undefined],
    [['10.0.0.1']],
    ['10.0.0.1', ''],
    ['10.0.0.1/8'],
    ['10.0.0.0/33'],
    ['10.0.0.0/08'],
    ['10.0.0.0/-1'],
    ['10.0.0.0/'],
    ['10.0.0.0/8/8'],
    ['10.0.0/8'],
    ['10.0.0.0/255.0.0.0'],
    [' 10.0.0.1'],
    ['10.0.0.1 '],
    ['::1/129'],
    ['fe80::1%eth0'],
    ['[::1]'],
    ['::1::'],
    ['::ffff:10.0.0.1/104'],
    ['localhost'],
    ['Loopback'],
    ['toString'],
    ['__proto__'],
    ['*'],
    ['10.0.0.1:80'],
    ['0.0.0.0/0'],
    ['::/0'],
    ['::ffff:0.0.0.0/96'],
    ['10.0.0.1', '0.0.0.0/0'],
    ['10.0.0.1, 10.0.0.2'],
  ];
  const invalid = { name: 'PartitionedAuthorityError', code: 'ERR_CONFIG_INVALID', message: /^trustProxy: / };
  for (const value of bad) {
    const name = `refused: ${JSON.stringify(value) ?? String(value)}`;
    await t.test(name, () => assert.throws(() => clientAddress(value), invalid));
  }
});

const ipv6 = fc.oneof(
  fc.ipV6(),
  fc.array(fc.constantFrom('0', '1', 'ffff', 'abc'), { minLength: 8, maxLength: 8 }).map((groups) => groups.join(':')),
);
const address = fc.oneof(fc.ipV4(), ipv6);
/** One text per address: the URL parser's for IPv6, with IPv4-mapped addresses as IPv4. */
function plain(text) {
  if (isIPv4(text)) return text;
  const canonical = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(canonical);
  if (!mapped) return canonical;
  const groups = mapped.slice(1).map((group) => Number.parseInt(group, 16));
  return groups.flatMap((group) => [group >> 8, group & 255]).join('.');
}

test('every address is found, in its one text, with and without a port', () => {
  fc.assert(
    fc.property(address, fc.integer({ min: 0, max: 65_535 }), (client, port) => {
      const one = clientAddress(1);
      assert.equal(one(PEER, forwardedFor(client)), plain(client));
      const host = client.includes(':') ? `[${client}]` : client;
      assert.equal(one(PEER, forwardedFor(`${host}:${port}`)), plain(client));
      assert.equal(one(PEER, forwarded(`for="${host}:${port}"`)), plain(client));
      assert.equal(one(client, []), plain(client));
    }),
    { numRuns: 2000 },
  );
});

test('an address is what node:net calls one', () => {
  const near = fc.oneof(
    fc.stringMatching(/^[0-9a-f:.]{0,24}$/),
    fc.stringMatching(/^[0-9]{1,3}(\.[0-9]{1,3}){3}$/),
    fc.stringMatching(/^([0-9a-f]{0,4}:){1,8}[0-9a-f]{0,4}$/),
    fc.stringMatching(/^([0-9a-f]{1,4}:){0,6}:[0-9.]{6,11}$/),
  );
  let both = 0;
  fc.assert(
    fc.property(near, (text) => {
      const one = clientAddress(1);
      const found = one(undefined, forwardedFor(`[${text}]`)) ?? one(undefined, forwarded(`for="${text}"`));
      const known = isIP(text) === 0 ? undefined : plain(text);
      // A name without brackets can be an IPv4 address with a port.
      if (known === undefined && /^[\d.]+:\d{1,5}$/.test(text)) return;
      both += known === undefined ? 0 : 1;
      assert.equal(found, known, text);
    }),
    { numRuns: 20_000 },
  );
  assert.ok(both > 1000, `${both} addresses`);
});

test('a range is what node:net makes of it', () => {
  const seen = { in: 0, out: 0 };
  fc.assert(
    fc.property(address, fc.double({ min: 0.01, max: 1, noNaN: true }), fc.nat(127), (base, share, flip) => {
      const text = plain(base);
      const [family, size] = isIPv4(text) ? ['ipv4', 32] : ['ipv6', 128];
      const bits = Math.max(1, Math.ceil(share * size));
      const list = new BlockList();
      list.addSubnet(text, bits, family);
      // The first address of the range, and one that differs in one bit.
      const number = toBits(text);
      const first = number.slice(0, bits).padEnd(size, '0');
      const at = flip % size;
      const other = number.slice(0, at) + (number[at] === '0' ? '1' : '0') + number.slice(at + 1);
      const find = clientAddress([`${toText(first)}/${bits}`]);
      for (const peer of [text, toText(other)]) {
        const trusted = list.check(peer, family);
        seen[trusted ? 'in' : 'out'] += 1;
        const expected = trusted ? CLIENT : plain(peer);
        assert.equal(find(peer, forwardedFor(CLIENT)), expected, `${peer} in ${toText(first)}/${bits}`);
      }
    }),
    { numRuns: 2000 },
  );
  assert.ok(seen.in > 500 && seen.out > 500, JSON.stringify(seen));
});

function toBits(text) {
  if (isIPv4(text))
    return text
      .split('.')
      .map((octet) => Number(octet).toString(2).padStart(8, '0'))
      .join('');
  const [left, right] = text.split('::').map((side) => (side === '' ? [] : side.split(':')));
  const missing = right === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...new Array(missing).fill('0'), ...(right ?? [])];
  return groups.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0')).join('');
}

function toText(bits) {
  const size = bits.length === 32 ? 8 : 16;
  const groups = bits.match(new RegExp(`.{${size}}`, 'g')).map((group) => Number.parseInt(group, 2));
  return size === 8 ? groups.join('.') : plain(groups.map((group) => group.toString(16)).join(':'));
}

const outside = address.filter((text) => {
  const list = new BlockList();
  list.addSubnet('10.0.0.0', 8, 'ipv4');
  list.addSubnet('127.0.0.0', 8, 'ipv4');
  list.addAddress('::1', 'ipv6');
  list.addSubnet('2001:db8:aaaa::', 48, 'ipv6');
  const canonical = plain(text);
  return !list.check(canonical, isIPv4(canonical) ? 'ipv4' : 'ipv6');
});
const proxies = fc.array(
  fc.integer({ min: 2, max: 255 }).map((n) => `10.0.0.${n}`),
  { maxLength: 3 },
);
/** What a client may write: anything a field value may hold. */
const lies = fc.oneof(
  address,
  fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]{0,40}$/),
  fc.constantFrom('', ',', '"', 'unknown', '10.0.0.7', ', ,', '10.0.0.7,10.0.0.8'),
);

test('no lie of the client moves its address: X-Forwarded-For', () => {
  fc.assert(
    fc.property(lies, outside, proxies, (lie, client, between) => {
      const value = [lie, client, ...between].join(', ');
      assert.equal(ranges(PEER, forwardedFor(value)), plain(client));
      assert.equal(clientAddress(between.length + 1)(PEER, forwardedFor(value)), plain(client));
    }),
    { numRuns: 5000 },
  );
});

test('no lie of the client moves its address to another client: Forwarded, or both fields', () => {
  let found = 0;
  fc.assert(
    fc.property(lies, lies, outside, proxies, (lie, further, client, between) => {
      const node = (text) => (text.includes(':') ? `for="[${text}]"` : `for=${text}`);
      const honest = [client, ...between];
      const one = ranges(PEER, forwarded([lie, ...honest.map(node)].join(', ')));
      // A value that is malformed as a whole says nothing, for quotes can't be read from the right.
      assert.ok([plain(client), PEER].includes(one), one);
      found += one === PEER ? 0 : 1;
      const both = ranges(PEER, [...forwardedFor([lie, ...honest].join(', ')), ...forwarded(further)]);
      assert.ok([plain(client), PEER].includes(both), both);
      const reversed = ranges(PEER, [...forwarded(honest.map(node).join(', ')), ...forwardedFor(further)]);
      assert.ok([plain(client), PEER].includes(reversed), reversed);
    }),
    { numRuns: 5000 },
  );
  assert.ok(found > 100, `${found} found`);
});

test('long values cost no more than their length', () => {
  // Quadratic reading of these would take minutes.
  const long = 1_000_000;
  const texts = [' ', '\t', ',', '"', '\\', ':', '.', '1.', '%', '=', 'a', '"a\\', 'for=1.2.3.4,', ';', '[', '0:'];
  for (const text of texts) {
    const value = text.repeat(long / text.length);
    assert.equal(ranges(PEER, forwardedFor(`${value}, ${CLIENT}`)), CLIENT);
    assert.ok([PEER, '1.2.3.4'].includes(ranges(PEER, forwarded(value))), text);
    assert.equal(ranges(PEER, [...forwardedFor(value), ...forwarded(`for=${CLIENT}`)]), PEER);
  }
});
