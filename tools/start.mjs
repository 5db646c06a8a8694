// `npm start`: builds what is missing and runs the demo on two origins. Its sessions are kept in .demo/ (SQLite),
// or in Redis with PAS_REDIS_URL=redis://…
import { join } from 'node:path';
import { build } from './build.mjs';
import { root } from './run.mjs';
import { setup } from './setup.mjs';

await setup({ demo: true });
await build();
const { startFromEnvironment } = await import('../examples/demo/server.mjs');
const { appUrl, signUrl, keptIn, close } = await startFromEnvironment(join(root, '.demo'));
console.log(`demo   app      ${appUrl}\ndemo   signing  ${signUrl}\ndemo   sessions ${keptIn}\ndemo   Ctrl-C ends it`);
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => close().then(() => process.exit(0)));
}
