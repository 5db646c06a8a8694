import { sendFromElsewhere, sendHonest, signParts } from './wire.mjs';

const target = '/api/account';
const theft = { method: 'GET', target, cookie: 'browser' };

export default {
  id: 'stolen-cookie',
  title: 'Stolen cookie',
  attacker: 'An infostealer copied this browser’s cookies, and uses them from another program.',
  expected: { unsigned: ['ERR_SIG_MISSING'], 'own-key': ['ERR_KEY_MISMATCH'], 'claimed-key': ['ERR_SIG_INVALID'] },

  async run({ pas, attack, honest }) {
    const { keyId } = await pas.state();
    await attack('unsigned', 'the copied cookie alone', () => sendFromElsewhere(theft));
    await attack('own-key', 'the cookie, and a signature by the thief’s own key', () =>
      sendFromElsewhere({ ...theft, key: 'fresh' }),
    );
    await attack('claimed-key', 'the same, under the name of the owner’s key', () =>
      sendFromElsewhere({ ...theft, key: 'fresh', keyid: keyId }),
    );
    await honest('carried', 'the owner signs this one request, and the same program carries it', async () =>
      sendFromElsewhere({ ...(await signParts(pas, target)), cookie: 'browser' }),
    );
    await honest('owner', 'the owner asks in this page', () => sendHonest(pas, target));
  },
};
