// A small app on two origins, for tests: every route's outcome is observable, the clock can be moved.
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { build } from 'esbuild';
import express from 'express';
import { createAuthority } from 'partitioned-authority/verifier';
import { memoryStore } from 'partitioned-authority/stores/memory';
import { nodeAdapter } from 'partitioned-authority/adapters/node';

let bundle;
/** The client as an app would bundle it, put on `window` for the tests to drive. */
function clientBundle() {
  bundle ??= build({
    stdin: {
      contents:
        "import 'partitioned-authority/consent-element'; export * from 'partitioned-authority/client'; import * as pas from 'partitioned-authority/client'; window.PAS = pas;",
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    format: 'esm',
    write: false,
    target: 'es2022',
  }).then(({ outputFiles }) => outputFiles[0].text);
  return bundle;
}

export const listen = (server) =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));

const shut = (server) =>
  new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });

/** Another origin, `http://<host>.pas.localhost:<port>`, for hostile pages. */
export async function startOrigin(host, handler) {
  const server = createServer(handler);
  const origin = `http://${host}.pas.localhost:${await listen(server)}`;
  return { origin, close: () => shut(server) };
}

const TEXTS = {
  en: 'Send {amount, currency} to {to}',
  de: '{amount, currency} an {to} senden',
  ar: 'إرسال {amount, currency} إلى {to}',
};

/** Waits until somebody opens it. */
function createGate() {
  let open;
  let arrive;
  const opened = new Promise((resolve) => (open = resolve));
  const reached = new Promise((resolve) => (arrive = resolve));
  return { opened, open, reached, arrive };
}

/**
 * @param {object} [options] options of createAuthority; `csp` replaces directives of the app page's CSP, `coop` is
 *   its Cross-Origin-Opener-Policy, `tls` has the certificate and key (PEM) of a site over https
 */
export async function startSite({ csp: directives = {}, coop, tls, ...options } = {}) {
  const app = express();
  const serve = (listener) => (tls ? createSecureServer(tls, listener) : createServer({ keepAlive: true }, listener));
  const appServer = serve(app);
  let signingListener = (_request, response) => response.end();
  const signServer = serve((request, response) => signingListener(request, response));
  const [appPort, signPort] = await Promise.all([listen(appServer), listen(signServer)]);
  const scheme = tls ? 'https' : 'http';
  const appOrigin = `${scheme}://app.pas.localhost:${appPort}`;
  const signOrigin = `${scheme}://sign.pas.localhost:${signPort}`;
  const time = { skew: 0 };
  const clock = () => Date.now() + time.skew;
  const decisions = [];
  const store = memoryStore({ clock });
  const authority = createAuthority({
    appOrigin,
    signOrigin,
    secret: new Uint8Array(32).fill(7),
    store,
    clock,
    audit: (decision) => decisions.push(decision),
    app: { name: 'Test Bank' },
    ...options,
  });
  const pas = nodeAdapter(authority);
  pas.attach(appServer);
  /** Header fields that the signing origin loses on its way, as behind a careless proxy. */
  const stripped = [];
  signingListener = (request, response) => {
    const setHeader = response.setHeader.bind(response);
    response.setHeader = (name, value) => (stripped.includes(name.toLowerCase()) ? response : setHeader(name, value));
    pas.signing(request, response);
  };
  const accepted = [];
  const requests = [];
  const gates = new Map();
  const lost = new Map();
  const stubs = new Map();

  const csp = Object.entries({
    'default-src': "'none'",
    'script-src': "'self' 'wasm-unsafe-eval'",
    'connect-src': "'self'",
    'frame-src': `'self' ${signOrigin}`,
    'img-src': "'self'",
    'base-uri': "'none'",
    'form-action': "'none'",
    ...directives,
  })
    .map((directive) => directive.join(' '))
    .join('; ');

  app.use(async (request, response, next) => {
    // That is asked for by every page, whenever it gets round to it.
    if (request.url !== '/.pas/templates')
      requests.push({ method: request.method, url: request.url, headers: request.headers });
    // A preflight is not the request.
    if (request.method === 'OPTIONS') return next();
    const gate = gates.get(request.path);
    if (gate) {
      gates.delete(request.path);
      gate.arrive();
      await gate.opened;
    }
    const answered = lost.get(request.path);
    if (answered) {
      lost.delete(request.path);
      response.end = () => {
        answered();
        return request.socket.destroy();
      };
    }
    return next();
  });
  app.get('/favicon.ico', (_request, response) => response.status(204).end());
  app.get(['/', '/nested'], (request, response) => {
    if (coop) response.set('cross-origin-opener-policy', coop);
    const script = request.path === '/' ? '<script type="module" src="/client.js"></script>' : '';
    response
      .set('content-security-policy', csp)
      .type('html')
      .send(
        '<!doctype html><html lang="en"><title>app</title><body><button id="go">Go</button>' +
          `<input id="field">${script}</body></html>`,
      );
  });
  app.get('/client.js', async (_request, response) => response.type('js').send(await clientBundle()));
  app.post('/login/:user', async (request, response) => {
    const { setCookie } = await authority.begin({ id: request.params.user, label: 'test browser' });
    response.append('set-cookie', setCookie).status(204).end();
  });
  app.use(pas.handler);
  const result = (name, request) => {
    const { session, tier, interaction, consent, body } = request.authority;
    accepted.push({ name, user: session.userId, method: request.method, target: request.originalUrl, consent });
    return {
      ok: true,
      name,
      user: session.userId,
      session: session.id,
      tier,
      interaction,
      consent,
      method: request.method,
      target: request.originalUrl,
      headers: request.headers,
      body: Buffer.from(body).toString('base64'),
    };
  };
  const answer = (name) => (request, response) => response.json(result(name, request));
  stubs.set('/echo', async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, originalUrl: target, headers } = request;
    response.json({ method, target, headers, body: Buffer.concat(chunks).toString('base64') });
  });
  app.use('/stub', (request, response, next) => {
    const stub = stubs.get(request.path);
    if (stub) stub(request, response);
    else next();
  });
  app.get('/shell', pas.require({ tier: 'identified' }), answer('shell'));
  app.all('/api/signed', pas.require({ tier: 'signed' }), answer('signed'));
  app.all('/api/other', pas.require({ tier: 'signed' }), answer('other'));
  app.all('/api/small', pas.require({ tier: 'signed', bodyBytes: 100 }), answer('small'));
  app.post('/api/act', pas.require({ tier: 'interactive', action: 'act' }), answer('act'));
  // What a person is asked about: each as a text of the amount and who gets it.
  const action = (name, options = {}) =>
    authority.action(name, {
      tier: 'consent',
      method: 'POST',
      path: `/api/${name}`,
      fields: { to: 'json:/to', amount: 'json:/amount', currency: 'json:/currency' },
      text: TEXTS,
      ...options,
    });
  const over =
    (limit, tier) =>
    ({ body }) =>
      body.amount > limit ? tier : undefined;
  action('transfer');
  action('wire', { tier: 'verified' });
  action('tip', { surface: 'frame' });
  action('pay', { onDemand: true });
  app.post('/api/transfer', pas.require({ tier: 'consent', action: 'transfer' }), answer('transfer'));
  app.post('/api/wire', pas.require({ tier: 'verified', action: 'wire' }), answer('wire'));
  app.post('/api/tip', pas.require({ tier: 'consent', action: 'tip' }), answer('tip'));
  app.post('/api/pay', pas.require({ tier: 'signed', action: 'pay', stepUp: over(100, 'consent') }), answer('pay'));
  app.get('/api/file', pas.require({ tier: 'signed', ticket: true }), answer('file'));
  app.get('/api/download', pas.require({ tier: 'signed', ticket: true }), (request, response) => {
    response
      .attachment('statement.csv')
      .type('csv')
      .send(`user\n${result('download', request).user}\n`);
  });
  app.get('/api/image', pas.require({ tier: 'signed', ticket: true }), (request, response) => {
    result('image', request);
    response.type('svg').send('<svg xmlns="http://www.w3.org/2000/svg" width="3" height="2"/>');
  });
  app.get('/api/events', pas.require({ tier: 'signed', ticket: true }), (request, response) => {
    response.type('text/event-stream').send(`retry: 1\ndata: ${result('events', request).user}\n\n`);
  });
  app.get('/api/redirect', pas.require({ tier: 'signed' }), (_request, response) =>
    response.redirect(307, '/api/other'),
  );
  // Any other path, so that odd ones can be tried.
  app.use(pas.require({ tier: 'signed' }), answer('any'));

  return {
    appOrigin,
    signOrigin,
    appPort,
    signPort,
    authority,
    store,
    time,
    accepted,
    decisions,
    requests,
    stripped,
    now: clock,
    /** Requests that reached a path, query aside. */
    sent: (path) => requests.filter(({ url }) => url.split('?', 1)[0] === path),
    codes: () => decisions.filter(({ outcome }) => outcome === 'refused').map(({ code }) => code),
    /** Holds the next request to `path` until `open()`; `reached` resolves when it is there. */
    gate(path) {
      const gate = createGate();
      gates.set(path, gate);
      return gate;
    },
    /** The next request to `path` is served, but its answer is lost on the way. Resolves then. */
    loseAnswer: (path) => new Promise((resolve) => lost.set(path, resolve)),
    /** Answers `/stub<path>` without any check, as a server that is not ours would. */
    stub: (path, handler) => stubs.set(path, handler),
    forget() {
      for (const log of [requests, accepted, decisions]) log.length = 0;
    },
    async close() {
      await Promise.all([shut(appServer), shut(signServer)]);
      await authority.close();
    },
  };
}
