// One-use URLs for what can't carry a signature.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readFile } from 'node:fs/promises';
import { call, codeOf, createStage, logIn, open } from './kit/browser.mjs';

const stage = createStage();

const ticketFor = (page, url) => page.evaluate((url) => window.pas.ticketUrl(url), url);

/** A plain fetch, as an image or a download makes it: status and code. */
const plain = (page, url, init) =>
  page.evaluate(
    async ([url, init]) => {
      const response = await fetch(url, init);
      return [response.status, (await response.json().catch(() => ({}))).code ?? null];
    },
    [url, init],
  );

const refused = [401, 'ERR_TICKET_INVALID'];

describe('one session', () => {
  const shared = stage.shared();

  it('an image loads once', async () => {
    const { site, page } = shared;
    const load = (url) =>
      page.evaluate(
        (url) =>
          new Promise((resolve) => {
            const image = new Image();
            image.onload = () => resolve([image.naturalWidth, image.naturalHeight]);
            image.onerror = () => resolve('failed');
            image.src = url;
            document.body.append(image);
          }),
        url,
      );
    const url = await ticketFor(page, '/api/image');
    assert.deepEqual(await load(url), [3, 2]);
    assert.deepEqual(await plain(page, url), refused);
    assert.equal(await load('/api/image'), 'failed', 'and not without a ticket');
    assert.deepEqual(site.codes(), ['ERR_TICKET_INVALID', 'ERR_SIG_MISSING']);
    assert.equal(site.accepted.length, 1);
  });

  it('a file downloads once', async () => {
    const { page } = shared;
    const url = await ticketFor(page, '/api/download');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.evaluate((url) => {
        const link = document.createElement('a');
        link.href = url;
        link.download = '';
        document.body.append(link);
        link.click();
      }, url),
    ]);
    assert.equal(download.suggestedFilename(), 'statement.csv');
    assert.equal(await readFile(await download.path(), 'utf8'), 'user\nalice\n');
    assert.deepEqual(await plain(page, url), refused);
  });

  it('an event source opens once: when it connects again by itself it is refused', async () => {
    const { site, page } = shared;
    const url = await ticketFor(page, '/api/events');
    const [data, state] = await page.evaluate(
      (url) =>
        new Promise((resolve) => {
          const source = new EventSource(url);
          let data;
          source.onmessage = (event) => (data = event.data);
          source.onerror = () => source.readyState === EventSource.CLOSED && resolve([data, source.readyState]);
        }),
      url,
    );
    assert.deepEqual([data, state], ['alice', 2]);
    assert.equal(site.accepted.length, 1);
    assert.deepEqual(site.codes(), ['ERR_TICKET_INVALID']);
  });

  it('a ticket is for its URL, exactly', async () => {
    const { page } = shared;
    for (const [asked, change] of [
      ['/api/file?n=1', (url) => url.replace('n=1', 'n=2')],
      ['/api/file?n=1', (url) => url.replace('n=1&', '')],
      ['/api/file?n=1', (url) => url.replace('/api/file', '/api/image')],
      ['/api/file', (url) => `${url}&n=1`],
      ['/api/file', (url) => url.replace('?', '?n=1&')],
      ['/api/file', (url) => url.replace('pas_ticket=', 'pas_ticket=x&pas_ticket=')],
      ['/api/file', (url) => `${url.slice(0, -1)}${url.endsWith('A') ? 'E' : 'A'}`],
      ['/api/file', (url) => url.slice(0, -1)],
      ['/api/file', (url) => url.replace(/pas_ticket=.*/, 'pas_ticket=')],
    ]) {
      const url = await ticketFor(page, asked);
      assert.deepEqual(await plain(page, change(url)), refused, change(url));
      assert.deepEqual(await plain(page, url), [200, null], `${url}: the honest use is left`);
    }
  });

  it('targets of any form', async () => {
    const { site, page } = shared;
    for (const [given, target] of [
      ['/api/file', '/api/file?pas_ticket='],
      ['/api/file?', '/api/file?pas_ticket='],
      ['/api/file?a=1&b', '/api/file?a=1&b&pas_ticket='],
      ['/api/file#part', '/api/file?pas_ticket='],
      ['api/file?é=☃ "', '/api/file?%C3%A9=%E2%98%83%20%22&pas_ticket='],
      [`${site.appOrigin}/api/file?x`, '/api/file?x&pas_ticket='],
    ]) {
      const url = await ticketFor(page, given);
      assert.ok(url.startsWith(site.appOrigin + target), url);
      assert.deepEqual(await plain(page, url), [200, null], given);
    }
  });

  it('no ticket is issued for another origin, a reserved path, or a ticket', async () => {
    const { page } = shared;
    const attempt = (url) => codeOf(page, (url) => window.pas.ticketUrl(url), url);
    assert.equal(await attempt('http://evil.pas.localhost/api/file'), 'ERR_ORIGIN_NOT_LISTED');
    for (const url of ['/.pas/hello', '/%2epas/hello', '/api/file?pas_ticket=x']) {
      assert.ok(['ERR_JSON_INVALID', 'ERR_PATH_RESERVED'].includes(await attempt(url)), url);
    }
    assert.equal(await attempt('/api/file'), 'accepted');
  });

  it('no ticketed URL leads to another host, whatever is asked for or answered', async () => {
    const { site, page } = shared;
    const attempt = (url) => codeOf(page, (url) => window.pas.ticketUrl(url), url);
    const own = (path) => site.appOrigin + path;
    for (const path of [
      '//evil.test/x',
      '/.//evil.test/x',
      '/a/..//evil.test/x',
      '/%2e//evil.test/x',
      '/\\evil.test/x',
      '/%2f%2fevil.test/x',
      '/%5cevil.test/x',
      '/%2f..//x',
    ]) {
      for (const url of path.startsWith('//') || path.startsWith('/\\') ? [own(path)] : [path, own(path)]) {
        assert.equal(await attempt(url), 'ERR_JSON_INVALID', url);
      }
    }
    for (const path of ['/api/file/..//file', '/./api/file', '/api/file?to=//evil.test']) {
      assert.ok((await ticketFor(page, path)).startsWith(`${site.appOrigin}/api/`), path);
    }
    for (const answer of ['//evil.test/x', 'http://evil.test/x', '.evil.test/x', '@evil.test/x', '/\\evil.test/x']) {
      await page.route('**/.pas/ticket', async (route) => {
        if (route.request().method() !== 'POST') return route.continue();
        const headers = { 'access-control-allow-origin': site.signOrigin, 'access-control-allow-credentials': 'true' };
        await route.fulfill({ json: { url: answer }, headers });
      });
      const url = await page.evaluate((url) => window.pas.ticketUrl(url).catch((error) => error.code), '/api/file');
      await page.unroute('**/.pas/ticket');
      assert.ok(url === 'ERR_TICKET_INVALID' || new URL(url).origin === site.appOrigin, `${answer}: ${url}`);
    }
    assert.deepEqual(await plain(page, await ticketFor(page, '/api/file')), [200, null]);
  });

  it('a ticket reads only, and only where the route says so', async () => {
    const { page } = shared;
    const closed = await ticketFor(page, '/api/signed');
    assert.deepEqual(await plain(page, closed), [401, 'ERR_SIG_MISSING']);
    const url = await ticketFor(page, '/api/file');
    const posted = await plain(page, url, { method: 'POST', body: 'x' });
    assert.ok(posted[0] >= 400, String(posted));
    assert.deepEqual(await plain(page, url), [200, null]);
  });

  it('one of many at once is used by one', async () => {
    const { site, page } = shared;
    const url = await ticketFor(page, '/api/file');
    const statuses = await page.evaluate(
      (url) => Promise.all(Array.from({ length: 10 }, async () => (await fetch(url, { cache: 'no-store' })).status)),
      url,
    );
    assert.deepEqual(statuses.sort(), [200, ...Array(9).fill(401)]);
    assert.equal(site.accepted.length, 1);
  });
});

it('another account, or nobody, can not use it', async (t) => {
  const { site, page } = await stage.session(t);
  const url = await ticketFor(page, '/api/file');
  const elsewhere = await open(await stage.context(t), site);
  assert.deepEqual(await plain(elsewhere, url), [401, 'ERR_SESSION_MISSING']);
  await logIn(elsewhere, 'bob');
  assert.deepEqual(await plain(elsewhere, url), [401, 'ERR_SESSION_MISSING'], 'it names its account');
  const again = await open(await stage.context(t), site);
  await logIn(again, 'alice');
  assert.deepEqual(await plain(again, url), refused, 'nor the same user in another session');
  assert.deepEqual(await plain(page, url), [200, null]);
});

it('a further account in the same browser has its own', async (t) => {
  const { site, context, page: alice } = await stage.session(t);
  const bob = await open(context, site);
  await logIn(bob, 'bob');
  assert.equal((await call(bob, '/api/signed')).json.user, 'bob');
  const [hers, his] = [await ticketFor(alice, '/api/file'), await ticketFor(bob, '/api/file')];
  const user = (page, url) => page.evaluate(async (url) => (await (await fetch(url)).json()).user, url);
  assert.equal(await user(alice, hers), 'alice');
  assert.equal(await user(bob, his), 'bob');
});

it('it lives thirty seconds, and no longer than its session', async (t) => {
  const { site, page, enrolled } = await stage.session(t);
  const [early, late, orphan] = [
    await ticketFor(page, '/api/file?1'),
    await ticketFor(page, '/api/file?2'),
    await ticketFor(page, '/api/file?3'),
  ];
  site.time.skew += 25_000;
  assert.deepEqual(await plain(page, early), [200, null]);
  site.time.skew += 10_000;
  assert.deepEqual(await plain(page, late), refused);
  const fresh = await ticketFor(page, '/api/file?4');
  assert.deepEqual(await plain(page, fresh), [200, null]);
  const last = await ticketFor(page, '/api/file?5');
  await site.authority.sessions.revoke('alice', enrolled.session);
  for (const url of [orphan, last]) assert.equal((await plain(page, url))[0], 401);
});
