// Whatever people act with, on whatever screen: none is refused, even where the policy refuses what is weak.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { acted, arm, createStage, keyPress, mousePress } from './kit/browser.mjs';

const stage = createStage();

/** The strictest policy there is. */
const strict = { interaction: { onWeak: 'refuse' } };

/** The next press of `#go` is accepted; resolves with what was made of it. */
async function accepted(page, press) {
  await arm(page);
  await press();
  const { status, json, code } = await acted(page);
  assert.equal(status, 200, `${code}`);
  const { kind, bound, plausible, band } = json.interaction;
  assert.deepEqual([bound, plausible], [true, true]);
  assert.notEqual(band, 'weak');
  return { kind, interaction: json.interaction };
}

const middle = async (page) => {
  const box = await page.locator('#go').boundingBox();
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
};

/** A pen that comes down from nowhere, or hovers first. */
async function pen(page, hovering) {
  const { x, y } = await middle(page);
  const input = await page.context().newCDPSession(page);
  const send = (type, dx, more = {}) =>
    input.send('Input.dispatchMouseEvent', {
      type,
      x: Math.round(x) + dx,
      y: Math.round(y),
      pointerType: 'pen',
      ...more,
    });
  for (const dx of hovering) await send('mouseMoved', dx);
  await send('mousePressed', 3, { button: 'left', clickCount: 1, force: 0.4 });
  await send('mouseReleased', 3, { button: 'left', clickCount: 1 });
}

/** Fingers as the browser's input layer takes them. */
async function touch(page, { radius = 6, moved = 0 } = {}) {
  const { x, y } = await middle(page);
  const input = await page.context().newCDPSession(page);
  const point = (dx) => [{ x: x + dx, y, radiusX: radius, radiusY: radius, force: 0.5 }];
  await input.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: point(0) });
  if (moved) await input.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: point(moved) });
  await input.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
}

const screens = {
  'an ordinary screen': {},
  'a high-DPI screen': { deviceScaleFactor: 2 },
  'a screen at 150 %': { deviceScaleFactor: 1.5 },
  'a telephone': { deviceScaleFactor: 3, viewport: { width: 390, height: 780 }, isMobile: true },
  'reduced motion': { reducedMotion: 'reduce' },
  'forced colours': { forcedColors: 'active' },
};

for (const [screen, context] of Object.entries(screens)) {
  describe(screen, () => {
    const shared = stage.shared({ ...strict, context: { hasTouch: true, ...context } });

    it('keys', async () => {
      const { page } = shared;
      for (const key of ['Enter', 'Space']) {
        for (let again = 0; again < 2; again += 1) {
          assert.equal((await accepted(page, () => keyPress(page, key))).kind, 'keyboard');
        }
      }
    });

    it('a path by the keyboard: Tab to the button, then Space', async () => {
      const { page } = shared;
      await page.evaluate(() => document.activeElement?.blur());
      const { kind } = await accepted(page, async () => {
        for (let steps = 0; steps < 12; steps += 1) {
          await page.keyboard.press('Tab');
          if (await page.evaluate(() => document.activeElement?.id === 'go')) break;
        }
        await page.keyboard.press('Space');
      });
      assert.equal(kind, 'keyboard');
    });

    it('taps, also those that slip a little', async () => {
      const { page } = shared;
      for (const options of [{}, { radius: 22 }, { moved: 2 }]) {
        assert.equal((await accepted(page, () => touch(page, options))).kind, 'touch');
      }
    });

    it('pens, with and without a way', async () => {
      const { page } = shared;
      for (const way of [[], [60, 47, 31, 20, 8, 3], [240, 3]]) {
        assert.equal((await accepted(page, () => pen(page, way))).kind, 'pen');
      }
    });

    it('switches and voice control press the very middle, for no time', async () => {
      const { page } = shared;
      // A click of assistive technology has no pointer and no key before it; Enter in a field makes the same.
      const { kind } = await accepted(page, async () => {
        await page.evaluate(() => {
          // A bare click right after a press would be that press's echo.
          window.pas.tracker.stop();
          window.pas.tracker.start();
          const form = document.createElement('form');
          form.id = 'helper';
          form.innerHTML = '<input>';
          form.append(document.querySelector('#go'));
          form.addEventListener('submit', (event) => event.preventDefault());
          document.body.append(form);
          form.querySelector('input').focus();
        });
        await page.keyboard.press('Enter');
      });
      assert.equal(kind, 'assistive');
      await page.evaluate(() => {
        document.body.prepend(document.querySelector('#go'));
        document.querySelector('#helper').remove();
      });
    });
  });
}

describe('a page that is zoomed', () => {
  const shared = stage.shared({ ...strict, context: { hasTouch: true } });

  for (const factor of [0.67, 1.25, 1.75]) {
    it(`to ${factor * 100} %`, async () => {
      const { page } = shared;
      await page.evaluate((zoom) => (document.documentElement.style.zoom = zoom), factor);
      assert.equal((await accepted(page, () => keyPress(page, 'Enter'))).kind, 'keyboard');
      assert.equal((await accepted(page, () => touch(page))).kind, 'touch');
      assert.equal((await accepted(page, () => pen(page, [90, 40, 3]))).kind, 'pen');
    });
  }
});

describe('a busy machine', () => {
  const shared = stage.shared({ ...strict, context: { hasTouch: true } });

  it('that runs at a tenth of its speed', async () => {
    const { page } = shared;
    const input = await page.context().newCDPSession(page);
    await input.send('Emulation.setCPUThrottlingRate', { rate: 10 });
    assert.equal((await accepted(page, () => keyPress(page, 'Space'))).kind, 'keyboard');
    assert.equal((await accepted(page, () => touch(page))).kind, 'touch');
    assert.equal((await accepted(page, () => pen(page, [90, 40, 3]))).kind, 'pen');
    await input.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  });
});

describe('a button that is pressed again with the mouse at rest', () => {
  for (const mode of ['private', 'samples']) {
    it(`is no movement that was seen before: ${mode}`, async (t) => {
      // A driver's hand may be weak; here only what was seen before is looked at.
      const { page } = await stage.session(t, { interaction: { onWeak: 'audit' }, client: { tracker: { mode } } });
      const press = async (how) => {
        await arm(page);
        await how();
        const { status, json } = await acted(page);
        assert.deepEqual([status, json.interaction.kind, json.interaction.seen], [200, 'mouse', undefined]);
      };
      await press(() => mousePress(page));
      for (let again = 0; again < 3; again += 1) {
        await press(async () => {
          await page.mouse.down();
          await page.mouse.up();
        });
      }
    });
  }
});
