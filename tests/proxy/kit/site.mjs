// The app behind the proxy, on the origins of the documentation, and browsers in front of it.
import { createServer, ServerResponse } from 'node:http';
import { createHash } from 'node:crypto';
import express from 'express';
import { nodeAdapter } from 'partitioned-authority/adapters/node';
import { Frame } from '../../node/kit/signer.mjs';
import { closing, listen, makeAuthority, routes } from '../../node/kit/site.mjs';
import { http1, http2 } from './client.mjs';

export const appOrigin = 'https://app.example.com';
export const signOrigin = 'https://sign.example.com';
/** RFC 6455 §1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * An app with a memory store, on two ports. It believes the proxy, which connects from 127.0.0.1;
 * browsers connect from other addresses of 127.0.0.0/8. `trustProxy` as for the adapter, the rest for
 * the authority.
 */
export async function startApp(t, { trustProxy = ['127.0.0.1'], configure = () => undefined, ...options } = {}) {
  const made = makeAuthority(t, { appOrigin, signOrigin, ...options });
  const { authority } = made;
  const pas = nodeAdapter(authority, { trustProxy });
  const seen = [];
  /** Heads as they arrived. */
  const requests = [];
  const dying = new Set();
  const app = express();
  app.use((request, _response, next) => {
    const { method, url: target, rawHeaders: fields, socket } = request;
    requests.push({ method, target, fields, peer: socket.remoteAddress });
    app.emit('head', request);
    next();
  });
  app.use(pas.handler);
  configure(app, pas, authority);
  // Does its work, and the connection breaks before the answer: once per name.
  app.all('/api/dies/:name', pas.require({ tier: 'signed' }), (request, response) => {
    const { name } = request.params;
    seen.push({ name: 'dies', target: request.url });
    if (dying.has(name)) return response.json({ ok: true });
    dying.add(name);
    return request.socket.destroy();
  });
  routes(app, pas, seen);
  // Any other path, so that odd ones can be tried.
  app.use(pas.require({ tier: 'signed' }), (request, response) => {
    seen.push({ name: 'any', user: request.authority.session.userId });
    response.json({ ok: true, target: request.originalUrl, length: Buffer.from(request.body ?? '').length });
  });

  const servers = [createServer(app), createServer(app)];
  /** A server lets its upgraded connections go, and still waits for them. */
  const upgraded = new Set();
  t.after(() => upgraded.forEach((socket) => socket.destroy()));
  for (const server of servers) {
    pas.attach(server);
    server.on('upgrade', (_request, socket) => upgraded.add(socket));
    server.on('upgrade', upgrade(pas.require({ tier: 'signed', ticket: true }), seen));
    closing(t, server);
  }
  const signing = createServer(pas.signing);
  closing(t, signing);
  const [signPort, ...appPorts] = await Promise.all([signing, ...servers].map(listen));
  return { ...made, app, pas, seen, requests, appPorts, signPort };
}

/** Answers a WebSocket handshake (RFC 6455 §4.2.2) that the route accepts, greets, and echoes bytes. */
function upgrade(require, seen) {
  return (request, socket) => {
    const response = new ServerResponse(request);
    response.assignSocket(socket);
    response.once('finish', () => socket.end());
    require(request, response, () => {
      response.detachSocket(socket);
      seen.push({ name: 'socket', user: request.authority.session.userId });
      const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${GUID}`).digest('base64');
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n');
      socket.write(`Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
      // One text frame, unmasked (§5.2).
      socket.write(Buffer.concat([Buffer.from([0x81, 5]), Buffer.from('hello')]));
      socket.on('error', () => socket.destroy());
      socket.on('data', (chunk) => (chunk.toString('latin1').includes('bye') ? socket.end() : socket.write(chunk)));
    });
  };
}

/** An app, a proxy in front of it, and browsers. `proxy` starts the proxy; `edits` change its config. */
export async function startStack(t, { proxy, certificate, edits, ports = 1, ...options }) {
  const site = await startApp(t, options);
  const appPorts = site.appPorts.slice(0, ports);
  const front = await proxy(t, { appPorts, signPort: site.signPort, certificate, edits });
  const ca = certificate.ca;
  const transports = {
    'HTTP/1.1': (from = '127.0.0.2') => http1({ port: front.https, from, ca }),
    'HTTP/2': (from = '127.0.0.2') => http2(t, { port: front.https, from, ca }),
  };
  const now = () => site.time.now;
  const frame = (transport = transports['HTTP/1.1']()) => new Frame({ appOrigin, signOrigin, transport, now });
  return {
    ...site,
    front,
    transports,
    frame,
    /** A browser with an enrolled key, through the proxy. */
    async enrolled(transport, user = 'alice') {
      const browser = frame(transport);
      browser.keep([(await site.authority.begin({ id: user })).setCookie]);
      const answer = await browser.enrol();
      if (answer.status !== 200) throw new Error(`enrolment: ${answer.status} ${answer.text}`);
      return browser;
    },
    forget() {
      for (const log of [site.seen, site.requests]) log.length = 0;
    },
  };
}
