// What a signature costs the page: the whole way to the frame and back, beside the floor of a bare
// subtle.sign in the same Chromium.
import { launch, logIn, open } from '../../tests/e2e/kit/browser.mjs';
import { startSite } from '../../tests/e2e/kit/site.mjs';
import { row } from '../median.mjs';
import { rounds } from '../rounds.mjs';

const site = await startSite();
const browser = await launch();
try {
  const page = await open(await browser.newContext(), site);
  await logIn(page);
  const times = await page.evaluate(
    async (batches) => {
      const median = async (work) => {
        const times = [];
        for (let batch = 0; batch < batches; batch += 1) {
          const start = performance.now();
          for (let index = 0; index < 5; index += 1) await work();
          times.push(((performance.now() - start) * 1000) / 5);
          // The frame lets a page sign 100 times a second in the long run.
          await new Promise((resolve) => setTimeout(resolve, 60));
        }
        return times.sort((a, b) => a - b)[batches >> 1];
      };
      const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
      const { privateKey } = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
      const data = new Uint8Array(500);
      const body = JSON.stringify({ to: 'bob', amount: 10 });
      return {
        floor: await median(() => crypto.subtle.sign(algorithm, privateKey, data)),
        sign: await median(() => window.pas.sign('/api/signed', { method: 'POST', body })),
        plain: await median(() => fetch('/client.js', { method: 'HEAD' })),
        fetch: await median(async () => {
          const { status } = await window.pas.fetch('/api/signed', { method: 'POST', body });
          if (status !== 200) throw new Error(`what is measured is answered with ${status}`);
        }),
      };
    },
    rounds(20, 2),
  );
  row('floor: bare subtle.sign in the page', times.floor, times.floor);
  row('pas.sign, through the frame', times.sign, times.floor);
  row('plain fetch on loopback', times.plain, times.floor);
  row('pas.fetch, signed and verified', times.fetch, times.floor);
} finally {
  await browser.close();
  await site.close();
}
