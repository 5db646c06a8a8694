// What the release before wrote: sessions go on, and what it kept of how users moved is dropped.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { standalone, storeOn } from './redis-clients.mjs';
import { redisServer } from './redis-server.mjs';
import { newSession, outcome, random, request } from './redis-session.mjs';

const server = await redisServer();
const { store, client, close } = await storeOn(standalone['node-redis'], server.port);
after(async () => {
  await close();
  await server.dispose();
});

test('a session with a habit goes on without, and movements of the user are dropped', async () => {
  const session = await newSession(store);
  const key = `pas:{${session.tag}}`;
  const used = request(session);
  assert.equal(await outcome(store.admit(used)), 'accepted');
  const fields = await client.hGetAll(key);
  const name = Object.keys(fields).find((field) => /^v\d/.test(field));
  const [seen, idle, meter, ...rest] = fields[name].split(' ');
  const mark = fields.m.split(' ');
  // The sixth is when the hash is swept next.
  mark[5] = '0';
  await client.hSet(key, {
    [name]: [seen, idle, `${meter};300;7;2;-700`, ...rest].join(' '), m: mark.join(' '), d: '9999999999999 one s1,s2,s3,s4,s5',
  });
  assert.deepEqual((await store.read(session.tag, session.id)).evidence, { sum: 300, interactions: 7 });
  assert.equal(await outcome(store.admit(used)), 'ERR_NONCE_USED');
  const evidence = { weight: 7, most: 999 };
  const event = { id: random(8), limit: 4, evidence };
  const { session: later } = await store.admit(request(session, { tier: 'interactive', event }));
  assert.deepEqual(later.evidence, { sum: 307, interactions: 8 });
  const now = await client.hGetAll(key);
  assert.match(now[name], /^\d+ \d+ [\d.e+]+;307;8 \S+ \S+ \S+ \S+ /);
  assert.ok(!('d' in now));
});
