// A profile, as a person at a browser makes one: their movement comes with the request that they consent to.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createStage, mousePress } from './browser.mjs';
import { TRANSFER, arm, asked, pressed, request } from './consent.mjs';

const stage = createStage();

for (const [what, interaction, known] of [
  ['with profiles, the click that asks for a consent is learnt from', { adapt: true }, 1],
  ['without, it is not', {}, 0],
]) {
  it(what, async (t) => {
    const { site, page } = await stage.session(t, { interaction });
    await arm(page, request('transfer', TRANSFER, { action: 'transfer' }));
    const window = await pressed(page, '#go', (button) => mousePress(page, button));
    await window.confirm();
    const { status, json } = await asked(page);
    assert.deepEqual([status, json.tier], [200, 'consent']);
    const found = await site.authority.profiles.read('alice');
    assert.deepEqual(found.map(({ sessions }) => sessions), Array(known).fill(1), JSON.stringify(json.interaction));
  });
}
