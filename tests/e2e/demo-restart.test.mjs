// The demo keeps its sessions: after a restart of the server nobody logs in again, and what was revoked stays so.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DEMO_PASSWORD, startDemo } from '../../examples/demo/server.mjs';
import { keeps, redisServer } from '../stores/kit/redis-server.mjs';
import { createStage, mousePress, newPage } from './kit/browser.mjs';

/** What a driver does looks like a script's: here it is only told of, and nobody is asked to confirm it. */
const WEAK = { onWeak: 'audit' };

const stage = createStage();

const stores = {
  SQLite: async () => ({}),
  Redis: async (t) => {
    const server = await redisServer(keeps.everything);
    t.after(() => server.dispose());
    return { redisUrl: server.url };
  },
};

async function logIn(page, url) {
  await page.goto(url);
  await page.locator('#user').selectOption('alice');
  await page.locator('#password').fill(DEMO_PASSWORD);
  await mousePress(page, '#login-form button[type=submit]');
  await page.locator('#bank').waitFor();
  await page.locator('#sessions li').first().waitFor();
}

for (const [name, prepare] of Object.entries(stores)) {
  test(`sessions survive a restart of the server: ${name}`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'pas-demo-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const { redisUrl } = await prepare(t);
    let demo = await startDemo({ interaction: WEAK, appPort: 0, signPort: 0, folder, redisUrl });
    t.after(() => demo.close());
    assert.match(demo.keptIn, new RegExp(`^${name}`));
    const portOf = (url) => Number(new URL(url).port);

    const kept = await newPage(await stage.context(t));
    await logIn(kept, demo.appUrl);
    const revoked = await newPage(await stage.context(t));
    await logIn(revoked, demo.appUrl);
    await kept.reload();
    const other = kept.locator('#sessions li[data-session]:not([data-current])');
    await other.waitFor();
    await mousePress(kept, '#sessions li[data-session]:not([data-current]) button');
    await other.waitFor({ state: 'detached' });

    await demo.close();
    demo = await startDemo({
      interaction: WEAK,
      appPort: portOf(demo.appUrl),
      signPort: portOf(demo.signUrl),
      folder,
      redisUrl,
    });
    await kept.reload();
    await kept.locator('#bank').waitFor();
    await kept.locator('#amount').fill('1.23');
    await mousePress(kept, '#transfer-form button[type=submit]');
    await kept.waitForFunction(() => /sent to/.test(document.querySelector('#transfer-status').textContent));
    await revoked.reload();
    await revoked.locator('#login').waitFor();
    assert.equal(await revoked.locator('#bank').isVisible(), false);
  });
}
