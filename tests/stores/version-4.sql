-- A file of version 4, as `.dump` of sqlite3 gives it.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    now INTEGER NOT NULL, sessions INTEGER NOT NULL, replays INTEGER NOT NULL, tickets INTEGER NOT NULL
  , movements INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO state VALUES(1,1000000,1,2,0,1);
CREATE TABLE account (tag TEXT PRIMARY KEY, rate REAL NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO account VALUES('tag-1',1000002.0);
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
    sweep_at INTEGER NOT NULL, evidence INTEGER NOT NULL DEFAULT 0, interactions INTEGER NOT NULL DEFAULT 0, habit_movements INTEGER NOT NULL DEFAULT 0, habit_total INTEGER NOT NULL DEFAULT 0,
    UNIQUE (tag, id)
  ) STRICT;
INSERT INTO session VALUES(1,'tag-1','session-1','alice','key-1','x','y',NULL,NULL,NULL,1000000,1000000,3600000,4600000,33400000,NULL,1000000,NULL,NULL,1000002.0,4600000,300,1,1,300);
CREATE TABLE used (
    session INTEGER NOT NULL REFERENCES session ON DELETE CASCADE,
    kind INTEGER NOT NULL, key TEXT NOT NULL, uses INTEGER NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY (session, kind, key)
  ) STRICT, WITHOUT ROWID;
INSERT INTO used VALUES(1,0,'used',1,4600000);
INSERT INTO used VALUES(1,0,'used2',1,4600000);
INSERT INTO used VALUES(1,1,'spent',2,4600000);
CREATE TABLE ticket (
    tag TEXT NOT NULL, id TEXT NOT NULL, until INTEGER NOT NULL,
    user_id TEXT, label TEXT, session TEXT, url TEXT,
    PRIMARY KEY (tag, id)
  ) STRICT, WITHOUT ROWID;
CREATE TABLE movement (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    tag TEXT NOT NULL, owner TEXT NOT NULL, until INTEGER NOT NULL,
    UNIQUE (tag, owner)
  ) STRICT;
INSERT INTO movement VALUES(1,'','one',4600000);
INSERT INTO movement VALUES(2,'tag-1','one',4600000);
CREATE TABLE signature (
    tag TEXT NOT NULL, signature TEXT NOT NULL, movement INTEGER NOT NULL REFERENCES movement ON DELETE CASCADE,
    PRIMARY KEY (tag, signature, movement)
  ) STRICT, WITHOUT ROWID;
INSERT INTO signature VALUES('','s1',1);
INSERT INTO signature VALUES('','s2',1);
INSERT INTO signature VALUES('','s3',1);
INSERT INTO signature VALUES('','s4',1);
INSERT INTO signature VALUES('','s5',1);
INSERT INTO signature VALUES('tag-1','s1',2);
INSERT INTO signature VALUES('tag-1','s2',2);
INSERT INTO signature VALUES('tag-1','s3',2);
INSERT INTO signature VALUES('tag-1','s4',2);
INSERT INTO signature VALUES('tag-1','s5',2);
CREATE TABLE passkey (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id TEXT NOT NULL, id TEXT NOT NULL, handle TEXT NOT NULL, public_key TEXT NOT NULL,
    counter INTEGER NOT NULL, label TEXT NOT NULL, transports TEXT NOT NULL,
    created_at INTEGER NOT NULL, last_used_at INTEGER,
    UNIQUE (user_id, id)
  ) STRICT;
CREATE TABLE profile (
    tag TEXT NOT NULL, user_id TEXT NOT NULL,
    shift INTEGER NOT NULL, sessions INTEGER NOT NULL, changed_at INTEGER NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY (tag, user_id)
  ) STRICT, WITHOUT ROWID;
INSERT INTO profile VALUES('tag-1','alice',5,1,1000000,4600000);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('session',1);
INSERT INTO sqlite_sequence VALUES('movement',2);
CREATE INDEX session_sweep ON session (sweep_at);
CREATE INDEX used_until ON used (until);
CREATE INDEX ticket_until ON ticket (until);
CREATE TRIGGER session_in AFTER INSERT ON session BEGIN UPDATE state SET sessions = sessions + 1; END;
CREATE TRIGGER session_out AFTER DELETE ON session BEGIN UPDATE state SET sessions = sessions - 1; END;
CREATE TRIGGER replay_in AFTER INSERT ON used WHEN NEW.kind = 0 BEGIN UPDATE state SET replays = replays + 1; END;
CREATE TRIGGER replay_out AFTER DELETE ON used WHEN OLD.kind = 0 BEGIN UPDATE state SET replays = replays - 1; END;
CREATE TRIGGER ticket_in AFTER INSERT ON ticket BEGIN UPDATE state SET tickets = tickets + 1; END;
CREATE TRIGGER ticket_out AFTER DELETE ON ticket BEGIN UPDATE state SET tickets = tickets - 1; END;
CREATE INDEX movement_age ON movement (tag, number);
CREATE INDEX movement_until ON movement (until);
CREATE INDEX signature_movement ON signature (movement);
CREATE TRIGGER movement_in AFTER INSERT ON movement WHEN NEW.tag = ''
    BEGIN UPDATE state SET movements = movements + 1; END;
CREATE TRIGGER movement_out AFTER DELETE ON movement WHEN OLD.tag = ''
    BEGIN UPDATE state SET movements = movements - 1; END;
CREATE INDEX profile_until ON profile (until);
COMMIT;
PRAGMA user_version = 4;
PRAGMA application_id = 1346458417;
