-- A file of version 5, as `.dump` of sqlite3 gives it.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    now INTEGER NOT NULL, sessions INTEGER NOT NULL, replays INTEGER NOT NULL, tickets INTEGER NOT NULL
  , movements INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO state VALUES(1,1000000,1,2,3,1);
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
    sweep_at INTEGER NOT NULL, evidence INTEGER NOT NULL DEFAULT 0, interactions INTEGER NOT NULL DEFAULT 0,
    UNIQUE (tag, id)
  ) STRICT;
INSERT INTO session VALUES(1,'tag-1','session-1','alice','key-1','x','y','a laptop','{"a":1}','192.0.2.0/24',1000000,1000000,3600000,4600000,33400000,NULL,1000000,NULL,NULL,1000002.0,4600000,300,1);
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
INSERT INTO ticket VALUES('tag-1','challenge',1300000,NULL,NULL,'session-1','/.pas/passkeys/register');
INSERT INTO ticket VALUES('tag-1','file',1030000,NULL,NULL,'session-1','/file?a=1');
INSERT INTO ticket VALUES('tag-1','log-in',1120000,'alice','a phone',NULL,NULL);
CREATE TABLE passkey (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id TEXT NOT NULL, id TEXT NOT NULL, handle TEXT NOT NULL, public_key TEXT NOT NULL,
    counter INTEGER NOT NULL, label TEXT NOT NULL, transports TEXT NOT NULL,
    created_at INTEGER NOT NULL, last_used_at INTEGER,
    UNIQUE (user_id, id)
  ) STRICT;
INSERT INTO passkey VALUES(1,'alice','passkey-1','handle','cose',3,'blue key','["usb"]',1000000,NULL);
CREATE TABLE movement (number INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL UNIQUE, until INTEGER NOT NULL) STRICT;
INSERT INTO movement VALUES(1,'one',4600000);
CREATE TABLE signature (
    signature TEXT NOT NULL, movement INTEGER NOT NULL REFERENCES movement ON DELETE CASCADE,
    PRIMARY KEY (signature, movement)
  ) STRICT, WITHOUT ROWID;
INSERT INTO signature VALUES('s1',1);
INSERT INTO signature VALUES('s2',1);
INSERT INTO signature VALUES('s3',1);
INSERT INTO signature VALUES('s4',1);
INSERT INTO signature VALUES('s5',1);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('session',2);
INSERT INTO sqlite_sequence VALUES('passkey',1);
INSERT INTO sqlite_sequence VALUES('movement',1);
CREATE INDEX session_sweep ON session (sweep_at);
CREATE INDEX used_until ON used (until);
CREATE INDEX ticket_until ON ticket (until);
CREATE TRIGGER session_in AFTER INSERT ON session BEGIN UPDATE state SET sessions = sessions + 1; END;
CREATE TRIGGER session_out AFTER DELETE ON session BEGIN UPDATE state SET sessions = sessions - 1; END;
CREATE TRIGGER replay_in AFTER INSERT ON used WHEN NEW.kind = 0 BEGIN UPDATE state SET replays = replays + 1; END;
CREATE TRIGGER replay_out AFTER DELETE ON used WHEN OLD.kind = 0 BEGIN UPDATE state SET replays = replays - 1; END;
CREATE TRIGGER ticket_in AFTER INSERT ON ticket BEGIN UPDATE state SET tickets = tickets + 1; END;
CREATE TRIGGER ticket_out AFTER DELETE ON ticket BEGIN UPDATE state SET tickets = tickets - 1; END;
CREATE INDEX movement_until ON movement (until);
CREATE INDEX signature_movement ON signature (movement);
CREATE TRIGGER movement_in AFTER INSERT ON movement BEGIN UPDATE state SET movements = movements + 1; END;
CREATE TRIGGER movement_out AFTER DELETE ON movement BEGIN UPDATE state SET movements = movements - 1; END;
COMMIT;
PRAGMA application_id = 1346458417;
PRAGMA user_version = 5;
