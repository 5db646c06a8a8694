import { json, send, sendFromElsewhere, signParts } from './wire.mjs';

export default {
  id: 'replay',
  title: 'Replay',
  attacker: 'Somebody who recorded a whole request, signature and all, sends it again.',
  expected: { again: ['ERR_NONCE_USED'], elsewhere: ['ERR_NONCE_USED'] },

  async run({ pas, attack, honest }) {
    const deposit = json({ amount: '0.01' });
    const recorded = await signParts(pas, '/api/pot', deposit);
    await honest('first', 'the request, the first time', () => send(recorded));
    await attack('again', 'the very same bytes, a second time', () => send(recorded));
    await attack('elsewhere', 'the same bytes and cookie, from another program', () =>
      sendFromElsewhere({ ...recorded, cookie: 'browser' }),
    );
    await honest('anew', 'the same deposit, signed anew', async () => send(await signParts(pas, '/api/pot', deposit)));
  },
};
