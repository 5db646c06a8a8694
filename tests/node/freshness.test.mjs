// Time and single use. Exact bounds are tried with an arrival at the very millisecond of the clock.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { acceptance, accepted, refusal, refused } from './kit/expect.mjs';
import { base64url, newKey } from './kit/signer.mjs';
import { T0, incoming, makeAuthority, startSite } from './kit/site.mjs';

const W = 30_000;
const F = 2_000;
const B = 30_000;
const D = 5_000;
const LIFETIME = 300_000;
const SECONDS = T0 / 1000;

/** A site and a browser whose requests arrive at the very moment of the clock. */
async function atTheMoment(t, options) {
  const site = await startSite(t, options);
  const frame = await site.enrolled();
  const verify = async (change, request) =>
    site.authority.raw.verify(incoming(await frame.sign(request, change)), { tier: 'signed' });
  const nonceAt = async (ms) => {
    const before = site.time.now;
    site.time.now = ms;
    const { nonce } = (await frame.hello({ keyid: frame.account.key.keyid })).json;
    site.time.now = before;
    return nonce;
  };
  return { site, frame, verify, nonceAt };
}

test('created has two bounds', async (t) => {
  const { site, verify, nonceAt } = await atTheMoment(t);
  const server = await nonceAt(T0);
  // First what lies ahead: time only goes on.
  await refusal(verify({ server, created: SECONDS + 3 }), 'ERR_TIME_FUTURE');
  await acceptance(verify({ server, created: SECONDS + 2 }));
  site.time.now = T0 + 1;
  await acceptance(verify({ server, created: SECONDS + 2 }));
  await refusal(verify({ server, created: SECONDS + 3 }), 'ERR_TIME_FUTURE');
  site.time.now = T0 + 1000;
  await acceptance(verify({ server, created: SECONDS + 3 }));
  site.time.now = T0 + 1000 + W;
  await acceptance(verify({ server, created: SECONDS }));
  site.time.now += 1;
  await refusal(verify({ server, created: SECONDS }), 'ERR_TIME_STALE');
  await acceptance(verify({ server, created: SECONDS + 1 }));
});

test('a second that is not whole counts to its end', async (t) => {
  const { site, verify, nonceAt } = await atTheMoment(t);
  const server = await nonceAt(T0);
  site.time.now = T0 + 999;
  await acceptance(verify({ server, created: SECONDS + 2 }));
  await refusal(verify({ server, created: SECONDS + 3 }), 'ERR_TIME_FUTURE');
});

test('a nonce has two bounds', async (t) => {
  const { site, verify, nonceAt } = await atTheMoment(t);
  const ahead = await nonceAt(T0 + F);
  const further = await nonceAt(T0 + F + 1);
  await refusal(verify({ server: further }), 'ERR_NONCE_INVALID');
  await acceptance(verify({ server: ahead }));
  site.time.now = T0 + 1;
  await acceptance(verify({ server: further }));
  const server = await nonceAt(T0);
  site.time.now = T0 + LIFETIME + F;
  await acceptance(verify({ server }));
  site.time.now += 1;
  await refusal(verify({ server }), 'ERR_NONCE_EXPIRED');
  await acceptance(verify({ server: await nonceAt(site.time.now) }));
});

test('nothing is created before its nonce', async (t) => {
  const { verify, nonceAt } = await atTheMoment(t);
  await acceptance(verify({ server: await nonceAt(T0), created: SECONDS - 3 }));
  await refusal(verify({ server: await nonceAt(T0 + 1), created: SECONDS - 3 }), 'ERR_TIME_STALE');
  await acceptance(verify({ server: await nonceAt(T0 + 1), created: SECONDS - 2 }));
});

test('windows follow their configuration', async (t) => {
  const { site, verify, nonceAt } = await atTheMoment(t, { windows: { signed: 5_000, future: 0, skew: 0 } });
  const server = await nonceAt(T0);
  await refusal(verify({ server, created: SECONDS + 1 }), 'ERR_TIME_FUTURE');
  await acceptance(verify({ server, created: SECONDS }));
  site.time.now = T0 + 6_000;
  await acceptance(verify({ server, created: SECONDS }));
  site.time.now += 1;
  await refusal(verify({ server, created: SECONDS }), 'ERR_TIME_STALE');
});

test("the store's clock decides, whatever the node's says within the skew", async (t) => {
  const store = { now: T0 };
  const { site, frame, nonceAt } = await atTheMoment(t, { memory: { clock: () => store.now } });
  const server = await nonceAt(T0);
  const verify = async (created) =>
    site.authority.raw.verify(incoming(await frame.sign({}, { server, created })), { tier: 'signed' });
  store.now = T0 + 1000 + W;
  await acceptance(verify(SECONDS));
  store.now += 1;
  await refusal(verify(SECONDS), 'ERR_TIME_STALE');
  await acceptance(verify(SECONDS + 2));
  await t.test('the node refuses early beyond the skew', async () => {
    site.time.now = T0 + 1000 + W + D;
    await acceptance(verify(SECONDS + 2));
    const before = await site.snapshot('alice');
    site.time.now = T0 + 3000 + W + D + 1;
    await refusal(verify(SECONDS + 2), 'ERR_TIME_STALE');
    assert.equal(await site.snapshot('alice'), before);
  });
});

test('content that took its time is judged at the arrival of its head', async (t) => {
  // The node looked at the head when it came; the store decides when the content is there.
  const store = { now: T0 };
  const { site, frame, nonceAt } = await atTheMoment(t, { memory: { clock: () => store.now } });
  const server = await nonceAt(T0);
  const tookSo = async (ms) => {
    const request = incoming(await frame.sign({}, { server, created: SECONDS }), {
      receivedAt: performance.now() - ms,
    });
    return site.authority.raw.verify(request, { tier: 'signed' });
  };
  site.time.now = T0 + W;
  store.now = T0 + W + 10_000;
  await acceptance(tookSo(10_000));
  await refusal(tookSo(5_000), 'ERR_TIME_STALE');
  await refusal(tookSo(B + 1), 'ERR_TIME_STALE');
});

test('nonces of others', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const other = await site.enrolled('bob');
  const elsewhere = makeAuthority(t, {
    appOrigin: site.appOrigin,
    signOrigin: site.signOrigin,
    secret: new Uint8Array(32).fill(8),
  });
  const { keyid } = frame.account.key;
  const foreign = await elsewhere.authority.handle(
    new Request(`${site.appOrigin}/.pas/hello`, {
      method: 'POST',
      headers: { origin: site.signOrigin, 'content-type': 'application/json' },
      body: JSON.stringify({ keyid }),
    }),
  );
  const { nonce: foreignNonce } = await foreign.json();
  const own = (await frame.hello({ keyid })).json.nonce;
  const client = base64url(randomBytes(16));
  const flip = (text, at) => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
  const ticketed = await site.login(site.frame());
  const { challenge } = (await ticketed.hello()).json;
  for (const [name, change] of [
    ["another key's", { server: (await other.hello({ keyid: other.account.key.keyid })).json.nonce }],
    ["another server's", { server: foreignNonce }],
    ['an enrolment challenge', { server: challenge }],
    ['its version changed', { server: flip(own, 0) }],
    ['its time changed', { server: flip(own, 6) }],
    ['its random changed', { server: flip(own, 11) }],
    ['its tag changed', { server: flip(own, 34) }],
    ['all zero', { server: base64url(Buffer.alloc(27)) }],
    ['made by the client', { server: base64url(Buffer.concat([Buffer.from([1]), Buffer.alloc(26, 7)])) }],
    ['without the client part', { nonce: own }],
    ['with an empty client part', { nonce: `${own}.` }],
    ['with a short client part', { client: base64url(randomBytes(15)) }],
    ['with a long client part', { client: base64url(randomBytes(17)) }],
    ['with a padded client part', { client: `${client}==` }],
    [
      'with a client part in another spelling',
      {
        client: `${client.slice(0, -1)}${client.endsWith('A') ? 'B' : client.endsWith('Q') ? 'R' : client.endsWith('g') ? 'h' : 'x'}`,
      },
    ],
    ['with three parts', { nonce: `${own}.${client}.${client}` }],
    ['with a space', { nonce: ` ${own}.${client}` }],
    ['empty', { nonce: '' }],
  ]) {
    await t.test(name, async () => {
      const answer = await refused(frame.fetch({}, { server: own, ...change }), 'ERR_NONCE_INVALID');
      assert.match(answer.get('pas-nonce'), /^[\w-]{36}$/);
      await accepted(frame.fetch({}, { server: own }));
    });
  }
});

test('a nonce pair is good once', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const { server } = frame.account;
  const request = await frame.sign({}, { server });
  await accepted(site.http(request));
  await refused(site.http(request), 'ERR_NONCE_USED');
  await t.test('another client part under the same S is another pair', () => accepted(frame.fetch({}, { server })));
  await t.test('for whatever request', async () => {
    const nonce = `${server}.${base64url(randomBytes(16))}`;
    await accepted(frame.fetch({ target: '/api/a' }, { nonce }));
    await refused(frame.fetch({ method: 'POST', target: '/api/b', body: 'x' }, { nonce }), 'ERR_NONCE_USED');
    await refused(frame.fetch({ target: '/api/a' }, { nonce, created: SECONDS + 1 }), 'ERR_NONCE_USED');
  });
  await t.test('control requests count with the others', async () => {
    const nonce = `${server}.${base64url(randomBytes(16))}`;
    await accepted(frame.control('ticket', { url: '/api/file' }, { nonce }));
    await refused(frame.fetch({}, { nonce }), 'ERR_NONCE_USED');
    await accepted(frame.fetch());
  });
  await t.test('a refused request spends nothing', async () => {
    const honest = await frame.sign({ method: 'POST', target: '/api/a', body: 'content' });
    await refused(site.http({ ...honest, body: 'CONTENT' }), 'ERR_DIGEST_MISMATCH');
    await accepted(site.http(honest));
  });
  await t.test('of another session it is another pair', async () => {
    const second = await site.enrolled();
    const client = base64url(Buffer.alloc(16, 3));
    await accepted(frame.fetch({}, { client }));
    await accepted(second.fetch({}, { client }));
  });
});

test('of 100 copies at once exactly one is accepted', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const request = await frame.sign({
    method: 'POST',
    target: '/api/pay',
    type: 'application/json',
    body: '{"amount":1}',
  });
  const answers = await Promise.all(Array.from({ length: 100 }, () => site.http(request)));
  const codes = answers.map((answer) => answer.code ?? answer.status);
  assert.equal(codes.filter((code) => code === 200).length, 1);
  assert.equal(codes.filter((code) => code === 'ERR_NONCE_USED').length, 99);
  assert.equal(site.seen.length, 1);
  for (const answer of answers) if (answer.status === 409) await refused(answer, 'ERR_NONCE_USED');
});

test('100 parallel requests share one S', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const { server } = frame.account;
  const requests = await Promise.all(Array.from({ length: 100 }, () => frame.sign({}, { server })));
  const answers = await Promise.all(requests.map((request) => site.http(request)));
  assert.deepEqual(new Set(answers.map((answer) => answer.status)), new Set([200]));
  assert.equal(new Set(answers.map((answer) => answer.get('pas-nonce'))).size, 100);
});

test('a clock set back reopens nothing', async (t) => {
  const { site, frame, nonceAt } = await atTheMoment(t);
  const server = await nonceAt(T0);
  const request = incoming(await frame.sign({}, { server }));
  const unused = incoming(await frame.sign({}, { server }));
  const replay = (what = request) => site.authority.raw.verify(what, { tier: 'signed' });
  await acceptance(replay());
  await refusal(replay(), 'ERR_NONCE_USED');
  for (const back of [1, 1000, 60_000, 86_400_000]) {
    site.time.now = T0 - back;
    const outcome = await replay();
    assert.equal(outcome.ok, false, `${back} ms back`);
  }
  await t.test('even after the replay entry expired', async () => {
    const until = T0 + 1000 + W + B + D;
    site.time.now = until + 1;
    await site.authority.sessions.list('alice');
    await refusal(replay(), 'ERR_TIME_STALE');
    site.time.now = T0;
    await refusal(replay(), 'ERR_TIME_STALE');
    await refusal(replay(unused), 'ERR_TIME_STALE');
    site.time.now = until + 1;
    await acceptance(replay(incoming(await frame.sign({}, { server: await nonceAt(until + 1) }))));
  });
});

test('a replay entry outlives the last acceptance of its request', async (t) => {
  const store = { now: T0 };
  const { site, frame, nonceAt } = await atTheMoment(t, { memory: { clock: () => store.now } });
  const server = await nonceAt(T0);
  const sign = async () => incoming(await frame.sign({}, { server, created: SECONDS }));
  const [request, twin] = [await sign(), await sign()];
  await acceptance(site.authority.raw.verify(request, { tier: 'signed' }));
  // The head of a copy arrives at the last moment, and its content takes nearly as long as it may.
  site.time.now = T0 + W;
  store.now = T0 + W + B - 1000;
  const late = (what) =>
    site.authority.raw.verify({ ...what, receivedAt: performance.now() - (B - 1000) }, { tier: 'signed' });
  await acceptance(late(twin));
  await refusal(late(request), 'ERR_NONCE_USED');
});

test('the next nonce rides on every authenticated answer and on every use_nonce refusal', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  await t.test('accepted: usable, and never cached', async () => {
    const first = await accepted(frame.fetch());
    assert.equal(first.get('cache-control'), 'no-store');
    const next = first.get('pas-nonce');
    assert.match(next, /^[\w-]{36}$/);
    const second = await accepted(frame.fetch({}, { server: next }));
    assert.notEqual(second.get('pas-nonce'), next);
  });
  await t.test('refused: the frame may sign again at once', async () => {
    const { nonce: old } = (await frame.hello({ keyid: frame.account.key.keyid })).json;
    site.time.now += LIFETIME + F + D + 1000;
    for (const [code, change] of [
      ['ERR_NONCE_EXPIRED', { server: old }],
      ['ERR_NONCE_INVALID', { server: base64url(Buffer.alloc(27)) }],
      ['ERR_TIME_STALE', { server: old, created: SECONDS }],
      ['ERR_TIME_FUTURE', { created: SECONDS + 3600 }],
    ]) {
      await frame.refresh();
      const { server } = frame.account;
      const answer = await refused(frame.fetch({}, { server, ...change }), code);
      assert.match(answer.get('pas-nonce'), /^[\w-]{36}$/);
      await accepted(frame.fetch({}, { server: answer.get('pas-nonce') }));
    }
  });
  await t.test('other refusals carry none', async () => {
    await refused(frame.fetch({}, { bytes: () => Buffer.alloc(64) }), 'ERR_SIG_INVALID').then((answer) =>
      assert.equal(answer.get('pas-nonce'), undefined),
    );
    await refused(frame.plain({ target: '/api/a' }), 'ERR_SIG_MISSING').then((answer) =>
      assert.equal(answer.get('pas-nonce'), undefined),
    );
    await accepted(frame.fetch());
  });
  await t.test('a nonce that a refusal gave to a thief is of no use to the thief', async () => {
    const thief = site.frame();
    thief.jar.set('__Host-pas', frame.jar.get('__Host-pas'));
    const account = { key: await newKey(), server: base64url(Buffer.alloc(27)) };
    const { keyid } = frame.account.key;
    const { fields } = await refused(thief.fetch({ account }, { keyid }), 'ERR_NONCE_INVALID');
    assert.ok(fields.some(([name]) => name === 'pas-nonce'));
    await refused(thief.fetch({ account }, { keyid }), 'ERR_SIG_INVALID');
  });
});

test('hello tells the time of the server', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  site.time.now += 12_345;
  const answer = await accepted(frame.hello({ keyid: frame.account.key.keyid }));
  assert.equal(answer.json.now, T0 + 12_345);
  assert.equal(answer.get('cache-control'), 'no-store');
  assert.match(answer.json.nonce, /^[\w-]{36}$/);
  for (const body of ['{"keyid":1}', '{"keyid":"x"}', '{"keyid":"", "x":1}', '[]', '', '{', '{"keyid":null}']) {
    await refused(frame.hello({ body }), 'ERR_JSON_INVALID');
  }
});
