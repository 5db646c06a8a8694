// `npm start`: builds what is missing and runs the demo on two origins.
import { build } from './build.mjs';
import { setup } from './setup.mjs';

await setup();
await build();
const { startDemo } = await import('../examples/demo/server.mjs');
const { appUrl, signUrl, close } = await startDemo({
  appPort: Number(process.env.PAS_APP_PORT ?? 4440),
  signPort: Number(process.env.PAS_SIGN_PORT ?? 4441),
});
console.log(`demo   app      ${appUrl}\ndemo   signing  ${signUrl}\ndemo   Ctrl-C ends it`);
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => close().then(() => process.exit(0)));
}
