// WebKitGTK's MiniBrowser over WebDriver, on a screen of its own. Pages have the part of Playwright's
// interface that the helpers of the end-to-end tests use.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../../proxy/kit/process.mjs';
import { miniBrowser } from './installed.mjs';

const KEYS = { Enter: '\uE007', Tab: '\uE004', Space: ' ' };
/** A script or a page that takes longer hangs, ms. */
const PATIENCE = 120_000;

/** A program that ends with the tests, however they end. */
function start(command, args, options) {
  const child = spawn(command, args, options);
  const ended = new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
  const kill = () => child.kill();
  process.once('exit', kill);
  return {
    child,
    ended,
    async stop() {
      process.off('exit', kill);
      child.kill();
      await ended;
    },
  };
}

/** A screen without a monitor. It says its number when it is there. */
async function startScreen() {
  const screen = start('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const failed = screen.ended.then((code) => {
    throw new Error(`Xvfb ended with ${code}`);
  });
  const [number] = await Promise.race([once(screen.child.stdio[3], 'data'), failed]);
  failed.catch(() => undefined);
  return { ...screen, display: `:${String(number).trim()}` };
}

/** The driver, which speaks HTTP on a loopback port and says nothing when it is there: it is asked until it answers. */
async function startDriver(display) {
  const port = await freePort();
  const driver = start('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], {
    stdio: 'ignore',
    env: {
      // Drawn by the processor, on X11, without accessibility and its bus.
      ...process.env,
      DISPLAY: display,
      GDK_BACKEND: 'x11',
      WEBKIT_DISABLE_DMABUF_RENDERER: '1',
      LIBGL_ALWAYS_SOFTWARE: '1',
      NO_AT_BRIDGE: '1',
      DBUS_SESSION_BUS_ADDRESS: 'disabled:',
    },
  });
  const failed = driver.ended.then((code) => {
    throw new Error(`WebKitWebDriver ended with ${code}`);
  });
  failed.catch(() => undefined);

  async function command(method, path, body) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const { value } = await response.json();
    if (value?.error) throw Object.assign(new Error(`${value.error}: ${value.message}`), { name: value.error });
    return value;
  }

  const answers = async () => {
    for (;;) {
      const status = await command('GET', '/status').catch((error) => {
        if (error.cause?.code !== 'ECONNREFUSED') throw error;
      });
      if (status?.ready) return;
    }
  };
  await Promise.race([answers(), failed]);
  return { ...driver, command };
}

/** A value as source text: unlike JSON, with what is undefined. */
const literal = (value) => {
  if (Array.isArray(value)) return `[${value.map(literal)}]`;
  if (value === null || typeof value !== 'object') return value === undefined ? 'undefined' : JSON.stringify(value);
  return `{${Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}:${literal(member)}`)}}`;
};

/** The source of a function body that calls back with the outcome of `work(argument)`. */
const asynchronous = (work, argument) => `
  const done = arguments[arguments.length - 1];
  Promise.resolve()
    .then(() => ${typeof work === 'string' ? work : `(${work})(${literal(argument)})`})
    .then((value) => done({ value }), (error) => done({ error: String(error?.stack ? error + '\\n' + error.stack : error) }));`;

/** One browser: its profile begins empty and is forgotten when it closes. */
async function openBrowser(command) {
  const { sessionId } = await command('POST', '/session', {
    capabilities: {
      alwaysMatch: {
        acceptInsecureCerts: true,
        timeouts: { script: PATIENCE, pageLoad: PATIENCE },
        'webkitgtk:browserOptions': { binary: miniBrowser(), args: ['--automation'] },
      },
    },
  });
  const say = (method, path, body) => command(method, `/session/${sessionId}${path}`, body);

  // Which window and frame a command is for is state of the session, so commands of several pages take turns.
  let turn = Promise.resolve();
  const inTurn = (work) => {
    const done = turn.then(work);
    turn = done.catch(() => undefined);
    return done;
  };

  /** Runs in a window and, where `url` is given, in its frame of that address. */
  const evaluate = (handle, url, work, argument) =>
    inTurn(async () => {
      await say('POST', '/window', { handle });
      await say('POST', '/frame', { id: null });
      if (url !== undefined) {
        const id = await say('POST', '/element', { using: 'css selector', value: `iframe[src="${url}"]` });
        await say('POST', '/frame', { id });
      }
      const { value, error } = await say('POST', '/execute/async', { script: asynchronous(work, argument), args: [] });
      if (error !== undefined) throw new Error(error);
      return value;
    });

  const act = (handle, type, actions) =>
    inTurn(async () => {
      await say('POST', '/window', { handle });
      await say('POST', '/frame', { id: null });
      const parameters = type === 'pointer' ? { parameters: { pointerType: 'mouse' } } : {};
      await say('POST', '/actions', { actions: [{ type, id: type, ...parameters, actions }] });
    });

  function createPage(handle) {
    const run = (work, argument) => evaluate(handle, undefined, work, argument);
    const go = (method, path, body) =>
      inTurn(async () => {
        await say('POST', '/window', { handle });
        await say('POST', '/frame', { id: null });
        await say(method, path, body);
      });
    return {
      handle,
      goto: (url) => go('POST', '/url', { url }),
      reload: () => go('POST', '/refresh', {}),
      evaluate: run,
      /** In the frame of the page whose address is `url`. */
      frame: (url) => ({ evaluate: (work, argument) => evaluate(handle, url, work, argument) }),
      waitForFunction: (work, argument) =>
        run(`(async () => {
        const holds = ${work};
        while (!(await holds(${literal(argument)}))) await new Promise(requestAnimationFrame);
        return true;
      })()`),
      locator: (selector) => ({
        scrollIntoViewIfNeeded: () =>
          run((selector) => document.querySelector(selector).scrollIntoView({ block: 'nearest' }), selector),
        boundingBox: () =>
          run((selector) => document.querySelector(selector).getBoundingClientRect().toJSON(), selector),
        focus: () => run((selector) => document.querySelector(selector).focus(), selector),
      }),
      mouse: {
        move: (x, y) => act(handle, 'pointer', [{ type: 'pointerMove', x, y, duration: 0, origin: 'viewport' }]),
        down: () => act(handle, 'pointer', [{ type: 'pointerDown', button: 0 }]),
        up: () => act(handle, 'pointer', [{ type: 'pointerUp', button: 0 }]),
      },
      keyboard: {
        press: (name) =>
          act(handle, 'key', [
            { type: 'keyDown', value: KEYS[name] ?? name },
            { type: 'keyUp', value: KEYS[name] ?? name },
          ]),
      },
      cookies: () =>
        inTurn(async () => {
          await say('POST', '/window', { handle });
          return say('GET', '/cookie');
        }),
    };
  }

  let first = await say('GET', '/window');
  return {
    async newPage() {
      // A browser opens with one window.
      const handle = first ?? (await inTurn(() => say('POST', '/window/new', { type: 'tab' }))).handle;
      first = undefined;
      return createPage(handle);
    },
    pages: async () => (await say('GET', '/window/handles')).map(createPage),
    close: () => inTurn(() => say('DELETE', '')),
  };
}

/** A screen and a driver; `open()` opens a browser. */
export async function launch() {
  const screen = await startScreen();
  try {
    const driver = await startDriver(screen.display);
    return {
      open: () => openBrowser(driver.command),
      async close() {
        await driver.stop();
        await screen.stop();
      },
    };
  } catch (error) {
    await screen.stop();
    throw error;
  }
}
