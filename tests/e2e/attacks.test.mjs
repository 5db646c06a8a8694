// The demo, driven as a person drives it; then its attack lab, where every attack must be refused.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DEMO_PASSWORD, startDemo } from '../../examples/demo/server.mjs';
import { createStage, mousePress, newPage } from './kit/browser.mjs';

/** What a driver does looks like a script's: here it is only told of, and nobody is asked to confirm it. */
const WEAK = { onWeak: 'audit' };

const stage = createStage();

/** A window shorter than the thirty seconds of production: two attacks wait until it is over. */
const WINDOWS = { signed: 4_000, future: 1_000, body: 5_000, skew: 1_000 };

describe('the demo', () => {
  let demo;
  before(async () => (demo = await startDemo({ interaction: WEAK, appPort: 0, signPort: 0, windows: WINDOWS })));
  after(() => demo.close());

  async function openDemo(t) {
    const page = await newPage(await stage.context(t));
    const errors = [];
    page.on('pageerror', (error) => errors.push(error));
    await page.goto(demo.appUrl);
    await page.locator('#login').waitFor();
    return { page, errors };
  }

  const balance = async (page) => (await page.locator('#balance').textContent()).trim();

  const balanceOtherThan = (page, old) =>
    page.waitForFunction((old) => document.querySelector('#balance').textContent.trim() !== old, old);

  const done = (page, selector) =>
    page.waitForFunction(
      (selector) =>
        document.querySelector(selector).dataset.kind === 'good' ||
        /sent to/.test(document.querySelector(selector).textContent),
      selector,
    );

  it('a person logs in, sends money, and every attack of the lab is refused', async (t) => {
    const { page, errors } = await openDemo(t);
    await page.locator('#user').selectOption('alice');
    await page.locator('#password').fill(DEMO_PASSWORD);
    await mousePress(page, '#login-form button[type=submit]');
    await page.locator('#bank').waitFor();
    await page.locator('#sessions li').first().waitFor();

    const before = await balance(page);
    await page.locator('#amount').fill('1.23');
    await mousePress(page, '#transfer-form button[type=submit]');
    await done(page, '#transfer-status');
    await balanceOtherThan(page, before);
    assert.match(await page.locator('#signed-bytes').textContent(), /^"@method": POST\n.*"interaction-proof"/s);

    await mousePress(page, '#run-all');
    // An attack may ask for a real press: give it, as a person does.
    const presser = (async () => {
      for (;;) {
        const ask = await page.waitForSelector('.press-here, #run-all[data-state="done"]', {
          state: 'attached',
          timeout: 300_000,
        });
        if ((await ask.getAttribute('id')) === 'run-all') return;
        await mousePress(page, '.press-here');
        await ask.waitForElementState('hidden').catch(() => undefined);
      }
    })();
    await presser;

    const attacks = await page
      .locator('.attack')
      .evaluateAll((cards) =>
        cards.map((card) => ({
          id: card.id,
          result: card.dataset.result,
          twin: card.dataset.twin,
          expected: JSON.parse(card.dataset.expected),
          steps: [...card.querySelectorAll('[data-step]')].map(({ dataset }) => ({
            id: dataset.step,
            role: dataset.role,
            result: dataset.result,
            code: dataset.code,
          })),
        })),
      );
    assert.ok(attacks.length >= 13, `${attacks.length} attacks`);
    for (const { id, result, twin, expected, steps } of attacks) {
      await t.test(id, () => {
        const tried = steps.filter(({ role }) => role === 'attack');
        for (const step of tried)
          assert.ok(expected[step.id]?.includes(step.code), `${step.id}: ${step.result} ${step.code}`);
        assert.deepEqual(tried.map((step) => step.id).sort(), Object.keys(expected).sort(), 'each step was tried');
        assert.deepEqual([result, twin], ['refused', 'accepted'], JSON.stringify(steps));
      });
    }
    assert.deepEqual(errors, []);
    assert.equal(await page.locator('#bank').isVisible(), true, 'the session survived it');
    await mousePress(page, '#logout');
    await page.locator('#login').waitFor();
  });
});
