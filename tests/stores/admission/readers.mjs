// Those who answer histories of admissions: stores, and the package's rule in a store of one's own. Each gives
// `{ answers(history), close() }`; histories are those of tests/vectors/admission.json.
import { NO_EVIDENCE } from 'partitioned-authority/stores/admission';
import { memoryStore } from 'partitioned-authority/stores/memory';
import { redisStore } from 'partitioned-authority/stores/redis';
import { sqliteStore } from 'partitioned-authority/stores/sqlite';
import { frameKey } from '../kit/keys.mjs';
import { standalone } from '../kit/redis-clients.mjs';
import { withClock } from '../kit/redis-clock.mjs';
import { redisServer } from '../kit/redis-server.mjs';
import { openDatabase } from '../kit/sqlite.mjs';
import { admitIn } from './own-store.mjs';

/** What of an answer the rule decides. */
function told({ ok, code, retryAfterMs, rates, session }) {
  if (!ok) return { code, ...(retryAfterMs === undefined ? {} : { retryAfterMs }), ...(rates ? { rates } : {}) };
  const { lastSeenAt, idleExpiresAt, network = null, tiers, evidence } = session;
  return { session: { lastSeenAt, idleExpiresAt, network, tiers, evidence }, rates };
}

const slotOf = ({ steps }) => steps.find(({ admit }) => admit)?.admit.slot ?? 't';

/** Plays a history to a store whose clock is `time.now`, its slot by another name. */
async function play(store, time, history, slot = slotOf(history)) {
  const answers = [];
  for (const { clock, open, admit } of history.steps) {
    time.now = clock;
    if (admit) answers.push(told(await store.admit({ ...admit, slot })));
    if (open) {
      const ticket = { kind: 'enrol', id: `for ${open.id}`, slot, subject: 'alice', bind: '', ttlMs: 1_000 };
      await store.putTicket(ticket);
      const { keyId, ...wanted } = { ...open, slot, keys: { frame: frameKey(open.keyId) }, replaces: [] };
      if (!(await store.create(wanted, ticket.id)).ok) throw new Error(`${history.name}: ${open.id} could not be made`);
    }
  }
  return answers;
}

const boundOf = ({ maxReplayEntries }) => (maxReplayEntries === undefined ? {} : { maxReplayEntries });

export const memory = async () => ({
  async answers(history) {
    const time = { now: 0 };
    const store = memoryStore({ clock: () => time.now, ...boundOf(history) });
    try {
      return await play(store, time, history);
    } finally {
      await store.close();
    }
  },
  close: async () => {},
});

export const sqlite = async () => ({
  async answers(history) {
    const time = { now: 0 };
    const database = openDatabase(':memory:');
    const store = sqliteStore({ database, clock: () => time.now, ...boundOf(history) });
    try {
      return await play(store, time, history);
    } finally {
      await store.close();
      database.close();
    }
  },
  close: async () => {},
});

export async function redis() {
  const server = await redisServer();
  const { client, close } = await standalone['node-redis'](server.port);
  const time = { now: 0 };
  const store = redisStore({ client: withClock(client, () => time.now) });
  let slots = 0;
  return {
    answers: (history) => play(store, time, history, `t${(slots += 1)}`),
    async close() {
      await close();
      await server.dispose();
    },
  };
}

/** Transactions one after the other, over a map that keeps what it is given and gives copies. */
class Database {
  #kept = new Map();
  #last = Promise.resolve();

  constructor(hasRoom) {
    this.hasRoom = () => hasRoom(this.#kept);
  }

  transaction(work) {
    this.#last = this.#last.then(() => work(this));
    return this.#last;
  }

  async get(key) {
    return this.#kept.get(key);
  }

  async set(key, value) {
    this.#kept.set(key, value);
  }

  async delete(key) {
    this.#kept.delete(key);
  }
}

/** The rule itself, in the store that docs/stores.md shows. */
export const own = async () => ({
  async answers({ steps, maxReplayEntries = Infinity }) {
    let now = 0;
    let lostUntil = 0;
    const database = new Database((kept) => {
      const high = Math.max(now, kept.get('account t')?.high ?? 0);
      const counting = [...kept].filter(([key, until]) => key.startsWith('replay ') && until >= high);
      return counting.length < maxReplayEntries;
    });
    const admit = admitIn(database, () => now);
    const answers = [];
    for (const { clock, open, lost, admit: admission } of steps) {
      now = clock;
      if (lost !== undefined) lostUntil = lost;
      if (admission) {
        // Only a store that can lose writes keeps this.
        const own = `session ${admission.slot} ${admission.sessionId}`;
        const kept = await database.get(own);
        if (kept && lostUntil > 0) await database.set(own, { ...kept, lostUntil });
        answers.push(told(await admit(admission)));
      }
      if (open) {
        const { id, keyId, network, idleMs, absoluteMs } = open;
        const account = (await database.get('account t')) ?? { high: 0, accountFullAt: 0 };
        const at = Math.max(clock, account.high);
        await database.set('account t', { ...account, high: at });
        const session = {
          id,
          slot: 't',
          userId: 'alice',
          keys: { frame: frameKey(keyId) },
          ...(network === undefined ? {} : { network }),
          createdAt: at,
          lastSeenAt: at,
          idleExpiresAt: at + Math.min(idleMs, absoluteMs),
          absoluteExpiresAt: at + absoluteMs,
          tiers: {},
          evidence: NO_EVIDENCE,
        };
        await database.set(`session t ${id}`, { session, idleMs, sessionFullAt: 0 });
      }
    }
    return answers;
  },
  close: async () => {},
});

/**
 * `remembersQuestions`: it keeps the time of whatever it was asked, where others keep that of what they wrote.
 * `lacks`: histories that it can't be told.
 */
export const readers = {
  'the TypeScript rule': { make: own, remembersQuestions: false, lacks: () => false },
  memory: {
    make: memory,
    remembersQuestions: true,
    lacks: ({ steps }) => steps.some(({ lost }) => lost !== undefined),
  },
  sqlite: {
    make: sqlite,
    remembersQuestions: true,
    lacks: ({ steps }) => steps.some(({ lost }) => lost !== undefined),
  },
  redis: {
    make: redis,
    remembersQuestions: false,
    lacks: ({ steps, maxReplayEntries }) =>
      maxReplayEntries !== undefined || steps.some(({ lost }) => lost !== undefined),
  },
};
