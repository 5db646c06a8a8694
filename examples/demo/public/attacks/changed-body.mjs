import { contentDigest, json, send, signParts } from './wire.mjs';

export default {
  id: 'changed-body',
  title: 'Changed content',
  attacker: 'Something between page and server changes the amount after the signature was made.',
  expected: { body: ['ERR_DIGEST_MISMATCH'], digest: ['ERR_SIG_INVALID'] },

  async run({ pas, attack, honest }) {
    const signed = await signParts(pas, '/api/pot', json({ amount: '0.01' }));
    const body = signed.body.replace('0.01', '5.00');
    await attack('body', 'another amount under the same headers', () => send({ ...signed, body }));
    await attack('digest', 'another amount, with a Content-Digest that fits it', async () =>
      send({ ...signed, body, headers: { ...signed.headers, 'content-digest': await contentDigest(body) } }),
    );
    await honest('unchanged', 'the request as it was signed', () => send(signed));
  },
};
