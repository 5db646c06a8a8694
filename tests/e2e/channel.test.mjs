// The port to the signing frame: what may be asked over it, and how it ends.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { call, codeOf, createStage, eventually, frameOf, keyId, logIn, newPage, open, reload } from './kit/browser.mjs';
import { ask, hostile, rawPort } from './kit/framed.mjs';

const stage = createStage();

/** What the frame's Object.prototype has as `type`. */
const frameTypeOf = async (page) => {
  const frames = page.frames().filter((frame) => new URL(frame.url()).hostname.startsWith('sign.'));
  return frames.at(-1).evaluate(() => ({}).type);
};

describe('what a port may ask', () => {
  const shared = stage.shared();

  /** A fresh port: a frame of its own, and with it a limit of its own. */
  async function rawSession() {
    await rawPort(shared.page, shared.site);
    const url = `${shared.site.appOrigin}/api/signed`;
    return { ...shared, url, sign: { type: 'sign', method: 'GET', url } };
  }

  it('messages of another protocol are refused, and honest ones still signed', async () => {
    const { page, sign, url } = await rawSession();
    const refused = [
      { type: 'export' },
      { type: 'delete' },
      { type: 'replace' },
      { type: 'importKey', key: {} },
      { type: 'keys' },
      { type: '' },
      { type: 'Sign' },
      { type: '__proto__' },
      { type: 'constructor' },
      { type: 'toString' },
      {},
      { type: 5 },
      { type: null },
      { type: ['sign'] },
      { type: 'state', account: 5 },
      { type: 'state', account: {} },
      { ...sign, method: undefined },
      { ...sign, method: 5 },
      { ...sign, url: undefined },
      { ...sign, url: '/api/signed' },
      { ...sign, url: 'x' },
      { ...sign, url: 5 },
      { ...sign, contentType: 5 },
      { ...sign, contentType: ['a'] },
      { ...sign, nonce: 5 },
      { ...sign, nonce: '' },
      { ...sign, nonce: 'short' },
      { ...sign, nonce: `${'A'.repeat(36)}.${'A'.repeat(22)}` },
      { ...sign, nonce: `${'A'.repeat(35)}"` },
      { ...sign, proof: 'text' },
      { ...sign, proof: [1] },
      { ...sign, proof: null },
      { ...sign, body: 'text' },
      { ...sign, body: [1] },
      { ...sign, body: {} },
      { ...sign, body: null },
    ];
    for (const message of refused) {
      const { ok, code } = await ask(page, message);
      assert.deepEqual([ok, code], [false, 'ERR_CHANNEL_REFUSED'], JSON.stringify(message));
    }
    for (const [message, code] of [
      [{ ...sign, url: `${url}`.replace('app.', 'evil.') }, 'ERR_ORIGIN_NOT_LISTED'],
      [{ ...sign, url: 'data:,x' }, 'ERR_ORIGIN_NOT_LISTED'],
      [{ ...sign, url: url.replace('/api/signed', '/.pas/logout') }, 'ERR_PATH_RESERVED'],
      [{ ...sign, url: url.replace('/api/signed', '/%2epas/rekey') }, 'ERR_PATH_RESERVED'],
      [{ ...sign, account: 'nobody' }, 'ERR_NOT_ENROLLED'],
      [{ ...sign, account: '' }, 'ERR_NOT_ENROLLED'],
      [{ ...sign, method: 'G T' }, 'ERR_SIG_MALFORMED'],
      [{ ...sign, method: 'GET\n"@path": /x' }, 'ERR_SIG_MALFORMED'],
      [{ ...sign, method: '' }, 'ERR_SIG_MALFORMED'],
      [{ ...sign, contentType: 'text/plain\n"@path": /x' }, 'ERR_SIG_MALFORMED'],
      [{ ...sign, contentType: 'text/plain\r\nx-injected: 1' }, 'ERR_SIG_MALFORMED'],
      [{ ...sign, contentType: 'text/plain\0' }, 'ERR_SIG_MALFORMED'],
    ]) {
      const answer = await ask(page, message);
      assert.deepEqual([answer.ok, answer.code], [false, code], JSON.stringify(message));
    }
    const typed = await page.evaluate(
      async (sign) => [
        (await window.ask({ ...sign, body: new Uint8Array(1) })).code,
        (await window.ask({ ...sign, body: new DataView(new ArrayBuffer(1)) })).code,
        (await window.ask({ ...sign, body: new Blob(['x']) })).code,
        (await window.ask({ ...sign, proof: new ArrayBuffer(1) })).code,
        (await window.ask({ ...sign, proof: new Uint8Array(500) })).code,
        (await window.ask({ ...sign, url: new String(sign.url) })).code,
      ],
      sign,
    );
    assert.deepEqual(typed, [...Array(4).fill('ERR_CHANNEL_REFUSED'), 'ERR_PROOF_MALFORMED', 'ERR_CHANNEL_REFUSED']);

    const honest = await page.evaluate(
      (sign) =>
        window.ask({ ...sign, method: 'POST', contentType: 'a/b', body: new ArrayBuffer(1), proof: new Uint8Array(1) }),
      sign,
    );
    assert.equal(honest.ok, true);
    assert.match(honest.base, /^"@method": POST\n/);
    assert.equal((await call(page, '/api/signed')).status, 200);
  });

  it('messages that are no objects, or have no usable id', async () => {
    const { page, sign } = await rawSession();
    const count = await page.evaluate((sign) => {
      const odd = [
        null,
        undefined,
        true,
        5,
        'text',
        10n,
        [],
        {},
        new Date(),
        /x/,
        new Map([['id', 'x']]),
        new Uint8Array(3),
        new ArrayBuffer(3),
        { ...sign, id: ''.padEnd(65, 'x') },
        { ...sign, id: 5 },
        { ...sign, id: null },
        { ...sign, id: ['a'] },
        { ...sign, id: {} },
      ];
      for (const message of odd) window.port.postMessage(message);
      return odd.length;
    }, sign);
    await page.waitForFunction((count) => window.stray.length === count, count);
    const stray = await page.evaluate(() => window.stray);
    assert.deepEqual(stray, Array(count).fill({ id: undefined, ok: false, code: 'ERR_CHANNEL_REFUSED' }));
    for (const id of ['', 'x'.repeat(64), '__proto__', 'constructor', '\u0000\ud800']) {
      const { ok } = await page.evaluate((message) => window.ask(message), {
        ...sign,
        id: id === '\u0000\ud800' ? 'é☃' : id,
      });
      assert.equal(ok, true, id);
    }
  });

  it('members named like those of Object, cycles, and what a getter gave', async () => {
    const { page, sign } = await rawSession();
    const [inherited, own, cyclic, computed, thrown] = await page.evaluate(async (sign) => {
      const polluted = JSON.parse('{"__proto__":{"type":"sign"},"constructor":{"prototype":{"type":"sign"}}}');
      const cycle = { ...sign };
      cycle.self = cycle;
      const computed = {
        get url() {
          return sign.url;
        },
        method: 'GET',
        type: 'sign',
        id: 'computed',
      };
      const thrown = await new Promise((resolve) => {
        try {
          window.port.postMessage({
            id: 'x',
            get type() {
              throw new Error('from a getter');
            },
          });
          resolve('posted');
        } catch (error) {
          resolve(error.message);
        }
      });
      return [
        await window.ask(polluted),
        await window.ask({ ...polluted, ...sign }),
        await window.ask(cycle),
        await window.ask(computed),
        thrown,
      ];
    }, sign);
    assert.equal(inherited.code, 'ERR_CHANNEL_REFUSED');
    assert.deepEqual([own.ok, cyclic.ok, computed.ok], [true, true, true]);
    assert.equal(thrown, 'from a getter', 'structured clone runs it in the page, before anything is sent');
    assert.equal(await frameTypeOf(page), undefined);
    assert.equal((await ask(page, sign)).ok, true);
  });

  it('memory that is shared is not accepted as content', async () => {
    const { page, sign } = await rawSession();
    const outcome = await page.evaluate(async (sign) => {
      const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
      try {
        return (await window.ask({ ...sign, method: 'POST', body: buffer })).code;
      } catch (error) {
        return error.name;
      }
    }, sign);
    assert.ok(['DataCloneError', 'ERR_CHANNEL_REFUSED'].includes(outcome), outcome);
    const unshared = await page.evaluate(
      (sign) => window.ask({ ...sign, method: 'POST', body: new ArrayBuffer(8) }),
      sign,
    );
    assert.equal(unshared.ok, true);
  });

  it('content is hashed as it was posted', async () => {
    const { page, sign } = await rawSession();
    const digest = await page.evaluate(async (sign) => {
      const body = new TextEncoder().encode('before').buffer;
      const pending = window.ask({ ...sign, method: 'POST', body });
      new Uint8Array(body).set(new TextEncoder().encode('after!'));
      return (await pending).headers['content-digest'];
    }, sign);
    const expected = await page.evaluate(async () => {
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode('before')));
      return `sha-256=:${btoa(String.fromCharCode(...hash))}:`;
    });
    assert.equal(digest, expected);
  });

  it('a parent names neither components nor parameters', async () => {
    const { site, page, sign, enrolled } = await rawSession();
    const extra = {
      created: 1,
      expires: 2,
      keyid: 'A'.repeat(43),
      keyId: 'A'.repeat(43),
      alg: 'hmac-sha256',
      tag: 'pas-1-ctl',
      label: 'x',
      components: ['@method'],
      covered: ['@method'],
      params: 'x',
      base: 'x',
      key: {},
      authority: 'evil.example',
      consent: 'act="transfer"',
      'pas-consent': 'act="transfer"',
      pasConsent: 'x',
      headers: { 'pas-consent': 'x', 'x-own': 'y' },
      contentDigest: 'sha-256=:AAAA:',
      content_digest: 'x',
      interactionProof: 'x',
      query: '?x',
      path: '/x',
      surface: 'popup',
      session: 'x',
      tier: 'consent',
      sessions: [],
      rekeyAfter: 0,
      now: 0,
      id: 'extra',
    };
    const before = Math.floor(site.now() / 1000);
    const { base, headers, ok, keyId: by } = await ask(page, { ...sign, ...extra });
    const after = Math.floor(site.now() / 1000);
    assert.deepEqual([ok, by], [true, enrolled.keyId]);
    const authority = new URL(site.appOrigin).host;
    const lines = base.split('\n');
    assert.deepEqual(lines.slice(0, -1), [
      '"@method": GET',
      `"@authority": ${authority}`,
      '"@path": /api/signed',
      '"@query": ?',
    ]);
    const params =
      /^"@signature-params": \("@method" "@authority" "@path" "@query"\);created=(\d+);nonce="[\w-]{36}\.[\w-]{22}";keyid="([\w-]{43})";alg="ecdsa-p256-sha256";tag="pas-1"$/.exec(
        lines.at(-1),
      );
    assert.ok(params, lines.at(-1));
    assert.equal(params[2], enrolled.keyId);
    assert.ok(Number(params[1]) >= before - 1 && Number(params[1]) <= after);
    assert.deepEqual(Object.keys(headers).sort(), ['signature', 'signature-input']);
    const sent = await page.evaluate(async (headers) => (await fetch('/api/signed', { headers })).status, headers);
    assert.equal(sent, 200);
  });

  it('a nonce from the future does not move the clock', async () => {
    const { site, page, sign } = await rawSession();
    const nonceAt = (ms) => {
      const bytes = Buffer.alloc(27);
      bytes[0] = 1;
      bytes.writeUIntBE(ms, 1, 6);
      return bytes.toString('base64url');
    };
    const created = async (message) => {
      const { ok, headers } = await ask(page, { ...sign, ...message });
      assert.equal(ok, true);
      const now = Math.floor(site.now() / 1000);
      const value = Number(/;created=(\d+)/.exec(headers['signature-input'])[1]);
      return { headers, off: now - value };
    };
    const day = 86_400_000;
    for (const nonce of [nonceAt(Date.now() + day), nonceAt(2 ** 48 - 1), nonceAt(Date.now() + 5_000), nonceAt(0)]) {
      const { headers, off } = await created({ nonce });
      assert.ok(off >= 0 && off < 5, `created is ${off} s late`);
      const code = await page.evaluate(
        async (headers) => (await (await fetch('/api/signed', { headers })).json()).code,
        headers,
      );
      assert.equal(code, 'ERR_NONCE_INVALID');
    }
    const { headers } = await created({ resync: true });
    assert.equal(
      await page.evaluate(async (headers) => (await fetch('/api/signed', { headers })).status, headers),
      200,
    );
  });

  it('a page that claims its key was refused gets the same key, and loses nothing', async () => {
    const { page, sign, enrolled } = await rawSession();
    for (const refusedKey of [enrolled.keyId, 'A'.repeat(43), '', 5, {}]) {
      const { ok, keyId, headers } = await ask(page, { ...sign, refusedKey });
      assert.deepEqual([ok, keyId], [true, enrolled.keyId]);
      assert.equal(
        await page.evaluate(async (headers) => (await fetch('/api/signed', { headers })).status, headers),
        200,
      );
    }
  });

  it('a flood is slowed, and served again later', async (t) => {
    const { site, context } = await stage.site(t, { fresh: true });
    await context.addInitScript(() => {
      // The time of the frame, which stands still where that is asked for: however long a slow machine takes to sign.
      const now = performance.now.bind(performance);
      performance.now = () => window.stands ?? now();
    });
    const page = await open(context, site);
    await logIn(page);
    await rawPort(page, site);
    const sign = { type: 'sign', method: 'GET', url: `${site.appOrigin}/api/signed` };
    const frame = page
      .frames()
      .filter((each) => each.url() === `${site.signOrigin}/`)
      .at(-1);
    await frame.evaluate(() => (window.stands = performance.now()));
    const codes = await page.evaluate(async (sign) => {
      const answers = await Promise.all(Array.from({ length: 1_000 }, () => window.ask(sign)));
      return answers.map(({ ok, code }) => (ok ? 'signed' : code));
    }, sign);
    assert.deepEqual([...new Set(codes)].sort(), ['ERR_RATE_LIMITED', 'signed']);
    assert.ok(codes.filter((code) => code === 'signed').length >= 100, 'what a busy page needs passes');
    assert.equal((await ask(page, sign)).code, 'ERR_RATE_LIMITED', 'as long as no time passes');
    await frame.evaluate(() => (window.stands += 100));
    const { headers } = await ask(page, sign);
    assert.equal(
      await page.evaluate(async (headers) => (await fetch('/api/signed', { headers })).status, headers),
      200,
    );
  });

  it('a flood of another tab does not slow this one', async () => {
    const { site, context, page, sign } = await rawSession();
    const other = await open(context, site);
    await page.evaluate((sign) => Promise.all(Array.from({ length: 300 }, () => window.ask(sign))), sign);
    assert.equal((await call(other, '/api/signed')).status, 200);
  });
});

describe('when the channel ends', () => {
  it('dispose rejects what waits and removes the frame', async (t) => {
    const { site, page } = await stage.session(t);
    const gate = site.gate('/.pas/hello');
    const waiting = codeOf(page, () => window.pas.rotateKey());
    await gate.reached;
    await page.evaluate(() => window.pas.dispose());
    assert.equal(await waiting, 'ERR_CHANNEL_CLOSED');
    gate.open();
    assert.equal(await page.evaluate(() => document.querySelectorAll('iframe').length), 0);
    for (const work of [
      () => window.pas.fetch('/api/signed'),
      () => window.pas.state(),
      () => window.pas.enroll(),
      () => window.pas.rotateKey(),
      () => window.pas.logout(),
      () => window.pas.ticketUrl('/api/file'),
      () => window.pas.fetch('/api/act', { method: 'POST', action: 'act' }),
    ])
      assert.equal(await codeOf(page, work), 'ERR_CHANNEL_CLOSED');
    await page.evaluate(() => window.pas.dispose());
    assert.equal(site.sent('/api/signed').length, 0);
    await reload(page, site);
    assert.equal((await call(page, '/api/signed')).status, 200, 'keys stay');
  });

  it('a frame that the page removed times out', async (t) => {
    const { page } = await stage.session(t, { fresh: true });
    assert.equal((await call(page, '/api/signed')).status, 200);
    await page.evaluate(() => document.querySelector('iframe[data-partitioned-authority]').remove());
    assert.equal(
      await eventually(page, () => codeOf(page, () => window.pas.fetch('/api/signed'))),
      'ERR_CHANNEL_TIMEOUT',
    );
  });

  it('a frame that was reloaded connects again', async (t) => {
    const { site, page, enrolled } = await stage.session(t);
    const gate = site.gate('/.pas/hello');
    const waiting = codeOf(page, () => window.pas.rotateKey());
    await gate.reached;
    const navigated = page.waitForEvent('framenavigated');
    await frameOf(page, site).evaluate(() => setTimeout(() => location.reload()));
    await navigated;
    // A frame that hears of its broken connection before it is gone still says so.
    assert.ok(['ERR_CHANNEL_CLOSED', 'ERR_SERVER_UNREACHABLE'].includes(await waiting), 'what waited is told');
    gate.open();
    // Asked of the old frame or of the new one: there is an answer once the new one is there.
    await codeOf(page, () => window.pas.state());
    assert.equal((await call(page, '/api/signed')).status, 200);
    assert.equal(await keyId(page), enrolled.keyId);
  });

  it('a frame that navigated away is not trusted', async (t) => {
    const { site, page } = await stage.session(t, { csp: { 'frame-src': '*' }, fresh: true });
    const evil = await hostile(t);
    const navigated = page.waitForEvent('framenavigated');
    await page.evaluate((url) => (document.querySelector('iframe[data-partitioned-authority]').src = url), evil.origin);
    await navigated;
    const frame = page.frames().find((each) => each.url().startsWith(evil.origin));
    await frame.waitForLoadState();
    await frame.evaluate(() => {
      window.got = [];
      addEventListener('message', ({ data, ports }) => window.got.push([data, ports.length]));
      parent.postMessage({ pas: 'ready' }, '*');
    });
    assert.equal(
      await eventually(page, () => codeOf(page, () => window.pas.fetch('/api/signed'))),
      'ERR_CHANNEL_TIMEOUT',
    );
    assert.deepEqual(await frame.evaluate(() => window.got), []);
    await reload(page, site);
    assert.equal((await call(page, '/api/signed')).status, 200);
  });

  it('an origin that does not answer', async (t) => {
    const { page } = await stage.session(t, { csp: { 'frame-src': '*' } });
    const silent = await hostile(t);
    const attempt = (signOrigin) =>
      codeOf(page, (signOrigin) => window.PAS.connect({ signOrigin, timeoutMs: 300 }), signOrigin);
    assert.equal(await attempt(silent.origin), 'ERR_CHANNEL_TIMEOUT');
    assert.equal(await attempt('http://closed.pas.localhost:1'), 'ERR_CHANNEL_TIMEOUT');
    assert.equal(await page.evaluate(() => document.querySelectorAll('iframe').length), 1, 'its frame is gone');
    assert.equal((await call(page, '/api/signed')).status, 200);
  });

  it('a signing origin that is none', async (t) => {
    const { site, page } = await stage.session(t);
    const attempt = (signOrigin) =>
      codeOf(page, (signOrigin) => window.PAS.connect({ signOrigin, timeoutMs: 300 }), signOrigin);
    for (const signOrigin of [
      `${site.signOrigin}/`,
      `${site.signOrigin}/x`,
      site.appOrigin,
      'x',
      '',
      'null',
      null,
      undefined,
    ]) {
      assert.equal(await attempt(signOrigin), 'ERR_CONFIG_INVALID', String(signOrigin));
    }
    assert.equal((await call(page, '/api/signed')).status, 200);
  });

  it("a CSP without 'wasm-unsafe-eval' is named", async (t) => {
    const { site, context } = await stage.site(t, { csp: { 'script-src': "'self'" } });
    const page = await newPage(context);
    await page.goto(`${site.appOrigin}/`);
    await page.waitForFunction(() => window.PAS);
    const [name, code, message] = await page.evaluate(
      (signOrigin) => window.PAS.connect({ signOrigin }).catch(({ name, code, message }) => [name, code, message]),
      site.signOrigin,
    );
    assert.deepEqual([name, code], ['PartitionedAuthorityError', 'ERR_WASM_UNAVAILABLE']);
    assert.match(message, /'wasm-unsafe-eval'.*script-src/);
    assert.equal(await page.evaluate(() => document.querySelectorAll('iframe').length), 0);
  });

  it('a failed connection leaves no listener behind', async (t) => {
    const { site, context } = await stage.site(t, { csp: { 'frame-src': '*' }, fresh: true });
    await context.addInitScript(() => {
      window.listening = 0;
      const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
      window.addEventListener = (...args) => ((window.listening += 1), add.apply(window, args));
      window.removeEventListener = (...args) => ((window.listening -= 1), remove.apply(window, args));
    });
    const page = await newPage(context);
    await page.goto(`${site.appOrigin}/`);
    await page.waitForFunction(() => window.PAS);
    const before = await page.evaluate(() => window.listening);
    const silent = await hostile(t);
    assert.equal(
      await codeOf(page, (signOrigin) => window.PAS.connect({ signOrigin, timeoutMs: 300 }), silent.origin),
      'ERR_CHANNEL_TIMEOUT',
    );
    assert.equal(await page.evaluate(() => window.listening), before);
  });
});
