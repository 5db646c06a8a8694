/**
 * The demo: a small bank on one origin, the signing origin on another, and an attack lab that runs
 * real attacks against both. `npm start`, or `startDemo()` from a test.
 */
import { pathToFileURL } from 'node:url';
import { nodeAdapter } from 'partitioned-authority/adapters/node';
import { createAuthority } from 'partitioned-authority/verifier';
import { createApp } from './server/app.mjs';
import { registerActions } from './server/asking.mjs';
import { createBank } from './server/bank.mjs';
import { createEvilOrigin } from './server/evil.mjs';
import { createFrontEnd } from './server/front-end.mjs';
import { createLab } from './server/lab.mjs';
import { listen } from './server/listen.mjs';
import { createPeople, DEMO_PASSWORD } from './server/people.mjs';
import { openStore } from './server/store.mjs';

export { DEMO_PASSWORD };

/** The bank's colours, in the window that asks a person. */
const THEME = { '--pas-accent': 'light-dark(#0d5c4c, #83d3bb)', '--pas-accent-text': 'light-dark(#fff, #0f1513)' };

/**
 * Starts the app, signing and evil origins on 127.0.0.1. Port 0 takes a free one.
 *
 * Sessions are kept in `folder` (SQLite), at `redisUrl` with their secret in `folder`, or in memory.
 * `clock` (a function that returns milliseconds since the epoch) is that of the authority, its store and the bank;
 * `windows` (milliseconds), `audit` and `interaction` go to `createAuthority` as they are.
 */
export async function startDemo({
  appPort = 4440,
  signPort = 4441,
  evilPort = 0,
  folder,
  redisUrl,
  clock,
  windows,
  audit,
  interaction,
} = {}) {
  const listeners = [];
  const kept = await openStore({ folder, redisUrl, clock });
  const close = async () => {
    await Promise.all(listeners.map((listener) => listener.close()));
    await kept.close();
  };
  try {
    for (const [host, port] of [
      ['app', appPort],
      ['sign', signPort],
      ['evil', evilPort],
    ]) {
      listeners.push(await listen(`${host}.pas.localhost`, port));
    }
    const [app, sign, evil] = listeners;
    const [appOrigin, signOrigin, evilOrigin] = [app.origin, sign.origin, evil.origin];
    const now = clock ?? Date.now;
    const authority = createAuthority({
      appOrigin,
      signOrigin,
      app: { name: 'Thirds', theme: THEME },
      secret: kept.secret,
      store: kept.store,
      ...(clock && { clock }),
      ...(windows && { windows }),
      ...(audit && { audit }),
      ...(interaction && { interaction }),
    });
    registerActions(authority);
    const pas = nodeAdapter(authority);
    const bank = createBank({ now });
    const people = await createPeople({ now });
    const frontEnd = await createFrontEnd({ signOrigin, evilOrigin, password: DEMO_PASSWORD });
    const evilSide = createEvilOrigin({ signOrigin });
    const lab = createLab({ authority, appOrigin, signOrigin, reports: evilSide.reports });

    pas.attach(app.server);
    app.serve(createApp({ authority, pas, bank, people, appOrigin, signOrigin, frontEnd, lab }));
    sign.serve(pas.signing);
    evil.serve(evilSide.handler);
    return { appUrl: appOrigin, signUrl: signOrigin, evilUrl: evilOrigin, authority, keptIn: kept.kind, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The demo as the environment asks for it. */
export function startFromEnvironment(folder) {
  const port = (name, otherwise) => Number(process.env[name] ?? otherwise);
  return startDemo({
    appPort: port('PAS_APP_PORT', 4440),
    signPort: port('PAS_SIGN_PORT', 4441),
    evilPort: port('PAS_EVIL_PORT', 4442),
    folder: process.env.PAS_DEMO_FOLDER ?? folder,
    redisUrl: process.env.PAS_REDIS_URL,
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const demo = await startFromEnvironment();
  console.log(`Open ${demo.appUrl}`);
  console.log(`Signing origin ${demo.signUrl}, the lab's hostile origin ${demo.evilUrl}. Sessions: ${demo.keptIn}`);
  const stop = () => demo.close().then(() => process.exit(0));
  process.once('SIGINT', stop).once('SIGTERM', stop);
}
