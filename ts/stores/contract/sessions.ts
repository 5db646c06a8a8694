/** How sessions begin, go on and end: tickets, limits, expiry, keys, revocation. */
import type { NewSession, Session, SessionLimit } from '../types.js';
import { cases } from './cases.js';
import { holds, same } from './checks.js';
import { HOUR, type Lab, codeOf, newKey, random, sessionId, withKey } from './lab.js';

const REFUSED = { ok: false, code: 'ERR_ENROL_REFUSED' };

const ids = (sessions: Session[]) => sessions.map(({ id }) => id);
const listed = async (lab: Lab, { slot, userId }: Session) => ids(await lab.store.list(slot, userId));
const ended = async (lab: Lab, session: Session, what: string) => {
  same(codeOf(await lab.admit(session)), 'ERR_SESSION_ENDED', what);
  same(await lab.store.read(session.slot, session.id), undefined, what);
};

/** A session of the same user, each a ms later than the one before. */
async function several(lab: Lab, count: number): Promise<Session[]> {
  const sessions = [await lab.session()];
  while (sessions.length < count) sessions.push(await lab.later(sessions.at(-1) as Session));
  return sessions;
}

/** Another session of the same user, as `create` answers. */
async function createFor(lab: Lab, { slot, userId }: Session, limit?: SessionLimit, more: Partial<NewSession> = {}) {
  const ticket = await lab.ticket({ slot, userId });
  return { ticket, outcome: await lab.store.create(lab.newSession(slot, more), ticket.id, limit) };
}

const creation = cases({
  'create makes the session of the ticket': async (lab) => {
    const [slot, userId] = [random(8), 'alice'];
    const ticket = await lab.ticket({ slot, userId, label: 'Work laptop' });
    const times = { idleMs: HOUR, absoluteMs: 3 * HOUR };
    const wanted = lab.newSession(slot, { signals: 'firefox', network: '192.0.2.0/24', ...times });
    const { before, answer, after } = await lab.timed(() => lab.store.create(wanted, ticket.id));
    holds(answer.ok, 'the ticket was refused');
    const { createdAt } = answer.session;
    holds(before <= createdAt && createdAt <= after, `createdAt is ${createdAt}, not ${before} to ${after}`);
    const { idleMs, absoluteMs, replaces, ...fixed } = wanted;
    const expected = {
      ...fixed,
      userId,
      label: 'Work laptop',
      createdAt,
      lastSeenAt: createdAt,
      idleExpiresAt: createdAt + HOUR,
      absoluteExpiresAt: createdAt + 3 * HOUR,
      tiers: {},
      evidence: { sum: 0, interactions: 0 },
    };
    same(answer, { ok: true, session: expected, ended: [] }, 'the answer');
    same(await lab.store.read(slot, wanted.id), expected, 'what read finds');
    same(await lab.store.list(slot, userId), [expected], 'what list finds');
  },

  'what is not given is not there': async (lab) => {
    const { slot, id } = await lab.session();
    const session = (await lab.store.read(slot, id)) ?? {};
    const absent = ['label', 'signals', 'network'].filter((name) => name in session);
    same(absent, [], 'properties that nobody gave');
  },

  'idle time is never longer than the absolute': async (lab) => {
    const { createdAt, idleExpiresAt } = await lab.session({ idleMs: 3 * HOUR, absoluteMs: HOUR });
    same(idleExpiresAt, createdAt + HOUR, 'idleExpiresAt');
  },

  'a ticket makes one session': async (lab) => {
    const userId = `user ${random(8)}`;
    const ticket = await lab.ticket({ userId });
    same(await lab.store.peekTicket(ticket), { subject: userId, bind: '' }, 'before');
    same(await lab.store.peekTicket(ticket), { subject: userId, bind: '' }, 'asking consumes nothing');
    holds((await lab.store.create(lab.newSession(ticket.slot), ticket.id)).ok, 'the ticket was refused');
    same(await lab.store.peekTicket(ticket), undefined, 'after');
    const again = lab.newSession(ticket.slot);
    same(await lab.store.create(again, ticket.id), REFUSED, 'a second session');
    same(await lab.store.read(again.slot, again.id), undefined, 'the second session');
  },

  'of many creates with one ticket at once, one makes a session': async (lab) => {
    const userId = `user ${random(8)}`;
    const ticket = await lab.ticket({ userId });
    const create = () => lab.store.create(lab.newSession(ticket.slot), ticket.id);
    const outcomes = await Promise.all(Array.from({ length: 30 }, create));
    same(outcomes.filter(({ ok }) => ok).length, 1, 'sessions that were acknowledged');
    same((await lab.store.list(ticket.slot, userId)).length, 1, 'sessions');
  },

  'no ticket, that of another slot, or another kind of ticket makes no session': async (lab) => {
    const ticket = await lab.ticket();
    const { slot } = ticket;
    const others = (['url', 'passkey'] as const).map((kind) => ({
      kind,
      id: sessionId(),
      slot,
      subject: 'alice',
      bind: '',
    }));
    for (const other of others) await lab.store.putTicket({ ...other, ttlMs: HOUR });
    for (const [at, id] of [[slot, sessionId()], [random(8), ticket.id], ...others.map((other) => [slot, other.id])]) {
      same(
        await lab.store.peekTicket({ kind: 'enrol', slot: at as string, id: id as string }),
        undefined,
        'peekTicket',
      );
      same(await lab.store.create(lab.newSession(at as string), id as string), REFUSED, 'create');
    }
    for (const other of others) holds(await lab.store.takeTicket(other), 'a ticket that makes no session was taken');
    holds((await lab.store.create(lab.newSession(slot), ticket.id)).ok, 'the right ticket was refused');
  },

  'an enrolment ticket lives as long as it says': async (lab) => {
    const ttlMs = lab.unit;
    const { before, answer: ticket, after } = await lab.timed(() => lab.ticket({ ttlMs }));
    for await (const _ of lab.through(after + ttlMs)) {
      const asked = await lab.timed(() => lab.store.peekTicket(ticket));
      if (asked.answer) holds(asked.before <= after + ttlMs, `there at ${asked.before}, put at ${after} at the latest`);
      else holds(asked.after >= before + ttlMs, `gone at ${asked.after}, put at ${before} at the earliest`);
    }
    same(await lab.store.create(lab.newSession(ticket.slot), ticket.id), REFUSED, 'an expired ticket');
  },
});

const limits = cases({
  'refuse-newest: no more sessions than the limit, and the ticket is kept': async (lab) => {
    const [first, second] = (await several(lab, 2)) as [Session, Session];
    const limit: SessionLimit = { max: 2, policy: 'refuse-newest' };
    const { ticket, outcome } = await createFor(lab, first, limit);
    same(outcome, { ok: false, code: 'ERR_SESSION_LIMIT' }, 'a third session');
    same(await lab.store.peekTicket(ticket), { subject: first.userId, bind: '' }, 'the ticket');
    same(await listed(lab, first), ids([second, first]), 'the sessions');
    await lab.store.revoke(first.slot, first.id);
    const again = await lab.store.create(lab.newSession(first.slot), ticket.id, limit);
    holds(again.ok, 'the ticket was refused though there is room');
    same(again.ended, [], 'ended');
  },

  'end-oldest: those created first end': async (lab) => {
    const sessions = await several(lab, 3);
    const [oldest, middle, newest] = sessions as [Session, Session, Session];
    // Being used does not make a session younger.
    await lab.accepted(oldest);
    await lab.until(newest.createdAt + 1);
    const { outcome: one } = await createFor(lab, oldest, { max: 3, policy: 'end-oldest' });
    holds(one.ok, 'refused');
    same(one.ended, [oldest.id], 'ended');
    await ended(lab, oldest, 'the oldest');
    await lab.until(one.session.createdAt + 1);
    // The limit was lowered meanwhile: several have to go.
    const { outcome: two } = await createFor(lab, oldest, { max: 2, policy: 'end-oldest' });
    holds(two.ok, 'refused');
    same([...two.ended].sort(), ids([middle, newest]).sort(), 'ended');
    for (const session of [middle, newest]) await ended(lab, session, 'one that had to go');
    same(await listed(lab, oldest), [two.session.id, one.session.id], 'the sessions');
  },

  'a limit counts sessions of this user that are alive': async (lab) => {
    const session = await lab.session();
    const other = await lab.session({ slot: session.slot, userId: 'another user of the same slot' });
    const brief = await lab.session({ slot: session.slot, userId: session.userId, idleMs: lab.unit });
    await lab.until(brief.idleExpiresAt);
    const { outcome } = await createFor(lab, session, { max: 2, policy: 'refuse-newest' });
    holds(outcome.ok, "an expired session, or another user's, was counted");
    const { outcome: over } = await createFor(lab, session, { max: 1, policy: 'end-oldest' });
    holds(over.ok, 'refused');
    same([...over.ended].sort(), [session.id, outcome.session.id].sort(), 'ended');
    await lab.accepted(other);
  },

  'what is replaced ends, and does not count': async (lab) => {
    const [first, second] = (await several(lab, 2)) as [Session, Session];
    await lab.until(second.createdAt + 1);
    const full: SessionLimit = { max: 2, policy: 'refuse-newest' };
    const { outcome } = await createFor(lab, first, full, { replaces: [second.id, sessionId()] });
    holds(outcome.ok, 'the replaced session was counted');
    same(outcome.ended, [], 'ended');
    await ended(lab, second, 'the replaced session');
    same(await listed(lab, first), [outcome.session.id, first.id], 'the sessions');
    await lab.until(outcome.session.createdAt + 1);
    const both = { replaces: [first.id, outcome.session.id] };
    const { outcome: last } = await createFor(lab, first, { max: 1, policy: 'end-oldest' }, both);
    holds(last.ok, 'refused');
    same(last.ended, [], 'ended');
    same(await listed(lab, first), [last.session.id], 'the sessions');
  },

  'who is refused replaces nothing': async (lab) => {
    const session = await lab.session();
    const outcome = await lab.store.create(lab.newSession(session.slot, { replaces: [session.id] }), sessionId());
    same(outcome, REFUSED, 'without a ticket');
    const second = await lab.later(session);
    const third = await lab.later(second);
    const more = { replaces: [session.id] };
    const { outcome: limited } = await createFor(lab, session, { max: 2, policy: 'refuse-newest' }, more);
    same(limited, { ok: false, code: 'ERR_SESSION_LIMIT' }, 'above the limit');
    for (const alive of [session, second, third]) await lab.accepted(alive);
  },

  "only the same user's sessions are replaced": async (lab) => {
    const session = await lab.session();
    const stranger = await lab.session({ slot: session.slot, userId: 'another user of the same slot' });
    const elsewhere = await lab.session();
    const { outcome } = await createFor(lab, session, undefined, { replaces: [stranger.id, elsewhere.id] });
    holds(outcome.ok, 'refused');
    await lab.accepted(stranger);
    await lab.accepted(elsewhere);
  },

  'of many creates at once no more remain than the limit': async (lab) => {
    for (const policy of ['refuse-newest', 'end-oldest'] as const) {
      const first = await lab.session();
      const put = () => lab.ticket({ slot: first.slot, userId: first.userId });
      const tickets = await Promise.all(Array.from({ length: 20 }, put));
      const outcomes = await Promise.all(
        tickets.map((ticket) => lab.store.create(lab.newSession(first.slot), ticket.id, { max: 3, policy })),
      );
      same(outcomes.filter(({ ok }) => ok).length, policy === 'end-oldest' ? 20 : 2, `acknowledged, ${policy}`);
      const over = outcomes.flatMap((outcome) => (outcome.ok ? outcome.ended : []));
      same([over.length, new Set(over).size], Array(2).fill(policy === 'end-oldest' ? 18 : 0), `ended, ${policy}`);
      const left = await listed(lab, first);
      same([left.length, left.filter((id) => over.includes(id))], [3, []], `alive, ${policy}`);
    }
  },
});

const expiry = cases({
  'a session ends after so long without a request': async (lab) => {
    const session = await lab.session({ idleMs: lab.unit });
    for await (const _ of lab.through(session.idleExpiresAt)) {
      const { before, answer, after } = await lab.timed(() => lab.store.read(session.slot, session.id));
      if (answer) holds(before < session.idleExpiresAt, `alive at ${before}, should end at ${session.idleExpiresAt}`);
      else holds(after >= session.idleExpiresAt, `ended at ${after}, should end at ${session.idleExpiresAt}`);
    }
    await ended(lab, session, 'an idle session');
    same(await listed(lab, session), [], 'the list');
    same(
      await lab.store.rekey(session.slot, session.id, 'frame', session.keys.frame.cur.keyId, newKey()),
      false,
      'rekey',
    );
    same(await lab.store.revoke(session.slot, session.id), false, 'revoke');
    same(await lab.store.revokeAll(session.slot, session.userId), 0, 'revokeAll');
  },

  'a request prolongs a session, and none wakes an ended one': async (lab) => {
    const idleMs = lab.unit;
    const session = await lab.session({ idleMs });
    let expected = session.idleExpiresAt;
    for (let turn = 0; turn < 3; turn += 1) {
      await lab.until(expected - Math.floor(idleMs / 2));
      const { before, answer, after } = await lab.timed(() => lab.admit(session));
      if (!answer.ok) {
        same(answer.code, 'ERR_SESSION_ENDED', 'the refusal');
        holds(after >= expected, `ended at ${before} to ${after}, should end at ${expected}`);
        break;
      }
      const { lastSeenAt } = answer.session;
      holds(lastSeenAt < expected, `accepted at ${lastSeenAt}, should have ended at ${expected}`);
      expected = lastSeenAt + idleMs;
      same(answer.session.idleExpiresAt, expected, 'idleExpiresAt');
    }
    await lab.until(expected);
    for (let turn = 0; turn < 3; turn += 1) await ended(lab, session, 'an idle session that is asked again');
  },

  'nothing but an accepted request prolongs': async (lab) => {
    const session = await lab.session({ idleMs: lab.unit });
    const { slot, id, idleExpiresAt } = session;
    const url = lab.urlTicket(session);
    await lab.store.putTicket({ ...url, ttlMs: HOUR });
    await lab.until(session.createdAt + 2);
    const to = newKey();
    const outcomes = [
      (await lab.store.read(slot, id))?.idleExpiresAt,
      (await lab.store.list(slot, session.userId))[0]?.idleExpiresAt,
      (await lab.store.takeTicket(url)) ? (await lab.store.read(slot, id))?.idleExpiresAt : 0,
      (await lab.store.rekey(slot, id, 'frame', session.keys.frame.cur.keyId, to)) ? idleExpiresAt : undefined,
      (await lab.admit(session)).ok ? 0 : idleExpiresAt,
    ];
    const read = await lab.store.read(slot, id);
    // A slow machine may be past the end already; what is told is the same end in any case.
    for (const told of [...outcomes, read?.idleExpiresAt]) {
      if (told !== undefined) same(told, idleExpiresAt, 'idleExpiresAt');
    }
    await lab.until(idleExpiresAt);
    await ended(lab, withKey(session, to), 'the session');
  },

  'a session ends in any case, and no request prolongs that': async (lab) => {
    const session = await lab.session({ idleMs: Math.floor(lab.unit * 0.7), absoluteMs: lab.unit });
    const end = session.absoluteExpiresAt;
    for await (const _ of lab.through(session.createdAt + Math.floor(lab.unit * 0.5))) {
      const { answer, after } = await lab.timed(() => lab.admit(session));
      if (answer.ok) {
        holds(answer.session.lastSeenAt < end, `accepted at ${answer.session.lastSeenAt}, should have ended at ${end}`);
        same(answer.session.absoluteExpiresAt, end, 'absoluteExpiresAt');
        const idle = Math.min(answer.session.lastSeenAt + Math.floor(lab.unit * 0.7), end);
        same(answer.session.idleExpiresAt, idle, 'idleExpiresAt');
      } else holds(after >= session.idleExpiresAt, `ended at ${after}, should end at ${session.idleExpiresAt}`);
    }
    await lab.until(end);
    await ended(lab, session, 'the session');
  },
});

const keys = cases({
  'rekey replaces the key, and nothing else': async (lab) => {
    const { session } = await lab.accepted(await lab.session({ label: 'x', signals: 'y', network: 'z' }));
    const to = newKey();
    same(await lab.store.rekey(session.slot, session.id, 'frame', session.keys.frame.cur.keyId, to), true, 'rekey');
    same(await lab.store.read(session.slot, session.id), withKey(session, to), 'the session');
    same(codeOf(await lab.admit(session)), 'ERR_KEY_MISMATCH', 'the old key');
    await lab.accepted(withKey(session, to));
  },

  'rekey is by the key that holds, of a session that is alive': async (lab) => {
    const session = await lab.session();
    const to = newKey();
    same(await lab.store.rekey(session.slot, session.id, 'frame', random(43), to), false, 'from another key');
    same(
      await lab.store.rekey(session.slot, sessionId(), 'frame', session.keys.frame.cur.keyId, to),
      false,
      'of no session',
    );
    same(
      await lab.store.rekey(random(8), session.id, 'frame', session.keys.frame.cur.keyId, to),
      false,
      'of another slot',
    );
    same(await lab.store.read(session.slot, session.id), session, 'the session');
    await lab.store.revoke(session.slot, session.id);
    same(
      await lab.store.rekey(session.slot, session.id, 'frame', session.keys.frame.cur.keyId, to),
      false,
      'of an ended session',
    );
    same(await lab.store.read(session.slot, session.id), undefined, 'the session');
  },

  'a key is kept with all that came before and comes after it, and so is where else the session is known': async (
    lab,
  ) => {
    const [frame, before, next] = [newKey(), newKey().cur, newKey().cur];
    const aliases = [{ origin: 'https://api.example', id: sessionId() }];
    const session = await lab.session({ keys: { frame: { ...frame, epoch: 3, next } }, aliases });
    same([session.keys, session.aliases], [{ frame: { ...frame, epoch: 3, next } }, aliases], 'create');
    same((await lab.accepted(session)).session.keys, session.keys, 'admit');
    const to = { ...newKey(), epoch: 4, prev: { ...before, at: session.createdAt } };
    same(await lab.store.rekey(session.slot, session.id, 'frame', frame.cur.keyId, to), true, 'rekey');
    const read = await lab.store.read(session.slot, session.id);
    same([read?.keys, read?.aliases], [{ frame: to }, aliases], 'read');
    same((await lab.store.list(session.slot, session.userId))[0], read, 'list');
    // Neither counts yet.
    for (const other of [before, next]) {
      same(
        codeOf(await lab.admit(session, { keyId: other.keyId })),
        'ERR_KEY_MISMATCH',
        'another than the current key',
      );
    }
    await lab.accepted(withKey(session, to));
  },

  'of many rekeys at once, one takes place': async (lab) => {
    const session = await lab.session();
    const wanted = Array.from({ length: 20 }, newKey);
    const done = await Promise.all(
      wanted.map((to) => lab.store.rekey(session.slot, session.id, 'frame', session.keys.frame.cur.keyId, to)),
    );
    const holding = wanted.filter((_, index) => done[index]);
    same(holding.length, 1, 'keys that were acknowledged');
    same((await lab.store.read(session.slot, session.id))?.keys.frame, holding[0], 'the key');
  },

  'a rekey opens nothing again: replay keys, interactions and rates go on': async (lab) => {
    const [replayKey, event] = [random(22), { id: random(11), limit: 1 }];
    const sessionRate = { limit: 2, windowMs: HOUR };
    const { session } = await lab.accepted(await lab.session(), { replayKey, event, sessionRate });
    const to = newKey();
    await lab.store.rekey(session.slot, session.id, 'frame', session.keys.frame.cur.keyId, to);
    const after = withKey(session, to);
    same(codeOf(await lab.admit(after, { replayKey })), 'ERR_NONCE_USED', 'the replay key');
    same(codeOf(await lab.admit(after, { event })), 'ERR_PROOF_REUSED', 'the interaction');
    await lab.accepted(after, { sessionRate });
    same(codeOf(await lab.admit(after, { sessionRate })), 'ERR_RATE_LIMITED', 'the rate');
  },
});

const revocation = cases({
  'revoke ends one session': async (lab) => {
    const session = await lab.session();
    const other = await lab.session({ slot: session.slot, userId: session.userId });
    same(await lab.store.revoke(random(8), session.id), false, 'of another slot');
    same(await lab.store.revoke(session.slot, sessionId()), false, 'of no session');
    await lab.accepted(session);
    same(await lab.store.revoke(session.slot, session.id), true, 'one that is alive');
    same(await lab.store.revoke(session.slot, session.id), false, 'one that ended');
    await ended(lab, session, 'the session');
    same(await listed(lab, session), [other.id], 'the list');
    await lab.accepted(other);
  },

  'revokeAll ends those of the user, but one': async (lab) => {
    const sessions = await several(lab, 4);
    const first = sessions[0] as Session;
    const kept = sessions[1] as Session;
    const stranger = await lab.session({ slot: first.slot, userId: 'another user of the same slot' });
    same(await lab.store.revokeAll(first.slot, 'nobody'), 0, 'of nobody');
    same(await lab.store.revokeAll(random(8), first.userId), 0, 'of another slot');
    for (const session of sessions) await lab.accepted(session);
    same(await lab.store.revokeAll(first.slot, first.userId, kept.id), 3, 'how many');
    for (const session of sessions) {
      if (session === kept) await lab.accepted(session);
      else await ended(lab, session, 'a session');
    }
    same(await lab.store.revokeAll(first.slot, first.userId, sessionId()), 1, 'except one that is not there');
    await ended(lab, kept, 'the last one');
    same(await listed(lab, first), [], 'the list');
    await lab.accepted(stranger);
  },

  'revokeAll ends the log-ins that are under way': async (lab) => {
    const { slot, userId } = await lab.session();
    const ticket = await lab.ticket({ slot, userId });
    const others = await lab.ticket({ slot, userId: 'another user of the same slot' });
    await lab.store.revokeAll(slot, userId);
    same(await lab.store.peekTicket(ticket), undefined, 'the ticket');
    same((await lab.store.create(lab.newSession(slot), ticket.id)).ok, false, 'a session of it');
    holds((await lab.store.create(lab.newSession(slot), others.id)).ok, 'the ticket of another user is gone');
  },

  'once revoke resolves nothing is admitted, whatever is on its way': async (lab) => {
    for (let round = 0; round < 5; round += 1) {
      const session = await lab.session();
      let resolved = false;
      const late: string[] = [];
      const ask = async () => {
        const startedAfter = resolved;
        const code = codeOf(await lab.admit(session));
        if (startedAfter) late.push(code);
      };
      const asked = Array.from({ length: 40 }, ask);
      if (round % 2) await lab.store.revoke(session.slot, session.id);
      else await lab.store.revokeAll(session.slot, session.userId);
      resolved = true;
      await Promise.all([...asked, ...Array.from({ length: 20 }, ask)]);
      same(late, Array(20).fill('ERR_SESSION_ENDED'), 'requests after revoke');
    }
  },
});

const lists = cases({
  "list shows the user's sessions that are alive, newest first": async (lab) => {
    const sessions = await several(lab, 4);
    const first = sessions[0] as Session;
    // Neither use nor a new key changes the order.
    await lab.accepted(first);
    const second = sessions[1] as Session;
    await lab.store.rekey(second.slot, second.id, 'frame', second.keys.frame.cur.keyId, newKey());
    same(await listed(lab, first), ids(sessions).reverse(), 'the order');
    same(await lab.store.list(first.slot, 'nobody'), [], 'of nobody');
    same(await lab.store.list(random(8), first.userId), [], 'of another slot');
  },

  'a user may have very many sessions': async (lab) => {
    const first = await lab.session();
    const make = () => lab.session({ slot: first.slot, userId: first.userId });
    const others = await Promise.all(Array.from({ length: 299 }, make));
    same((await listed(lab, first)).sort(), ids([first, ...others]).sort(), 'the list');
    same(await lab.store.revokeAll(first.slot, first.userId, first.id), 299, 'how many ended');
    same(await listed(lab, first), [first.id], 'the list');
  },

  'users who share a slot by chance stay apart': async (lab) => {
    const alice = await lab.session({ userId: 'alice' });
    const { slot } = alice;
    // Neither case, nor Unicode form, nor space makes two of them one.
    const others = ['Alice', 'alice ', 'ALICE', 'al\u00edce', 'ali\u0301ce', 'alice\0', '%', '_____', '*'];
    for (const userId of others) await lab.session({ slot, userId });
    for (const userId of ['alice', ...others]) {
      same(
        (await lab.store.list(slot, userId)).map((session) => session.userId),
        [userId],
        'the list',
      );
    }
    for (const userId of others) same(await lab.store.revokeAll(slot, userId), 1, JSON.stringify(userId));
    await lab.accepted(alice);
  },
});

export const sessionCases = [...creation, ...limits, ...expiry, ...keys, ...revocation, ...lists];
