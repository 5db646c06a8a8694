// A profile, as a person at a browser makes one: their movement comes with the request that they consent to.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createStage, mousePress } from './browser.mjs';
import { TRANSFER, arm, asked, pressed, request } from './consent.mjs';

const stage = createStage();

/** What weighs 6 bits or more is nobody's habit; a driver's hand may, where the machine is busy. */
const isHabit = ({ score }) => (1 - score) / score < 2 ** 6;

for (const [what, interaction, known] of [
  ['with profiles, the click that asks for a consent is learnt from', { adapt: true }, [1]],
  ['without, it is not', {}, []],
]) {
  it(what, async (t) => {
    const { site, page } = await stage.session(t, { interaction });
    for (let attempt = 0; attempt < 8; attempt += 1) {
      await arm(page, request('transfer', TRANSFER, { action: 'transfer' }));
      const window = await pressed(page, '#go', (button) => mousePress(page, button));
      await window.confirm();
      const { status, json } = await asked(page);
      assert.deepEqual([status, json.tier], [200, 'consent']);
      const found = await site.authority.profiles.read('alice');
      const expected = isHabit(json.interaction) ? known : [];
      assert.deepEqual(found.map(({ sessions }) => sessions), expected, JSON.stringify(json.interaction));
      if (isHabit(json.interaction)) return;
    }
    assert.fail('no movement was like a hand');
  });
}
