// Passkeys: registered by who just logged in or holds one, asserted over exactly one request. Each refusal has its
// accepted twin.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Authenticator } from './kit/authenticator.mjs';
import { consentTo } from './kit/consent.mjs';
import { accepted, refused } from './kit/expect.mjs';
import { incoming, startSite } from './kit/site.mjs';

const PAY = { method: 'POST', target: '/api/pay', type: 'application/json', body: '{"amount":5000}' };
const FRESH = 300_000;
const tier = (name) => ({ tier: name });

async function ready(t, options = {}) {
  const handled = [];
  const site = await startSite(t, {
    app: { name: 'The Bank' },
    configure(app, pas, _seen, authority) {
      const form = { fields: { amount: 'json:/amount' }, method: 'POST', text: { en: 'Pay {amount, number}' } };
      authority.action('pay', { ...form, tier: 'verified', path: '/api/pay' });
      authority.action('ask', { ...form, tier: 'consent', path: '/api/ask', surface: 'frame' });
      for (const [action, wanted] of [
        ['pay', 'verified'],
        ['ask', 'consent'],
      ]) {
        app.post(
          `/api/${action}`,
          pas.require({ tier: wanted, action }),
          ({ authority: { tier: reached, consent } }, response) => {
            handled.push(action);
            response.json({ tier: reached, consent });
          },
        );
      }
    },
    // Time is moved by minutes: the session and its nonces are to live through it.
    session: { idleMs: 4 * 3_600_000 },
    ...options,
  });
  const frame = await site.enrolled();
  return { site, frame, handled, ...kit(site, frame) };
}

/** What the window and the frame do together, for one browser. */
function kit(site, frame) {
  const consented = async (name, act, body, more = {}, change = undefined) => {
    await frame.refresh();
    const consent =
      'consent' in more ? more.consent : await consentTo(frame, act, { verified: more.passkey !== undefined });
    return frame.control(`passkeys/${name}`, body, change, undefined, { ...more, consent });
  };
  const add = (label = 'a phone', more, change) => consented('add', 'pas.passkey.add', { label }, more, change);
  const register = async (response) => {
    await frame.refresh();
    return frame.control('passkeys/register', { response });
  };
  const list = async () => {
    await frame.refresh();
    return (await accepted(frame.control('passkeys/list'))).json;
  };
  const remove = (body, more) => consented('remove', 'pas.passkey.remove', body, more);
  /** A passkey of the account, from beginning to end. */
  const own = async (passkey = new Authenticator(), label = 'a phone', more = undefined) => {
    const { options } = (await accepted(add(label, more))).json;
    await accepted(register(passkey.create(options, site.signOrigin)));
    return passkey;
  };
  const pay = async (passkey, change, more = {}) => {
    await frame.refresh();
    return frame.fetch({ ...PAY, consent: await consentTo(frame, 'pay'), passkey, ...more }, change);
  };
  return { add, register, list, remove, own, pay, consented };
}

test('a passkey is registered after a log-in, and verifies a payment', async (t) => {
  const { site, add, register, list, pay, handled } = await ready(t);
  assert.deepEqual(await list(), { passkeys: [], rpId: 'sign.pas.localhost', mayAdd: true, addTier: 'consent' });
  const { options } = (await accepted(add('Zoë’s phone'))).json;
  assert.deepEqual(options.rp, { name: 'The Bank', id: 'sign.pas.localhost' });
  assert.equal(options.user.name, 'Zoë’s phone');
  assert.ok(!JSON.stringify(options).includes('alice'), 'nothing of the user leaves with it');
  assert.equal(options.attestation, 'none');
  assert.deepEqual(
    [options.authenticatorSelection.residentKey, options.authenticatorSelection.userVerification],
    ['required', 'required'],
  );
  assert.ok(options.timeout <= FRESH);
  const passkey = new Authenticator();
  const { json } = await accepted(register(passkey.create(options, site.signOrigin)));
  const info = { id: passkey.id.toString('base64url'), label: 'Zoë’s phone', createdAt: site.time.now };
  assert.deepEqual(json, { passkey: info });
  site.time.now += 5_000;
  const paid = await accepted(pay(passkey));
  assert.equal(paid.json.tier, 'verified');
  assert.deepEqual([paid.json.consent.verified, paid.json.consent.values], [true, { amount: 5000 }]);
  assert.deepEqual((await list()).passkeys, [{ ...info, lastUsedAt: site.time.now }]);
  assert.deepEqual(await site.authority.passkeys.list('alice'), [{ ...info, lastUsedAt: site.time.now }]);
  const [{ tiers }] = await site.authority.sessions.list('alice');
  assert.equal(tiers.verified, site.time.now);
  assert.deepEqual(handled, ['pay']);
});

test('what asks for verification is not had by less', async (t) => {
  const { frame, own, pay, handled } = await ready(t);
  const passkey = await own();
  await refused(frame.fetch(PAY), 'ERR_TIER_REQUIRED', tier('verified'));
  const field = await consentTo(frame, 'pay', { verified: false });
  await refused(frame.fetch({ ...PAY, consent: field }), 'ERR_TIER_REQUIRED', tier('verified'));
  await refused(pay(undefined), 'ERR_UV_INVALID');
  await refused(pay(passkey, undefined, { consent: field }), 'ERR_UV_INVALID');
  await refused(pay(passkey, undefined, { consent: undefined }), 'ERR_UV_INVALID');
  assert.deepEqual(handled, []);
  await accepted(pay(passkey));
});

test('an action that a person only has to confirm can be verified as well', async (t) => {
  const { frame, own } = await ready(t);
  const passkey = await own();
  const ask = async (more, change) => {
    await frame.refresh();
    const consent = await consentTo(frame, 'ask', { verified: more.passkey !== undefined, ...more });
    return frame.fetch({ ...PAY, target: '/api/ask', consent, passkey: more.passkey }, change);
  };
  assert.equal((await accepted(ask({}))).json.tier, 'consent');
  assert.equal((await accepted(ask({ passkey }))).json.tier, 'verified');
});

test('an assertion is of this request, this place, this person and this account', async (t) => {
  const { site, frame, own, pay, handled } = await ready(t);
  const passkey = await own();
  const other = new Authenticator({ id: passkey.id });
  const assertion = (change) => ({ assertion: change });
  const flip =
    (name) =>
    (change, parts = {}) => ({ ...change, parts: { ...parts, [name]: randomBytes(70) } });
  for (const [name, change, by = passkey] of [
    ['another request', { assertedBase: 'x' }],
    ['no challenge', assertion({ challenge: '' })],
    ["the app's origin", { assertedOrigin: site.appOrigin, assertion: { rpId: 'sign.pas.localhost' } }],
    ['another scheme', assertion({ origin: site.signOrigin.replace('http', 'https') })],
    ['another port', assertion({ origin: `${site.signOrigin}0` })],
    ['the app as relying party', assertion({ rpId: 'app.pas.localhost' })],
    ['the site as relying party', assertion({ rpId: 'pas.localhost' })],
    ['no user verification', assertion({ flags: 0x01 })],
    ['no user presence', assertion({ flags: 0x04 })],
    ['a registration', assertion({ type: 'webauthn.create' })],
    ['a frame', assertion({ more: { crossOrigin: true } })],
    ['a frame below the app', assertion({ more: { crossOrigin: true, topOrigin: site.appOrigin } })],
    ['a top origin where there is none', assertion({ more: { topOrigin: site.appOrigin } })],
    ['client data that is no JSON', assertion({ json: 'x' })],
    ['client data with a name twice', assertion({ json: '{"type":"webauthn.get","type":"webauthn.get"}' })],
    ['another key', {}, other],
    ['a passkey that nobody registered', {}, new Authenticator()],
    ['another signature', assertion(flip('sig')({}))],
    ['other authenticator data', assertion(flip('auth')({}))],
    ['another credential', assertion(flip('id')({}))],
    ['no credential', assertion({ parts: { id: Buffer.alloc(0) } })],
  ]) {
    await t.test(name, async () => {
      const before = handled.length;
      await refused(pay(by, change), 'ERR_UV_INVALID');
      assert.equal(handled.length, before);
      await accepted(pay(passkey));
    });
  }
  for (const [name, change] of [
    ['malformed', (value) => `${value}, x=:AQ==:`],
    ['spaced otherwise', (value) => value.replaceAll(', ', ',')],
    ['in another order', (value) => value.split(', ').reverse().join(', ')],
    ['empty', () => ''],
  ]) {
    await t.test(name, async () => {
      const fields = (list) => list.map(([field, value]) => [field, field === 'PAS-Assertion' ? change(value) : value]);
      await refused(pay(passkey, { fields }), 'ERR_SIG_MALFORMED');
      await accepted(pay(passkey));
    });
  }
  await t.test('twice', async () => {
    const fields = (list) => [...list, list.find(([name]) => name === 'PAS-Assertion')];
    await refused(pay(passkey, { fields }), 'ERR_SIG_PROFILE');
  });
  await t.test("another account's", async () => {
    const bob = await site.enrolled('bob');
    const theirs = kit(site, bob);
    const bobs = await theirs.own();
    await refused(pay(bobs), 'ERR_UV_INVALID');
    await refused(theirs.pay(passkey), 'ERR_UV_INVALID');
    await accepted(theirs.pay(bobs));
    await accepted(pay(passkey));
  });
  await t.test('in the frame, where the action permits it', async () => {
    const ask = async (surface, more) => {
      await frame.refresh();
      const consent = await consentTo(frame, 'ask', { verified: true, surface });
      return frame.fetch({ ...PAY, target: '/api/ask', consent, passkey }, { assertion: { more } });
    };
    const below = { crossOrigin: true, topOrigin: site.appOrigin };
    await accepted(ask('frame', { crossOrigin: true }));
    await accepted(ask('frame', below));
    await refused(ask('frame', { crossOrigin: false }), 'ERR_UV_INVALID');
    await refused(ask('frame', { ...below, topOrigin: 'https://evil.example' }), 'ERR_UV_INVALID');
    await refused(ask('popup', below), 'ERR_UV_INVALID');
    await accepted(ask('popup', {}));
  });
});

test('each bit of an assertion', async (t) => {
  const { site, frame, own, handled } = await ready(t);
  const passkey = await own();
  await frame.refresh();
  const request = await frame.sign({ ...PAY, consent: await consentTo(frame, 'pay'), passkey });
  const field = request.fields.find(([name]) => name === 'PAS-Assertion')[1];
  const parts = Object.fromEntries(
    field
      .split(', ')
      .map((part) => [
        part.slice(0, part.indexOf('=')),
        Buffer.from(part.slice(part.indexOf(':')).replaceAll(':', ''), 'base64'),
      ]),
  );
  for (const [name, bytes] of Object.entries(parts)) {
    for (let at = 0; at < bytes.length; at += 1) {
      // The DER around r and s can be read leniently: what it says is the same signature, and a nonce serves once.
      if (name === 'sig' && (at < 4 || at === 4 + bytes[3] || at === 5 + bytes[3])) continue;
      const changed = { ...parts, [name]: Buffer.from(bytes) };
      changed[name][at] ^= 1 << (at % 8);
      const value = Object.entries(changed)
        .map(([part, content]) => `${part}=:${content.toString('base64')}:`)
        .join(', ');
      const fields = request.fields.map(([header, old]) => [header, header === 'PAS-Assertion' ? value : old]);
      const { code } = await site.http({ ...request, fields });
      assert.equal(code, 'ERR_UV_INVALID', `${name}, byte ${at}`);
    }
  }
  assert.deepEqual(handled, []);
  await accepted(site.http(request));
});

test('a verified request serves once, and a copied authenticator is found out', async (t) => {
  const { site, frame, own, pay, handled } = await ready(t);
  const passkey = await own(new Authenticator({ counter: 3 }));
  await frame.refresh();
  const request = await frame.sign({ ...PAY, consent: await consentTo(frame, 'pay'), passkey });
  const codes = (await Promise.all(Array.from({ length: 8 }, () => site.http(request)))).map(({ code }) => code);
  assert.deepEqual(codes.sort(), [...Array(7).fill('ERR_NONCE_USED'), undefined]);
  const copy = passkey.clone();
  await accepted(pay(passkey));
  await refused(pay(copy), 'ERR_UV_INVALID');
  await accepted(pay(copy), 'the copy is ahead now');
  await refused(pay(passkey), 'ERR_UV_INVALID');
  await refused(pay(passkey, { assertion: { counter: 0 } }), 'ERR_UV_INVALID');
  assert.equal(handled.length, 3);
  const twins = await Promise.all(
    [copy, copy.clone()].map(async (one) => {
      await frame.refresh();
      return frame.sign({ ...PAY, consent: await consentTo(frame, 'pay'), passkey: one });
    }),
  );
  const both = (await Promise.all(twins.map((one) => site.http(one)))).map(({ code }) => code);
  assert.deepEqual(both.sort(), ['ERR_UV_INVALID', undefined], 'one counter, one request');
});

test('a person has time for the authenticator', async (t) => {
  const { site, frame, own } = await ready(t);
  const passkey = await own();
  const late = async (ms) => {
    await frame.refresh();
    const request = await frame.sign({ ...PAY, consent: await consentTo(frame, 'pay'), passkey });
    site.time.now = Math.floor(site.time.now / 1000) * 1000 + ms;
    return site.authority.raw.verify(incoming(request), { tier: 'verified', action: 'pay' });
  };
  assert.equal((await late(121_000)).ok, true);
  assert.equal((await late(121_001)).code, 'ERR_TIME_STALE');
});

test('a first passkey needs a log-in just now, another one needs a passkey', async (t) => {
  const { site, add, list, pay } = await ready(t);
  site.time.now += FRESH;
  assert.deepEqual(await list(), { passkeys: [], rpId: 'sign.pas.localhost', mayAdd: false, addTier: 'verified' });
  await refused(add(), 'ERR_POLICY_REFUSED');
  const again = await site.enrolled('alice', site.frame());
  const fresh = kit(site, again);
  site.time.now += FRESH - 1;
  const passkey = await fresh.own();
  site.time.now += 1;
  assert.deepEqual([(await fresh.list()).mayAdd, (await fresh.list()).addTier], [true, 'verified']);
  await refused(fresh.add('another'), 'ERR_TIER_REQUIRED', tier('verified'));
  await refused(fresh.add('another', { passkey: new Authenticator() }), 'ERR_UV_INVALID');
  const second = await fresh.own(new Authenticator(), 'another', { passkey });
  assert.deepEqual(
    (await fresh.list()).passkeys.map(({ label }) => label),
    ['a phone', 'another'],
  );
  await accepted(fresh.pay(second));
  await accepted(pay(passkey), "by the first browser too: passkeys are the account's");
});

test('a passkey is added with consent, by the frame only', async (t) => {
  const { site, frame, add, consented, own } = await ready(t);
  await refused(add('a phone', { consent: undefined }), 'ERR_TIER_REQUIRED', tier('consent'));
  await refused(add('a phone', { consent: await consentTo(frame, 'pas.passkey.remove') }), 'ERR_CONSENT_MISMATCH');
  await refused(add('a phone', { consent: await consentTo(frame, 'pay') }), 'ERR_CONSENT_MISMATCH');
  await refused(consented('add', 'pas.passkey.add', { label: 'x', more: 1 }), 'ERR_CONSENT_MISMATCH');
  await refused(consented('add', 'pas.passkey.add', {}), 'ERR_CONSENT_MISMATCH');
  for (const label of ['', 'x'.repeat(65)]) await refused(add(label), 'ERR_JSON_INVALID');
  await refused(
    add('a phone', {}, { fields: (list) => list.filter(([name]) => name !== 'Origin') }),
    'ERR_ORIGIN_REFUSED',
  );
  await refused(add('a phone', {}, { tag: 'pas-1' }), 'ERR_SIG_PROFILE');
  await refused(
    frame.fetch({
      method: 'POST',
      target: '/.pas/passkeys/add',
      body: '{"label":"x"}',
      type: 'application/json',
      fields: [['Origin', site.signOrigin]],
    }),
    'ERR_SIG_PROFILE',
  );
  await refused(frame.control('passkeys/list', { all: true }), 'ERR_JSON_INVALID');
  await refused(frame.control('passkeys/nothing', {}), 'ERR_NOT_FOUND');
  await accepted(frame.control('passkeys/list', {}));
  await own();
});

test('a registration is of this session, this challenge and this place', async (t) => {
  const { site, frame, add, register, list } = await ready(t);
  const options = async (label) => (await accepted(add(label))).json.options;
  const made = async (change, passkey = new Authenticator()) =>
    passkey.create(await options(), site.signOrigin, change);
  for (const [name, response] of [
    ['another challenge', await made({ challenge: randomBytes(40).toString('base64url') })],
    ['no challenge', await made({ challenge: '' })],
    [
      'a challenge with another label',
      await made({
        challenge: Buffer.concat([Buffer.from((await options()).challenge, 'base64url'), Buffer.from('!')]).toString(
          'base64url',
        ),
      }),
    ],
    ["the app's origin", await made({ origin: site.appOrigin })],
    ['another relying party', await made({ rpId: 'app.pas.localhost' })],
    ['no user verification', await made({ flags: 0x41 })],
    ['no user presence', await made({ flags: 0x44 })],
    ['an assertion', await made({ type: 'webauthn.get' })],
    ['a frame', await made({ more: { crossOrigin: true } })],
    ['an id too long to be shown', await made({}, new Authenticator({ id: randomBytes(151) }))],
    [
      'no attestation object',
      { ...(await made()), response: { clientDataJSON: (await made()).response.clientDataJSON } },
    ],
    ['nothing', {}],
  ]) {
    await t.test(name, () => refused(register(response), 'ERR_UV_INVALID'));
  }
  await refused(frame.control('passkeys/register', { response: 'x' }), 'ERR_JSON_INVALID');
  await refused(frame.control('passkeys/register', {}), 'ERR_JSON_INVALID');
  await refused(frame.control('passkeys/register', { response: { x: 'x'.repeat(33_000) } }), 'ERR_BODY_LIMIT');
  assert.deepEqual((await list()).passkeys, []);
  await t.test('a challenge serves once, for one session, for five minutes', async () => {
    const phone = new Authenticator();
    const first = await options('a phone');
    const other = await site.enrolled('alice', site.frame());
    await refused(kit(site, other).register(phone.create(first, site.signOrigin)), 'ERR_UV_INVALID');
    await accepted(register(phone.create(first, site.signOrigin)));
    await refused(register(new Authenticator().create(first, site.signOrigin)), 'ERR_UV_INVALID');
    const [late, later] = [await options('a key'), await options('a key')];
    site.time.now += FRESH;
    await accepted(register(new Authenticator().create(late, site.signOrigin)));
    site.time.now += 1;
    await refused(register(new Authenticator().create(later, site.signOrigin)), 'ERR_UV_INVALID');
    assert.deepEqual(
      (await list()).passkeys.map(({ label }) => label),
      ['a phone', 'a key'],
    );
  });
  await t.test('a ticket for a URL is no challenge', async () => {
    await refused(frame.control('ticket', { url: '/.pas/passkeys/register' }), 'ERR_JSON_INVALID');
    await assert.rejects(site.authority.ticketUrl(frame.account.session ?? {}, '/.pas/passkeys/register'), {
      code: 'ERR_JSON_INVALID',
    });
  });
});

test('a passkey is there once, and an account has so many', async (t) => {
  const { site, own, add, register, list } = await ready(t);
  const passkey = await own();
  const { options } = (await accepted(add('again'))).json;
  assert.deepEqual(
    options.excludeCredentials.map(({ id }) => id),
    [passkey.id.toString('base64url')],
  );
  const [handle] = [options.user.id];
  await refused(register(passkey.create(options, site.signOrigin)), 'ERR_POLICY_REFUSED');
  for (let count = 1; count < 20; count += 1) await own(new Authenticator(), `key ${count}`);
  assert.equal((await list()).mayAdd, false);
  await refused(add('one more'), 'ERR_POLICY_REFUSED');
  await site.authority.passkeys.remove('alice', passkey.id.toString('base64url'));
  assert.equal((await accepted(add('one more'))).json.options.user.id, handle, 'authenticators know one user');
});

test('a passkey is removed with consent to its name', async (t) => {
  const { site, own, remove, pay, list } = await ready(t);
  const [phone, key] = [await own(new Authenticator(), 'a phone'), await own(new Authenticator(), 'a key')];
  const named = (passkey, label) => ({ id: passkey.id.toString('base64url'), label });
  await refused(remove(named(phone, 'a key')), 'ERR_CONSENT_MISMATCH');
  await refused(remove(named(new Authenticator(), 'a phone')), 'ERR_CONSENT_MISMATCH');
  await refused(remove({ id: named(phone).id }), 'ERR_CONSENT_MISMATCH');
  await refused(remove(named(phone, 'a phone'), { consent: undefined }), 'ERR_TIER_REQUIRED', tier('consent'));
  const bob = kit(site, await site.enrolled('bob'));
  await refused(bob.remove(named(phone, 'a phone')), 'ERR_CONSENT_MISMATCH');
  await accepted(pay(phone));
  assert.deepEqual((await accepted(remove(named(phone, 'a phone')))).json, {});
  await refused(pay(phone), 'ERR_UV_INVALID');
  await refused(remove(named(phone, 'a phone')), 'ERR_CONSENT_MISMATCH');
  await accepted(pay(key));
  assert.deepEqual(
    (await list()).passkeys.map(({ label }) => label),
    ['a key'],
  );
  assert.equal(
    await site.authority.passkeys.remove('alice', named(key).id),
    true,
    'the app can, for its recovery of accounts',
  );
  assert.equal(await site.authority.passkeys.remove('alice', named(key).id), false);
  await refused(pay(key), 'ERR_UV_INVALID');
  assert.ok(site.decisions.some(({ action, outcome }) => action === 'pas.passkey.remove' && outcome === 'accepted'));
});

test('long after the log-in a passkey is needed to remove one', async (t) => {
  const { site, own, remove, list } = await ready(t);
  const phone = await own();
  const named = { id: phone.id.toString('base64url'), label: 'a phone' };
  site.time.now += FRESH;
  await refused(remove(named), 'ERR_TIER_REQUIRED', tier('verified'));
  await refused(remove(named, { passkey: new Authenticator() }), 'ERR_UV_INVALID');
  await accepted(remove(named, { passkey: phone }));
  assert.deepEqual((await list()).passkeys, []);
});

test('a passkey that is removed while it is used does not count', async (t) => {
  let removing = async () => undefined;
  const wrap = (inner) =>
    new Proxy(inner, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (name !== 'admit') return typeof value === 'function' ? value.bind(target) : value;
        return async (...args) => {
          const outcome = await target.admit(...args);
          await removing();
          return outcome;
        };
      },
    });
  const { site, own, pay, handled } = await ready(t, { wrap });
  const passkey = await own();
  await accepted(pay(passkey));
  removing = () => site.store.removePasskey('alice', passkey.id.toString('base64url'));
  await refused(pay(passkey), 'ERR_UV_INVALID');
  assert.deepEqual(handled, ['pay']);
});

test('passkeys outlive the secret that sessions depend on', async (t) => {
  const { site, own } = await ready(t);
  const passkey = await own();
  const next = await startSite(t, {
    wrap: () => site.store,
    secret: new Uint8Array(32).fill(9),
    configure(app, pas, _seen, authority) {
      authority.action('pay', {
        tier: 'verified',
        method: 'POST',
        path: '/api/pay',
        fields: { amount: 'json:/amount' },
        text: { en: 'Pay {amount, number}' },
      });
      app.post('/api/pay', pas.require({ tier: 'verified', action: 'pay' }), (_request, response) => response.json({}));
    },
  });
  await accepted(kit(next, await next.enrolled()).pay(passkey));
});
