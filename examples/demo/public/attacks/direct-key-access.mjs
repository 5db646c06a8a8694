import { askFrame, openPort, signOverPort, signingFrame } from './frame-port.mjs';
import { fromAttempt } from './outcome.mjs';
import { send } from './wire.mjs';

export default {
  id: 'direct-key-access',
  title: 'Reaching for the key',
  attacker: 'A script injected into this page looks for the private key, here and in the frame.',
  expected: {
    storage: ['NOTHING_THERE'],
    document: ['NOTHING_THERE'],
    window: ['SecurityError'],
    export: ['ERR_CHANNEL_REFUSED'],
    read: ['ERR_CHANNEL_REFUSED'],
    import: ['ERR_CHANNEL_REFUSED'],
  },

  async run({ page, attack, honest }) {
    const frame = signingFrame();
    await attack('storage', 'every database of this origin, for a key', () =>
      fromAttempt('indexedDB.databases()', findKey),
    );
    await attack('document', 'the frame’s document', () =>
      fromAttempt('frame.contentDocument', () => frame.contentDocument),
    );
    await attack('window', 'the frame’s own database', () =>
      fromAttempt('frame.contentWindow.indexedDB', () => frame.contentWindow.indexedDB),
    );
    const port = openPort(page);
    for (const [type, title] of [
      ['export', 'asks the frame to export its key'],
      ['read', 'asks the frame for its stored key object'],
      ['import', 'asks the frame to take a key of the script’s'],
    ]) {
      await attack(type, title, () => askFrame(port, { type, format: 'jwk' }));
    }
    await honest('state', 'what the frame does tell: its public state', () => askFrame(port, { type: 'state' }));
    await honest('sign', 'a signature over the same port', async () =>
      send(await signOverPort(port, { method: 'GET', target: '/api/account' })),
    );
    port.close();
  },
};

/** The first private or secret CryptoKey in any database of this origin. */
async function findKey() {
  for (const { name } of await indexedDB.databases()) {
    const database = await settled(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const values = await settled(database.transaction(store).objectStore(store).getAll());
      const candidates = values.flatMap((value) => [value, ...Object.values(value ?? {})]);
      const key = candidates.find((value) => value instanceof CryptoKey && value.type !== 'public');
      if (key) return { database: name, store, algorithm: key.algorithm, extractable: key.extractable };
    }
    database.close();
  }
  return undefined;
}

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
