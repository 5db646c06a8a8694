// A person's way through the app: log in, act, reload, log out.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  acted,
  arm,
  call,
  codeOf,
  connect,
  createStage,
  engine,
  events,
  frameOf,
  keyId,
  keyPress,
  logIn,
  mousePress,
  newPage,
  open,
  reload,
  storedKeys,
} from './kit/browser.mjs';
import { startOrigin } from './kit/site.mjs';

const stage = createStage();

const cookieNames = async (context, site) => (await context.cookies(site.appOrigin)).map(({ name }) => name).sort();

describe('log in and act', () => {
  it('a person logs in, acts with the mouse, reloads, and acts with the same key', async (t) => {
    const { site, page, enrolled } = await stage.session(t);
    assert.equal(enrolled.persistent, true);
    await arm(page);
    await mousePress(page);
    const first = await acted(page);
    assert.equal(first.status, 200);
    assert.deepEqual(
      [first.json.tier, first.json.user, first.json.interaction.kind],
      ['interactive', 'alice', 'mouse'],
    );

    await reload(page, site);
    assert.equal(await keyId(page), enrolled.keyId);
    await arm(page);
    await mousePress(page);
    const second = await acted(page);
    assert.deepEqual([second.status, second.json.session], [200, enrolled.session]);
    assert.deepEqual(site.codes(), []);
  });

  const shared = stage.shared({ context: { hasTouch: true } });

  for (const key of ['Enter', 'Space']) {
    it(`${key} on the button is an interaction`, async () => {
      const { page } = shared;
      await arm(page);
      await keyPress(page, key);
      const { status, json } = await acted(page);
      assert.deepEqual([status, json.tier, json.interaction.kind], [200, 'interactive', 'keyboard']);
    });
  }

  it('a tap is an interaction', { skip: engine === 'firefox' && 'its driver has no touch' }, async () => {
    const { page } = shared;
    await arm(page);
    await page.locator('#go').tap();
    const { status, json } = await acted(page);
    assert.deepEqual([status, json.tier, json.interaction.kind], [200, 'interactive', 'touch']);
  });

  it('nobody acts before enrolment, and a log-in without a ticket is refused', async (t) => {
    const { site, page } = await stage.session(t, { user: null });
    assert.equal((await page.evaluate(() => window.pas.state())).enrolled, false);
    assert.equal(await codeOf(page, () => window.pas.enroll()), 'ERR_ENROL_REFUSED');
    assert.equal(await codeOf(page, () => window.pas.fetch('/api/signed')), 'ERR_NOT_ENROLLED');
    assert.equal(site.sent('/api/signed').length, 0);
    await logIn(page);
    assert.equal((await call(page, '/api/signed')).status, 200);
    assert.equal(await codeOf(page, () => window.pas.enroll()), 'ERR_ENROL_REFUSED', 'a ticket is used once');
  });

  it('the cookie alone opens a shell and nothing else', async () => {
    const { page } = shared;
    const plain = (url) =>
      page.evaluate(async (url) => {
        const response = await fetch(url);
        return [response.status, (await response.json()).code];
      }, url);
    assert.deepEqual(await plain('/shell'), [200, undefined]);
    assert.deepEqual(await plain('/api/signed'), [401, 'ERR_SIG_MISSING']);
    assert.equal((await call(page, '/api/signed')).status, 200);
  });

  it('cookies are out of reach of page scripts', async () => {
    const { site, context, page } = shared;
    assert.equal(await page.evaluate(() => document.cookie), '');
    assert.equal(await frameOf(page, site).evaluate(() => document.cookie), '');
    const [cookie, ...others] = await context.cookies(site.appOrigin);
    assert.deepEqual(
      [others.length, cookie.name, cookie.httpOnly, cookie.secure, cookie.sameSite, cookie.path],
      [0, '__Host-pas', true, true, 'Strict', '/'],
    );
  });
});

it('one ticket enrols one of two tabs', async (t) => {
  const { site, context, page } = await stage.session(t, { user: null });
  const other = await open(context, site);
  await page.evaluate(() => fetch('/login/alice', { method: 'POST' }));
  const outcomes = await Promise.all([page, other].map((tab) => codeOf(tab, () => window.pas.enroll())));
  assert.deepEqual(outcomes.sort(), ['ERR_ENROL_REFUSED', 'accepted']);
  assert.equal((await site.authority.sessions.list('alice')).length, 1);
  for (const tab of [page, other]) assert.equal((await call(tab, '/api/signed')).status, 200);
});

it('a ticket is good for two minutes', async (t) => {
  const { site, page } = await stage.session(t, { user: null });
  const logInLate = async (seconds) => {
    await page.evaluate(() => fetch('/login/alice', { method: 'POST' }));
    site.time.skew += seconds * 1_000;
    return codeOf(page, () => window.pas.enroll());
  };
  assert.equal(await logInLate(125), 'ERR_ENROL_REFUSED');
  assert.equal(await logInLate(110), 'accepted');
});

it('a page of the same site can not plant a session', async (t) => {
  const { site, context, page } = await stage.session(t);
  const mallory = await stage.context(t);
  await logIn(await open(mallory, site), 'mallory');
  const [{ value }] = await mallory.cookies(site.appOrigin);
  const evil = await startOrigin('evil', (_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.appendHeader('set-cookie', `__Host-pas=${value}; Path=/; Secure; Domain=pas.localhost`);
    response.appendHeader('set-cookie', `=__Host-pas=${value}; Path=/; Domain=pas.localhost`);
    response.appendHeader('set-cookie', `__host-pas=${value}; Path=/; Domain=pas.localhost`);
    response.end('<!doctype html><title>evil</title>');
  });
  t.after(() => evil.close());
  const tab = await newPage(context);
  await tab.goto(evil.origin);
  await tab.evaluate((value) => {
    for (const cookie of [
      `__Host-pas=${value};secure;path=/;domain=pas.localhost`,
      `=__Host-pas=${value};domain=pas.localhost`,
    ])
      document.cookie = cookie;
  }, value);
  const { status, json } = await call(page, '/api/signed');
  assert.deepEqual([status, json.user], [200, 'alice']);
  assert.equal(await page.evaluate(async () => (await (await fetch('/shell')).json()).user), 'alice');

  // Another port of the app's own host can: cookies know no ports. Then the key does not fit.
  const [own] = await context.cookies(site.appOrigin);
  await context.addCookies([{ ...own, value }]);
  assert.equal((await call(page, '/api/signed')).code, 'ERR_KEY_MISMATCH');
  await context.addCookies([own]);
  assert.equal((await call(page, '/api/signed')).json.user, 'alice');
});

describe('log out', () => {
  it('deletes the key and the cookie, and ends the session', async (t) => {
    const { site, context, page, enrolled } = await stage.session(t);
    const other = await open(context, site);
    assert.deepEqual(
      (await storedKeys(frameOf(page, site))).map(({ keyid }) => keyid),
      [enrolled.keyId],
    );
    const kept = await page.evaluate(async () => {
      const request = await window.pas.sign('/api/signed');
      return [...request.headers];
    });
    assert.equal((await call(page, '/api/signed')).status, 200);

    await page.evaluate(() => window.pas.logout());
    assert.deepEqual(await storedKeys(frameOf(page, site)), []);
    assert.deepEqual(await cookieNames(context, site), []);
    assert.deepEqual(await site.authority.sessions.list('alice'), []);
    assert.equal((await page.evaluate(() => window.pas.state())).enrolled, false);
    for (const tab of [page, other]) {
      assert.equal(await codeOf(tab, () => window.pas.fetch('/api/signed')), 'ERR_NOT_ENROLLED');
      assert.deepEqual(
        (await events(tab, 'ended')).map(({ code }) => code),
        ['ERR_NOT_ENROLLED'],
      );
    }
    const late = await page.evaluate(
      async (headers) => (await (await fetch('/api/signed', { headers })).json()).code,
      kept,
    );
    assert.equal(late, 'ERR_SESSION_MISSING', 'what was signed before is worth nothing');

    const again = await logIn(page);
    assert.notEqual(again.keyId, enrolled.keyId);
    assert.notEqual(again.session, enrolled.session);
    assert.equal((await call(page, '/api/signed')).json.session, again.session);
  });

  it('a log-out that meets a rotation ends the session all the same', async (t) => {
    const { site, context, page } = await stage.session(t);
    const other = await open(context, site);
    assert.equal((await call(other, '/api/signed')).status, 200);
    const gate = site.gate('/.pas/logout');
    const leaving = page.evaluate(() => window.pas.logout());
    await gate.reached;
    let settled = false;
    const rotating = codeOf(other, () => window.pas.rotateKey()).finally(() => (settled = true));
    // It is done, or waits until the log-out is.
    const waits = () =>
      frameOf(other, site).evaluate(async () => {
        const { held, pending } = await navigator.locks.query();
        return held.length > 0 && pending.length > 0;
      });
    while (!settled && !(await waits()));
    gate.open();
    await leaving;
    await rotating;
    assert.deepEqual(await site.authority.sessions.list('alice'), []);
    assert.deepEqual(await storedKeys(frameOf(page, site)), []);
    await logIn(page);
    assert.equal((await call(page, '/api/signed')).status, 200);
  });

  it('the first request after logging in again costs no extra round trip', async (t) => {
    const { site, page } = await stage.session(t);
    assert.equal((await call(page, '/api/signed')).status, 200);
    await page.evaluate(() => window.pas.logout());
    await logIn(page);
    assert.equal((await call(page, '/api/signed')).status, 200);
    assert.deepEqual(site.codes(), []);
  });
});

it('a second client in the same page works beside the first', async (t) => {
  const { site, page, enrolled } = await stage.session(t);
  await page.evaluate(() => (window.first = window.pas));
  await connect(page, site);
  assert.equal(await keyId(page), enrolled.keyId);
  assert.equal((await call(page, '/api/signed')).status, 200);
  assert.equal(await page.evaluate(async () => (await window.first.fetch('/api/signed')).status), 200);
});
