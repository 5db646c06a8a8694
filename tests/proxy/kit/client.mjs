// Browsers' side of the wire: TLS to the proxy, from any loopback address, HTTP/1.1 or HTTP/2. What is
// sent is sent as it is: nothing is normalised on the way.
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { Answer } from '../../node/kit/signer.mjs';
import { parse, wire } from '../../node/kit/site.mjs';

const HOST = 'app.example.com';

/** A TLS connection to the proxy. */
export const dial = ({ port, from = '127.0.0.2', ca, servername = HOST, ...options }) =>
  connectTls({ port, host: '127.0.0.1', localAddress: from, ca, servername, ...options });

/** Sends bytes and reads to the end: an {@link Answer}. Rejects if none came. */
export function sendBytes(address, bytes, isHead = false) {
  return new Promise((resolve, reject) => {
    const socket = dial(address);
    const received = [];
    let failure;
    socket.on('data', (chunk) => received.push(chunk));
    // The proxy may close while we still write: what counts is whether an answer came.
    socket.on('error', (error) => (failure = error));
    socket.on('close', () => {
      const answer = parse(Buffer.concat(received), isHead);
      if (answer) resolve(answer);
      else reject(failure ?? new Error('closed without an answer'));
    });
    socket.write(bytes);
  });
}

/** The transport of a frame over HTTP/1.1, one connection per request. */
export const http1 = (address) => (request) => sendBytes(address, wire(request, HOST), request.method === 'HEAD');

/** The same over HTTP/2, all requests on one connection; cookies as browsers send them, each a field. */
export function http2(t, address) {
  const createConnection = () => dial({ ...address, ALPNProtocols: ['h2'] });
  const session = connectHttp2(`https://${HOST}`, { createConnection });
  // What ends the connection ends its requests, and each of them says so.
  session.on('error', () => undefined);
  t.after(() => session.destroy());
  return ({ method, target, fields, body }) =>
    new Promise((resolve, reject) => {
      const headers = { ':method': method, ':path': target, ':authority': HOST };
      for (const [name, value] of fields) {
        const lower = name.toLowerCase();
        if (lower === 'host') headers[':authority'] = value;
        else if (lower === 'cookie') headers.cookie = value.split('; ');
        else headers[lower] = lower in headers ? [headers[lower], value].flat() : value;
      }
      const stream = session.request(headers, { endStream: body === undefined });
      const chunks = [];
      let head;
      stream.on('response', (received) => (head = received));
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('error', (error) => (head ? undefined : reject(error)));
      stream.on('close', () => {
        if (!head) return reject(new Error('closed without an answer'));
        const answered = Object.entries(head).filter(([name]) => !name.startsWith(':'));
        const list = answered.flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
        return resolve(new Answer(head[':status'], list, Buffer.concat(chunks)));
      });
      if (body !== undefined) stream.end(body);
    });
}
