// Requests over several processes while their session is revoked: none that the store was asked to admit
// after the revocation was back is accepted.
import assert from 'node:assert/strict';
import { deal, enrol, frameOn, startWorkers, tally } from './workers.mjs';

/** Requests that every process gets when the revocation is back. */
const LATE = 5;

export async function revoke({
  storeModule,
  config,
  processes = 4,
  inFlight = 500,
  rounds = 200,
  progress = () => {},
}) {
  const workers = await startWorkers(processes, storeModule, config);
  const total = { accepted: 0, refused: 0, mixed: 0, late: 0 };
  try {
    for (let round = 0; round < rounds; round += 1) {
      const user = `user ${round}`;
      const frame = await enrol(frameOn(workers), workers[round % processes], user);
      const sign = () => frame.sign({ target: `/api/${round}` });
      const hands = deal(await Promise.all(Array.from({ length: inFlight }, sign)), processes);
      const late = deal(await Promise.all(Array.from({ length: LATE * processes }, sign)), processes);
      // One process revokes in the middle of its own requests, each round at another place.
      const revoker = round % processes;
      const after = Math.floor((hands[revoker].length * (round % 10)) / 10);
      const racing = workers.map((worker, index) => {
        const requests = hands[index];
        if (index !== revoker) return worker.call('staggered', requests);
        return worker.call('revoke', { requests, after, late: late[index], user, session: frame.account.session });
      });
      const revoked = await racing[revoker];
      const afterwards = await Promise.all(
        workers.map((worker, index) => (index === revoker ? revoked.late : worker.call('verify', late[index]))),
      );
      const outcomes = (await Promise.all(racing)).flatMap((answer) => answer.outcomes ?? answer);
      const codes = (list) => tally(list.map(({ code }) => code ?? 'accepted'));

      assert.equal(revoked.answer, true);
      assert.deepEqual(codes(afterwards.flat()), { ERR_SESSION_ENDED: LATE * processes }, 'late requests');
      const accepted = outcomes.filter(({ code }) => code === undefined);
      for (const { at } of accepted) assert.ok(at < revoked.at, `accepted, ${(at - revoked.at) / 1e6} ms late`);
      const refused = outcomes.filter(({ code }) => code !== undefined);
      assert.equal(codes(refused).ERR_SESSION_ENDED ?? 0, refused.length, 'other refusals');
      total.accepted += accepted.length;
      total.refused += refused.length;
      total.late += LATE * processes;
      if (accepted.length > 0 && refused.length > 0) total.mixed += 1;
      progress(round + 1, rounds);
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.close()));
  }
  // A race that one side always wins shows nothing.
  // A few rounds on a busy machine may all be won by one side.
  assert.ok(total.mixed > 0 || rounds < 20, 'no round had both accepted and refused requests');
  return { rounds, processes, inFlight, ...total };
}
