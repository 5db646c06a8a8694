// A person's way through the app in WebKit, and what must be refused there as everywhere.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  acted,
  arm,
  call,
  codeOf,
  events,
  keyId,
  keyPress,
  logIn,
  mousePress,
  reload,
  storedKeys,
} from '../e2e/kit/browser.mjs';
import { startOrigin } from '../e2e/kit/site.mjs';
import { createStage, frameOf, open } from './kit/browser.mjs';
import { webkitInstalled } from './kit/installed.mjs';

const skip = !webkitInstalled() && 'WebKitGTK is not installed';
if (skip)
  console.log(`${skip}: its tests are skipped; to have them run:  sudo apt-get install -y webkit2gtk-driver xvfb`);

describe('WebKit', { skip }, () => {
  const stage = createStage();

  const plain = (page, url, init) =>
    page.evaluate(
      async ([url, init]) => {
        const response = await fetch(url, init);
        return [response.status, (await response.json()).code ?? null];
      },
      [url, init ?? {}],
    );

  it('a person logs in, signs, acts with the mouse and with a key, reloads, and acts with the same key', async (t) => {
    const { site, page, enrolled } = await stage.session(t);
    assert.equal(enrolled.persistent, true);
    const body = 'é ☃';
    const signed = await call(page, '/api/signed?a=%C3%A9+b', { method: 'POST', body });
    assert.deepEqual([signed.status, signed.json.user], [200, 'alice']);
    assert.equal(Buffer.from(signed.json.body, 'base64').toString(), body);

    for (const [press, kind] of [
      [mousePress, 'mouse'],
      [(page) => keyPress(page, 'Enter'), 'keyboard'],
    ]) {
      await arm(page);
      await press(page);
      const { status, json } = await acted(page);
      assert.deepEqual([status, json.tier, json.interaction.kind], [200, 'interactive', kind]);
    }

    await reload(page, site);
    assert.equal(await keyId(page), enrolled.keyId);
    await arm(page);
    await mousePress(page);
    const again = await acted(page);
    assert.deepEqual([again.status, again.json.session], [200, enrolled.session]);
    assert.deepEqual(site.codes(), []);
  });

  it('the key can not be exported, and cookies are out of reach of scripts', async (t) => {
    const { site, page, enrolled } = await stage.session(t);
    const [stored, ...more] = await storedKeys(frameOf(page, site));
    assert.deepEqual([more.length, stored.keyid], [0, enrolled.keyId]);
    assert.deepEqual(stored.key, { type: 'private', extractable: false, usages: ['sign'] });
    assert.equal(await page.evaluate(() => document.cookie), '');
    const [cookie, ...others] = await page.cookies();
    assert.deepEqual(
      [others.length, cookie.name, cookie.httpOnly, cookie.secure, cookie.sameSite, cookie.path],
      [0, '__Host-pas', true, true, 'Strict', '/'],
    );
  });

  it('refuses what is unsigned, replayed, changed, or without an interaction', async (t) => {
    const { site, page } = await stage.session(t);
    assert.deepEqual(await plain(page, '/shell'), [200, null]);
    assert.deepEqual(await plain(page, '/api/signed'), [401, 'ERR_SIG_MISSING']);
    const sent = (change) =>
      page.evaluate(async (change) => {
        const request = await window.pas.sign('/api/signed', { method: 'POST', body: 'x' });
        const headers = [...request.headers];
        const send = async (body) => {
          const response = await fetch('/api/signed', { method: 'POST', headers, body });
          return (await response.json()).code ?? null;
        };
        return change ? [await send('y')] : [await send('x'), await send('x')];
      }, change);
    assert.deepEqual(await sent(false), [null, 'ERR_NONCE_USED']);
    assert.deepEqual(await sent(true), ['ERR_DIGEST_MISMATCH']);
    const untouched = await call(page, '/api/act', { method: 'POST', body: 'x', action: 'act' });
    assert.equal(untouched.code, 'ERR_TIER_REQUIRED');
    assert.deepEqual(
      site.accepted.map(({ name }) => name),
      ['shell', 'signed'],
    );
  });

  it('a ticket is good once', async (t) => {
    const { page } = await stage.session(t);
    const url = await page.evaluate(() => window.pas.ticketUrl('/api/file'));
    assert.deepEqual(await plain(page, url), [200, null]);
    assert.deepEqual(await plain(page, url), [401, 'ERR_TICKET_INVALID']);
  });

  it('a rotation gives the session a new key', async (t) => {
    const { site, page, enrolled } = await stage.session(t);
    const rotated = await page.evaluate(() => window.pas.rotateKey());
    assert.equal(rotated.session, enrolled.session);
    assert.notEqual(rotated.keyId, enrolled.keyId);
    assert.deepEqual(
      (await storedKeys(frameOf(page, site))).map(({ keyid }) => keyid),
      [rotated.keyId],
    );
    assert.equal((await call(page, '/api/signed')).json.session, enrolled.session);
  });

  it('two tabs act with one key', async (t) => {
    const { site, browser, page } = await stage.session(t);
    const other = await open(browser, site);
    assert.equal(await keyId(other), await keyId(page));
    for (const tab of [page, other, page]) assert.equal((await call(tab, '/api/signed')).status, 200);
  });

  it('logging out deletes the key and ends the session; another log-in makes another', async (t) => {
    const { site, page, enrolled } = await stage.session(t);
    const kept = await page.evaluate(async () => [...(await window.pas.sign('/api/signed')).headers]);
    await page.evaluate(() => window.pas.logout());
    assert.deepEqual(await storedKeys(frameOf(page, site)), []);
    assert.deepEqual(await page.cookies(), []);
    assert.deepEqual(await site.authority.sessions.list('alice'), []);
    assert.equal(await codeOf(page, () => window.pas.fetch('/api/signed')), 'ERR_NOT_ENROLLED');
    assert.deepEqual(await plain(page, '/api/signed', { headers: kept }), [401, 'ERR_SESSION_MISSING']);
    assert.notEqual((await logIn(page)).keyId, enrolled.keyId);
    assert.equal((await call(page, '/api/signed')).status, 200);
  });

  it('a revoked session is refused, and the page hears of it', async (t) => {
    const { site, page, enrolled } = await stage.session(t);
    assert.equal((await call(page, '/api/signed')).status, 200);
    await site.authority.sessions.revoke('alice', enrolled.session);
    assert.equal((await call(page, '/api/signed')).code, 'ERR_SESSION_ENDED');
    assert.deepEqual(
      (await events(page, 'ended')).map(({ code }) => code),
      ['ERR_SESSION_ENDED'],
    );
  });

  it('a page of another origin can not frame the signing origin', async (t) => {
    const { site, browser, page } = await stage.session(t);
    const evil = await startOrigin('evil', (_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>hostile</title><body></body>');
    });
    t.after(() => evil.close());
    const elsewhere = await browser.newPage();
    await elsewhere.goto(evil.origin);
    const frame = (page) =>
      page.evaluate(async (url) => {
        window.heard = [];
        addEventListener('message', ({ data }) => window.heard.push(data.pas));
        const frame = document.createElement('iframe');
        const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
        frame.src = url;
        document.body.append(frame);
        await loaded;
      }, `${site.signOrigin}/`);
    await frame(elsewhere);
    await frame(page);
    await page.waitForFunction(() => window.heard.includes('ready'));
    assert.deepEqual(await elsewhere.evaluate(() => window.heard), [], 'which its own page can');
  });
});
