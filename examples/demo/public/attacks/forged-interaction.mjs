import { openClient } from '../app/session.mjs';
import { openPort, signOverPort } from './frame-port.mjs';
import { json, send, signParts } from './wire.mjs';

const target = '/api/transfers';
const action = 'transfer';

export default {
  id: 'forged-interaction',
  title: 'Forged interaction',
  attacker: 'A script without a person: it fires events by itself, or reuses the proof of something else.',
  expected: {
    none: ['ERR_TIER_REQUIRED'],
    scripted: ['ERR_TIER_REQUIRED'],
    'other-action': ['ERR_TIER_REQUIRED'],
    'other-transfer': ['ERR_TIER_REQUIRED'],
  },

  async run({ page, pas, attack, honest, press }) {
    const { payees } = await (await pas.fetch('/api/account')).json();
    const transfer = (amount) => json({ to: payees[0].id, amount });

    await attack('none', 'a transfer without any proof', async () =>
      send(await signParts(pas, target, transfer('0.01'))),
    );

    const fresh = await openClient(page.account);
    try {
      performPressByScript();
      await attack('scripted', 'moves and a press that a script dispatched (isTrusted is false)', async () =>
        send(await signParts(fresh, target, { ...transfer('0.01'), action })),
      );
    } finally {
      fresh.dispose();
    }

    const other = await withProof(
      () => signParts(pas, '/api/pot', { ...json({ amount: '0.01' }), action: 'set-aside' }),
      press,
    );
    const port = openPort(page);
    const reuse = async (proof, amount) => {
      const { body } = transfer(amount);
      return send(await signOverPort(port, { method: 'POST', target, body, contentType: 'application/json', proof }));
    };
    await attack('other-action', 'a genuine proof, made for setting money aside', () => reuse(proofOf(other), '0.01'));

    const genuine = await withProof(() => signParts(pas, target, { ...transfer('0.01'), action }), press);
    await honest('genuine', 'one cent, with the proof of your own press', () => send(genuine));
    await attack('other-transfer', 'the proof of that very transfer, for a larger one', () =>
      reuse(proofOf(genuine), '5.00'),
    );
    port.close();
  },
};

/** Signs until the request carries a proof: if your last press is too long ago, asks for one. */
async function withProof(sign, press) {
  const signed = await sign();
  if (signed.headers['interaction-proof']) return signed;
  await press('Press here: the next step needs a real press');
  return sign();
}

function proofOf({ headers }) {
  const bytes = atob(headers['interaction-proof'].replaceAll(':', ''));
  return Uint8Array.from(bytes, (character) => character.charCodeAt(0));
}

/** What a script can do about a press: everything but being trusted. */
function performPressByScript() {
  const button = document.createElement('button');
  button.type = 'button';
  document.body.append(button);
  const pointer = { pointerId: 1, pointerType: 'mouse', isPrimary: true };
  const like = { ...pointer, bubbles: true, cancelable: true, composed: true, detail: 1 };
  const at = (type, x, y, Event = PointerEvent) =>
    button.dispatchEvent(new Event(type, { ...like, clientX: x, clientY: y }));
  for (let step = 0; step <= 30; step += 1) at('pointermove', 40 + step * 9, 60 + step * 5 + Math.sin(step) * 3);
  at('pointerdown', 310, 210);
  at('pointerup', 310, 210);
  at('click', 310, 210, MouseEvent);
  button.remove();
}
