// Chromium on the two origins of the documentation, through the real proxy.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { build } from 'esbuild';
import { acted, arm, call, codeOf, connect, keyPress, launch, logIn, mousePress, reload } from '../e2e/kit/browser.mjs';
import { startCaddy } from './kit/caddy.mjs';
import { makeCertificate } from './kit/certificate.mjs';
import { caddy } from './kit/installed.mjs';
import { startNginx } from './kit/nginx.mjs';
import { appOrigin, signOrigin, startStack } from './kit/site.mjs';

const certificate = makeCertificate({ after });

const CSP = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self' wss://app.example.com",
  "img-src 'self'",
  'frame-src https://sign.example.com',
].join('; ');
const PAGE =
  '<!doctype html><html lang="en"><title>app</title><body><button id="go">Go</button>' +
  '<script type="module" src="/client.js"></script></body></html>';

/** A page with the client on `window`, a log-in, and routes for tickets. */
async function appPages() {
  const {
    outputFiles: [bundle],
  } = await build({
    stdin: {
      contents: "import * as pas from 'partitioned-authority/client'; window.PAS = pas;",
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    format: 'esm',
    write: false,
    target: 'es2022',
  });
  return (app, pas, authority) => {
    app.get('/favicon.ico', (_request, response) => response.status(204).end());
    app.get('/client.js', (_request, response) => response.type('js').send(bundle.text));
    app.get('/page', (_request, response) => {
      response.set('content-security-policy', CSP).type('html').send(PAGE);
    });
    app.post('/login/:user', async (request, response) => {
      response
        .append('set-cookie', (await authority.begin({ id: request.params.user })).setCookie)
        .status(204)
        .end();
    });
    app.get('/image', pas.require({ tier: 'signed', ticket: true }), (_request, response) => {
      response.type('svg').send('<svg xmlns="http://www.w3.org/2000/svg" width="3" height="2"/>');
    });
  };
}

const proxies = [
  ['nginx', startNginx, false],
  ['Caddy', startCaddy, !caddy && 'Caddy is not installed'],
];
for (const [name, proxy, skip] of proxies) {
  test(`Chromium through ${name}`, { skip }, async (t) => {
    const clock = Date.now;
    const site = await startStack(t, { proxy, certificate, clock, memory: { clock }, configure: await appPages() });
    const browser = await launch([
      `--host-resolver-rules=MAP *:443 127.0.0.1:${site.front.https}`,
      `--ignore-certificate-errors-spki-list=${certificate.spki}`,
    ]);
    t.after(() => browser.close());
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${appOrigin}/page`);
    await connect(page, { signOrigin });
    await logIn(page);

    await t.test('over HTTP/2', async () => {
      assert.equal(await page.evaluate(() => performance.getEntriesByType('navigation')[0].nextHopProtocol), 'h2');
    });
    await t.test('signed requests', async () => {
      for (const target of ['/api/x', '/api//a/%2F?a=+&a=2', '/api/a%41?', '/api/x?|']) {
        const { status, json } = await call(page, target);
        assert.deepEqual([status, json.user], [200, 'alice'], target);
      }
      const body = 'x'.repeat(300_000);
      assert.equal((await call(page, '/api/x', { method: 'POST', body })).json.body, body);
      const unsigned = await page.evaluate(async () => (await fetch('/api/x')).status);
      assert.equal(unsigned, 401, 'and none without a signature');
    });
    await t.test('what is over the limit is refused with its code, though it is still on its way', async () => {
      const { status, code } = await call(page, '/api/x', { method: 'POST', body: 'x'.repeat(1_500_000) });
      assert.deepEqual([status, code], [413, 'ERR_BODY_LIMIT']);
    });
    await t.test('interactions', async () => {
      for (const press of [() => mousePress(page), () => keyPress(page, 'Enter')]) {
        await arm(page);
        await press();
        const { status, json } = await acted(page);
        assert.deepEqual([status, json.tier], [200, 'interactive']);
      }
    });
    await t.test('an image and a WebSocket, each with a ticket, once', async () => {
      const load = (url) =>
        page.evaluate(
          (url) =>
            new Promise((resolve) => {
              const image = new Image();
              image.onload = () => resolve(image.naturalWidth);
              image.onerror = () => resolve('failed');
              image.src = url;
            }),
          url,
        );
      const image = await page.evaluate(() => window.pas.ticketUrl('/image'));
      assert.equal(await load(image), 3);
      // Not by an image: the page still has that one.
      const again = await page.evaluate(async (url) => (await (await fetch(url)).json()).code, image);
      assert.equal(again, 'ERR_TICKET_INVALID');
      const hear = (url) =>
        page.evaluate(
          (url) =>
            new Promise((resolve) => {
              const socket = new WebSocket(url);
              socket.onmessage = ({ data }) => (resolve(data), socket.close());
              socket.onerror = () => resolve('failed');
            }),
          url,
        );
      const live = (await page.evaluate(() => window.pas.ticketUrl('/live'))).replace('https:', 'wss:');
      assert.equal(await hear(live), 'hello');
      assert.equal(await hear(live), 'failed');
    });
    await t.test('a rotation, a reload, a log-out', async () => {
      const before = await page.evaluate(async () => (await window.pas.state()).keyId);
      await page.evaluate(() => window.pas.rotateKey());
      await reload(page, { signOrigin });
      assert.notEqual(await page.evaluate(async () => (await window.pas.state()).keyId), before);
      assert.equal((await call(page, '/api/x')).status, 200);
      await page.evaluate(() => window.pas.logout());
      assert.equal(await codeOf(page, () => window.pas.fetch('/api/x')), 'ERR_NOT_ENROLLED');
    });
  });
}
