// The demo for everybody: axe-core on every view, light and dark, wide and narrow; all of it by keyboard alone.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DEMO_PASSWORD, startDemo } from '../../examples/demo/server.mjs';
import { findings } from './kit/axe.mjs';
import { createStage, mousePress, newPage } from './kit/browser.mjs';
import { authenticator, pressed, request } from './kit/consent.mjs';

/** What a driver does looks like a script's: here it is only told of, and nobody is asked to confirm it. */
const WEAK = { onWeak: 'audit' };

const stage = createStage();
const WINDOWS = { signed: 4_000, future: 1_000, body: 5_000, skew: 1_000 };

describe('the demo', () => {
  let demo;
  before(async () => (demo = await startDemo({ interaction: WEAK, appPort: 0, signPort: 0, windows: WINDOWS })));
  after(() => demo.close());

  async function openDemo(t, options) {
    const page = await newPage(await stage.context(t, options));
    await page.goto(demo.appUrl);
    await page.locator('#login').waitFor();
    return page;
  }

  const said = (page, selector, pattern) =>
    page.waitForFunction(
      ([selector, pattern]) => new RegExp(pattern).test(document.querySelector(selector).textContent),
      [selector, pattern.source],
    );

  async function logIn(page, user) {
    await page.locator('#user').selectOption(user);
    await page.locator('#password').fill(DEMO_PASSWORD);
    await mousePress(page, '#login-form button[type=submit]');
    await page.locator('#sessions li').first().waitFor();
  }

  const views = {
    light: { colorScheme: 'light' },
    dark: { colorScheme: 'dark' },
    'dark and narrow': { colorScheme: 'dark', viewport: { width: 320, height: 640 } },
  };
  for (const [name, options] of Object.entries(views)) {
    it(`axe-core finds nothing: ${name}`, async (t) => {
      const page = await openDemo(t, options);
      /** A view, as it stands when everything that moves has come to rest. */
      const clean = async (view) => {
        await page.evaluate(() =>
          Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => undefined))),
        );
        await t.test(view, async () => assert.deepEqual(await findings(page), []));
      };
      await clean('log-in');
      await page.locator('#password').fill('not the password');
      await mousePress(page, '#login-form button[type=submit]');
      await said(page, '#login-status', /./);
      await clean('a log-in that was refused');

      await logIn(page, 'alice');
      await clean('the bank');
      await page.locator('#amount').fill('1.23');
      await mousePress(page, '#transfer-form button[type=submit]');
      await said(page, '#transfer-status', /sent to/);
      await page.locator('#pot-amount').fill('none');
      await mousePress(page, '#pot-form button[type=submit]');
      await said(page, '#pot-status', /./);
      await page.locator('#evidence summary').first().waitFor();
      await page.evaluate(() =>
        document.querySelectorAll('#evidence details').forEach((details) => (details.open = true)),
      );
      await clean('evidence, and what was said of success and failure');

      await page.locator('#amount').fill('120.50');
      const asking = await pressed(page, page, (page) => mousePress(page, '#transfer-form button[type=submit]'));
      await asking.shown();
      await clean('while a window asks');
      await asking.confirm();
      await said(page, '#transfer-status', /120\.50 sent to/);
      await clean('what a person confirmed');

      for (const id of ['replay', 'changed-body']) {
        await page.locator(`#attack-${id} button`).click();
        await page.locator(`#attack-${id}[data-state=done]`).waitFor();
      }
      await page.evaluate(() =>
        document.querySelectorAll('#attacks details').forEach((details) => (details.open = true)),
      );
      await clean('the lab');

      await page.locator('#logout').click();
      await page.locator('#login').waitFor();
      await clean('logged out');
    });
  }

  it('axe-core would find what is wrong', async (t) => {
    const page = await openDemo(t);
    await page.evaluate(() => {
      const button = Object.assign(document.createElement('button'), { id: 'planted' });
      const faint = Object.assign(document.createElement('p'), { className: 'quiet', textContent: 'faint' });
      faint.style.opacity = 0.3;
      document.querySelector('#login .card').append(button, faint);
    });
    assert.deepEqual((await findings(page)).map((found) => found.split(' at ')[0]).sort(), [
      'button-name',
      'color-contrast',
    ]);
  });

  it('all of it with the keyboard alone', async (t) => {
    const page = await openDemo(t);
    const context = page.context();
    const errors = [];
    page.on('pageerror', (error) => errors.push(error));
    const balance = (page) => page.locator('#balance').getAttribute('data-value');
    const balanceOtherThan = (page, old) =>
      page.waitForFunction((old) => document.querySelector('#balance').dataset.value !== old, old);
    const focusIsOn = (page, selector) =>
      page.waitForFunction((selector) => document.activeElement?.matches(selector), selector);
    /** Tabs to an element, forward, as a person without a mouse does; the focus must be seen on the way. */
    const tabTo = async (page, selector) => {
      for (let i = 0; i < 200; i += 1) {
        const at = await page.evaluate((selector) => {
          const { activeElement } = document;
          if (activeElement === document.body) return { seen: true };
          const { outlineStyle, outlineWidth } = getComputedStyle(activeElement);
          const quiet = activeElement.tabIndex < 0;
          return {
            found: activeElement.matches(selector),
            seen: quiet || (outlineStyle !== 'none' && outlineWidth !== '0px'),
            what: activeElement.outerHTML.slice(0, 120),
          };
        }, selector);
        assert.ok(at.seen, `the focus can not be seen on ${at.what}`);
        if (at.found) return;
        await page.keyboard.press('Tab');
      }
      assert.fail(`${selector} can not be reached by Tab`);
    };
    const logIn = async (page, name, rest) => {
      await tabTo(page, '#user');
      await page.keyboard.type(name);
      await tabTo(page, '#password');
      await page.keyboard.type(DEMO_PASSWORD);
      await page.keyboard.press(rest);
      await page.locator('#sessions li').first().waitFor();
      await focusIsOn(page, '#bank-title');
    };

    await page.keyboard.press('Tab');
    await focusIsOn(page, '.skip');
    await page.keyboard.press('Enter');
    await focusIsOn(page, '#main');
    await logIn(page, 'bob', 'Enter');

    await t.test('send money, by Space and by Enter', async () => {
      const before = await balance(page);
      await tabTo(page, '#amount');
      await page.keyboard.type('0.50');
      await tabTo(page, '#transfer-form button[type=submit]');
      await page.keyboard.press('Space');
      await said(page, '#transfer-status', /sent to/);
      await balanceOtherThan(page, before);
      assert.equal(await page.locator('#verdict [data-kind]').first().getAttribute('data-kind'), 'keyboard');

      const between = await balance(page);
      await tabTo(page, '#amount');
      await page.keyboard.type('0.25');
      await page.keyboard.press('Enter');
      await balanceOtherThan(page, between);
    });

    /** Presses a key on what has the focus; the window that opens, and what `how` does there by keyboard. */
    const asks = async (key, how = () => undefined) => {
      const window = await pressed(page, undefined, () => page.keyboard.press(key));
      await how(window);
      await window.confirmByKey('Space');
      await window.closed();
    };
    const send = async (amount) => {
      await tabTo(page, '#amount');
      await page.keyboard.type(amount);
      await tabTo(page, '#transfer-form button[type=submit]');
    };

    await t.test('confirm a payment over the limit', async () => {
      await send('120.50');
      await asks('Enter');
      await said(page, '#transfer-status', /€120\.50 sent to/);
    });

    await t.test('add a passkey, verify with it, remove it', async () => {
      await tabTo(page, '#passkey-form button[type=submit]');
      let known;
      await asks('Enter', async (window) => (known = await authenticator(window.page)));
      await said(page, '#passkeys-status', /was added/);
      await send('510');
      await asks('Enter', (window) => authenticator(window.page, known));
      await said(page, '#transfer-status', /€510\.00 sent to/);
      await tabTo(page, '#passkeys li button');
      await asks('Space');
      await said(page, '#passkeys-status', /was removed/);
    });

    await t.test('set money aside', async () => {
      await tabTo(page, '#pot-amount');
      await page.keyboard.type('5');
      await tabTo(page, '#pot-form button[type=submit]');
      await page.keyboard.press('Enter');
      await said(page, '#pot-status', /set aside/);
    });

    await t.test('download a statement', async () => {
      await tabTo(page, '#download');
      const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
      assert.equal(download.suggestedFilename(), 'statement-bob.csv');
    });

    await t.test('read the evidence', async () => {
      await tabTo(page, '#signed-bytes');
      for (const summary of ['#verdict summary', '#evidence-body > details > summary']) {
        await tabTo(page, summary);
        await page.keyboard.press('Enter');
        assert.equal(
          await page
            .locator(summary)
            .first()
            .evaluate((node) => node.parentElement.open),
          true,
        );
      }
    });

    await t.test('add another account, in a tab of its own', async () => {
      await tabTo(page, '#add-account');
      const [added] = await Promise.all([context.waitForEvent('page'), page.keyboard.press('Enter')]);
      await added.locator('#login').waitFor();
      await tabTo(added, '#user');
      await logIn(added, 'alice', 'Enter');
      await tabTo(added, '#logout');
      await added.keyboard.press('Space');
      await focusIsOn(added, '#login-title');
      await added.close();
    });

    await t.test('revoke another session', async () => {
      const elsewhere = await openDemo(t);
      await logIn(elsewhere, 'bob', 'Enter');
      // Shown after the next refresh, which any transfer brings.
      await page.reload();
      const other = page.locator('#sessions li[data-session]:not([data-current])');
      await other.waitFor();
      await tabTo(page, '#sessions li[data-session]:not([data-current]) button');
      await page.keyboard.press('Enter');
      await other.waitFor({ state: 'detached' });
      await said(page, '#sessions-status', /ended/);
      await elsewhere.reload();
      await elsewhere.locator('#login').waitFor();
    });

    await t.test('run an attack, read its steps, run all', async () => {
      await tabTo(page, '#attack-replay button');
      await page.keyboard.press('Enter');
      await page.locator('#attack-replay[data-state=done]').waitFor();
      await tabTo(page, '#attack-replay .step summary');
      await page.keyboard.press('Space');
      await tabTo(page, '#attack-replay .step pre');

      await tabTo(page, '#run-all');
      await page.keyboard.press('Space');
      for (;;) {
        const ask = await page.waitForSelector('.press-here, #run-all[data-state="done"]', {
          state: 'attached',
          timeout: 300_000,
        });
        if ((await ask.getAttribute('id')) === 'run-all') break;
        // An attack that asks for a press has put the focus there.
        await focusIsOn(page, '.press-here');
        await page.keyboard.press('Enter');
        await ask.waitForElementState('hidden');
      }
      assert.equal(await page.locator('#run-all-status').getAttribute('data-kind'), 'good');
    });

    await tabTo(page, '#logout');
    await page.keyboard.press('Enter');
    await focusIsOn(page, '#login-title');
    assert.deepEqual(errors, []);
  });
});

describe('the consent window', () => {
  it('axe-core finds nothing where there is nothing to confirm', async (t) => {
    const { site, context } = await stage.site(t);
    const page = await newPage(context);
    await page.goto(`${site.signOrigin}/consent`);
    await page.getByRole('status').filter({ hasText: 'nothing to confirm' }).waitFor();
    assert.deepEqual(await findings(page), []);
  });

  it('axe-core finds nothing in the dialog of a route that permits a frame', async (t) => {
    const { page } = await stage.session(t);
    const [url, init] = request('tip');
    await page.evaluate(
      ([url, init]) => {
        document
          .querySelector('#go')
          .addEventListener('click', () => void window.pas.fetch(url, init).catch(() => undefined), { once: true });
      },
      [url, init],
    );
    await page.locator('#go').click();
    await page.frameLocator('iframe[src*="/consent-frame"]').locator('#text').waitFor();
    const frame = page.frames().find((each) => each.url().includes('/consent-frame'));
    assert.deepEqual(await findings(frame), []);
  });
});
