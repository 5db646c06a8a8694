// The life of a session: what the cookie alone permits, how it ends, how its key is replaced, URL tickets.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { frameKey, keyIdOf } from '../stores/kit/keys.mjs';
import { accepted, refusal, refused } from './kit/expect.mjs';
import { base64url, newKey } from './kit/signer.mjs';
import { T0, incoming, startSite, wire } from './kit/site.mjs';
import { connect } from 'node:net';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const replaceCookie = (value) => (fields) =>
  fields.flatMap((field) => (field[0] !== 'Cookie' ? [field] : value === undefined ? [] : [['Cookie', value]]));

test('the cookie alone reads identified routes, and nothing else', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const { json } = await accepted(frame.plain({ target: '/shell' }));
  assert.deepEqual([json.user, json.tier, json.body], ['alice', 'identified', '']);
  assert.equal((await accepted(frame.plain({ method: 'HEAD', target: '/shell' }))).get('pas-nonce'), undefined);
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND']) {
    const answer = await frame.plain({ method, target: '/shell-any' });
    assert.deepEqual([answer.status, answer.code], [401, 'ERR_TIER_REQUIRED'], method);
  }
  await accepted(frame.plain({ target: '/shell-any' }));
  for (const [target, code] of [
    ['/api/a', 'ERR_SIG_MISSING'],
    ['/api/act', 'ERR_SIG_MISSING'],
    ['/api/file', 'ERR_SIG_MISSING'],
  ]) {
    await refused(frame.plain({ target }), code);
  }
  await refused(site.frame().plain({ target: '/shell' }), 'ERR_SESSION_MISSING');
});

test('an identified request does not keep a session alive', async (t) => {
  const site = await startSite(t, { session: { idleMs: 10 * MINUTE } });
  const frame = await site.enrolled();
  site.time.now += 9 * MINUTE;
  const before = await site.snapshot('alice');
  await accepted(frame.plain({ target: '/shell' }));
  assert.equal(await site.snapshot('alice'), before);
  site.time.now += MINUTE;
  await refused(frame.plain({ target: '/shell' }), 'ERR_SESSION_ENDED');
});

test('a session ends after so long without a request', async (t) => {
  const site = await startSite(t, { session: { idleMs: 10 * MINUTE } });
  const [idle, busy] = [await site.enrolled('alice'), await site.enrolled('bob')];
  for (let i = 0; i < 5; i += 1) {
    site.time.now += 10 * MINUTE - 1;
    await busy.refresh();
    await accepted(busy.fetch());
  }
  await idle.refresh();
  await refused(idle.fetch(), 'ERR_SESSION_ENDED');
  assert.deepEqual(await site.authority.sessions.list('alice'), []);
  const [session] = await site.authority.sessions.list('bob');
  assert.deepEqual(
    [session.createdAt, session.lastSeenAt, session.idleExpiresAt],
    [T0, site.time.now, site.time.now + 10 * MINUTE],
  );
  site.time.now += 10 * MINUTE;
  await busy.refresh();
  await refused(busy.fetch(), 'ERR_SESSION_ENDED');
});

test('a refused request does not keep a session alive', async (t) => {
  const site = await startSite(t, { session: { idleMs: 10 * MINUTE } });
  const frame = await site.enrolled();
  site.time.now += 9 * MINUTE;
  await frame.refresh();
  const before = await site.snapshot('alice');
  await refused(frame.fetch({}, { bytes: () => Buffer.alloc(64) }), 'ERR_SIG_INVALID');
  await refused(frame.fetch({}, { created: 1 }), 'ERR_TIME_STALE');
  assert.equal(await site.snapshot('alice'), before);
  site.time.now += MINUTE;
  await frame.refresh();
  await refused(frame.fetch(), 'ERR_SESSION_ENDED');
});

test('a session ends in any case, and no request prolongs it', async (t) => {
  const site = await startSite(t, { session: { idleMs: HOUR, absoluteMs: 2 * HOUR } });
  const frame = await site.enrolled();
  const end = site.time.now + 2 * HOUR;
  for (const at of [end - 90 * MINUTE, end - 50 * MINUTE, end - 1]) {
    site.time.now = at;
    await frame.refresh();
    await accepted(frame.fetch());
  }
  const [session] = await site.authority.sessions.list('alice');
  assert.deepEqual([session.idleExpiresAt, session.absoluteExpiresAt], [end, end]);
  const ready = await frame.sign();
  site.time.now = end;
  await refused(frame.send(ready), 'ERR_SESSION_ENDED');
  await refused(frame.plain({ target: '/shell' }), 'ERR_SESSION_ENDED');
  await t.test('a clock set back does not revive it', async () => {
    site.time.now = end - 1;
    await refused(frame.send(ready), 'ERR_SESSION_ENDED');
    assert.deepEqual(await site.authority.sessions.list('alice'), []);
  });
});

test('an ended session stays ended', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const [early, late] = [await frame.sign(), await frame.sign()];
  await accepted(frame.send(early));
  assert.equal(await site.authority.sessions.revoke('alice', frame.account.session), true);
  await refused(frame.send(late), 'ERR_SESSION_ENDED');
  await refused(frame.fetch(), 'ERR_SESSION_ENDED');
  await refused(frame.control('ticket', { url: '/api/file' }), 'ERR_SESSION_ENDED');
  await refused(frame.rekey(), 'ERR_SESSION_ENDED');
  await refused(frame.plain({ target: '/shell' }), 'ERR_SESSION_ENDED');
  assert.deepEqual(await site.authority.sessions.list('alice'), []);
  assert.equal(await site.authority.sessions.revoke('alice', frame.account.session), false);
  assert.equal(site.seen.length, 1);
});

test('sessions are listed and ended per user', async (t) => {
  const site = await startSite(t);
  const frames = [];
  for (let i = 0; i < 3; i += 1) {
    site.time.now += 1000;
    frames.push(await site.enrolled('alice'));
  }
  const bob = await site.enrolled('bob');
  const ids = frames.map((frame) => frame.account.session);
  const { sessions } = site.authority;
  const listed = async (user) => (await sessions.list(user)).map((session) => session.id);
  assert.deepEqual(await listed('alice'), [...ids].reverse(), 'newest first');
  assert.deepEqual(await listed('nobody'), []);

  await t.test("another user's session can't be ended", async () => {
    assert.equal(await sessions.revoke('alice', bob.account.session), false);
    assert.equal(await sessions.revoke('nobody', ids[0]), false);
    await accepted(bob.fetch());
    await accepted(frames[0].fetch());
  });
  await t.test('one', async () => {
    assert.equal(await sessions.revoke('alice', ids[0]), true);
    await refused(frames[0].fetch(), 'ERR_SESSION_ENDED');
    await accepted(frames[1].fetch());
    assert.deepEqual(await listed('alice'), [ids[2], ids[1]]);
  });
  await t.test('all others', async () => {
    assert.equal(await sessions.revokeAll('alice', { except: ids[1] }), 1);
    await refused(frames[2].fetch(), 'ERR_SESSION_ENDED');
    await accepted(frames[1].fetch());
  });
  await t.test('all', async () => {
    assert.equal(await sessions.revokeAll('alice'), 1);
    await refused(frames[1].fetch(), 'ERR_SESSION_ENDED');
    assert.deepEqual(await listed('alice'), []);
    assert.equal(await sessions.revokeAll('alice'), 0);
    await accepted(bob.fetch());
  });
});

test('what the list gives away is a copy', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const [session] = await site.authority.sessions.list('alice');
  Object.assign(session, { userId: 'admin', absoluteExpiresAt: 0, idleExpiresAt: 0 });
  assert.equal((await accepted(frame.fetch())).json.user, 'alice');
  assert.equal((await site.authority.sessions.list('alice'))[0].userId, 'alice');
});

/** Sends the head and a part of the body; the rest when told. */
function slowly(port, request, part) {
  const bytes = wire(request, 'app.test');
  const cut = bytes.length - request.body.length + part;
  const socket = connect(port, '127.0.0.1');
  const chunks = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  const answer = new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
  });
  socket.write(bytes.subarray(0, cut));
  return { finish: () => (socket.end(bytes.subarray(cut)), answer) };
}

test('a request whose content is still on its way is decided when it is there', async (t) => {
  let reached;
  const atStore = new Promise((resolve) => (reached = resolve));
  let watch = false;
  const site = await startSite(t, {
    wrap: (store) =>
      new Proxy(store, {
        get:
          (target, name) =>
          (...args) => {
            // The key is asked for after the head, before the content.
            if (watch && name === 'read') queueMicrotask(reached);
            return target[name](...args);
          },
      }),
  });
  const frame = await site.enrolled();
  const sign = () =>
    frame.sign({ method: 'POST', target: '/api/a', type: 'text/plain', body: Buffer.from('0123456789') });
  watch = true;
  const slow = slowly(site.port, await sign(), 4);
  await atStore;
  await site.authority.sessions.revoke('alice', frame.account.session);
  const answer = await slow.finish();
  assert.match(answer, /^HTTP\/1\.1 401 /);
  assert.match(answer, /ERR_SESSION_ENDED/);
  assert.deepEqual(site.seen, []);

  const again = await site.enrolled('alice');
  const request = await again.sign({
    method: 'POST',
    target: '/api/a',
    type: 'text/plain',
    body: Buffer.from('0123456789'),
  });
  assert.match(await slowly(site.port, request, 4).finish(), /^HTTP\/1\.1 200 /);
});

test('logout', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const elsewhere = await site.enrolled();
  await t.test('needs the key', async () => {
    await refused(
      frame.plain({ method: 'POST', target: '/.pas/logout', fields: [['Origin', frame.signOrigin]] }),
      'ERR_SIG_MISSING',
    );
    await refused(frame.control('logout', undefined, { key: await newKey() }), 'ERR_SIG_INVALID');
    await refused(
      frame.control('logout', undefined, {
        fields: (fields) => fields.map(([name, value]) => [name, name === 'Origin' ? frame.appOrigin : value]),
      }),
      'ERR_ORIGIN_REFUSED',
    );
    await accepted(frame.fetch());
  });
  const answer = await accepted(frame.control('logout'));
  assert.equal(answer.all('set-cookie').length, 1);
  assert.match(answer.get('set-cookie'), /^__Host-pas=; Max-Age=0; Path=\/; Secure; HttpOnly; SameSite=Strict$/);
  assert.equal(frame.jar.size, 0);
  await accepted(elsewhere.fetch());
  assert.equal((await site.authority.sessions.list('alice')).length, 1);
});

test('logout of one account leaves the other', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled('alice');
  const alice = frame.account;
  await site.enrolled('bob', frame);
  const bob = frame.account;
  const cookies = frame.cookies;
  await accepted(frame.control('logout', undefined, {}, bob));
  assert.deepEqual([...frame.jar.keys()], ['__Host-pas']);
  await accepted(frame.fetch({ account: alice }));
  await refused(
    frame.send(await frame.sign({ account: bob }, { fields: replaceCookie(cookies) }), bob),
    'ERR_SESSION_ENDED',
  );
});

test('rekey', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const old = frame.account.key;
  const { session } = frame.account;
  const unchanged = async () => assert.equal(keyIdOf((await site.authority.sessions.list('alice'))[0]), old.keyid);

  await t.test('needs the old key', async () => {
    const thief = await newKey();
    await refused(frame.rekey({ key: thief, newKey: thief }), 'ERR_SIG_INVALID');
    const server = (await frame.hello({ keyid: thief.keyid })).json.nonce;
    await refused(
      frame.rekey({ key: thief, keyid: thief.keyid, newKey: thief, nonce: `${server}.${base64url(randomBytes(16))}` }),
      'ERR_KEY_MISMATCH',
    );
    await refused(
      frame.plain({
        method: 'POST',
        target: '/.pas/rekey',
        body: Buffer.from(JSON.stringify({ jwk: thief.jwk })),
        fields: [['Origin', frame.signOrigin]],
      }),
      'ERR_SIG_MISSING',
    );
    await unchanged();
  });
  await t.test('needs the new key', async () => {
    const wrong = await newKey();
    await refused(frame.rekey({ pop: wrong.sign }), 'ERR_SIG_INVALID');
    await refused(frame.rekey({ pop: old.sign }), 'ERR_SIG_INVALID');
    await refused(frame.rekey({ pop: () => Buffer.alloc(64) }), 'ERR_SIG_INVALID');
    await refused(frame.rekey({ pop: () => Buffer.alloc(63) }), 'ERR_JSON_INVALID');
    await refused(frame.rekey({ jwk: wrong.jwk }), 'ERR_SIG_INVALID');
    const next = await newKey();
    await refused(frame.rekey({ newKey: next, pop: () => next.sign(Buffer.from('pas-1 rekey\0')) }), 'ERR_SIG_INVALID');
    await refused(frame.rekey({ newKey: next, jwk: { ...next.jwk, d: next.jwk.x } }), 'ERR_KEY_INVALID');
    await refused(frame.control('rekey', { jwk: next.jwk }), 'ERR_JSON_INVALID');
    await refused(frame.control('rekey', { jwk: next.jwk, pop: '', extra: 1 }), 'ERR_JSON_INVALID');
    await refused(frame.control('rekey', undefined), 'ERR_JSON_INVALID');
    await unchanged();
  });
  await t.test('a proof of possession is for one request', async () => {
    const next = await newKey();
    let proof;
    const nonce = `${frame.account.server}.${base64url(randomBytes(16))}`;
    const recorded = async (message) => (proof = await next.sign(message));
    // The digest is broken so that the request spends nothing; the proof itself was good.
    await refused(frame.rekey({ newKey: next, nonce, pop: recorded, body: '{}' }), 'ERR_DIGEST_MISMATCH');
    await refused(frame.rekey({ newKey: next, pop: () => proof }), 'ERR_SIG_INVALID');
    await unchanged();
  });

  const early = await frame.sign();
  const answer = await accepted(frame.rekey());
  assert.deepEqual(answer.all('set-cookie'), [], "the first account's cookie stays");
  const { key } = frame.account;
  assert.notEqual(key.keyid, old.keyid);
  assert.equal(keyIdOf((await site.authority.sessions.list('alice'))[0]), key.keyid);
  assert.equal((await accepted(frame.fetch())).json.session, session);

  await t.test('the old key is refused from then on', async () => {
    await refused(site.http(early), 'ERR_KEY_MISMATCH');
    const server = (await frame.hello({ keyid: old.keyid })).json.nonce;
    await refused(frame.fetch({ account: { key: old, server } }), 'ERR_KEY_MISMATCH');
    await refused(frame.rekey({}, { key: old, server }), 'ERR_KEY_MISMATCH');
    await accepted(frame.fetch());
  });
});

test('of ten rotations at once one takes place', async (t) => {
  // All ten are admitted under the old key before the first one replaces it.
  let waiting = 0;
  let open;
  const gate = new Promise((resolve) => (open = resolve));
  const site = await startSite(t, {
    wrap: (store) =>
      new Proxy(store, {
        get:
          (target, name) =>
          async (...args) => {
            if (name === 'rekey') {
              if ((waiting += 1) === 10) open();
              await gate;
            }
            return target[name](...args);
          },
      }),
  });
  const frame = await site.enrolled();
  const from = frame.account.key;
  const keys = await Promise.all(Array.from({ length: 10 }, newKey));
  const tries = keys.map(async (next) => {
    const account = Object.assign(Object.create(Object.getPrototypeOf(frame.account)), frame.account);
    const answer = await frame.rekey({ newKey: next }, account);
    return { answer, account };
  });
  const outcomes = await Promise.all(tries);
  const won = outcomes.filter(({ answer }) => answer.status === 200);
  assert.equal(won.length, 1);
  for (const { answer } of outcomes) if (answer.status !== 200) await refused(answer, 'ERR_KEY_MISMATCH');
  await accepted(frame.fetch({ account: won[0].account }));
  await refused(frame.fetch({ account: { ...frame.account, key: from } }), 'ERR_KEY_MISMATCH');
});

test('a hello tells which keys the sessions of a browser have, and mends a cookie that lost its key', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled('alice');
  const alice = frame.account.key.keyid;
  await site.enrolled('bob', frame);
  const bob = frame.account.key.keyid;
  const asked = () => frame.hello({ body: JSON.stringify({ keys: true }) });
  assert.deepEqual((await accepted(asked())).json.keys.sort(), [alice, bob].sort());
  assert.equal((await accepted(frame.hello())).json.keys, undefined, 'only when asked');
  await refused(frame.hello({ body: '{"keys":1}' }), 'ERR_JSON_INVALID');
  await refused(frame.hello({ body: '{"keys":true}', origin: site.appOrigin }), 'ERR_ORIGIN_REFUSED');
  assert.deepEqual((await accepted(site.frame().hello({ body: '{"keys":true}' }))).json.keys, [], 'of nobody');

  // The rotation held, its answer was lost: the cookie still has the old key's name.
  const old = `__Host-pas-${bob.slice(0, 8)}`;
  const value = frame.jar.get(old);
  await accepted(frame.rekey());
  const rotated = frame.account.key.keyid;
  frame.jar.delete(`__Host-pas-${rotated.slice(0, 8)}`);
  frame.jar.set(old, value);
  await refused(frame.fetch(), 'ERR_KEY_MISMATCH');
  assert.deepEqual((await accepted(asked())).json.keys.sort(), [alice, rotated].sort());
  assert.equal(frame.jar.get(`__Host-pas-${rotated.slice(0, 8)}`), value);
  assert.equal(frame.jar.get(old), undefined);
  assert.equal((await accepted(frame.fetch())).json.user, 'bob');
});

test("a further account's cookie follows its key", async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled('alice');
  const alice = frame.account;
  await site.enrolled('bob', frame);
  const bob = frame.account;
  const before = `__Host-pas-${bob.key.keyid.slice(0, 8)}`;
  const value = frame.jar.get(before);
  site.time.now += 20 * MINUTE;
  await frame.refresh(bob);
  const answer = await accepted(frame.rekey({}, bob));
  const after = `__Host-pas-${bob.key.keyid.slice(0, 8)}`;
  assert.deepEqual([...frame.jar.keys()].sort(), ['__Host-pas', after].sort());
  assert.equal(frame.jar.get(after), value);
  const set = answer.all('set-cookie').find((line) => line.startsWith(`${after}=`));
  assert.match(set, /; Max-Age=42000; Path=\/; Secure; HttpOnly; SameSite=Strict$/, 'no longer than the session');
  assert.equal((await accepted(frame.fetch({ account: bob }))).json.user, 'bob');
  await frame.refresh(alice);
  assert.equal((await accepted(frame.fetch({ account: alice }))).json.user, 'alice');
});

test('URL tickets', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const issue = async (url = '/api/file?id=1') => (await accepted(frame.control('ticket', { url }))).json.url;

  await t.test('one use, without a signature', async () => {
    const url = await issue();
    assert.match(url, /^\/api\/file\?id=1&pas_ticket=[\w.-]+$/);
    assert.ok(!url.includes(frame.jar.get('__Host-pas').split('.')[2]), 'the secret of the session is not in it');
    const { json } = await accepted(frame.plain({ target: url }));
    assert.deepEqual([json.user, json.tier], ['alice', 'signed']);
    await refused(frame.plain({ target: url }), 'ERR_TICKET_INVALID');
  });
  await t.test('with and without a query', async () => {
    for (const url of ['/api/file', '/api/file?', '/api/file?a&b=c', '/api/file?a=b&', '/api/file?a?b'])
      await accepted(frame.plain({ target: await issue(url) }));
  });
  await t.test('HEAD is a use', async () => {
    const url = await issue();
    await accepted(frame.plain({ method: 'HEAD', target: url }));
    await refused(frame.plain({ target: url }), 'ERR_TICKET_INVALID');
  });
  await t.test('of 50 uses at once one', async () => {
    const url = await issue();
    const answers = await Promise.all(Array.from({ length: 50 }, () => frame.plain({ target: url })));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.equal(answers.filter(({ code }) => code === 'ERR_TICKET_INVALID').length, 49);
  });
  await t.test('30 s and not longer', async () => {
    const [just, late] = [await issue(), await issue()];
    site.time.now += 30_000;
    await accepted(frame.plain({ target: just }));
    site.time.now += 1;
    await refused(frame.plain({ target: late }), 'ERR_TICKET_INVALID');
    await frame.refresh();
  });
  await t.test('another URL, and the wrong use spends nothing', async () => {
    const url = await issue();
    for (const other of [
      url.replace('id=1', 'id=2'),
      url.replace('id=1&', ''),
      url.replace('id=1', 'id=1&x=2'),
      url.replace('id=1', 'id=%31'),
      url.replace('/api/file', '/api/FILE'),
      url.replace('/api/file', '/api/file/'),
    ]) {
      await refused(frame.plain({ target: other }), 'ERR_TICKET_INVALID');
    }
    await accepted(frame.plain({ target: url }));
  });
  await t.test('on a route that takes none', async () => {
    await refused(frame.plain({ target: await issue('/api/a') }), 'ERR_SIG_MISSING');
    await refused(frame.plain({ target: await issue('/api/act') }), 'ERR_SIG_MISSING');
  });
  await t.test('another session', async () => {
    const url = await issue();
    await refused((await site.enrolled('alice')).plain({ target: url }), 'ERR_TICKET_INVALID');
    await refused((await site.enrolled('bob')).plain({ target: url }), 'ERR_SESSION_MISSING');
    await refused(site.frame().plain({ target: url }), 'ERR_SESSION_MISSING');
    await accepted(frame.plain({ target: url }));
  });
  await t.test('another method', async () => {
    const url = await issue();
    for (const method of ['POST', 'PUT', 'DELETE'])
      await refused(frame.plain({ method, target: url }), 'ERR_TICKET_INVALID');
    await accepted(frame.plain({ target: url }));
  });
  await t.test('tampered', async () => {
    const url = await issue();
    const value = url.split('pas_ticket=')[1];
    const [version, tag, secret] = value.split('.');
    for (const other of [
      `${url}A`,
      url.slice(0, -1),
      `${url}=`,
      `${url}&x`,
      `${url}&pas_ticket=${value}`,
      url.replace('&pas_ticket', '&x_pas_ticket'),
      url.replace(secret, base64url(randomBytes(32))),
      url.replace(value, secret),
      url.replace(value, ''),
      url.replace(value, `2.${tag}.${secret}`),
      url.replace(value, `${version}.${secret}`),
      `/api/file?pas_ticket=${value}&id=1`,
    ])
      await refused(frame.plain({ target: other }), 'ERR_TICKET_INVALID');
    await accepted(frame.plain({ target: url }));
  });
  await t.test('of an ended session', async () => {
    const other = await site.enrolled('alice');
    const { url } = (await accepted(other.control('ticket', { url: '/api/file' }))).json;
    await site.authority.sessions.revoke('alice', other.account.session);
    await refused(other.plain({ target: url }), 'ERR_TICKET_INVALID');
    await accepted(frame.plain({ target: await issue('/api/file') }));
  });
  await t.test('which URLs', async () => {
    for (const url of [
      '/.pas/logout',
      '/%2epas/x',
      '/a/.PAS/x',
      'https://evil.example/',
      '//x/.pas/y',
      'api/file',
      '',
      '*',
      '/a#b',
      '/a b',
      '/é',
      '/api/file?pas_ticket=x',
      1,
      null,
      ['/api/file'],
    ]) {
      await refused(frame.control('ticket', { url }), 'ERR_JSON_INVALID');
    }
    await refused(frame.control('ticket', { url: '/api/file', more: 1 }), 'ERR_JSON_INVALID');
    await refused(frame.control('ticket', {}), 'ERR_JSON_INVALID');
    await accepted(frame.control('ticket', { url: '/api/file' }));
  });
  await t.test('by the server itself', async () => {
    const [session] = (await site.authority.sessions.list('alice')).filter(({ id }) => id === frame.account.session);
    await accepted(frame.plain({ target: await site.authority.ticketUrl(session, '/api/file?x') }));
    await assert.rejects(site.authority.ticketUrl(session, '/.pas/logout'), {
      name: 'PartitionedAuthorityError',
      code: 'ERR_JSON_INVALID',
    });
  });
  await t.test('a signed request needs no ticket', () => accepted(frame.fetch({ target: '/api/file' })));
});

test('URL tickets serve every account of a browser', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled('alice');
  const alice = frame.account;
  await site.enrolled('bob', frame);
  const issue = async (account) =>
    (await accepted(frame.control('ticket', { url: '/api/file' }, {}, account))).json.url;
  assert.equal((await accepted(frame.plain({ target: await issue(alice) }))).json.user, 'alice');
  assert.equal((await accepted(frame.plain({ target: await issue(frame.account) }))).json.user, 'bob');
});

test('doubled and malformed cookies name no session', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const good = frame.jar.get('__Host-pas');
  const other = (await site.enrolled('bob')).jar.get('__Host-pas');
  const [, tag, secret] = good.split('.');
  const named = `__Host-pas-${frame.account.key.keyid.slice(0, 8)}`;
  const spelled = `${secret.slice(0, -1)}${String.fromCharCode(secret.charCodeAt(42) + 1)}`;
  for (const [name, cookies, code = 'ERR_SESSION_MISSING'] of [
    ['the same twice', `__Host-pas=${good}; __Host-pas=${good}`],
    ['two sessions', `__Host-pas=${good}; __Host-pas=${other}`],
    ['two sessions, the other first', `__Host-pas=${other}; __Host-pas=${good}`],
    ['another version', `__Host-pas=2.${tag}.${secret}`],
    ['without a version', `__Host-pas=${tag}.${secret}`],
    ['without a tag', `__Host-pas=1..${secret}`],
    ['without a secret', `__Host-pas=1.${tag}.`],
    ['empty', '__Host-pas='],
    ['quoted', `__Host-pas="${good}"`],
    ['longer', `__Host-pas=${good}A`],
    ['padded', `__Host-pas=${good}=`],
    ['another spelling of the secret', `__Host-pas=1.${tag}.${spelled}`],
    ['another case of the name', `__host-pas=${good}`],
    ['a prefix of the name', `__Host-pa=${good}`],
    ['another name', `session=${good}`],
    ['without a prefix', `pas=${good}`],
    ['named after the key and malformed', `__Host-pas=${good}; ${named}=1.x.y`],
    ['named after the key twice', `__Host-pas=${good}; ${named}=${good}; ${named}=${good}`],
    ["another user's slot", `__Host-pas=1.${other.split('.')[1]}.${secret}`, 'ERR_SESSION_ENDED'],
    ['an unknown secret', `__Host-pas=1.${tag}.${base64url(randomBytes(32))}`, 'ERR_SESSION_ENDED'],
  ]) {
    await t.test(name, async () => {
      await refused(site.http(await frame.sign({}, { fields: replaceCookie(cookies) })), code);
      await accepted(frame.fetch());
    });
  }
  await t.test('in two lines, as a tossed cookie might come', async () => {
    const doubled = (value) => (fields) => [['Cookie', `__Host-pas=${value}`], ...fields];
    await refused(site.http(await frame.sign({}, { fields: doubled(other) })), 'ERR_SESSION_MISSING');
    await refused(site.http(await frame.sign({}, { fields: doubled(good) })), 'ERR_SESSION_MISSING');
    await accepted(site.http(await frame.sign({}, { fields: (fields) => [['Cookie', 'theme=dark'], ...fields] })));
  });
  await t.test('among others', async () => {
    await accepted(site.http(await frame.sign({}, { fields: replaceCookie(`a=b; __Host-pas=${good}; c="d=e"; f`) })));
    await accepted(site.http(await frame.sign({}, { fields: replaceCookie(`__Host-pas=${other}; ${named}=${good}`) })));
  });
});

test('the audit hears of every decision, and no secret', async (t) => {
  const site = await startSite(t);
  const frame = await site.login(site.frame());
  const ticket = frame.jar.get('__Host-pas-enrol').split('.')[2];
  await accepted(frame.enrol());
  const heard = async (pending) => {
    site.decisions.length = 0;
    await pending;
    assert.equal(site.decisions.length, 1);
    return site.decisions[0];
  };
  const ok = await heard(accepted(frame.fetch({ target: '/api/a?token=1' })));
  assert.deepEqual(ok, {
    event: 'request',
    at: site.time.now,
    method: 'GET',
    path: '/api/a',
    outcome: 'accepted',
    tier: 'signed',
    session: frame.account.session,
    userId: 'alice',
  });
  const no = await heard(refused(frame.fetch({}, { bytes: () => Buffer.alloc(64) }), 'ERR_SIG_INVALID'));
  assert.deepEqual([no.outcome, no.code, no.path], ['refused', 'ERR_SIG_INVALID', '/api/signed']);
  assert.equal((await heard(accepted(frame.plain({ target: '/shell' })))).tier, 'identified');
  assert.equal((await heard(accepted(frame.control('ticket', { url: '/api/file' })))).path, '/.pas/ticket');
  const text = JSON.stringify(site.decisions);
  for (const secret of [ticket, frame.jar.get('__Host-pas').split('.')[2], frame.account.server])
    assert.ok(!text.includes(secret));
  await t.test('also of refused enrolments', async () => {
    const refusedEnrolment = await heard(
      refused(site.frame().enrol({ challenge: base64url(randomBytes(27)) }), 'ERR_ENROL_REFUSED'),
    );
    assert.deepEqual(
      [refusedEnrolment.outcome, refusedEnrolment.code, refusedEnrolment.path],
      ['refused', 'ERR_ENROL_REFUSED', '/.pas/enrol'],
    );
    await site.login(frame, 'alice');
    assert.equal((await heard(accepted(frame.enrol()))).outcome, 'accepted');
  });
});

test('raw outcomes tell the operator why, and the client only the code', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const outcome = await refusal(
    site.authority.raw.verify(incoming(await frame.sign({}, { key: await newKey() })), { tier: 'signed' }),
    'ERR_SIG_INVALID',
  );
  assert.match(outcome.detail, /does not verify/);
  assert.ok(!JSON.stringify(outcome.reply).includes(outcome.detail));
});

test('one kind of secret never stands for another', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled('alice');
  const session = frame.jar.get('__Host-pas');
  const ticket = async () =>
    (await accepted(frame.control('ticket', { url: '/api/file' }))).json.url.split('pas_ticket=')[1];
  const enrolment = (await site.login(site.frame(), 'alice')).jar.get('__Host-pas-enrol');
  const shell = (value) => site.frame().plain({ target: '/shell', cookies: `__Host-pas=${value}` });
  const file = (value) => frame.plain({ target: `/api/file?pas_ticket=${value}` });
  const enrol = (value) => {
    const other = site.frame();
    other.jar.set('__Host-pas-enrol', value);
    return other.enrol();
  };
  await refused(shell(enrolment), 'ERR_SESSION_ENDED');
  await refused(shell(await ticket()), 'ERR_SESSION_ENDED');
  await refused(file(enrolment), 'ERR_TICKET_INVALID');
  await refused(file(session), 'ERR_TICKET_INVALID');
  await refused(enrol(session), 'ERR_ENROL_REFUSED');
  await refused(enrol(await ticket()), 'ERR_ENROL_REFUSED');
  assert.equal((await site.authority.sessions.list('alice')).length, 1);
  await accepted(shell(session));
  await accepted(file(await ticket()));
  await accepted(enrol(enrolment));
});

test('users whose tags happen to be the same stay apart', async (t) => {
  // 48 bits: among 17 million users two have the same tag, as likely as not.
  const site = await startSite(t);
  const frame = await site.enrolled('alice');
  const { tag, key } = frame.account;
  await site.store.putTicket({
    kind: 'enrol',
    id: 'ticket',
    slot: tag,
    subject: 'mallory',
    bind: '',
    label: 'her phone',
    ttlMs: 1000,
  });
  const {
    jwk: { x, y },
    keyid,
  } = await newKey();
  const other = await site.store.create(
    {
      id: 'other',
      slot: tag,
      keys: { frame: frameKey(keyid, { x, y }) },
      idleMs: HOUR,
      absoluteMs: HOUR,
      replaces: [frame.account.session],
    },
    'ticket',
    { max: 1, policy: 'end-oldest' },
  );
  assert.equal(other.session.userId, 'mallory');
  assert.deepEqual(other.ended, []);
  const { sessions } = site.authority;
  assert.deepEqual(
    (await sessions.list('alice')).map((session) => [session.userId, keyIdOf(session)]),
    [['alice', key.keyid]],
  );
  assert.equal(await sessions.revoke('alice', 'other'), false);
  assert.equal(await sessions.revokeAll('alice'), 1);
  assert.ok(await site.store.read(tag, 'other'));
  await refused(frame.fetch(), 'ERR_SESSION_ENDED');
});

test('the further account goes on when the first one logs out', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled('alice');
  const alice = frame.account;
  await site.enrolled('bob', frame);
  assert.equal((await accepted(frame.plain({ target: '/shell' }))).json.user, 'alice');
  await accepted(frame.control('logout', undefined, {}, alice));
  assert.equal((await accepted(frame.fetch())).json.user, 'bob');
  assert.equal((await accepted(frame.plain({ target: '/shell' }))).json.user, 'bob');
});
