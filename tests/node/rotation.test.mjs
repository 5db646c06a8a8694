// The master secret is replaced with overlap: what the old one made stays good, and nothing is lost from view.
// Two servers of one deployment, before one store, stand for the moments of a rollout.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { createAuthority } from 'partitioned-authority/verifier';
import { memoryStore } from 'partitioned-authority/stores/memory';
import { accepted, refused } from './kit/expect.mjs';
import { Frame, base64url } from './kit/signer.mjs';
import { T0, glue, webTransport } from './kit/site.mjs';

const [OLD, NEW, NEWEST] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte));
const origins = { appOrigin: 'http://app.test', signOrigin: 'http://sign.test' };
const HOUR = 3_600_000;

/** One store, and servers before it. `site.use(server)` sends a browser's requests to that server from then on. */
function deployment(t, options = {}) {
  const time = { now: T0 };
  const clock = () => time.now;
  const store = memoryStore({ clock });
  t.after(() => store.close());
  const site = {
    time,
    store,
    server(...secret) {
      const decisions = [];
      const audit = (decision) => decisions.push(decision);
      const authority = createAuthority({ ...origins, secret, store, clock, audit, ...options });
      const send = (route) => webTransport({ authority, appOrigin: origins.appOrigin, route });
      const [shell, file] = [{ tier: 'identified' }, { tier: 'signed', ticket: true }].map(send);
      // A ticket's route takes signed requests as well.
      const transport = (request) => (request.target === '/shell' ? shell : file)(request);
      return { authority, sessions: authority.sessions, transport, decisions };
    },
    frame: ({ transport }) => new Frame({ ...origins, transport, now: () => time.now }),
    async login(server, frame, user = 'alice') {
      frame.transport = server.transport;
      frame.keep([(await server.authority.begin({ id: user })).setCookie]);
      return frame;
    },
    async enrolled(server, user = 'alice', frame = site.frame(server)) {
      await site.login(server, frame, user);
      await accepted(frame.enrol());
      return frame;
    },
  };
  return site;
}

const on = (server, frame) => Object.assign(frame, { transport: server.transport });
const ids = async (server, user = 'alice') => (await server.sessions.list(user)).map(({ id }) => id);

describe('overlap', () => {
  test('nonces and challenges of the previous secret are taken, new ones are of the first', async (t) => {
    const site = deployment(t);
    const [before, during, after] = [site.server(OLD), site.server(NEW, OLD), site.server(NEW)];
    const frame = await site.enrolled(before);
    const { server } = frame.account;
    await accepted(on(during, frame).fetch({}, { server }));
    const next = frame.account.server;
    await accepted(frame.fetch());
    await refused(on(before, frame).fetch({}, { server: next }), 'ERR_NONCE_INVALID');
    await accepted(frame.fetch({}, { server }));

    const fresh = await site.login(before, site.frame(before), 'bob');
    const { challenge } = (await fresh.hello()).json;
    await accepted(on(during, fresh).enrol({ challenge }));
    await accepted(fresh.fetch());
    const other = await site.login(during, site.frame(during), 'carol');
    const made = (await other.hello()).json.challenge;
    await refused(on(before, other).enrol({ challenge: made }), 'ERR_ENROL_REFUSED');
    await accepted(on(after, other).enrol({ challenge: made }));
  });

  test('one use is one use, whichever server is asked', async (t) => {
    const site = deployment(t);
    const [before, during] = [site.server(OLD), site.server(NEW, OLD)];
    const frame = await site.enrolled(before);
    const request = await frame.sign();
    await accepted(before.transport(request));
    await refused(during.transport(request), 'ERR_NONCE_USED');
    await refused(before.transport(request), 'ERR_NONCE_USED');
  });

  test('sessions of both secrets are listed and ended by every server that knows both', async (t) => {
    const site = deployment(t);
    const [second, first] = [site.server(OLD, NEW), site.server(NEW, OLD)];
    const older = await site.enrolled(second);
    site.time.now += 1000;
    const newer = await site.enrolled(first);
    const bob = await site.enrolled(first, 'bob');
    assert.notEqual(older.account.tag, newer.account.tag);
    for (const server of [second, first]) {
      assert.deepEqual(await ids(server), [newer.account.session, older.account.session], 'newest first');
      await accepted(on(server, older).fetch());
      await accepted(on(server, newer).fetch());
      for (const frame of [older, newer]) {
        await accepted(frame.plain({ target: '/shell' }));
        const { url } = (await accepted(frame.control('ticket', { url: '/api/file' }))).json;
        await accepted(frame.plain({ target: url }));
        await accepted(frame.rekey());
        assert.deepEqual((await accepted(frame.hello({ body: '{"keys":true}' }))).json.keys, [frame.account.key.keyid]);
      }
    }
    assert.equal(await second.sessions.revoke('alice', newer.account.session), true);
    await refused(on(first, newer).fetch(), 'ERR_SESSION_ENDED');
    assert.equal(await first.sessions.revoke('alice', older.account.session), true);
    assert.equal(await first.sessions.revoke('alice', older.account.session), false);
    await refused(on(second, older).fetch(), 'ERR_SESSION_ENDED');
    assert.equal(await first.sessions.revoke('alice', bob.account.session), false);
    await accepted(bob.fetch());
  });

  test('all others, all, and logout everywhere reach both', async (t) => {
    const site = deployment(t);
    const [second, first] = [site.server(OLD, NEW), site.server(NEW, OLD)];
    const make = async () => [await site.enrolled(second), await site.enrolled(first), await site.enrolled(second)];
    const [a, b, c] = await make();
    assert.equal(await first.sessions.revokeAll('alice', { except: a.account.session }), 2);
    await accepted(a.fetch());
    for (const frame of [b, c]) await refused(frame.fetch(), 'ERR_SESSION_ENDED');
    assert.equal(await second.sessions.revokeAll('alice'), 1);

    const [d, e, f] = await make();
    await accepted(on(first, d).control('logout', { everywhere: true }));
    for (const frame of [e, f]) await refused(frame.fetch(), 'ERR_SESSION_ENDED');
    assert.deepEqual(await ids(second), []);
  });

  test('a log-in in the same browser takes the place of the session it had', async (t) => {
    const site = deployment(t);
    const [second, first] = [site.server(OLD, NEW), site.server(NEW, OLD)];
    const frame = await site.enrolled(second);
    const before = frame.account;
    await site.enrolled(first, 'alice', frame);
    assert.deepEqual(await ids(first), [frame.account.session]);
    await accepted(frame.fetch());
    assert.equal(await site.store.read(before.tag, before.session), undefined);

    const bob = frame.account;
    await site.enrolled(first, 'bob', frame);
    await accepted(frame.fetch());
    await accepted(frame.fetch({ account: bob }));
    assert.equal((await ids(first)).length, 1, "another user's stays");
  });

  test('a URL ticket of a session under the previous secret', async (t) => {
    const site = deployment(t);
    const [second, first] = [site.server(OLD, NEW), site.server(NEW, OLD)];
    const frame = await site.enrolled(second);
    const [session] = await first.sessions.list('alice');
    const url = await first.authority.ticketUrl(session, '/api/file?a=1');
    await accepted(frame.plain({ target: url }));
    await refused(frame.plain({ target: url }), 'ERR_TICKET_INVALID');
  });
});

describe('limits of sessions count across secrets', () => {
  test('refuse-newest', async (t) => {
    const site = deployment(t, { session: { limit: { max: 2, policy: 'refuse-newest' } } });
    const [second, first] = [site.server(OLD, NEW), site.server(NEW, OLD)];
    const [a, b] = [await site.enrolled(second), await site.enrolled(first)];
    const late = await site.login(first, site.frame(first));
    await refused(late.enrol(), 'ERR_SESSION_LIMIT');
    await refused(on(second, await site.login(second, site.frame(second))).enrol(), 'ERR_SESSION_LIMIT');
    // The browser that has one of them may log in anew.
    await site.enrolled(first, 'alice', a);
    await refused(late.enrol(), 'ERR_SESSION_LIMIT');
    assert.equal(await first.sessions.revoke('alice', b.account.session), true);
    await accepted(late.enrol());
    await accepted(a.fetch());
    assert.equal((await ids(first)).length, 2);
  });

  test('refuse-newest, all places taken under the previous secret', async (t) => {
    const site = deployment(t, { session: { limit: { max: 2, policy: 'refuse-newest' } } });
    const [second, first] = [site.server(OLD, NEW), site.server(NEW, OLD)];
    const [a] = [await site.enrolled(second), await site.enrolled(second)];
    const late = await site.login(first, site.frame(first));
    await refused(late.enrol(), 'ERR_SESSION_LIMIT');
    await accepted(a.control('logout'));
    await accepted(late.enrol());
  });

  test('end-oldest', async (t) => {
    const site = deployment(t, { session: { limit: { max: 2, policy: 'end-oldest' } } });
    const [second, first] = [site.server(OLD, NEW), site.server(NEW, OLD)];
    const frames = [];
    for (const server of [second, first, first, second]) {
      site.time.now += 1000;
      frames.push(await site.enrolled(server));
      const { ended } = server.decisions.findLast(({ path }) => path === '/.pas/enrol');
      const oldest = frames.length > 2 ? [frames.at(-3).account.session] : undefined;
      assert.deepEqual(ended, oldest);
    }
    for (const frame of frames.slice(0, 2)) await refused(frame.fetch(), 'ERR_SESSION_ENDED');
    for (const frame of frames.slice(2)) await accepted(frame.fetch());
    assert.deepEqual(
      await ids(first),
      frames
        .slice(2)
        .reverse()
        .map(({ account }) => account.session),
    );
  });
});

describe('the procedure', () => {
  test('step by step, over two servers, no request fails and no session is lost', async (t) => {
    const site = deployment(t);
    const rollout = [
      [[OLD], [OLD]],
      [[OLD, NEW], [OLD]],
      [
        [OLD, NEW],
        [OLD, NEW],
      ],
      [
        [NEW, OLD],
        [OLD, NEW],
      ],
      [
        [NEW, OLD],
        [NEW, OLD],
      ],
    ];
    const frames = [];
    for (const secrets of rollout) {
      const servers = secrets.map((secret) => site.server(...secret));
      for (const server of servers) frames.push(await site.enrolled(server));
      for (const frame of frames) {
        for (const server of [...servers, ...servers]) {
          await accepted(on(server, frame).fetch());
          assert.deepEqual((await ids(server)).sort(), frames.map(({ account }) => account.session).sort());
        }
      }
    }
    // After the longest life of a session nothing of the old secret is left.
    site.time.now += 12 * HOUR;
    const last = site.server(NEW);
    assert.deepEqual(await ids(last), []);
    await accepted((await site.enrolled(last)).fetch());
  });

  test('several rotations in a row', async (t) => {
    const site = deployment(t);
    const frame = await site.enrolled(site.server(OLD));
    const all = site.server(NEWEST, NEW, OLD);
    const middle = await site.enrolled(site.server(NEW, OLD));
    for (const one of [frame, middle]) await accepted(on(all, one).fetch());
    assert.equal((await ids(all)).length, 2);
    assert.equal(await all.sessions.revokeAll('alice'), 2);
  });
});

describe('out of order', () => {
  test('the new secret first on one server, before another knows it: its sessions end there', async (t) => {
    const site = deployment(t);
    const [behind, ahead] = [site.server(OLD), site.server(NEW, OLD)];
    const frame = await site.enrolled(ahead);
    // What the server behind can't list, it does not accept: nobody it can't revoke acts before it.
    const answer = await refused(on(behind, frame).fetch(), 'ERR_NONCE_INVALID');
    await refused(frame.fetch({}, { server: answer.get('pas-nonce') }), 'ERR_SESSION_ENDED');
    await refused(frame.plain({ target: '/shell' }), 'ERR_SESSION_ENDED');
    assert.deepEqual(await ids(behind), []);
    assert.equal(await behind.sessions.revokeAll('alice'), 0);
    await on(ahead, frame).refresh();
    await accepted(frame.fetch());
    const old = await site.enrolled(behind);
    await accepted(on(ahead, old).fetch());
  });

  test('the old secret dropped too early ends the sessions made under it, and no others', async (t) => {
    const site = deployment(t);
    const [before, after] = [site.server(OLD, NEW), site.server(NEW)];
    const [kept, lost] = [await site.enrolled(site.server(NEW, OLD)), await site.enrolled(before)];
    const url = (await accepted(lost.control('ticket', { url: '/api/file' }))).json.url;
    const request = await lost.sign();
    await accepted(on(after, kept).fetch());
    await refused(after.transport(request), 'ERR_NONCE_INVALID');
    on(after, lost);
    await lost.refresh();
    for (const attempt of [
      () => lost.fetch(),
      () => lost.rekey(),
      () => lost.control('ticket', { url: '/api/file' }),
      () => lost.plain({ target: '/shell' }),
      () => lost.plain({ target: url }),
    ])
      await refused(attempt(), 'ERR_SESSION_ENDED');
    assert.deepEqual((await accepted(lost.hello({ body: '{"keys":true}' }))).json.keys, []);
    assert.deepEqual(await ids(after), [kept.account.session]);
    await site.enrolled(after, 'alice', lost);
    await accepted(lost.fetch());
    await accepted(kept.fetch());
  });

  test('a secret that leaked is replaced at once: whatever was made with it is worthless', async (t) => {
    const site = deployment(t);
    const frame = await site.enrolled(site.server(OLD));
    const clean = site.server(NEW);
    await refused(on(clean, frame).fetch(), 'ERR_NONCE_INVALID');
    await frame.refresh();
    await refused(frame.fetch(), 'ERR_SESSION_ENDED');
    const late = await site.login(site.server(OLD), site.frame(clean));
    const { challenge } = (await late.hello()).json;
    await refused(on(clean, late).enrol({ challenge }), 'ERR_ENROL_REFUSED');
    await refused(late.enrol(), 'ERR_ENROL_REFUSED');
    assert.deepEqual(await ids(site.server(OLD)), [frame.account.session], 'the ticket made nothing');
    await accepted((await site.enrolled(clean)).fetch());
  });

  test('the order of the previous ones does not matter', async (t) => {
    const site = deployment(t);
    const frame = await site.enrolled(site.server(OLD));
    await accepted(on(site.server(NEWEST, NEW, OLD), frame).fetch());
    frame.account.server = (await on(site.server(OLD), frame).hello({ keyid: frame.account.key.keyid })).json.nonce;
    await accepted(on(site.server(NEWEST, OLD, NEW), frame).fetch());
  });

  test('what becomes of the array that held a secret does not matter', async (t) => {
    const { Verifier } = await glue();
    for (const secret of [new Uint8Array(OLD), Buffer.from(OLD)]) {
      const site = deployment(t);
      const server = site.server(secret);
      secret.fill(0);
      const frame = await site.enrolled(server);
      // After a trap the keys are derived anew.
      const { begin } = Verifier.prototype;
      Verifier.prototype.begin = () => {
        Verifier.prototype.begin = begin;
        throw new WebAssembly.RuntimeError('unreachable');
      };
      await refused(frame.fetch(), 'ERR_VERIFIER_FAULT');
      await accepted(frame.fetch());
      assert.deepEqual(await ids(server), [frame.account.session]);
    }
  });

  test('a secret that nobody listed makes nothing', async (t) => {
    const site = deployment(t);
    const [server, stranger] = [site.server(NEW, OLD), site.server(NEWEST)];
    const frame = await site.enrolled(server);
    const { nonce } = (await on(stranger, frame).hello({ keyid: frame.account.key.keyid })).json;
    await refused(on(server, frame).fetch({}, { server: nonce }), 'ERR_NONCE_INVALID');
    await refused(frame.fetch({}, { server: base64url(randomBytes(27)) }), 'ERR_NONCE_INVALID');
    await frame.refresh();
    await accepted(frame.fetch());
  });
});
