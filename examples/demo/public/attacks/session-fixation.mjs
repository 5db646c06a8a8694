import { fromAnswer } from './outcome.mjs';
import { evilOrigin, signOrigin } from '../app/session.mjs';
import { askLab, sendFromElsewhere, signParts } from './wire.mjs';

const target = '/api/account';
const enrol = async (origin) => fromAnswer(await askLab('/lab/enrol', { origin }));

export default {
  id: 'session-fixation',
  title: 'Session fixation',
  attacker: 'Mallory has an account and a device of her own, and plants her session or her ticket on somebody else.',
  expected: { planted: ['ERR_KEY_MISMATCH'], swapped: ['ERR_KEY_MISMATCH'], 'foreign-enrol': ['ERR_ORIGIN_REFUSED'] },

  async run({ pas, attack, honest }) {
    await attack('planted', 'her session cookie, with your signature', async () =>
      sendFromElsewhere({ ...(await signParts(pas, target)), cookie: 'attacker' }),
    );
    await attack('swapped', 'your session cookie, with her signature', () =>
      sendFromElsewhere({ method: 'GET', target, cookie: 'browser', key: 'attacker' }),
    );
    await attack('foreign-enrol', 'her enrolment ticket, used from a hostile origin', () => enrol(evilOrigin));
    await honest('own-session', 'her own cookie with her own signature: her own account', () =>
      sendFromElsewhere({ method: 'GET', target, cookie: 'attacker', key: 'attacker' }),
    );
    await honest('own-enrol', 'the same enrolment from the signing origin', () => enrol(signOrigin));
    await honest('yours', 'your own cookie with your own signature', async () =>
      sendFromElsewhere({ ...(await signParts(pas, target)), cookie: 'browser' }),
    );
  },
};
