/** The tables, and how a file gets them. */
import { PartitionedAuthorityError } from '../../shared/errors.js';
import { type SqliteDatabase, isBusy, once } from './handle.js';

/** "PAS1": so that nobody takes another application's file for ours. */
const APPLICATION_ID = 0x50415331;

/** Each one brings the file one version further. They are never changed, only added to. */
const MIGRATIONS = [
  `
  -- One row. \`now\` is the latest time that any write saw: time before it never returns. The counts are kept
  -- by the triggers below, as counting rows takes as long as there are rows.
  CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    now INTEGER NOT NULL, sessions INTEGER NOT NULL, replays INTEGER NOT NULL, tickets INTEGER NOT NULL
  ) STRICT;
  INSERT INTO state VALUES (1, 0, 0, 0, 0);

  -- What all sessions of one tag share: the time at which the account's rate is whole again, in ms.
  CREATE TABLE account (tag TEXT PRIMARY KEY, rate REAL NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE session (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    tag TEXT NOT NULL, id TEXT NOT NULL, user_id TEXT NOT NULL,
    key_id TEXT NOT NULL, key_x TEXT NOT NULL, key_y TEXT NOT NULL,
    label TEXT, signals TEXT, network TEXT,
    created_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL, idle_ms INTEGER NOT NULL,
    idle_expires_at INTEGER NOT NULL, absolute_expires_at INTEGER NOT NULL,
    signed_at INTEGER, interactive_at INTEGER, consent_at INTEGER, verified_at INTEGER,
    rate REAL NOT NULL,
    -- When the sweeper looks at it. Requests don't move it, so that they need not write this index.
    sweep_at INTEGER NOT NULL,
    UNIQUE (tag, id)
  ) STRICT;
  CREATE INDEX session_sweep ON session (sweep_at);

  -- What a session used: replay keys (kind 0) and interactions (kind 1). Counts until then, inclusive.
  CREATE TABLE used (
    session INTEGER NOT NULL REFERENCES session ON DELETE CASCADE,
    kind INTEGER NOT NULL, key TEXT NOT NULL, uses INTEGER NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY (session, kind, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX used_until ON used (until);

  -- Enrolment tickets have a user, URL tickets have a session and a URL.
  CREATE TABLE ticket (
    tag TEXT NOT NULL, id TEXT NOT NULL, until INTEGER NOT NULL,
    user_id TEXT, label TEXT, session TEXT, url TEXT,
    PRIMARY KEY (tag, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ticket_until ON ticket (until);

  CREATE TRIGGER session_in AFTER INSERT ON session BEGIN UPDATE state SET sessions = sessions + 1; END;
  CREATE TRIGGER session_out AFTER DELETE ON session BEGIN UPDATE state SET sessions = sessions - 1; END;
  CREATE TRIGGER replay_in AFTER INSERT ON used WHEN NEW.kind = 0 BEGIN UPDATE state SET replays = replays + 1; END;
  CREATE TRIGGER replay_out AFTER DELETE ON used WHEN OLD.kind = 0 BEGIN UPDATE state SET replays = replays - 1; END;
  CREATE TRIGGER ticket_in AFTER INSERT ON ticket BEGIN UPDATE state SET tickets = tickets + 1; END;
  CREATE TRIGGER ticket_out AFTER DELETE ON ticket BEGIN UPDATE state SET tickets = tickets - 1; END;
  `,
  `
  -- What the interactions of a session say together, and how many they were.
  ALTER TABLE session ADD COLUMN evidence INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE session ADD COLUMN interactions INTEGER NOT NULL DEFAULT 0;

  -- Movements, by their signatures: those of a tag, and those of everybody under the tag ''.
  ALTER TABLE state ADD COLUMN movements INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE movement (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    tag TEXT NOT NULL, owner TEXT NOT NULL, until INTEGER NOT NULL,
    UNIQUE (tag, owner)
  ) STRICT;
  CREATE INDEX movement_age ON movement (tag, number);
  CREATE INDEX movement_until ON movement (until);
  CREATE TABLE signature (
    tag TEXT NOT NULL, signature TEXT NOT NULL, movement INTEGER NOT NULL REFERENCES movement ON DELETE CASCADE,
    PRIMARY KEY (tag, signature, movement)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX signature_movement ON signature (movement);
  CREATE TRIGGER movement_in AFTER INSERT ON movement WHEN NEW.tag = ''
    BEGIN UPDATE state SET movements = movements + 1; END;
  CREATE TRIGGER movement_out AFTER DELETE ON movement WHEN OLD.tag = ''
    BEGIN UPDATE state SET movements = movements - 1; END;
  `,
  `
  -- Found by their user: a tag depends on a secret, and passkeys outlive secrets.
  CREATE TABLE passkey (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id TEXT NOT NULL, id TEXT NOT NULL, handle TEXT NOT NULL, public_key TEXT NOT NULL,
    counter INTEGER NOT NULL, label TEXT NOT NULL, transports TEXT NOT NULL,
    created_at INTEGER NOT NULL, last_used_at INTEGER,
    UNIQUE (user_id, id)
  ) STRICT;
  `,
  `
  -- What earlier versions kept of how a user moves.
  CREATE TABLE profile (
    tag TEXT NOT NULL, user_id TEXT NOT NULL,
    shift INTEGER NOT NULL, sessions INTEGER NOT NULL, changed_at INTEGER NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY (tag, user_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX profile_until ON profile (until);
  ALTER TABLE session ADD COLUMN habit_movements INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE session ADD COLUMN habit_total INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- Nothing is kept of how a user moves, and a movement is anybody's. Those of the last hour are forgotten.
  DROP TABLE profile;
  ALTER TABLE session DROP COLUMN habit_movements;
  ALTER TABLE session DROP COLUMN habit_total;
  DROP TABLE signature;
  DROP TABLE movement;
  UPDATE state SET movements = 0;
  CREATE TABLE movement (number INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL UNIQUE, until INTEGER NOT NULL) STRICT;
  CREATE INDEX movement_until ON movement (until);
  CREATE TABLE signature (
    signature TEXT NOT NULL, movement INTEGER NOT NULL REFERENCES movement ON DELETE CASCADE,
    PRIMARY KEY (signature, movement)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX signature_movement ON signature (movement);
  CREATE TRIGGER movement_in AFTER INSERT ON movement BEGIN UPDATE state SET movements = movements + 1; END;
  CREATE TRIGGER movement_out AFTER DELETE ON movement BEGIN UPDATE state SET movements = movements - 1; END;
  `,
  `
  -- Where everything of one user is kept is its slot.
  ALTER TABLE session RENAME COLUMN tag TO slot;
  ALTER TABLE account RENAME COLUMN tag TO slot;

  -- The keys of a session by their roles, and where else it is known: JSON.
  ALTER TABLE session ADD COLUMN keys TEXT NOT NULL DEFAULT '{}';
  ALTER TABLE session ADD COLUMN aliases TEXT;
  UPDATE session SET keys = json_object('frame', json_object(
    'alg', 'ecdsa-p256-sha256', 'epoch', 0, 'cur', json_object(
      'keyId', key_id, 'jwk', json_object('kty', 'EC', 'crv', 'P-256', 'x', key_x, 'y', key_y)
    )
  ));
  ALTER TABLE session DROP COLUMN key_id;
  ALTER TABLE session DROP COLUMN key_x;
  ALTER TABLE session DROP COLUMN key_y;

  -- The hashes of movements are no signatures.
  ALTER TABLE signature RENAME TO movement_hash;
  ALTER TABLE movement_hash RENAME COLUMN signature TO hash;
  DROP INDEX signature_movement;
  CREATE INDEX movement_hash_movement ON movement_hash (movement);

  -- Tickets of every kind: whose they are, and what for.
  DROP TRIGGER ticket_in;
  DROP TRIGGER ticket_out;
  DROP INDEX ticket_until;
  ALTER TABLE ticket RENAME TO former_ticket;
  CREATE TABLE ticket (
    slot TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    subject TEXT NOT NULL, bind TEXT NOT NULL, label TEXT, until INTEGER NOT NULL,
    PRIMARY KEY (slot, kind, id)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO ticket
    SELECT tag, CASE WHEN user_id IS NOT NULL THEN 'enrol' WHEN url = '/.pas/passkeys/register' THEN 'passkey' ELSE 'url' END,
      id, coalesce(user_id, session), coalesce(url, ''), label, until FROM former_ticket;
  DROP TABLE former_ticket;
  CREATE INDEX ticket_until ON ticket (until);
  CREATE TRIGGER ticket_in AFTER INSERT ON ticket BEGIN UPDATE state SET tickets = tickets + 1; END;
  CREATE TRIGGER ticket_out AFTER DELETE ON ticket BEGIN UPDATE state SET tickets = tickets - 1; END;
  `,
];

const invalid = (message: string) => new PartitionedAuthorityError('ERR_CONFIG_INVALID', message);

/**
 * Makes a database ours: settings of the connection, and tables.
 *
 * @throws `ERR_CONFIG_INVALID` for a file of another application or of a later version of this package
 */
export function prepareDatabase(database: SqliteDatabase, busyMs: number): void {
  database.exec(`PRAGMA busy_timeout = ${busyMs}`);
  // Others read while one writes, and a commit is one append. Told of a change, SQLite does not wait.
  const mode = patiently(busyMs, () => once(database, 'PRAGMA journal_mode = WAL'));
  if (mode !== 'wal' && mode !== 'memory') throw invalid(`no write-ahead log can be had, only ${String(mode)}`);
  // The log is on the disk before a commit is answered. NORMAL, which many use with a write-ahead log,
  // may lose the last commits in a power failure: a request that was accepted could be accepted again.
  database.exec('PRAGMA synchronous = FULL');
  database.exec('PRAGMA foreign_keys = ON');
  migrate(database);
  // From here on the store waits by itself, without holding up the process.
  database.exec('PRAGMA busy_timeout = 0');
}

function migrate(database: SqliteDatabase): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    const version = Number(once(database, 'PRAGMA user_version'));
    const foreign = once(database, 'PRAGMA application_id') !== APPLICATION_ID;
    const empty = once(database, 'SELECT count(*) FROM sqlite_schema') === 0;
    if (foreign && (version !== 0 || !empty)) throw invalid('the file is not ours; give the store one of its own');
    if (version > MIGRATIONS.length) {
      throw invalid(`the database has version ${version}, of a later release; this one knows ${MIGRATIONS.length}`);
    }
    for (const migration of MIGRATIONS.slice(version)) database.exec(migration);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

/** Tries again while another connection is in the way, for so long. Only at start: nothing else runs. */
function patiently<T>(busyMs: number, work: () => T): T {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  for (const start = performance.now(); ; ) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() - start > busyMs) throw error;
      Atomics.wait(sleeper, 0, 0, 5);
    }
  }
}
