// How long the tracker takes for one pointer sample, as a ratio to a floor of the same run.
//
//   node benches/tracker/bench.mjs [--pkg dist] [--rounds 200]
//
// Untrusted events take the early return, so a script can't make the events to measure with. Chromium
// is driven over CDP: its events are trusted. The page keeps those it received, and calls the tracker's
// own listener (caught at addEventListener) again and again with one of them; an event stays trusted
// after its dispatch. The floor is a JavaScript listener that reads timeStamp, clientX and clientY of
// each sample, called likewise, by turns. What the browser needs to dispatch an event is in neither.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { rounds } from '../rounds.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = resolve(here, '../..');
const BUDGET_US = 2;

const { values: options } = parseArgs({
  options: {
    pkg: { type: 'string', default: join(root, 'dist') },
    rounds: { type: 'string', default: String(rounds(200, 4)) },
  },
});
const pkg = resolve(options.pkg);
const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const base = pathname.startsWith('/pkg/') ? pkg : here;
  const file = resolve(base, '.' + (base === pkg ? pathname.slice(4) : pathname));
  try {
    if (!file.startsWith(base.endsWith(sep) ? base : base + sep)) throw new Error('outside');
    const content = await readFile(file);
    // Isolated pages have the finest clock, 5 µs.
    response.writeHead(200, {
      'content-type': types[extname(file)] ?? 'application/octet-stream',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    response.end(content);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));

const driver = JSON.parse(await readFile(join(root, 'webdriver.json'), 'utf8'))['goog:chromeOptions'];
const browser = await chromium.launch({ executablePath: driver.binary, args: driver.args });
let failed = false;
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  page.on('pageerror', (error) => console.error(error));
  await page.goto(`http://127.0.0.1:${server.address().port}/bench.html`);
  await page.waitForFunction(() => document.title === 'ready', undefined, { timeout: 10_000 });
  const cdp = await page.context().newCDPSession(page);
  const move = (x, y) => cdp.send('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y });

  // One sample an event: each move is awaited.
  for (let i = 0; i < 40; i++) await move(100 + 12 * i, 120 + 5 * i);
  // Many: moves pile up while the main thread is held.
  for (let burst = 0; burst < 5; burst++) {
    const held = page.evaluate(() => bench.block(300));
    await Promise.all(Array.from({ length: 60 }, (_, i) => move(120 + 8 * i, 130 + 3 * i)));
    await held;
  }
  for (let i = 0; i < 20; i++) await move(560 + 5 * i, 310);

  // The tracker saw all of that: a trusted click gives a proof.
  await page.mouse.down();
  await page.mouse.up();
  const proof = await page.evaluate(() => bench.proof());
  if (proof === undefined) throw new Error('a trusted click gave no proof: the wrong path would be measured');
  const { events, samples } = await page.evaluate(() => bench.seen());
  console.log(`${events} trusted events received, up to ${samples} samples each; proof of ${proof} bytes`);

  for (const most of [false, true]) {
    const result = await page.evaluate(
      ([most, rounds]) => bench.measure(most, rounds, most ? 200 : 1000),
      [most, Number(options.rounds)],
    );
    const { tracker, floor } = result;
    const ratio = tracker.median / floor.median;
    const ok = tracker.median <= BUDGET_US;
    // A smoke run judges no time.
    failed ||= !ok && !process.env.PAS_BENCH_SMOKE;
    console.log(
      `${result.samples} samples an event: tracker ${tracker.median.toFixed(2)} µs a sample (p95 ${tracker.p95.toFixed(2)}), ` +
        `floor ${floor.median.toFixed(2)} µs (p95 ${floor.p95.toFixed(2)}), ratio ${ratio.toFixed(2)}; ` +
        `budget ${BUDGET_US} µs: ${ok ? 'met' : 'MISSED'}`,
    );
  }
} finally {
  await browser.close();
  server.close();
}
process.exitCode = failed ? 1 : 0;
