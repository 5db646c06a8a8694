// Several tabs and accounts, sessions that end elsewhere, and keys that are rotated meanwhile.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { call, codeOf, createStage, events, frameOf, keyId, logIn, open, reload, storedKeys } from './kit/browser.mjs';

const stage = createStage();

const cookieNames = async (context, site) => (await context.cookies(site.appOrigin)).map(({ name }) => name).sort();

/** Twenty requests at once; how many were answered with which status. */
const volley = (page) =>
  page.evaluate(async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => window.pas.fetch(`/api/signed?n=${i}`, { method: 'POST', body: String(i) })),
    );
    return answers.map(({ status }) => status);
  });

const fine = Array.from({ length: 20 }, () => 200);

describe('tabs and accounts', () => {
  it('two tabs act at once', async (t) => {
    const { site, context, page } = await stage.session(t);
    const other = await open(context, site);
    assert.equal(await keyId(other), await keyId(page));
    assert.deepEqual(await Promise.all([volley(page), volley(other)]), [fine, fine]);
    assert.equal(site.accepted.length, 40);
    assert.equal(new Set(site.accepted.map(({ target }) => target)).size, 20);
  });

  it('two accounts act at once in two tabs', async (t) => {
    const { site, context, page: alice } = await stage.session(t);
    const bob = await open(context, site);
    await logIn(bob, 'bob');
    assert.deepEqual(await Promise.all([volley(alice), volley(bob)]), [fine, fine]);
    const of = (user) => site.accepted.filter((entry) => entry.user === user).length;
    assert.deepEqual([of('alice'), of('bob')], [20, 20]);
    const { accounts } = await alice.evaluate(() => window.pas.state());
    assert.equal(accounts.length, 2);
    assert.equal((await cookieNames(context, site)).length, 2);

    const aliceKey = await keyId(alice);
    const { account } = await alice.evaluate(() => window.pas.state());
    await bob.evaluate(() => window.pas.logout());
    assert.equal((await call(alice, '/api/signed')).json.user, 'alice', 'the other account stays');
    await reload(alice, site, { account });
    assert.equal(await keyId(alice), aliceKey);
  });

  it('a tab acts as its own account after a reload that names it', async (t) => {
    const { site, context, page: alice, enrolled } = await stage.session(t);
    const bob = await open(context, site);
    const { account } = await logIn(bob, 'bob');
    await reload(alice, site, { account: enrolled.account });
    await reload(bob, site, { account });
    assert.equal((await call(alice, '/api/signed')).json.user, 'alice');
    assert.equal((await call(bob, '/api/signed')).json.user, 'bob');
  });

  it('a page that was logged out does not act for another account', async (t) => {
    const { site, context, page: alice } = await stage.session(t);
    const bob = await open(context, site);
    await logIn(bob, 'bob');
    await alice.evaluate(() => window.pas.logout());
    assert.equal(await codeOf(alice, () => window.pas.fetch('/api/signed')), 'ERR_NOT_ENROLLED');
    assert.deepEqual(site.accepted, []);
    assert.equal((await call(bob, '/api/signed')).json.user, 'bob');
  });

  it('a page does not change its account because another tab logs in', async (t) => {
    const { site, context, page: alice } = await stage.session(t);
    await reload(alice, site);
    assert.equal((await call(alice, '/api/signed')).json.user, 'alice');
    const bob = await open(context, site);
    await logIn(bob, 'bob');
    assert.equal((await call(alice, '/api/signed')).json.user, 'alice');
    assert.equal((await call(bob, '/api/signed')).json.user, 'bob');
  });

  it('a log-in in one tab serves the other tab of the same account', async (t) => {
    const { site, context, page, enrolled } = await stage.session(t);
    const other = await open(context, site);
    assert.equal((await call(other, '/api/signed')).status, 200);
    const again = await logIn(page);
    assert.notEqual(again.keyId, enrolled.keyId);
    const { status, json } = await call(other, '/api/signed');
    assert.deepEqual([status, json.session], [200, again.session]);
    assert.equal((await site.authority.sessions.list('alice')).length, 1, 'the session it replaced has ended');
  });
});

describe('sessions that end elsewhere', () => {
  const shared = stage.shared();
  const cases = {
    revoked: [({ site }, session) => site.authority.sessions.revoke('alice', session), 'ERR_SESSION_ENDED'],
    'all revoked': [({ site }) => site.authority.sessions.revokeAll('alice'), 'ERR_SESSION_ENDED'],
    'idle for too long': [({ site }) => (site.time.skew += 31 * 60_000), 'ERR_SESSION_ENDED'],
    'without its cookie': [({ context }) => context.clearCookies(), 'ERR_SESSION_MISSING'],
  };
  for (const [name, [end, code]] of Object.entries(cases)) {
    it(name, async () => {
      const { site, page } = shared;
      await page.evaluate(() => (window.events.length = 0));
      const { status, json } = await call(page, '/api/signed');
      assert.equal(status, 200);
      await end(shared, json.session);
      assert.equal((await call(page, '/api/signed')).code, code);
      assert.deepEqual(
        (await events(page, 'ended')).map((event) => event.code),
        [code],
      );
      assert.equal(site.accepted.length, 1);
      const again = await logIn(page);
      assert.equal((await call(page, '/api/signed')).json.session, again.session);
    });
  }

  it('all but this one', async (t) => {
    const { site, page, enrolled } = await stage.session(t);
    const context = await stage.context(t);
    const elsewhere = await open(context, site);
    await logIn(elsewhere);
    assert.equal((await site.authority.sessions.list('alice')).length, 2);
    await site.authority.sessions.revokeAll('alice', { except: enrolled.session });
    assert.equal((await call(page, '/api/signed')).status, 200);
    assert.equal((await call(elsewhere, '/api/signed')).code, 'ERR_SESSION_ENDED');
    assert.deepEqual(await events(page, 'ended'), []);
    assert.equal((await events(elsewhere, 'ended')).length, 1);
  });

  it('and whose place another account took in this browser', async (t) => {
    const { site, context, page, enrolled } = await stage.session(t);
    assert.equal((await call(page, '/api/signed')).status, 200);
    await site.authority.sessions.revoke('alice', enrolled.session);
    const bob = await open(context, site);
    await logIn(bob, 'bob');
    assert.equal((await call(bob, '/api/signed')).json.user, 'bob');
    assert.equal((await call(page, '/api/signed')).status, 401);
    assert.equal((await events(page, 'ended')).length, 1);
    assert.ok(site.accepted.slice(1).every(({ user }) => user === 'bob'));
  });
});

describe('rotation', () => {
  it('gives the session a new key, and the old one is gone', async (t) => {
    const { site, page, enrolled } = await stage.session(t);
    const kept = await page.evaluate(async () => [...(await window.pas.sign('/api/signed')).headers]);
    const rotated = await page.evaluate(() => window.pas.rotateKey());
    assert.equal(rotated.session, enrolled.session);
    assert.notEqual(rotated.keyId, enrolled.keyId);
    assert.deepEqual(
      (await storedKeys(frameOf(page, site))).map(({ keyid }) => keyid),
      [rotated.keyId],
    );
    const late = await page.evaluate(
      async (headers) => (await (await fetch('/api/signed', { headers })).json()).code,
      kept,
    );
    assert.equal(late, 'ERR_KEY_MISMATCH');
    const { status, json } = await call(page, '/api/signed');
    assert.deepEqual([status, json.session], [200, enrolled.session]);
    await reload(page, site);
    assert.equal(await keyId(page), rotated.keyId);
    assert.equal((await call(page, '/api/signed')).status, 200);
  });

  it('costs the next request no extra round trip', async (t) => {
    const { site, page } = await stage.session(t);
    assert.equal((await call(page, '/api/signed')).status, 200);
    await page.evaluate(() => window.pas.rotateKey());
    assert.equal((await call(page, '/api/signed')).status, 200);
    assert.deepEqual(site.codes(), []);
  });

  it('in one tab while the other signs: a request under the old key is signed again', async (t) => {
    const { site, context, page } = await stage.session(t);
    const other = await open(context, site);
    assert.equal((await call(page, '/api/signed')).status, 200);
    // The request is on its way while the other tab rotates.
    const gate = site.gate('/api/other');
    const waiting = call(page, '/api/other', { method: 'POST', body: 'once' });
    await gate.reached;
    await other.evaluate(() => window.pas.rotateKey());
    gate.open();
    assert.equal((await waiting).status, 200);
    assert.equal(site.accepted.filter(({ name }) => name === 'other').length, 1, 'its handler ran once');
    assert.equal(await keyId(page), await keyId(other));
  });

  it('in one tab while the other sends many', async (t) => {
    const { site, context, page } = await stage.session(t);
    const other = await open(context, site);
    const [statuses] = await Promise.all([volley(page), other.evaluate(() => window.pas.rotateKey())]);
    assert.deepEqual(statuses, fine);
    assert.equal(site.accepted.length, 20, 'each handler ran once');
  });

  it('in two tabs at once leaves one key that works in both', async (t) => {
    const { site, context, page, enrolled } = await stage.session(t);
    const other = await open(context, site);
    await Promise.all([page, other].map((tab) => tab.evaluate(() => window.pas.rotateKey())));
    const [stored, ...more] = await storedKeys(frameOf(page, site));
    assert.equal(more.length, 0);
    assert.notEqual(stored.keyid, enrolled.keyId);
    for (const tab of [page, other]) assert.equal((await call(tab, '/api/signed')).status, 200);
  });

  it('of a further account renames its cookie', async (t) => {
    const { site, context, page: alice } = await stage.session(t);
    const bob = await open(context, site);
    const enrolled = await logIn(bob, 'bob');
    assert.deepEqual(
      await cookieNames(context, site),
      ['__Host-pas', `__Host-pas-${enrolled.keyId.slice(0, 8)}`].sort(),
    );
    const rotated = await bob.evaluate(() => window.pas.rotateKey());
    assert.deepEqual(
      await cookieNames(context, site),
      ['__Host-pas', `__Host-pas-${rotated.keyId.slice(0, 8)}`].sort(),
    );
    assert.equal((await call(bob, '/api/signed')).json.user, 'bob');
    assert.equal((await call(alice, '/api/signed')).json.user, 'alice');
  });

  it('the frame rotates by itself when the key is due', async (t) => {
    const { site, page, enrolled } = await stage.session(t, { session: { rekeyAfterMs: 60_000 } });
    assert.equal((await call(page, '/api/signed')).status, 200);
    assert.equal(site.sent('/.pas/rekey').length, 0, 'not before');
    site.time.skew += 61_000;
    // Its clock is behind, so it asks, learns that the key is due, and rotates after the answer.
    const answered = page.waitForResponse((response) => response.url().endsWith('/.pas/rekey'));
    assert.equal((await call(page, '/api/signed')).status, 200);
    assert.equal((await answered).status(), 200);
    const ids = await page.evaluate(async (old) => {
      let state = await window.pas.state();
      while (state.keyId === old) state = await window.pas.state();
      return state;
    }, enrolled.keyId);
    assert.equal(ids.session, enrolled.session);
    assert.equal((await call(page, '/api/signed')).status, 200);
    assert.equal(site.accepted.length, 3);
  });

  it('a key that is due time and again is rotated under many requests, and none fails', async (t) => {
    // Far apart beside the time of a request: one that meets two rotations is refused twice, and not made again.
    const { site, page, enrolled } = await stage.session(t, { session: { rekeyAfterMs: 15_000 } });
    for (let i = 0; i < 3; i += 1) {
      site.time.skew += 16_000;
      assert.deepEqual(await volley(page), fine);
    }
    assert.notEqual(await keyId(page), enrolled.keyId);
    assert.equal(site.accepted.length, 60);
  });

  it('whose answer is lost does not lose the session', async (t) => {
    const { site, page } = await stage.session(t);
    assert.equal((await call(page, '/api/signed')).status, 200);
    const lost = site.loseAnswer('/.pas/rekey');
    await codeOf(page, () => window.pas.rotateKey());
    await lost;
    assert.equal((await call(page, '/api/signed')).status, 200);
  });

  it('that the server never saw does not lose the session', async (t) => {
    const { page, enrolled } = await stage.session(t);
    assert.equal((await call(page, '/api/signed')).status, 200);
    await page.route('**/.pas/rekey', (route) => route.abort());
    assert.equal(await codeOf(page, () => window.pas.rotateKey()), 'ERR_SERVER_UNREACHABLE');
    await page.unroute('**/.pas/rekey');
    const { status, json } = await call(page, '/api/signed');
    assert.deepEqual([status, json.session], [200, enrolled.session]);
  });

  it('that a closing tab cuts off does not lose the session', async (t) => {
    const { site, context, page, enrolled } = await stage.session(t);
    const gate = site.gate('/.pas/rekey');
    const closing = await open(context, site);
    closing.evaluate(() => window.pas.rotateKey()).catch(() => undefined);
    await gate.reached;
    // The new key is stored, the server has not heard of it.
    await closing.close();
    t.after(() => gate.open());
    await reload(page, site);
    const { status, json } = await call(page, '/api/signed');
    assert.deepEqual([status, json?.session], [200, enrolled.session]);
  });
});
