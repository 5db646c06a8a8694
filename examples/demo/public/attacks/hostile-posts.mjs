import { evilOrigin } from '../app/session.mjs';
import { askFrame, openPort, signOverPort } from './frame-port.mjs';
import { show } from './outcome.mjs';
import { send } from './wire.mjs';

const here = (target) => new URL(target, location.href).href;

/** Greetings that are not the protocol's, each with a port that must stay silent. */
const GREETINGS = [
  null,
  'connect',
  { pas: 'Connect' },
  { pas: { toString: 'connect' } },
  ['connect'],
  { __proto__: null, type: 'connect' },
];

/** Messages over a good port. Each is its own step. */
const MESSAGES = [
  ['no-type', 'a message without a type', {}],
  ['no-request', 'a signature for nothing', { type: 'sign' }],
  ['bad-method', 'a method with a line break', { type: 'sign', method: 'GET\r\nX: y', url: '/' }],
  ['bad-body', 'a body that is no bytes', { type: 'sign', method: 'POST', url: '/api/pot', body: { amount: 1 } }],
  ['enrol-path', 'a signature for the enrolment endpoint', { type: 'sign', method: 'POST', url: '/.pas/enrol' }],
  ['encoded-path', 'the same, percent-encoded', { type: 'sign', method: 'POST', url: '/%2epas/enrol' }],
  ['delete-key', 'an order to delete the key', { type: 'delete-key' }],
];

export default {
  id: 'hostile-posts',
  title: 'Hostile messages',
  attacker: 'A script in this page posts malformed and malicious messages to the frame.',
  expected: {
    greetings: ['NO_ANSWER'],
    'no-type': ['ERR_CHANNEL_REFUSED'],
    'no-request': ['ERR_CHANNEL_REFUSED'],
    'bad-method': ['ERR_CHANNEL_REFUSED', 'ERR_SIG_MALFORMED'],
    'bad-body': ['ERR_CHANNEL_REFUSED', 'ERR_BODY_UNREADABLE'],
    'enrol-path': ['ERR_PATH_RESERVED'],
    'encoded-path': ['ERR_PATH_RESERVED'],
    'delete-key': ['ERR_CHANNEL_REFUSED'],
    'foreign-url': ['ERR_ORIGIN_NOT_LISTED'],
    parameters: ['ERR_CHANNEL_REFUSED', 'IGNORED'],
  },

  async run({ page, attack, honest }) {
    await attack('greetings', `${GREETINGS.length} wrong greetings, then a question`, () =>
      askAfterWrongGreetings(page),
    );
    const port = openPort(page);
    for (const [id, title, message] of MESSAGES) {
      await attack(id, title, () => askFrame(port, message.url ? { ...message, url: here(message.url) } : message));
    }
    await attack('foreign-url', 'a signature for another origin', () =>
      askFrame(port, { type: 'sign', method: 'GET', url: `${evilOrigin}/` }),
    );
    await attack('parameters', 'a signature with the script’s own time, key and tag', () => askWithParameters(port));
    await honest('state', 'an honest question over the same port', () => askFrame(port, { type: 'state' }));
    await honest('sign', 'an honest signature over the same port', async () =>
      send(await signOverPort(port, { method: 'GET', target: '/api/account' })),
    );
    port.close();
  },
};

async function askAfterWrongGreetings(page) {
  const ports = GREETINGS.map((greeting) => openPort(page, greeting));
  const outcomes = await Promise.all(
    ports.map((port) => askFrame(port, { type: 'state' }, `${GREETINGS.length} × postMessage to the frame`)),
  );
  for (const port of ports) port.close();
  return outcomes.find(({ verdict }) => verdict === 'accepted') ?? outcomes[0];
}

/** The frame may refuse the message, or sign with its own values. What counts is what stands in the signature. */
async function askWithParameters(port) {
  const forged = { created: 4_102_444_800, keyid: 'chosen-by-the-page', tag: 'pas-1-ctl' };
  const message = { type: 'sign', method: 'GET', url: here('/api/account'), components: ['@method'], ...forged };
  const outcome = await askFrame(port, message, `port message sign with ${Object.keys(forged).join(', ')}`);
  if (outcome.verdict !== 'accepted') return outcome;
  const input = JSON.parse(outcome.received).headers['signature-input'];
  const taken = Object.values(forged).some((value) => input.includes(String(value))) || !input.includes('"@path"');
  return {
    ...outcome,
    verdict: taken ? 'accepted' : 'refused',
    code: taken ? '' : 'IGNORED',
    received: show({ 'signature-input': input }),
  };
}
