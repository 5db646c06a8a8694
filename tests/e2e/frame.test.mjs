// The signing frame against a hostile parent: who may connect, where keys are, who may call for it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  call,
  codeOf,
  createStage,
  engine,
  frameOf,
  keyId,
  logIn,
  newPage,
  open,
  reload,
  storedKeys,
} from './kit/browser.mjs';
import { ask, hostile, mount, rawPort } from './kit/framed.mjs';

const stage = createStage();

/** Resolves when the page hears that a frame was blocked by CSP. Firefox tells it only its own console. */
const blockedFrame = (page) =>
  engine === 'firefox' ||
  page.waitForEvent('console', { predicate: (message) => message.text().includes('frame-ancestors') });

/** Resolves when the frame says that it did not start. */
const refusedToStart = (page) =>
  page.waitForEvent('console', { predicate: (message) => message.text().includes('the signing frame did not start') });

/**
 * Some round trips of messages through the framed window, behind whatever was posted before. Needs a
 * frame whose page can be reached by the driver.
 */
async function roundTrips(page, frame) {
  await frame.evaluate(() => {
    window.echo ??=
      addEventListener('message', ({ source, data }) => {
        if (typeof data?.sentinel === 'number') source.postMessage(data, '*');
      }) ?? true;
  });
  await page.evaluate(async () => {
    for (let sentinel = 0; sentinel < 10; sentinel += 1) {
      const back = new Promise((resolve) => {
        const listen = ({ data }) => {
          if (data?.sentinel !== sentinel) return;
          removeEventListener('message', listen);
          resolve();
        };
        addEventListener('message', listen);
      });
      window.framed.contentWindow.postMessage({ sentinel }, '*');
      await back;
    }
  });
}

/** Offers the framed window a port, asks over it, and keeps the answers in `window.answers`. */
const offerPort = (page, message = { pas: 'connect' }, ports = 1) =>
  page.evaluate(
    ([message, ports]) => {
      const channels = Array.from({ length: ports }, () => new MessageChannel());
      for (const { port1 } of channels) {
        port1.onmessage = ({ data }) => window.answers.push(data);
        port1.postMessage({ id: 'a', type: 'state' });
        // Refused at once, without any work.
        port1.postMessage({});
      }
      window.framed.contentWindow.postMessage(
        message,
        '*',
        channels.map(({ port2 }) => port2),
      );
    },
    [message, ports],
  );

const answers = (page) => page.evaluate(() => window.answers.map(({ id, ok, code }) => ({ id, ok, code })));

describe('who may connect', () => {
  const shared = stage.shared();

  it('the app page may, with any number of ports; shapes of another protocol are ignored', async () => {
    const { site, page } = shared;
    await mount(page, `${site.signOrigin}/`);
    await page.waitForFunction(() => window.heard.some(({ data }) => data?.pas === 'ready'));
    const frame = page
      .frames()
      .filter((each) => each.url() === `${site.signOrigin}/`)
      .at(-1);
    for (const message of [
      null,
      'connect',
      5,
      [],
      {},
      { pas: 'Connect' },
      { pas: ['connect'] },
      { type: 'connect' },
      { pas: 'connect ' },
      { pas: null },
      { pas: { toString: 'connect' } },
    ])
      await offerPort(page, message);
    await offerPort(page, { pas: 'connect' }, 0);
    await offerPort(page, { pas: 'connect' }, 2);
    await roundTrips(page, frame);
    assert.deepEqual(await answers(page), []);
    await offerPort(page);
    await offerPort(page);
    await page.waitForFunction(() => window.answers.length === 4);
    assert.equal((await answers(page)).filter(({ id, ok }) => id === 'a' && ok).length, 2);
    assert.equal((await call(page, '/api/signed')).status, 200, 'the client beside it goes on');
  });

  for (const [name, where] of Object.entries({
    'another host': (t) => hostile(t),
    'the app host on another port': (t) => hostile(t, 'app'),
  })) {
    it(`a page of ${name} can't frame it`, async (t) => {
      const { site, context } = await stage.site(t);
      const evil = await where(t);
      const page = await newPage(context);
      await page.goto(evil.origin);
      const blocked = blockedFrame(page);
      await mount(page, `${site.signOrigin}/`);
      await blocked;
      assert.equal(frameOf(page, site), undefined);
      assert.deepEqual(await page.evaluate(() => window.heard), []);
      await open(context, site);
    });

    it(`a page of ${name} gets no word from it even where its CSP was lost`, async (t) => {
      const { site, context } = await stage.site(t, { fresh: true });
      site.stripped.push('content-security-policy', 'cross-origin-resource-policy', 'cross-origin-embedder-policy');
      const evil = await where(t);
      await context.addInitScript(() => {
        // The runtime listens, and in the same task says that it is ready.
        const { addEventListener } = EventTarget.prototype;
        window.addEventListener = function (type, ...rest) {
          if (type === 'message') window.started = true;
          return addEventListener.call(window, type, ...rest);
        };
      });
      const page = await newPage(context);
      await page.goto(evil.origin);
      await mount(page, `${site.signOrigin}/`);
      await frameOf(page, site).waitForFunction(() => window.started);
      await offerPort(page);
      await roundTrips(page, frameOf(page, site));
      const heard = await page.evaluate(() => window.heard.filter(({ data }) => !('sentinel' in data)));
      assert.deepEqual([heard, await answers(page)], [[], []]);
      // The same loss does not keep the app's own page out.
      const own = await open(context, site);
      await logIn(own);
      assert.equal((await call(own, '/api/signed')).status, 200);
      // And what the hostile page offers after a log-in stays unanswered, too.
      await offerPort(page);
      await roundTrips(page, frameOf(page, site));
      assert.deepEqual(await answers(page), []);
    });
  }

  it('a frame of the app page that is itself framed is refused', async () => {
    const { site, page } = shared;
    await mount(page, `${site.appOrigin}/nested`);
    const nested = page.frames().find((frame) => frame.url().endsWith('/nested'));
    const refused = refusedToStart(page);
    await mount(nested, `${site.signOrigin}/`);
    await refused;
    await offerPort(nested);
    await roundTrips(nested, nested.childFrames()[0]);
    assert.deepEqual(await answers(nested), []);
    const alone = await page.context().newPage();
    await alone.goto(`${site.appOrigin}/nested`);
    await rawPort(alone, site);
    assert.equal((await ask(alone, { type: 'state' })).enrolled, true, 'the same page at the top may');
  });

  it('a hostile page that frames the app page gets nothing out of it', async (t) => {
    const { site, context } = await stage.session(t);
    const evil = await hostile(t);
    const page = await newPage(context);
    await page.goto(evil.origin);
    await mount(page, `${site.appOrigin}/nested`);
    const nested = page.frames().find((frame) => frame.url().endsWith('/nested'));
    const blocked = blockedFrame(page);
    await mount(nested, `${site.signOrigin}/`);
    await blocked;
    assert.deepEqual(await nested.evaluate(() => window.heard), []);
  });

  it('a sandboxed frame is refused, and one that keeps its origin is not', async () => {
    const { site, page } = shared;
    // Its origin is opaque: the script's integrity can't even be checked.
    await mount(page, `${site.signOrigin}/`, { sandbox: 'allow-scripts' });
    const frame = page
      .frames()
      .filter((each) => each.url() === `${site.signOrigin}/`)
      .at(-1);
    await offerPort(page);
    await roundTrips(page, frame);
    assert.deepEqual(await page.evaluate(() => window.heard.filter(({ data }) => !('sentinel' in data))), []);
    assert.deepEqual(await answers(page), []);
    await mount(page, `${site.signOrigin}/`, { sandbox: 'allow-scripts allow-same-origin' });
    await page.waitForFunction(() => window.heard.some(({ data }) => data?.pas === 'ready'));
  });

  it('the page at the top does nothing', async () => {
    const { site, context, page: app } = shared;
    const page = await newPage(context);
    const refused = refusedToStart(page);
    await page.goto(`${site.signOrigin}/`);
    await refused;
    const heard = await page.evaluate(async () => {
      const { port1, port2 } = new MessageChannel();
      const heard = [];
      port1.onmessage = ({ data }) => heard.push(data);
      addEventListener('message', ({ data }) => data.pas === 'ready' && heard.push(data));
      port1.postMessage({});
      postMessage({ pas: 'connect' }, '*', [port2]);
      await new Promise((resolve) => {
        addEventListener('message', ({ data }) => data === 'last' && resolve());
        postMessage('last', '*');
      });
      return heard;
    });
    assert.deepEqual(heard, []);
    assert.equal(await page.evaluate(() => document.body.innerText.trim()), '');
    assert.equal((await call(app, '/api/signed')).status, 200);
  });

  it('a pop-up of it gives its opener nothing', async () => {
    const { site, page } = shared;
    const [popup] = await Promise.all([
      page.waitForEvent('popup'),
      page.evaluate((url) => {
        window.heard = [];
        addEventListener('message', ({ data }) => window.heard.push(data));
        window.popup = open(url);
      }, `${site.signOrigin}/`),
    ]);
    await popup.waitForURL(`${site.signOrigin}/`);
    const refused = refusedToStart(popup);
    await popup.reload();
    await refused;
    await page.evaluate(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => window.heard.push(data);
      port1.postMessage({});
      window.popup.postMessage({ pas: 'connect' }, '*', [port2]);
    });
    await popup.evaluate(
      () =>
        new Promise((resolve) => {
          addEventListener('message', resolve, { once: true });
          postMessage('last', '*');
        }),
    );
    assert.deepEqual(
      await page.evaluate(() => window.heard.filter((data) => data?.pas !== undefined || data?.code)),
      [],
    );
    assert.equal((await call(page, '/api/signed')).status, 200);
  });

  it('a script of another frame in the app page is not its parent', async () => {
    const { site, page } = shared;
    await page.evaluate(async () => {
      window.sibling = document.createElement('iframe');
      window.sibling.src = '/nested';
      const loaded = new Promise((resolve) => window.sibling.addEventListener('load', resolve, { once: true }));
      document.body.append(window.sibling);
      await loaded;
    });
    await mount(page, `${site.signOrigin}/`);
    await page.waitForFunction(() => window.heard.some(({ data }) => data?.pas === 'ready'));
    const sibling = page.frames().find((frame) => frame.url().endsWith('/nested'));
    const frame = page
      .frames()
      .filter((each) => each.url() === `${site.signOrigin}/`)
      .at(-1);
    // Same origin as the parent, another window.
    await sibling.evaluate(() => {
      window.answers = [];
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => window.answers.push(data);
      port1.postMessage({});
      parent.framed.contentWindow.postMessage({ pas: 'connect' }, '*', [port2]);
    });
    await roundTrips(page, frame);
    assert.deepEqual(await answers(sibling), []);
    await offerPort(page);
    await page.waitForFunction(() => window.answers.length === 2);
    await page.evaluate(() => window.sibling.remove());
  });
});

describe('where the key is', () => {
  const shared = stage.shared();

  it("not extractable, in the frame's own store, for signing only", async () => {
    const { site, page, enrolled } = shared;
    const frame = frameOf(page, site);
    const [stored, ...others] = await storedKeys(frame);
    assert.equal(others.length, 0);
    assert.equal(stored.keyid, enrolled.keyId);
    assert.deepEqual(stored.key, { type: 'private', extractable: false, usages: ['sign'] });
    const exported = await frame.evaluate(
      () =>
        new Promise((resolve) => {
          indexedDB.open('partitioned-authority').onsuccess = ({ target: { result: database } }) => {
            database.transaction('keys').objectStore('keys').getAll().onsuccess = async ({
              target: {
                result: [{ key }],
              },
            }) => {
              database.close();
              const attempts = ['jwk', 'pkcs8', 'raw', 'spki'].map((format) =>
                crypto.subtle.exportKey(format, key).then(
                  () => 'exported',
                  ({ name }) => name,
                ),
              );
              const wrapping = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['wrapKey']);
              attempts.push(
                crypto.subtle.wrapKey('jwk', key, wrapping, { name: 'AES-GCM', iv: new Uint8Array(12) }).then(
                  () => 'wrapped',
                  ({ name }) => name,
                ),
              );
              const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, new Uint8Array(1));
              resolve([await Promise.all(attempts), signature.byteLength]);
            };
          };
        }),
    );
    assert.deepEqual(exported[1], 64, 'it signs');
    assert.ok(
      exported[0].every((name) => ['InvalidAccessError', 'NotSupportedError'].includes(name)),
      String(exported[0]),
    );
  });

  it('out of reach of the app page', async () => {
    const { site, page } = shared;
    const reach = await page.evaluate(async () => {
      const frame = document.querySelector('iframe[data-partitioned-authority]');
      const attempt = (work) => {
        try {
          return String(work());
        } catch (error) {
          return error.name;
        }
      };
      return {
        databases: (await indexedDB.databases()).length,
        document: String(frame.contentDocument),
        window: attempt(() => frame.contentWindow.indexedDB),
        eval: attempt(() => frame.contentWindow.eval('1')),
        storage: localStorage.length + sessionStorage.length,
      };
    });
    assert.deepEqual(reach, {
      databases: 0,
      document: 'null',
      window: 'SecurityError',
      eval: 'SecurityError',
      storage: 0,
    });
    assert.equal((await storedKeys(frameOf(page, site))).length, 1);
  });

  it('nowhere in what the frame answers', async (t) => {
    const { site, page } = await stage.session(t);
    await rawPort(page, site);
    const sign = { type: 'sign', method: 'GET', url: `${site.appOrigin}/api/signed` };
    const found = await page.evaluate(async (sign) => {
      const leaves = [];
      const walk = (name, value) => {
        const isPlain = Object.getPrototypeOf(value) === Object.prototype || Array.isArray(value);
        if (typeof value === 'object' && isPlain) for (const [key, inner] of Object.entries(value)) walk(key, inner);
        else leaves.push([name, typeof value]);
      };
      for (const message of [{ type: 'state' }, sign, { type: 'rekey' }]) walk('', await window.ask(message));
      return leaves;
    }, sign);
    const names = [
      'account',
      'base',
      'enrolled',
      'id',
      'keyId',
      'ok',
      'persistent',
      'session',
      'signature',
      'signature-input',
    ];
    assert.deepEqual([...new Set(found.map(([name]) => name))].sort(), names);
    assert.deepEqual([...new Set(found.map(([, type]) => type))].sort(), ['boolean', 'string']);
  });

  it("its page's CSP blocks eval, inline scripts, and every other URL", async () => {
    const { site, page } = shared;
    const frame = frameOf(page, site);
    const outcomes = await frame.evaluate(async (appOrigin) => {
      const outcomes = {};
      // In a task of its own: a driver's own evaluation may be exempt from the policy.
      const inTask = (work) =>
        new Promise((resolve) =>
          setTimeout(() =>
            resolve(
              (() => {
                try {
                  return work();
                } catch (error) {
                  return error.name;
                }
              })(),
            ),
          ),
        );
      outcomes.eval = await inTask(() => (0, eval)('1'));
      outcomes.function = await inTask(() => new Function('return 1')());
      outcomes.inline = await inTask(() => {
        const script = document.createElement('script');
        try {
          script.text = 'window.injected = true';
        } catch (error) {
          return error.name;
        }
        document.body.append(script);
        return window.injected ?? 'not run';
      });
      outcomes.html = await inTask(() => (document.body.innerHTML = '<img src=x onerror="window.injected = true">'));
      const get = (url) =>
        fetch(url, { mode: 'no-cors' }).then(
          () => 'fetched',
          ({ name }) => name,
        );
      outcomes.app = await get(`${appOrigin}/api/signed`);
      outcomes.shell = await get(`${appOrigin}/.pas`);
      outcomes.self = await get('/signing-iframe.js');
      outcomes.other = await get('http://evil.pas.localhost/');
      outcomes.image = await new Promise((resolve) => {
        const image = new Image();
        image.onerror = () => resolve('blocked');
        image.onload = () => resolve('loaded');
        image.src = `${appOrigin}/favicon.ico`;
      });
      outcomes.hello = await fetch(`${appOrigin}/.pas/hello`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      }).then(
        ({ status }) => status,
        ({ name }) => name,
      );
      return outcomes;
    }, site.appOrigin);
    assert.ok(['EvalError', 'TypeError'].includes(outcomes.eval), outcomes.eval);
    assert.ok(['EvalError', 'TypeError'].includes(outcomes.function), outcomes.function);
    assert.ok(['not run', 'TypeError'].includes(outcomes.inline), outcomes.inline);
    assert.equal(outcomes.html, 'TypeError', 'Trusted Types');
    assert.deepEqual(
      [outcomes.app, outcomes.shell, outcomes.self, outcomes.other, outcomes.image, outcomes.hello],
      ['TypeError', 'TypeError', 'TypeError', 'TypeError', 'blocked', 200],
    );
    assert.equal(await frame.evaluate(() => window.injected), undefined);
  });

  it('its page has its headers', async (t) => {
    const { site } = await stage.site(t);
    const header = async (path) =>
      Object.fromEntries((await fetch(`http://127.0.0.1:${site.signPort}${path}`)).headers);
    const html = await header('/');
    const csp = html['content-security-policy'];
    for (const directive of [
      "default-src 'none'",
      `connect-src ${site.appOrigin}/.pas/`,
      `frame-ancestors ${site.appOrigin}`,
      "require-trusted-types-for 'script'",
      "script-src 'self' 'wasm-unsafe-eval'",
      "base-uri 'none'",
      "form-action 'none'",
    ])
      assert.ok(csp.split('; ').includes(directive), directive);
    assert.deepEqual([html['cross-origin-embedder-policy'], html['origin-agent-cluster']], ['require-corp', '?1']);
    for (const path of ['/', '/signing-iframe.js', '/nothing']) {
      const headers = await header(path);
      assert.deepEqual(
        [headers['cross-origin-resource-policy'], headers['x-content-type-options']],
        ['same-site', 'nosniff'],
        path,
      );
    }
  });

  it('a changed script does not run', async (t) => {
    const { site, context } = await stage.site(t);
    await context.route(`${site.signOrigin}/signing-iframe.js`, async (route) => {
      const response = await route.fetch().catch(() => undefined);
      await route.fulfill({
        contentType: 'text/javascript',
        body: `${response ? await response.text() : ''};window.changed = true`,
      });
    });
    const page = await newPage(context);
    await page.goto(`${site.appOrigin}/`);
    await page.waitForFunction(() => window.PAS);
    await mount(page, `${site.signOrigin}/`);
    assert.equal(await frameOf(page, site).evaluate(() => window.changed), undefined);
    const code = await codeOf(
      page,
      (signOrigin) => window.PAS.connect({ signOrigin, timeoutMs: 300 }),
      site.signOrigin,
    );
    assert.equal(code, 'ERR_CHANNEL_TIMEOUT');
    await context.unroute(`${site.signOrigin}/signing-iframe.js`);
    await open(context, site);
  });
});

describe('where the browser stores no keys', () => {
  const refusals = {
    'IndexedDB throws': () => {
      if (location.hostname.startsWith('sign.'))
        IDBFactory.prototype.open = () => {
          throw new DOMException('no', 'SecurityError');
        };
    },
    'IndexedDB is not there': () => {
      if (location.hostname.startsWith('sign.')) Object.defineProperty(window, 'indexedDB', { get: () => undefined });
    },
    'a CryptoKey can not be stored': () => {
      if (location.hostname.startsWith('sign.'))
        IDBObjectStore.prototype.put = () => {
          throw new DOMException('no', 'DataCloneError');
        };
    },
    'the transaction is aborted': () => {
      if (!location.hostname.startsWith('sign.')) return;
      const { put } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.put = function (...args) {
        const request = put.apply(this, args);
        this.transaction.abort();
        return request;
      };
    },
  };
  for (const [name, refuse] of Object.entries(refusals)) {
    it(`${name}: a key in memory, until the reload`, async (t) => {
      const { site, context } = await stage.site(t, { fresh: true });
      await context.addInitScript(refuse);
      const page = await open(context, site);
      const enrolled = await logIn(page);
      assert.equal(enrolled.persistent, false);
      assert.equal((await call(page, '/api/signed')).status, 200);
      const state = await page.evaluate(() => window.pas.state());
      assert.deepEqual([state.enrolled, state.persistent, state.keyId], [true, false, enrolled.keyId]);

      const rotated = await page.evaluate(() => window.pas.rotateKey());
      assert.deepEqual([rotated.persistent, rotated.session], [false, enrolled.session]);
      assert.equal((await call(page, '/api/signed')).status, 200);

      await reload(page, site);
      assert.equal((await page.evaluate(() => window.pas.state())).enrolled, false);
      assert.equal(await codeOf(page, () => window.pas.fetch('/api/signed')), 'ERR_NOT_ENROLLED');
      await logIn(page);
      assert.equal((await call(page, '/api/signed')).status, 200);
      await page.evaluate(() => window.pas.logout());
      assert.equal((await page.evaluate(() => window.pas.state())).enrolled, false);
    });
  }

  it('a broken record beside a good one', async (t) => {
    const { site, page, enrolled } = await stage.session(t);
    await frameOf(page, site).evaluate(
      () =>
        new Promise((resolve, reject) => {
          indexedDB.open('partitioned-authority').onsuccess = ({ target: { result: database } }) => {
            const transaction = database.transaction('keys', 'readwrite');
            const store = transaction.objectStore('keys');
            for (const [i, record] of [
              null,
              5,
              'x',
              {},
              { keyid: 'x', account: 'y', session: 'z', created: Infinity, key: {} },
              { created: 9e15 },
            ].entries())
              store.put(record, `broken-${i}`);
            transaction.oncomplete = () => (database.close(), resolve());
            transaction.onerror = reject;
          };
        }),
    );
    await reload(page, site);
    assert.equal(await keyId(page), enrolled.keyId);
    assert.equal((await call(page, '/api/signed')).status, 200);
  });
});

describe('who may call /.pas/*', () => {
  const shared = stage.shared();

  it('the frame, not the app page', async () => {
    const { site, page } = shared;
    const own = await page.evaluate(async () => {
      const post = async (name, body = '{}') => {
        const response = await fetch(`/.pas/${name}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        });
        return [response.status, (await response.json()).code];
      };
      return [
        await post('hello'),
        await post('enrol'),
        await post('rekey'),
        await post('logout'),
        await post('ticket'),
      ];
    });
    assert.deepEqual(own, Array(5).fill([403, 'ERR_ORIGIN_REFUSED']));
    const framed = await frameOf(page, site).evaluate(async (origin) => {
      const response = await fetch(`${origin}/.pas/hello`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
        credentials: 'include',
      });
      return [response.status, Object.keys(await response.json()).sort()];
    }, site.appOrigin);
    assert.deepEqual(framed, [200, ['now', 'rekeyAfter']]);
  });

  it('no page of another origin', async (t) => {
    const { site, context } = await stage.session(t);
    const evil = await hostile(t);
    const page = await newPage(context);
    await page.goto(evil.origin);
    const codes = await page.evaluate(async (origin) => {
      const attempt = (init) =>
        fetch(`${origin}/.pas/logout`, { method: 'POST', credentials: 'include', ...init }).then(
          ({ status }) => status,
          ({ name }) => name,
        );
      return [
        await attempt({}),
        await attempt({ headers: { 'content-type': 'application/json' }, body: '{}' }),
        await fetch(`${origin}/.pas/logout`, { method: 'POST', mode: 'no-cors', credentials: 'include' }).then(
          ({ type }) => type,
          ({ name }) => name,
        ),
      ];
    }, site.appOrigin);
    assert.deepEqual(codes, ['TypeError', 'TypeError', 'opaque']);
    assert.equal((await site.authority.sessions.list('alice')).length, 1, 'nobody was logged out');
  });
});
