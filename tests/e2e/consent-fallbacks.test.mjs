// What becomes of a consent where the browser, or what stands in it, lacks something. docs/consent.md has the table.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { call, codeOf, connect, createStage, logIn, newPage, open } from './kit/browser.mjs';
import { arm, asked, consentStates, press, pressed, request } from './kit/consent.mjs';

const stage = createStage();

/** A page where `script` runs first, in every document of the context. */
async function without(t, script, { user = 'alice', ...options } = {}) {
  const { site, context } = await stage.site(t, { ...options, fresh: true });
  await context.addInitScript(script);
  const page = await open(context, site);
  const enrolled = user === null ? undefined : await logIn(page, user);
  return { site, context, page, enrolled };
}

async function confirms(page) {
  const window = await press(page, request('transfer'));
  await window.confirm();
  return asked(page);
}

it('no IndexedDB: a key in memory; consent works, until the reload', async (t) => {
  const { site, page, enrolled } = await without(t, () => {
    if (location.hostname.startsWith('sign.')) Object.defineProperty(window, 'indexedDB', { get: () => undefined });
  });
  assert.equal(enrolled.persistent, false);
  assert.equal((await confirms(page)).status, 200);
  await page.reload();
  await connect(page, site);
  assert.equal(await codeOf(page, () => window.pas.fetch('/api/signed')), 'ERR_NOT_ENROLLED');
  await logIn(page);
  assert.equal((await confirms(page)).status, 200);
});

it('no localStorage in the window: consent works, its count of what was cancelled does not', async (t) => {
  const { page } = await without(t, () => {
    if (location.hostname.startsWith('sign.')) {
      Object.defineProperty(window, 'localStorage', {
        get: () => {
          throw new DOMException('no', 'SecurityError');
        },
      });
    }
  });
  assert.equal((await confirms(page)).status, 200);
});

it('the frame is blocked: there is no client, and nothing is signed', async (t) => {
  const { site, context } = await stage.site(t, { csp: { 'frame-src': "'none'" } });
  const page = await newPage(context);
  await page.goto(`${site.appOrigin}/`);
  await page.waitForFunction(() => window.PAS);
  assert.equal(
    await codeOf(page, (signOrigin) => window.PAS.connect({ signOrigin, timeoutMs: 1_000 }), site.signOrigin),
    'ERR_CHANNEL_TIMEOUT',
  );
});

describe('the browser opens no window', () => {
  const noWindow = () => {
    const real = window.open;
    window.blocking = true;
    window.open = (...args) => (window.blocking ? null : real.apply(window, args));
  };

  it('and nobody offers to: the request fails at once', async (t) => {
    const { site, page } = await without(t, noWindow);
    await arm(page, request('transfer'));
    await page.locator('#go').click();
    assert.deepEqual(await asked(page), { code: 'ERR_POPUP_BLOCKED' });
    assert.equal((await call(page, '/api/signed')).status, 200, 'what needs no consent goes on');
    assert.equal(site.sent('/api/transfer').length, 0);
  });

  it('the page is told, and opens it in the next press', async (t) => {
    const { page } = await without(t, noWindow);
    await page.evaluate(() => {
      window.pas.addEventListener('consent', (event) => {
        const { detail } = event;
        if (detail.state !== 'blocked') return;
        // Says that somebody offers to open it.
        event.preventDefault();
        document.querySelector('#go').addEventListener(
          'click',
          () => {
            window.blocking = false;
            detail.open();
          },
          { once: true },
        );
      });
    });
    await arm(page, request('transfer'));
    await page.locator('#go').click();
    await page.waitForFunction(() =>
      window.events.some(({ type, state }) => type === 'consent' && state === 'blocked'),
    );
    const window = await pressed(page);
    await window.confirm();
    assert.equal((await asked(page)).status, 200);
    assert.deepEqual(await consentStates(page), ['blocked', 'waiting', 'done']);
  });
});

for (const [name, remove] of Object.entries({
  'no WebAuthn': () => {
    delete Navigator.prototype.credentials;
    delete window.PublicKeyCredential;
  },
  'WebAuthn that policy forbids': () => {
    const refuse = async () => {
      throw new DOMException('no', 'NotAllowedError');
    };
    if (navigator.credentials) Object.assign(navigator.credentials, { get: refuse, create: refuse });
  },
})) {
  it(`${name}: consent works, a passkey is not made, and what needs one is refused`, async (t) => {
    const { page } = await without(t, remove);
    assert.equal((await confirms(page)).status, 200);
    await page.evaluate(() => {
      const { promise, resolve } = Promise.withResolvers();
      window.asked = promise;
      document.querySelector('#go').addEventListener(
        'click',
        () => {
          window.pas.passkeys.add('phone').then(
            () => resolve('made'),
            (error) => resolve(error.code ?? String(error)),
          );
        },
        { once: true },
      );
    });
    const adding = await pressed(page);
    await adding.confirm();
    assert.equal(await asked(page), 'ERR_UV_INVALID');
    const wire = await press(page, request('wire'));
    assert.deepEqual(await asked(page), { code: 'ERR_PASSKEY_MISSING' });
    await wire.closed();
  });
}

it('a window that the browser keeps apart from the frame, as WebKitGTK does: it has nothing to confirm, and the page can give up', async (t) => {
  const { site, page } = await without(
    t,
    () => {
      if (location.pathname !== '/consent') return;
      const Shared = BroadcastChannel;
      window.BroadcastChannel = class extends Shared {
        constructor(name) {
          super(`apart:${name}`);
        }
      };
    },
    {},
  );
  await page.evaluate(
    async (signOrigin) => (window.pas = await window.PAS.connect({ signOrigin, consent: { timeoutMs: 1_500 } })),
    site.signOrigin,
  );
  const window = await press(page, request('transfer'));
  assert.deepEqual(await asked(page), { code: 'ERR_CONSENT_TIMEOUT' });
  assert.equal(await window.page.locator('button.confirm').count(), 0);
  assert.deepEqual(
    site.accepted.filter(({ consent }) => consent),
    [],
  );
});
