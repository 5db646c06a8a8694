// A hostile script in the app page, with all that a page can do, tries to have a payment signed that the person
// did not confirm. What counts is what the server accepted. After the attacks of a group, in the same browser, the
// person makes a payment and confirms it: that one is accepted.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connect, createStage, frameOf, open } from './kit/browser.mjs';
import { TRANSFER, arm, asked, press, pressed, request } from './kit/consent.mjs';
import { PAYMENT, caught, infect } from './kit/hostile.mjs';
import { startOrigin } from './kit/site.mjs';

const stage = createStage();
const MEANT = 'Send €12.50 to bob';
const NOT_MEANT = 'Send €5,000.00 to mallory';
const CANCELLED = 'ERR_CONSENT_CANCELLED';

/** What the server accepted as consented to. */
const consented = ({ accepted }) => accepted.filter(({ consent }) => consent).map(({ consent }) => consent.values);

/** A person: reads, and confirms what they meant. Resolves with what stood there, when the window is gone. */
async function decides(window) {
  await window.shown();
  const text = await window.text.textContent();
  if (text === MEANT) await window.confirm();
  else await window.cancel();
  await window.closed();
  return text;
}

/** A document's time jumps by more than any dwell, and it has looked at it. */
const passes = (document) =>
  document.evaluate(() => {
    const now = performance.now.bind(performance);
    performance.now = () => now() + 10_000;
    return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  });

/** All windows but these are closed. */
const closeOthers = (context, ...kept) =>
  Promise.all(
    context
      .pages()
      .filter((page) => !kept.includes(page))
      .map((page) => page.close()),
  );

/** The count that makes Confirm wait longer after every request that was not confirmed. */
const forgetCancelled = (page, site) =>
  frameOf(page, site).evaluate(() => localStorage.removeItem('partitioned-authority-cancelled'));

/**
 * Attacks from one browser, each a test of its own; `group` gets a function that adds one, and what they share.
 * `work` returns nothing that is trusted: what the server accepted has to be `allowed`, the payments that the
 * person did confirm meanwhile. With `client` the page has connected its own client, too.
 */
function attacks(name, group, options = {}) {
  describe(name, () => {
    const shared = stage.shared(options);
    let page;
    const clean = async () => {
      await closeOthers(shared.context, shared.page, page);
      await forgetCancelled(shared.page, shared.site);
    };

    group(
      (title, work, { allowed = [], client = false } = {}) =>
        it(title, async (t) => {
          const { site, context } = shared;
          if (page === undefined || page.isClosed()) page = await context.newPage();
          await page.goto(`${site.appOrigin}/`);
          await page.waitForFunction(() => window.PAS);
          await infect(page, site.signOrigin);
          if (client) await connect(page, site);
          await work({ ...shared, page, t });
          assert.deepEqual(consented(site), allowed, 'what the server accepted');
          await clean();
        }),
      shared,
    );

    // The honest twin of them all, on a page that nobody tampered with.
    it('and the person pays what they mean to', async () => {
      const { site, context } = shared;
      await clean();
      const honest = await open(context, site);
      const window = await press(honest, request('transfer'));
      assert.equal(await decides(window), MEANT);
      assert.deepEqual([(await asked(honest)).status, consented(site)], [200, [TRANSFER]]);
    });
  });
}

attacks('without any window', (attack) => {
  attack('asks the port for a consented signature, and opens nothing', async ({ page }) => {
    const codes = await page.evaluate(async () => {
      const { ask } = await window.mount();
      const waiting = ask(window.signing('nobody-opens-it'));
      await ask({ type: 'state' });
      await ask({ type: 'cancel', consentId: 'nobody-opens-it' });
      return window.use(await waiting);
    });
    assert.equal(codes, CANCELLED);
  });

  attack('brings a Pas-Consent of its own', async ({ page }) => {
    const codes = await page.evaluate(async () => {
      const digest = btoa(
        String.fromCharCode(
          ...new Uint8Array(await crypto.subtle.digest('SHA-256', window.bytes('Send €5,000.00 to mallory'))),
        ),
      );
      const forged = `act="transfer", ver=:${btoa('\0'.repeat(16))}:, lang="en", text=:${digest}:, surface=popup`;
      const { ask } = await window.mount();
      const codes = [await window.send('/api/transfer', { 'pas-consent': forged })];
      for (const members of [
        {},
        { consent: forged },
        { field: forged },
        { headers: { 'pas-consent': forged } },
        { 'pas-consent': forged },
        { pasConsent: forged, tier: 'consent' },
        { granted: { field: forged } },
      ]) {
        const answer = await ask({ ...window.signing(undefined, members), consentId: undefined });
        if (!answer.ok) {
          codes.push(answer.code);
          continue;
        }
        codes.push(await window.send('/api/transfer', { ...answer.headers, 'pas-consent': forged }));
      }
      return codes;
    });
    assert.ok(
      codes.every((code) =>
        ['ERR_SIG_MISSING', 'ERR_SIG_PROFILE', 'ERR_TIER_REQUIRED', 'ERR_CHANNEL_REFUSED'].includes(code),
      ),
      codes.join(),
    );
  });

  attack('names components, parameters and a tag for the frame to sign', async ({ page }) => {
    const codes = await page.evaluate(async () => {
      const { ask } = await window.mount();
      const codes = [];
      for (const members of [
        { components: ['@method', 'pas-consent'] },
        { covered: '("pas-consent")' },
        { params: { tag: 'pas-1-ctl' } },
        { tag: 'pas-1-ctl' },
        { tier: 'consent' },
        { consented: true },
        { confirmed: true },
        { base: '"pas-consent": x' },
        { contentType: 'application/json\n"pas-consent": act="transfer"' },
        { method: 'POST\n"pas-consent": x' },
      ]) {
        codes.push(await window.use(await ask({ ...window.signing(undefined, members), consentId: undefined })));
      }
      return codes;
    });
    assert.ok(
      codes.every((code) =>
        ['ERR_TIER_REQUIRED', 'ERR_CHANNEL_REFUSED', 'ERR_SIG_MALFORMED', 'ERR_METHOD_REFUSED'].includes(code),
      ),
      codes.join(),
    );
  });

  attack('sends it signed, or with an interaction, and no consent', async ({ page }) => {
    const codes = await page.evaluate(async () => {
      const { ask } = await window.mount();
      const signed = await ask({ ...window.signing(), consentId: undefined });
      return [await window.use(signed), await window.send('/api/transfer', {})];
    });
    assert.deepEqual(codes, ['ERR_TIER_REQUIRED', 'ERR_SIG_MISSING']);
  });

  attack(
    'speaks on the BroadcastChannel and takes the locks of the conversation, at its own origin',
    async ({ page }) => {
      const code = await page.evaluate(async () => {
        const { ask } = await window.mount();
        const name = 'partitioned-authority-consent-known';
        const channel = new BroadcastChannel(name);
        const heard = [];
        channel.onmessage = ({ data }) => heard.push(data);
        void navigator.locks.request(name, () => new Promise(() => {}));
        const waiting = ask(window.signing('known'));
        for (let i = 0; i < 20; i += 1) {
          for (const kind of ['ready', 'shown', 'confirmed', 'asserted']) {
            channel.postMessage({ kind, from: 'x', verified: false, field: 'act="transfer"' });
            channel.postMessage({ kind, from: 'x', to: 'known', verified: false, field: 'act="transfer"' });
          }
          await ask({ type: 'state' });
        }
        await ask({ type: 'cancel', consentId: 'known' });
        return [await window.use(await waiting), heard.length];
      });
      assert.deepEqual(code, [CANCELLED, 0]);
    },
  );

  attack('shares the memory of the body, to change it after it was hashed', async ({ page }) => {
    const code = await page.evaluate(async () => {
      const { ask } = await window.mount();
      const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
      new Uint8Array(buffer).set(new Uint8Array(window.bytes({ to: 'bob', amount: 12.5, currency: 'EUR' })));
      const outcome = await ask({ ...window.signing('shared'), body: buffer }).then(
        ({ code }) => code,
        ({ name }) => name,
      );
      return outcome;
    });
    assert.ok(['ERR_CHANNEL_REFUSED', 'DataCloneError'].includes(code), code);
  });

  attack('floods the port', async ({ page }) => {
    const codes = await page.evaluate(async () => {
      const { ask } = await window.mount();
      const ids = Array.from({ length: 150 }, (_, i) => `flood-${i}`);
      const waiting = ids.map((id) => ask(window.signing(id)));
      // The frame refuses what is too much; what waits for a window is given up.
      const settled = new Set();
      waiting.forEach((one, i) => one.then(() => settled.add(i)));
      while (settled.size < ids.length)
        await Promise.all(ids.filter((_, i) => !settled.has(i)).map((consentId) => ask({ type: 'cancel', consentId })));
      return [...new Set(await Promise.all(waiting.map(async (one) => window.use(await one))))];
    });
    // A frame that its own page keeps so busy gives up its server after 10 s.
    const refusals = [CANCELLED, 'ERR_CHANNEL_BUSY', 'ERR_RATE_LIMITED', 'ERR_SERVER_UNREACHABLE'];
    assert.ok(
      codes.every((code) => refusals.includes(code)),
      codes.join(),
    );
  });
});

attacks('with a window that asks for the payment', (attack, shared) => {
  /** Opens the window in a press that the person makes for something else, and asks for the payment. */
  async function windowOf(page, { id = 'payment', ...options } = {}) {
    await page.evaluate(
      async ([id, options]) => {
        window.held = await window.mount();
        window.lure(() => {
          window.opened = window.openConsent(id, options);
          window.answer = window.held.ask(window.signing(id));
        });
      },
      [id, options],
    );
    const window_ = await pressed(page);
    await window_.shown();
    assert.equal(await window_.text.textContent(), NOT_MEANT);
    return window_;
  }

  /** What came of the payment. */
  const outcome = (page) => page.evaluate(async () => window.use(await window.answer));

  attack('hopes that nobody reads', async ({ page }) => {
    const window = await windowOf(page);
    assert.equal(await decides(window), NOT_MEANT);
    assert.equal(await outcome(page), CANCELLED);
  });

  attack('presses Confirm by script: through the handle, by messages, by events', async ({ page }) => {
    const window = await windowOf(page);
    await window.ready();
    const errors = await page.evaluate((signOrigin) => {
      const tries = [
        (w) => w.document.querySelector('.confirm').click(),
        (w) => w.eval('1'),
        (w) => w.dispatchEvent(new PointerEvent('click')),
        (w) => w.frames[0].document,
        (w) => w.moveTo(0, 0),
        (w) => w.resizeTo(100, 100),
        (w) => w.history.back(),
        (w) => (w.onclick = () => 1),
      ];
      for (const message of [{ kind: 'confirmed' }, { pas: 'connect' }, 'confirm', { type: 'click' }]) {
        window.opened.postMessage(message, '*');
        window.opened.postMessage(message, signOrigin, [new MessageChannel().port1]);
      }
      return tries.map((work) => {
        try {
          work(window.opened);
          return 'done';
        } catch (error) {
          return error.name;
        }
      });
    }, shared.site.signOrigin);
    assert.ok(
      errors.every((name) => ['SecurityError', 'TypeError'].includes(name)),
      errors.join(),
    );
    assert.equal(await decides(window), NOT_MEANT);
    assert.equal(await outcome(page), CANCELLED);
  });

  attack('navigates the window to a page that looks like it', async ({ page }) => {
    const window = await windowOf(page);
    await page.evaluate(() => {
      // The window's own opener policy has cut the handle.
      try {
        window.opened.location = '/nested';
      } catch {
        // As good.
      }
      window.opened.close();
    });
    assert.equal(await window.text.textContent(), NOT_MEANT, 'it stands where it stood');
    assert.equal(await decides(window), NOT_MEANT);
    assert.equal(await outcome(page), CANCELLED);
  });

  attack(
    'navigates it to the same page again, for the text to be drawn anew under the pointer',
    async ({ page, site }) => {
      const window = await windowOf(page, { name: 'steered' });
      await window.ready();
      await page.evaluate((signOrigin) => {
        window.lure(
          () =>
            [
              window.open(`${signOrigin}/consent#payment`, 'steered'),
              window.open(`${signOrigin}/consent#other`, 'steered'),
            ].length,
        );
      }, site.signOrigin);
      await page.locator('#go').click();
      await caught(page);
      assert.equal(await decides(window), NOT_MEANT, 'a window that has the same name is another');
      assert.equal(await outcome(page), CANCELLED);
    },
  );

  attack('has it clicked by the second half of a double click', async ({ page }) => {
    const window = await windowOf(page);
    // The first click opened it; the person's second one lands where Confirm came up.
    const { x, y } = await window.confirmButton.boundingBox();
    await window.page.mouse.move(x + 20, y + 10);
    await window.page.mouse.down({ clickCount: 2 });
    await window.page.mouse.up({ clickCount: 2 });
    // And one that comes late is still no single click.
    await window.ready();
    await window.page.mouse.down({ clickCount: 2 });
    await window.page.mouse.up({ clickCount: 2 });
    assert.equal(await decides(window), NOT_MEANT);
    assert.equal(await outcome(page), CANCELLED);
  });

  attack('has it pressed before it could be read', async ({ page }) => {
    const window = await windowOf(page);
    const { x, y } = await window.confirmButton.boundingBox();
    await window.page.mouse.move(x + 20, y + 10);
    await window.early('pointerdown');
    await window.page.mouse.down();
    // Held until Confirm counts, and let go then.
    await window.ready();
    await window.page.mouse.up();
    assert.equal(await decides(window), NOT_MEANT);
    assert.equal(await outcome(page), CANCELLED);
  });

  attack('waits for a person who types: Enter, Space and Tab that were meant for the page', async ({ page }) => {
    const window = await windowOf(page);
    for (const key of ['Enter', 'Space', 'a', 'Enter', 'Tab', 'Enter']) {
      // The one that would be Confirm's comes too early, the others meet nothing that is focused.
      await window.page.keyboard.press(key).catch((error) => assert.match(error.message, /closed/));
    }
    assert.equal(await outcome(page), CANCELLED, 'at most Cancel was pressed');
  });

  attack('has a key that is held down repeat into it', async ({ page }) => {
    const window = await windowOf(page);
    await window.confirmButton.focus();
    await window.early('keydown');
    await window.page.keyboard.down('Enter');
    for (let i = 0; i < 5; i += 1) await window.page.keyboard.down('Enter');
    await window.ready();
    for (let i = 0; i < 5; i += 1) await window.page.keyboard.down('Enter');
    await window.page.keyboard.up('Enter');
    assert.equal(await window.text.textContent(), NOT_MEANT);
    assert.equal(await decides(window), NOT_MEANT);
    assert.equal(await outcome(page), CANCELLED);
  });

  attack('has something dropped on it, or a press that began elsewhere end there', async ({ page }) => {
    const window = await windowOf(page);
    await window.ready();
    const { x, y } = await window.confirmButton.boundingBox();
    for (const from of ['#text', '#asks', 'button.cancel']) {
      const box = await window.page.locator(from).boundingBox();
      await window.page.mouse.move(box.x + 5, box.y + 5);
      await window.page.mouse.down();
      await window.page.mouse.move(x + 20, y + 10, { steps: 5 });
      await window.page.mouse.up();
    }
    assert.equal(await decides(window), NOT_MEANT);
    assert.equal(await outcome(page), CANCELLED);
  });

  attack('hides it behind its own window, and lets the person go on', async ({ page }) => {
    const window = await windowOf(page);
    await page.evaluate(() => {
      window.opened.blur();
      window.focus();
      for (let i = 0; i < 10; i += 1) {
        window.opened.focus();
        window.focus();
      }
    });
    await page.bringToFront();
    for (let i = 0; i < 3; i += 1) await page.locator('#go').click();
    await page.locator('#field').fill('what a person types');
    await page.keyboard.press('Enter');
    assert.equal(await window.text.textContent(), NOT_MEANT, 'it waits');
    assert.equal(await decides(window), NOT_MEANT);
    assert.equal(await outcome(page), CANCELLED);
  });

  attack('moves or resizes it under the press', async ({ page }) => {
    const window = await windowOf(page);
    await window.ready();
    const { x, y } = await window.confirmButton.boundingBox();
    await window.page.mouse.move(x + 20, y + 10);
    await window.page.mouse.down();
    const size = window.page.viewportSize() ?? { width: 480, height: 420 };
    await window.page.setViewportSize({ width: size.width, height: size.height + 7 });
    await window.page.waitForFunction((height) => innerHeight === height, size.height + 7);
    await window.confirmButton.hover();
    await window.page.mouse.up();
    assert.equal(await decides(window), NOT_MEANT, 'that press did not count');
    assert.equal(await outcome(page), CANCELLED);
  });

  attack('opens it so small that only a button can be seen', async ({ page }) => {
    const window = await windowOf(page, { features: 'popup,width=1,height=1,left=0,top=0' });
    const { width, height } = await window.page.evaluate(() => ({ width: innerWidth, height: innerHeight }));
    await window.page.setViewportSize({ width: 120, height: 50 });
    await window.page.waitForFunction(() => innerHeight === 50);
    // Straight to the button, and again after any dwell.
    for (let i = 0; i < 2; i += 1) {
      await window.confirmButton.scrollIntoViewIfNeeded();
      await window.confirmButton.click({ force: true });
      await passes(window.page);
    }
    assert.equal(await window.confirmButton.getAttribute('aria-disabled'), 'true', 'nobody has seen the text');
    await window.page.setViewportSize({ width: Math.max(width, 480), height: Math.max(height, 420) });
    assert.equal(await decides(window), NOT_MEANT);
    assert.equal(await outcome(page), CANCELLED);
  });

  attack('asks again and again, until the person gives in to a reflex', async ({ page }) => {
    const dwell = [];
    for (let i = 0; i < 3; i += 1) {
      const window = await windowOf(page, { id: `again-${i}` });
      dwell.push(await window.waits());
      assert.equal(await decides(window), NOT_MEANT);
      assert.equal(await outcome(page), CANCELLED);
    }
    const last = await windowOf(page, { id: 'again-last' });
    // A reflex: pressed at once, and once more.
    for (let i = 0; i < 2; i += 1) {
      await last.early('pointerdown');
      await last.confirmButton.click({ force: true });
    }
    assert.equal(await decides(last), NOT_MEANT);
    assert.equal(await outcome(page), CANCELLED);
    assert.deepEqual(dwell, [true, true, true], 'Confirm never counts at once');
  });

  attack('closes the window, reloads its own page, or goes elsewhere and back', async ({ page, site }) => {
    const window = await windowOf(page);
    await page.goto(`${site.appOrigin}/nested`);
    await window.closed();
    await page.goBack();
    await page.waitForFunction(() => window.PAS);
    assert.equal(await page.evaluate(() => window.answer), undefined, 'nobody waits for it any more');
  });
});

attacks('around a payment that the person does confirm', (attack, shared) => {
  /** The person's own payment, asked for by the hostile script, in the press that they make for it. */
  async function meant(page, id) {
    await page.evaluate(
      ([id, body]) => {
        window.lure(async () => {
          window.opened = window.openConsent(id);
          window.held = await window.mount();
          window.honest = window.held.ask(window.signing(id, { body }));
        });
      },
      [id, TRANSFER],
    );
    const window = await pressed(page);
    await window.shown();
    assert.equal(await window.text.textContent(), MEANT);
    return window;
  }

  /** Headers that are good for it, in the script's hands. */
  async function granted(page, id) {
    assert.equal(await decides(await meant(page, id)), MEANT);
    await page.evaluate(async () => (window.headers = { ...(await window.honest).headers }));
  }

  const sent = (page, ...args) =>
    page.evaluate((args) => window.send(args[0], { ...window.headers, ...args[2] }, args[1], args[3]), args);

  attack(
    'asks for another under the same id, over the same port',
    async ({ page }) => {
      const window = await meant(page, 'twice');
      const second = await page.evaluate(async () => window.use(await window.held.ask(window.signing('twice'))));
      assert.equal(second, 'ERR_CHANNEL_REFUSED');
      assert.equal(await decides(window), MEANT);
      const third = await page.evaluate(async () => window.use(await window.held.ask(window.signing('twice'))));
      assert.equal(third, 'ERR_CHANNEL_REFUSED', 'nor afterwards');
      assert.equal(await page.evaluate(async (body) => window.use(await window.honest, body), TRANSFER), null);
    },
    { allowed: [TRANSFER] },
  );

  attack(
    'asks for another under the same id, from another frame',
    async ({ page }) => {
      const window = await meant(page, 'two-frames');
      await page.evaluate(async () => {
        window.other = await window.mount();
        window.second = window.other.ask(window.signing('two-frames'));
      });
      assert.equal(await window.text.textContent(), MEANT);
      assert.equal(await decides(window), MEANT);
      assert.equal(await page.evaluate(async (body) => window.use(await window.honest, body), TRANSFER), null);
      assert.notEqual(
        await page.evaluate(async () => {
          void window.other.ask({ type: 'cancel', consentId: 'two-frames' });
          return window.use(await window.second);
        }),
        null,
      );
    },
    { allowed: [TRANSFER] },
  );

  attack('asks for another under the same id, from another tab', async ({ site, context, page }) => {
    const accomplice = await open(context, site);
    await infect(accomplice, site.signOrigin);
    await accomplice.evaluate(async () => {
      window.held = await window.mount();
      window.second = window.held.ask(window.signing('two-tabs'));
    });
    // Whichever of the two the window shows: the person confirms what they meant, and only that.
    await page.evaluate(
      (body) =>
        window.lure(async () => {
          window.openConsent('two-tabs');
          window.held = await window.mount();
          window.honest = window.held.ask(window.signing('two-tabs', { body }));
        }),
      TRANSFER,
    );
    const window = await pressed(page);
    await decides(window).catch((error) => assert.match(error.message, /closed/));
    const codes = await Promise.all([
      accomplice.evaluate(async () => {
        void window.held.ask({ type: 'cancel', consentId: 'two-tabs' });
        return window.use(await window.second);
      }),
      page.evaluate(async () => {
        await window.caught;
        void window.held.ask({ type: 'cancel', consentId: 'two-tabs' });
        return window.use(await window.honest);
      }),
    ]);
    assert.ok(
      codes.every((code) => code !== null),
      codes.join(),
    );
  });

  for (const [moment, between] of [
    ['before the press', false],
    ['while the button is down', true],
  ]) {
    attack(`takes it back, and asks for another under its id, ${moment}`, async ({ page }) => {
      const window = await meant(page, 'race');
      await window.ready();
      await window.confirmButton.hover();
      if (between) await window.page.mouse.down();
      await page.evaluate(() => {
        void window.held.ask({ type: 'cancel', consentId: 'race' });
        window.second = window.held.ask(window.signing('race'));
      });
      if (!between) await window.page.mouse.down().catch(() => undefined);
      await window.page.mouse.up().catch(() => undefined);
      await window.closed();
      const codes = await page.evaluate(async () => [
        (await window.honest).code,
        await window.use(await window.second),
      ]);
      assert.deepEqual(codes, [CANCELLED, 'ERR_CHANNEL_REFUSED']);
    });
  }

  attack('takes the frame away, and asks for another under its id in a new one', async ({ page }) => {
    const window = await meant(page, 'removed');
    await window.ready();
    await page.evaluate(async () => {
      window.held.frame.remove();
      window.held = await window.mount();
      window.second = window.held.ask(window.signing('removed'));
    });
    // The window may be gone before it is pressed.
    await window.confirmButton.click().catch((error) => assert.match(error.message, /closed/));
    await window.closed();
    assert.equal(
      await page.evaluate(async () => {
        void window.held.ask({ type: 'cancel', consentId: 'removed' });
        return window.use(await window.second);
      }),
      CANCELLED,
    );
  });

  attack('changes the bytes that it handed over, while the person reads', async ({ page }) => {
    await page.evaluate(
      (body) =>
        window.lure(async () => {
          window.openConsent('bytes');
          window.held = await window.mount();
          const message = window.signing('bytes', { body });
          window.handed = message.body;
          window.honest = window.held.ask(message);
          new Uint8Array(window.handed).set(
            new Uint8Array(window.bytes(window.PAYMENT)).slice(0, window.handed.byteLength),
          );
        }),
      TRANSFER,
    );
    const window = await pressed(page);
    assert.equal(await decides(window), MEANT);
    const codes = await page.evaluate(async () => [
      await window.use(await window.honest, window.handed),
      await window.use(await window.honest),
    ]);
    assert.deepEqual(codes, ['ERR_DIGEST_MISMATCH', 'ERR_DIGEST_MISMATCH']);
  });

  attack(
    'sends it with another body',
    async ({ page }) => {
      await granted(page, 'swapped');
      assert.equal(await sent(page, '/api/transfer', PAYMENT), 'ERR_DIGEST_MISMATCH');
      for (const change of [' ', '\n'])
        assert.equal(await sent(page, '/api/transfer', JSON.stringify(TRANSFER) + change), 'ERR_DIGEST_MISMATCH');
      assert.equal(await sent(page, '/api/transfer', TRANSFER), null, 'what was confirmed is accepted');
    },
    { allowed: [TRANSFER] },
  );

  attack(
    'sends it twice',
    async ({ page }) => {
      await granted(page, 'replayed');
      assert.deepEqual(
        [await sent(page, '/api/transfer', TRANSFER), await sent(page, '/api/transfer', TRANSFER)],
        [null, 'ERR_NONCE_USED'],
      );
      assert.equal(await sent(page, '/api/transfer', PAYMENT), 'ERR_DIGEST_MISMATCH');
    },
    { allowed: [TRANSFER] },
  );

  attack('sends it elsewhere: another action, method, query or spelling', async ({ site, page }) => {
    await granted(page, 'elsewhere');
    for (const [path, init] of [
      ['/api/pay'],
      ['/api/tip'],
      ['/api/wire'],
      ['/api/transfer?to=mallory'],
      ['/api/transfer/'],
      [`${site.appOrigin}//api/transfer`],
      ['/api/tr%61nsfer'],
      ['/api/signed', { method: 'PUT' }],
    ]) {
      const code = await sent(page, path, TRANSFER, {}, init);
      assert.ok(
        ['ERR_SIG_INVALID', 'ERR_SIG_PROFILE', 'ERR_TIER_REQUIRED', 'ERR_CONSENT_MISMATCH'].includes(code),
        `${path}: ${code}`,
      );
    }
  });

  attack(
    'edits what was signed',
    async ({ page }) => {
      await granted(page, 'edited');
      const codes = await page.evaluate(async () => {
        const { headers, PAYMENT } = window;
        const hash = async (bytes) =>
          btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))));
        const digest = `sha-256=:${await hash(window.bytes(PAYMENT))}:`;
        const text = await hash(new TextEncoder().encode('Send €5,000.00 to mallory'));
        const edits = [
          { 'content-digest': digest },
          { 'content-digest': digest, 'pas-consent': headers['pas-consent'].replace(/text=:[^:]+:/, `text=:${text}:`) },
          { 'content-digest': digest, 'signature-input': headers['signature-input'].replace(' "pas-consent"', '') },
          { 'content-digest': digest, 'signature-input': headers['signature-input'].replace(' "content-digest"', '') },
          { 'content-digest': digest, 'signature-input': headers['signature-input'].replace('pas=', 'pas=(), pas=') },
          { 'content-digest': `${digest}, ${headers['content-digest']}` },
          { 'pas-consent': headers['pas-consent'].replace('popup', 'frame') },
          { 'content-type': 'text/plain' },
        ];
        const codes = [];
        for (const edit of edits) codes.push(await window.send('/api/transfer', { ...headers, ...edit }, PAYMENT));
        return codes;
      });
      assert.ok(
        codes.every((code) =>
          ['ERR_SIG_INVALID', 'ERR_SIG_PROFILE', 'ERR_SIG_MALFORMED', 'ERR_DIGEST_MISMATCH'].includes(code),
        ),
        codes.join(),
      );
      assert.equal(await sent(page, '/api/transfer', TRANSFER), null);
    },
    { allowed: [TRANSFER] },
  );

  attack(
    'adds fields that a handler could read: another method, another payee',
    async ({ page }) => {
      await granted(page, 'overridden');
      assert.equal(
        await sent(page, '/api/transfer', TRANSFER, { 'x-http-method-override': 'DELETE' }),
        'ERR_SIG_PROFILE',
      );
      const seen = await page.evaluate(async (body) => {
        const headers = {
          ...window.headers,
          'content-type': 'application/json',
          'x-to': 'mallory',
          'x-amount': '5000',
        };
        const response = await fetch('/api/transfer', { method: 'POST', headers, body: JSON.stringify(body) });
        return Object.keys((await response.json()).headers);
      }, TRANSFER);
      assert.ok(seen.includes('pas-consent') && !seen.some((name) => name.startsWith('x-')), seen.join());
    },
    { allowed: [TRANSFER] },
  );

  attack(
    'uses its Pas-Consent for a request of its own',
    async ({ page }) => {
      await granted(page, 'borrowed');
      const codes = await page.evaluate(async () => {
        const consent = window.headers['pas-consent'];
        const signed = await window.held.ask({ ...window.signing(), consentId: undefined });
        return [
          await window.send('/api/transfer', { ...signed.headers, 'pas-consent': consent }),
          await window.pas
            .fetch('/api/signed', { method: 'POST', headers: { 'pas-consent': consent }, body: 'x' })
            .then(
              (response) => response.headers.get('pas-error'),
              (error) => error.code ?? error.name,
            ),
        ];
      });
      assert.deepEqual(codes, ['ERR_SIG_PROFILE', 'ERR_SIG_PROFILE']);
    },
    { client: true },
  );

  attack(
    'patches the page, so that its own client sends other bytes',
    async ({ page }) => {
      await page.evaluate((PAYMENT) => {
        const real = window.fetch;
        window.fetch = (input, init) => {
          const { url, method, headers } = new Request(input, init);
          return real(url, { method, headers, body: JSON.stringify(PAYMENT) });
        };
      }, PAYMENT);
      const window = await press(page, request('transfer'));
      assert.equal(await decides(window), MEANT);
      assert.equal((await asked(page)).code, 'ERR_DIGEST_MISMATCH');
    },
    { client: true },
  );

  attack(
    'patches the page, so that its own client asks for another payment',
    async ({ page }) => {
      await page.evaluate((PAYMENT) => {
        const { postMessage } = MessagePort.prototype;
        MessagePort.prototype.postMessage = function (message, transfer) {
          if (message.type !== 'sign') return postMessage.call(this, message, transfer);
          const body = new TextEncoder().encode(JSON.stringify(PAYMENT)).buffer;
          return postMessage.call(this, { ...message, body, text: 'Send €12.50 to bob', registered: '{}' }, [body]);
        };
        Object.prototype.text = 'Send €12.50 to bob';
      }, PAYMENT);
      const window = await press(page, request('transfer'));
      assert.equal(await decides(window), NOT_MEANT, 'what is signed is what is shown');
      assert.equal((await asked(page)).code, CANCELLED);
      await page.close();
    },
    { client: true },
  );

  attack('opens a look-alike of its own in place of the window', async ({ page }) => {
    await page.evaluate(() => {
      const real = window.open;
      window.open = (url) => {
        window.real = url;
        const fake = real('/nested', '', 'popup,width=480,height=420');
        fake.addEventListener('load', () => {
          fake.document.body.innerHTML =
            '<section role="alertdialog"><p id="text">Send €12.50 to bob</p><button class="confirm" aria-disabled="false">Confirm</button></section>';
          fake.document.querySelector('.confirm').onclick = () => (window.fooled = true);
        });
        return fake;
      };
    });
    await page.evaluate(() => {
      window.lure(async () => {
        const held = await window.mount();
        window.open('look-alike');
        window.answer = held.ask(window.signing('fooled'));
        window.held = held;
      });
    });
    const window = await pressed(page);
    await window.confirm();
    await page.waitForFunction(() => window.fooled);
    assert.equal(
      await page.evaluate(async () => {
        void window.held.ask({ type: 'cancel', consentId: 'fooled' });
        return window.use(await window.answer);
      }),
      CANCELLED,
      'a person was fooled, and nothing was signed',
    );
  });

  attack(
    'puts a service worker between page and server',
    async ({ site, page }) => {
      const worker = `self.onactivate = (event) => event.waitUntil(clients.claim());
      self.onfetch = (event) => {
        if (!event.request.url.endsWith('/api/transfer')) return;
        const { url, method, headers } = event.request;
        event.respondWith(fetch(url, { method, headers, credentials: 'include', body: '${JSON.stringify(PAYMENT)}' }));
      };`;
      site.stub('/worker.js', (_request, response) =>
        response.set('service-worker-allowed', '/').type('js').send(worker),
      );
      await page.evaluate(async () => {
        const controlled = new Promise((resolve) =>
          navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }),
        );
        await navigator.serviceWorker.register('/stub/worker.js', { scope: '/' });
        await controlled;
      });
      const window = await press(page, request('transfer'));
      assert.equal(await decides(window), MEANT);
      assert.equal((await asked(page)).code, 'ERR_DIGEST_MISMATCH');
      await page.evaluate(async () => {
        for (const registration of await navigator.serviceWorker.getRegistrations()) await registration.unregister();
      });
    },
    { client: true },
  );

  attack('keeps it for a day that suits better', async ({ site, page }) => {
    await granted(page, 'late');
    site.time.skew += 120_000;
    assert.equal(await sent(page, '/api/transfer', TRANSFER), 'ERR_TIME_STALE');
  });
});

attacks('words that mislead', (attack) => {
  for (const [name, body] of Object.entries({
    'a direction override': { ...PAYMENT, to: 'bob\u202e\u2066' },
    'zero-width characters': { ...PAYMENT, to: 'b\u200bo\u200db\ufeff' },
    'a line break, and what looks like the end of the text': { ...PAYMENT, to: 'bob\n\n\n\nConfirmed.' },
    'an escape that is none': { ...PAYMENT, to: 'bob\\u{200b}' },
  })) {
    attack(
      name,
      async ({ page }) => {
        const window = await press(page, request('transfer', body));
        const text = await decides(window);
        assert.notEqual(text, MEANT);
        assert.match(text, /^Send €5,000\.00 to [ -~]+$/, 'all of it can be seen');
        assert.equal((await asked(page)).code, CANCELLED);
      },
      { client: true },
    );
  }

  attack(
    'more than the text shows, twice the same name, or what is no JSON',
    async ({ page }) => {
      for (const body of [
        '{"to":"bob","amount":12.5,"currency":"EUR","fee":5000}',
        '{"to":"bob","amount":12.5,"currency":"EUR","to":"mallory"}',
        '{"to":"bob","amount":12.5,"currency":"EUR","__proto__":{"to":"mallory"}}',
        '\ufeff{"to":"bob","amount":12.5,"currency":"EUR"}',
        '{"to":"bob","amount":12.5,"currency":"EUR"}{"to":"mallory"}',
        '{"to":["bob","mallory"],"amount":12.5,"currency":"EUR"}',
        '{"to":"bob","amount":1e400,"currency":"EUR"}',
        '{"to":"bob\\ud800","amount":12.5,"currency":"EUR"}',
        '',
        'to=bob&amount=12.5',
        `{"to":"${'b'.repeat(201)}","amount":12.5,"currency":"EUR"}`,
      ]) {
        await arm(page, request('transfer', undefined, { body }));
        const [opened] = await Promise.all([page.context().waitForEvent('page'), page.locator('#go').click()]);
        const { code } = await asked(page);
        assert.ok(['ERR_CONSENT_MISMATCH', 'ERR_JSON_INVALID'].includes(code), `${body.slice(0, 60)}: ${code}`);
        if (!opened.isClosed()) await opened.waitForEvent('close');
      }
    },
    { client: true },
  );
});

attacks(
  'frames',
  (attack) => {
    for (const element of ['iframe', 'object', 'embed']) {
      attack(`embeds the consent page as ${element}`, async ({ site, page }) => {
        const code = await page.evaluate(
          async ([element, signOrigin]) => {
            const { ask } = await window.mount();
            const waiting = ask(window.signing('framed'));
            const framed = document.createElement(element);
            framed.setAttribute(element === 'object' ? 'data' : 'src', `${signOrigin}/consent#framed`);
            Object.assign(framed.style, { position: 'fixed', inset: '0', width: '480px', height: '420px' });
            const settled = new Promise((resolve) =>
              ['load', 'error'].forEach((type) => framed.addEventListener(type, resolve)),
            );
            document.body.append(framed);
            await settled;
            await ask({ type: 'state' });
            window.finish = async () => {
              void ask({ type: 'cancel', consentId: 'framed' });
              return window.use(await waiting);
            };
            return framed.contentDocument?.title ?? null;
          },
          [element, site.signOrigin],
        );
        assert.notEqual(code, 'Confirm');
        assert.ok(page.frames().every((frame) => !frame.url().startsWith(`${site.signOrigin}/consent`)));
        for (let y = 40; y < 420; y += 60) await page.mouse.click(240, y);
        assert.equal(await page.evaluate(() => window.finish()), CANCELLED);
      });
    }

    attack('asks in a frame for what is asked in a window only, behind a mask', async ({ site, page }) => {
      await page.evaluate(async (signOrigin) => {
        window.held = await window.mount();
        window.answer = window.held.ask(window.signing('masked'));
        const frame = document.createElement('iframe');
        frame.src = `${signOrigin}/consent-frame#masked`;
        Object.assign(frame.style, {
          position: 'fixed',
          left: '0',
          top: '0',
          width: '480px',
          height: '420px',
          border: '0',
          mask: 'linear-gradient(transparent, transparent)',
          clipPath: 'polygon(0 0, 100% 0, 100% 100%, 0 100%)',
          transform: 'scale(1.2)',
        });
        document.body.append(frame);
      }, site.signOrigin);
      assert.equal(await page.evaluate(async () => window.use(await window.answer)), 'ERR_CONSENT_MISMATCH');
    });

    attack('dresses up the signing frame, and has the person click on it', async ({ page }) => {
      await page.evaluate(async () => {
        window.held = await window.mount();
        window.answer = window.held.ask(window.signing('dressed'));
        const { frame } = window.held;
        for (const style of [
          {
            position: 'fixed',
            left: '0',
            top: '0',
            width: '600px',
            height: '400px',
            border: '0',
            opacity: '0.01',
            zIndex: '9',
          },
          { transform: 'scale(3) rotate(2deg)' },
          { mask: 'linear-gradient(transparent, transparent)' },
          { clipPath: 'circle(40%)' },
          { filter: 'invert(1)' },
          { mixBlendMode: 'difference' },
          { pointerEvents: 'auto', left: '10px' },
        ]) {
          Object.assign(frame.style, style);
          frame.focus();
          frame.contentWindow.focus();
          await new Promise(requestAnimationFrame);
        }
      });
      for (const [x, y] of [
        [60, 60],
        [200, 100],
        [300, 200],
      ]) {
        await page.mouse.click(x, y);
        await page.keyboard.press('Enter');
        await page.keyboard.press('Space');
      }
      assert.equal(
        await page.evaluate(async () => {
          void window.held.ask({ type: 'cancel', consentId: 'dressed' });
          return window.use(await window.answer);
        }),
        CANCELLED,
      );
    });

    for (const [name, cover] of Object.entries({
      'another element': () => {
        const cover = document.createElement('div');
        Object.assign(cover.style, {
          position: 'fixed',
          inset: '0',
          background: 'gold',
          pointerEvents: 'none',
          zIndex: '99',
        });
        cover.textContent = 'Play video';
        document.querySelector('dialog').append(cover);
      },
      'its own transparency': () => (document.querySelector('dialog').style.opacity = '0.01'),
      'a filter': () => (document.querySelector('dialog').style.filter = 'contrast(0)'),
    })) {
      attack(
        `covers a dialog in a frame, where a route permits one, by ${name}`,
        async ({ page }) => {
          await arm(page, request('tip', PAYMENT));
          await page.locator('#go').click();
          const frame = page.frameLocator('iframe[src*="/consent-frame"]');
          await frame.locator('#text').waitFor();
          await page.evaluate(cover);
          const { x, y } = await frame.locator('button.confirm').boundingBox();
          // Until the frame has noticed, and after that.
          await frame.locator('button.confirm[aria-disabled=true]').waitFor();
          for (let i = 0; i < 2; i += 1) {
            await page.mouse.click(x + 20, y + 10);
            await passes(page.frames().find((each) => each.url().includes('/consent-frame')));
          }
          assert.equal(await frame.locator('button.confirm').getAttribute('aria-disabled'), 'true');
          await page.keyboard.press('Escape');
          assert.equal((await asked(page)).code, CANCELLED);
        },
        { client: true },
      );
    }
  },
  { csp: { 'frame-src': '*', 'object-src': '*', 'style-src': "'unsafe-inline'" } },
);

attacks('ids', (attack) => {
  attack('that are none, or name members of every object', async ({ page }) => {
    const codes = await page.evaluate(async () => {
      const { ask } = await window.mount();
      const codes = [];
      for (const id of [
        '',
        'x'.repeat(65),
        5,
        null,
        {},
        ['a'],
        true,
        '\ud800',
        '__proto__',
        'constructor',
        'toString',
      ]) {
        const answer = ask(window.signing(id));
        void ask({ type: 'cancel', consentId: id });
        codes.push(await window.use(await answer));
      }
      return codes;
    });
    assert.ok(
      codes.every((code) => ['ERR_CHANNEL_REFUSED', 'ERR_TIER_REQUIRED', CANCELLED].includes(code)),
      codes.join(),
    );
  });

  attack(
    'that it guesses: a window that it opens by itself has nothing to confirm',
    async ({ site, context, page }) => {
      await page.evaluate(async () => {
        window.held = await window.mount();
        window.answer = window.held.ask(window.signing('asked-for'));
      });
      for (const id of ['guessed', 'asked-fo', 'asked-for#', '']) {
        const tab = await context.newPage();
        await tab.goto(`${site.signOrigin}/consent#${id}`);
        assert.equal(await tab.locator('button.confirm').count(), 0, id);
        await tab.close();
      }
      // In a tab instead of a window, too, the text stands there.
      const tab = await context.newPage();
      await tab.goto(`${site.signOrigin}/consent#asked-for`);
      await tab.locator('#text').waitFor();
      assert.equal(await tab.locator('#text').textContent(), NOT_MEANT);
      await tab.locator('button.cancel').click();
      assert.equal(await page.evaluate(async () => window.use(await window.answer)), CANCELLED);
    },
  );

  attack('of another page of the site: it is not the app’s', async ({ site, context, page, t }) => {
    const evil = await startOrigin('evil', (_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>evil</title><body><button id="go">Go</button></body>');
    });
    t.after(() => evil.close());
    await page.evaluate(async () => {
      window.held = await window.mount();
      window.answer = window.held.ask(window.signing('shared-id'));
    });
    const hostile = await context.newPage();
    await hostile.goto(evil.origin);
    const framed = await hostile.evaluate(async (signOrigin) => {
      const heard = [];
      addEventListener('message', ({ data }) => heard.push(data));
      new BroadcastChannel('partitioned-authority-consent-shared-id').postMessage({
        kind: 'confirmed',
        from: 'x',
        field: 'act="transfer"',
      });
      for (const path of ['/', '/consent#shared-id', '/consent-frame#shared-id']) {
        const frame = document.createElement('iframe');
        const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
        frame.src = signOrigin + path;
        document.body.append(frame);
        await loaded;
      }
      return heard;
    }, site.signOrigin);
    assert.deepEqual(framed, []);
    assert.equal(
      await page.evaluate(async () => {
        void window.held.ask({ type: 'cancel', consentId: 'shared-id' });
        return window.use(await window.answer);
      }),
      CANCELLED,
    );
  });
});
