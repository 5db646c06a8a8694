// One signed request used many times at once, over several processes: exactly one use is accepted. And many
// requests, each used once by every process at about the same time: of each, exactly one.
import assert from 'node:assert/strict';
import { enrol, frameOn, startWorkers, tally } from './workers.mjs';

export async function replay({
  storeModule,
  config,
  processes = 4,
  uses = 1_000,
  others = 100,
  rounds = 200,
  progress = () => {},
}) {
  const workers = await startWorkers(processes, storeModule, config);
  const total = {};
  const count = (outcomes) => {
    const counts = tally(outcomes.map(({ code }) => code ?? 'accepted'));
    for (const [code, number] of Object.entries(counts)) total[code] = (total[code] ?? 0) + number;
    return counts;
  };
  const each = (name, requests) => Promise.all(workers.map((worker) => worker.call(name, requests)));
  try {
    const frame = await enrol(frameOn(workers), workers[0], 'alice');
    for (let round = 0; round < rounds; round += 1) {
      const request = await frame.sign({ target: `/api/${round}` });
      const one = (await each('verify', Array(uses / processes).fill(request))).flat();
      assert.deepEqual(count(one), { accepted: 1, ERR_NONCE_USED: uses - 1 }, `round ${round}`);

      const sign = () => frame.sign({ target: `/api/${round}/each` });
      const requests = await Promise.all(Array.from({ length: others }, sign));
      const answers = await each('staggered', requests);
      for (let index = 0; index < others; index += 1) {
        const counts = count(answers.map((answer) => answer[index]));
        assert.deepEqual(counts, { accepted: 1, ERR_NONCE_USED: processes - 1 }, `round ${round}, request ${index}`);
      }
      // A fresh signature needs no new nonce, but 200 rounds may take longer than one lives.
      if (round % 10 === 9) await frame.refresh();
      progress(round + 1, rounds);
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.close()));
  }
  return { rounds, processes, uses, others, ...total };
}
