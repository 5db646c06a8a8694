/** Every statement, prepared once, and how rows become sessions. */
import type { Passkey, ReachedTier, Session, SessionAlias, SessionKeys } from '../types.js';
import type { SqliteDatabase } from './handle.js';
import { restored } from './text.js';

/** A row of `session`. */
export interface SessionRow {
  number: number;
  slot: string;
  id: string;
  user_id: string;
  keys: string;
  aliases: string | null;
  label: string | null;
  signals: string | null;
  network: string | null;
  created_at: number;
  last_seen_at: number;
  idle_ms: number;
  idle_expires_at: number;
  absolute_expires_at: number;
  signed_at: number | null;
  interactive_at: number | null;
  consent_at: number | null;
  verified_at: number | null;
  rate: number;
  evidence: number;
  interactions: number;
}

/** A row of `ticket`. */
export interface TicketRow {
  subject: string;
  bind: string;
  label: string | null;
  until: number;
}

/** A row of `passkey`. */
export interface PasskeyRow {
  user_id: string;
  id: string;
  handle: string;
  public_key: string;
  counter: number;
  label: string;
  transports: string;
  created_at: number;
  last_used_at: number | null;
}

export type Statements = ReturnType<typeof statements>;

export function statements(database: SqliteDatabase) {
  const sql = (text: string) => database.prepare(text);
  return {
    state: sql('SELECT now, sessions, replays, tickets, movements FROM state'),
    setNow: sql('UPDATE state SET now = ?'),
    changes: sql('SELECT total_changes() AS total'),

    session: sql('SELECT * FROM session WHERE slot = ? AND id = ?'),
    // The number decides between sessions of the same ms.
    list: sql('SELECT * FROM session WHERE slot = ? AND user_id = ? ORDER BY created_at DESC, number DESC'),
    create: sql(`
      INSERT INTO session (
        slot, id, user_id, keys, aliases, label, signals, network,
        created_at, last_seen_at, idle_ms, idle_expires_at, absolute_expires_at, sweep_at, rate
      ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)
    `),
    touch: sql(`
      UPDATE session SET
        last_seen_at = ?, idle_expires_at = ?, network = ?,
        signed_at = ?, interactive_at = ?, consent_at = ?, verified_at = ?, rate = ?,
        evidence = ?, interactions = ?
      WHERE number = ?
    `),
    rekey: sql('UPDATE session SET keys = ? WHERE number = ?'),
    end: sql('DELETE FROM session WHERE number = ?'),

    account: sql('SELECT rate FROM account WHERE slot = ?'),
    spend: sql('INSERT INTO account VALUES (?, ?) ON CONFLICT (slot) DO UPDATE SET rate = excluded.rate'),

    used: sql('SELECT uses, until FROM used WHERE session = ? AND kind = ? AND key = ?'),
    use: sql(`
      INSERT INTO used VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (session, kind, key) DO UPDATE SET uses = excluded.uses, until = excluded.until
    `),

    same: sql(`
      SELECT 1 FROM movement_hash JOIN movement ON movement.number = movement_hash.movement
      WHERE hash IN (SELECT value FROM json_each(?)) AND owner <> ? AND until >= ?
      GROUP BY movement HAVING count(*) >= ? LIMIT 1
    `),
    forgetMovement: sql('DELETE FROM movement WHERE owner = ?'),
    putMovement: sql('INSERT INTO movement (owner, until) VALUES (?, ?) RETURNING number'),
    putHashes: sql('INSERT INTO movement_hash SELECT DISTINCT value, ? FROM json_each(?)'),
    dropOldest: sql('DELETE FROM movement WHERE number IN (SELECT number FROM movement ORDER BY number LIMIT ?)'),

    putTicket: sql('INSERT INTO ticket (slot, kind, id, subject, bind, label, until) VALUES (?, ?, ?, ?, ?, ?, ?)'),
    ticket: sql('SELECT subject, bind, label, until FROM ticket WHERE slot = ? AND kind = ? AND id = ?'),
    dropEnrolments: sql("DELETE FROM ticket WHERE slot = ? AND kind = 'enrol' AND subject = ?"),
    dropTicket: sql('DELETE FROM ticket WHERE slot = ? AND kind = ? AND id = ?'),

    passkeys: sql('SELECT * FROM passkey WHERE user_id = ? ORDER BY number'),
    putPasskey: sql(`
      INSERT INTO passkey (user_id, id, handle, public_key, counter, label, transports, created_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    `),
    usePasskey: sql(`
      UPDATE passkey SET counter = ?, last_used_at = ?
        WHERE user_id = ? AND id = ? AND (counter < ? OR (counter = 0 AND ? = 0)) RETURNING 1
    `),
    removePasskey: sql('DELETE FROM passkey WHERE user_id = ? AND id = ? RETURNING 1'),

    sweepUsed: sql(`
      DELETE FROM used WHERE (session, kind, key) IN
        (SELECT session, kind, key FROM used WHERE until < ? ORDER BY until LIMIT ?) RETURNING 1
    `),
    sweepTickets: sql(`
      DELETE FROM ticket WHERE (slot, kind, id) IN
        (SELECT slot, kind, id FROM ticket WHERE until < ? ORDER BY until LIMIT ?) RETURNING 1
    `),
    sweepMovements: sql(`
      DELETE FROM movement WHERE number IN (SELECT number FROM movement WHERE until < ? ORDER BY until LIMIT ?) RETURNING 1
    `),
    toSweep: sql('SELECT number, idle_expires_at FROM session WHERE sweep_at <= ? ORDER BY sweep_at LIMIT ?'),
    sweepLater: sql('UPDATE session SET sweep_at = idle_expires_at WHERE number = ?'),
    nextAccounts: sql('SELECT slot FROM account WHERE slot > ? ORDER BY slot LIMIT ?'),
    // A rate that is whole again is as good as none.
    sweepAccounts: sql(`
      DELETE FROM account WHERE slot > ? AND slot <= ? AND rate < ?
        AND NOT EXISTS (SELECT 1 FROM session WHERE session.slot = account.slot)
    `),
  };
}

/** The public picture of a row. What nobody gave is not there. */
export function sessionOf(row: SessionRow): Session {
  const tiers: Partial<Record<ReachedTier, number>> = {};
  for (const tier of ['signed', 'interactive', 'consent', 'verified'] as const) {
    const at = row[`${tier}_at`];
    if (at !== null) tiers[tier] = at;
  }
  return {
    id: row.id,
    slot: row.slot,
    userId: restored(row.user_id),
    keys: JSON.parse(row.keys) as SessionKeys,
    ...(row.aliases === null ? {} : { aliases: JSON.parse(row.aliases) as SessionAlias[] }),
    ...(row.label === null ? {} : { label: restored(row.label) }),
    ...(row.signals === null ? {} : { signals: restored(row.signals) }),
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    idleExpiresAt: row.idle_expires_at,
    absoluteExpiresAt: row.absolute_expires_at,
    ...(row.network === null ? {} : { network: restored(row.network) }),
    tiers,
    evidence: { sum: row.evidence, interactions: row.interactions },
  };
}

export function passkeyOf(row: PasskeyRow): Passkey {
  return {
    id: restored(row.id),
    userId: restored(row.user_id),
    handle: row.handle,
    publicKey: row.public_key,
    counter: row.counter,
    label: restored(row.label),
    transports: JSON.parse(row.transports) as string[],
    createdAt: row.created_at,
    ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at }),
  };
}
