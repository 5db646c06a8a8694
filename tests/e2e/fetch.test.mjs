// `pas.fetch` in place of `fetch`: same requests, signed; and nothing leaves unsigned.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bytesOf, call, codeOf, connect, createStage, events, logIn } from './kit/browser.mjs';
import { startOrigin } from './kit/site.mjs';

const stage = createStage();

/** Sends what `make` builds in the page to `/api/signed`, and gives the answer and the bytes that were sent. */
const send = (page, make) =>
  page.evaluate(async (source) => {
    const init = (0, eval)(`(${source})`)();
    const response = await window.pas.fetch('/api/signed', { method: 'POST', ...init });
    return { status: response.status, json: await response.json() };
  }, make.toString());

const decoded = (bytes) => new TextDecoder('utf-8', { fatal: true }).decode(bytes);

describe('methods', () => {
  const shared = stage.shared();

  for (const method of [
    'GET',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'get',
    'put',
    'delete',
    'QUERY',
    'PROPFIND',
  ]) {
    it(method, async () => {
      const { page } = shared;
      const { status, json } = await call(page, '/api/signed', { method });
      // What a Request makes of it: only some methods are upper-cased.
      const expected = await page.evaluate((method) => new Request('/', { method }).method, method);
      const known = await page.evaluate(async (method) => (await fetch('/login/x', { method })).status !== 400, method);
      if (known) assert.deepEqual([status, json.method], [200, expected]);
      else assert.equal(status, 400, "Node's parser does not know it, signed or not");
    });
  }

  it('HEAD has an answer without content', async () => {
    const { site, page } = shared;
    const [status, text] = await page.evaluate(async () => {
      const response = await window.pas.fetch('/api/signed', { method: 'HEAD' });
      return [response.status, await response.text()];
    });
    assert.deepEqual([status, text, site.accepted[0].method], [200, '', 'HEAD']);
  });

  it('a lower-case patch is sent as it is, as fetch does: Node answers 400, the upper-case one passes', async () => {
    const { page } = shared;
    const [native, signed] = await page.evaluate(async () => [
      (await fetch('/api/signed', { method: 'patch', body: 'x' })).status,
      (await window.pas.fetch('/api/signed', { method: 'patch', body: 'x' })).status,
    ]);
    assert.deepEqual([native, signed], [400, 400]);
    assert.equal((await call(page, '/api/signed', { method: 'PATCH', body: 'x' })).status, 200);
  });

  for (const method of ['CONNECT', 'TRACE', 'A B']) {
    it(`${method} is refused as fetch refuses it`, async () => {
      const { site, page } = shared;
      assert.match(await codeOf(page, (method) => window.pas.fetch('/api/signed', { method }), method), /^TypeError/);
      assert.equal(site.sent('/api/signed').length, 0);
      assert.equal((await call(page, '/api/signed')).status, 200);
    });
  }
});

describe('bodies arrive byte for byte', () => {
  const shared = stage.shared();

  const cases = {
    JSON: [
      () => ({
        body: JSON.stringify({ a: 'é\u2028"', b: [1, null] }),
        headers: { 'Content-Type': 'application/json' },
      }),
      '{"a":"é\u2028\\"","b":[1,null]}',
      'application/json',
    ],
    'a string': [() => ({ body: 'naïve ☃ \u{1F600}\r\n\0' }), 'naïve ☃ \u{1F600}\r\n\0', 'text/plain;charset=UTF-8'],
    'an empty string': [() => ({ body: '' }), '', 'text/plain;charset=UTF-8'],
    nothing: [() => ({}), '', undefined],
    null: [() => ({ body: null }), '', undefined],
    URLSearchParams: [
      () => ({
        body: new URLSearchParams([
          ['a', '1 &='],
          ['é', '☃'],
          ['a', ''],
        ]),
      }),
      'a=1+%26%3D&%C3%A9=%E2%98%83&a=',
      'application/x-www-form-urlencoded;charset=UTF-8',
    ],
    'a Blob with a type': [() => ({ body: new Blob(['<a>'], { type: 'text/xml' }) }), '<a>', 'text/xml'],
    'a Blob without one': [() => ({ body: new Blob(['x']) }), 'x', undefined],
    'an empty Blob': [() => ({ body: new Blob([]) }), '', undefined],
    'an ArrayBuffer': [() => ({ body: new TextEncoder().encode('buffer').buffer }), 'buffer', undefined],
    'a typed array': [() => ({ body: new TextEncoder().encode('xviewx').subarray(1, 5) }), 'view', undefined],
    'a DataView': [() => ({ body: new DataView(new TextEncoder().encode('xviewx').buffer, 1, 4) }), 'view', undefined],
    'an object': [() => ({ body: { toString: () => 'made' } }), 'made', 'text/plain;charset=UTF-8'],
    'a type of its own': [
      () => ({ body: 'x', headers: [['content-type', 'application/vnd.a+b; q="z"']] }),
      'x',
      'application/vnd.a+b; q="z"',
    ],
    'a type without content': [() => ({ headers: { 'content-type': 'application/json' } }), '', 'application/json'],
    'a stream': [() => ({ body: new Blob(['one', 'two']).stream(), duplex: 'half' }), 'onetwo', undefined],
    'an empty stream': [
      () => ({ body: new ReadableStream({ start: (c) => c.close() }), duplex: 'half' }),
      '',
      undefined,
    ],
    'a stream in pieces': [
      () => ({
        duplex: 'half',
        body: new ReadableStream({
          start(c) {
            for (const part of ['a', '', 'bc']) c.enqueue(new TextEncoder().encode(part));
            c.close();
          },
        }),
      }),
      'abc',
      undefined,
    ],
  };
  for (const [name, [make, text, type]] of Object.entries(cases)) {
    it(name, async () => {
      const { page } = shared;
      const answer = await send(page, make);
      assert.equal(answer.status, 200);
      assert.equal(decoded(bytesOf(answer)), text);
      assert.equal(answer.json.headers['content-type'], type);
      assert.equal('content-digest' in answer.json.headers, text !== '', 'a digest iff there is content');
    });
  }

  it('every byte value', async () => {
    const { page } = shared;
    const answer = await send(page, () => ({ body: Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7) % 256) }));
    assert.ok(bytesOf(answer).equals(Buffer.from(Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7) % 256))));
  });

  it('FormData with a file and odd characters, as fetch sends it', async () => {
    const { page } = shared;
    const [native, signed] = await page.evaluate(async () => {
      const make = () => {
        const body = new FormData();
        body.append('na"me\r\n', 'va\nlue ☃');
        body.append('plain', '');
        body.append('file', new File([new Uint8Array([0, 255, 13, 10])], 'a"b\\é☃.bin', { type: 'application/x-odd' }));
        body.append('blob', new Blob(['x']));
        return { method: 'POST', body };
      };
      const answers = await Promise.all([fetch('/stub/echo', make()), window.pas.fetch('/api/signed', make())]);
      return Promise.all(answers.map((answer) => answer.json()));
    });
    const [one, other] = [native, signed].map(({ headers, body }) => {
      const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(headers['content-type'])[1];
      return Buffer.from(body, 'base64').toString('latin1').replaceAll(boundary, 'BOUNDARY');
    });
    assert.equal(one, other);
    assert.match(one, /filename="a%22b/);
  });

  it('FormData under a type that the caller set', async () => {
    const { page } = shared;
    const answer = await send(page, () => {
      const body = new FormData();
      body.append('a', '1');
      return { body, headers: { 'content-type': 'text/x-own' } };
    });
    assert.deepEqual([answer.status, answer.json.headers['content-type']], [200, 'text/x-own']);
    assert.match(decoded(bytesOf(answer)), /name="a"\r\n\r\n1\r\n/);
  });

  it('a body that changes while it is signed is sent as it was', async () => {
    const { page } = shared;
    const base64 = await page.evaluate(async () => {
      const bytes = new TextEncoder().encode('before');
      const pending = window.pas.fetch('/api/signed', { method: 'POST', body: bytes });
      bytes.set(new TextEncoder().encode('after!'));
      return (await (await pending).json()).body;
    });
    assert.equal(Buffer.from(base64, 'base64').toString(), 'before');
  });

  for (const method of ['GET', 'HEAD']) {
    it(`${method} with a body is refused as fetch refuses it`, async () => {
      const { site, page } = shared;
      assert.match(
        await codeOf(page, (method) => window.pas.fetch('/api/signed', { method, body: 'x' }), method),
        /^TypeError/,
      );
      assert.equal(site.sent('/api/signed').length, 0);
      assert.equal((await call(page, '/api/signed', { method: 'POST', body: 'x' })).status, 200);
    });
  }

  it('a longer body than the client reads is refused before it is read to its end', async (t) => {
    const { site, page } = await stage.session(t, { client: { maxBodyBytes: 1_000 } });
    const [code, pulled, cancelled] = await page.evaluate(async () => {
      let pulled = 0;
      let cancelled = false;
      const body = new ReadableStream(
        {
          pull(c) {
            pulled += 1;
            c.enqueue(new Uint8Array(400));
          },
          cancel: () => (cancelled = true),
        },
        { highWaterMark: 0 },
      );
      const code = await window.pas
        .fetch('/api/signed', { method: 'POST', body, duplex: 'half' })
        .catch((error) => error.code);
      return [code, pulled, cancelled];
    });
    assert.deepEqual([code, cancelled], ['ERR_BODY_LIMIT', true]);
    assert.ok(pulled < 10, 'an endless stream is left alone');
    assert.equal(
      await codeOf(page, () => window.pas.fetch('/api/signed', { method: 'POST', body: new Uint8Array(1_001) })),
      'ERR_BODY_LIMIT',
    );
    assert.equal(site.sent('/api/signed').length, 0);
    assert.equal((await send(page, () => ({ body: new Uint8Array(1_000) }))).status, 200);
  });

  it("a longer body than the route reads is refused, and one of its length isn't", async () => {
    const { page } = shared;
    const post = (length) => call(page, '/api/small', { method: 'POST', body: 'x'.repeat(length) });
    assert.deepEqual([(await post(101)).code, (await post(100)).status], ['ERR_BODY_LIMIT', 200]);
  });

  it('a stream that fails is refused, and so is one that does not give bytes', async (t) => {
    const { site, page } = await stage.session(t, { client: { maxBodyBytes: 1_000 } });
    const stream = (...chunks) =>
      codeOf(
        page,
        (chunks) => {
          const body = new ReadableStream({
            start(c) {
              for (const chunk of chunks) c.enqueue(chunk === 'bytes' ? new Uint8Array(1) : chunk);
              if (chunks.includes('fail')) c.error(new Error('no more'));
              else c.close();
            },
          });
          return window.pas.fetch('/api/signed', { method: 'POST', body, duplex: 'half' });
        },
        chunks,
      );
    assert.equal(await stream('bytes', 'fail'), 'ERR_BODY_UNREADABLE');
    assert.equal(await stream('bytes', 'text'), 'ERR_BODY_UNREADABLE', 'fetch refuses text in a stream');
    assert.equal(await stream('x'.repeat(2_000)), 'ERR_BODY_UNREADABLE');
    assert.equal(site.sent('/api/signed').length, 0);
    assert.equal(await stream('bytes', 'bytes'), 'accepted');
  });
});

describe('requests', () => {
  const shared = stage.shared();

  it('a Request is sent as it is, and used up', async () => {
    const { page } = shared;
    const { json, used, again } = await page.evaluate(async () => {
      const request = new Request('/api/signed?r=1', {
        method: 'PUT',
        body: 'content',
        headers: { 'x-own': 'v', 'content-type': 'text/x' },
      });
      const response = await window.pas.fetch(request);
      const again = await window.pas.fetch(request).catch((error) => error.name);
      return { json: await response.json(), used: request.bodyUsed, again };
    });
    assert.deepEqual(
      [json.method, json.target, json.headers['x-own'], json.headers['content-type']],
      ['PUT', '/api/signed?r=1', 'v', 'text/x'],
    );
    assert.equal(Buffer.from(json.body, 'base64').toString(), 'content');
    assert.deepEqual([used, again], [true, 'TypeError']);
  });

  it('options win over the Request they come with', async () => {
    const { page } = shared;
    const json = await page.evaluate(async () => {
      const request = new Request('/api/signed', { method: 'PUT', body: 'content', headers: { 'x-own': 'v' } });
      return (await window.pas.fetch(request, { method: 'POST', body: 'other', headers: { 'x-other': 'w' } })).json();
    });
    assert.deepEqual([json.method, json.headers['x-own'], json.headers['x-other']], ['POST', undefined, 'w']);
    assert.equal(Buffer.from(json.body, 'base64').toString(), 'other');
  });

  it('headers are kept, and forged ones of ours are replaced', async () => {
    const { page } = shared;
    const headers = {
      'x-own': 'a',
      accept: 'text/x',
      'content-digest': 'sha-256=:AAAA:',
      signature: 'pas=:AAAA:',
      'signature-input': 'x',
    };
    const { status, json } = await call(page, '/api/signed', { method: 'POST', body: 'x', headers });
    assert.equal(status, 200);
    assert.deepEqual([json.headers['x-own'], json.headers.accept], ['a', 'text/x']);
    assert.match(
      json.headers['signature-input'],
      /^pas=\("@method" "@authority" "@path" "@query" "content-type" "content-digest"\);created=\d+;nonce="[\w-]{36}\.[\w-]{22}";keyid="[\w-]{43}";alg="ecdsa-p256-sha256";tag="pas-1"$/,
    );
  });

  it('a stray digest or proof without what it belongs to is never accepted', async () => {
    const { site, page } = shared;
    for (const headers of [{ 'content-digest': 'sha-256=:AAAA:' }, { 'interaction-proof': ':AAAA:' }]) {
      const { status, code } = await call(page, '/api/signed', { headers });
      assert.ok(status >= 400 && status < 500, String(code));
    }
    assert.deepEqual(site.accepted, []);
    assert.equal((await call(page, '/api/signed')).status, 200);
  });

  const targets = {
    'a relative URL': 'any?a=1',
    'a fragment': '/any?a=1#top?b',
    'an empty fragment': '/any#',
    'an empty query': '/any?',
    'two question marks': '/any??a=?',
    'percent-encodings': '/any/%2F%2f/%41/%c3%A9/%zz?%41=%2f&%zz',
    'characters outside ASCII': '/any/é ☃"<>`?é "<>\'',
    delimiters: "/any/a;b=c,d'e(f)*!$&+:@|[]~^{}?a;b,c(d)*!$&+:@/?[]|{}^`\\",
    'empty segments': '/any//a///',
    dots: '/any/./b/../c/%2e%2E/d',
    backslashes: '\\any\\b',
    'tabs and newlines': ' /an\ty\n?x\r ',
    'plus and semicolon': '/any?a=b+c;d',
    'a long query': `/any?${'x'.repeat(4_000)}`,
  };
  for (const [name, target] of Object.entries(targets)) {
    it(`a target with ${name} is the one that fetch sends`, async () => {
      const { site, page } = shared;
      const { status, json } = await call(page, target);
      assert.equal(status, 200);
      await page.evaluate((target) => fetch(target), target);
      const [signed, native] = site.requests.map(({ url }) => url);
      assert.equal(signed, native);
      assert.equal(json.target, native);
    });
  }

  it('a path that begins with two slashes', async () => {
    const { site, page } = shared;
    const { status, json } = await call(page, `${site.appOrigin}//any//b`);
    assert.deepEqual([status, json.target], [200, '//any//b']);
  });

  it('a URL object, and a base element', async (t) => {
    const { page } = await stage.session(t, { csp: { 'base-uri': "'self'" } });
    assert.equal(
      await page.evaluate(
        async () => (await (await window.pas.fetch(new URL('/api/signed?u', location.href))).json()).target,
      ),
      '/api/signed?u',
    );
    const target = await page.evaluate(async () => {
      const base = document.createElement('base');
      base.href = '/api/';
      document.head.append(base);
      return (await (await window.pas.fetch('signed')).json()).target;
    });
    assert.equal(target, '/api/signed');
  });

  it('what fetch refuses to parse is refused alike', async () => {
    const { site, page } = shared;
    for (const url of ['http://', 'http://user:pass@app.pas.localhost/']) {
      assert.match(await codeOf(page, (url) => window.pas.fetch(url), url), /^TypeError|^ERR_ORIGIN/);
    }
    assert.match(
      await codeOf(page, () => window.pas.fetch(`http://user:pass@${location.host}/api/signed`)),
      /^TypeError/,
    );
    assert.equal(site.sent('/api/signed').length, 0);
    assert.equal((await call(page, '/api/signed')).status, 200);
  });

  it('an aborted signal stops it before, and while it waits', async () => {
    const { site, page } = shared;
    const before = await page.evaluate(() =>
      window.pas
        .fetch('/api/signed', { signal: AbortSignal.abort(new DOMException('mine', 'AbortError')) })
        .catch(({ name, message }) => [name, message]),
    );
    assert.deepEqual(before, ['AbortError', 'mine']);
    assert.equal(site.sent('/api/signed').length, 0);

    const gate = site.gate('/api/other');
    const during = page.evaluate(() => {
      window.control = new AbortController();
      return window.pas.fetch('/api/other', { signal: window.control.signal }).catch(({ name }) => name);
    });
    await gate.reached;
    await page.evaluate(() => window.control.abort());
    assert.equal(await during, 'AbortError');
    gate.open();
    const live = await page.evaluate(
      async () => (await window.pas.fetch('/api/signed', { signal: new AbortController().signal })).status,
    );
    assert.equal(live, 200);
  });

  it('a response is a response: streamed, cloned, with its headers', async () => {
    const { page } = shared;
    const seen = await page.evaluate(async () => {
      const response = await window.pas.fetch('/api/signed');
      const copy = response.clone();
      const text = await response.text();
      return [
        response instanceof Response,
        response.type,
        response.ok,
        response.redirected,
        new URL(response.url).pathname,
        response.headers.get('cache-control'),
        text === (await copy.text()),
      ];
    });
    assert.deepEqual(seen, [true, 'basic', true, false, '/api/signed', 'no-store', true]);
  });

  for (const mode of ['cors', 'same-origin', 'no-cors']) {
    it(`the mode ${mode} does not take the signature away`, async () => {
      const { site, page } = shared;
      const code = await codeOf(
        page,
        async (mode) => {
          const response = await window.pas.fetch('/api/signed', { mode });
          if (!response.ok) throw Object.assign(new Error(), await response.json());
        },
        mode,
      );
      assert.ok(
        site.sent('/api/signed').every(({ headers }) => 'signature' in headers),
        'never unsigned',
      );
      assert.equal(code, 'accepted');
    });
  }

  it('what the server refuses of a head', async () => {
    const { page } = shared;
    const code = async (headers) =>
      (await call(page, '/api/signed', { method: 'POST', body: 'x', headers })).code ?? 'accepted';
    assert.equal(await code({ 'content-encoding': 'gzip' }), 'ERR_BODY_ENCODING');
    assert.equal(await code({ 'x-big': 'x'.repeat(20_000) }), 'ERR_HEADER_LIMIT');
    assert.equal(await code({ 'x-big': 'x'.repeat(5_000) }), 'accepted');
  });

  it('without credentials there is no session', async () => {
    const { page } = shared;
    assert.equal((await call(page, '/api/signed', { credentials: 'omit' })).code, 'ERR_SESSION_MISSING');
    assert.equal((await call(page, '/api/signed', { credentials: 'include' })).status, 200);
  });
});

describe('what is never sent', () => {
  it('requests to another origin', async (t) => {
    const { site, page } = await stage.session(t, { csp: { 'connect-src': '*' } });
    let hits = 0;
    const other = await startOrigin('other', (_request, response) => {
      hits += 1;
      response.end();
    });
    t.after(() => other.close());
    const { appOrigin, signOrigin } = site;
    const urls = [
      `${other.origin}/`,
      `${signOrigin}/`,
      appOrigin.replace('app.', 'app2.'),
      appOrigin.replace('http:', 'https:'),
      `http://app.pas.localhost:${site.appPort + 1}/api/signed`,
      '//app.pas.localhost/',
      'data:,x',
      'blob:null/x',
      'about:blank',
    ];
    for (const url of urls) {
      assert.equal(await codeOf(page, (url) => window.pas.fetch(url), url), 'ERR_ORIGIN_NOT_LISTED', url);
    }
    assert.equal(hits, 0);
    assert.equal(site.sent('/api/signed').length, 0);
    assert.equal((await call(page, `${appOrigin}/api/signed`)).status, 200);
  });

  it('requests to reserved paths, through any encoding', async (t) => {
    const { site, page } = await stage.session(t);
    const before = site.requests.length;
    for (const path of [
      '/.pas/hello',
      '/.pas',
      '/.pas/',
      '/.pas/rekey?x',
      '/%2epas/logout',
      '/%2Epas/x',
      '/.p%61s/x',
      '/.PAS/x',
      '/x/.pas/y',
      '/x/../.pas/y',
      '/x/%2e%2e/.pas/y',
      '/.pas%2fhello',
      '/%2f.pas/x',
      '/\\.pas\\x',
      '/.pas%5Cx',
      '/x/..%2f.pas/y',
    ]) {
      assert.equal(
        await codeOf(page, (path) => window.pas.fetch(location.origin + path, { method: 'POST' }), path),
        'ERR_PATH_RESERVED',
        path,
      );
    }
    assert.equal(site.requests.length, before);
    for (const path of ['/pas/hello', '/.past', '/a.pas/x', '/any?/.pas/x', '/any#/.pas/']) {
      assert.equal((await call(page, path)).status, 200, path);
    }
  });

  it('requests before enrolment', async (t) => {
    const { site, page } = await stage.session(t, { user: null });
    const before = site.requests.length;
    assert.equal(
      await codeOf(page, () => window.pas.fetch('/api/signed', { method: 'POST', body: 'x' })),
      'ERR_NOT_ENROLLED',
    );
    assert.equal(await codeOf(page, () => window.pas.sign('/api/signed')), 'ERR_NOT_ENROLLED');
    assert.equal(await codeOf(page, () => window.pas.ticketUrl('/api/file')), 'ERR_NOT_ENROLLED');
    assert.equal(site.requests.length, before);
    assert.deepEqual((await events(page, 'ended')).map(({ code }) => code)[0], 'ERR_NOT_ENROLLED');
    await logIn(page);
    assert.equal((await call(page, '/api/signed')).status, 200);
  });

  it('redirected requests', async (t) => {
    const { site, page } = await stage.session(t);
    assert.equal(await codeOf(page, () => window.pas.fetch('/api/redirect')), 'ERR_REDIRECT_REFUSED');
    assert.match(await codeOf(page, () => window.pas.fetch('/api/redirect', { redirect: 'error' })), /^TypeError/);
    assert.equal(site.sent('/api/other').length, 0);
    assert.equal((await call(page, '/api/other')).status, 200);
  });

  it('a signed request that was sent once already, by anybody', async (t) => {
    const { site, page } = await stage.session(t);
    const statuses = await page.evaluate(async () => {
      const request = await window.pas.sign('/api/signed', { method: 'POST', body: 'once' });
      const copies = [request.clone(), request.clone(), request];
      const answers = [];
      for (const copy of copies) {
        const response = await fetch(copy);
        answers.push([response.status, (await response.json()).code ?? null]);
      }
      return answers;
    });
    assert.deepEqual(statuses, [
      [200, null],
      [409, 'ERR_NONCE_USED'],
      [409, 'ERR_NONCE_USED'],
    ]);
    assert.equal(site.accepted.length, 1);
  });
});

describe('second attempts', () => {
  it('a nonce that expired is replaced: two requests, one handler', async (t) => {
    const { site, page } = await stage.session(t);
    assert.equal((await call(page, '/api/signed')).status, 200);
    site.time.skew += 310_000;
    const { status, json } = await call(page, '/api/other', { method: 'POST', body: 'once' });
    assert.deepEqual([status, Buffer.from(json.body, 'base64').toString()], [200, 'once']);
    assert.equal(site.sent('/api/other').length, 2);
    assert.equal(site.accepted.filter(({ name }) => name === 'other').length, 1);
    assert.equal(site.codes().length, 1);
    assert.equal((await call(page, '/api/other')).status, 200);
    assert.equal(site.sent('/api/other').length, 3, 'and the next needs none');
  });

  it('so is one for a HEAD request, whose refusal has no content', async (t) => {
    const { site, page } = await stage.session(t);
    assert.equal((await call(page, '/api/signed')).status, 200);
    site.time.skew += 310_000;
    assert.equal(
      await page.evaluate(async () => (await window.pas.fetch('/api/other', { method: 'HEAD' })).status),
      200,
    );
    assert.equal(site.sent('/api/other').length, 2);
  });

  it("the frame's clock follows the server's after a jump, forward and back", async (t) => {
    const { site, page } = await stage.session(t);
    const created = async () => {
      const from = Math.floor(site.now() / 1000);
      const { json } = await call(page, '/api/signed');
      const value = Number(/;created=(\d+)/.exec(json.headers['signature-input'])[1]);
      return { value, from, to: Math.floor(site.now() / 1000) };
    };
    const within = ({ value, from, to }) =>
      assert.ok(value >= from - 1 && value <= to, `${value} is not in ${from}..${to}`);
    within(await created());
    site.time.skew += 20_000;
    const behind = await created();
    assert.ok(behind.value < behind.from - 15, 'its own clock still, within the window');
    within(await created());
    assert.deepEqual(site.codes(), [], 'the answer showed it, nothing was refused');
    site.time.skew += 3_600_000 / 4;
    within(await created());
    assert.equal(site.codes().length, 1);
  });

  it('a server that always asks again is asked twice', async (t) => {
    const { site, page } = await stage.session(t);
    for (const [path, status, headers, code, times] of [
      ['/ask', 401, { 'www-authenticate': 'PAS error="use_nonce"' }, 'ERR_NONCE_EXPIRED', 2],
      ['/ended', 401, { 'www-authenticate': 'PAS' }, 'ERR_SESSION_ENDED', 1],
      [
        '/tier',
        401,
        { 'www-authenticate': 'PAS error="step_up_required", tier="interactive"' },
        'ERR_TIER_REQUIRED',
        1,
      ],
      ['/used', 409, { 'www-authenticate': 'PAS error="use_nonce"' }, 'ERR_NONCE_USED', 1],
      ['/proof', 409, {}, 'ERR_PROOF_REUSED', 1],
      ['/rate', 429, { 'retry-after': '0' }, 'ERR_RATE_LIMITED', 1],
      ['/down', 503, { 'retry-after': '0' }, 'ERR_STORE_DOWN', 1],
    ]) {
      site.stub(path, (_request, response) =>
        response
          .status(status)
          .set({ ...headers, 'pas-error': code })
          .type('application/problem+json')
          .send(JSON.stringify({ code })),
      );
      const answer = await call(page, `/stub${path}`, { method: 'POST', body: 'x' });
      assert.deepEqual([answer.status, answer.code], [status, code]);
      assert.equal(site.sent(`/stub${path}`).length, times, path);
    }
    assert.deepEqual(
      (await events(page, 'refused')).map(({ status }) => status),
      [401, 401, 401, 409, 409, 429, 503],
    );
  });

  it('a session over its rate is refused once, and served when time has passed', async (t) => {
    const { site, page } = await stage.session(t, { limits: { session: { limit: 3, windowMs: 60_000 } } });
    const codes = [];
    for (let i = 0; i < 4; i += 1) codes.push((await call(page, '/api/signed')).code ?? 'accepted');
    assert.deepEqual(codes, ['accepted', 'accepted', 'accepted', 'ERR_RATE_LIMITED']);
    assert.equal(site.sent('/api/signed').length, 4);
    site.time.skew += 21_000;
    assert.equal((await call(page, '/api/signed')).status, 200);
  });

  it('a server that does not answer the frame', async (t) => {
    const { site, context, page } = await stage.session(t);
    await page.reload();
    await context.route('**/.pas/hello', (route) => route.abort());
    await connect(page, site);
    // The frame has no time of its own, so it signs nothing.
    assert.equal(await codeOf(page, () => window.pas.fetch('/api/signed')), 'ERR_SERVER_UNREACHABLE');
    assert.equal(site.sent('/api/signed').length, 0);
    await context.unroute('**/.pas/hello');
    assert.equal((await call(page, '/api/signed')).status, 200);
  });

  it('a connection that breaks is not tried again', async (t) => {
    const { site, page } = await stage.session(t);
    assert.equal((await call(page, '/api/signed')).status, 200);
    const lost = site.loseAnswer('/api/other');
    const outcome = await codeOf(page, async () => {
      const response = await window.pas.fetch('/api/other', { method: 'POST', body: 'once' });
      throw Object.assign(new Error(), await response.json());
    });
    await lost;
    // Chromium itself repeats a request on a connection that was kept alive; its handler must not run twice.
    assert.match(outcome, /^TypeError|^ERR_NONCE_USED$/);
    assert.equal(site.accepted.filter(({ name }) => name === 'other').length, 1);
    assert.equal((await call(page, '/api/other')).status, 200);
  });

  it('each signed event has the exact base of the request', async (t) => {
    const { page } = await stage.session(t);
    const { json } = await call(page, '/api/signed?a=1', { method: 'PUT', body: 'x' });
    const [event] = await events(page, 'signed');
    assert.equal(event.method, 'PUT');
    assert.equal(event.headers.signature, json.headers.signature);
    assert.deepEqual(event.base.split('\n').slice(0, 5), [
      '"@method": PUT',
      `"@authority": ${json.headers.host}`,
      '"@path": /api/signed',
      '"@query": ?a=1',
      '"content-type": text/plain;charset=UTF-8',
    ]);
  });
});
