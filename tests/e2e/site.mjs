// A small app on two origins, for tests: every route's outcome is observable, the clock can be moved.
import { createServer } from 'node:http';
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
      contents: "export * from 'partitioned-authority/client'; import * as pas from 'partitioned-authority/client'; window.PAS = pas;",
      resolveDir: import.meta.dirname,
    },
    bundle: true, format: 'esm', write: false, target: 'es2022',
  }).then(({ outputFiles }) => outputFiles[0].text);
  return bundle;
}

export const listen = (server) =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));

/**
 * @param {object} [options] options of createAuthority; `page` replaces the app's HTML
 */
export async function startSite(options = {}) {
  const app = express();
  const appServer = createServer({ keepAlive: true }, app);
  let signingListener = (_request, response) => response.end();
  const signServer = createServer((request, response) => signingListener(request, response));
  const [appPort, signPort] = await Promise.all([listen(appServer), listen(signServer)]);
  const appOrigin = `http://app.pas.localhost:${appPort}`;
  const signOrigin = `http://sign.pas.localhost:${signPort}`;
  const time = { skew: 0 };
  const clock = () => Date.now() + time.skew;
  const decisions = [];
  const store = memoryStore({ clock });
  const authority = createAuthority({
    appOrigin, signOrigin, secret: new Uint8Array(32).fill(7), store, clock,
    audit: (decision) => decisions.push(decision), ...options,
  });
  const pas = nodeAdapter(authority);
  pas.attach(appServer);
  signingListener = pas.signing;
  const accepted = [];

  const csp = [
    "default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "connect-src 'self'",
    `frame-src ${signOrigin}`, "img-src 'self'", "base-uri 'none'", "form-action 'none'",
  ].join('; ');
  app.get('/', (_request, response) => {
    response.set('content-security-policy', csp).type('html').send(
      '<!doctype html><html lang="en"><title>app</title><body><button id="go">Go</button>' +
        '<input id="field"><script type="module" src="/client.js"></script></body></html>',
    );
  });
  app.get('/client.js', async (_request, response) => response.type('js').send(await clientBundle()));
  app.post('/login/:user', async (request, response) => {
    const { setCookie } = await authority.begin({ id: request.params.user, label: 'test browser' });
    response.append('set-cookie', setCookie).status(204).end();
  });
  app.use(pas.handler);
  const answer = (name) => (request, response) => {
    accepted.push({ name, user: request.authority.session.userId });
    const { session, tier, interaction, body } = request.authority;
    response.json({
      ok: true, name, user: session.userId, session: session.id, tier, interaction, body: Buffer.from(body).toString('base64'),
    });
  };
  app.get('/shell', pas.require({ tier: 'identified' }), answer('shell'));
  app.all('/api/signed', pas.require({ tier: 'signed' }), answer('signed'));
  app.all('/api/other', pas.require({ tier: 'signed' }), answer('other'));
  app.all('/api/small', pas.require({ tier: 'signed', bodyBytes: 100 }), answer('small'));
  app.post('/api/act', pas.require({ tier: 'interactive', action: 'act' }), answer('act'));
  app.get('/api/file', pas.require({ tier: 'signed', ticket: true }), answer('file'));
  app.get('/api/redirect', pas.require({ tier: 'signed' }), (_request, response) => response.redirect(307, '/api/other'));

  return {
    appOrigin, signOrigin, appPort, signPort, authority, store, time, accepted, decisions,
    async close() {
      appServer.closeAllConnections();
      signServer.closeAllConnections();
      await Promise.all([appServer, signServer].map((server) => new Promise((resolve) => server.close(resolve))));
      await authority.close();
    },
  };
}
