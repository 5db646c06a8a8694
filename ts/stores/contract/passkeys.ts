/** Passkeys: of their user only, bounded, and a counter that goes up. */
import type { NewPasskey, Passkey } from '../types.js';
import { cases } from './cases.js';
import { holds, same } from './checks.js';
import { HOUR, type Lab, random } from './lab.js';

const MAX = 20;

const fresh = (more: Partial<NewPasskey> = {}): NewPasskey => ({
  id: random(22),
  userId: `user ${random(8)}`,
  handle: random(43),
  publicKey: random(100),
  counter: 0,
  label: 'a phone',
  transports: ['internal', 'hybrid'],
  ...more,
});

async function kept(lab: Lab, more: Partial<NewPasskey> = {}): Promise<Passkey> {
  const outcome = await lab.store.putPasskey(fresh(more), MAX);
  holds(typeof outcome === 'object', `wanted it kept, got ${String(outcome)}`);
  return outcome;
}

const one = cases({
  'a passkey comes back as it was put, with when it was': async (lab) => {
    const { before, answer: passkey, after } = await lab.timed(() => kept(lab));
    holds(
      passkey.createdAt >= before && passkey.createdAt <= after,
      `made at ${passkey.createdAt}, ${before} to ${after}`,
    );
    same(passkey.lastUsedAt, undefined, 'not used');
    same(await lab.store.listPasskeys(passkey.userId), [passkey], 'the list');
    same(await lab.store.listPasskeys(random(8)), [], 'the list of nobody');
    for (const text of ['it\'s "quoted"', 'a\0b', '\u0001', 'שלום\u202e', '🙂'.repeat(32), '{"a":1}', '']) {
      const own = await kept(lab, { label: text, userId: `${text} ${random(8)}`, transports: [] });
      same(await lab.store.listPasskeys(own.userId), [own], JSON.stringify(text));
    }
  },

  'passkeys are listed oldest first, and are of their user only': async (lab) => {
    const userId = `user ${random(8)}`;
    const own = [];
    for (let count = 0; count < 5; count += 1) own.push(await kept(lab, { userId }));
    const [first, second] = own;
    const others = await kept(lab, { id: first?.id ?? '' });
    same(
      (await lab.store.listPasskeys(userId)).map(({ id }) => id),
      own.map(({ id }) => id),
      'the list',
    );
    same(await lab.store.removePasskey(others.userId, second?.id ?? ''), false, "another user's");
    same(await lab.store.removePasskey(others.userId, others.id), true, 'its own');
    same(await lab.store.listPasskeys(userId), own, 'untouched');
  },

  'a user has a passkey once, and only so many': async (lab) => {
    const passkey = await kept(lab);
    const { userId } = passkey;
    same(await lab.store.putPasskey(fresh({ userId, id: passkey.id, label: 'another' }), MAX), 'known', 'the same id');
    same(await lab.store.putPasskey(fresh({ userId }), 1), 'full', 'one more');
    same(await lab.store.listPasskeys(userId), [passkey], 'as it was');
    const asked = Array.from({ length: 20 }, () => lab.store.putPasskey(fresh({ userId }), 3));
    same((await Promise.all(asked)).filter((outcome) => typeof outcome === 'object').length, 2, 'at once');
  },

  'a counter goes up, or stays 0': async (lab) => {
    const { userId, id } = await kept(lab);
    const use = (counter: number) => lab.store.usePasskey({ userId, id, counter });
    const counters = async () => (await lab.store.listPasskeys(userId)).map(({ counter }) => counter);
    for (const [counter, good] of [
      [0, true],
      [0, true],
      [5, true],
      [5, false],
      [4, false],
      [0, false],
      [4_294_967_295, true],
    ] as const) {
      same(await use(counter), good, `counter ${counter}`);
    }
    same(await counters(), [4_294_967_295], 'what is kept');
    const other = await kept(lab, { userId, counter: 7 });
    same(await lab.store.usePasskey({ userId, id: other.id, counter: 7 }), false, 'the counter it was put with');
    same(await lab.store.usePasskey({ userId: random(8), id: other.id, counter: 8 }), false, 'of another user');
    const asked = Array.from({ length: 20 }, () => lab.store.usePasskey({ userId, id: other.id, counter: 8 }));
    same((await Promise.all(asked)).filter(Boolean).length, 1, 'one counter at once');
  },

  'a use is remembered, and a refused one is not': async (lab) => {
    const { userId, id, createdAt } = await kept(lab);
    await lab.until(createdAt + 1);
    const { before, after } = await lab.timed(() => lab.store.usePasskey({ userId, id, counter: 3 }));
    const [used] = await lab.store.listPasskeys(userId);
    const at = used?.lastUsedAt ?? NaN;
    holds(at >= before && at <= after, `used at ${at}, ${before} to ${after}`);
    await lab.until(after + 1);
    same(await lab.store.usePasskey({ userId, id, counter: 3 }), false, 'a copy');
    same(await lab.store.listPasskeys(userId), [used], 'as it was');
  },

  'a removed passkey is no use, and can be put again': async (lab) => {
    const passkey = await kept(lab);
    const { userId, id } = passkey;
    same(await lab.store.removePasskey(userId, id), true, 'remove');
    same(await lab.store.removePasskey(userId, id), false, 'again');
    same(await lab.store.usePasskey({ userId, id, counter: 9 }), false, 'a use');
    same(await lab.store.listPasskeys(userId), [], 'the list');
    same((await kept(lab, { userId, id })).id, id, 'put again');
  },

  'what is given of passkeys is a copy, what is taken too': async (lab) => {
    const wanted = fresh();
    const { userId } = wanted;
    const outcome = await lab.store.putPasskey(wanted, MAX);
    holds(typeof outcome === 'object', 'refused');
    const unspoiled = structuredClone(outcome);
    for (const spoil of [wanted, outcome, (await lab.store.listPasskeys(userId))[0]]) {
      Object.assign(spoil ?? {}, { counter: 99, publicKey: 'spoilt' });
      spoil?.transports.push('spoilt');
      same(await lab.store.listPasskeys(userId), [unspoiled], 'what is kept');
    }
  },

  'passkeys outlive the sessions of their user': async (lab) => {
    const session = await lab.session({ idleMs: lab.unit, absoluteMs: lab.unit });
    const passkey = await kept(lab, { userId: session.userId });
    await lab.store.revokeAll(session.slot, session.userId);
    await lab.until(session.absoluteExpiresAt + 1);
    same(await lab.store.listPasskeys(session.userId), [passkey], 'the list');
  },
});

const shared = cases(
  {
    'over several stores too, one counter is used once, and a removed passkey is gone': async (lab) => {
      const other = await lab.another();
      const passkey = await kept(lab);
      const { userId, id } = passkey;
      same(await other.listPasskeys(userId), [passkey], 'the list');
      const asked = Array.from({ length: 20 }, (_, index) =>
        [lab.store, other][index % 2]?.usePasskey({ userId, id, counter: 1 }),
      );
      same((await Promise.all(asked)).filter(Boolean).length, 1, 'one counter');
      await lab.store.removePasskey(userId, id);
      same(await other.usePasskey({ userId, id, counter: 2 }), false, 'a removed one');
    },
  },
  'another',
);

const restarts = cases(
  {
    'a restart keeps passkeys and their counters': async (lab) => {
      const { userId, id } = await kept(lab);
      await lab.store.usePasskey({ userId, id, counter: 3 });
      const list = await lab.store.listPasskeys(userId);
      const session = await lab.session({ idleMs: HOUR });
      await lab.reopen();
      same(await lab.store.listPasskeys(userId), list, 'the list');
      same(await lab.store.usePasskey({ userId, id, counter: 3 }), false, 'the counter');
      same((await lab.store.read(session.slot, session.id))?.id, session.id, 'and a session');
    },
  },
  'reopen',
);

export const passkeyCases = [...one, ...shared, ...restarts];
