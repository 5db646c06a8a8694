// A person is asked in Firefox: the window of the signing origin reaches the frame, and what is not meant is not signed.
import './kit/engine.mjs';
import assert from 'node:assert/strict';
import { it } from 'node:test';

const { createStage, reload } = await import('../e2e/kit/browser.mjs');
const { TRANSFER, asked, consentStates, press, pressed, request } = await import('../e2e/kit/consent.mjs');

const stage = createStage();

for (const coop of [undefined, 'same-origin', 'same-origin-allow-popups']) {
  it(`a person confirms what the window says; the app's opener policy is ${coop ?? 'none'}`, async (t) => {
    const { site, page } = await stage.session(t, { coop });
    const window = await press(page, request('transfer'));
    await window.shown();
    assert.equal(await window.text.textContent(), 'Send €12.50 to bob');
    assert.equal(await window.page.locator('.origin').textContent(), site.appOrigin);
    await window.confirm();
    const { status, json } = await asked(page);
    assert.deepEqual([status, json.tier, json.consent.values], [200, 'consent', TRANSFER]);
    await window.closed();
    assert.deepEqual(await consentStates(page), ['waiting', 'done']);
  });
}

for (const key of ['Enter', 'Space']) {
  it(`with ${key}, and with the key of before a reload`, async (t) => {
    const { site, page } = await stage.session(t);
    await reload(page, site);
    const window = await press(page, request('transfer'));
    await window.confirmByKey(key);
    assert.equal((await asked(page)).status, 200);
  });
}

for (const [name, end] of Object.entries({
  cancels: (window) => window.cancel(),
  'closes the window': (window) => window.close(),
  'reloads the window': (window) => window.page.reload(),
})) {
  it(`a person ${name}: nothing is signed, and the next request is asked for anew`, async (t) => {
    const { site, page } = await stage.session(t);
    const window = await press(page, request('transfer'));
    await window.shown();
    await end(window).catch((error) => assert.match(error.message, /closed/));
    assert.deepEqual(await asked(page), { code: 'ERR_CONSENT_CANCELLED' });
    assert.deepEqual(site.accepted, []);
    const again = await press(page, request('transfer'));
    await again.confirm();
    assert.equal((await asked(page)).status, 200);
  });
}

it('a press by script and a key that was held do not confirm', async (t) => {
  const { site, page } = await stage.session(t);
  const window = await press(page, request('transfer'));
  await window.shown();
  await window.confirmButton.focus();
  await window.early('keydown');
  await window.page.keyboard.down('Enter');
  await window.ready();
  await window.page.keyboard.up('Enter');
  await window.confirmButton.evaluate((button) => {
    for (const type of ['pointerdown', 'pointerup', 'click'])
      button.dispatchEvent(new PointerEvent(type, { bubbles: true, detail: 1 }));
    button.click();
  });
  await window.cancel();
  assert.deepEqual(await asked(page), { code: 'ERR_CONSENT_CANCELLED' });
  assert.deepEqual(site.accepted, []);
});

it('one consent is for one request, with one body', async (t) => {
  const { page } = await stage.session(t);
  await page.evaluate(([url, init]) => {
    document
      .querySelector('#go')
      .addEventListener('click', () => (window.signed = window.pas.sign(url, init)), { once: true });
  }, request('transfer'));
  await (await pressed(page)).confirm();
  const codes = await page.evaluate(
    async (other) => {
      const signed = await window.signed;
      const send = async (body) =>
        (await fetch(new Request(signed.clone(), body === undefined ? {} : { body }))).headers.get('pas-error');
      return [await send(other), await send(), await send()];
    },
    JSON.stringify({ ...TRANSFER, amount: 12.51 }),
  );
  assert.deepEqual(codes, ['ERR_DIGEST_MISMATCH', null, 'ERR_NONCE_USED']);
});
