// A store of one's own around the package's rule: docs/stores.md shows the part between the lines.
// ---
import { admit } from 'partitioned-authority/stores/admission';

/** `admit` of a store: one transaction of a database of yours; `clock` gives ms since the epoch. */
const admitIn = (database, clock) => (admission) =>
  database.transaction(async (tx) => {
    const { tag, session, replayKey, event } = admission;
    const [account, own] = [`account ${tag}`, `session ${tag} ${session}`];
    const [replay, uses] = [`replay ${tag} ${session} ${replayKey}`, `event ${tag} ${session} ${event?.id}`];
    const kept = await tx.get(own);
    const { answer, writes } = admit(kept && {
      ...(await tx.get(account) ?? { high: 0, accountFullAt: 0 }), // of all sessions of the tag
      ...kept, // session, idleMs, sessionFullAt: as `create` put them
      replayUntil: await tx.get(replay),
      event: event && await tx.get(uses),
      hasRoom: await tx.hasRoom(),
    }, admission, clock());
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
