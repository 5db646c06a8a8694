// From a person's click on Confirm until the page holds the signed headers, beside the floor of a bare
// subtle.sign in the same Chromium: median and p99.
import { launch, logIn, open } from '../../tests/e2e/kit/browser.mjs';
import { TRANSFER, pressed } from '../../tests/e2e/kit/consent.mjs';
import { startSite } from '../../tests/e2e/kit/site.mjs';
import { rounds } from '../rounds.mjs';

const ROUNDS = rounds(60, 2);

const sorted = (times) => [...times].sort((a, b) => a - b);
const at = (times, part) => sorted(times)[Math.min(Math.floor(times.length * part), times.length - 1)];

function row(name, times, floor) {
  const [median, p99] = [at(times, 0.5), at(times, 0.99)];
  console.log(
    `${name.padEnd(46)} ${(median * 1000).toFixed(0).padStart(8)} µs median ${(p99 * 1000).toFixed(0).padStart(8)} µs p99 ` +
      `${(median / floor).toFixed(2).padStart(7)} × floor`,
  );
}

const site = await startSite();
const browser = await launch();
try {
  const context = await browser.newContext();
  // The window is gone when its time is read, so it tells the driver. Both clocks count from the same epoch.
  let clicked;
  await context.exposeBinding('confirmClicked', (_source, when) => (clicked = when));
  const page = await open(context, site);
  await logIn(page);
  const floor = await page.evaluate(async (rounds) => {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const { privateKey } = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
    const times = [];
    for (let i = 0; i < rounds; i += 1) {
      const start = performance.now();
      await crypto.subtle.sign(algorithm, privateKey, new Uint8Array(500));
      times.push(performance.now() - start);
      // As far apart as people are: a burst would find everything warm.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return times;
  }, ROUNDS);

  const times = [];
  for (let i = 0; i < ROUNDS; i += 1) {
    await page.evaluate((body) => {
      document.querySelector('#go').addEventListener(
        'click',
        () => {
          window.signed = window.pas
            .sign('/api/transfer', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
            .then(() => performance.timeOrigin + performance.now());
        },
        { once: true },
      );
    }, JSON.stringify(TRANSFER));
    const window = await pressed(page);
    await window.ready();
    await window.page.evaluate(() =>
      addEventListener('click', ({ timeStamp }) => window.confirmClicked(performance.timeOrigin + timeStamp), true),
    );
    await window.confirmButton.click();
    const done = await page.evaluate(() => window.signed);
    if (!(done > clicked)) throw new Error('what was measured is no consent');
    await window.closed();
    times.push(done - clicked);
  }
  row('floor: bare subtle.sign in the page', floor, at(floor, 0.5));
  row('click on Confirm to signed headers', times, at(floor, 0.5));
  console.log(`${ROUNDS} of each`);
} finally {
  await browser.close();
  await site.close();
}
