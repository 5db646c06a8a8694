// Enrolment: a ticket from the log-in, a challenge bound to it, a key that proves itself.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { keyIdOf } from '../stores/kit/keys.mjs';
import { accepted, refused } from './kit/expect.mjs';
import { Account, base64url, newKey } from './kit/signer.mjs';
import { startSite } from './kit/site.mjs';

const replaceField = (name, value) => (fields) =>
  fields.flatMap((field) =>
    field[0].toLowerCase() !== name ? [field] : value === undefined ? [] : [[field[0], value]],
  );
const addField = (name, value) => (fields) => [...fields, [name, value]];

/** A refused enrolment changes nothing: no cookie, no session, and the ticket still serves the honest frame. */
async function refusedEnrolment(site, code, change) {
  const user = `user-${randomBytes(6).toString('hex')}`;
  const frame = await site.login(site.frame(), user);
  const cookies = frame.cookies;
  const ready = typeof change === 'function' ? await change(frame) : change;
  const answer = await refused(frame.enrol(ready), code);
  assert.deepEqual(answer.all('set-cookie'), []);
  assert.equal(frame.cookies, cookies);
  assert.deepEqual(await site.authority.sessions.list(user), []);
  await accepted(frame.enrol());
  assert.equal((await accepted(frame.fetch())).json.user, user);
}

async function table(t, cases, options) {
  const site = await startSite(t, options);
  for (const [name, code, change] of cases) await t.test(name, () => refusedEnrolment(site, code, change));
}

test('an honest browser enrols and signs', async (t) => {
  const site = await startSite(t);
  const frame = await site.login(site.frame(), 'alice', 'Firefox on Linux');
  const answer = await accepted(frame.enrol());
  assert.equal(answer.get('cache-control'), 'no-store');
  assert.equal(answer.get('access-control-allow-origin'), site.signOrigin);
  assert.equal(answer.get('access-control-allow-credentials'), 'true');
  const [session] = await site.authority.sessions.list('alice');
  assert.equal(answer.json.session, session.id);
  assert.equal(answer.json.account, session.slot);
  assert.equal(session.userId, 'alice');
  assert.equal(session.label, 'Firefox on Linux');
  assert.equal(keyIdOf(session), frame.account.key.keyid);
  assert.equal((await accepted(frame.fetch())).json.session, session.id);
});

test('cookies have the attributes of the design', async (t) => {
  const site = await startSite(t);
  const { setCookie, headers } = await site.authority.begin({ id: 'alice' });
  const attributes = (line) =>
    line
      .split('; ')
      .slice(1)
      .map((part) => part.toLowerCase())
      .sort();
  const strict = ['httponly', 'path=/', 'samesite=strict', 'secure'];
  assert.match(setCookie, /^__Host-pas-enrol=1\.[\w-]{8}\.[\w-]{43}; /);
  assert.deepEqual(attributes(setCookie), [...strict, 'max-age=120'].sort());
  assert.deepEqual([headers.get('set-cookie'), headers.get('cache-control')], [setCookie, 'no-store']);

  const frame = site.frame();
  frame.keep([setCookie]);
  const lines = (await accepted(frame.enrol())).all('set-cookie');
  const [session] = lines.filter((line) => line.startsWith('__Host-pas='));
  assert.match(session, /^__Host-pas=1\.[\w-]{8}\.[\w-]{43}; /);
  assert.deepEqual(attributes(session), [...strict, 'max-age=43200'].sort());
  const [gone] = lines.filter((line) => line.startsWith('__Host-pas-enrol=;'));
  assert.deepEqual(attributes(gone), [...strict, 'max-age=0'].sort());
  assert.equal(lines.length, 2);
  assert.deepEqual([...frame.jar.keys()], ['__Host-pas'], 'the ticket is cleared');
  const [stored] = await site.authority.sessions.list('alice');
  assert.ok(!JSON.stringify(stored).includes(frame.jar.get('__Host-pas').split('.')[2]), 'the store keeps no secret');
});

test('only the signing origin enrols', (t) =>
  table(t, [
    ['the app itself', 'ERR_ORIGIN_REFUSED', (frame) => ({ fields: replaceField('origin', frame.appOrigin) })],
    ['another site', 'ERR_ORIGIN_REFUSED', { fields: replaceField('origin', 'https://evil.example') }],
    ['an opaque origin', 'ERR_ORIGIN_REFUSED', { fields: replaceField('origin', 'null') }],
    [
      'a prefix of it',
      'ERR_ORIGIN_REFUSED',
      (frame) => ({ fields: replaceField('origin', `${frame.signOrigin}.evil.example`) }),
    ],
    [
      'another case',
      'ERR_ORIGIN_REFUSED',
      (frame) => ({ fields: replaceField('origin', frame.signOrigin.toUpperCase()) }),
    ],
    ['none', 'ERR_ORIGIN_REFUSED', { fields: replaceField('origin', undefined) }],
    ['two', 'ERR_ORIGIN_REFUSED', (frame) => ({ fields: addField('Origin', frame.signOrigin) })],
  ]));

test('hello serves the signing origin only', async (t) => {
  const site = await startSite(t);
  const frame = await site.login(site.frame());
  for (const origin of [undefined, frame.appOrigin, 'null', 'https://evil.example']) {
    const hello = origin === undefined ? { fields: [['Content-Type', 'application/json']] } : { origin };
    await refused(frame.hello(hello), 'ERR_ORIGIN_REFUSED');
  }
  const { now, challenge, nonce } = (await accepted(frame.hello())).json;
  assert.equal(now, site.time.now);
  assert.match(challenge, /^[\w-]{36}$/);
  assert.equal(nonce, undefined, 'no key was named');
  assert.equal((await accepted(site.frame().hello())).json.challenge, undefined, 'no ticket, no challenge');
});

test('tickets', async (t) => {
  const site = await startSite(t);
  const jar = (name, value) => (frame) => {
    const challenge = frame.hello().then((answer) => answer.json.challenge);
    return challenge.then((text) => ({
      challenge: text,
      fields: replaceField('cookie', value?.(frame.jar.get(name))),
    }));
  };
  const ticket = '__Host-pas-enrol';
  for (const [name, change] of [
    ['no ticket', jar(ticket, undefined)],
    ['the ticket twice', jar(ticket, (value) => `${ticket}=${value}; ${ticket}=${value}`)],
    ['under another name', jar(ticket, (value) => `__Host-pas=${value}`)],
    ['another version', jar(ticket, (value) => `${ticket}=2${value.slice(1)}`)],
    ['cut short', jar(ticket, (value) => `${ticket}=${value.slice(0, -1)}`)],
    ['an unknown secret', jar(ticket, (value) => `${ticket}=${value.slice(0, 11)}${base64url(randomBytes(32))}`)],
    [
      'in the slot of another user',
      jar(ticket, (value) => `${ticket}=1.${base64url(randomBytes(6))}${value.slice(10)}`),
    ],
  ])
    await t.test(name, () => refusedEnrolment(site, 'ERR_ENROL_REFUSED', change));

  await t.test('a ticket that nobody issued, with a challenge for it', async () => {
    const frame = await site.enrolled('carol');
    const honest = await site.login(site.frame(), 'carol');
    honest.jar.set(ticket, `1.${frame.account.tag}.${base64url(randomBytes(32))}`);
    await refused(honest.enrol(), 'ERR_ENROL_REFUSED');
    await accepted((await site.login(honest, 'carol')).enrol());
  });

  await t.test('a used ticket', async () => {
    const frame = await site.login(site.frame(), 'dave');
    const used = frame.jar.get(ticket);
    await accepted(frame.enrol());
    frame.jar.set(ticket, used);
    await refused(frame.enrol(), 'ERR_ENROL_REFUSED');
    assert.equal((await site.authority.sessions.list('dave')).length, 1);
    await accepted(frame.fetch());
  });

  await t.test('120 s and not longer', async () => {
    const late = await site.login(site.frame(), 'erin');
    const just = await site.login(site.frame(), 'frank');
    site.time.now += 120_000;
    await accepted(just.enrol());
    site.time.now += 1;
    await refused(late.enrol(), 'ERR_ENROL_REFUSED');
    assert.deepEqual(await site.authority.sessions.list('erin'), []);
  });
});

test('challenges', async (t) => {
  const site = await startSite(t);
  const challengeOf = async (frame) => (await frame.hello()).json.challenge;
  const changed = (text, at) => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
  for (const [name, code, change] of [
    [
      "another user's",
      'ERR_ENROL_REFUSED',
      async () => ({ challenge: await challengeOf(await site.login(site.frame(), 'mallory')) }),
    ],
    [
      "another ticket's of the same user",
      'ERR_ENROL_REFUSED',
      async (frame) => {
        const other = await site.login(site.frame(), frame.user);
        return { challenge: await challengeOf(other) };
      },
    ],
    [
      'a request nonce for that key',
      'ERR_ENROL_REFUSED',
      async (frame) => {
        const newer = await newKey();
        return { newKey: newer, challenge: (await frame.hello({ keyid: newer.keyid })).json.nonce };
      },
    ],
    [
      'tampered in its time',
      'ERR_ENROL_REFUSED',
      async (frame) => ({ challenge: changed(await challengeOf(frame), 5) }),
    ],
    [
      'tampered in its tag',
      'ERR_ENROL_REFUSED',
      async (frame) => ({ challenge: changed(await challengeOf(frame), 30) }),
    ],
    ["without the frame's part", 'ERR_ENROL_REFUSED', async (frame) => ({ nonce: await challengeOf(frame) })],
    [
      'created long ago',
      'ERR_TIME_STALE',
      async (frame) => {
        const challenge = await challengeOf(frame);
        site.time.now += 60_000;
        return { challenge, created: site.time.now / 1000 - 60 };
      },
    ],
    ['created in the future', 'ERR_TIME_FUTURE', { created: site.time.now / 1000 + 3600 }],
    ['created before the challenge', 'ERR_TIME_STALE', () => ({ created: site.time.now / 1000 - 20 })],
  ])
    await t.test(name, () => refusedEnrolment(site, code, change));

  await t.test("a victim's ticket with the attacker's own challenge and key", async () => {
    const victim = await site.login(site.frame(), 'victim');
    const attacker = await site.login(site.frame(), 'attacker');
    await refused(victim.enrol({ challenge: await challengeOf(attacker) }), 'ERR_ENROL_REFUSED');
    await accepted(attacker.enrol());
    assert.deepEqual(await site.authority.sessions.list('victim'), []);
    assert.equal((await accepted(attacker.fetch())).json.user, 'attacker');
    await accepted(victim.enrol());
    assert.equal((await accepted(victim.fetch())).json.user, 'victim');
  });
});

test('keys', async (t) => {
  const other = await newKey();
  const zeros = base64url(Buffer.alloc(32));
  const flipped = (text) => (text[0] === 'A' ? 'B' : 'A') + text.slice(1);
  const withJwk = (make) => async () => {
    const key = await newKey();
    return { newKey: key, jwk: make(key.jwk) };
  };
  await table(t, [
    ["another key's jwk under the signer's keyid", 'ERR_ENROL_REFUSED', { jwk: other.jwk }],
    ["the signer's jwk under another keyid", 'ERR_ENROL_REFUSED', { keyid: other.keyid }],
    ['a private key', 'ERR_KEY_INVALID', withJwk((jwk) => ({ ...jwk, d: base64url(randomBytes(32)) }))],
    ['an empty private member', 'ERR_KEY_INVALID', withJwk((jwk) => ({ ...jwk, d: '' }))],
    ['a point off the curve', 'ERR_KEY_INVALID', withJwk((jwk) => ({ ...jwk, x: flipped(jwk.x) }))],
    ['the point (0, 0)', 'ERR_KEY_INVALID', withJwk((jwk) => ({ ...jwk, x: zeros, y: zeros }))],
    [
      'coordinates beyond the field',
      'ERR_KEY_INVALID',
      withJwk((jwk) => ({ ...jwk, x: base64url(Buffer.alloc(32, 0xff)) })),
    ],
    ['a coordinate of 31 bytes', 'ERR_KEY_INVALID', withJwk((jwk) => ({ ...jwk, x: base64url(randomBytes(31)) }))],
    ['a coordinate of 33 bytes', 'ERR_KEY_INVALID', withJwk((jwk) => ({ ...jwk, y: `${jwk.y}AA` }))],
    ['a padded coordinate', 'ERR_KEY_INVALID', withJwk((jwk) => ({ ...jwk, x: `${jwk.x}=` }))],
    ['another curve', 'ERR_KEY_INVALID', withJwk((jwk) => ({ ...jwk, crv: 'P-384' }))],
    ['another type', 'ERR_KEY_INVALID', withJwk((jwk) => ({ ...jwk, kty: 'OKP' }))],
    ['no type', 'ERR_KEY_INVALID', withJwk(({ crv, x, y }) => ({ crv, x, y }))],
    ['a member too many', 'ERR_KEY_INVALID', withJwk((jwk) => ({ ...jwk, use: 'sig' }))],
    ['a coordinate that is a number', 'ERR_KEY_INVALID', withJwk((jwk) => ({ ...jwk, x: 1 }))],
    ['a symmetric key', 'ERR_KEY_INVALID', withJwk(() => ({ kty: 'oct', k: 'AAAA' }))],
    ['a list of keys', 'ERR_KEY_INVALID', withJwk((jwk) => [jwk])],
    ['null', 'ERR_KEY_INVALID', { text: '{"jwk":null}' }],
    ['nothing', 'ERR_KEY_INVALID', { text: '{}' }],
  ]);
});

test('bodies', async (t) => {
  const withText = (make) => async () => {
    const key = await newKey();
    return { newKey: key, text: make(JSON.stringify(key.jwk), key.jwk) };
  };
  await table(t, [
    ['a name twice', 'ERR_JSON_INVALID', withText((jwk) => `{"jwk":${jwk},"jwk":${jwk}}`)],
    ['a name twice, once escaped', 'ERR_JSON_INVALID', withText((jwk) => `{"jwk":${jwk},"\\u006awk":${jwk}}`)],
    [
      'a name twice in the key',
      'ERR_JSON_INVALID',
      withText((jwk, { x }) => `{"jwk":${jwk.slice(0, -1)},"x":"${x}"}}`),
    ],
    ['cut short', 'ERR_JSON_INVALID', withText((jwk) => `{"jwk":${jwk}`)],
    ['text after it', 'ERR_JSON_INVALID', withText((jwk) => `{"jwk":${jwk}} {}`)],
    ['an unknown member', 'ERR_JSON_INVALID', withText((jwk) => `{"jwk":${jwk},"user":"admin"}`)],
    ['a byte-order mark', 'ERR_JSON_INVALID', withText((jwk) => `\ufeff{"jwk":${jwk}}`)],
    ['no UTF-8', 'ERR_JSON_INVALID', withText((jwk) => Buffer.from(`{"jwk":${jwk},"\xff":1}`, 'latin1'))],
    ['an array', 'ERR_JSON_INVALID', withText((jwk) => `[${jwk}]`)],
    ['too deep', 'ERR_JSON_INVALID', { text: `{"jwk":${'['.repeat(1500)}${']'.repeat(1500)}}` }],
    ['empty', 'ERR_SIG_PROFILE', { text: '' }],
    ['longer than 4,096 bytes', 'ERR_BODY_LIMIT', withText((jwk) => `{"jwk":${jwk}}${' '.repeat(4096)}`)],
    [
      'another key after signing',
      'ERR_DIGEST_MISMATCH',
      async () => ({ body: JSON.stringify({ jwk: (await newKey()).jwk }) }),
    ],
    ['no body after signing', 'ERR_DIGEST_MISMATCH', { body: Buffer.alloc(0) }],
    [
      'one space after signing',
      'ERR_DIGEST_MISMATCH',
      async () => {
        const key = await newKey();
        return { newKey: key, body: `{ "jwk":${JSON.stringify(key.jwk)}}` };
      },
    ],
  ]);
});

test('a body of exactly 4,096 bytes is read', async (t) => {
  const site = await startSite(t);
  const frame = await site.login(site.frame());
  const key = await newKey();
  const text = JSON.stringify({ jwk: key.jwk }).padEnd(4096);
  await accepted(frame.enrol({ newKey: key, text }));
});

test('proof of possession', async (t) => {
  const other = await newKey();
  await table(t, [
    ['by another key', 'ERR_SIG_INVALID', { key: other }],
    ['all zeros', 'ERR_SIG_INVALID', { bytes: () => Buffer.alloc(64) }],
    ['one bit changed', 'ERR_SIG_INVALID', { bytes: (signature) => ((signature[40] ^= 1), signature) }],
    ['for another server', 'ERR_SIG_INVALID', { authority: 'evil.example' }],
    [
      'for another route',
      'ERR_SIG_INVALID',
      { values: (parts) => parts.map(([name, value]) => [name, name === '@path' ? '/.pas/rekey' : value]) },
    ],
    ['under the tag of app requests', 'ERR_SIG_PROFILE', { tag: 'pas-1' }],
    ['by another algorithm', 'ERR_ALG_REFUSED', { alg: 'hmac-sha256' }],
    [
      'that leaves out the digest',
      'ERR_SIG_PROFILE',
      { components: (names) => names.filter((name) => name !== 'content-digest') },
    ],
    ['none', 'ERR_SIG_MISSING', { fields: (fields) => fields.filter(([name]) => !name.startsWith('Signature')) }],
  ]);
});

test('of 100 enrolments with one ticket exactly one is made', async (t) => {
  const site = await startSite(t);
  const frame = await site.login(site.frame());
  const { challenge } = (await frame.hello()).json;
  const requests = await Promise.all(
    Array.from({ length: 100 }, async () => {
      const account = new Account(await newKey());
      account.server = challenge;
      return frame.sign({
        method: 'POST',
        target: '/.pas/enrol',
        type: 'application/json',
        control: true,
        account,
        body: JSON.stringify({ jwk: account.key.jwk }),
      });
    }),
  );
  const answers = await Promise.all(requests.map((request) => site.http(request)));
  const codes = answers.map(({ status, code }) => code ?? status);
  assert.equal(codes.filter((code) => code === 200).length, 1);
  assert.equal(codes.filter((code) => code === 'ERR_ENROL_REFUSED').length, 99);
  assert.equal((await site.authority.sessions.list('alice')).length, 1);
});

test('a new log-in of the same user in the same browser ends the old session', async (t) => {
  const site = await startSite(t);
  const elsewhere = await site.enrolled('alice');
  const frame = await site.enrolled('alice');
  const before = { account: frame.account, cookies: frame.cookies };
  const late = await frame.sign();
  await accepted(frame.fetch());
  await site.enrolled('alice', frame);
  assert.notEqual(frame.cookies, before.cookies);
  assert.notEqual(frame.account.session, before.account.session);
  assert.deepEqual([...frame.jar.keys()], ['__Host-pas']);
  await refused(frame.send(late, before.account), 'ERR_SESSION_ENDED');
  await accepted(frame.fetch());
  await accepted(elsewhere.fetch());
  assert.equal((await site.authority.sessions.list('alice')).length, 2);
});

test('two accounts in one browser work at once', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled('alice');
  const alice = frame.account;
  await site.enrolled('bob', frame);
  const bob = frame.account;
  assert.deepEqual([...frame.jar.keys()].sort(), ['__Host-pas', `__Host-pas-${bob.key.keyid.slice(0, 8)}`].sort());
  const [one, two] = await Promise.all([frame.fetch({ account: alice }), frame.fetch({ account: bob })].map(accepted));
  assert.deepEqual([one.json.user, two.json.user], ['alice', 'bob']);

  // A new log-in of the second account takes the place of its first, and leaves the other alone.
  await site.enrolled('bob', frame);
  assert.equal(frame.jar.size, 2);
  assert.ok(frame.jar.has(`__Host-pas-${frame.account.key.keyid.slice(0, 8)}`));
  await refused(frame.fetch({ account: bob }), 'ERR_KEY_MISMATCH');
  assert.equal((await accepted(frame.fetch())).json.user, 'bob');
  assert.equal((await accepted(frame.fetch({ account: alice }))).json.user, 'alice');
  assert.equal((await site.authority.sessions.list('bob')).length, 1);

  // The signature of one account under the cookie of the other.
  const swapped = async (account, cookie) =>
    frame.send(await frame.sign({ account }, { fields: replaceField('cookie', cookie) }), account);
  const plain = `__Host-pas=${frame.jar.get('__Host-pas')}`;
  await refused(swapped(frame.account, plain), 'ERR_KEY_MISMATCH');
  await accepted(swapped(alice, plain));
});

test('a planted cookie fixes nothing', async (t) => {
  const site = await startSite(t);
  await t.test('one that is no session: overwritten', async () => {
    const reference = await site.enrolled('alice');
    const planted = `1.${reference.account.tag}.${base64url(randomBytes(32))}`;
    const frame = site.frame();
    frame.jar.set('__Host-pas', planted);
    await site.enrolled('alice', frame);
    assert.deepEqual([...frame.jar.keys()], ['__Host-pas']);
    assert.notEqual(frame.jar.get('__Host-pas'), planted);
    await accepted(frame.fetch());
    await refused(site.frame().plain({ target: '/shell', cookies: `__Host-pas=${planted}` }), 'ERR_SESSION_ENDED');
    await accepted(frame.plain({ target: '/shell' }));
  });
  await t.test("the attacker's session: the victim's key signs for the victim alone", async () => {
    const attacker = await site.enrolled('attacker');
    const victim = site.frame();
    victim.jar.set('__Host-pas', attacker.jar.get('__Host-pas'));
    await site.enrolled('victim', victim);
    assert.notEqual(victim.account.session, attacker.account.session);
    assert.equal((await accepted(victim.fetch())).json.user, 'victim');
    assert.equal((await accepted(attacker.fetch())).json.user, 'attacker', "the attacker's own session lives on");
    const mixed = await victim.sign({}, { fields: replaceField('cookie', attacker.cookies) });
    await refused(site.http(mixed), 'ERR_KEY_MISMATCH');
    const reversed = await attacker.sign({}, { fields: replaceField('cookie', victim.cookies.split('; ')[1]) });
    await refused(site.http(reversed), 'ERR_SESSION_MISSING');
  });
  await t.test("the attacker's ticket in the victim's browser gives nothing of the victim", async () => {
    const ticket = (await site.login(site.frame(), 'attacker')).jar.get('__Host-pas-enrol');
    const victim = await site.enrolled('victim2');
    const before = await site.snapshot('victim2');
    const account = victim.account;
    victim.jar.set('__Host-pas-enrol', ticket);
    await accepted(victim.enrol());
    assert.equal(await site.snapshot('victim2'), before);
    assert.equal((await accepted(victim.fetch({ account }))).json.user, 'victim2');
  });
});

test('every enrolment has a new id and a new secret', async (t) => {
  const site = await startSite(t);
  const seen = new Set();
  for (let i = 0; i < 20; i += 1) {
    const frame = await site.enrolled('alice');
    seen.add(frame.account.session).add(frame.jar.get('__Host-pas').split('.')[2]);
  }
  assert.equal(seen.size, 40);
});

test('a field that the profile covers if it is present is covered in enrolment too', async (t) => {
  const site = await startSite(t);
  const frame = await site.login(site.frame());
  await refused(frame.enrol({ fields: addField('Interaction-Proof', ':AAAA:') }), 'ERR_SIG_PROFILE');
  await accepted(frame.enrol());
});
