// What is left of a limit is told in fields that anybody can parse; and what a stranger may cost.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { describe, test } from 'node:test';
import { parseList } from 'structured-headers';
import { accepted, refused } from './kit/expect.mjs';
import { base64url, byteSequence, newKey } from './kit/signer.mjs';
import { incoming, startSite } from './kit/site.mjs';

/** A field of the draft, by an independent parser: name → parameters. */
function read(answer, name) {
  const text = answer.get(name);
  if (text === undefined) return undefined;
  return Object.fromEntries(parseList(text).map(([item, parameters]) => [item, Object.fromEntries(parameters)]));
}
const policy = (answer) => read(answer, 'ratelimit-policy');
const left = (answer) => read(answer, 'ratelimit');

describe('RateLimit fields', () => {
  const limits = { session: { limit: 3, windowMs: 60_000 }, account: { limit: 5, windowMs: 60_000 } };

  test('of session and account, on every signed answer', async (t) => {
    const site = await startSite(t, { limits });
    const frame = await site.enrolled();
    const second = await site.enrolled();
    const answer = await accepted(frame.fetch());
    assert.deepEqual(policy(answer), { session: { q: 3, w: 60 }, account: { q: 5, w: 60 } });
    assert.deepEqual(left(answer), { session: { r: 2, t: 20 }, account: { r: 4, t: 12 } });
    assert.deepEqual(left(await accepted(second.fetch())), { session: { r: 2, t: 20 }, account: { r: 3, t: 12 } });
    site.time.now += 7_000;
    assert.deepEqual(left(await accepted(frame.fetch())), { session: { r: 1, t: 13 }, account: { r: 2, t: 5 } });
    site.time.now += 60_000;
    await frame.refresh();
    const again = { session: { r: 2, t: 20 }, account: { r: 4, t: 12 } };
    assert.deepEqual(left(await accepted(frame.fetch())), again, 'it was full');
  });

  test('on the 429 of a session: nothing left, and Retry-After is not earlier', async (t) => {
    const site = await startSite(t, { limits });
    const frame = await site.enrolled();
    for (let i = 0; i < 3; i += 1) await accepted(frame.fetch());
    const answer = await refused(frame.fetch(), 'ERR_RATE_LIMITED');
    assert.deepEqual(policy(answer), { session: { q: 3, w: 60 }, account: { q: 5, w: 60 } });
    assert.deepEqual(left(answer), { session: { r: 0, t: 20 }, account: { r: 2, t: 12 } });
    assert.equal(answer.get('retry-after'), '20');
    site.time.now += 20_000;
    assert.equal(left(await accepted(frame.fetch())).session.r, 0);
  });

  test('on the 429 of an account', async (t) => {
    const site = await startSite(t, { limits });
    const frames = [await site.enrolled(), await site.enrolled(), await site.enrolled()];
    for (const frame of [...frames, ...frames].slice(0, 5)) await accepted(frame.fetch());
    const answer = await refused(frames[2].fetch(), 'ERR_RATE_LIMITED');
    assert.deepEqual(left(answer), { session: { r: 2, t: 20 }, account: { r: 0, t: 12 } });
    assert.equal(answer.get('retry-after'), '12');
  });

  test('what r and t say is so, for odd limits as well', async (t) => {
    for (const [limit, windowMs] of [
      [1, 1000],
      [7, 60_000],
      [600, 60_000],
      [13, 10_000],
    ]) {
      const account = { limit: 10_000, windowMs: 1000 };
      const site = await startSite(t, { limits: { session: { limit, windowMs }, account } });
      const frame = await site.enrolled();
      const sent = async () => {
        await frame.refresh();
        return frame.fetch();
      };
      let { session } = left(await accepted(sent()));
      assert.equal(session.r, limit - 1);
      // No more than the remaining are accepted in one moment.
      for (let r = session.r; r > 0; r -= 1) session = left(await accepted(sent())).session;
      assert.equal(session.r, 0);
      await refused(sent(), 'ERR_RATE_LIMITED');
      site.time.now += session.t * 1000;
      await accepted(sent());
    }
  });

  test('a window that is no whole number of seconds is left out', async (t) => {
    const site = await startSite(t, { limits: { session: { limit: 2.5, windowMs: 1500 } } });
    const frame = await site.enrolled();
    const answer = await accepted(frame.fetch());
    assert.deepEqual(policy(answer), { session: { q: 2 }, account: { q: 1200, w: 60 } });
    assert.deepEqual(left(answer).session, { r: 1, t: 1 });
  });

  test('other refusals, shells and tickets have none: nothing was counted', async (t) => {
    const site = await startSite(t);
    const frame = await site.enrolled();
    const url = (await accepted(frame.control('ticket', { url: '/api/file' }))).json.url;
    for (const answer of [
      await refused(frame.fetch({}, { bytes: () => Buffer.alloc(64) }), 'ERR_SIG_INVALID'),
      await refused(frame.plain({ target: '/api/a' }), 'ERR_SIG_MISSING'),
      await accepted(frame.plain({ target: '/shell' })),
      await accepted(frame.plain({ target: url })),
    ])
      assert.deepEqual([policy(answer), left(answer)], [undefined, undefined]);
    assert.ok(left(await accepted(frame.fetch())));
  });

  test('a store that does not say what is left: 429 without the fields', async (t) => {
    const site = await startSite(t, {
      limits,
      wrap: (store) =>
        new Proxy(store, {
          get:
            (target, name) =>
            async (...args) => {
              const answer = await target[name](...args);
              if (name === 'admit' && !answer.ok) delete answer.rates;
              return answer;
            },
        }),
    });
    const frame = await site.enrolled();
    for (let i = 0; i < 3; i += 1) await accepted(frame.fetch());
    const answer = await refused(frame.fetch(), 'ERR_RATE_LIMITED');
    assert.deepEqual([left(answer), answer.get('retry-after')], [undefined, '20']);
  });

  test('of the address, on every answer of /.pas/*', async (t) => {
    const site = await startSite(t, { limits: { control: { limit: 6, windowMs: 3_600_000 } } });
    const frame = await site.login(site.frame());
    const hello = await accepted(frame.hello());
    assert.deepEqual(policy(hello), { address: { q: 6, w: 3600 } });
    const remaining = (answer) => left(answer).address.r;
    assert.equal(remaining(hello), 5);
    assert.equal(remaining(await accepted(frame.enrol())), 3, 'an enrolment is two requests');
    assert.equal(remaining(await accepted(frame.control('ticket', { url: '/api/file' }))), 2);
    assert.equal(remaining(await refused(frame.control('ticket', {}), 'ERR_JSON_INVALID')), 1);
    assert.equal(remaining(await refused(frame.hello({ origin: site.appOrigin }), 'ERR_ORIGIN_REFUSED')), 0);
    const answer = await refused(frame.hello(), 'ERR_RATE_LIMITED');
    assert.equal(remaining(answer), 0);
    assert.ok(Number(answer.get('retry-after')) <= left(answer).address.t);
    assert.ok(left(answer).address.t <= 600);
    assert.equal((await frame.plain({ method: 'OPTIONS', target: '/.pas/hello' })).status, 204, 'a preflight is free');
    await accepted(frame.fetch());
    const unknown = await site.authority.raw.handle(
      incoming({
        method: 'POST',
        target: '/.pas/hello',
        body: Buffer.from('{}'),
        fields: [
          ['Origin', site.signOrigin],
          ['Content-Type', 'application/json'],
        ],
      }),
    );
    assert.equal(unknown.status, 200, 'nobody is limited without an address');
    assert.ok(!unknown.headers.some(([name]) => name.startsWith('ratelimit')));
  });

  test('a control request that is refused for its session tells of the session', async (t) => {
    const site = await startSite(t, { limits: { session: { limit: 1, windowMs: 60_000 } } });
    const frame = await site.enrolled();
    await accepted(frame.fetch());
    const answer = await refused(frame.control('ticket', { url: '/api/file' }), 'ERR_RATE_LIMITED');
    assert.deepEqual(left(answer).session, { r: 0, t: 60 });
    assert.equal(left(answer).address, undefined);
  });

  test('of refusals, once there were too many', async (t) => {
    const site = await startSite(t, { limits: { refusals: { limit: 2, windowMs: 3_600_000 } } });
    const frame = await site.enrolled();
    for (let i = 0; i < 2; i += 1) {
      const early = await refused(site.frame().plain({ target: '/api/a' }), 'ERR_SESSION_MISSING');
      assert.equal(left(early), undefined);
    }
    const answer = await refused(frame.fetch(), 'ERR_RATE_LIMITED');
    assert.deepEqual(policy(answer), { refusals: { q: 2, w: 3600 } });
    assert.equal(left(answer).refusals.r, 0);
    assert.ok(Number(answer.get('retry-after')) >= 1700 && left(answer).refusals.t <= 1800);
  });
});

let operations = 0;

/** Counts the calls of a function of a host's crypto. */
function count(owner, name) {
  const original = owner[name];
  owner[name] = function counted(...args) {
    operations += 1;
    return original.apply(this, args);
  };
}
count(crypto, 'createPublicKey');
count(crypto, 'verify');
count(crypto.subtle.constructor.prototype, 'importKey');
count(crypto.subtle.constructor.prototype, 'verify');

/** The same for what the wasm module does on the curve. It is instantiated with the first authority. */
const Instance = WebAssembly.Instance;
WebAssembly.Instance = function counting(module, imports) {
  const entries = Object.entries(new Instance(module, imports).exports).map(([name, value]) => {
    if (!/P256$|_checkNewKey$|_rekey$/.test(name)) return [name, value];
    return [
      name,
      (...args) => {
        operations += 1;
        return value(...args);
      },
    ];
  });
  return { exports: Object.fromEntries(entries) };
};

/** The public-key operations that some work took. */
async function costOf(work) {
  const before = operations;
  await work();
  return operations - before;
}

const madeUp = (tag = base64url(crypto.randomBytes(6))) => `1.${tag}.${base64url(crypto.randomBytes(32))}`;

describe('a stranger', () => {
  /** What somebody without a session can prepare, and then send. `own` has a key, and a nonce, as anybody gets it. */
  const attempts = {
    'no cookie, no signature':
      ({ stranger }) =>
      () =>
        refused(stranger.plain({ target: '/api/a' }), 'ERR_SESSION_MISSING'),
    'a signature without a cookie':
      ({ stranger, own }) =>
      () =>
        refused(stranger.fetch({ account: own }), 'ERR_SESSION_MISSING'),
    'a cookie that it made up': ({ stranger, own, tag }) => {
      stranger.jar.set('__Host-pas', madeUp(tag));
      return () => refused(stranger.fetch({ account: own }), 'ERR_SESSION_ENDED');
    },
    'a cookie in a slot that it made up': ({ stranger, own }) => {
      stranger.jar.set('__Host-pas', madeUp());
      return () => refused(stranger.fetch({ account: own }), 'ERR_SESSION_ENDED');
    },
    'a stolen cookie and its own key':
      ({ stolen, own }) =>
      () =>
        refused(stolen.fetch({ account: own }), 'ERR_KEY_MISMATCH'),
    'the cookie of a session that ended': async ({ site, stranger, own }) => {
      const gone = await site.enrolled('gone');
      await site.authority.sessions.revokeAll('gone');
      stranger.jar.set('__Host-pas', gone.jar.get('__Host-pas'));
      return () => refused(stranger.fetch({ account: own }), 'ERR_SESSION_ENDED');
    },
    'a nonce that it made up': ({ stolen, own }) => {
      const account = { ...own, server: base64url(crypto.randomBytes(27)) };
      return () => refused(stolen.fetch({ account }), 'ERR_NONCE_INVALID');
    },
    "the victim's keyid without its cookie":
      ({ stranger, victim, own }) =>
      () =>
        refused(stranger.fetch({ account: victim.account }, { key: own.key }), 'ERR_SESSION_MISSING'),
    'a signature of 63 bytes':
      ({ stolen, own }) =>
      () => {
        const signature = () => `pas=${byteSequence(Buffer.alloc(63))}`;
        return refused(stolen.fetch({ account: own }, { signature }), 'ERR_SIG_MALFORMED');
      },
    'control requests':
      ({ stranger, own, tag }) =>
      async () => {
        for (const name of ['rekey', 'ticket', 'logout']) {
          stranger.jar.set('__Host-pas', madeUp(tag));
          await refused(stranger.control(name, { url: '/api/file' }, {}, own), 'ERR_SESSION_ENDED');
        }
      },
    'a hello that asks for everything': ({ stranger, own, tag }) => {
      stranger.jar.set('__Host-pas', madeUp(tag));
      stranger.jar.set('__Host-pas-enrol', madeUp(tag));
      return () => accepted(stranger.hello({ body: JSON.stringify({ keyid: own.key.keyid, keys: true }) }));
    },
    'no enrolment ticket':
      ({ stranger }) =>
      () =>
        refused(stranger.enrol({ challenge: base64url(crypto.randomBytes(27)) }), 'ERR_ENROL_REFUSED'),
    'an enrolment ticket that it made up, with a challenge for it': ({ stranger, tag }) => {
      stranger.jar.set('__Host-pas-enrol', madeUp(tag));
      return () => refused(stranger.enrol(), 'ERR_ENROL_REFUSED');
    },
    'such a ticket, and a key that is not on the curve': ({ stranger, own, tag }) => {
      stranger.jar.set('__Host-pas-enrol', madeUp(tag));
      const { jwk } = own.key;
      return () => refused(stranger.enrol({ newKey: own.key, jwk: { ...jwk, x: jwk.y } }), 'ERR_ENROL_REFUSED');
    },
    'a real ticket, and a challenge that it made up': async ({ site, stranger }) => {
      await site.login(stranger, 'somebody');
      return () => refused(stranger.enrol({ challenge: base64url(crypto.randomBytes(27)) }), 'ERR_ENROL_REFUSED');
    },
    'an enrolment ticket that was used': async ({ site, stranger }) => {
      const other = await site.login(site.frame(), 'other');
      stranger.jar.set('__Host-pas-enrol', other.jar.get('__Host-pas-enrol'));
      await accepted(other.enrol());
      return () => refused(stranger.enrol(), 'ERR_ENROL_REFUSED');
    },
    'a URL ticket that it made up':
      ({ stolen, tag }) =>
      () =>
        refused(stolen.plain({ target: `/api/file?pas_ticket=${madeUp(tag)}` }), 'ERR_TICKET_INVALID'),
  };

  const honest = { native: { first: 2, enrol: 3 }, webcrypto: { first: 2, enrol: 3 }, wasm: { first: 1, enrol: 2 } };
  for (const [provider, cost] of Object.entries(honest)) {
    test(`costs no public-key operation: ${provider}`, async (t) => {
      const site = await startSite(t, { crypto: provider });
      const victim = await site.enrolled('victim');
      for (const [name, prepare] of Object.entries(attempts)) {
        await t.test(name, async () => {
          const [stranger, stolen] = [site.frame(), site.frame()];
          stolen.jar.set('__Host-pas', victim.jar.get('__Host-pas'));
          const key = await newKey();
          const own = { key, server: (await stranger.hello({ keyid: key.keyid })).json.nonce };
          const attempt = await prepare({ site, victim, stranger, stolen, own, tag: victim.account.tag });
          assert.equal(await costOf(attempt), 0);
        });
      }
      await t.test('and the honest one costs exactly one', async () => {
        assert.equal(await costOf(() => accepted(victim.fetch())), cost.first, 'the first imports the key');
        for (let i = 0; i < 3; i += 1) assert.equal(await costOf(() => accepted(victim.fetch())), 1);
        const wrong = () => refused(victim.fetch({}, { bytes: () => Buffer.alloc(64, 1) }), 'ERR_SIG_INVALID');
        assert.equal(await costOf(wrong), 1);
        assert.equal(await costOf(() => accepted(victim.control('ticket', { url: '/api/file' }))), 1);
        assert.equal(await costOf(() => accepted(victim.plain({ target: '/shell' }))), 0);
        const fresh = await site.login(site.frame(), 'fresh');
        const enrolled = await costOf(() => accepted(fresh.enrol()));
        assert.equal(enrolled, cost.enrol, 'on the curve, import, proof of possession');
      });
    });
  }
});
