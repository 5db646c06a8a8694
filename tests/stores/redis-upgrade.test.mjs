// What the release before wrote: sessions go on, and what it kept of how users moved is dropped.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { redisStore } from 'partitioned-authority/stores/redis';
import { START } from './admission/histories.mjs';
import { frameKey } from './kit/keys.mjs';
import { standalone } from './kit/redis-clients.mjs';
import { withClock } from './kit/redis-clock.mjs';
import { redisServer } from './kit/redis-server.mjs';
import { outcome, random, request, wanted } from './kit/redis-session.mjs';

const server = await redisServer();
const { client, close } = await standalone['node-redis'](server.port);
const clock = () => START + 500;
const store = redisStore({ client: withClock(client, clock) });
after(async () => {
  await close();
  await server.dispose();
});

/** The keys as that release left them, written by this very server. */
async function restore() {
  await client.flushAll();
  const [, term] = /master_replid:([0-9a-f]{20})/.exec(await client.info('replication'));
  const keys = JSON.parse(readFileSync(new URL('./redis-before.json', import.meta.url), 'utf8'));
  for (const [key, fields] of Object.entries(keys)) {
    await client.hSet(
      key,
      Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value.replace('TERM', term)])),
    );
  }
}

const HASH = 'pas:{tag-1}';
const SESSION = {
  id: 'session-1',
  slot: 'tag-1',
  userId: 'alice',
  keys: { frame: frameKey('key-1') },
  label: 'a laptop',
  signals: '{"a":1}',
  network: '192.0.2.0/24',
  createdAt: START,
  lastSeenAt: START,
  idleExpiresAt: START + 3_600_000,
  absoluteExpiresAt: START + 32_400_000,
  tiers: { interactive: START },
  evidence: { sum: 300, interactions: 1 },
};
const ask = (more, session = SESSION) => store.admit(request(session, { at: clock(), ...more }));

test('sessions and passkeys go on, and so does a passkey that is being registered', async () => {
  await restore();
  assert.deepEqual(await store.read('tag-1', 'session-1'), SESSION);
  assert.deepEqual(await store.list('tag-1', 'alice'), [SESSION]);
  assert.equal(await outcome(ask({ replayKey: 'used' })), 'ERR_NONCE_USED');
  assert.equal(await outcome(ask({ event: { id: 'spent', limit: 2 } })), 'ERR_PROOF_REUSED');
  assert.equal(await outcome(ask({ keyId: 'key-2' })), 'ERR_KEY_MISMATCH');
  assert.equal(await outcome(ask({}, { ...SESSION, id: 'session-2' })), 'ERR_SESSION_ENDED', 'one that was revoked');
  assert.equal(await outcome(ask()), 'accepted');
  const [passkey] = await store.listPasskeys('alice');
  assert.deepEqual([passkey.id, passkey.counter, passkey.label], ['passkey-1', 3, 'blue key']);
  const challenge = {
    kind: 'passkey',
    id: 'challenge',
    slot: 'tag-1',
    subject: 'session-1',
    bind: '/.pas/passkeys/register',
  };
  const { subject, bind } = challenge;
  assert.deepEqual(await store.peekTicket(challenge), { subject, bind });
  for (const wrong of [{ subject: 'session-2' }, { kind: 'url' }])
    assert.equal(await store.takeTicket({ ...challenge, ...wrong }), false);
  assert.equal(await store.takeTicket(challenge), true);
  assert.equal(await store.takeTicket(challenge), false);
});

test('what lives two minutes at most does not go on, and is swept', async () => {
  await restore();
  const file = { kind: 'url', id: 'file', slot: 'tag-1', subject: 'session-1', bind: '/file?a=1' };
  assert.equal(await store.takeTicket(file), false);
  assert.equal((await store.create(wanted('tag-1'), 'log-in')).code, 'ERR_ENROL_REFUSED');
  const mark = (await client.hGet(HASH, 'm')).split(' ');
  // The third is the time of the last write, the sixth when the hash is swept next.
  [mark[2], mark[5]] = [String(START + 120_001), '0'];
  await client.hSet(HASH, 'm', mark.join(' '));
  await store.putTicket({ ...file, ttlMs: 1_000 });
  assert.equal(await store.takeTicket(file), true, 'one that is put now');
  assert.deepEqual(
    (await client.hKeys(HASH)).filter((name) => /^[ktu]/.test(name)),
    ['uchallenge'],
  );
});

test('a session gets a new key, and is written as this release writes it', async () => {
  await restore();
  const to = { ...frameKey('key-2'), epoch: 1 };
  assert.equal(await store.rekey('tag-1', 'session-1', 'frame', 'key-0', to), false);
  assert.equal(await store.rekey('tag-1', 'session-1', 'frame', 'key-1', to), true);
  assert.match(await client.hGet(HASH, 'f1'), /^2 /);
  const after = { ...SESSION, keys: { frame: to } };
  assert.deepEqual(await store.read('tag-1', 'session-1'), after);
  assert.equal(await outcome(ask()), 'ERR_KEY_MISMATCH');
  assert.equal(await outcome(ask({}, after)), 'accepted');
});

test('a session ends with its user, and when its time is over it is swept', async () => {
  await restore();
  assert.equal(await store.revokeAll('tag-1', 'bob'), 0);
  assert.equal(await outcome(ask()), 'accepted');
  assert.equal(await store.revokeAll('tag-1', 'alice'), 1);
  assert.equal(await outcome(ask()), 'ERR_SESSION_ENDED');
  await restore();
  const mark = (await client.hGet(HASH, 'm')).split(' ');
  // The third is the time of the last write, the sixth when the hash is swept next.
  [mark[2], mark[5]] = [String(START + 3_600_000), '0'];
  await client.hSet(HASH, 'm', mark.join(' '));
  await store.putTicket({ kind: 'url', id: 'any', slot: 'tag-1', subject: 'session-1', bind: '/', ttlMs: 1_000 });
  assert.deepEqual(
    (await client.hKeys(HASH)).filter((name) => /^[fiv]/.test(name)),
    [],
  );
});

test('a session with a habit goes on without, and movements of the user are dropped', async () => {
  await restore();
  const [seen, idle, meter, ...rest] = (await client.hGet(HASH, 'v1')).split(' ');
  const mark = (await client.hGet(HASH, 'm')).split(' ');
  mark[5] = '0';
  await client.hSet(HASH, {
    v1: [seen, idle, `${meter};7;-700`, ...rest].join(' '),
    m: mark.join(' '),
    d: '9999999999999 one s1,s2,s3,s4,s5',
  });
  assert.deepEqual(await store.read('tag-1', 'session-1'), SESSION);
  const evidence = { delta: 7, cap: 999 };
  const { session: later } = await ask({ tier: 'interactive', event: { id: random(8), limit: 4, evidence } });
  assert.deepEqual(later.evidence, { sum: 307, interactions: 2 });
  const now = await client.hGetAll(HASH);
  assert.match(now.v1, /^\d+ \d+ [\d.e+]+;307;2 \S+ \S+ \S+ \S+ /);
  assert.ok(!('d' in now));
});
