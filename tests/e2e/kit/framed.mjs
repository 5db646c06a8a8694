// What a hostile parent does with the signing frame, without our client.
import { startOrigin } from './site.mjs';

/** A hostile origin: any page it serves may run scripts and frame anything. */
export async function hostile(t, host = 'evil') {
  const origin = await startOrigin(host, (_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>hostile</title><body></body>');
  });
  t.after(() => origin.close());
  return origin;
}

/** Frames `url` in the page, without our client. Everything it says is kept in `window.heard`. */
export const mount = (page, url, attributes = {}) =>
  page.evaluate(
    async ([url, attributes]) => {
      window.framed?.remove();
      window.heard = [];
      window.answers = [];
      addEventListener('message', ({ source, origin, data }) => {
        if (source === window.framed.contentWindow) window.heard.push({ origin, data });
      });
      window.framed = document.createElement('iframe');
      for (const [name, value] of Object.entries(attributes)) window.framed.setAttribute(name, value);
      window.framed.src = url;
      const loaded = new Promise((resolve) => window.framed.addEventListener('load', resolve, { once: true }));
      document.body.append(window.framed);
      await loaded;
    },
    [url, attributes],
  );

/** A port to the page's own signing frame, without our client: `window.ask(message)`. */
export async function rawPort(page, site) {
  await mount(page, `${site.signOrigin}/`);
  await page.waitForFunction(() => window.heard.some(({ data }) => data?.pas === 'ready'));
  await page.evaluate((signOrigin) => {
    const { port1, port2 } = new MessageChannel();
    const waiting = new Map();
    window.stray = [];
    port1.onmessage = ({ data }) => {
      const resolve = waiting.get(data.id);
      if (resolve) {
        waiting.delete(data.id);
        resolve(data);
      } else window.stray.push(data);
    };
    let count = 0;
    window.port = port1;
    window.ask = (message, transfer = []) =>
      new Promise((resolve) => {
        const id = message.id ?? `ask-${(count += 1)}`;
        waiting.set(id, resolve);
        port1.postMessage({ ...message, id }, transfer);
      });
    window.framed.contentWindow.postMessage({ pas: 'connect' }, signOrigin, [port2]);
  }, site.signOrigin);
}

export const ask = (page, message) => page.evaluate((message) => window.ask(message), message);
