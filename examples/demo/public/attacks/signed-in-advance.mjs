import { now } from './time.mjs';
import { askLab, send, signParts } from './wire.mjs';
import { asVisitor } from './visitor.mjs';
import { MARGIN_MS, staleAfter } from './window.mjs';

const target = '/api/account';

export default {
  id: 'signed-in-advance',
  title: 'Signed in advance',
  attacker: 'A script in this page has five signatures made now, for the time after it is gone.',
  expected: {
    postdated: ['ERR_TIME_FUTURE'],
    nudged: ['ERR_SIG_INVALID'],
    revoked: ['ERR_SESSION_ENDED'],
    late: ['ERR_TIME_STALE'],
  },
  waits: true,

  async run({ pas, attack, honest, countdown }) {
    const window = await staleAfter();
    const [prompt, first, second, held] = await Promise.all([1, 2, 3, 4].map(() => signParts(pas, target)));
    const madeAt = now();
    await honest('now', 'the first is used at once', () => send(prompt));
    await attack('postdated', 'the second, redated to an hour from now', () => send(redated(first, 3600)));
    await attack('nudged', 'the third, redated by one second', () => send(redated(second, 1)));
    await asVisitor(async (enroll) => {
      const visitor = await enroll();
      const [used, kept] = await Promise.all([signParts(visitor, target), signParts(visitor, target)]);
      await honest('before', 'a signature of another session', () => send(used));
      await askLab('/lab/visitor/revoke', {});
      await attack('revoked', 'the fourth, of that session, after its owner revoked it', () => send(kept));
    });
    await countdown(madeAt + window + MARGIN_MS, 'Holding the fifth until the server’s window is over:');
    await attack('late', 'the fifth, unused, after the window', () => send(held));
  },
};

function redated(signed, seconds) {
  const later = (_, created) => `;created=${Number(created) + seconds}`;
  const input = signed.headers['signature-input'].replace(/;created=(\d+)/, later);
  return { ...signed, headers: { ...signed.headers, 'signature-input': input } };
}
