// The demo: over a limit a person confirms a transfer, over a higher one with a passkey.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DEMO_PASSWORD, startDemo } from '../../examples/demo/server.mjs';
import { findings } from './kit/axe.mjs';
import { createStage, keyPress, mousePress, newPage } from './kit/browser.mjs';
import { authenticator, pressed } from './kit/consent.mjs';

const stage = createStage();

describe('the demo asks a person', () => {
  let demo;
  // What a driver does looks like a script's, which is asked about whatever the amount.
  before(async () => (demo = await startDemo({ interaction: { onWeak: 'audit' }, appPort: 0, signPort: 0 })));
  after(() => demo.close());

  async function bank(t, user) {
    const page = await newPage(await stage.context(t));
    await page.goto(demo.appUrl);
    await page.locator('#user').selectOption(user);
    await page.locator('#password').fill(DEMO_PASSWORD);
    await mousePress(page, '#login-form button[type=submit]');
    await page.locator('#passkeys li').first().waitFor();
    return page;
  }

  const SEND = '#transfer-form button[type=submit]';
  const status = (page, text) => page.locator('#transfer-status').filter({ hasText: text }).waitFor();

  const byMouse = (page) => mousePress(page, SEND);
  const byKeyboard = (page) => keyPress(page, 'Enter', SEND);

  async function transfer(page, amount, how) {
    await page.locator('#to').selectOption('rent');
    await page.locator('#amount').fill(amount);
    return pressed(page, page, how);
  }

  it('to confirm a transfer over the limit', async (t) => {
    const page = await bank(t, 'alice');
    const window = await (await transfer(page, '120.50', byMouse)).shown();
    assert.equal(await window.text.textContent(), 'Send €120.50 to Harbour Street Rentals (rent).');
    assert.deepEqual(await findings(page), []);
    await window.confirm();
    await status(page, /€120\.50 sent to Harbour Street Rentals/);
    assert.match(await page.locator('[data-consent=popup]').textContent(), /by a person/);
    assert.deepEqual(await findings(page), []);
  });

  it('and nothing is sent if they do not', async (t) => {
    const page = await bank(t, 'alice');
    const before = await page.locator('#balance').getAttribute('data-value');
    const window = await (await transfer(page, '130', byKeyboard)).shown();
    await window.cancel();
    await status(page, /did not confirm/);
    await page.locator('#amount').fill('1.00');
    await byKeyboard(page);
    await status(page, /€1\.00 sent/);
    // One euro is gone, and nothing else.
    const left = ((Math.round(Number(before) * 100) - 100) / 100).toFixed(2);
    await page.locator(`#balance[data-value="${left}"]`).waitFor();
  });

  it('for a passkey, over a higher one', async (t) => {
    const page = await bank(t, 'alice');
    await transfer(page, '600', byKeyboard);
    await status(page, /needs a passkey/);

    const adding = await pressed(page, page.getByRole('button', { name: 'Add a passkey' }));
    const known = await authenticator(adding.page);
    await adding.confirm();
    await page.locator('#passkeys-status').filter({ hasText: 'was added' }).waitFor();

    const window = await transfer(page, '600', byKeyboard);
    await authenticator(window.page, known);
    await window.confirm();
    await status(page, /€600\.00 sent/);
    assert.match(await page.locator('[data-consent=popup]').textContent(), /with a passkey/);
    assert.deepEqual(await findings(page), []);

    const removing = await pressed(page, page.getByRole('button', { name: 'Remove This device' }));
    await removing.confirm();
    await page.locator('#passkeys-status').filter({ hasText: 'was removed' }).waitFor();
  });
});
