import { json, send, sendHonest } from './wire.mjs';
import { asVisitor } from './visitor.mjs';

export default {
  id: 'key-substitution',
  title: 'Key substitution',
  attacker: 'A script in this page waits for a login, and enrols a key of its own with the fresh ticket.',
  expected: { hello: ['ERR_ORIGIN_REFUSED'], enrol: ['ERR_ORIGIN_REFUSED'] },

  async run({ attack, honest }) {
    await asVisitor(async (enroll) => {
      const { publicKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
        'sign',
        'verify',
      ]);
      const { crv, kty, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
      await attack('hello', 'asks for the challenge', () => send({ target: '/.pas/hello', ...json({}) }));
      await attack('enrol', 'sends its own key; the browser adds the ticket, and the true Origin', () =>
        send({ target: '/.pas/enrol', ...json({ jwk: { crv, kty, x, y } }) }),
      );
      await honest('frame', 'the frame enrols with the same, still unused ticket, and signs', async () =>
        sendHonest(await enroll(), '/api/account'),
      );
    });
  },
};
