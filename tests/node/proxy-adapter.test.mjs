// Limits behind a proxy, over HTTP: `trustProxy` and `address` of the node adapter. And what a proxy or a
// client says of host and scheme: it decides nothing.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeAdapter } from 'partitioned-authority/adapters/node';
import { clientAddress } from 'partitioned-authority/verifier';
import { accepted, refused } from './kit/expect.mjs';
import { answerOf, closing, makeAuthority, parse, startSite, wire } from './kit/site.mjs';

const HOUR = 3_600_000;
const limits = { refusals: { limit: 2, windowMs: HOUR }, control: { limit: 8, windowMs: HOUR } };
const from = (address) => [['X-Forwarded-For', address]];
const forged = { bytes: () => Buffer.alloc(64) };

/** A transport over connections that are made so. */
const over = (options) => (request) =>
  new Promise((resolve, reject) => {
    const socket = connect(options);
    const chunks = [];
    socket.on('data', (chunk) => chunks.push(chunk)).on('error', reject);
    socket.on('end', () => resolve(parse(Buffer.concat(chunks))));
    socket.write(wire(request, 'app.pas.localhost'));
  });

/** Uses up the refusals of whom the fields name. */
async function exhaust(site, fields) {
  for (let i = 0; i < 2; i += 1) await refused(site.frame().plain({ target: '/api/a', fields }), 'ERR_SESSION_MISSING');
  return refused(site.frame().plain({ target: '/api/a', fields }), 'ERR_RATE_LIMITED');
}

test('by default all clients behind a proxy share one budget', async (t) => {
  const site = await startSite(t, { limits });
  const frame = await site.enrolled();
  await accepted(frame.fetch({ fields: from('192.0.2.1') }));
  await exhaust(site, from('192.0.2.1'));
  await refused(frame.fetch({ fields: from('192.0.2.2') }), 'ERR_RATE_LIMITED');
});

test('with trustProxy each client has its own', async (t) => {
  for (const trustProxy of [['loopback'], ['127.0.0.1'], ['::ffff:127.0.0.0/104'], 1]) {
    await t.test(JSON.stringify(trustProxy), async (t) => {
      const site = await startSite(t, { limits, adapter: { trustProxy } });
      const frame = await site.enrolled();
      await exhaust(site, from('192.0.2.1'));
      const lies = ['192.0.2.7, 192.0.2.1', 'unknown, 192.0.2.1', ', , 192.0.2.1', '192.0.2.1:80', '::ffff:192.0.2.1'];
      for (const lie of lies) {
        await refused(frame.fetch({ fields: from(lie) }), 'ERR_RATE_LIMITED');
        await accepted(frame.fetch({ fields: from('192.0.2.2') }));
      }
      await refused(frame.fetch({ fields: [['Forwarded', 'for=192.0.2.1;proto=https']] }), 'ERR_RATE_LIMITED');
      await accepted(frame.fetch({ fields: [['Forwarded', 'for=192.0.2.2;proto=https']] }));
    });
  }
});

test('the limit of control requests counts the same address', async (t) => {
  const site = await startSite(t, { limits, adapter: { trustProxy: ['loopback'] } });
  const frame = await site.enrolled();
  const hello = (address) =>
    frame.plain({
      method: 'POST',
      target: '/.pas/hello',
      body: Buffer.from('{}'),
      fields: [['Content-Type', 'application/json'], ['Origin', site.signOrigin], ...from(address)],
    });
  for (let i = 0; i < 8; i += 1) await accepted(hello(`192.0.2.${i + 10}, 192.0.2.1`));
  await refused(hello('192.0.2.1'), 'ERR_RATE_LIMITED');
  await accepted(hello('192.0.2.2'));
});

test('a field that came twice counts for the proxy itself, never for whom it names', async (t) => {
  const site = await startSite(t, { limits, adapter: { trustProxy: ['loopback'] } });
  const frame = await site.enrolled();
  await exhaust(site, [...from('192.0.2.1'), ...from('192.0.2.1')]);
  await accepted(frame.fetch({ fields: from('192.0.2.1') }));
  await refused(frame.fetch({ fields: [...from('192.0.2.3'), ...from('192.0.2.4')] }), 'ERR_RATE_LIMITED');
});

test('a peer in no range has no say', async (t) => {
  const site = await startSite(t, { limits, adapter: { trustProxy: ['127.0.0.2', '10.0.0.0/8'] } });
  const frame = await site.enrolled();
  await exhaust(site, from('192.0.2.1'));
  await refused(frame.fetch({ fields: from('192.0.2.2') }), 'ERR_RATE_LIMITED');
  frame.transport = over({ port: site.port, host: '127.0.0.1', localAddress: '127.0.0.2' });
  await accepted(frame.fetch({ fields: from('192.0.2.2') }));
});

test('behind a Unix socket the proxy is counted', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pas-proxy-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const site = await startSite(t, { limits, adapter: { trustProxy: 1 } });
  const path = join(folder, 'app.sock');
  const server = createServer(site.app);
  await new Promise((resolve) => server.listen(path, resolve));
  closing(t, server);
  const frame = await site.enrolled();
  frame.transport = over({ path });
  const fields = from('192.0.2.1');
  for (let i = 0; i < 2; i += 1) await refused(frame.fetch({ fields }, forged), 'ERR_SIG_INVALID');
  await refused(frame.fetch({ fields: from('192.0.2.1') }), 'ERR_RATE_LIMITED');
  await accepted(frame.fetch({ fields: from('192.0.2.2') }));
});

test('`address` is a rule of your own', async (t) => {
  const site = await startSite(t, { limits, adapter: { address: (request) => request.headers['cf-connecting-ip'] } });
  const frame = await site.enrolled();
  const named = (address) => [
    ['CF-Connecting-IP', address],
    ['X-Forwarded-For', '192.0.2.99'],
  ];
  await exhaust(site, named('192.0.2.1'));
  await accepted(frame.fetch({ fields: named('192.0.2.2') }));
  await t.test('it may give no address: nobody is limited', async () => {
    for (let i = 0; i < 6; i += 1) await refused(site.frame().plain({ target: '/api/a' }), 'ERR_SESSION_MISSING');
  });
  await t.test('or a text of its own', async () => {
    await exhaust(site, named('tenant:7'));
    await accepted(frame.fetch({ fields: named('tenant:8') }));
  });
});

test('one IPv6 network is one client, however it is written', async (t) => {
  const site = await startSite(t, { limits, adapter: { trustProxy: ['loopback'] } });
  const frame = await site.enrolled();
  await exhaust(site, from('2001:db8:0:a::1'));
  for (const same of ['2001:0db8:0000:000A:ffff::', '[2001:DB8::A:1:2:3:4]:80', '2001:db8:0:a:1:2:3.4.5.6']) {
    await refused(frame.fetch({ fields: from(same) }), 'ERR_RATE_LIMITED');
  }
  await accepted(frame.fetch({ fields: from('2001:db8:0:b::1') }));
  await t.test('with `address` too', async (t) => {
    const other = await startSite(t, { limits, adapter: { address: (request) => request.headers['x-at'] } });
    await exhaust(other, [['X-At', '2001:0DB8:0:A::1']]);
    const stranger = (address) => other.frame().plain({ target: '/api/a', fields: [['X-At', address]] });
    await refused(stranger('2001:db8::a:0:0:0:2%eth0'), 'ERR_RATE_LIMITED');
    await refused(stranger('2001:db8::b:0:0:0:2'), 'ERR_SESSION_MISSING');
  });
});

test('web-standard requests take the address from the same function', async (t) => {
  const site = await startSite(t, { limits });
  const frame = await site.enrolled();
  const addressOf = clientAddress(['10.0.0.0/8']);
  const handler = site.authority.protect({ tier: 'signed' }, () => new Response('ok'));
  frame.transport = async ({ method, target, fields }) => {
    const request = new Request(site.appOrigin + target, { method, headers: fields });
    return answerOf(await handler(request, { address: addressOf('10.0.0.1', [...request.headers].flat()) }));
  };
  const fields = from('192.0.2.1');
  for (let i = 0; i < 2; i += 1) await refused(frame.fetch({ fields }, forged), 'ERR_SIG_INVALID');
  await refused(frame.fetch({ fields: from('192.0.2.9, 192.0.2.1') }), 'ERR_RATE_LIMITED');
  await accepted(frame.fetch({ fields: from('192.0.2.2') }));
});

test('adapter options that can not be meant', (t) => {
  const { authority } = makeAuthority(t);
  const invalid = { name: 'PartitionedAuthorityError', code: 'ERR_CONFIG_INVALID' };
  const address = () => '192.0.2.1';
  for (const options of [
    undefined,
    {},
    { trustProxy: false },
    { trustProxy: 1 },
    { trustProxy: ['loopback'] },
    { address },
    { address, trustProxy: false },
    { address: undefined },
  ]) {
    assert.equal(typeof nodeAdapter(authority, options).handler, 'function');
  }
  for (const options of [
    { trustProxy: true },
    { trustProxy: [] },
    { trustProxy: 'loopback' },
    { address: '192.0.2.1' },
    { address: null },
    { trustproxy: 1 },
    { address, trustProxy: 1 },
    { address, trustProxy: ['loopback'] },
    { address, trustProxy: true },
  ])
    assert.throws(() => nodeAdapter(authority, options), invalid, JSON.stringify(options));
});

test('@authority comes from configuration: what the request says of host and scheme decides nothing', async (t) => {
  for (const trustProxy of [false, ['loopback'], 1]) {
    await t.test(`trustProxy ${JSON.stringify(trustProxy)}`, async (t) => {
      const site = await startSite(t, { adapter: { trustProxy } });
      const frame = await site.enrolled();
      const said = [
        [['Host', 'evil.example']],
        [['Host', 'evil.example:80']],
        [['Host', '']],
        [['Host', 'sign.pas.localhost']],
        [['X-Forwarded-Host', 'evil.example']],
        [['X-Forwarded-Proto', 'ftp']],
        [['X-Forwarded-Port', '1']],
        [['X-Forwarded-Server', 'evil.example']],
        [['X-Forwarded-Prefix', '/other']],
        [['Forwarded', 'for=192.0.2.1;host=evil.example;proto=gopher']],
        [['X-Host', 'evil.example']],
        [
          ['Host', 'evil.example'],
          ['X-Forwarded-Host', 'evil.example'],
          ['X-Forwarded-Proto', 'https'],
          ['Forwarded', 'host=evil.example;proto=https'],
        ],
      ];
      for (const fields of said) {
        const name = JSON.stringify(fields);
        await t.test(name, async () => {
          assert.equal((await accepted(frame.fetch({ fields }))).json.user, 'alice');
          await accepted(frame.control('ticket', { url: '/api/file' }, { fields: (sent) => [...sent, ...fields] }));
          // Signed for that other host, and said so: still not ours.
          for (const authority of ['evil.example', 'sign.pas.localhost', 'app.pas.localhost', `${frame.authority}.`]) {
            await refused(frame.fetch({ fields }, { authority }), 'ERR_SIG_INVALID');
          }
        });
      }
    });
  }
});

test('a head that names another target than the request line', async (t) => {
  const site = await startSite(t, { adapter: { trustProxy: ['loopback'] } });
  const frame = await site.enrolled();
  for (const name of ['X-Original-URL', 'X-Rewrite-URL', 'X-HTTP-Method-Override']) {
    const fields = from('192.0.2.1');
    const value = name.endsWith('URL') ? '/api/act' : 'DELETE';
    await refused(frame.fetch({ fields: [[name, value], ...fields] }), 'ERR_SIG_PROFILE');
    await accepted(frame.fetch({ fields }));
  }
});
