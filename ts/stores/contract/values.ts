/** What goes in comes out: texts of every kind, and copies. */
import { cases } from './cases.js';
import { holds, same } from './checks.js';
import { HOUR, newKey, random, sessionId, withKey } from './lab.js';

/** What careless quoting, joining, trimming, folding or counting would spoil. */
const TEXTS = [
  'plain',
  ' spaces  around ',
  'it\'s "quoted" `so`',
  'back\\slash',
  'a:b:c',
  '{slot}',
  '{}',
  '[1,2]',
  '%25 %s $1 ?1 :name',
  "'; DROP TABLE sessions; --",
  '0',
  '-1',
  '1e3',
  'NaN',
  'null',
  'true',
  '__proto__',
  'constructor',
  'toString',
  '\n\r\t',
  'a\0b',
  'a\u0001b',
  '\u00010\u00011\0',
  '\u007f\u0080\u009f',
  'Łódź',
  'Zoë',
  'Zoe\u0308',
  'שלום',
  '\u202eevil',
  '日本語',
  '🙂👩‍👩‍👧‍👦',
  '\ufeffmark',
  '\uffff\ufffe',
];

export const valueCases = cases({
  'texts of every kind come back as they went in': async (lab) => {
    for (const text of [...TEXTS, 'x'.repeat(255), '界'.repeat(255), '🙂'.repeat(127)]) {
      const [userId, label, signals] = [text, text.slice(0, 64), text];
      const session = await lab.session({ userId, label, signals, network: text.slice(0, 64) });
      const shown = (value: typeof session | undefined) => [
        value?.userId,
        value?.label,
        value?.signals,
        value?.network,
      ];
      const wanted = [userId, label, signals, text.slice(0, 64)];
      same(shown(session), wanted, 'create');
      same(shown(await lab.store.read(session.slot, session.id)), wanted, 'read');
      same((await lab.store.list(session.slot, userId)).map(shown), [wanted], 'list');
      const { session: admitted } = await lab.accepted(session, { network: text });
      same(admitted.network, text, 'admit');
      const ticket = await lab.ticket({ slot: session.slot, userId });
      same(await lab.store.peekTicket(ticket), { subject: userId, bind: '' }, 'peekTicket');
      const second = lab.newSession(session.slot);
      const created = await lab.store.create(second, ticket.id, { max: 1, policy: 'end-oldest' });
      same(created.ok && created.ended, [session.id], 'the limit');
      same(await lab.store.revokeAll(session.slot, userId), 1, 'revokeAll');
    }
  },

  'an empty label, and longest texts, are kept': async (lab) => {
    const session = await lab.session({ label: '', signals: '界'.repeat(1024) });
    same(await lab.store.read(session.slot, session.id), session, 'the session');
    same([session.label, session.signals], ['', '界'.repeat(1024)], 'the texts');
  },

  'replay keys and interactions differ by any character': async (lab) => {
    const session = await lab.session();
    const keys = ['a', 'A', 'a ', 'a\0', 'á', 'a\u0301', '', ...TEXTS];
    for (const replayKey of keys) await lab.accepted(session, { replayKey, event: { id: replayKey, limit: 1 } });
    for (const replayKey of keys) {
      same((await lab.admit(session, { replayKey })).ok, false, JSON.stringify(replayKey));
      same((await lab.admit(session, { event: { id: replayKey, limit: 1 } })).ok, false, JSON.stringify(replayKey));
    }
  },

  'what is given away is a copy, what is taken too': async (lab) => {
    const ticket = await lab.ticket();
    const wanted = lab.newSession(ticket.slot, { aliases: [{ origin: 'https://api.example', id: sessionId() }] });
    const created = await lab.store.create(wanted, ticket.id);
    holds(created.ok, 'refused');
    const {
      slot,
      id,
      userId,
      keys: {
        frame: {
          cur: { keyId },
        },
      },
    } = created.session;
    const unspoiled = JSON.stringify(created.session);
    const spoil = (session: unknown) => {
      Object.assign(session as object, { userId: 'admin', absoluteExpiresAt: 0, idleExpiresAt: 0 });
      const { keys, aliases, tiers, evidence } = session as typeof created.session;
      Object.assign(keys.frame.cur, { keyId: 'spoilt' });
      Object.assign(keys.frame.cur.jwk, { x: 'spoilt' });
      Object.assign(aliases?.[0] ?? {}, { id: 'spoilt' });
      Object.assign(tiers ?? {}, { verified: 1 });
      Object.assign(evidence ?? {}, { sum: 99 });
    };
    const unchanged = async (what: string) => same(await lab.store.read(slot, id), JSON.parse(unspoiled), what);
    spoil(wanted);
    await unchanged('what create took');
    spoil(created.session);
    await unchanged('what create gave');
    spoil(await lab.store.read(slot, id));
    await unchanged('what read gave');
    for (const session of await lab.store.list(slot, userId)) spoil(session);
    await unchanged('what list gave');
    const to = newKey();
    const frame = structuredClone(to);
    await lab.store.rekey(slot, id, 'frame', keyId, to);
    Object.assign(to.cur.jwk, { x: 'spoilt' });
    same((await lab.store.read(slot, id))?.keys, { frame }, 'what rekey took');
    const { session } = await lab.accepted(withKey(JSON.parse(unspoiled) as typeof created.session, frame));
    spoil(session);
    const read = await lab.store.read(slot, id);
    same(
      [read?.userId, read?.keys, Object.keys(read?.tiers ?? {})],
      [userId, { frame }, ['signed']],
      'what admit gave',
    );
  },
});

const KINDS = ['enrol', 'url', 'passkey'] as const;

export const ticketCases = cases({
  'a ticket is taken once, by who names all that it was put with': async (lab) => {
    for (const kind of KINDS) {
      const session = await lab.session();
      const ticket = { ...lab.urlTicket(session, '/statement.pdf?year=2024&x=%C3%A9'), kind };
      await lab.store.putTicket({ ...ticket, ttlMs: HOUR });
      const others = KINDS.filter((other) => other !== kind).map((other) => ({ kind: other }));
      for (const wrong of [
        { bind: '/statement.pdf' },
        { bind: `${ticket.bind}&` },
        { bind: '' },
        { subject: sessionId() },
        { id: sessionId() },
        { slot: random(8) },
        ...others,
      ]) {
        same(await lab.store.takeTicket({ ...ticket, ...wrong }), false, `${kind}: ${JSON.stringify(wrong)}`);
      }
      const { subject, bind } = ticket;
      for (let turn = 0; turn < 2; turn += 1)
        same(await lab.store.peekTicket(ticket), { subject, bind }, 'asking takes nothing');
      same(await lab.store.takeTicket(ticket), true, 'the right one');
      same(await lab.store.peekTicket(ticket), undefined, 'after');
      same(await lab.store.takeTicket(ticket), false, 'again');
    }
  },

  'whose a ticket is and what for may be any text': async (lab) => {
    const session = await lab.session();
    for (const text of ['', ...TEXTS]) {
      const ticket = { ...lab.urlTicket(session, text), subject: text };
      await lab.store.putTicket({ ...ticket, label: text, ttlMs: HOUR });
      same(await lab.store.peekTicket(ticket), { subject: text, bind: text }, 'peekTicket');
      same(await lab.store.takeTicket({ ...ticket, bind: `${text} ` }), false, 'another text');
      same(await lab.store.takeTicket(ticket), true, 'takeTicket');
    }
  },

  'of many uses of one ticket at once, one counts': async (lab) => {
    const ticket = lab.urlTicket(await lab.session());
    await lab.store.putTicket({ ...ticket, ttlMs: HOUR });
    const taken = await Promise.all(Array.from({ length: 30 }, () => lab.store.takeTicket(ticket)));
    same(taken.filter(Boolean).length, 1, 'uses');
  },

  'a ticket lives as long as it says': async (lab) => {
    const session = await lab.session();
    const ttlMs = lab.unit;
    const put = async () => {
      const ticket = lab.urlTicket(session);
      await lab.store.putTicket({ ...ticket, ttlMs });
      return ticket;
    };
    const count = 40;
    const { before, answer: tickets, after } = await lab.timed(() => Promise.all(Array.from({ length: count }, put)));
    for await (const _ of lab.through(after + ttlMs)) {
      const ticket = tickets.pop();
      // One question needs one ticket. The last is for the time after the end.
      if (!ticket || tickets.length === 0) continue;
      const asked = await lab.timed(() => lab.store.takeTicket(ticket));
      if (asked.answer) holds(asked.before <= after + ttlMs, `good at ${asked.before}, put at ${after} at the latest`);
      else holds(asked.after >= before + ttlMs, `gone at ${asked.after}, put at ${before} at the earliest`);
      if (!lab.exact) await lab.until(asked.after + Math.ceil(ttlMs / count) + 1);
    }
    const late = await lab.timed(async () => undefined);
    holds(late.before > after + ttlMs, 'the time did not pass');
  },
});
