// What is SQLite's own: files, versions, other writers, faults. A list of cases, for any runtime.
import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { sqliteStore } from 'partitioned-authority/stores/sqlite';
import { frameKey, keyIdOf } from './keys.mjs';
import { HOUR, ask, id, movableClock, newSession, newTicket, request, urlTicket, wanted } from './requests.mjs';
import { Bench, handle, openDatabase } from './sqlite.mjs';

const down = (work) => assert.rejects(work, { name: 'PartitionedAuthorityError', code: 'ERR_STORE_DOWN' });
function row(database, sql) {
  const statement = database.prepare(sql);
  const found = statement.get();
  statement.finalize?.();
  return found;
}

/** Of the tables. */
const VERSION = 6;

/** Half a second after what is in the files of earlier versions. */
const LATER = 1_000_500;

/** Makes a file of an earlier version. */
function dumped(file, version) {
  const database = openDatabase(file);
  database.exec(readFileSync(new URL(`../version-${version}.sql`, import.meta.url), 'utf8'));
  database.close();
}

const count = (database, table) => row(database, `SELECT count(*) AS n FROM ${table}`).n;

/** Every operation of a store, none of which may be answered. */
const everything = (store, session) => [
  () => store.admit(request(session)),
  () => newTicket(store),
  () => store.create(wanted(session.slot), id()),
  () => store.read(session.slot, session.id),
  () => store.list(session.slot, session.userId),
  () => store.rekey(session.slot, session.id, 'frame', keyIdOf(session), frameKey(id())),
  () => store.revoke(session.slot, session.id),
  () => store.revokeAll(session.slot, session.userId),
  () => store.peekTicket(urlTicket(session)),
  () => store.putTicket({ ...urlTicket(session), ttlMs: HOUR }),
  () => store.takeTicket(urlTicket(session)),
  () => store.seen({ owner: id(), hashes: [id(8)], matchesNeeded: 1, ttlMs: HOUR, max: 9 }),
];

/** Resolves when `condition` holds: the store's own work goes on meanwhile. */
async function eventually(condition) {
  for (let tries = 0; !condition(); tries += 1) {
    assert.ok(tries < 2_000, 'it never came about');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const cases = {
  'a file gets a write-ahead log, full synchronisation, foreign keys, and a version': async (bench) => {
    const database = bench.databaseOf(bench.store());
    const pragma = (name) => Object.values(row(database, `PRAGMA ${name}`))[0];
    assert.deepEqual(['journal_mode', 'synchronous', 'foreign_keys', 'user_version', 'application_id'].map(pragma), [
      'wal',
      2,
      1,
      VERSION,
      0x50415331,
    ]);
  },

  "options that can't be meant are refused": async (bench) => {
    const stray = [{ maxSession: 5 }, { busyMs: 0 }, { busyMs: Infinity }, { maxReplayEntries: NaN }, { sweepMs: '1' }];
    for (const options of stray) assert.throws(() => bench.store(options), { code: 'ERR_CONFIG_INVALID' });
    assert.throws(() => sqliteStore({ database: bench.file }), { code: 'ERR_CONFIG_INVALID' });
    assert.throws(() => sqliteStore({}), { code: 'ERR_CONFIG_INVALID' });
    await newSession(bench.store({ maxSessions: 5, busyMs: 1, sweepMs: 1 }));
  },

  'a file of a later version is refused, and left as it is': async (bench) => {
    await bench.end(bench.store());
    const database = openDatabase(bench.file);
    database.exec(`PRAGMA user_version = ${VERSION + 1}`);
    assert.throws(() => sqliteStore({ database }), {
      code: 'ERR_CONFIG_INVALID',
      message: new RegExp(`version ${VERSION + 1}.* knows ${VERSION}`),
    });
    // The handle is its owner's again, outside any transaction.
    database.exec('BEGIN; COMMIT');
    assert.equal(row(database, 'PRAGMA user_version').user_version, VERSION + 1);
    database.exec(`PRAGMA user_version = ${VERSION}`);
    await newSession(bench.store());
    database.close();
  },

  'a file of an earlier version is brought forward, and loses nothing': async (bench) => {
    for (const version of [1, 5]) {
      const old = new Bench();
      try {
        dumped(old.file, version);
        const store = old.store({ clock: () => LATER });
        const [session, ...others] = await store.list('tag-1', 'alice');
        assert.deepEqual(others, []);
        assert.deepEqual(session, {
          id: 'session-1',
          slot: 'tag-1',
          userId: 'alice',
          keys: { frame: frameKey('key-1') },
          label: 'a laptop',
          signals: '{"a":1}',
          network: '192.0.2.0/24',
          createdAt: 1_000_000,
          lastSeenAt: 1_000_000,
          idleExpiresAt: 4_600_000,
          absoluteExpiresAt: 33_400_000,
          tiers: { interactive: 1_000_000 },
          evidence: version < 2 ? { sum: 0, interactions: 0 } : { sum: 300, interactions: 1 },
        });
        const event = { id: 'spent', limit: 2 };
        assert.equal(await ask(store, session, { replayKey: 'used' }), 'ERR_NONCE_USED');
        assert.equal(await ask(store, session, { event }), 'ERR_PROOF_REUSED');
        assert.equal(await ask(store, session, { keyId: 'key-2' }), 'ERR_KEY_MISMATCH');
        assert.equal(await ask(store, { ...session, id: 'session-2' }), 'ERR_SESSION_ENDED', 'one that was revoked');
        assert.equal(await ask(store, session), 'accepted');
        const passkeys = (await store.listPasskeys('alice')).map(({ id: one, counter }) => [one, counter]);
        assert.deepEqual(passkeys, version < 3 ? [] : [['passkey-1', 3]]);
        assert.equal(await store.rekey('tag-1', 'session-1', 'frame', 'key-1', frameKey('key-2')), true);
        assert.equal(await ask(store, session), 'ERR_KEY_MISMATCH');
        assert.equal(await ask(store, { ...session, keys: { frame: frameKey('key-2') } }), 'accepted');
        const ticket = (kind, one, bind) => ({ kind, id: one, slot: 'tag-1', subject: 'session-1', bind });
        for (const [kind, one, bind] of [
          ['url', 'file', '/file?a=1'],
          ['passkey', 'challenge', '/.pas/passkeys/register'],
        ]) {
          assert.equal(await store.takeTicket(ticket(kind, one, '/other')), false);
          assert.equal(await store.takeTicket(ticket(kind, one, bind)), true, kind);
        }
        assert.deepEqual(await store.peekTicket(ticket('enrol', 'log-in')), { subject: 'alice', bind: '' });
        const made = await store.create(wanted('tag-1'), 'log-in');
        assert.deepEqual([made.session.userId, made.session.label], ['alice', 'a phone']);
        assert.equal(row(old.databaseOf(store), 'SELECT tickets FROM state').tickets, 0);
        const database = old.databaseOf(store);
        assert.equal(row(database, 'PRAGMA user_version').user_version, VERSION);
        const columns = (file) =>
          row(
            file,
            "SELECT group_concat(name) AS names FROM (SELECT name FROM pragma_table_info('session') ORDER BY name)",
          ).names;
        assert.equal(columns(database), columns(bench.databaseOf(bench.store())));
      } finally {
        await old.dispose();
      }
    }
  },

  'of a file of version 4 sessions go on, and nothing is left of how users moved': async (bench) => {
    dumped(bench.file, 4);
    const clock = () => LATER;
    const store = bench.store({ clock });
    const [session] = await store.list('tag-1', 'alice');
    assert.deepEqual([session.evidence, session.tiers], [{ sum: 300, interactions: 1 }, { interactive: 1_000_000 }]);
    const used = (more) => ({ ...request(session, { at: clock() }), ...more });
    assert.equal((await store.admit(used({ replayKey: 'used' }))).code, 'ERR_NONCE_USED');
    const evidence = { delta: 7, cap: 999 };
    const event = (name) => ({ id: name, limit: 2, evidence });
    assert.equal((await store.admit(used({ tier: 'interactive', event: event('spent') }))).code, 'ERR_PROOF_REUSED');
    const { session: after } = await store.admit(used({ tier: 'interactive', event: event('fresh') }));
    assert.deepEqual(after.evidence, { sum: 307, interactions: 2 });
    const movement = { owner: 'again', hashes: ['s1', 's2', 's3', 's4', 's5'], matchesNeeded: 3, ttlMs: HOUR, max: 9 };
    assert.deepEqual([await store.seen(movement), await store.seen({ ...movement, owner: 'other' })], [false, true]);
    const database = bench.databaseOf(store);
    const named = row(
      database,
      "SELECT count(*) AS n FROM sqlite_schema WHERE sql LIKE '%habit%' OR sql LIKE '%profile%'",
    );
    assert.deepEqual([named.n, row(database, 'SELECT movements FROM state').movements], [0, 2]);
  },

  "everybody's movements are counted as they come and go, and rows with them": async (bench) => {
    const { clock, advance } = movableClock();
    const store = bench.store({ clock, sweepMs: 5 });
    const database = bench.databaseOf(store);
    const movement = () => ({ owner: id(8), hashes: [id(8), id(8)], matchesNeeded: 2, ttlMs: 1_000, max: 3 });
    for (let turn = 0; turn < 7; turn += 1) await store.seen(movement());
    const again = movement();
    for (let turn = 0; turn < 3; turn += 1) await store.seen(again);
    const counts = () => [
      row(database, 'SELECT movements FROM state').movements,
      count(database, 'movement'),
      count(database, 'movement_hash'),
    ];
    assert.deepEqual(counts(), [3, 3, 6]);
    advance(1_001);
    await eventually(() => counts()[0] === 0);
    assert.deepEqual(counts(), [0, 0, 0]);
  },

  'a file of another application is refused, and left as it is': async (bench) => {
    const database = openDatabase(bench.file);
    database.exec('CREATE TABLE theirs (a)');
    assert.throws(() => bench.store(), { code: 'ERR_CONFIG_INVALID', message: /one of its own/ });
    database.exec('DROP TABLE theirs');
    database.exec('PRAGMA user_version = 70');
    assert.throws(() => bench.store(), { code: 'ERR_CONFIG_INVALID', message: /one of its own/ });
    assert.equal(count(database, 'sqlite_schema'), 0);
    database.exec('PRAGMA user_version = 0');
    await newSession(bench.store());
    database.close();
  },

  'what is no database is refused': async (bench) => {
    writeFileSync(bench.file, Buffer.alloc(8_192, 'no database'));
    assert.throws(() => bench.store(), { code: 'ERR_STORE_DOWN' });
  },

  'a database that can have no write-ahead log is refused, one in memory is not': async () => {
    const memory = openDatabase(':memory:');
    const store = sqliteStore({ database: memory });
    assert.equal(await ask(store, await newSession(store)), 'accepted');
    await store.close();
    memory.close();
    // A temporary database has none, though bun:sqlite makes it one in memory.
    const temporary = openDatabase('');
    if (handle === 'bun:sqlite') await sqliteStore({ database: temporary }).close();
    else assert.throws(() => sqliteStore({ database: temporary }), { code: 'ERR_CONFIG_INVALID', message: /delete/ });
    temporary.close();
  },

  'another writer is waited for, and everything else goes on meanwhile': async (bench) => {
    const database = openDatabase(bench.file);
    let tries = 0;
    const watched = {
      exec: (sql) => {
        if (sql === 'BEGIN IMMEDIATE') tries += 1;
        return database.exec(sql);
      },
      prepare: (sql) => database.prepare(sql),
    };
    const store = sqliteStore({ database: watched });
    const session = await newSession(store);
    const other = openDatabase(bench.file);
    other.exec('BEGIN IMMEDIATE');
    let settled = 0;
    tries = 0;
    const waiting = Array.from({ length: 3 }, () => ask(store, session).finally(() => (settled += 1)));
    await eventually(() => tries >= 5);
    // Reading needs no turn.
    assert.deepEqual(await store.read(session.slot, session.id), session);
    assert.equal(settled, 0);
    other.exec('COMMIT');
    assert.deepEqual(await Promise.all(waiting), ['accepted', 'accepted', 'accepted']);
    other.close();
    await store.close();
    database.close();
  },

  'a file that another connection keeps for itself can not be opened, until it lets go': async (bench) => {
    await bench.end(bench.store());
    const other = openDatabase(bench.file);
    other.exec('PRAGMA locking_mode = EXCLUSIVE');
    other.exec('BEGIN IMMEDIATE; CREATE TABLE theirs (a); ROLLBACK');
    assert.throws(() => bench.store({ busyMs: 30 }), { code: 'ERR_STORE_DOWN' });
    other.close();
    await newSession(bench.store({ busyMs: 30 }));
  },

  'a writer that does not end makes the store down, and back when it does': async (bench) => {
    const store = bench.store({ busyMs: 30 });
    const session = await newSession(store);
    const other = openDatabase(bench.file);
    other.exec('BEGIN IMMEDIATE');
    const replayKey = id(16);
    await Promise.all(Array.from({ length: 3 }, () => down(store.admit(request(session, { replayKey })))));
    await down(store.revoke(session.slot, session.id));
    other.exec('ROLLBACK');
    assert.equal(await ask(store, session, { replayKey }), 'accepted', 'what was refused was not counted');
    other.close();
  },

  'a store whose database was closed answers nothing': async (bench) => {
    const store = bench.store();
    const session = await newSession(store);
    bench.databaseOf(store).close();
    for (const work of everything(store, session)) await down(work);
  },

  'a store that was closed answers nothing, and what was asked before is answered': async (bench) => {
    const store = bench.store();
    const session = await newSession(store);
    const answers = [];
    ask(store, session).then((code) => answers.push(code));
    store.revoke(session.slot, session.id).then((alive) => answers.push(alive));
    const closing = store.close();
    for (const work of everything(store, session)) await down(work);
    await closing;
    assert.deepEqual(new Set(answers), new Set(['accepted', true]));
    assert.equal(await ask(bench.store(), session), 'ERR_SESSION_ENDED');
  },

  'a corrupt file admits nothing': async (bench) => {
    const store = bench.store();
    const session = await newSession(store);
    for (let turn = 0; turn < 20; turn += 1) await newSession(store);
    await bench.end(store);
    const good = readFileSync(bench.file);
    const whole = bench.store();
    assert.equal(await ask(whole, session), 'accepted', 'a whole file does');
    const roots = bench.databaseOf(whole).prepare('SELECT rootpage FROM sqlite_schema WHERE rootpage > 0').all();
    await bench.end(whole);
    // Where every table and index begins; the schema itself is whole.
    const bad = Buffer.from(good);
    for (const { rootpage } of roots) bad.fill(0xa5, (rootpage - 1) * 4_096, rootpage * 4_096);
    writeFileSync(bench.file, bad);
    const reopened = bench.store();
    await down(reopened.admit(request(session)));
    await down(reopened.read(session.slot, session.id));
    await down(newTicket(reopened));
  },

  'a transaction of the owner is neither joined nor ended': async (bench) => {
    const store = bench.store();
    const session = await newSession(store);
    const database = bench.databaseOf(store);
    database.exec('BEGIN IMMEDIATE');
    await down(store.admit(request(session)));
    database.exec('COMMIT');
    assert.equal(await ask(store, session), 'accepted');
  },

  'two stores on one handle do not mix': async (bench) => {
    const store = bench.store();
    const other = sqliteStore({ database: bench.databaseOf(store) });
    const session = await newSession(store);
    const replayKey = id(16);
    const uses = Array.from({ length: 20 }, (_, index) => ask(index % 2 ? store : other, session, { replayKey }));
    const codes = await Promise.all(uses);
    assert.equal(codes.filter((code) => code === 'accepted').length, 1);
    await other.close();
    assert.equal(await ask(store, session), 'accepted');
  },

  'one that fails does not take along those that came with it': async (bench) => {
    const store = bench.store();
    const session = await newSession(store);
    const ticket = { ...urlTicket(session), ttlMs: HOUR };
    await store.putTicket(ticket);
    const outcomes = await Promise.allSettled([
      ask(store, session),
      store.putTicket(ticket),
      ask(store, session),
      newTicket(store),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    );
    assert.equal(outcomes[1].reason.code, 'ERR_STORE_DOWN');
    assert.deepEqual([outcomes[0].value, outcomes[2].value], ['accepted', 'accepted']);
    assert.equal(count(bench.databaseOf(store), 'used'), 2, 'each of them counted once');
  },

  'more at once than one transaction takes are all answered': async (bench) => {
    const store = bench.store();
    const session = await newSession(store);
    const codes = await Promise.all(Array.from({ length: 1_000 }, () => ask(store, session)));
    assert.deepEqual([...new Set(codes)], ['accepted']);
    assert.equal(count(bench.databaseOf(store), 'used'), 1_000);
  },

  'a refusal writes nothing to the disk': async (bench) => {
    const store = bench.store();
    const session = await newSession(store);
    const other = openDatabase(bench.file);
    // It changes with every commit of another connection.
    const version = () => row(other, 'PRAGMA data_version').data_version;
    const before = version();
    assert.equal(await ask(store, session, { keyId: 'x' }), 'ERR_KEY_MISMATCH');
    assert.equal(await ask(store, { ...session, id: id() }), 'ERR_SESSION_ENDED');
    assert.equal(version(), before);
    assert.equal(await ask(store, session), 'accepted');
    assert.notEqual(version(), before);
    other.close();
  },

  'what no longer counts is removed, what counts is not': async (bench) => {
    const { clock, advance } = movableClock();
    const store = bench.store({ clock, sweepMs: 5 });
    const database = bench.databaseOf(store);
    const kept = await newSession(store, { idleMs: 4 * HOUR });
    const replayKey = id(16);
    const event = { id: 'e', limit: 9 };
    await store.admit(request(kept, { replayKey, replayUntil: kept.createdAt + 4 * HOUR, event }));
    for (let turn = 0; turn < 3; turn += 1) {
      const brief = await newSession(store, { idleMs: HOUR });
      await store.admit(request(brief, { event, replayUntil: brief.createdAt + 2 * HOUR }));
      await store.admit(request(kept, { replayUntil: kept.createdAt + HOUR }));
      await newTicket(store);
    }
    const rows = () => ['session', 'account', 'used', 'ticket'].map((table) => count(database, table));
    assert.deepEqual(rows(), [4, 4, 11, 3]);
    advance(HOUR + 1);
    await eventually(() => String(rows()) === '1,1,2,0');
    assert.equal(await ask(store, kept, { replayKey }), 'ERR_NONCE_USED');
    const { sessions, replays, tickets } = row(database, 'SELECT * FROM state');
    assert.deepEqual([sessions, replays, tickets], [1, 1, 0]);
    advance(8 * HOUR);
    await eventually(() => String(rows()) === '0,0,0,0');
  },

  'a session that was used is looked at again, and removed at its end': async (bench) => {
    const { clock, advance } = movableClock();
    const store = bench.store({ clock, sweepMs: 5 });
    const database = bench.databaseOf(store);
    let session = await newSession(store, { idleMs: HOUR });
    for (let turn = 0; turn < 3; turn += 1) {
      advance(HOUR - 1);
      session = (await store.admit(request(session))).session;
      // Its time was over at the last look but for the request.
      await eventually(() => row(database, 'SELECT sweep_at FROM session').sweep_at >= session.lastSeenAt);
    }
    advance(HOUR);
    await eventually(() => count(database, 'session') === 0);
  },

  'an end that was seen stays, over processes and clocks': async (bench) => {
    const { clock, advance } = movableClock();
    const store = bench.store({ clock });
    const session = await newSession(store, { idleMs: HOUR });
    const listed = await newSession(store, { idleMs: HOUR });
    advance(HOUR);
    assert.equal(await store.read(session.slot, session.id), undefined);
    assert.deepEqual(await store.list(listed.slot, listed.userId), []);
    advance(-HOUR);
    const other = bench.store({ clock });
    assert.equal(await ask(other, session), 'ERR_SESSION_ENDED');
    assert.equal(await ask(other, listed), 'ERR_SESSION_ENDED');
  },

  'time that only a refusal saw does not return to this process': async (bench) => {
    const { clock, advance } = movableClock();
    const store = bench.store({ clock });
    const session = await newSession(store);
    const bounds = { createdTo: clock() + HOUR };
    advance(2 * HOUR);
    assert.equal(await ask(store, session, bounds), 'ERR_TIME_STALE');
    advance(-2 * HOUR);
    assert.equal(await ask(store, session, bounds), 'ERR_TIME_STALE');
    assert.equal(await ask(store, session), 'accepted');
  },

  'time that was seen does not return, for any session, until an operator says so': async (bench) => {
    const { clock, advance } = movableClock();
    const start = clock();
    const store = bench.store({ clock });
    const used = await newSession(store);
    advance(HOUR);
    await store.admit(request(used));
    advance(-HOUR);
    const other = bench.store({ clock });
    assert.equal((await newSession(other)).createdAt, start + HOUR);
    await bench.end(store);
    await bench.end(other);
    // As docs/stores.md tells, with every process ended.
    const database = openDatabase(bench.file);
    database.exec('UPDATE state SET now = 0');
    database.close();
    const again = bench.store({ clock });
    assert.equal((await newSession(again)).createdAt, start);
    assert.equal((await again.admit(request(used))).session.lastSeenAt, start + HOUR, 'within a session it never does');
  },

  'a session ahead of the mark removes nothing of others': async (bench) => {
    const { clock, advance } = movableClock();
    const store = bench.store({ clock, maxReplayEntries: 2, sweepMs: 3_600_000 });
    const [ahead, other] = [await newSession(store), await newSession(store)];
    advance(HOUR);
    await store.admit(request(ahead, { replayUntil: clock() + HOUR }));
    advance(-HOUR);
    await bench.end(store);
    const database = openDatabase(bench.file);
    database.exec('UPDATE state SET now = 0');
    database.close();
    const again = bench.store({ clock, maxReplayEntries: 2, sweepMs: 3_600_000 });
    const replayKey = id(16);
    assert.equal(await ask(again, other, { replayKey, replayUntil: clock() + 60_000 }), 'accepted');
    assert.equal(await ask(again, ahead), 'ERR_STORE_FULL');
    assert.equal(await ask(again, other, { replayKey }), 'ERR_NONCE_USED');
  },

  'a clock that shows no time makes the store down, and ends no session': async (bench) => {
    let time = Date.now();
    const store = bench.store({ clock: () => time });
    const session = await newSession(store);
    for (const broken of [NaN, Infinity, undefined]) {
      const good = time;
      time = broken;
      for (const work of everything(store, session)) await down(work);
      time = good;
    }
    assert.equal(await ask(store, session, { replayUntil: session.lastSeenAt + 0.5 }), 'accepted');
  },

  'files grow with what is in them, not with what was': async (bench) => {
    const { clock, advance } = movableClock();
    const store = bench.store({ clock, sweepMs: 5 });
    const database = bench.databaseOf(store);
    const fill = async () => {
      const session = await newSession(store, { idleMs: HOUR });
      await Promise.all(Array.from({ length: 2_000 }, () => store.admit(request(session))));
      advance(HOUR + 1);
      await eventually(() => count(database, 'used') === 0 && count(database, 'session') === 0);
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      return statSync(bench.file).size;
    };
    // Five times as much, if nothing were used again; how full a file is when it is swept is a matter of timing.
    const first = await fill();
    for (let turn = 0; turn < 3; turn += 1) await fill();
    assert.ok((await fill()) <= first * 2);
  },
};

export const sqliteCases = Object.entries(cases).map(([name, work]) => ({
  name,
  async run() {
    const bench = new Bench();
    try {
      await work(bench);
    } finally {
      await bench.dispose();
    }
  },
}));
