// What a person does about a consent: presses the app's button, reads the window, confirms or not.

/** What the app's button asks for; see {@link press}. */
export const TRANSFER = { to: 'bob', amount: 12.5, currency: 'EUR' };

/** The request of an action. */
export const request = (name, body = TRANSFER, init = {}) => [
  `/api/${name}`,
  { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), ...init },
];

/** The next press of `#go` sends a request; `window.asked` is what came of it. */
export const arm = (page, [url, init], options = {}) =>
  page.evaluate(
    ([url, init, { abort }]) => {
      const { promise, resolve } = Promise.withResolvers();
      window.asked = promise;
      const abortion = new AbortController();
      window.abort = () => abortion.abort();
      document.querySelector('#go').addEventListener(
        'click',
        async () => {
          try {
            const response = await window.pas.fetch(url, { ...init, ...(abort ? { signal: abortion.signal } : {}) });
            const json = await response.json().catch(() => null);
            resolve({ status: response.status, code: json?.code, json });
          } catch (error) {
            resolve({ code: error.code ?? String(error) });
          }
        },
        { once: true },
      );
    },
    [url, init, options],
  );

export const asked = (page) => page.evaluate(() => window.asked);

/** Presses the app's button, and gives the window that opens. */
export async function press(page, request, options) {
  await arm(page, request, options);
  return pressed(page);
}

/** The window that the press of a button opens; `how` it is pressed. */
export async function pressed(page, button = page.locator('#go'), how = (target) => target.click()) {
  const [opened] = await Promise.all([page.context().waitForEvent('page'), how(button)]);
  return new ConsentWindow(opened);
}

/** The next press of `#go` does `work` with the client; `window.asked` is what came of it. An expression: CSP keeps a page from `eval`. */
export const armWork = (page, work, argument) =>
  page.evaluate(`(() => {
    const { promise, resolve } = Promise.withResolvers();
    window.asked = promise;
    document.querySelector('#go').addEventListener('click', () => {
      (${work})(${JSON.stringify(argument)}).then((value) => resolve({ value }), (error) => resolve({ code: error.code ?? String(error) }));
    }, { once: true });
  })()`);

/** The window may be gone before the driver's call returns. */
const orGone = (call) =>
  call.catch((error) => {
    if (!/closed/.test(error.message)) throw error;
  });

/** A window, or a frame, of the signing origin that asks. */
export class ConsentWindow {
  constructor(page) {
    this.page = page;
    this.dialog = page.getByRole('alertdialog');
    this.text = page.locator('#text');
    this.confirmButton = page.locator('button.confirm');
    this.cancelButton = page.locator('button.cancel');
  }

  /** Until the text stands there. */
  async shown() {
    await this.text.waitFor();
    return this;
  }

  /** Until Confirm counts. */
  async ready() {
    await this.page.locator('button.confirm[aria-disabled=false]').waitFor();
    return this;
  }

  /** The next press begins before Confirm counts, however slow the machine is: the window changed at that moment. */
  async early(type) {
    await this.page.evaluate((name) => {
      addEventListener(name, () => dispatchEvent(new Event('resize')), { capture: true, once: true });
    }, type);
  }

  /** Whether Confirm does not count at once, in a time that stands still. */
  async waits() {
    return this.page.evaluate(async () => {
      const real = performance.now;
      const at = performance.now();
      performance.now = () => at;
      dispatchEvent(new Event('resize'));
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      const state = document.querySelector('.confirm').getAttribute('aria-disabled');
      performance.now = real;
      return state === 'true';
    });
  }

  /** As a person does: reads, moves the mouse there, presses, lets go. */
  async confirm() {
    await this.ready();
    await orGone(this.confirmButton.click());
  }

  /** With the keyboard alone. */
  async confirmByKey(key = 'Enter') {
    await this.ready();
    await this.page.keyboard.press('Tab');
    await this.page.keyboard.press('Tab');
    await orGone(this.page.keyboard.press(key));
  }

  /** By a key, with the focus where it is put. */
  async confirmFocused(key) {
    await this.ready();
    await this.confirmButton.focus();
    await orGone(this.page.keyboard.press(key));
  }

  async cancel() {
    await orGone(this.cancelButton.click());
  }

  async close() {
    await this.page.close();
  }

  /** Until it closed itself. */
  closed() {
    return this.page.isClosed() ? Promise.resolve() : this.page.waitForEvent('close');
  }
}

/** What `pas.addEventListener('consent', …)` heard. */
export const consentStates = (page) =>
  page.evaluate(() =>
    window.events
      .filter(({ type }) => type === 'consent')
      .map(({ state, code }) => (code ? `${state} ${code}` : state)),
  );

/**
 * The authenticator of a person, for one window: a virtual one is of one page. `known` are the passkeys that it
 * has; what it makes is added there. One that `forgets` loses a passkey by its use.
 */
export async function authenticator(page, known = [], { forgets = false, ...options } = {}) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      ...options,
    },
  });
  for (const credential of known) await cdp.send('WebAuthn.addCredential', { authenticatorId, credential });
  cdp.on('WebAuthn.credentialAdded', ({ credential }) => known.push(credential));
  cdp.on('WebAuthn.credentialAsserted', ({ credential }) => {
    const { credentialId } = credential;
    known.splice(
      known.findIndex((one) => one.credentialId === credentialId),
      1,
      credential,
    );
    if (forgets) void cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId });
  });
  return known;
}
