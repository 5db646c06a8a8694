// One site on a real node:http server with Express, as an application would wire it. Time stands still
// until a test moves it.
import { createServer } from 'node:http';
import { connect } from 'node:net';
import express from 'express';
import { createAuthority } from 'partitioned-authority/verifier';
import { memoryStore } from 'partitioned-authority/stores/memory';
import { nodeAdapter } from 'partitioned-authority/adapters/node';
import { Answer, Frame } from './signer.mjs';

export const SECRET = new Uint8Array(32).fill(7);
/** A whole second, so that both sides of a bound are 1 ms apart. */
export const T0 = 1_800_000_000_000;

/** The glue of the package's own wasm module, the same instance that the package uses. */
export const glue = () => import(new URL('./wasm/verifier.js', import.meta.resolve('partitioned-authority/verifier')));

/** An authority with a memory store, both on a clock that the test moves. `wrap` stands before the store. */
export function makeAuthority(t, { wrap = (store) => store, memory = {}, ...options } = {}) {
  const time = { now: T0 };
  const clock = () => time.now;
  const inner = memoryStore({ clock, ...memory });
  const store = wrap(inner);
  const decisions = [];
  const authority = createAuthority({
    appOrigin: 'http://app.test',
    signOrigin: 'http://sign.test',
    secret: SECRET,
    store,
    clock,
    audit: (decision) => decisions.push(decision),
    ...options,
  });
  t.after(() => authority.close());
  return { authority, store: inner, time, decisions };
}

export const listen = (server) =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));

/** Ends a server with the test, whatever still hangs on it. */
export function closing(t, server) {
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
}

/** The routes that the tests use. `seen` is told of every request that a handler got. */
export function routes(app, pas, seen) {
  const answer = (name) => (request, response) => {
    const { session, tier, interaction, body } = request.authority;
    seen.push({ name, user: session.userId });
    response.json({
      ok: true,
      name,
      user: session.userId,
      session: session.id,
      tier,
      interaction,
      body: Buffer.from(body).toString('latin1'),
    });
  };
  app.get('/shell', pas.require({ tier: 'identified' }), answer('shell'));
  app.all('/shell-any', pas.require({ tier: 'identified' }), answer('shell-any'));
  app.all('/api/small', pas.require({ tier: 'signed', bodyBytes: 100 }), answer('small'));
  app.all('/api/act', pas.require({ tier: 'interactive', action: 'act' }), answer('act'));
  app.all('/api/file', pas.require({ tier: 'signed', ticket: true }), answer('file'));
  app.all('/api/{*rest}', pas.require({ tier: 'signed' }), answer('signed'));
}

/** A site; everything ends with the test `t`. `adapter` goes to the node adapter. */
export async function startSite(
  t,
  { configure = routes, attach = true, server: serverOptions = {}, adapter, ...options } = {},
) {
  const app = express();
  const server = createServer(serverOptions, app);
  const port = await listen(server);
  closing(t, server);
  const appOrigin = `http://app.pas.localhost:${port}`;
  const signOrigin = `http://sign.pas.localhost:${port + 1}`;
  const made = makeAuthority(t, { appOrigin, signOrigin, ...options });
  const { authority, time } = made;
  const pas = nodeAdapter(authority, adapter);
  if (attach) pas.attach(server);
  const seen = [];
  app.use(pas.handler);
  configure(app, pas, seen, authority);
  app.use((error, _request, response, _next) =>
    response.status(500).json({ code: error.code, message: error.message }),
  );
  const site = {
    ...made,
    app,
    pas,
    server,
    port,
    appOrigin,
    signOrigin,
    seen,
    http: (request) => exchange(port, request),
    /** A browser without cookies. */
    frame: () => new Frame({ appOrigin, signOrigin, transport: site.http, now: () => time.now }),
    /** Logs a user in: the ticket lies in the jar. */
    async login(frame, user = 'alice', label) {
      const { setCookie } = await authority.begin({ id: user, ...(label === undefined ? {} : { label }) });
      frame.keep([setCookie]);
      frame.user = user;
      return frame;
    },
    /** A browser with an enrolled key. */
    async enrolled(user = 'alice', frame = site.frame()) {
      await site.login(frame, user);
      const answer = await frame.enrol();
      if (answer.status !== 200) throw new Error(`enrolment: ${answer.status} ${answer.text}`);
      return frame;
    },
    /** A plain picture of every session of the users, to see that nothing changed. */
    snapshot: async (...users) => JSON.stringify(await Promise.all(users.map((user) => authority.sessions.list(user)))),
  };
  return site;
}

/** The transport of {@link Frame} for web-standard `Request`s, without any server. */
export function webTransport({ authority, appOrigin, route = { tier: 'signed' } }) {
  return async ({ method, target, fields, body }) => {
    const request = new Request(appOrigin + target, {
      method,
      headers: fields,
      ...(body === undefined ? {} : { body, duplex: 'half' }),
    });
    const control = await authority.handle(request);
    if (control) return answerOf(control);
    const outcome = await authority.verifyRequest(request, route);
    if (!outcome.ok) return answerOf(outcome.response);
    const { session, tier, body: content } = outcome;
    const text = JSON.stringify({
      ok: true,
      user: session.userId,
      tier,
      body: Buffer.from(content).toString('latin1'),
    });
    return new Answer(200, [...outcome.headers, ['content-type', 'application/json']], Buffer.from(text));
  };
}

/** A web-standard response as an {@link Answer}. */
export async function answerOf(response) {
  const fields = [...response.headers].filter(([name]) => name !== 'set-cookie');
  for (const cookie of response.headers.getSetCookie()) fields.push(['set-cookie', cookie]);
  return new Answer(response.status, fields, Buffer.from(await response.arrayBuffer()));
}

/** The head of a request for the adapter-neutral interface. */
export const incoming = ({ method, target, fields, body = null }, more = {}) => ({
  head: { method, target, fields: fields.flat().join('\n'), count: fields.length },
  body,
  // Nothing elapsed, however slow the machine is.
  receivedAt: Infinity,
  ...more,
});

/** The bytes of a request as they go over the wire; strings are Latin-1, so that any byte can be sent. */
export function wire({ method, target, fields, body }, host) {
  const names = fields.map(([name]) => name.toLowerCase());
  const lines = [`${method} ${target} HTTP/1.1`];
  if (!names.includes('host')) lines.push(`Host: ${host}`);
  lines.push('Connection: close', ...fields.map(([name, value]) => `${name}: ${value}`));
  if (body !== undefined && !names.includes('transfer-encoding') && !names.includes('content-length')) {
    lines.push(`Content-Length: ${body.length}`);
  }
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body ?? '')]);
}

/** Sends one request over its own connection and reads the answer to its end. */
export const exchange = (port, request) =>
  send(port, wire(request, `app.pas.localhost:${port}`), request.method === 'HEAD');

/** Sends bytes as they are. Rejects if the connection ended without an answer. */
export function send(port, bytes, isHead = false) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const received = [];
    let failure;
    socket.on('data', (chunk) => received.push(chunk));
    // The server may close while we still write: what counts is whether an answer came.
    socket.on('error', (error) => (failure = error));
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      const answer = parse(Buffer.concat(received), isHead);
      if (answer) resolve(answer);
      else reject(failure ?? new Error('closed without an answer'));
    });
    socket.write(bytes);
  });
}

/** Reads one HTTP/1.1 answer; undefined if it is not whole. */
export function parse(bytes, isHead = false) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [statusLine, ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const fields = lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
  const answer = new Answer(Number(statusLine.split(' ')[1]), fields, bytes.subarray(end + 4));
  if (isHead) return answer;
  if (answer.get('transfer-encoding') === 'chunked') answer.body = dechunk(answer.body);
  const length = answer.get('content-length');
  return length === undefined || answer.body.length === Number(length) ? answer : undefined;
}

function dechunk(bytes) {
  const chunks = [];
  for (let at = 0; ; ) {
    const line = bytes.indexOf('\r\n', at);
    const length = Number.parseInt(bytes.subarray(at, line).toString('latin1'), 16);
    if (!(length > 0)) return Buffer.concat(chunks);
    chunks.push(bytes.subarray(line + 2, line + 2 + length));
    at = line + 2 + length + 2;
  }
}
