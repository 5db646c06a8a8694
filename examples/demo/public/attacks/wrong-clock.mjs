import { openPort, signOverPort } from './frame-port.mjs';
import { send, signParts } from './wire.mjs';

const target = '/api/account';
const HOUR = 3_600_000;

export default {
  id: 'wrong-clock',
  title: 'Wrong clock',
  attacker: 'A script in this page moves every clock it can reach, to get signatures for the future.',
  expected: { 'nonce-now': ['ERR_NONCE_INVALID'], 'nonce-future': ['ERR_NONCE_INVALID'] },

  async run({ page, pas, attack, honest }) {
    const trueNow = Date.now();
    const restore = moveClocks(HOUR);
    const port = openPort(page);
    const forge = async (ms) => {
      const signed = await signOverPort(port, { method: 'GET', target, nonce: forgedNonce(ms) });
      return withCreated(signed, await send(signed));
    };
    try {
      await attack('nonce-now', 'a nonce it made itself, dated now', () => forge(trueNow));
      await attack('nonce-future', 'a nonce it made itself, dated an hour ahead', () => forge(trueNow + HOUR));
      await honest('clock', 'an ordinary signature, made while this page’s clocks are an hour ahead', async () => {
        const signed = await signParts(pas, target);
        return withCreated(signed, await send(signed));
      });
    } finally {
      restore();
      port.close();
    }
    await honest('restored', 'and one after that', async () => send(await signParts(pas, target)));
  },
};

/** Says in the outcome what the frame took for the time. */
function withCreated({ headers }, outcome) {
  const created = Number(/;created=(\d+)/.exec(headers['signature-input'])[1]);
  const ahead = Math.round((created * 1000 - Date.now()) / 1000);
  const distance = `${Math.abs(ahead)} s ${ahead < 0 ? 'behind' : 'ahead of'} this page’s clock`;
  return { ...outcome, line: `${outcome.line} · created=${created}, ${distance}` };
}

function moveClocks(by) {
  const [date, monotonic] = [Date.now, performance.now];
  Date.now = () => date.call(Date) + by;
  performance.now = () => monotonic.call(performance) + by;
  return () => {
    Date.now = date;
    delete performance.now;
  };
}

/** The public layout of a server nonce, with random bytes where its MAC would be. */
function forgedNonce(ms) {
  const bytes = crypto.getRandomValues(new Uint8Array(27));
  bytes[0] = 1;
  new DataView(bytes.buffer).setUint16(1, Math.floor(ms / 2 ** 32));
  new DataView(bytes.buffer).setUint32(3, ms % 2 ** 32);
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}
