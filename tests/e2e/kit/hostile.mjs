// A hostile script in the app page, with all that the page has: what it uses again and again.

/** What nobody means to pay. */
export const PAYMENT = { to: 'mallory', amount: 5_000, currency: 'EUR' };

/** Puts the script's tools into a page of the app, as a stored cross-site script would. */
export const infect = (page, signOrigin) =>
  page.evaluate(
    ([signOrigin, PAYMENT]) => {
      window.PAYMENT = PAYMENT;
      window.bytes = (value) =>
        new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value)).buffer;

      /** A signing frame and a port of the script's own. `ask` sends a message, and gives the answer. */
      window.mount = async () => {
        const frame = document.createElement('iframe');
        const ready = new Promise((resolve) =>
          addEventListener('message', function listen({ source, data }) {
            if (source !== frame.contentWindow || data?.pas !== 'ready') return;
            removeEventListener('message', listen);
            resolve();
          }),
        );
        frame.src = `${signOrigin}/`;
        document.body.append(frame);
        await ready;
        const { port1, port2 } = new MessageChannel();
        const waiting = new Map();
        port1.onmessage = ({ data }) => {
          if (data.progress === undefined) waiting.get(data.id)?.(data);
        };
        frame.contentWindow.postMessage({ pas: 'connect' }, signOrigin, [port2]);
        let count = 0;
        const ask = (message, transfer = []) =>
          new Promise((resolve) => {
            const id = `ask-${(count += 1)}`;
            waiting.set(id, resolve);
            port1.postMessage({ ...message, id }, transfer);
          });
        return { frame, port: port1, ask };
      };

      /** The message that asks for a consented signature. */
      window.signing = (consentId, { body = PAYMENT, path = '/api/transfer', ...members } = {}) => ({
        type: 'sign',
        method: 'POST',
        url: location.origin + path,
        contentType: 'application/json',
        body: window.bytes(body),
        consentId,
        ...members,
      });

      window.openConsent = (id, { name = '', features = 'popup,width=480,height=420', page = 'consent' } = {}) =>
        window.open(`${signOrigin}/${page}#${id}`, name, features);

      /** Sends a request by the browser's own `fetch`: its code, or null if it was accepted. */
      window.send = async (path, headers, body = PAYMENT, init = {}) => {
        const response = await fetch(path, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: typeof body === 'string' || body instanceof ArrayBuffer ? body : JSON.stringify(body),
          ...init,
        });
        return response.ok ? null : response.headers.get('pas-error');
      };

      /** Uses what a port answered: the code of the refusal, of the frame or of the server. */
      window.use = async (answer, body = PAYMENT, path = '/api/transfer') =>
        answer.ok ? window.send(path, Object.fromEntries(Object.entries(answer.headers)), body) : answer.code;

      /** `work` runs in the next press of `#go`, which the person makes for a reason of their own. */
      window.lure = (work) => {
        const { promise, resolve } = Promise.withResolvers();
        window.caught = promise;
        document.querySelector('#go').addEventListener(
          'click',
          () => {
            Promise.resolve()
              .then(work)
              .then(
                (value) => resolve({ value }),
                (error) => resolve({ error: error.code ?? String(error) }),
              );
          },
          { once: true },
        );
      };
    },
    [signOrigin, PAYMENT],
  );

/** What came of {@link window.lure}. */
export const caught = (page) => page.evaluate(() => window.caught);
