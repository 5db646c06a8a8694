// The interaction tracker under real input: what gives a proof, what gives none, and what is in it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { independent } from '../independent/load.mjs';
import { acted, arm, call, createStage, keyPress, logIn, mousePress, open } from './kit/browser.mjs';

const stage = createStage();

/** A proof from the page's tracker as bytes, or undefined. Takes one of its four uses. */
const proof = (page) =>
  page.evaluate(() => {
    const bytes = window.pas.tracker.proof('act', 'POST', '/api/act?', '');
    return bytes && [...bytes];
  });

const snapshot = (page) => page.evaluate(() => window.pas.tracker.snapshot());

const act = (page, init = {}) => call(page, '/api/act', { method: 'POST', body: 'x', action: 'act', ...init });

/** A fresh tracker: nothing was seen yet. */
const restart = (page) =>
  page.evaluate(() => {
    window.pas.tracker.stop();
    window.pas.tracker.start();
  });

/** While `work` is done no time passes in the page: a press gets no older, however slow the machine is. */
async function atOnce(page, work) {
  await page.evaluate(() => {
    const at = performance.now();
    performance.now = () => at;
  });
  await work();
  await page.evaluate(() => delete performance.now);
}

const centre = async (page, selector = '#go') => {
  const box = await page.locator(selector).boundingBox();
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
};

/** The trajectory itself, to be looked at. */
const withSamples = { tracker: { mode: 'samples' } };

describe('privacy mode, which is the default', () => {
  const shared = stage.shared({ context: { hasTouch: true } });

  it('sends numbers of the movement: no position, no time', async () => {
    const { page } = shared;
    await restart(page);
    await mousePress(page);
    const bytes = await proof(page);
    assert.deepEqual([bytes[0], bytes.length, bytes[32]], [2, 53, 20]);
    const { points } = await snapshot(page);
    assert.ok(points.length > 20, 'the page itself may look');
    // Another client's, of the same movement: the press is where it ended.
    const [, x, y] = points.at(-1);
    const theirs = independent.features(independent.samplesOf([0, x, y], points));
    assert.deepEqual(bytes.slice(33), independent.privateNumbers(theirs));
    await arm(page);
    await mousePress(page);
    const { status, json } = await acted(page);
    const { kind, bound, plausible, samples, features, band, reasons } = json.interaction;
    assert.deepEqual([status, kind, bound, plausible, samples, features], [200, 'mouse', true, true, 0, undefined]);
    assert.ok(['strong', 'ordinary', 'weak'].includes(band), band);
    assert.ok(reasons.length > 0);
  });

  it('of a mouse at 1,000 Hz the numbers are those of all its positions', async () => {
    const { page } = shared;
    await restart(page);
    const { x, y } = await centre(page);
    await page.evaluate(() => {
      window.moves = [];
      addEventListener(
        'pointermove',
        (event) => {
          for (const { timeStamp, clientX, clientY } of event.getCoalescedEvents())
            window.moves.push([timeStamp, clientX, clientY]);
        },
        { capture: true },
      );
      addEventListener(
        'pointerdown',
        ({ timeStamp, clientX, clientY }) => (window.pressed = [timeStamp, clientX, clientY]),
        { capture: true, once: true },
      );
    });
    const input = await page.context().newCDPSession(page);
    const start = Date.now() / 1000 - 0.7;
    const to = [Math.round(x) + 7, Math.round(y) + 3];
    const mouse = (type, ms, [dx, dy], more) =>
      input.send('Input.dispatchMouseEvent', {
        type,
        x: to[0] + dx,
        y: to[1] + dy,
        timestamp: start + ms / 1000,
        ...more,
      });
    const reach = (ms) => {
      const u = ms / 600;
      const left = 1 - u * u * (3 - 2 * u);
      return [Math.round(280 * left), Math.round(60 * left + 90 * u * left)];
    };
    // Sent together: the browser joins what comes within one of its frames.
    await Promise.all(Array.from({ length: 601 }, (_, ms) => mouse('mouseMoved', ms, reach(ms))));
    await mouse('mousePressed', 640, [0, 0], { button: 'left', clickCount: 1 });
    await mouse('mouseReleased', 700, [0, 0], { button: 'left', clickCount: 1 });
    const { pressed, moves } = await page.evaluate(() => ({ pressed: window.pressed, moves: window.moves }));
    assert.ok(moves.length > 300, `${moves.length} positions`);
    const { points } = await snapshot(page);
    assert.equal(points.length, 100, 'as many as a proof holds');
    const spans = [points, moves].map((path) => Math.round(path.at(-1)[0] - path[0][0]));
    assert.ok(spans[1] - spans[0] < 17, `all the way is in them, but for a frame: ${spans} ms`);
    const all = independent.features(independent.samplesOf(pressed, moves, moves.length));
    assert.deepEqual((await proof(page)).slice(33), independent.privateNumbers(all));
  });

  it('fingers, keys and pens', async () => {
    const { page } = shared;
    await restart(page);
    const { x, y } = await centre(page);
    await page.touchscreen.tap(x, y);
    assert.deepEqual((await proof(page)).slice(31), [0, 0]);
    assert.deepEqual((await act(page)).json.interaction.kind, 'touch');
    await keyPress(page, 'Enter');
    assert.deepEqual((await proof(page)).slice(31), [0, 0]);
    assert.deepEqual((await act(page)).json.interaction.kind, 'keyboard');
  });
});

describe('what gives a proof', () => {
  const shared = stage.shared({ context: { hasTouch: true }, client: withSamples });

  it('a mouse that moves and presses, with every position on its way', async () => {
    const { page } = shared;
    await restart(page);
    await page.evaluate(() => {
      window.moves = [];
      addEventListener(
        'pointermove',
        (event) => {
          for (const { clientX, clientY } of event.getCoalescedEvents()) window.moves.push([clientX, clientY]);
        },
        { capture: true },
      );
    });
    await arm(page);
    await mousePress(page);
    const { status, json } = await acted(page);
    assert.deepEqual([status, json.tier], [200, 'interactive']);
    const { interaction } = json;
    assert.deepEqual([interaction.kind, interaction.bound, interaction.plausible], ['mouse', true, true]);
    const { points } = await snapshot(page);
    const moves = await page.evaluate(() => window.moves);
    assert.deepEqual(
      points.map(([, x, y]) => [x, y]),
      moves.slice(-points.length),
    );
    assert.equal(interaction.samples, points.length);
    assert.ok(
      points.every(([t], i) => t <= 0 && (i === 0 || t >= points[i - 1][0])),
      'oldest first, before the press',
    );
    assert.ok(
      interaction.reasons.includes('the browser says it is driven by automation'),
      'and that is told to the operator',
    );
  });

  it('positions that the browser joined in one event', async () => {
    const { page } = shared;
    await restart(page);
    const { x, y } = await centre(page);
    await page.evaluate(() => {
      window.joined = 0;
      addEventListener(
        'pointermove',
        (event) => (window.joined = Math.max(window.joined, event.getCoalescedEvents().length)),
      );
      // Moves that come while the main thread is busy arrive as one event.
      window.busy = (ms) =>
        new Promise((resolve) =>
          setTimeout(() => {
            const until = performance.now() + ms;
            while (performance.now() < until);
            resolve();
          }),
        );
    });
    const input = await page.context().newCDPSession(page);
    const busy = page.evaluate(() => window.busy(150));
    await Promise.all([
      busy,
      ...Array.from({ length: 12 }, (_, i) =>
        input.send('Input.dispatchMouseEvent', { type: 'mouseMoved', x: x + 120 - i * 10, y: y + Math.abs(6 - i) }),
      ),
    ]);
    await page.mouse.move(Math.round(x) + 2, Math.round(y) + 1);
    await page.mouse.down();
    await page.mouse.up();
    const { points } = await snapshot(page);
    const joined = await page.evaluate(() => window.joined);
    assert.ok(points.length >= joined);
    const bytes = await proof(page);
    const isJoined = (bytes[1] & 2) !== 0;
    assert.equal(isJoined, joined > 1, 'the flag says whether samples were joined');
    assert.equal((await act(page)).status, 200);
  });

  it('a tap', async () => {
    const { page } = shared;
    await restart(page);
    const { x, y } = await centre(page);
    await page.touchscreen.tap(x, y);
    const { status, json } = await act(page);
    assert.deepEqual([status, json.interaction.kind, json.interaction.samples], [200, 'touch', 0]);
  });

  it('a pen', async () => {
    const { page } = shared;
    await restart(page);
    const { x, y } = await centre(page);
    const input = await page.context().newCDPSession(page);
    const pen = (type, dx, more = {}) =>
      input.send('Input.dispatchMouseEvent', {
        type,
        x: Math.round(x) + dx,
        y: Math.round(y),
        pointerType: 'pen',
        ...more,
      });
    for (const dx of [60, 47, 31, 20, 8, 3]) await pen('mouseMoved', dx);
    await pen('mousePressed', 3, { button: 'left', clickCount: 1, force: 0.5 });
    await pen('mouseReleased', 3, { button: 'left', clickCount: 1 });
    const { status, json } = await act(page);
    assert.deepEqual([status, json.interaction.kind], [200, 'pen']);
    assert.ok(json.interaction.samples > 0);
  });

  for (const key of ['Enter', 'Space', 'a']) {
    it(`the key ${key}, outside fields`, async () => {
      const { page } = shared;
      await restart(page);
      await keyPress(page, key);
      const { status, json } = await act(page);
      assert.deepEqual([status, json.interaction.kind, json.interaction.samples], [200, 'keyboard', 0]);
    });
  }

  it('a click of assistive technology: trusted, without a press or key before it', async () => {
    const { page } = shared;
    await restart(page);
    // The protocol can't press as a screen reader does; submitting a form by Enter in its field makes the same bare click.
    await page.evaluate(() => {
      const form = document.createElement('form');
      const field = document.createElement('input');
      const button = document.createElement('button');
      form.append(field, button);
      document.body.append(form);
      field.focus();
      window.clicked = new Promise((resolve) =>
        button.addEventListener('click', ({ isTrusted, detail }) => resolve([isTrusted, detail])),
      );
      form.addEventListener('submit', (event) => event.preventDefault());
    });
    await page.keyboard.press('Enter');
    assert.deepEqual(await page.evaluate(() => window.clicked), [true, 0]);
    const { status, json } = await act(page);
    assert.deepEqual([status, json.interaction.kind], [200, 'assistive']);
  });
});

describe('what gives none', () => {
  const shared = stage.shared();

  it('nothing at all', async () => {
    const { page } = shared;
    await restart(page);
    assert.equal(await proof(page), undefined);
    assert.equal(await snapshot(page), undefined);
    const refused = await act(page);
    assert.deepEqual([refused.status, refused.code, refused.json.tier], [401, 'ERR_TIER_REQUIRED', 'interactive']);
    await mousePress(page);
    assert.equal((await act(page)).status, 200);
  });

  it('moves without a press', async () => {
    const { page } = shared;
    await restart(page);
    for (let i = 0; i < 20; i += 1) await page.mouse.move(100 + i * 3, 90 + i);
    assert.equal(await proof(page), undefined);
    await page.mouse.down();
    assert.notEqual(await proof(page), undefined);
    await page.mouse.up();
  });

  it('events that a script dispatched', async () => {
    const { page } = shared;
    await restart(page);
    await arm(page);
    await page.evaluate(() => {
      const button = document.querySelector('#go');
      const init = { bubbles: true, composed: true, cancelable: true, view: window };
      for (let i = 0; i < 30; i += 1) {
        button.dispatchEvent(
          new PointerEvent('pointermove', {
            ...init,
            clientX: 200 - i * 5,
            clientY: 60 - i,
            pointerId: 1,
            pointerType: 'mouse',
          }),
        );
      }
      for (const [type, Kind] of [
        ['pointerdown', PointerEvent],
        ['mousedown', MouseEvent],
        ['pointerup', PointerEvent],
        ['mouseup', MouseEvent],
        ['keydown', KeyboardEvent],
        ['keyup', KeyboardEvent],
        ['touchstart', Event],
        ['click', PointerEvent],
      ])
        button.dispatchEvent(
          new Kind(type, {
            ...init,
            clientX: 20,
            clientY: 20,
            pointerId: 1,
            pointerType: 'mouse',
            key: 'Enter',
            detail: 1,
          }),
        );
    });
    const refused = await acted(page);
    assert.deepEqual([refused.status, refused.code], [401, 'ERR_TIER_REQUIRED']);
    assert.equal(await snapshot(page), undefined);

    await arm(page);
    await page.evaluate(() => document.querySelector('#go').click());
    assert.equal((await acted(page)).code, 'ERR_TIER_REQUIRED');
    assert.equal(await snapshot(page), undefined);

    await arm(page);
    await mousePress(page);
    assert.equal((await acted(page)).status, 200);
  });

  it('events that pretend to be trusted', async () => {
    const { page } = shared;
    await restart(page);
    await page.evaluate(() => {
      const event = new PointerEvent('pointerdown', { bubbles: true, pointerId: 1 });
      try {
        Object.defineProperty(event, 'isTrusted', { get: () => true });
      } catch {
        // Not configurable: that is the point.
      }
      document.querySelector('#go').dispatchEvent(event);
    });
    assert.equal(await proof(page), undefined);
  });

  it('typing in a field, and no key is ever read', async () => {
    const { site } = shared;
    const context = shared.context;
    const page = await context.newPage();
    await page.addInitScript(() => {
      window.read = [];
      for (const name of [
        'key',
        'code',
        'keyCode',
        'charCode',
        'which',
        'location',
        'isComposing',
        'ctrlKey',
        'shiftKey',
        'altKey',
        'metaKey',
      ]) {
        const owner = name === 'which' ? UIEvent.prototype : KeyboardEvent.prototype;
        const { get } = Object.getOwnPropertyDescriptor(owner, name);
        Object.defineProperty(owner, name, {
          get() {
            if (this instanceof KeyboardEvent) window.read.push(name);
            return get.call(this);
          },
          configurable: true,
        });
      }
    });
    await page.goto(`${site.appOrigin}/`);
    await page.waitForFunction(() => window.PAS);
    await page.evaluate(async (signOrigin) => (window.pas = await window.PAS.connect({ signOrigin })), site.signOrigin);
    await page.evaluate(() => {
      document.body.insertAdjacentHTML(
        'beforeend',
        '<textarea id="area"></textarea><div id="edit" contenteditable>x</div>' + '<input id="secret" type="password">',
      );
    });
    for (const selector of ['#field', '#area', '#edit', '#secret']) {
      // By script: a press on the field would be an interaction.
      await page.evaluate((selector) => document.querySelector(selector).focus(), selector);
      await page.keyboard.type('s3cret PIN');
      assert.equal(await proof(page), undefined, selector);
    }
    assert.equal(await page.evaluate(() => document.querySelector('#field').value), 's3cret PIN');
    await page.evaluate(() => document.querySelector('#go').focus());
    await page.keyboard.press('Space');
    const one = await proof(page);
    await page.keyboard.press('Tab');
    await page.evaluate(() => document.querySelector('#go').focus());
    await page.keyboard.press('k');
    const other = await proof(page);
    assert.notEqual(one, undefined);
    assert.notEqual(other, undefined);
    assert.deepEqual(await page.evaluate(() => window.read), []);
    assert.equal((await act(page)).status, 200);
    await page.close();
  });

  it('typing in a field inside an open shadow tree', async () => {
    const { page } = shared;
    await restart(page);
    await page.evaluate(() => {
      const host = document.createElement('div');
      const field = document.createElement('input');
      host.attachShadow({ mode: 'open' }).append(field);
      document.body.append(host);
      field.focus();
    });
    await page.keyboard.type('s3cret');
    assert.equal(await proof(page), undefined);
  });

  it('a key that repeats, or a finger that scrolls', async () => {
    const { page } = shared;
    await restart(page);
    await page.locator('#go').focus();
    await page.keyboard.down('a');
    const first = await snapshot(page);
    await page.keyboard.down('a');
    const ids = [await proof(page), await proof(page)].map((bytes) => bytes.slice(3, 11).join());
    assert.equal(first.kind, 'keyboard');
    assert.equal(ids[0], ids[1], 'one press, one interaction');
    await page.keyboard.up('a');
  });
});

describe('how long and how often', () => {
  const shared = stage.shared();

  it('a proof serves four requests of one interaction, then none', async () => {
    const { site, page } = shared;
    await mousePress(page);
    const statuses = [];
    const ids = new Set();
    await atOnce(page, async () => {
      for (let i = 0; i < 6; i += 1) {
        const { status, json } = await act(page, { body: String(i) });
        statuses.push(status);
        if (status === 200) ids.add(json.interaction.eventId);
      }
    });
    assert.deepEqual(statuses, [200, 200, 200, 200, 401, 401]);
    assert.equal(ids.size, 1);
    assert.deepEqual(site.codes(), ['ERR_TIER_REQUIRED', 'ERR_TIER_REQUIRED']);
    await mousePress(page);
    assert.equal((await act(page)).status, 200);
  });

  it('the server counts uses, whatever the page does', async (t) => {
    const { site, page } = await stage.session(t, { interactionUses: 2 });
    await mousePress(page);
    await atOnce(page, async () => {
      assert.deepEqual([(await act(page)).status, (await act(page)).status], [200, 200]);
      assert.deepEqual(
        [(await act(page)).code, site.sent('/api/act').length],
        ['ERR_PROOF_REUSED', 3],
        'and it is not sent again',
      );
    });
    await mousePress(page);
    assert.equal((await act(page)).status, 200);
  });

  it('an interaction is too old after five seconds', async (t) => {
    const { site, context } = await stage.site(t, { fresh: true });
    await context.addInitScript(() => {
      const now = performance.now.bind(performance);
      window.later = 0;
      if (location.hostname.startsWith('app.')) performance.now = () => now() + window.later;
    });
    const page = await open(context, site);
    await logIn(page);
    await mousePress(page);
    const { json } = await act(page);
    assert.equal(json.interaction.kind, 'mouse');
    await page.evaluate(() => (window.later = 5_001));
    assert.equal(await proof(page), undefined);
    assert.equal((await act(page)).code, 'ERR_TIER_REQUIRED');
    await page.evaluate(() => (window.later = 0));
    await mousePress(page);
    await page.evaluate(() => (window.later = 1_500));
    const aged = await act(page);
    assert.equal(aged.status, 200);
    assert.ok(aged.json.interaction.ageMs >= 1_500, 'the server learns its age');
  });

  it('a proof is for one action and one request', async () => {
    const { page } = shared;
    await mousePress(page);
    await atOnce(page, async () => {
      const forged = await page.evaluate(async () => {
        const code = async (init, sign = '/api/act') => {
          const request = await window.pas.sign(sign, { method: 'POST', body: 'x', ...init });
          return (await (await fetch(request)).json()).code ?? 'accepted';
        };
        return [await code({ action: 'other' }), await code({ action: 'act' })];
      });
      assert.deepEqual(forged, ['ERR_TIER_REQUIRED', 'accepted']);
      // A proof taken from an honest request, sent with another body, is not covered by its own hash.
      const moved = await page.evaluate(async () => {
        const honest = await window.pas.sign('/api/act', { method: 'POST', body: 'x', action: 'act' });
        const headers = { 'interaction-proof': honest.headers.get('interaction-proof') };
        const response = await window.pas.fetch('/api/act', { method: 'POST', body: 'y', headers });
        return (await response.json()).code;
      });
      assert.ok(['ERR_SIG_PROFILE', 'ERR_TIER_REQUIRED'].includes(moved), moved);
      assert.equal((await act(page)).status, 200);
    });
  });

  it('a press that is not released yet serves a handler of pointerdown', async () => {
    const { page } = shared;
    await page.evaluate(() => {
      window.pressed = new Promise((resolve) =>
        document
          .querySelector('#go')
          .addEventListener('pointerdown', async () =>
            resolve((await window.pas.fetch('/api/act', { method: 'POST', action: 'act' })).status),
          ),
      );
    });
    const { x, y } = await centre(page);
    for (let i = 12; i > 0; i -= 1) await page.mouse.move(Math.round(x) + i * i, Math.round(y) + i);
    await page.mouse.down();
    assert.equal(await page.evaluate(() => window.pressed), 200);
    await page.mouse.up();
  });
});

describe('its life', () => {
  it('dispose removes every listener; without a tracker nothing listens', async (t) => {
    const { site, context } = await stage.session(t);
    const page = await context.newPage();
    await page.addInitScript(() => {
      const types = [];
      window.listeners = types;
      const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
      window.addEventListener = (type, ...rest) => (types.push(type), add.call(window, type, ...rest));
      window.removeEventListener = (type, ...rest) => (
        types.includes(type) && types.splice(types.indexOf(type), 1), remove.call(window, type, ...rest)
      );
    });
    await page.goto(`${site.appOrigin}/`);
    await page.waitForFunction(() => window.PAS);
    const before = await page.evaluate(() => [...window.listeners]);
    /** Types that are listened to now and were not before, each as often as it is. */
    const added = async () => {
      const rest = [...before];
      const now = await page.evaluate(() => [...window.listeners]);
      return now.filter((type) => !rest.includes(type) || !rest.splice(rest.indexOf(type), 1)).sort();
    };
    const connect = (options) =>
      page.evaluate(
        async ([signOrigin, options]) => void (window.pas = await window.PAS.connect({ signOrigin, ...options })),
        [site.signOrigin, options],
      );

    await connect({});
    assert.deepEqual(await added(), [
      'blur',
      'click',
      'keydown',
      'keyup',
      'message',
      'pointercancel',
      'pointerdown',
      'pointermove',
      'pointerup',
    ]);
    await page.evaluate(() => window.pas.dispose());
    assert.deepEqual(await added(), []);

    await connect({ tracker: false });
    assert.equal(await page.evaluate(() => window.pas.tracker), undefined);
    assert.deepEqual(await added(), ['message']);
    await mousePress(page);
    assert.equal((await act(page)).code, 'ERR_TIER_REQUIRED');
    assert.equal((await call(page, '/api/signed')).status, 200);
  });

  it('stopped it sees nothing, disposed it says so', async (t) => {
    const { page } = await stage.session(t);
    await mousePress(page);
    await page.evaluate(() => window.pas.tracker.stop());
    assert.equal(await proof(page), undefined);
    await mousePress(page);
    assert.equal(await proof(page), undefined);
    await page.evaluate(() => window.pas.tracker.start());
    await mousePress(page);
    assert.notEqual(await proof(page), undefined);
    assert.equal(
      await page.evaluate(() => {
        window.pas.tracker.dispose();
        try {
          window.pas.tracker.proof('act', 'POST', '/?', '');
        } catch (error) {
          return error.code;
        }
      }),
      'ERR_CHANNEL_CLOSED',
    );
  });

  it('options out of range are refused', async (t) => {
    const { site, page } = await stage.session(t);
    const codes = await page.evaluate(async (signOrigin) => {
      const codes = [];
      for (const capacity of [0, 101, 1.5, NaN, '5', -1]) {
        codes.push(
          await window.PAS.connect({ signOrigin, tracker: { capacity } }).then(
            () => 'accepted',
            ({ code }) => code,
          ),
        );
      }
      return codes;
    }, site.signOrigin);
    assert.deepEqual(codes, Array(6).fill('ERR_CONFIG_INVALID'));
    assert.equal(
      await page.evaluate(async (signOrigin) => {
        const client = await window.PAS.connect({ signOrigin, tracker: { capacity: 5 } });
        return client.tracker.isRunning;
      }, site.signOrigin),
      true,
    );
  });
});
