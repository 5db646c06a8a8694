// The memory driver, on a clock that is moved and on the host's own.
import { test } from 'node:test';
import { memoryStore } from 'partitioned-authority/stores/memory';
import { holdToContract } from './kit/contract.mjs';
import { fullCases } from './kit/full.mjs';
import { movableClock } from './kit/requests.mjs';

holdToContract(
  'memory',
  async () => {
    const { clock, advance } = movableClock();
    return { store: memoryStore({ clock }), advance };
  },
  { without: ['another', 'reopen'] },
);

holdToContract('memory, in real time', async () => ({ store: memoryStore() }), {
  without: ['advance', 'another', 'reopen'],
});

for (const { name, run } of fullCases((limits) => {
  const { clock, advance } = movableClock();
  return { store: memoryStore({ clock, ...limits }), advance };
}))
  test(`memory: ${name}`, run);
