// Behind the documented nginx; and what happens behind one that is set up otherwise.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { accepted, refused } from '../node/kit/expect.mjs';
import { exchange } from '../node/kit/site.mjs';
import { behaves } from './kit/behaviour.mjs';
import { makeCertificate } from './kit/certificate.mjs';
import { http1 } from './kit/client.mjs';
import { startNginx } from './kit/nginx.mjs';
import { startStack } from './kit/site.mjs';

const certificate = makeCertificate({ after });

behaves(startNginx, {
  certificate,
  targets: { refused: ['/..', '/../a', '/%2e%2e/a', '/a%', '/%zz', '/a%00'], changed: [] },
});

const PASS = 'proxy_pass http://app;';
const LOCATION = '    location / {\n        # Without a URI';
/** A directive before the location of the app. */
const before = (directive) => [LOCATION, `    ${directive}\n${LOCATION}`];

/** A stack whose config has every `from` replaced by `to`, and a browser in front. */
async function otherwise(t, edits, options = {}) {
  const site = await startStack(t, { proxy: startNginx, certificate, edits, ...options });
  return { site, frame: await site.enrolled() };
}

test('other host names end at nginx', async (t) => {
  const { site, frame } = await otherwise(t, []);
  site.forget();
  const evil = [['Host', 'evil.example']];
  assert.equal((await frame.fetch({ fields: evil })).status, 421);
  assert.equal((await exchange(site.front.http, { method: 'GET', target: '/', fields: evil })).status, 421);
  const stranger = http1({ port: site.front.https, ca: certificate.ca, servername: 'evil.example' });
  await assert.rejects(stranger({ method: 'GET', target: '/', fields: evil }), /unrecognized name/);
  assert.deepEqual(site.requests, []);
  await accepted(frame.fetch());
});

test('proxy_pass with a URI: what it rewrites is refused, and nothing else runs', async (t) => {
  const { site, frame } = await otherwise(t, [[PASS, 'proxy_pass http://app/;']]);
  for (const [target, arrives] of [
    ['/api/x/../a', '/api/a'],
    ['/api/%61', '/api/a'],
    ['/%61pi/a', '/api/a'],
    ['/api/./a?x', '/api/a?x'],
    ['/api/a%2Fb', '/api/a/b'],
    ['/x/..//api/a', '//api/a'],
  ]) {
    await t.test(target, async () => {
      site.forget();
      await refused(frame.fetch({ target }), 'ERR_SIG_INVALID');
      assert.deepEqual([site.requests.at(-1).target, site.seen], [arrives, []]);
      await accepted(frame.fetch({ target: arrives }));
    });
  }
  await t.test('slashes that are merged', async (t) => {
    const merging = await otherwise(t, [
      [PASS, 'proxy_pass http://app/;'],
      ['merge_slashes off;', ''],
    ]);
    merging.site.forget();
    await refused(merging.frame.fetch({ target: '//api//a' }), 'ERR_SIG_INVALID');
    assert.deepEqual([merging.site.requests.at(-1).target, merging.site.seen], ['/api/a', []]);
    await accepted(frame.fetch({ target: '//api//a' }));
  });
});

test('a prefix that is taken off', async (t) => {
  const { site, frame } = await otherwise(t, [before('location /v1/ { proxy_pass http://app/; }')]);
  site.forget();
  await refused(frame.fetch({ target: '/v1/api/a' }), 'ERR_SIG_INVALID');
  assert.deepEqual([site.requests.at(-1).target, site.seen], ['/api/a', []]);
  await accepted(frame.fetch({ target: '/api/a' }));
});

test('a rewrite', async (t) => {
  const { site, frame } = await otherwise(t, [before('rewrite ^/old/(.*)$ /api/$1;')]);
  site.forget();
  await refused(frame.fetch({ target: '/old/a?b' }), 'ERR_SIG_INVALID');
  assert.deepEqual([site.requests.at(-1).target, site.seen], ['/api/a?b', []]);
  await accepted(frame.fetch({ target: '/api/a?b' }));
});

test('a query that is lost or changed', async (t) => {
  const { site, frame } = await otherwise(t, [[PASS, 'proxy_pass http://app$uri;']]);
  site.forget();
  await refused(frame.fetch({ target: '/api/a?to=bob' }), 'ERR_SIG_INVALID');
  assert.deepEqual([site.requests.at(-1).target, site.seen], ['/api/a', []]);
  await accepted(frame.fetch({ target: '/api/a' }));
  await t.test('a parameter that is added', async (t) => {
    const added = await otherwise(t, [before('location /api/b { proxy_pass http://app$uri?$args&from=proxy; }')]);
    added.site.forget();
    await refused(added.frame.fetch({ target: '/api/b?x' }), 'ERR_SIG_INVALID');
    assert.deepEqual([added.site.requests.at(-1).target, added.site.seen], ['/api/b?x&from=proxy', []]);
    await accepted(added.frame.fetch({ target: '/api/a?x' }));
  });
});

test('a method that is changed', async (t) => {
  const { site, frame } = await otherwise(t, [
    ['upstream signing {', 'map $request_method $other { default $request_method; DELETE GET; }\nupstream signing {'],
    [PASS, `${PASS} proxy_method $other;`],
  ]);
  site.forget();
  await refused(frame.fetch({ method: 'DELETE', target: '/api/a' }), 'ERR_SIG_INVALID');
  assert.deepEqual([site.requests.at(-1).method, site.seen], ['GET', []]);
  await accepted(frame.fetch({ target: '/api/a' }));
});

test('fields that are lost or replaced', async (t) => {
  const post = { method: 'POST', target: '/api/a', type: 'application/json', body: '{}' };
  for (const [name, value, code] of [
    ['Signature', '""', 'ERR_SIG_MISSING'],
    ['Signature-Input', '""', 'ERR_SIG_MISSING'],
    ['Content-Digest', '""', 'ERR_SIG_PROFILE'],
    ['Content-Type', '""', 'ERR_SIG_PROFILE'],
    ['Content-Type', 'text/plain', 'ERR_SIG_INVALID'],
    ['Cookie', '""', 'ERR_SESSION_MISSING'],
    ['X-Original-URL', '$request_uri', 'ERR_SIG_PROFILE'],
    ['Content-Encoding', 'identity', 'ERR_BODY_ENCODING'],
  ]) {
    await t.test(`${name} ${value}`, async (t) => {
      // Only where a request asks for it: the browser has to enrol.
      const sent = `$http_${name.toLowerCase().replaceAll('-', '_')}`;
      const { site, frame } = await otherwise(t, [
        ['upstream signing {', `map $http_x_break $other { default ${sent}; yes ${value}; }\nupstream signing {`],
        [PASS, `${PASS} proxy_set_header ${name} $other;`],
      ]);
      site.forget();
      await refused(frame.fetch({ ...post, fields: [['X-Break', 'yes']] }), code);
      assert.deepEqual(site.seen, []);
      await accepted(frame.fetch(post));
    });
  }
});

test('a request that nginx repeats is refused the second time, and runs once', async (t) => {
  const retry = [
    ['proxy_next_upstream off;', 'proxy_next_upstream error timeout non_idempotent;'],
    ['proxy_request_buffering off;', ''],
  ];
  const content = (method) => (method === 'GET' ? {} : { type: 'text/plain', body: 'x' });
  const request = (method) => ({ method, target: '/api/dies/a', ...content(method) });
  for (const method of ['POST', 'GET', 'PUT']) {
    await t.test(`${method} repeated`, async (t) => {
      const { site, frame } = await otherwise(t, retry, { ports: 2 });
      site.forget();
      await refused(frame.fetch(request(method)), 'ERR_NONCE_USED');
      assert.equal(site.requests.length, 2, 'nginx sent it twice');
      assert.equal(site.seen.length, 1, 'it ran once');
      await accepted(frame.fetch(request(method)));
    });
    await t.test(`${method} as documented`, async (t) => {
      const { site, frame } = await otherwise(t, [], { ports: 2 });
      site.forget();
      assert.equal((await frame.fetch(request(method))).status, 502);
      assert.deepEqual([site.requests.length, site.seen.length], [1, 1]);
    });
  }
  await t.test('a ticket is used up by the first', async (t) => {
    const { site, frame } = await otherwise(t, retry, { ports: 2, configure: dyingFile });
    const { url } = (await accepted(frame.control('ticket', { url: '/file' }))).json;
    site.forget();
    await refused(frame.plain({ target: url }), 'ERR_TICKET_INVALID');
    assert.equal(site.requests.length, 2);
  });
});

/** A route for tickets that breaks the connection after the work. */
function dyingFile(app, pas) {
  app.get('/file', pas.require({ tier: 'signed', ticket: true }), (request) => request.socket.destroy());
}

test('answers with a nonce are not cached, whatever the proxy caches', async (t) => {
  let answers = 0;
  const configure = (app, pas) => {
    app.get('/plain', (_request, response) => response.send(String((answers += 1))));
  };
  const { site, frame } = await otherwise(
    t,
    [
      ['upstream signing {', `proxy_cache_path ${certificate.folder}/cache keys_zone=pas:1m;\nupstream signing {`],
      [PASS, `${PASS} proxy_cache pas; proxy_cache_valid any 1h; proxy_cache_key $request_uri;`],
      ['proxy_set_header Host $host;\n\n', 'proxy_set_header Host $host; proxy_ignore_headers Vary Set-Cookie;\n\n'],
    ],
    { configure },
  );
  for (let i = 0; i < 2; i += 1) assert.equal((await frame.plain({ target: '/plain' })).text, '1', 'the cache works');
  site.forget();
  const nonces = new Set();
  for (let i = 0; i < 3; i += 1) nonces.add((await accepted(frame.fetch({ target: '/api/a' }))).get('pas-nonce'));
  for (let i = 0; i < 3; i += 1) await refused(frame.plain({ target: '/api/a' }), 'ERR_SIG_MISSING');
  await refused(frame.plain({ target: '/api/a', cookies: '' }), 'ERR_SESSION_MISSING');
  for (let i = 0; i < 2; i += 1) await accepted(frame.plain({ target: '/shell' }));
  assert.equal(nonces.size, 3);
  assert.equal(site.requests.length, 9);
});

test('one field over 8 KB needs large_client_header_buffers', async (t) => {
  const { site, frame } = await otherwise(t, [['large_client_header_buffers 4 16k;', '']]);
  const fields = [['X-A', 'x'.repeat(9_000)]];
  site.forget();
  assert.equal((await frame.fetch({ fields })).status, 400);
  assert.deepEqual(site.requests, []);
  await accepted(
    frame.fetch({
      fields: [
        ['X-A', 'x'.repeat(4_000)],
        ['X-B', 'x'.repeat(4_000)],
      ],
    }),
  );
  const documented = await otherwise(t, []);
  await accepted(documented.frame.fetch({ fields }));
});

test("the client's own Forwarded, left in place, moves nobody to another address", async (t) => {
  const limits = { refusals: { limit: 2, windowMs: 3_600_000 } };
  const edits = [['proxy_set_header Forwarded "";', '']];
  const site = await startStack(t, { proxy: startNginx, certificate, edits, limits });
  const [one, two] = ['127.0.0.2', '127.0.0.3'].map((from) => site.transports['HTTP/1.1'](from));
  const bob = await site.enrolled(two, 'bob');
  const fields = [['Forwarded', 'for=127.0.0.3']];
  const stranger = (more) => site.frame(one).plain({ target: '/api/x', ...more });
  for (let i = 0; i < 2; i += 1) await refused(stranger({ fields }), 'ERR_SESSION_MISSING');
  await refused(stranger({ fields }), 'ERR_RATE_LIMITED');
  await accepted(bob.fetch());
  await refused(stranger(), 'ERR_SESSION_MISSING');
});

test('two proxies in a row', async (t) => {
  const limits = { refusals: { limit: 2, windowMs: 3_600_000 } };
  for (const trustProxy of [2, ['127.0.0.1']]) {
    await t.test(JSON.stringify(trustProxy), async (t) => {
      // The outer one speaks TLS to the inner one, as a CDN does.
      const chain = async (t, options) => {
        const { https } = await startNginx(t, options);
        const edits = [[PASS, 'proxy_pass https://app; proxy_ssl_server_name on; proxy_ssl_name app.example.com;']];
        return startNginx(t, { ...options, appPorts: [https], edits });
      };
      const site = await startStack(t, { proxy: chain, certificate, trustProxy, limits });
      const [one, two] = ['127.0.0.2', '127.0.0.3'].map((from) => site.transports['HTTP/1.1'](from));
      const bob = await site.enrolled(two, 'bob');
      const fields = [['X-Forwarded-For', '127.0.0.3']];
      const stranger = () => site.frame(one).plain({ target: '/api/x', fields });
      for (let i = 0; i < 2; i += 1) await refused(stranger(), 'ERR_SESSION_MISSING');
      await refused(stranger(), 'ERR_RATE_LIMITED');
      await accepted(bob.fetch({ target: '//a/../b%2F?x' }));
      assert.match(site.requests.at(-1).fields.join(), /127\.0\.0\.3, 127\.0\.0\.1/);
    });
  }
});
