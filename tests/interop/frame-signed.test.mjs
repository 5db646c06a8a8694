// Independent libraries verify what our frame signs in Chromium, and our server accepts it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, codeOf, createStage } from '../e2e/kit/browser.mjs';
import { frameSigned, frameSignedAtName } from './kit/frame-signed.mjs';
import { holds } from './kit/rows.mjs';

test('what the frame signs', async (t) => {
  const rows = await holds(t, frameSigned);
  // Method, authority, path, five parameters, the list and the signature are always there to be changed.
  for (const { what, changed } of rows) assert.ok(changed >= 10, `${what}: ${changed} changed copies`);
});

test('under an internationalised name, on the default port', (t) => holds(t, frameSignedAtName));

const stage = createStage();

test('a URL that is not of the configured authority is never signed', async (t) => {
  const { site, page } = await stage.session(t);
  const fetched = (url) => codeOf(page, (url) => window.pas.fetch(url), url);
  const { appOrigin, appPort } = site;
  const before = site.requests.length;
  for (const url of [
    `http://app.pas.localhost.:${appPort}/any`,
    `http://app%2Epas.localhost.:${appPort}/any`,
    `http://app.pas.localhost。:${appPort}/any`,
    `http://xn--app-.pas.localhost:${appPort}/any`,
    `http://app.pas.localhost:${appPort + 1}/any`,
    'http://app.pas.localhost:80/any',
    'http://app.pas.localhost/any',
    `https://app.pas.localhost:${appPort}/any`,
  ]) {
    const code = await fetched(url);
    // What is no URL at all is refused as fetch refuses it.
    assert.match(code, /^ERR_ORIGIN_NOT_LISTED$|^TypeError/, url);
  }
  assert.equal(site.requests.length, before);
  for (const url of [`${appOrigin}/any`, `http://app%2Epas。localhost:${appPort}/any`]) {
    assert.equal((await call(page, url)).status, 200, url);
  }
});
