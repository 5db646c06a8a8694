// What Redis keeps of how users move: nothing unless it is asked to, apart from sessions, and no longer than it says.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { standalone, storeOn } from './redis-clients.mjs';
import { redisServer } from './redis-server.mjs';
import { newSession, random, request } from './redis-session.mjs';

const server = await redisServer();
const { store, client, close } = await storeOn(standalone['node-redis'], server.port);
after(async () => {
  await close();
  await server.dispose();
});

const ttlMs = 90 * 24 * 3_600_000;
const learns = { floor: -256, strictest: -64, kindest: 512, step: 64, sessions: 5, everyMs: 0, ttlMs };
const keysOf = async ({ tag }) => (await server.ask('KEYS', `*${tag}*`)).sort();

/** What requests change of the sessions of a tag, as it is written, a line each. */
const record = async ({ tag }) => {
  const all = await client.hGetAll(`pas:{${tag}}`);
  return Object.entries(all).filter(([name]) => /^v\d/.test(name)).map(([, text]) => text).join('\n');
};

/** A movement, and a consent; resolves with what was written of the session after each. */
async function ask(session, adaptation) {
  const more = (unusual) => (adaptation ? { adaptation: { ...adaptation, ...unusual } } : {});
  const event = { id: random(8), limit: 4, evidence: { weight: 300, most: 999 } };
  await store.admit(request(session, { tier: 'interactive', event, ...more({ unusual: 300 }) }));
  const moved = await record(session);
  await store.admit(request(session, { tier: 'consent', ...more({}) }));
  return [moved, await record(session)];
}

test('without an adaptation there is one key of a user, and no habit in it', async () => {
  const session = await newSession(store);
  const [moved, consented] = await ask(session);
  assert.match(moved, / [\d.e+]+;300;1 /);
  assert.match(consented, /^\d+ \d+ [\d.e+]+ /, 'the sum was cleared');
  assert.deepEqual(await keysOf(session), [`pas:{${session.tag}}`]);
});

test('with one there is another, which lives as long as the profile, and the session as long as it would', async () => {
  const session = await newSession(store);
  const [moved, consented] = await ask(session, learns);
  assert.match(moved, / [\d.e+]+;300;1;1;300 /);
  assert.match(consented, / [\d.e+]+;0;0;-1;0 /);
  const [own, profiles] = [`pas:{${session.tag}}`, `pas:{${session.tag}}:profiles`];
  assert.deepEqual(await keysOf(session), [own, profiles]);
  const [left, leftOfProfile] = [await client.pTTL(own), await client.pTTL(profiles)];
  assert.ok(leftOfProfile > ttlMs - 60_000 && leftOfProfile <= ttlMs + 60_000, `${leftOfProfile}`);
  assert.ok(left > 0 && left < 3_600_000, `${left}`);
  const fields = await client.hGetAll(profiles);
  assert.deepEqual(Object.keys(fields), ['"alice"']);
  assert.match(fields['"alice"'], /^\d+ 64 1 \d+$/, 'four numbers');
  await store.revokeAll(session.tag, session.userId);
  assert.deepEqual(await keysOf(session), [own, profiles]);
  assert.equal(await store.forgetProfile(session.tag, session.userId), true);
  assert.deepEqual(await keysOf(session), [own]);
});

test('forgetting clears what sessions hold, and what of others is over', async () => {
  const session = await newSession(store);
  const { tag, userId } = session;
  await ask(session, learns);
  const other = await newSession(store, { tag });
  await store.admit(request(other, { tier: 'signed', adaptation: { ...learns, unusual: 250 } }));
  const brief = await newSession(store, { tag, userId: 'bob' });
  await ask(brief, { ...learns, ttlMs: 1 });
  const start = Date.now();
  while ((await store.readProfile(tag, 'bob')) && Date.now() - start < 5_000);
  assert.match(await record(session), /;0;0;1;250 /);
  assert.equal(await store.forgetProfile(tag, userId), true);
  assert.ok(!/;\d+;250 /.test(await record(session)));
  assert.deepEqual(await keysOf(session), [`pas:{${tag}}`], 'bob\'s was over');
});
