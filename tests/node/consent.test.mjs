// Consent at the server: what was shown is what was signed, and nothing else is accepted. Each refusal has its
// accepted twin.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http2 from 'node:http2';
import { test } from 'node:test';
import { isKept } from 'partitioned-authority/verifier';
import { consentField, consentTo, published, versionOf } from './kit/consent.mjs';
import { acceptance, accepted, refusal, refused } from './kit/expect.mjs';
import { glue, incoming, listen, makeAuthority, startSite, webTransport } from './kit/site.mjs';
import { Frame } from './kit/signer.mjs';

const TRANSFER = {
  tier: 'consent',
  method: 'POST',
  path: '/api/accounts/:from/transfers',
  fields: {
    from: 'path:from',
    to: 'json:/to',
    amount: 'json:/amount',
    currency: 'json:/currency',
    urgent: 'json:/options/urgent',
    when: 'query:when',
  },
  text: {
    en: 'Send {amount, currency} from {from} to {to} on {when, date}; urgent: {urgent}',
    de: '{amount, currency} von {from} an {to} am {when, date}; eilig: {urgent}',
  },
};
const EARLIER = { text: { en: 'Pay {amount, currency} from {from} to {to} on {when, date}; urgent: {urgent}' } };
const CLOSE = {
  tier: 'consent',
  method: 'DELETE',
  path: '/api/account',
  fields: {},
  text: { en: 'Close the account' },
};
const FRAMED = {
  tier: 'consent',
  method: 'POST',
  path: '/api/likes',
  fields: {},
  text: { en: 'Like' },
  surface: 'frame',
};

const BODY = '{"amount":12.5,"currency":"EUR","options":{"urgent":false},"to":"bob"}';
const PAY = {
  method: 'POST',
  target: '/api/accounts/a%20b/transfers?when=2027-01-15',
  type: 'application/json',
  body: BODY,
};
const tier = (name) => ({ tier: name });

async function ready(t, options = {}) {
  const handled = [];
  const site = await startSite(t, {
    configure(app, pas, _seen, authority) {
      authority.action('transfer', { ...TRANSFER, previous: [EARLIER] });
      authority.action('close', CLOSE);
      authority.action('like', FRAMED);
      const answer = (request, response) => {
        const { consent, tier: reached } = request.authority;
        handled.push({
          body: request.body,
          headers: { ...request.headers },
          raw: [...request.rawHeaders],
          trailers: request.trailers,
        });
        response.json({ tier: reached, consent });
      };
      app.all('/api/accounts/:from/transfers', pas.require({ tier: 'consent', action: 'transfer' }), answer);
      app.delete('/api/account', pas.require({ tier: 'consent', action: 'close' }), answer);
      app.post('/api/likes', pas.require({ tier: 'consent', action: 'like' }), answer);
      app.all('/api/plain', pas.require({ tier: 'signed' }), answer);
      app.all('/api/interactive', pas.require({ tier: 'interactive', action: 'other' }), answer);
    },
    ...options,
  });
  const frame = await site.enrolled();
  const transfer = await consentTo(frame, 'transfer', { text: 'Send €12.50 …' });
  const pay = (more = {}, change) => frame.fetch({ ...PAY, consent: transfer, ...more }, change);
  return { site, frame, transfer, pay, handled };
}

test('a consent to this request is accepted, and the handler gets what was shown', async (t) => {
  const { pay, handled, site } = await ready(t);
  const { json } = await accepted(pay());
  assert.equal(json.tier, 'consent');
  assert.deepEqual(json.consent, {
    act: 'transfer',
    language: 'en',
    surface: 'popup',
    verified: false,
    text: createHash('sha256').update('Send €12.50 …').digest('base64url'),
    values: { amount: 12.5, currency: 'EUR', from: 'a b', to: 'bob', urgent: false, when: '2027-01-15' },
  });
  assert.deepEqual(handled[0].body, JSON.parse(BODY));
  const [{ tiers }] = await site.authority.sessions.list('alice');
  assert.deepEqual(Object.keys(tiers), ['consent']);
  const { values, ...shown } = json.consent;
  const { consent, tier: told, action } = site.decisions.at(-1);
  assert.deepEqual(
    [consent, told, action],
    [shown, 'consent', 'transfer'],
    'the audit knows what was shown, not the values',
  );
});

test('what asks for a consent is not had without one', async (t) => {
  const { pay, frame, handled, site } = await ready(t);
  await refused(pay({ consent: undefined }), 'ERR_TIER_REQUIRED', tier('consent'));
  const proof = await frame.proof({ action: 'transfer', ...PAY });
  await refused(pay({ consent: undefined, proof }), 'ERR_TIER_REQUIRED', tier('consent'));
  await refused(frame.plain({ ...PAY, body: Buffer.from(BODY) }), 'ERR_SIG_MISSING');
  assert.deepEqual(handled, []);
  await accepted(pay({ proof }));
  await accepted(frame.fetch({ method: 'DELETE', target: '/api/account', consent: await consentTo(frame, 'close') }));
  assert.ok(site.decisions.some(({ code, action }) => code === 'ERR_TIER_REQUIRED' && action === 'transfer'));
});

test('a consent is to one action, in one form, in one language, on one surface', async (t) => {
  const { pay, frame } = await ready(t);
  const { templates } = await published(frame);
  const transfer = templates.find(({ act }) => act === 'transfer');
  const version = versionOf(transfer);
  const field = (more) => consentField({ act: 'transfer', version, ...more });
  for (const [name, consent] of [
    ['another action', await consentTo(frame, 'close')],
    ['an action that is not registered', field({ act: 'nothing' })],
    ['the action in another case', field({ act: 'Transfer' })],
    ['no action', field({ act: '' })],
    ['the form of another action', field({ version: versionOf(templates.find(({ act }) => act === 'close')) })],
    ['a form that nobody registered', field({ version: versionOf({ ...transfer, tier: 'verified' }) })],
    ['a form with other words', field({ version: versionOf({ ...transfer, text: { en: 'Win a prize' } }) })],
    ['a language that the form has not', field({ language: 'fr' })],
    ['the language in another case', field({ language: 'EN' })],
    ['the frame, which this action does not permit', field({ surface: 'frame' })],
  ]) {
    await t.test(name, async () => {
      await refused(pay({ consent }), 'ERR_CONSENT_MISMATCH');
      await accepted(pay());
    });
  }
  await t.test('another language that it has', async () => {
    assert.equal((await accepted(pay({ consent: field({ language: 'de' }) }))).json.consent.language, 'de');
  });
  await t.test('an earlier form', async () => {
    const earlier = versionOf({ ...transfer, ...EARLIER });
    await accepted(pay({ consent: field({ version: earlier }) }));
    await refused(pay({ consent: field({ version: earlier, language: 'de' }) }), 'ERR_CONSENT_MISMATCH');
  });
  await t.test('the frame, where it is permitted', async () => {
    const like = async (surface) =>
      frame.fetch({ method: 'POST', target: '/api/likes', consent: await consentTo(frame, 'like', { surface }) });
    for (const surface of ['frame', 'popup'])
      assert.equal((await accepted(like(surface))).json.consent.surface, surface);
  });
});

test('a consent counts on its own route only', async (t) => {
  const { frame, transfer, pay } = await ready(t);
  for (const target of ['/api/plain', '/api/interactive']) {
    await refused(frame.fetch({ ...PAY, target, consent: transfer }), 'ERR_CONSENT_MISMATCH');
  }
  await refused(frame.fetch({ method: 'DELETE', target: '/api/account', consent: transfer }), 'ERR_CONSENT_MISMATCH');
  // Routed to the same handler, but not the path that was shown.
  for (const target of [
    '/api/accounts/a%20b/transfers/?when=2027-01-15',
    '/API/accounts/a%20b/transfers?when=2027-01-15',
  ]) {
    await refused(pay({ target }), 'ERR_CONSENT_MISMATCH');
  }
  await refused(
    frame.control('ticket', { url: '/a' }, undefined, undefined, { consent: transfer }),
    'ERR_CONSENT_MISMATCH',
  );
  await accepted(frame.control('ticket', { url: '/a' }));
  await accepted(frame.fetch({ target: '/api/plain' }));
  await accepted(pay());
});

test('everything is declared and shown, or the request is refused', async (t) => {
  const { pay, handled } = await ready(t);
  const body = (from, to) => {
    const changed = BODY.replace(from, to);
    assert.notEqual(changed, BODY);
    return { body: changed };
  };
  const target = (text) => ({ target: text });
  for (const [name, more, code = 'ERR_CONSENT_MISMATCH'] of [
    ['a member more', body('"to"', '"note":"x","to"')],
    ['a nested member more', body('"urgent":false', '"urgent":false,"x":1')],
    ['an empty object more', body('"to"', '"x":{},"to"')],
    ['null more', body('"to"', '"x":null,"to"')],
    ['__proto__', body('"to"', '"__proto__":1,"to"')],
    ['a member less', body(',"to":"bob"', '')],
    ['null', body('"bob"', 'null')],
    ['a list', body('"bob"', '["bob"]')],
    ['a name in another case', body('"to"', '"To"')],
    ['a name twice', body('"to"', '"to":"eve","to"'), 'ERR_JSON_INVALID'],
    ['a name twice, once escaped', body('"to"', '"t\\u006f":"eve","to"'), 'ERR_JSON_INVALID'],
    ['a lone surrogate', body('bob', '\\ud800'), 'ERR_JSON_INVALID'],
    ['a byte-order mark', { body: `\ufeff${BODY}` }, 'ERR_JSON_INVALID'],
    ['UTF-16', { body: Buffer.from(BODY, 'utf16le') }, 'ERR_JSON_INVALID'],
    ['something after the value', { body: `${BODY} x` }, 'ERR_JSON_INVALID'],
    ['a form', { body: 'amount=12.5&to=bob' }, 'ERR_JSON_INVALID'],
    ['JSON that says it is a form', { type: 'application/x-www-form-urlencoded' }, 'ERR_JSON_INVALID'],
    ['JSON without a type', { type: undefined }, 'ERR_JSON_INVALID'],
    ['no content', { body: undefined }],
    ['a value too long to be read', body('bob', 'b'.repeat(201))],
    ['an amount in a form that is not shown', body('12.5', '1e21')],
    ['an amount with more digits than are shown', body('12.5', '0.30000000000000004')],
    ['an amount that is none', body('12.5', '"12,5"')],
    ['a currency that is none', body('EUR', 'eur')],
    ['a parameter more', target('/api/accounts/a%20b/transfers?when=2027-01-15&x=1')],
    ['a parameter twice', target('/api/accounts/a%20b/transfers?when=2027-01-15&when=2027-01-16')],
    ['a parameter less', target('/api/accounts/a%20b/transfers')],
    ['a parameter without a value', target('/api/accounts/a%20b/transfers?when')],
    ['a date that is none', target('/api/accounts/a%20b/transfers?when=tomorrow')],
    ['a parameter that is no UTF-8', target('/api/accounts/a%20b/transfers?when=%ff')],
    ['a path segment that means two', target('/api/accounts/a%2fb/transfers?when=2027-01-15')],
    ['a path segment that means the one above', target('/api/accounts/%2e%2e/transfers?when=2027-01-15')],
  ]) {
    await t.test(name, async () => {
      const before = handled.length;
      await refused(pay(more), code);
      assert.equal(handled.length, before);
      await accepted(pay());
    });
  }
  await t.test('a value of the longest length, and one that is shown escaped', async () => {
    for (const to of ['é'.repeat(200), 'bob\u202emoc\u200b', 'a\\"b']) {
      const { json } = await accepted(pay(body('"bob"', JSON.stringify(to))));
      assert.equal(json.consent.values.to, to, 'the handler gets the value, not its picture');
    }
  });
  await t.test('nothing to show: no content', async () => {
    const { frame } = await ready(t);
    const consent = await consentTo(frame, 'close');
    const close = (more) => frame.fetch({ method: 'DELETE', target: '/api/account', consent, ...more });
    await refused(close({ type: 'application/json', body: '{"all":true}' }), 'ERR_CONSENT_MISMATCH');
    await refused(close({ target: '/api/account?x=1' }), 'ERR_CONSENT_MISMATCH');
    await accepted(close());
  });
});

test('after the consent nothing can be changed, and it serves once', async (t) => {
  const { site, frame, transfer, pay, handled } = await ready(t);
  const swapped = (name, value) => (fields) => fields.map(([field, old]) => [field, field === name ? value : old]);
  await refused(pay({}, { body: Buffer.from(BODY.replace('12.5', '99.5')) }), 'ERR_DIGEST_MISMATCH');
  await refused(pay({}, { body: undefined }), 'ERR_SIG_PROFILE');
  await refused(pay({}, { target: PAY.target.replace('15', '16') }), 'ERR_SIG_INVALID');
  await refused(pay({}, { method: 'PUT' }), 'ERR_SIG_INVALID');
  await refused(
    pay({}, { fields: swapped('Pas-Consent', await consentTo(frame, 'transfer', { language: 'de' })) }),
    'ERR_SIG_INVALID',
  );
  await refused(pay({}, { fields: (fields) => fields.filter(([name]) => name !== 'Pas-Consent') }), 'ERR_SIG_PROFILE');
  await refused(pay({}, { components: (list) => list.filter((name) => name !== 'pas-consent') }), 'ERR_SIG_PROFILE');
  await refused(
    pay({}, { components: (list) => ['pas-consent', ...list.filter((name) => name !== 'pas-consent')] }),
    'ERR_SIG_PROFILE',
  );
  await refused(
    pay({ consent: undefined }, { fields: (fields) => [...fields, ['Pas-Consent', transfer]] }),
    'ERR_SIG_PROFILE',
  );
  await refused(pay({}, { fields: (fields) => [...fields, ['Pas-Consent', transfer]] }), 'ERR_SIG_PROFILE');
  await refused(pay({ fields: [['Content-Encoding', 'gzip']] }), 'ERR_BODY_ENCODING');
  await refused(pay({ fields: [['X-HTTP-Method-Override', 'DELETE']] }), 'ERR_SIG_PROFILE');
  assert.equal(handled.length, 0);
  const request = await frame.sign({ ...PAY, consent: transfer });
  const [once, ...others] = await Promise.all(Array.from({ length: 10 }, () => site.http(request)));
  const codes = [once, ...others].map(({ code }) => code).sort();
  assert.deepEqual(codes, [...Array(9).fill('ERR_NONCE_USED'), undefined]);
  await refused(frame.send(request), 'ERR_NONCE_USED');
  assert.equal(handled.length, 1);
});

test('each byte of the content, changed after the consent', async (t) => {
  const { site, frame, transfer, handled } = await ready(t);
  const request = await frame.sign({ ...PAY, consent: transfer });
  for (let at = 0; at < BODY.length; at += 1) {
    const body = Buffer.from(BODY);
    body[at] ^= 1;
    assert.equal((await site.http({ ...request, body })).code, 'ERR_DIGEST_MISMATCH', `byte ${at}`);
  }
  assert.equal(handled.length, 0);
  await accepted(site.http(request));
});

test('the field has one spelling', async (t) => {
  const { pay, transfer } = await ready(t);
  for (const [name, consent] of [
    ['empty', ''],
    ['no dictionary', 'transfer'],
    ['without its spaces', transfer.replaceAll(', ', ',')],
    ['in another order', transfer.split(', ').reverse().join(', ')],
    ['with a parameter', `${transfer};x`],
    ['with a member more', `${transfer}, x=1`],
    ['uv with a value', `${transfer}, uv=?1`],
    ['no uv', `${transfer}, uv=?0`],
    ['an unknown surface', transfer.replace('popup', 'window')],
    ['without its padding', transfer.replace('==:', ':')],
    ['a member twice', transfer.replace('act=', 'act="x", act=')],
  ]) {
    await t.test(name, async () => {
      await refused(pay({ consent }), 'ERR_SIG_MALFORMED');
      await accepted(pay());
    });
  }
});

test('a person has longer than a script, and not for ever', async (t) => {
  const late = async ({ site, frame, transfer }, ms, more, route = { tier: 'consent', action: 'transfer' }) => {
    await frame.refresh();
    const request = await frame.sign({ ...PAY, consent: transfer, ...more });
    site.time.now = Math.floor(site.time.now / 1000) * 1000 + ms;
    return site.authority.raw.verify(incoming(request), route);
  };
  const usual = await ready(t);
  await refusal(late(usual, 31_001, { consent: undefined }, { tier: 'signed' }), 'ERR_TIME_STALE');
  await acceptance(late(usual, 31_000, { consent: undefined }, { tier: 'signed' }));
  await acceptance(late(usual, 61_000));
  await refusal(late(usual, 61_001), 'ERR_TIME_STALE');
  const strict = await ready(t, { windows: { consent: 10_000 } });
  await acceptance(late(strict, 11_000));
  await refusal(late(strict, 11_001), 'ERR_TIME_STALE');
});

test('a handler sees what was signed, and no other field that a page can choose', async (t) => {
  const { pay, frame, handled } = await ready(t);
  const stray = [
    ['X-Amount', '9000'],
    ['X-User', 'eve'],
    ['Authorization', 'Bearer x'],
    ['Accept', 'text/plain'],
    ['User-Agent', 'test'],
  ];
  await accepted(pay({ fields: stray }));
  const [{ headers, raw, trailers }] = handled;
  for (const name of ['x-amount', 'x-user', 'authorization', 'cookie']) {
    assert.equal(headers[name], undefined, name);
    assert.ok(!raw.some((text) => text.toLowerCase() === name), name);
  }
  assert.deepEqual(
    [headers.accept, headers['user-agent'], headers['content-type']],
    ['text/plain', 'test', 'application/json'],
  );
  assert.equal(raw.length % 2, 0);
  assert.deepEqual(trailers, {});
  await accepted(frame.fetch({ target: '/api/plain', fields: stray }));
  assert.equal(handled[1].headers['x-amount'], '9000', 'elsewhere nothing is taken away');
});

test('an adapter can ask which fields are kept', () => {
  for (const name of ['Content-Type', 'pas-consent', 'Host', 'Sec-Fetch-Site', ':path', 'accept-language'])
    assert.equal(isKept(name), true, name);
  for (const name of [
    'Cookie',
    'Authorization',
    'x-amount',
    'pas-assertion',
    'forwarded',
    'x-forwarded-host',
    'secret',
    '',
  ])
    assert.equal(isKept(name), false, name);
});

test('over HTTP/2 a handler sees the same', async (t) => {
  const { site, frame, transfer } = await ready(t);
  const seen = [];
  const server = http2.createServer((request, response) => {
    site.pas.require({ tier: 'consent', action: 'transfer' })(request, response, () => {
      seen.push({
        headers: { ...request.headers },
        raw: request.rawHeaders,
        trailers: request.trailers,
        method: request.method,
        url: request.url,
      });
      response.end('done');
    });
  });
  const client = http2.connect(`http://127.0.0.1:${await listen(server)}`);
  t.after(() => (client.close(), new Promise((resolve) => server.close(resolve))));
  const send = async ({ method, target, fields, body }) => {
    const stream = client.request({
      ':method': method,
      ':path': target,
      ...Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value])),
    });
    stream.end(body);
    const [head] = await once(stream, 'response');
    stream.resume();
    return head[':status'];
  };
  const stray = {
    fields: [
      ['X-Amount', '9000'],
      ['User-Agent', 'test'],
    ],
  };
  assert.equal(await send(await frame.sign({ ...PAY, ...stray })), 401);
  assert.equal(await send(await frame.sign({ ...PAY, consent: transfer, ...stray })), 200);
  const [{ headers, raw, trailers, method, url }] = seen;
  assert.deepEqual(
    [headers['x-amount'], headers.cookie, headers['user-agent'], raw.includes('x-amount'), trailers],
    [undefined, undefined, 'test', false, {}],
  );
  assert.deepEqual([method, url], [PAY.method, PAY.target]);
});

test('web-standard handlers get the same', async (t) => {
  const { authority, time } = makeAuthority(t);
  authority.action('transfer', TRANSFER);
  let seen;
  const handler = authority.protect({ tier: 'consent', action: 'transfer' }, (request, { consent, body }) => {
    seen = { stray: request.headers.get('x-amount'), type: request.headers.get('content-type'), consent, body };
    return new Response('done');
  });
  const plain = webTransport({ authority, appOrigin: 'http://app.test' });
  const transport = async (request) => {
    if (!request.target.startsWith('/api/accounts')) return plain(request);
    const { method, target, fields, body } = request;
    const response = await handler(new Request(`http://app.test${target}`, { method, headers: fields, body }));
    return {
      status: response.status,
      code: response.headers.get('pas-error'),
      all: () => [],
      get: (name) => response.headers.get(name) ?? undefined,
    };
  };
  const frame = new Frame({
    appOrigin: 'http://app.test',
    signOrigin: 'http://sign.test',
    transport,
    now: () => time.now,
  });
  frame.keep([(await authority.begin({ id: 'alice' })).setCookie]);
  await frame.enrol();
  const consent = await consentTo(frame, 'transfer');
  assert.equal((await frame.fetch({ ...PAY })).code, 'ERR_TIER_REQUIRED');
  assert.equal((await frame.fetch({ ...PAY, consent, fields: [['X-Amount', '9000']] })).status, 200);
  assert.deepEqual([seen.stray, seen.type, seen.consent.values.amount], [null, 'application/json', 12.5]);
});

test('templates are public, for the signing origin, and counted per address', async (t) => {
  const { site, frame } = await ready(t);
  const get = (fields = []) => site.http({ method: 'GET', target: '/.pas/templates', fields });
  const answer = await get();
  assert.equal(answer.status, 200);
  assert.equal(answer.get('content-type'), 'application/json');
  assert.equal(answer.get('cache-control'), 'no-cache');
  assert.equal(answer.get('access-control-allow-origin'), site.signOrigin);
  const { app, templates, onDemand } = answer.json;
  assert.deepEqual(app, { name: new URL(site.appOrigin).host, origin: site.appOrigin });
  assert.deepEqual(onDemand, []);
  const names = templates.map(({ act }) => act);
  assert.deepEqual(names, ['pas.passkey.add', 'pas.passkey.remove', 'transfer', 'close', 'like']);
  for (const template of templates) {
    assert.deepEqual(Object.keys(template).sort(), ['act', 'fields', 'method', 'path', 'surface', 'text', 'tier']);
    assert.equal(Object.keys(template.text)[0], 'en');
  }
  const preflight = await site.http({
    method: 'OPTIONS',
    target: '/.pas/templates',
    fields: [['Origin', site.signOrigin]],
  });
  assert.equal(preflight.get('access-control-allow-methods'), 'GET');
  await refused(frame.plain({ method: 'POST', target: '/.pas/templates', body: Buffer.from('{}') }), 'ERR_NOT_FOUND');
  const few = await startSite(t, { limits: { control: { limit: 2, windowMs: 60_000 } }, app: { name: 'The Bank' } });
  const ask = () => few.http({ method: 'GET', target: '/.pas/templates', fields: [] });
  assert.equal((await ask()).json.app.name, 'The Bank');
  assert.equal((await ask()).status, 200);
  await refused(ask(), 'ERR_RATE_LIMITED');
});

test('an action is checked when it is registered', async (t) => {
  const make = () => makeAuthority(t).authority;
  const good = { tier: 'consent', method: 'POST', path: '/pay', fields: { to: 'json:/to' }, text: { en: 'Pay {to}' } };
  for (const [name, options, act = 'pay'] of [
    ['no options', {}],
    ['an unknown option', { ...good, texts: {} }],
    ['another tier', { ...good, tier: 'signed' }],
    ['a field that is not shown', { ...good, fields: { ...good.fields, amount: 'json:/amount' } }],
    ['a field that is not declared', { ...good, text: { en: 'Pay {to} {amount}' } }],
    ['a language that leaves a field out', { ...good, text: { ...good.text, de: 'Zahlen' } }],
    ['no language', { ...good, text: {} }],
    ['a brace', { ...good, text: { en: 'Pay {to' } }],
    ['an unknown source', { ...good, fields: { to: 'header:to' } }],
    ['a path that is none', { ...good, path: 'pay' }],
    ['an unknown surface', { ...good, surface: 'window' }],
    ['half a character', { ...good, text: { en: 'Pay {to} \ud800' } }],
    ['no name', good, ''],
    ['a name of the protocol', good, 'pas.pay'],
    ['a path of the protocol', { ...good, path: '/.pas/pay' }],
    ['onDemand that is no boolean', { ...good, onDemand: 1 }],
    ['previous that is no list', { ...good, previous: {} }],
    ['an earlier form that is none', { ...good, previous: [{ text: {} }] }],
    ['an earlier form with an unknown option', { ...good, previous: [{ words: {} }] }],
  ]) {
    await t.test(name, () => {
      const check = (error) =>
        error.code === 'ERR_CONFIG_INVALID' &&
        (error.message.includes(JSON.stringify(act)) || name.includes('no options'));
      assert.throws(() => make().action(act, options), check);
      make().action('pay', good);
    });
  }
  await t.test('one name, one action; one request, one action', () => {
    const authority = make();
    authority.action('pay', good);
    assert.throws(() => authority.action('pay', { ...good, path: '/other' }), { code: 'ERR_CONFIG_INVALID' });
    assert.throws(() => authority.action('send', { ...good, path: '/:any' }), { code: 'ERR_CONFIG_INVALID' });
    authority.action('send', { ...good, path: '/send' });
  });
  await t.test('a route for an action that nobody registered is a mistake of the app', async () => {
    const authority = make();
    const request = () => new Request('http://app.test/pay', { method: 'POST' });
    const route = { tier: 'consent', action: 'pay' };
    await assert.rejects(authority.verifyRequest(request(), route), { code: 'ERR_CONFIG_INVALID' });
    authority.action('pay', good);
    assert.equal((await authority.verifyRequest(request(), route)).code, 'ERR_SESSION_MISSING');
  });
  await t.test('options of the app', () => {
    for (const app of [
      { name: '' },
      { name: 'x'.repeat(65) },
      { name: ' x' },
      { name: 'a\u202eb' },
      { name: 'a\nb' },
      { title: 'x' },
      { theme: { color: 'red' } },
      { theme: { '--pas-accent': 'red; x: y' } },
      { theme: { '--pas-accent': 'url(x)' } },
      { theme: { '--pas-accent': 1 } },
    ])
      assert.throws(() => makeAuthority(t, { app }), { code: 'ERR_CONFIG_INVALID' }, JSON.stringify(app));
    makeAuthority(t, { app: { name: 'Bank of Ægir', theme: { '--pas-accent': 'rgb(0 80 40 / 90%)' } } });
  });
});

test('an app decides by the request which tier it needs', async (t) => {
  const asked = [];
  const site = await startSite(t, {
    configure(app, pas, _seen, authority) {
      authority.action('pay', {
        tier: 'consent',
        method: 'POST',
        path: '/api/pay',
        fields: { amount: 'json:/amount' },
        text: { en: 'Pay {amount, number}' },
        onDemand: true,
      });
      const stepUp = (seen) => {
        asked.push(seen);
        if (seen.body.amount === -1) throw new Error('the policy is broken');
        if (seen.body.amount === -2) return 'certain';
        return seen.body.amount > 1000 ? 'verified' : seen.body.amount > 100 ? 'consent' : undefined;
      };
      app.post(
        '/api/pay',
        pas.require({ tier: 'interactive', action: 'pay', stepUp }),
        ({ authority: { tier: reached } }, response) => response.json({ tier: reached }),
      );
    },
  });
  const frame = await site.enrolled();
  assert.deepEqual((await published(frame)).onDemand, ['pay']);
  const consent = await consentTo(frame, 'pay');
  const pay = async (amount, more = {}) => {
    const request = { method: 'POST', target: '/api/pay', type: 'application/json', body: JSON.stringify({ amount }) };
    return frame.fetch({ ...request, proof: await frame.proof({ action: 'pay', ...request }), ...more });
  };
  assert.equal((await accepted(pay(50))).json.tier, 'interactive');
  await refused(pay(500), 'ERR_TIER_REQUIRED', tier('consent'));
  assert.equal((await accepted(pay(500, { consent }))).json.tier, 'consent');
  assert.equal(
    (await accepted(pay(50, { consent, proof: undefined }))).json.tier,
    'consent',
    'more than is asked for will do',
  );
  await refused(pay(5000), 'ERR_TIER_REQUIRED', tier('verified'));
  await refused(pay(5000, { consent }), 'ERR_TIER_REQUIRED', tier('verified'));
  await refused(pay(50, { proof: undefined }), 'ERR_TIER_REQUIRED', tier('interactive'));
  await refused(pay(-1), 'ERR_VERIFIER_FAULT');
  await refused(pay(-2), 'ERR_VERIFIER_FAULT');
  assert.deepEqual(
    [asked[0].userId, asked[0].tier, asked[0].interaction.kind, asked[0].consent],
    ['alice', 'interactive', 'mouse', undefined],
  );
  assert.deepEqual([asked[0].method, asked[0].path, asked[0].query], ['POST', '/api/pay', '']);
  // What the policy can't read is not let through: the client chooses the content type.
  const policed = asked.length;
  await refused(pay(5000, { type: 'text/plain' }), 'ERR_JSON_INVALID');
  assert.equal(asked.length, policed);
});

test('content that is not shown costs no more than it may hold', async (t) => {
  const { pay } = await ready(t);
  const wide = (name) => JSON.stringify({ [name]: Array(50_000).fill(0) });
  // A pointer of every member would be 50,000 times as long as the name.
  await refused(pay({ body: wide('n'.repeat(100_000)) }), 'ERR_CONSENT_MISMATCH');
  await accepted(pay());
});

test('evidence that does not convince is no dead end where a person can be asked', async (t) => {
  const site = await startSite(t, {
    configure(app, pas, _seen, authority) {
      authority.action('pay', { tier: 'consent', method: 'POST', path: '/api/pay', fields: {}, text: { en: 'Pay' } });
      for (const action of ['pay', 'other']) {
        app.post(`/api/${action}`, pas.require({ tier: 'interactive', action }), (request, response) =>
          response.json({ tier: request.authority.tier }),
        );
      }
    },
  });
  const frame = await site.enrolled();
  const send = async (action, fields, more) => {
    const request = { method: 'POST', target: `/api/${action}` };
    return frame.fetch({
      ...request,
      ...(fields ? { proof: await frame.proof({ action, ...request, ...fields }) } : {}),
      ...more,
    });
  };
  await refused(send('pay', { flags: 0 }), 'ERR_TIER_REQUIRED', tier('consent'));
  await refused(send('pay'), 'ERR_TIER_REQUIRED', tier('interactive'));
  await refused(send('other', { flags: 0 }), 'ERR_TIER_REQUIRED', tier('interactive'));
  const consent = await consentTo(frame, 'pay');
  assert.equal((await accepted(send('pay', { flags: 0 }, { consent }))).json.tier, 'consent');
  assert.equal((await accepted(send('pay', {}))).json.tier, 'interactive');
});

test('a changed browser has to ask its person, where it can', async (t) => {
  const agent = (text) => ({ fields: [['User-Agent', text]] });
  const [FIREFOX, CHROME] = [
    'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    'Mozilla/5.0 (Windows NT 10.0) Chrome/140.0',
  ];
  const { site, pay } = await ready(t, { signals: { onMismatch: 'step-up', stepUp: 'verified' } });
  const frame = site.frame();
  await site.login(frame, 'bob');
  const send = frame.transport;
  frame.transport = (request) => send({ ...request, fields: [...request.fields, ['User-Agent', FIREFOX]] });
  await frame.enrol();
  frame.transport = send;
  const consent = await consentTo(frame, 'transfer');
  await accepted(frame.fetch({ ...PAY, consent, ...agent(FIREFOX) }));
  await refused(frame.fetch({ ...PAY, consent, ...agent(CHROME) }), 'ERR_TIER_REQUIRED', tier('verified'));
  await refused(frame.fetch({ target: '/api/plain', ...agent(CHROME) }), 'ERR_TIER_REQUIRED', tier('interactive'));
  await accepted(pay());
});

test('the verifier is rebuilt with every action it had', async (t) => {
  const { frame, pay, transfer } = await ready(t);
  const wasm = await glue();
  const { begin } = wasm.Verifier.prototype;
  wasm.Verifier.prototype.begin = () => {
    wasm.Verifier.prototype.begin = begin;
    throw new WebAssembly.RuntimeError('unreachable');
  };
  await refused(pay(), 'ERR_VERIFIER_FAULT');
  await accepted(frame.fetch({ ...PAY, consent: transfer }));
  assert.equal((await accepted(pay())).json.tier, 'consent');
});
