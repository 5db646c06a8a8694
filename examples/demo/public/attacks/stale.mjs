import { now } from './time.mjs';
import { MARGIN_MS, staleAfter } from './window.mjs';
import { send, signParts } from './wire.mjs';

export default {
  id: 'stale',
  title: 'Held back',
  attacker: 'Somebody keeps a fresh, unused signature for later.',
  expected: { late: ['ERR_TIME_STALE'] },
  waits: true,

  async run({ pas, attack, honest, countdown }) {
    const [target, window] = ['/api/account', await staleAfter()];
    const held = await signParts(pas, target);
    await countdown(now() + window + MARGIN_MS, 'Holding the signature back until the server’s window is over:');
    await attack('late', `unused, but ${Math.round((window + MARGIN_MS) / 1000)} s old`, () => send(held));
    await honest('in-time', 'the same request, signed and sent now', async () => send(await signParts(pas, target)));
  },
};
