// What a team asks of sessions: how they expire, how many there may be, who sees and ends them.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { accepted, refused } from './kit/expect.mjs';
import { base64url, newKey } from './kit/signer.mjs';
import { T0, startSite } from './kit/site.mjs';

const MINUTE = 60_000;
/** Changes a field after signing. */
const withField = (changed, to) => ({
  fields: (fields) => fields.map(([name, value]) => [name, name === changed ? to : value]),
});
const heard = (site, path) => site.decisions.filter((decision) => decision.path === path);

/** A browser of its own for each, logged in one second after the other. */
async function devices(site, names, user = 'alice') {
  const frames = [];
  for (const label of names) {
    site.time.now += 1000;
    const frame = await site.login(site.frame(), user, label);
    await accepted(frame.enrol());
    frames.push(frame);
  }
  return frames;
}

describe('expiry is exact to the ms', () => {
  test('idle', async (t) => {
    const site = await startSite(t, { session: { idleMs: 1234 } });
    const [last, late] = [await site.enrolled('alice'), await site.enrolled('bob')];
    site.time.now = T0 + 1233;
    await accepted(last.fetch());
    site.time.now = T0 + 1234;
    await refused(late.fetch(), 'ERR_SESSION_ENDED');
    site.time.now = T0 + 1233 + 1233;
    await accepted(last.fetch());
    site.time.now += 1234;
    await refused(last.fetch(), 'ERR_SESSION_ENDED');
  });

  test('absolute, however busy', async (t) => {
    const site = await startSite(t, { session: { idleMs: 5000, absoluteMs: 12_345 } });
    const frame = await site.enrolled();
    for (const at of [4999, 9998, 12_344]) {
      site.time.now = T0 + at;
      await accepted(frame.fetch());
    }
    assert.equal((await site.authority.sessions.list('alice'))[0].idleExpiresAt, T0 + 12_345);
    site.time.now = T0 + 12_345;
    await refused(frame.fetch(), 'ERR_SESSION_ENDED');
  });

  test('an idle time longer than the absolute one changes nothing', async (t) => {
    const site = await startSite(t, { session: { idleMs: 10_000, absoluteMs: 5000 } });
    const frame = await site.enrolled();
    site.time.now = T0 + 4999;
    await accepted(frame.fetch());
    site.time.now = T0 + 5000;
    await refused(frame.fetch(), 'ERR_SESSION_ENDED');
  });
});

test('nothing touches an ended session back to life', async (t) => {
  const site = await startSite(t, { session: { idleMs: 10 * MINUTE } });
  const frame = await site.enrolled();
  const other = await site.enrolled('bob');
  const [early, url] = [await frame.sign(), (await accepted(frame.control('ticket', { url: '/api/file' }))).json.url];
  site.time.now += 10 * MINUTE;
  await frame.refresh();
  const attempts = {
    'a request signed in time': () => site.http(early),
    'a fresh request': () => frame.fetch(),
    'an interactive one': async () => {
      const act = { action: 'act', method: 'POST', target: '/api/act', body: 'x' };
      return frame.fetch({ ...act, proof: await frame.proof(act) });
    },
    'a rotation': () => frame.rekey(),
    'a ticket': () => frame.control('ticket', { url: '/api/file' }),
    'a page shell': () => frame.plain({ target: '/shell' }),
  };
  for (const back of [0, 1, 10 * MINUTE]) {
    site.time.now = T0 + 10 * MINUTE - back;
    for (const [name, attempt] of Object.entries(attempts)) {
      const { status, code } = await attempt();
      assert.equal(status, 401, `${name}, clock back by ${back} ms`);
      assert.ok(['ERR_SESSION_ENDED', 'ERR_TIME_STALE', 'ERR_NONCE_INVALID'].includes(code), code);
    }
    await refused(frame.plain({ target: url }), 'ERR_TICKET_INVALID');
    assert.deepEqual((await accepted(frame.hello({ body: '{"keys":true}' }))).json.keys, []);
    assert.deepEqual(await site.authority.sessions.list('alice'), []);
  }
  site.time.now = T0 + 10 * MINUTE;
  await accepted((await site.login(other, 'bob')).enrol());
  await accepted(other.fetch());
});

describe('a limit of sessions', () => {
  const full = { max: 2, policy: 'refuse-newest' };
  const rolling = { max: 2, policy: 'end-oldest' };

  test('refuse-newest: the third waits until one is gone, with the same ticket', async (t) => {
    const site = await startSite(t, { session: { limit: full } });
    const [first, second] = await devices(site, ['one', 'two']);
    const third = await site.login(site.frame(), 'alice', 'three');
    const cookies = third.cookies;
    const answer = await refused(third.enrol(), 'ERR_SESSION_LIMIT');
    assert.deepEqual(answer.all('set-cookie'), []);
    assert.equal(third.cookies, cookies, 'the ticket is kept');
    const [decision] = heard(site, '/.pas/enrol').slice(-1);
    assert.deepEqual([decision.outcome, decision.code], ['refused', 'ERR_SESSION_LIMIT']);
    await refused(third.enrol(), 'ERR_SESSION_LIMIT');
    await accepted(first.fetch());
    await accepted(second.fetch());
    await accepted((await site.login(site.frame(), 'bob')).enrol());

    assert.equal(await site.authority.sessions.revoke('alice', first.account.session), true);
    await accepted(third.enrol());
    await accepted(third.fetch());
    await accepted(second.fetch());
    await refused(first.fetch(), 'ERR_SESSION_ENDED');
    const labels = (await site.authority.sessions.list('alice')).map(({ label }) => label);
    assert.deepEqual(labels, ['three', 'two']);
  });

  test('refuse-newest: a session that ended makes room', async (t) => {
    const site = await startSite(t, { session: { limit: full, idleMs: 10 * MINUTE } });
    const [idle, busy] = await devices(site, ['one', 'two']);
    site.time.now += 5 * MINUTE;
    await accepted(busy.fetch());
    const third = await site.login(site.frame(), 'alice');
    await refused(third.enrol(), 'ERR_SESSION_LIMIT');
    site.time.now += 5 * MINUTE;
    await refused(idle.plain({ target: '/shell' }), 'ERR_SESSION_ENDED');
    await accepted((await site.login(third, 'alice')).enrol());
    await busy.refresh();
    await accepted(busy.fetch());
  });

  test('end-oldest: the first one ends, and the audit hears which', async (t) => {
    const site = await startSite(t, { session: { limit: rolling } });
    const frames = await devices(site, ['one', 'two', 'three']);
    const [first, second, third] = frames;
    const decisions = heard(site, '/.pas/enrol');
    assert.deepEqual(
      decisions.map(({ outcome, ended }) => [outcome, ended]),
      [
        ['accepted', undefined],
        ['accepted', undefined],
        ['accepted', [first.account.session]],
      ],
    );
    await refused(first.fetch(), 'ERR_SESSION_ENDED');
    await refused(first.plain({ target: '/shell' }), 'ERR_SESSION_ENDED');
    await accepted(second.fetch());
    await accepted(third.fetch());
    assert.equal((await site.authority.sessions.list('alice')).length, 2);
  });

  test('end-oldest: oldest by creation, not by use', async (t) => {
    const site = await startSite(t, { session: { limit: rolling } });
    const [first, second] = await devices(site, ['one', 'two']);
    await accepted(first.fetch());
    const [third] = await devices(site, ['three']);
    await refused(first.fetch(), 'ERR_SESSION_ENDED');
    await accepted(second.fetch());
    await accepted(third.fetch());
  });

  for (const limit of [full, rolling]) {
    test(`${limit.policy}: logging in again in the same browser takes no place`, async (t) => {
      const site = await startSite(t, { session: { limit } });
      const [first, second] = await devices(site, ['one', 'two']);
      const before = first.account;
      for (let i = 0; i < 3; i += 1) {
        site.time.now += 1000;
        await site.login(first, 'alice');
        await accepted(first.enrol());
        assert.equal(heard(site, '/.pas/enrol').at(-1).ended, undefined, 'what is replaced did not end to make room');
      }
      await accepted(second.fetch());
      await accepted(first.fetch());
      await refused(first.fetch({ account: before }), 'ERR_KEY_MISMATCH');
      assert.equal((await site.authority.sessions.list('alice')).length, 2);
    });

    test(`${limit.policy}: of 20 enrolments at once ${limit.max} live`, async (t) => {
      const site = await startSite(t, { session: { limit } });
      const frames = await Promise.all(Array.from({ length: 20 }, () => site.login(site.frame(), 'alice')));
      const answers = await Promise.all(frames.map((frame) => frame.enrol()));
      const made = frames.filter((_, i) => answers[i].status === 200);
      assert.equal(made.length, limit.policy === 'end-oldest' ? 20 : limit.max);
      for (const answer of answers.filter(({ status }) => status !== 200)) await refused(answer, 'ERR_SESSION_LIMIT');
      const codes = await Promise.all(made.map(async (frame) => (await frame.fetch()).code));
      assert.equal(codes.filter((code) => code === undefined).length, limit.max);
      assert.equal((await site.authority.sessions.list('alice')).length, limit.max);
    });
  }

  test('a limit of one', async (t) => {
    const site = await startSite(t, { session: { limit: { max: 1, policy: 'end-oldest' } } });
    const [first, second] = await devices(site, ['one', 'two']);
    await refused(first.fetch(), 'ERR_SESSION_ENDED');
    await accepted(second.fetch());
  });
});

test('the list tells what a person wants to know of each device', async (t) => {
  const address = (request) => request.headers['x-test-address'];
  const site = await startSite(t, { adapter: { address } });
  const from = (frame, value) => {
    frame.transport = (request) => site.http({ ...request, fields: [...request.fields, ['X-Test-Address', value]] });
    return frame;
  };
  const phone = from(await site.login(site.frame(), 'alice', 'Phone'), '203.0.113.77');
  await accepted(phone.enrol());
  site.time.now += 1000;
  const desk = from(await site.login(site.frame(), 'alice', 'Desk'), '2001:db8:1:2::3');
  await accepted(desk.enrol());
  const listed = async () =>
    (await site.authority.sessions.list('alice')).map(({ id, label, createdAt, lastSeenAt, network, tiers }) => ({
      id,
      label,
      createdAt,
      lastSeenAt,
      network,
      tiers,
    }));
  const [deskId, phoneId] = [desk.account.session, phone.account.session];
  assert.deepEqual(await listed(), [
    { id: deskId, label: 'Desk', createdAt: T0 + 1000, lastSeenAt: T0 + 1000, network: '2001:db8:1::/48', tiers: {} },
    { id: phoneId, label: 'Phone', createdAt: T0, lastSeenAt: T0, network: '203.0.113.0/24', tiers: {} },
  ]);

  site.time.now += 1000;
  await accepted(from(phone, '198.51.100.9').fetch());
  site.time.now += 1000;
  const act = { action: 'act', method: 'POST', target: '/api/act', body: 'x' };
  await accepted(phone.fetch({ ...act, proof: await phone.proof(act) }));
  // What is refused, or grants nothing, is not seen.
  site.time.now += 1000;
  await refused(from(phone, '192.0.2.1').fetch({}, { bytes: () => Buffer.alloc(64) }), 'ERR_SIG_INVALID');
  await accepted(phone.plain({ target: '/shell' }));
  assert.deepEqual((await listed())[1], {
    id: phoneId,
    label: 'Phone',
    createdAt: T0,
    lastSeenAt: T0 + 3000,
    network: '198.51.100.0/24',
    tiers: { signed: T0 + 2000, interactive: T0 + 3000 },
  });
  const kept = JSON.stringify(await site.authority.sessions.list('alice'));
  const whole = ['203.0.113.77', '198.51.100.9', '192.0.2.1', '2001:db8:1:2'];
  for (const address of whole) assert.ok(!kept.includes(address), address);
});

describe('logout everywhere', () => {
  test('ends every session of the user, and of nobody else', async (t) => {
    const site = await startSite(t);
    const [phone, desk, tablet] = await devices(site, ['phone', 'desk', 'tablet']);
    const [bob] = await devices(site, ['bobs'], 'bob');
    const ready = await desk.sign();
    const answer = await accepted(phone.control('logout', { everywhere: true }));
    assert.deepEqual(answer.json, {});
    assert.match(answer.get('set-cookie'), /^__Host-pas=; Max-Age=0; /);
    await refused(site.http(ready), 'ERR_SESSION_ENDED');
    for (const frame of [desk, tablet]) await refused(frame.fetch(), 'ERR_SESSION_ENDED');
    await refused(phone.fetch(), 'ERR_SESSION_MISSING');
    assert.deepEqual(await site.authority.sessions.list('alice'), []);
    await accepted(bob.fetch());
  });

  test('without it one session ends', async (t) => {
    const site = await startSite(t);
    const [phone, desk] = await devices(site, ['phone', 'desk']);
    await accepted(phone.control('logout'));
    await accepted(desk.fetch());
    assert.equal((await site.authority.sessions.list('alice')).length, 1);
  });

  test('needs the key and the word', async (t) => {
    const site = await startSite(t);
    const [phone, desk] = await devices(site, ['phone', 'desk']);
    const thief = await newKey();
    await refused(phone.control('logout', { everywhere: true }, { key: thief }), 'ERR_SIG_INVALID');
    const changed = { body: '{"everywhere":null}' };
    await refused(phone.control('logout', { everywhere: true }, changed), 'ERR_DIGEST_MISMATCH');
    for (const body of [
      {},
      { everywhere: false },
      { everywhere: 1 },
      { everywhere: 'true' },
      { everywhere: true, user: 'bob' },
      [],
    ]) {
      await refused(phone.control('logout', body), 'ERR_JSON_INVALID');
    }
    await accepted(phone.fetch());
    await accepted(desk.fetch());
    await accepted(phone.control('logout', { everywhere: true }));
    await refused(desk.fetch(), 'ERR_SESSION_ENDED');
  });
});

describe('logging out of a session that is over', () => {
  test('clears its cookie, which no page can', async (t) => {
    const site = await startSite(t);
    const frame = await site.enrolled();
    await site.authority.sessions.revoke('alice', frame.account.session);
    const answer = await refused(frame.control('logout'), 'ERR_SESSION_ENDED');
    assert.match(answer.get('set-cookie'), /^__Host-pas=; Max-Age=0; Path=\/; Secure; HttpOnly; SameSite=Strict$/);
    assert.equal(answer.get('access-control-allow-origin'), site.signOrigin);
    assert.equal(frame.jar.size, 0);
    await site.login(frame, 'alice');
    await accepted(frame.enrol());
    await accepted(frame.fetch());
  });

  test('of a further account clears that one only', async (t) => {
    const site = await startSite(t);
    const frame = await site.enrolled('alice');
    const alice = frame.account;
    await site.enrolled('bob', frame);
    await site.authority.sessions.revokeAll('bob');
    await refused(frame.control('logout'), 'ERR_SESSION_ENDED');
    assert.deepEqual([...frame.jar.keys()], ['__Host-pas']);
    await accepted(frame.fetch({ account: alice }));
  });

  test('with a key that is no longer its own', async (t) => {
    const site = await startSite(t);
    const frame = await site.enrolled();
    const stale = { ...frame.account };
    await accepted(frame.rekey());
    const elsewhere = site.frame();
    elsewhere.jar = new Map(frame.jar);
    elsewhere.account = stale;
    await elsewhere.refresh();
    await refused(elsewhere.control('logout'), 'ERR_KEY_MISMATCH');
    assert.equal(elsewhere.jar.size, 0);
    await accepted(frame.fetch());
  });

  test('other refusals leave the cookie', async (t) => {
    const site = await startSite(t);
    const frame = await site.enrolled();
    for (const [code, change] of [
      ['ERR_SIG_INVALID', { bytes: () => Buffer.alloc(64) }],
      ['ERR_TIME_STALE', { created: 1 }],
      ['ERR_NONCE_INVALID', { server: base64url(randomBytes(27)) }],
      ['ERR_ORIGIN_REFUSED', withField('Origin', frame.appOrigin)],
    ]) {
      const answer = await refused(frame.control('logout', undefined, change), code);
      assert.deepEqual(answer.all('set-cookie'), [], code);
      await frame.refresh();
    }
    await accepted(frame.fetch());
    await accepted(frame.control('logout'));
  });

  test('no other request clears it', async (t) => {
    const site = await startSite(t);
    const frame = await site.enrolled();
    await site.authority.sessions.revoke('alice', frame.account.session);
    for (const attempt of [
      () => frame.fetch(),
      () => frame.control('ticket', { url: '/api/file' }),
      () => frame.rekey(),
      () => frame.plain({ target: '/shell' }),
    ]) {
      assert.deepEqual((await refused(attempt(), 'ERR_SESSION_ENDED')).all('set-cookie'), []);
    }
    // A late answer of these could clear the cookie of a new log-in.
    assert.deepEqual((await accepted(frame.hello({ body: '{"keys":true}' }))).all('set-cookie'), []);
    assert.equal(frame.jar.size, 1);
  });
});

test('a lost key ends that session only, and a new one needs a log-in', async (t) => {
  const site = await startSite(t);
  const [phone, desk] = await devices(site, ['phone', 'desk']);
  const lost = phone.account.session;
  const fresh = await newKey();
  phone.account.key = fresh;
  await phone.refresh();
  await refused(phone.fetch(), 'ERR_KEY_MISMATCH');
  await refused(phone.rekey(), 'ERR_KEY_MISMATCH');
  await refused(phone.enrol({ challenge: base64url(randomBytes(27)) }), 'ERR_ENROL_REFUSED');
  await accepted(desk.fetch());

  await site.login(phone, 'alice');
  await accepted(phone.enrol());
  await accepted(phone.fetch());
  await accepted(desk.fetch());
  const ids = (await site.authority.sessions.list('alice')).map(({ id }) => id);
  assert.deepEqual(ids, [phone.account.session, desk.account.session]);
  assert.ok(!ids.includes(lost));
});

test('a control body that nobody can read is refused before it is admitted, and told of once', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const before = await site.snapshot('alice');
  const key = await newKey();
  for (const [name, body, code] of [
    ['rekey', { jwk: key.jwk }, 'ERR_JSON_INVALID'],
    ['rekey', { jwk: key.jwk, pop: base64url(Buffer.alloc(64, 1)) }, 'ERR_SIG_INVALID'],
    ['ticket', { url: '/.pas/logout' }, 'ERR_JSON_INVALID'],
    ['logout', { everywhere: 0 }, 'ERR_JSON_INVALID'],
    ['passkeys/list', { all: true }, 'ERR_JSON_INVALID'],
    ['passkeys/register', { response: 1 }, 'ERR_JSON_INVALID'],
  ]) {
    site.decisions.length = 0;
    const content = { type: 'application/json', body: JSON.stringify(body) };
    const request = await frame.sign({ method: 'POST', target: `/.pas/${name}`, control: true, ...content });
    for (let i = 0; i < 2; i += 1) await refused(frame.send(request), code);
    const told = site.decisions.map((decision) => [decision.outcome, decision.path, decision.code]);
    assert.deepEqual(told, Array(2).fill(['refused', `/.pas/${name}`, code]));
  }
  assert.equal(await site.snapshot('alice'), before);
  site.decisions.length = 0;
  await accepted(frame.rekey());
  await accepted(frame.control('ticket', { url: '/api/file' }));
  await accepted(frame.control('logout'));
  assert.deepEqual(
    site.decisions.map(({ outcome, path }) => [outcome, path]),
    [
      ['accepted', '/.pas/rekey'],
      ['accepted', '/.pas/ticket'],
      ['accepted', '/.pas/logout'],
    ],
  );
});

test('such refusals count against the address', async (t) => {
  const site = await startSite(t, { limits: { refusals: { limit: 2, windowMs: 3_600_000 } } });
  const frame = await site.enrolled();
  for (let i = 0; i < 2; i += 1) await refused(frame.control('ticket', {}), 'ERR_JSON_INVALID');
  await refused(frame.control('ticket', { url: '/api/file' }), 'ERR_RATE_LIMITED');
});

describe('/.pas/* reads JSON only', () => {
  const types = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json5',
    'text/json',
    '',
  ];

  test('hello', async (t) => {
    const site = await startSite(t);
    const frame = site.frame();
    const hello = (...fields) =>
      frame.plain({
        method: 'POST',
        target: '/.pas/hello',
        body: Buffer.from('{}'),
        fields: [['Origin', site.signOrigin], ...fields],
      });
    for (const type of types) await refused(hello(['Content-Type', type]), 'ERR_JSON_INVALID');
    await refused(hello(), 'ERR_JSON_INVALID');
    await accepted(hello(['Content-Type', 'application/json']));
    await accepted(hello(['content-type', 'Application/JSON; charset=utf-8']));
  });

  test('signed ones, by the type that was signed', async (t) => {
    const site = await startSite(t);
    const frame = await site.enrolled();
    const ticket = (type) =>
      frame.fetch({ method: 'POST', target: '/.pas/ticket', control: true, type, body: '{"url":"/api/file"}' });
    const before = await site.snapshot('alice');
    for (const type of types) await refused(ticket(type), 'ERR_JSON_INVALID');
    await refused(ticket(undefined), 'ERR_JSON_INVALID');
    const retyped = withField('Content-Type', 'text/plain');
    await refused(frame.control('ticket', { url: '/api/file' }, retyped), 'ERR_SIG_INVALID');
    assert.equal(await site.snapshot('alice'), before, 'refused before it counts');
    await accepted(ticket('application/json'));
    await accepted(ticket('application/json;charset=UTF-8'));
    await accepted(frame.control('logout'));
  });

  test('enrolment', async (t) => {
    const site = await startSite(t);
    const frame = await site.login(site.frame());
    await refused(frame.enrol(withField('Content-Type', 'text/plain')), 'ERR_JSON_INVALID');
    await accepted(frame.enrol());
  });
});

test('a refused HEAD tells its code', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const request = await frame.sign({ method: 'HEAD', target: '/api/a' });
  assert.equal((await frame.send(request)).get('pas-error'), undefined);
  for (const [answer, status, code] of [
    [await frame.send(request), 409, 'ERR_NONCE_USED'],
    [await frame.plain({ method: 'HEAD', target: '/api/a' }), 401, 'ERR_SIG_MISSING'],
    [await frame.fetch({ method: 'HEAD', target: '/api/a' }, { created: 1 }), 401, 'ERR_TIME_STALE'],
    [await frame.fetch({ method: 'HEAD', target: '/api/act' }), 401, 'ERR_TIER_REQUIRED'],
  ])
    assert.deepEqual([answer.status, answer.get('pas-error'), answer.body.length], [status, code, 0]);
});
