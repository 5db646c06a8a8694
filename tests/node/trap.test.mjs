// A trap in wasm: the request is refused, the instance is rebuilt, the next request is accepted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepted, refused } from './kit/expect.mjs';
import { glue, incoming, makeAuthority, startSite } from './kit/site.mjs';

const { Verifier } = await glue();

/** Lets the next call of a method end as a trap does, once. */
function trapNext(method) {
  const original = Verifier.prototype[method];
  Verifier.prototype[method] = function trapped() {
    Verifier.prototype[method] = original;
    throw new WebAssembly.RuntimeError('unreachable');
  };
}

test('a trap while the head is read', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const before = await site.snapshot('alice');
  const request = await frame.sign();
  trapNext('begin');
  await refused(site.http(request), 'ERR_VERIFIER_FAULT');
  assert.deepEqual(site.seen, []);
  assert.equal(await site.snapshot('alice'), before);
  await accepted(frame.send(request));
  await refused(frame.send(request), 'ERR_NONCE_USED');
});

test('a trap while the evidence is judged', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const request = await frame.sign({ method: 'POST', target: '/api/a', body: 'content' });
  trapNext('gathered');
  await refused(site.http(request), 'ERR_VERIFIER_FAULT');
  assert.deepEqual(site.seen, []);
  await accepted(frame.send(request));
});

for (const [method, what] of [
  ['missing', 'what a host did not find'],
  ['failed', 'a host that failed'],
  ['hello', 'hello'],
  ['enrol', 'an enrolment'],
  ['issue', 'a new secret'],
  ['nonce', "a new key's nonce"],
  ['rekey', 'a rotation'],
  ['ticketRequest', 'a ticket request'],
]) {
  test(`a trap over ${what}`, async (t) => {
    const site = await startSite(t);
    const frame = await site.enrolled();
    const work = {
      missing: () => frame.fetch({}, { bytes: () => Buffer.alloc(64) }),
      failed: () => frame.fetch({ method: 'POST', target: '/api/small', body: 'x'.repeat(101) }),
      hello: () => frame.hello(),
      enrol: async () => (await site.login(site.frame(), 'bob')).enrol(),
      issue: async () => {
        const fresh = await site.login(site.frame(), 'carol');
        trapNext('issue');
        return fresh.enrol();
      },
      nonce: () => frame.rekey(),
      rekey: () => frame.rekey(),
      ticketRequest: () => frame.control('ticket', { url: '/api/file' }),
    }[method];
    if (method !== 'issue') trapNext(method);
    await refused(work(), 'ERR_VERIFIER_FAULT');
    await frame.refresh();
    await accepted(frame.fetch());
    const code = { missing: 'ERR_SIG_INVALID', failed: 'ERR_BODY_LIMIT' }[method];
    if (code) await refused(work(), code);
    else if (method !== 'issue') await accepted(work());
  });
}

test('requests that were under way go on', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const { raw } = site.authority;
  /** A request whose content waits to be let go. */
  async function waiting() {
    let go;
    const gate = new Promise((resolve) => (go = resolve));
    let started;
    const underWay = new Promise((resolve) => (started = resolve));
    async function* content() {
      started();
      await gate;
      yield Buffer.from('content');
    }
    const request = await frame.sign({ method: 'POST', target: '/api/a', body: 'content' });
    const outcome = raw.verify(incoming({ ...request, body: content() }), { tier: 'signed' });
    await underWay;
    return { go, outcome, again: () => site.http(request) };
  }
  const flights = [await waiting(), await waiting(), await waiting()];
  trapNext('begin');
  await refused(frame.fetch(), 'ERR_VERIFIER_FAULT');
  flights.push(await waiting());
  for (const { go, outcome, again } of flights) {
    go();
    assert.equal((await outcome).ok, true, 'it was begun again, and told the same');
    await refused(again(), 'ERR_NONCE_USED');
  }
});

test('a request under way is judged after a rebuild as it would have been before', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  let go;
  const gate = new Promise((resolve) => (go = resolve));
  async function* content() {
    await gate;
    yield Buffer.from('other content');
  }
  const request = await frame.sign({ method: 'POST', target: '/api/a', body: 'content' });
  const outcome = site.authority.raw.verify(incoming({ ...request, body: content() }), { tier: 'signed' });
  trapNext('begin');
  await refused(frame.fetch(), 'ERR_VERIFIER_FAULT');
  go();
  assert.equal((await outcome).code, 'ERR_DIGEST_MISMATCH');
  await accepted(frame.send(request));
});

test('every authority of the process goes on after a trap in one', async (t) => {
  const [one, two] = [await startSite(t), await startSite(t)];
  const [alice, bob] = [await one.enrolled('alice'), await two.enrolled('bob')];
  for (let i = 0; i < 5; i += 1) {
    trapNext('begin');
    await refused(alice.fetch(), 'ERR_VERIFIER_FAULT');
    await accepted(bob.fetch());
    await accepted(alice.fetch());
    trapNext('gathered');
    await refused(bob.fetch(), 'ERR_VERIFIER_FAULT');
    await accepted(alice.fetch());
    await accepted(bob.fetch());
  }
});

test('what was freed in an old instance never reaches the next one', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  // A request is refused after its head was read: its handle is given back after the rebuild.
  let stalled;
  const gate = new Promise((_, reject) => (stalled = reject));
  async function* content() {
    await gate;
    yield Buffer.from('x');
  }
  const request = await frame.sign({ method: 'POST', target: '/api/a', body: 'content' });
  const outcome = site.authority.raw.verify(incoming({ ...request, body: content() }), { tier: 'signed' });
  await accepted(frame.fetch());
  trapNext('begin');
  await refused(frame.fetch(), 'ERR_VERIFIER_FAULT');
  stalled(new Error('aborted'));
  assert.equal((await outcome).ok, false);
  for (let i = 0; i < 20; i += 1) await accepted(frame.fetch());
});

test('a rebuilt verifier has the same secrets, whatever became of the array they came in', async (t) => {
  const secret = new Uint8Array(32).fill(9);
  const { authority } = makeAuthority(t, { secret });
  const tagOf = async () => (await authority.begin({ id: 'alice' })).setCookie.split('.')[1];
  const tag = await tagOf();
  secret.fill(0);
  trapNext('issue');
  await assert.rejects(authority.begin({ id: 'alice' }), { code: 'ERR_VERIFIER_FAULT' });
  assert.equal(await tagOf(), tag);
});

test('a trap is told to the audit', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  site.decisions.length = 0;
  trapNext('begin');
  await refused(frame.fetch(), 'ERR_VERIFIER_FAULT');
  assert.deepEqual(
    site.decisions.map(({ outcome, code }) => [outcome, code]),
    [['refused', 'ERR_VERIFIER_FAULT']],
  );
  await accepted(frame.fetch());
  assert.equal(site.decisions.at(-1).outcome, 'accepted');
});
