// A store of one's own around the package's rule: docs/stores.md shows the part between the lines.
// ---
import { admit } from 'partitioned-authority/stores/admission';

/** `admit` of a store: one transaction of a database of yours; `clock` gives ms since the epoch. */
const admitIn = (database, clock) => (admission) =>
  database.transaction(async (tx) => {
    const { slot, sessionId, replayKey, event } = admission;
    const [account, own] = [`account ${slot}`, `session ${slot} ${sessionId}`];
    const [replay, uses] = [`replay ${slot} ${sessionId} ${replayKey}`, `event ${slot} ${sessionId} ${event?.id}`];
    const kept = await tx.get(own);
    const { answer, writes } = admit(
      kept && {
        ...((await tx.get(account)) ?? { high: 0, accountFullAt: 0 }), // of all sessions of the slot
        ...kept, // session, idleMs, sessionFullAt: as `create` put them
        replayUntil: await tx.get(replay),
        event: event && (await tx.get(uses)),
        hasRoom: await tx.hasRoom(),
      },
      admission,
      clock(),
    );
    if (answer.code === 'ERR_SESSION_ENDED') await tx.delete(own); // over for good, whatever the clock does
    if (writes) {
      const { high, accountFullAt, sessionFullAt } = writes;
      await tx.set(account, { high, accountFullAt });
      await tx.set(own, { ...kept, session: writes.session, sessionFullAt });
      await tx.set(replay, writes.replayUntil);
      if (writes.event) await tx.set(uses, writes.event);
    }
    return answer;
  });
// ---

export { admitIn };
