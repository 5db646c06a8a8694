// WebKit keeps a window of the signing origin apart from its frame in the app page: what becomes of a consent there.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { call, connect, mousePress } from '../e2e/kit/browser.mjs';
import { arm, asked, consentStates, request } from '../e2e/kit/consent.mjs';
import { createStage } from './kit/browser.mjs';
import { webkitInstalled } from './kit/installed.mjs';

describe('consent in WebKit', { skip: !webkitInstalled() && 'WebKitGTK is not installed' }, () => {
  const stage = createStage();

  it('a window does not reach the frame: the request ends with the page’s patience, and nothing is signed', async (t) => {
    const { site, page } = await stage.session(t);
    await connect(page, site, { consent: { timeoutMs: 2_000 } });
    await arm(page, request('transfer'));
    await mousePress(page);
    assert.deepEqual(await asked(page), { code: 'ERR_CONSENT_TIMEOUT' });
    assert.deepEqual(await consentStates(page), ['waiting', 'failed ERR_CONSENT_TIMEOUT']);
    assert.deepEqual(site.accepted, []);
    assert.equal((await call(page, '/api/signed')).status, 200, 'what needs no consent goes on');
  });
});
