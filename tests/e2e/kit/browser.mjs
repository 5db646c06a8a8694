// The browser of a test file, driven by playwright-core.
import { after, before, beforeEach } from 'node:test';
import { launch } from './engine.mjs';
import { startSite } from './site.mjs';

export { engine, launch } from './engine.mjs';

/** What takes longer hangs, ms: a machine that has much to do is only slow. */
const PATIENCE_MS = 120_000;

/** The page that a context opened with, while nobody uses it. */
const idle = new WeakMap();

/** A page of a context: the one that it opened with, or another one. */
export async function newPage(context) {
  const page = idle.get(context);
  idle.delete(context);
  // Firefox draws only what is in front.
  await page?.bringToFront();
  return page ?? context.newPage();
}

/**
 * One browser for a file. Every test gets a site of its own, and with its port origins of its own. A context is lent
 * to one test after another, as to open one with its first page is most of the work of a log-in.
 */
export function createStage(extra = [], options = {}) {
  let browser;
  /** Contexts that nobody uses, by their options. */
  const free = new Map();
  before(async () => (browser = await launch(extra, options)));
  after(() => browser.close());

  /** A site and a context, closed with the test `t`. */
  async function site(t, { context: contextOptions = {}, fresh, ...options } = {}) {
    const opened = await startSite(options);
    t.after(() => opened.close());
    return { site: opened, context: await context(t, contextOptions, { fresh }) };
  }

  /** A context without cookies, and with one page that stands on no site. Of a `fresh` one no other test gets to see what was changed in it. */
  async function context(t, options = {}, { fresh = false } = {}) {
    const key = JSON.stringify(options);
    if (!free.has(key)) free.set(key, []);
    let opened = fresh ? undefined : free.get(key).pop();
    if (opened === undefined) {
      opened = await browser.newContext(options);
      opened.setDefaultTimeout(PATIENCE_MS);
    }
    t.after(
      fresh
        ? () => opened.close()
        : async () => {
            const [kept, ...others] = opened.pages();
            await Promise.all([
              opened.clearCookies(),
              opened.unrouteAll(),
              kept?.goto('about:blank'),
              ...others.map((page) => page.close()),
            ]);
            if (kept !== undefined) idle.set(opened, kept);
            free.get(key).push(opened);
          },
    );
    return opened;
  }

  /** A site and a page where `user` is logged in; nobody if it is null. */
  async function session(t, { user = 'alice', client = {}, ...options } = {}) {
    const stage = await site(t, options);
    const page = await open(stage.context, stage.site, client);
    const enrolled = user === null ? undefined : await logIn(page, user);
    return { ...stage, page, enrolled };
  }

  /** A session for all tests of a suite; what the site logged is forgotten before each. */
  function shared(options = {}) {
    const held = {};
    const closers = [];
    before(async () => Object.assign(held, await session({ after: (close) => closers.push(close) }, options)));
    beforeEach(async () => {
      held.site.forget();
      if (!held.page.isClosed()) await held.page.bringToFront();
    });
    after(() => Promise.all(closers.map((close) => close())));
    return held;
  }

  return { site, context, session, shared };
}

/** A page of the app, connected to its signing frame as `window.pas`. */
export async function open(context, site, options = {}) {
  const page = await newPage(context);
  await page.goto(`${site.appOrigin}/`);
  await connect(page, site, options);
  return page;
}

export async function connect(page, site, options = {}) {
  await page.waitForFunction(() => window.PAS);
  await page.evaluate(
    async ([signOrigin, timeoutMs, options]) => {
      window.pas = await window.PAS.connect({ signOrigin, timeoutMs, ...options });
      window.events = [];
      for (const type of ['signed', 'refused', 'ended', 'consent']) {
        window.pas.addEventListener(type, ({ detail }) => window.events.push({ type, ...detail }));
      }
    },
    [site.signOrigin, PATIENCE_MS, options],
  );
}

/** Reloads the page, and connects again. */
export async function reload(page, site, options = {}) {
  await page.reload();
  await connect(page, site, options);
}

export async function logIn(page, user = 'alice') {
  return page.evaluate(async (user) => {
    await fetch(`/login/${user}`, { method: 'POST' });
    return window.pas.enroll();
  }, user);
}

/** `pas.fetch` in the page: status, code or JSON. */
export const call = (page, url, init) =>
  page.evaluate(
    async ([url, init]) => {
      const response = await window.pas.fetch(url, init);
      const json = await response.json().catch(() => null);
      return { status: response.status, code: json?.code, json };
    },
    [url, init],
  );

/** The code that a call in the page is refused with. An expression: CSP keeps a page from `eval`. */
export const codeOf = (page, work, argument) =>
  page.evaluate(`(async () => {
    try {
      await (${work})(${JSON.stringify(argument)});
      return 'accepted';
    } catch (error) {
      return error.code ?? String(error);
    }
  })()`);

/** What comes of `work` in a page of a fresh context, once all time that it may take has passed there. */
export async function eventually(page, work) {
  await page.clock.install();
  let settled = false;
  const outcome = work().finally(() => (settled = true));
  while (!settled) await page.clock.fastForward(PATIENCE_MS);
  return outcome;
}

/** What the client told the page. */
export const events = (page, type) =>
  page.evaluate((type) => window.events.filter((event) => event.type === type), type);

export const keyId = (page) => page.evaluate(async () => (await window.pas.state()).keyId);

/** The signing frame of a page. */
export const frameOf = (page, site) => page.frames().find((frame) => frame.url() === `${site.signOrigin}/`);

/** Every record of the frame's key store; undefined where there is no such store. */
export const storedKeys = (frame) =>
  frame.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open('partitioned-authority');
        // To look must not make it.
        request.onupgradeneeded = () => request.transaction.abort();
        request.onerror = () => (request.error.name === 'AbortError' ? resolve(undefined) : reject(request.error));
        request.onsuccess = () => {
          const database = request.result;
          const all = database.transaction('keys').objectStore('keys').getAll();
          all.onsuccess = () => {
            database.close();
            resolve(
              all.result.map(({ key, ...rest }) => ({
                ...rest,
                key: { type: key.type, extractable: key.extractable, usages: key.usages },
              })),
            );
          };
        };
      }),
  );

/** The next press of `#go` sends an `act`; see {@link acted}. */
export const arm = (page, init = {}) =>
  page.evaluate((init) => {
    const { promise, resolve } = Promise.withResolvers();
    window.acted = promise;
    document.querySelector('#go').addEventListener(
      'click',
      async () => {
        const response = await window.pas.fetch('/api/act', { method: 'POST', body: 'x', action: 'act', ...init });
        const json = await response.json();
        resolve({ status: response.status, code: json.code, json });
      },
      { once: true },
    );
  }, init);

export const acted = (page) => page.evaluate(() => window.acted);

/** Moves the mouse as a hand does, in a bow that slows down, and presses off the centre. */
export async function mousePress(page, selector = '#go') {
  await page.locator(selector).scrollIntoViewIfNeeded();
  const box = await page.locator(selector).boundingBox();
  const [width, height] = await page.evaluate(() => [innerWidth, innerHeight]);
  // From where there is room: no driver but Chromium's moves a pointer out of the page.
  const beside = (at, by, end) => (at + by < end ? at + by : Math.max(at - by, 1));
  const [fromX, fromY] = [beside(box.x, 320, width), beside(box.y, 240, height)];
  const [toX, toY] = [Math.round(box.x + box.width * 0.37), Math.round(box.y + box.height * 0.61)];
  const steps = 24;
  for (let i = 0; i <= steps; i += 1) {
    const t = i / steps;
    const eased = t * t * (3 - 2 * t);
    const bow = Math.sin(Math.PI * eased) * 28;
    const [x, y] = [fromX + (toX - fromX) * eased - bow, fromY + (toY - fromY) * eased + bow * 0.4];
    await page.mouse.move(Math.max(Math.round(x), 0), Math.min(Math.round(y), height - 1));
  }
  await page.mouse.down();
  // A hand holds the button for some frames.
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        let frames = 4;
        const next = () => (frames-- > 0 ? requestAnimationFrame(next) : resolve());
        next();
      }),
  );
  await page.mouse.up();
}

export async function keyPress(page, key, selector = '#go') {
  await page.locator(selector).focus();
  await page.keyboard.press(key);
}

export const bytesOf = ({ json }) => Buffer.from(json.body, 'base64');
