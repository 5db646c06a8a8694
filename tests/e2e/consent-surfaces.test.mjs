// Where a person is asked: a window that the browser blocks, a dialog in a frame; and who can use it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findings } from './kit/axe.mjs';
import { createStage } from './kit/browser.mjs';
import { ConsentWindow, TRANSFER, arm, asked, consentStates, press, pressed, request } from './kit/consent.mjs';

/** Drivers switch the blocking of pop-ups off. */
const strict = createStage([], { ignoreDefaultArgs: ['--disable-popup-blocking'] });
const stage = createStage();

const addElement = (page) =>
  page.evaluate(() => {
    const element = document.createElement('pas-consent');
    element.client = window.pas;
    document.body.append(element);
  });

/** What the element says. */
const message = (page) => page.locator('pas-consent').getByRole('status');

describe('a browser that blocks windows', () => {
  /** Asks when nothing was pressed. */
  const ask = (page, [url, init]) =>
    page.evaluate(
      ([url, init]) => {
        // The driver's own call counts as a press; a window uses it up.
        window.open('about:blank', '', 'popup').close();
        window.asked = window.pas.fetch(url, { ...init, tier: 'consent' }).then(
          ({ status }) => ({ status }),
          ({ code }) => ({ code }),
        );
      },
      [url, init],
    );

  it('the request fails where the app has no way to open it', async (t) => {
    const { site, page } = await strict.session(t);
    await ask(page, request('transfer'));
    assert.deepEqual(await asked(page), { code: 'ERR_POPUP_BLOCKED' });
    assert.deepEqual(await consentStates(page), ['blocked']);
    assert.deepEqual(site.accepted, []);
  });

  it('<pas-consent> opens it, in a press', async (t) => {
    const { page } = await strict.session(t);
    await addElement(page);
    await ask(page, request('transfer'));
    await message(page).filter({ hasText: 'did not open' }).waitFor();
    const window = await pressed(page, page.locator('pas-consent').getByRole('button', { name: 'Open the window' }));
    await message(page).filter({ hasText: 'Please confirm' }).waitFor();
    await window.confirm();
    assert.deepEqual(await asked(page), { status: 200 });
    await message(page).filter({ hasText: 'Confirmed.' }).waitFor();
    assert.deepEqual(await consentStates(page), ['blocked', 'waiting', 'done']);
  });

  it('<pas-consent> gives up, if the person wants to', async (t) => {
    const { page } = await strict.session(t);
    await addElement(page);
    await ask(page, request('transfer'));
    await page.locator('pas-consent').getByRole('button', { name: 'Cancel' }).click();
    assert.deepEqual(await asked(page), { code: 'ERR_CONSENT_CANCELLED' });
    await message(page).filter({ hasText: 'Not confirmed' }).waitFor();
  });
});

describe('<pas-consent>', () => {
  it('follows the window', async (t) => {
    const { page } = await stage.session(t);
    await addElement(page);
    assert.equal(await page.locator('pas-consent').isVisible(), false);
    const window = await (await press(page, request('transfer'))).shown();
    await message(page).filter({ hasText: 'Please confirm' }).waitFor();
    assert.deepEqual(
      (await findings(page)).filter((finding) => finding.includes('pas-consent')),
      [],
    );
    await page.locator('pas-consent').getByRole('button', { name: 'Cancel' }).click();
    assert.deepEqual(await asked(page), { code: 'ERR_CONSENT_CANCELLED' });
    await window.closed();
  });
});

describe('a dialog in a frame', () => {
  /** Presses the app's button, and gives the dialog's frame. */
  async function dialog(page, site, asking) {
    await arm(page, asking);
    await page.locator('#go').click();
    const element = await page.locator(`dialog iframe[src^="${site.signOrigin}/consent-frame#"]`).elementHandle();
    return new ConsentWindow(await element.contentFrame());
  }

  /** A frame counts a press of a mouse that is there. */
  async function confirms(frame) {
    await frame.ready();
    await frame.confirmButton.hover();
    await frame.confirm();
  }

  it('for an action that names it', async (t) => {
    const { site, page } = await stage.session(t);
    const frame = await dialog(page, site, request('tip'));
    await frame.shown();
    assert.equal(await frame.text.textContent(), 'Send €12.50 to bob');
    await frame.page.locator('button.confirm').hover();
    await frame.confirm();
    const { status, json } = await asked(page);
    assert.deepEqual([status, json.consent.surface], [200, 'frame']);
    assert.equal(await page.locator('dialog').count(), 0);
  });

  it('is not clear while the page lets it shine through', async (t) => {
    const { site, page } = await stage.session(t);
    const frame = await (await dialog(page, site, request('tip'))).shown();
    await frame.ready();
    await page.evaluate(() => (document.querySelector('dialog').style.opacity = '0.5'));
    await frame.page.locator('button.confirm[aria-disabled=true]').waitFor();
    await frame.confirmButton.click({ force: true });
    assert.ok(await frame.confirmButton.isVisible());
    await page.evaluate(() => (document.querySelector('dialog').style.opacity = ''));
    await frame.confirm();
    assert.equal((await asked(page)).status, 200);
  });

  it('is gone if the request can not be made', async (t) => {
    const { site, page } = await stage.session(t, { client: { maxBodyBytes: 100 } });
    await confirms(await dialog(page, site, request('tip')));
    assert.equal((await asked(page)).status, 200);
    const over = async (asking) => {
      const before = (await consentStates(page)).length;
      assert.equal(await page.locator('dialog').count(), 0);
      return [await asking(), (await consentStates(page)).slice(before), await page.locator('dialog').count()];
    };
    assert.deepEqual(
      await over(async () => {
        await arm(page, request('tip', { ...TRANSFER, note: 'n'.repeat(100) }));
        await page.locator('#go').click();
        return (await asked(page)).code;
      }),
      ['ERR_BODY_LIMIT', ['waiting', 'failed ERR_BODY_LIMIT'], 0],
    );
    assert.deepEqual(
      await over(() =>
        page.evaluate(async ([url, init]) => {
          const abortion = new AbortController();
          const answer = window.pas.fetch(url, { ...init, signal: abortion.signal });
          // Before the frame has heard of it.
          abortion.abort();
          return answer.catch(({ code }) => code);
        }, request('tip')),
      ),
      ['ERR_CONSENT_CANCELLED', ['waiting', 'cancelled ERR_CONSENT_CANCELLED'], 0],
    );
    await confirms(await dialog(page, site, request('tip')));
    assert.equal((await asked(page)).status, 200);
  });

  it('does not make up for windows that were cancelled', async (t) => {
    const { site, page } = await stage.session(t);
    const count = () =>
      page
        .frames()
        .find((frame) => frame.url() === `${site.signOrigin}/`)
        .evaluate(() => JSON.parse(localStorage.getItem('partitioned-authority-cancelled')).count);
    await (await (await press(page, request('transfer'))).shown()).cancel();
    await asked(page);
    assert.equal(await count(), 1);
    await confirms(await dialog(page, site, request('tip')));
    assert.equal((await asked(page)).status, 200);
    assert.equal(await count(), 1);
    await (await press(page, request('transfer'))).confirm();
    assert.equal((await asked(page)).status, 200);
    assert.equal(await count(), 0);
  });

  it('is refused for any other action', async (t) => {
    const { page } = await stage.session(t);
    await page.evaluate(() => {
      window.open = (url) => {
        const frame = document.createElement('iframe');
        frame.src = url.replace('/consent#', '/consent-frame#');
        document.body.append(frame);
        return {};
      };
    });
    await arm(page, request('transfer'));
    await page.locator('#go').click();
    assert.deepEqual(await asked(page), { code: 'ERR_CONSENT_MISMATCH' });
  });
});

describe('the page for frames, as a window', () => {
  it('asks for nothing, and its opener has no hold on it', async (t) => {
    const { site, page } = await stage.session(t);
    await page.evaluate(() => {
      const own = window.open;
      window.path = '/consent-frame#';
      window.open = (url, ...rest) =>
        (window.opened = own.call(window, url.replace('/consent#', window.path), ...rest));
    });
    const refused = await press(page, request('transfer'));
    assert.deepEqual(await asked(page), { code: 'ERR_CONSENT_MISMATCH' });
    await refused.closed();
    assert.deepEqual(site.accepted, []);
    await page.evaluate(() => (window.path = '/consent#'));
    const window = await (await press(page, request('transfer'))).shown();
    assert.ok(await page.evaluate(() => window.opened.closed), 'severed');
    await window.confirm();
    assert.deepEqual((await asked(page)).json.consent.surface, 'popup');
  });
});

describe('two frames of one page', () => {
  it('under one id: the window asks about one request, and answers one frame', async (t) => {
    const { site, page } = await stage.session(t);
    await page.evaluate(async (signOrigin) => {
      window.other = await window.PAS.connect({ signOrigin });
      const post = MessagePort.prototype.postMessage;
      MessagePort.prototype.postMessage = function (message, transfer) {
        if (message.consentId) message.consentId = 'always-the-same-id';
        return post.call(this, message, transfer);
      };
      const own = window.open;
      window.open = (url, ...rest) => own.call(window, url.replace(/#.*/, '#always-the-same-id'), ...rest);
    }, site.signOrigin);
    const window = await (await press(page, request('transfer'))).shown();
    const second = await page.evaluate(
      async ([url, init]) => {
        window.open = () => ({});
        return window.other.fetch(url, { ...init, tier: 'consent' }).then(
          ({ status }) => ({ status }),
          ({ code }) => ({ code }),
        );
      },
      request('transfer', { ...TRANSFER, to: 'mallory' }),
    );
    assert.deepEqual(second, { code: 'ERR_CHANNEL_REFUSED' });
    await window.confirm();
    assert.equal((await asked(page)).json.consent.values.to, 'bob');
    assert.deepEqual(site.accepted.length, 1);
  });
});

describe('for everybody', () => {
  const views = {
    light: { colorScheme: 'light' },
    dark: { colorScheme: 'dark' },
    'narrow, right to left': { viewport: { width: 320, height: 480 }, locale: 'ar' },
    'forced colours': { forcedColors: 'active' },
    'reduced motion': { reducedMotion: 'reduce' },
  };
  for (const [name, context] of Object.entries(views)) {
    it(`axe-core finds nothing in the window: ${name}`, async (t) => {
      const { page } = await stage.session(t, { context });
      const window = await (await press(page, request('transfer'))).shown();
      assert.deepEqual(await findings(window.page), []);
      await window.ready();
      assert.deepEqual(await findings(window.page), []);
      assert.ok(
        await window.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
        'nothing is cut off',
      );
      await window.cancel();
    });
  }

  it('a screen reader hears who asks, and what for', async (t) => {
    const { page } = await stage.session(t);
    const window = await (await press(page, request('transfer'))).shown();
    const cdp = await page.context().newCDPSession(window.page);
    const { nodes } = await cdp.send('Accessibility.getFullAXTree');
    const { name, description } = nodes.find(({ role }) => role?.value === 'alertdialog');
    assert.deepEqual([name.value, description.value], ['Test Bank asks you to confirm', 'Send €12.50 to bob']);
    assert.deepEqual(await window.page.getByRole('button').allTextContents(), ['Cancel', 'Confirm']);
    await window.cancel();
  });

  it('the signing origin sets colours and fonts', async (t) => {
    const { page } = await stage.session(t, { app: { name: 'Blue & "Co"', theme: { '--pas-accent': '#003366' } } });
    const window = await (await press(page, request('transfer'))).ready();
    assert.equal(await window.page.title(), 'Blue & "Co" asks you to confirm');
    assert.equal(
      await window.confirmButton.evaluate((button) => getComputedStyle(button).backgroundColor),
      'rgb(0, 51, 102)',
    );
    await window.cancel();
  });
});
