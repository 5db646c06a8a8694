import { send, signParts } from './wire.mjs';

export default {
  id: 'changed-path',
  title: 'Changed path',
  attacker: 'Somebody who holds a signature for one address or method uses it for another.',
  expected: { path: ['ERR_SIG_INVALID'], query: ['ERR_SIG_INVALID'], method: ['ERR_SIG_INVALID'] },

  async run({ pas, attack, honest }) {
    const listing = await signParts(pas, '/api/transactions?limit=1');
    const sessions = await signParts(pas, '/api/sessions');
    await attack('path', 'signed for the transactions, sent to the account', () =>
      send({ ...listing, target: '/api/account' }),
    );
    await attack('query', 'signed for one row, sent for two hundred', () =>
      send({ ...listing, target: '/api/transactions?limit=200' }),
    );
    await attack('method', 'signed to list the sessions, sent to end them', () =>
      send({ ...sessions, method: 'DELETE' }),
    );
    await honest('listing', 'the transactions, as signed', () => send(listing));
    await honest('sessions', 'the sessions, as signed', () => send(sessions));
  },
};
