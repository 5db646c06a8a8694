// A person is asked: in a window of the signing origin, under the text of exactly the bytes that are signed.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createStage, open } from './kit/browser.mjs';
import {
  TRANSFER,
  arm,
  armWork,
  asked,
  authenticator,
  consentStates,
  press,
  pressed,
  request,
} from './kit/consent.mjs';

const stage = createStage();

/** Presses, reads, confirms; what the app got. */
async function confirmed(page, asking, how = (window) => window.confirm()) {
  const window = await press(page, asking);
  await how(window);
  await window.closed();
  return asked(page);
}

describe('a person confirms', () => {
  it('with the mouse, what the window says', async (t) => {
    const { site, page } = await stage.session(t);
    const window = await press(page, request('transfer'));
    await window.shown();
    assert.equal(await window.text.textContent(), 'Send €12.50 to bob');
    assert.deepEqual(await window.page.title(), 'Test Bank asks you to confirm');
    assert.equal(await window.page.locator('.origin').textContent(), site.appOrigin);
    await window.confirm();
    const { status, json } = await asked(page);
    assert.deepEqual([status, json.tier, json.consent.values], [200, 'consent', TRANSFER]);
    await window.closed();
    assert.deepEqual(await consentStates(page), ['waiting', 'done']);
    // By now the page knows that a person has to be asked, and asks before the first request.
    site.forget();
    assert.equal((await confirmed(page, request('transfer'))).status, 200);
    assert.equal(site.sent('/api/transfer').length, 1);
    assert.deepEqual(site.codes(), []);
  });

  for (const key of ['Enter', 'Space']) {
    it(`with ${key}`, async (t) => {
      const { page } = await stage.session(t);
      const { status } = await confirmed(page, request('transfer'), (window) => window.confirmByKey(key));
      assert.equal(status, 200);
    });
  }

  it('with a finger', async (t) => {
    const { page } = await stage.session(t, { context: { hasTouch: true } });
    const { status } = await confirmed(page, request('transfer'), async (window) => {
      await window.ready();
      await window.confirmButton.tap();
    });
    assert.equal(status, 200);
  });

  for (const [locale, text, direction] of [
    ['de-AT', '€\\u00a012,50 an bob senden', 'ltr'],
    ['ar-EG', 'إرسال', 'rtl'],
    ['pl-PL', 'Send €12.50 to bob', 'ltr'],
  ]) {
    it(`in the language of ${locale}`, async (t) => {
      const { page } = await stage.session(t, { context: { locale } });
      const window = await (await press(page, request('transfer'))).shown();
      assert.match(
        (await window.text.textContent()).replace(/\s/g, ' '),
        locale === 'de-AT' ? /^12,50 € an bob senden$/ : new RegExp(`^${text}`),
      );
      assert.equal(
        await window.page.evaluate(() => getComputedStyle(document.querySelector('#text')).direction),
        direction,
      );
      await window.confirm();
      assert.equal((await asked(page)).status, 200);
    });
  }

  for (const coop of ['same-origin', 'same-origin-allow-popups']) {
    it(`where the app has the opener policy ${coop}`, async (t) => {
      const { page } = await stage.session(t, { coop });
      assert.equal((await confirmed(page, request('transfer'))).status, 200);
    });
  }

  it('in two tabs at once, each its own', async (t) => {
    const { site, context, page } = await stage.session(t);
    const other = await open(context, site);
    const first = await press(page, request('transfer', { ...TRANSFER, to: 'carol' }));
    const second = await press(other, request('transfer', { ...TRANSFER, to: 'dave' }));
    await second.shown();
    assert.match(await first.text.textContent(), /to carol$/);
    assert.match(await second.text.textContent(), /to dave$/);
    await second.confirm();
    assert.equal((await asked(other)).json.consent.values.to, 'dave');
    await first.confirm();
    assert.equal((await asked(page)).json.consent.values.to, 'carol');
  });

  it('once the server asks for it', async (t) => {
    const { site, page } = await stage.session(t);
    await arm(page, request('pay', { ...TRANSFER, amount: 50 }));
    await page.locator('#go').click();
    const small = await asked(page);
    assert.deepEqual([small.status, small.json.tier], [200, 'signed']);
    const large = await confirmed(page, request('pay', { ...TRANSFER, amount: 500 }));
    assert.deepEqual([large.status, large.json.tier], [200, 'consent']);
    assert.deepEqual(site.codes(), ['ERR_TIER_REQUIRED']);
  });
});

describe('a person does not confirm', () => {
  const ends = {
    cancels: (window) => window.cancel(),
    'presses Escape': (window) => window.page.keyboard.press('Escape'),
    'closes the window': (window) => window.close(),
    'reloads the window': (window) => window.page.reload(),
    'goes elsewhere in the window': (window) => window.page.goto('about:blank'),
  };
  for (const [name, end] of Object.entries(ends)) {
    it(name, async (t) => {
      const { site, page } = await stage.session(t);
      const window = await (await press(page, request('transfer'))).shown();
      // The window may be closed before the driver's call returns.
      await end(window).catch((error) => assert.match(error.message, /closed/));
      assert.deepEqual(await asked(page), { code: 'ERR_CONSENT_CANCELLED' });
      assert.deepEqual((await consentStates(page)).at(-1), 'cancelled ERR_CONSENT_CANCELLED');
      assert.deepEqual(site.accepted, []);
      if (!window.page.isClosed()) await window.close();
      // And then does.
      assert.equal((await confirmed(page, request('transfer'))).status, 200);
    });
  }

  it('because the app gave up', async (t) => {
    const { page } = await stage.session(t);
    const window = await (await press(page, request('transfer'), { abort: true })).shown();
    await page.evaluate(() => window.abort());
    assert.match((await asked(page)).code, /AbortError|ERR_CONSENT_CANCELLED/);
    await window.closed();
  });

  it('because the app was closed', async (t) => {
    const { page } = await stage.session(t);
    const window = await (await press(page, request('transfer'))).shown();
    await page.close();
    await window.closed();
  });

  it('because the frame was taken away', async (t) => {
    const { page } = await stage.session(t);
    const window = await (await press(page, request('transfer'))).shown();
    await page.evaluate(() => window.pas.dispose());
    assert.deepEqual(await asked(page), { code: 'ERR_CHANNEL_CLOSED' });
    await window.closed();
  });

  it('in the time that the app gives', async (t) => {
    const { page } = await stage.session(t, { client: { consent: { timeoutMs: 60_000 } }, fresh: true });
    await page.clock.install();
    const window = await (await press(page, request('transfer'))).shown();
    await page.clock.fastForward(60_000);
    assert.deepEqual(await asked(page), { code: 'ERR_CONSENT_TIMEOUT' });
    await window.closed();
  });

  it('what holds more than the text shows', async (t) => {
    const { site, page } = await stage.session(t);
    const window = await press(page, request('transfer', { ...TRANSFER, also: 'everything' }));
    assert.deepEqual(await asked(page), { code: 'ERR_CONSENT_MISMATCH' });
    await window.closed();
    assert.deepEqual(site.accepted, []);
  });
});

describe('a press that does not count', () => {
  it('Enter, while nothing is focused, and what a script does', async (t) => {
    const { page } = await stage.session(t);
    const window = await (await press(page, request('transfer'))).ready();
    await window.page.keyboard.press('Enter');
    assert.equal(await window.page.evaluate(() => document.activeElement.getAttribute('role')), 'alertdialog');
    await window.confirmButton.evaluate((button) => {
      for (const type of ['pointerdown', 'pointerup', 'click'])
        button.dispatchEvent(new PointerEvent(type, { bubbles: true, detail: 1 }));
      button.click();
    });
    await window.cancel();
    assert.deepEqual(await asked(page), { code: 'ERR_CONSENT_CANCELLED' });
  });

  it('one during which the window changes', async (t) => {
    const { page } = await stage.session(t);
    const window = await (await press(page, request('transfer'))).ready();
    const { x, y } = await window.confirmButton.boundingBox();
    await window.page.mouse.move(x + 9, y + 9);
    await window.page.mouse.down();
    await window.page.setViewportSize({ width: 500, height: 500 });
    await window.page.waitForFunction(() => innerHeight === 500);
    await window.ready();
    await window.confirmButton.hover();
    await window.page.mouse.up();
    assert.ok(await window.confirmButton.isVisible());
    await window.confirm();
    assert.equal((await asked(page)).status, 200);
  });

  it('one that was void stays so, whatever another finger does', async (t) => {
    const { page } = await stage.session(t);
    const window = await (await press(page, request('transfer'))).ready();
    await window.confirmButton.hover();
    await window.page.mouse.down();
    await window.page.evaluate(() => {
      window.clicked = new Promise((resolve) => {
        document
          .querySelector('button.confirm')
          .addEventListener('click', ({ isTrusted }) => resolve(isTrusted), { once: true });
      });
      dispatchEvent(new Event('resize'));
      document.body.dispatchEvent(
        new PointerEvent('pointerup', { bubbles: true, pointerId: 99, pointerType: 'touch' }),
      );
      return new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    });
    await window.ready();
    await window.page.mouse.up();
    assert.ok(await window.page.evaluate(() => window.clicked));
    assert.ok(await window.confirmButton.isVisible());
    await window.confirm();
    assert.equal((await asked(page)).status, 200);
  });

  for (const button of ['right', 'middle']) {
    it(`of the ${button} button, after which a key counts`, async (t) => {
      const { page } = await stage.session(t);
      const window = await (await press(page, request('transfer'))).ready();
      await window.confirmButton.click({ button });
      assert.ok(await window.confirmButton.isVisible());
      await window.confirmFocused('Enter');
      assert.equal((await asked(page)).status, 200);
    });
  }

  it('after requests that were not confirmed it takes longer to count', async (t) => {
    const { page } = await stage.session(t);
    for (const count of [1, 2]) {
      const window = await (await press(page, request('transfer'))).shown();
      assert.equal(
        await window.page.evaluate(() => JSON.parse(localStorage.getItem('partitioned-authority-cancelled')).count),
        count,
      );
      await window.cancel();
      await asked(page);
    }
    const window = await press(page, request('transfer'));
    await window.confirm();
    assert.equal((await asked(page)).status, 200);
  });
});

describe('one consent, one request', () => {
  /** The signed request, as the app has it. */
  async function signed(t) {
    const held = await stage.session(t);
    const { page } = held;
    await armWork(
      page,
      async ([url, init]) => {
        const signed = await window.pas.sign(url, { ...init, tier: 'consent' });
        window.send = async (body) => {
          const response = await fetch(new Request(signed.clone(), body === undefined ? {} : { body }));
          return [response.status, response.headers.get('pas-error')];
        };
        return [...signed.headers.keys()].sort();
      },
      request('transfer'),
    );
    const window = await pressed(page);
    await window.confirm();
    const { value } = await asked(page);
    assert.ok(value.includes('pas-consent'));
    return held;
  }

  const send = (page, body) => page.evaluate((body) => window.send(body), body);

  it('is sent once', async (t) => {
    const { page } = await signed(t);
    assert.deepEqual(await send(page), [200, null]);
    assert.deepEqual(await send(page), [409, 'ERR_NONCE_USED']);
  });

  it('is not sent with another body', async (t) => {
    const { page } = await signed(t);
    const body = JSON.stringify({ ...TRANSFER, amount: 12.51 });
    assert.deepEqual(await send(page, body), [400, 'ERR_DIGEST_MISMATCH']);
    assert.deepEqual(await send(page), [200, null]);
  });

  it('a second window of one id has nothing to confirm', async (t) => {
    const { site, context, page } = await stage.session(t);
    const window = await (await press(page, request('transfer'))).shown();
    const id = await page.evaluate(() => window.events.find(({ type }) => type === 'consent').id);
    const second = await context.newPage();
    await second.goto(`${site.signOrigin}/consent#${id}`);
    // Or it closed itself, where the browser lets it.
    await second
      .getByRole('status')
      .filter({ hasText: 'nothing to confirm' })
      .waitFor()
      .catch(() => assert.ok(second.isClosed()));
    await window.confirm();
    assert.equal((await asked(page)).status, 200);
  });

  it('a second request under one id is refused', async (t) => {
    const { page } = await stage.session(t);
    await page.evaluate(() => {
      const post = MessagePort.prototype.postMessage;
      MessagePort.prototype.postMessage = function (message, transfer) {
        if (message.consentId) message.consentId = 'always-the-same-id';
        return post.call(this, message, transfer);
      };
      const own = window.open;
      window.open = (url, ...rest) => own.call(window, url.replace(/#.*/, '#always-the-same-id'), ...rest);
    });
    assert.equal((await confirmed(page, request('transfer'))).status, 200);
    await arm(page, request('transfer'));
    await page.locator('#go').click();
    assert.deepEqual(await asked(page), { code: 'ERR_CHANNEL_REFUSED' });
  });
});

describe('passkeys', () => {
  /** A person with a passkey. */
  async function withPasskey(t) {
    const held = await stage.session(t);
    const { page } = held;
    await armWork(page, () => window.pas.passkeys.add('my laptop'));
    const window = await pressed(page);
    const known = await authenticator(window.page);
    await window.shown();
    assert.match(await window.text.textContent(), /“my laptop”/);
    await window.confirm();
    const { value: passkey, code } = await asked(page);
    assert.deepEqual([code, passkey?.label], [undefined, 'my laptop']);
    await window.closed();
    return { ...held, passkey, known };
  }

  it('one is made, verifies its user for a request, and is removed', async (t) => {
    const { page, passkey, known } = await withPasskey(t);
    const list = () => page.evaluate(() => window.pas.passkeys.list());
    assert.deepEqual(
      (await list()).map(({ id, label }) => [id, label]),
      [[passkey.id, 'my laptop']],
    );

    const window = await press(page, request('wire'));
    await authenticator(window.page, known);
    await window.confirm();
    const { status, json } = await asked(page);
    assert.deepEqual([status, json?.tier], [200, 'verified']);
    await window.closed();
    assert.ok((await list())[0].lastUsedAt > 0);

    await armWork(page, (passkey) => window.pas.passkeys.remove(passkey), passkey);
    const removal = await pressed(page);
    await removal.confirm();
    assert.deepEqual(await asked(page), { value: undefined });
    assert.deepEqual(await list(), []);
  });

  it('without one nobody is verified', async (t) => {
    const { page } = await stage.session(t);
    const window = await press(page, request('wire'));
    assert.deepEqual(await asked(page), { code: 'ERR_PASSKEY_MISSING' });
    await window.closed();
  });

  it('an authenticator that does not verify its user is not enough', async (t) => {
    const { page, known } = await withPasskey(t);
    const window = await press(page, request('wire'));
    await authenticator(window.page, known, { isUserVerified: false });
    await window.confirm();
    assert.deepEqual(await asked(page), { code: 'ERR_UV_INVALID' });
    const again = await press(page, request('wire'));
    await authenticator(again.page, known);
    await again.confirm();
    assert.equal((await asked(page)).status, 200);
  });

  it('another one is made with one of the account, once the log-in is too long ago', async (t) => {
    const { site, page, known } = await withPasskey(t);
    site.time.skew = 301_000;
    await armWork(page, () => window.pas.passkeys.add('my phone'));
    const window = await pressed(page);
    // The person verifies with one device, and makes the new passkey on another: the first holds one already.
    await authenticator(window.page, known, { forgets: true });
    await window.confirm();
    const { value, code } = await asked(page);
    assert.deepEqual([value?.label, code], ['my phone', undefined]);
    assert.equal(known.length, 2);
    await window.closed();

    // And so is one ended.
    await armWork(page, (passkey) => window.pas.passkeys.remove(passkey), value);
    const removal = await pressed(page);
    const held = known.slice(0, 1);
    const [{ signCount }] = held;
    await authenticator(removal.page, held);
    await removal.confirm();
    assert.deepEqual(await asked(page), { value: undefined });
    assert.ok(held[0].signCount > signCount, 'it verified its user');
  });
});
