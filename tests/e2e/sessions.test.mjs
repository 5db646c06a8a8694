// What a session's owner does from a browser: leave everywhere, leave what is over, and be told what was refused.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  acted,
  arm,
  call,
  codeOf,
  createStage,
  events,
  frameOf,
  logIn,
  mousePress,
  open,
  storedKeys,
} from './kit/browser.mjs';

const stage = createStage();
const cookieNames = async (context, site) => (await context.cookies(site.appOrigin)).map(({ name }) => name).sort();
/** How many requests to a path the audit heard of as accepted. */
const acceptedAt = ({ decisions }, path) =>
  decisions.filter((decision) => decision.path === path && decision.outcome === 'accepted').length;

describe('log out everywhere', () => {
  it('ends the sessions of every device, in one call', async (t) => {
    const { site, context, page } = await stage.session(t);
    const desk = await open(await stage.context(t), site);
    await logIn(desk);
    const bob = await open(await stage.context(t), site);
    await logIn(bob, 'bob');
    for (const tab of [page, desk, bob]) assert.equal((await call(tab, '/api/signed')).status, 200);
    assert.equal((await site.authority.sessions.list('alice')).length, 2);

    await page.evaluate(() => window.pas.logout({ everywhere: true }));
    assert.deepEqual(await site.authority.sessions.list('alice'), []);
    assert.deepEqual(await storedKeys(frameOf(page, site)), []);
    assert.deepEqual(await cookieNames(context, site), []);
    assert.equal((await call(desk, '/api/signed')).code, 'ERR_SESSION_ENDED');
    assert.deepEqual(
      (await events(desk, 'ended')).map(({ code }) => code),
      ['ERR_SESSION_ENDED'],
    );
    assert.equal((await call(bob, '/api/signed')).status, 200);
    assert.equal(acceptedAt(site, '/.pas/logout'), 1);
  });

  it('says so where this session was over already: the others still live', async (t) => {
    const { site, page, enrolled } = await stage.session(t);
    const desk = await open(await stage.context(t), site);
    await logIn(desk);
    await site.authority.sessions.revoke('alice', enrolled.session);
    assert.equal(await codeOf(page, () => window.pas.logout({ everywhere: true })), 'ERR_SESSION_ENDED');
    assert.deepEqual(await storedKeys(frameOf(page, site)), [], 'here it is logged out all the same');
    assert.equal((await call(desk, '/api/signed')).status, 200);
    await logIn(page);
    assert.equal(await codeOf(page, () => window.pas.logout({ everywhere: true })), 'accepted');
    assert.equal((await call(desk, '/api/signed')).code, 'ERR_SESSION_ENDED');
  });
});

describe('logging out of a session that was revoked elsewhere', () => {
  it('clears its cookie and its key', async (t) => {
    const { site, context, page, enrolled } = await stage.session(t);
    await site.authority.sessions.revoke('alice', enrolled.session);
    assert.deepEqual(await cookieNames(context, site), ['__Host-pas']);
    assert.equal(await codeOf(page, () => window.pas.logout()), 'accepted');
    assert.deepEqual(await cookieNames(context, site), []);
    assert.deepEqual(await storedKeys(frameOf(page, site)), []);
    await logIn(page);
    assert.equal((await call(page, '/api/signed')).status, 200);
  });

  it('leaves the other account of the browser', async (t) => {
    const { site, context, page: alice, enrolled } = await stage.session(t);
    const bob = await open(context, site);
    const { keyId } = await logIn(bob, 'bob');
    assert.equal((await call(alice, '/api/signed')).json.user, 'alice');
    await site.authority.sessions.revoke('alice', enrolled.session);
    assert.equal(await codeOf(alice, () => window.pas.logout()), 'accepted');
    assert.deepEqual(await cookieNames(context, site), [`__Host-pas-${keyId.slice(0, 8)}`]);
    assert.equal((await call(bob, '/api/signed')).json.user, 'bob');
  });
});

describe('a ticket after another tab rotated the key', () => {
  it('is asked for once more, with the new key', async (t) => {
    const { site, context, page } = await stage.session(t);
    const other = await open(context, site);
    const gate = site.gate('/.pas/ticket');
    const waiting = page.evaluate(() => window.pas.ticketUrl('/api/file'));
    await gate.reached;
    await other.evaluate(() => window.pas.rotateKey());
    gate.open();
    const url = await waiting;
    assert.deepEqual(site.codes(), ['ERR_KEY_MISMATCH']);
    assert.equal(acceptedAt(site, '/.pas/ticket'), 1);
    assert.equal(await page.evaluate(async (url) => (await fetch(url)).status, url), 200);
  });

  it('is refused where the session is over', async (t) => {
    const { site, page, enrolled } = await stage.session(t);
    await page.evaluate(() => window.pas.ticketUrl('/api/file'));
    await site.authority.sessions.revoke('alice', enrolled.session);
    assert.equal(await codeOf(page, () => window.pas.ticketUrl('/api/file')), 'ERR_SESSION_ENDED');
  });
});

describe('a limit of sessions', () => {
  it('refuses one more until another ended, and the log-in is not lost', async (t) => {
    const { site, page } = await stage.session(t, { session: { limit: { max: 1, policy: 'refuse-newest' } } });
    const desk = await open(await stage.context(t), site);
    await desk.evaluate(() => fetch('/login/alice', { method: 'POST' }));
    assert.equal(await codeOf(desk, () => window.pas.enroll()), 'ERR_SESSION_LIMIT');
    assert.equal((await call(page, '/api/signed')).status, 200);
    await page.evaluate(() => window.pas.logout());
    assert.equal(await codeOf(desk, () => window.pas.enroll()), 'accepted');
    assert.equal((await call(desk, '/api/signed')).status, 200);
  });
});

describe('a refused HEAD', () => {
  const head = (page, url) =>
    page.evaluate(async (url) => (await window.pas.fetch(url, { method: 'HEAD' })).status, url);

  it('tells its code, though it has no content', async (t) => {
    const { site, page, enrolled } = await stage.session(t);
    assert.equal(await head(page, '/api/signed'), 200);
    await site.authority.sessions.revoke('alice', enrolled.session);
    assert.equal(await head(page, '/api/signed'), 401);
    assert.deepEqual(
      (await events(page, 'refused')).map(({ code }) => code),
      ['ERR_SESSION_ENDED'],
    );
    assert.deepEqual(
      (await events(page, 'ended')).map(({ code }) => code),
      ['ERR_SESSION_ENDED'],
    );
  });

  it('after a rotation elsewhere is signed again', async (t) => {
    const { site, context, page } = await stage.session(t);
    const other = await open(context, site);
    assert.equal(await head(page, '/api/signed'), 200);
    const gate = site.gate('/api/other');
    const waiting = head(page, '/api/other');
    await gate.reached;
    await other.evaluate(() => window.pas.rotateKey());
    gate.open();
    assert.equal(await waiting, 200);
    assert.equal(site.accepted.filter(({ name }) => name === 'other').length, 1);
  });
});

describe('signals of a real browser', () => {
  const agents = {
    updated: (agent) => agent.replace(/Chrome\/\d+/, 'Chrome/199'),
    other: () => 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  };

  it('are kept at enrolment by the frame, and are the page’s own', async (t) => {
    const { site, page } = await stage.session(t, { signals: { mode: 'strict', onMismatch: 'refuse' } });
    const [{ signals, network }] = await site.authority.sessions.list('alice');
    assert.match(signals, /^v=1, ua=chrome, os=linux, net="127\.0\.0\.0\/24", /);
    assert.equal(network, '127.0.0.0/24');
    assert.equal((await call(page, '/api/signed')).status, 200);
    assert.equal((await call(page, '/api/signed', { method: 'POST', body: 'x' })).status, 200);
    const url = await page.evaluate(() => window.pas.ticketUrl('/api/image'));
    assert.equal(
      await page.evaluate(
        (src) =>
          new Promise((resolve) => {
            const image = Object.assign(new Image(), {
              onload: () => resolve('shown'),
              onerror: () => resolve('broken'),
            });
            image.src = src;
          }),
        url,
      ),
      'shown',
    );
    assert.deepEqual(
      site.decisions.flatMap(({ changed }) => changed ?? []),
      [],
    );
  });

  it('of another browser call for an interaction, and a person can give it', async (t) => {
    const { site, page } = await stage.session(t, { signals: { onMismatch: 'step-up' }, fresh: true });
    const session = await page.context().newCDPSession(page);
    const { userAgent } = await session.send('Browser.getVersion');
    const become = (agent) => session.send('Network.setUserAgentOverride', { userAgent: agent(userAgent) });
    await become(agents.updated);
    assert.equal((await call(page, '/api/signed')).status, 200, 'an update is no other browser');
    await become(agents.other);
    const { status, code, json } = await call(page, '/api/signed');
    assert.deepEqual([status, code, json.tier], [401, 'ERR_TIER_REQUIRED', 'interactive']);
    await arm(page);
    await mousePress(page);
    assert.equal((await acted(page)).status, 200);
    assert.ok(site.decisions.at(-1).changed.includes('browser'));
    assert.equal(await codeOf(page, () => window.pas.logout()), 'accepted');
  });
});
