/** One HTTP listener on the loopback address. The handler is attached later, when the origins are known. */
import { createServer } from 'node:http';

export async function listen(host, port) {
  const server = createServer();
  await new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new Error(`${host} can't listen on port ${port}: ${cause.code}`, { cause }));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  const origin = `http://${host}:${server.address().port}`;
  return {
    server,
    origin,
    serve: (handler) => void server.on('request', handler),
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}
