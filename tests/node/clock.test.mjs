// Clocks that jump by an hour, on a server, in the store, on both; devices that are hours off. What is
// refused meanwhile comes back by itself, and nothing is ever accepted twice. docs/sessions.md says the same.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createAuthority } from 'partitioned-authority/verifier';
import { memoryStore } from 'partitioned-authority/stores/memory';
import { accepted, refused } from './kit/expect.mjs';
import { Frame } from './kit/signer.mjs';
import { T0, webTransport } from './kit/site.mjs';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const origins = { appOrigin: 'http://app.test', signOrigin: 'http://sign.test' };
const SECRET = new Uint8Array(32).fill(7);

/** True time, a store with a clock of its own, and servers with theirs. Every clock is true time and its error. */
function world(t, { session = { idleMs: 4 * HOUR } } = {}) {
  const world = { now: T0, store: 0 };
  const store = memoryStore({ clock: () => world.now + world.store });
  t.after(() => store.close());
  world.server = () => {
    const server = { error: 0 };
    const clock = () => world.now + server.error;
    server.authority = createAuthority({ ...origins, secret: SECRET, store, session, clock });
    server.transport = webTransport({ authority: server.authority, appOrigin: origins.appOrigin });
    return server;
  };
  /** A frame as it is: it takes the time from a hello, and counts on from there by a monotonic clock. */
  world.device = async (server, { clock = 0, user = 'alice' } = {}) => {
    const device = { clock };
    const frame = new Frame({ ...origins, transport: server.transport, now: () => world.now + device.clock });
    const sync = async () => {
      const { now, nonce } = (await accepted(frame.hello(frame.account && { keyid: frame.account.key.keyid }))).json;
      const offset = now - (world.now + device.clock);
      frame.now = () => world.now + device.clock + offset;
      if (frame.account) frame.account.server = nonce;
    };
    frame.keep([(await server.authority.begin({ id: user })).setCookie]);
    await sync();
    await accepted(frame.enrol());
    /** A request; signed once more after a resynchronisation if the server asks for that. */
    const call = async (on = server) => {
      frame.transport = on.transport;
      const answer = await frame.fetch();
      if (answer.get('www-authenticate') !== 'PAS error="use_nonce"') return answer;
      await sync();
      return frame.fetch();
    };
    return { frame, sync, call, device };
  };
  return world;
}

describe("a device's own clock does not matter", () => {
  for (const hours of [-13, -1, -0.5, 0, 0.5, 1, 13, 24 * 365]) {
    test(`${hours} h off`, async (t) => {
      const world_ = world(t);
      const server = world_.server();
      const { frame, call, device } = await world_.device(server, { clock: hours * HOUR });
      for (let i = 0; i < 3; i += 1) {
        assert.equal((await frame.fetch()).status, 200, 'without asking again');
        world_.now += MINUTE;
      }
      // It is set right, as by a network, in mid-session: the frame's monotonic clock does not see it. Were it
      // seen, one refusal would mend it.
      device.clock = 0;
      await accepted(call());
    });
  }

  test('one that signs by its own clock is refused, and told the time', async (t) => {
    const world_ = world(t);
    const server = world_.server();
    const { frame, sync } = await world_.device(server);
    for (const hours of [-1, 1, -13, 13]) {
      const code = hours < 0 ? 'ERR_TIME_STALE' : 'ERR_TIME_FUTURE';
      const own = Math.floor((world_.now + hours * HOUR) / 1000);
      const answer = await refused(frame.fetch({}, { created: own }), code);
      assert.match(answer.get('pas-nonce'), /^[\w-]{36}$/);
      await sync();
      await accepted(frame.fetch());
    }
  });
});

describe('server and store on one clock', () => {
  test('an hour ahead: sessions idle for less go on after one retry, the others end', async (t) => {
    for (const [idleMs, lives] of [
      [2 * HOUR, true],
      [HOUR, false],
      [30 * MINUTE, false],
    ]) {
      const world_ = world(t, { session: { idleMs } });
      const server = world_.server();
      const { frame, call } = await world_.device(server);
      await accepted(call());
      const request = await frame.sign();
      Object.assign(server, { error: HOUR });
      world_.store = HOUR;
      await refused(frame.send(request), 'ERR_TIME_STALE');
      if (lives) await accepted(call());
      else await refused(call(), 'ERR_SESSION_ENDED');
    }
  });

  test('an hour back: refused until the time that was seen is reached again, then all is well', async (t) => {
    const world_ = world(t);
    const server = world_.server();
    const { frame, call } = await world_.device(server);
    const request = await frame.sign();
    await accepted(server.transport(request));
    server.error = world_.store = -HOUR;
    assert.equal((await server.transport(request)).code, 'ERR_TIME_FUTURE');
    assert.equal((await call()).code, 'ERR_TIME_STALE', 'the store does not go back with it');
    world_.now += HOUR - MINUTE;
    assert.equal((await call()).code, 'ERR_TIME_STALE');
    assert.notEqual((await server.transport(request)).status, 200);
    world_.now += MINUTE + SECOND;
    await accepted(call());
    assert.notEqual((await server.transport(request)).status, 200);
  });

  test('an hour ahead and right again: the same, and what ended stays ended', async (t) => {
    const world_ = world(t, { session: { idleMs: 2 * HOUR, absoluteMs: 10 * HOUR } });
    const server = world_.server();
    const { call } = await world_.device(server);
    const other = await world_.device(server, { user: 'bob' });
    world_.now += 90 * MINUTE;
    await accepted(call());
    server.error = world_.store = HOUR;
    await accepted(call());
    await refused(other.call(), 'ERR_SESSION_ENDED');
    server.error = world_.store = 0;
    assert.equal((await call()).code, 'ERR_TIME_STALE');
    assert.notEqual((await other.call()).status, 200);
    assert.deepEqual(await server.authority.sessions.list('bob'), []);
    world_.now += HOUR + SECOND;
    await accepted(call());
    assert.deepEqual(await server.authority.sessions.list('bob'), []);
  });

  test('tickets of a log-in are for 120 s by that clock', async (t) => {
    const world_ = world(t);
    const server = world_.server();
    const { frame } = await world_.device(server);
    frame.keep([(await server.authority.begin({ id: 'alice' })).setCookie]);
    server.error = world_.store = HOUR;
    frame.now = () => world_.now + HOUR;
    await refused(frame.enrol(), 'ERR_ENROL_REFUSED');
    frame.keep([(await server.authority.begin({ id: 'alice' })).setCookie]);
    await accepted(frame.enrol());
  });
});

describe('one server of several has a wrong clock', () => {
  for (const [hours, code] of [
    [1, 'ERR_TIME_FUTURE'],
    [-1, 'ERR_TIME_STALE'],
  ]) {
    test(`by ${hours} h: it accepts nothing, the others go on`, async (t) => {
      const world_ = world(t);
      const [good, bad] = [world_.server(), world_.server()];
      const { call } = await world_.device(good);
      bad.error = hours * HOUR;
      await accepted(call(good));
      for (let i = 0; i < 2; i += 1) assert.equal((await call(bad)).code, code, 'the store decides');
      await accepted(call(good));
      bad.error = 0;
      await accepted(call(bad));
    });

    test(`by ${hours} h: a request from there is of no use elsewhere`, async (t) => {
      const world_ = world(t);
      const [good, bad] = [world_.server(), world_.server()];
      const { frame, sync } = await world_.device(good);
      bad.error = hours * HOUR;
      frame.transport = bad.transport;
      await sync();
      assert.equal((await good.transport(await frame.sign())).code, code);
      frame.transport = good.transport;
      await sync();
      await accepted(frame.fetch());
    });
  }

  test('what was signed by the time of one that is ahead is good when that time comes', async (t) => {
    const world_ = world(t);
    const [good, bad] = [world_.server(), world_.server()];
    const { frame, sync } = await world_.device(good);
    bad.error = HOUR;
    frame.transport = bad.transport;
    await sync();
    const ahead = await frame.sign();
    await refused(good.transport(ahead), 'ERR_TIME_FUTURE');
    world_.now += HOUR;
    await accepted(good.transport(ahead));
    await refused(good.transport(ahead), 'ERR_NONCE_USED');
  });

  test('within the skew it does not matter', async (t) => {
    const world_ = world(t);
    const [good, late, early] = [world_.server(), world_.server(), world_.server()];
    Object.assign(late, { error: -2 * SECOND });
    Object.assign(early, { error: 2 * SECOND });
    const { call } = await world_.device(good);
    for (const server of [late, early, good, early, late]) {
      world_.now += SECOND;
      await accepted(call(server));
    }
  });
});

describe('the store has a wrong clock', () => {
  test('an hour ahead: nothing is accepted; right again, it waits for the time it has seen', async (t) => {
    const world_ = world(t);
    const server = world_.server();
    const { call } = await world_.device(server);
    await accepted(call());
    world_.store = HOUR;
    assert.equal((await call()).code, 'ERR_TIME_STALE');
    world_.store = 0;
    assert.equal((await call()).code, 'ERR_TIME_STALE');
    world_.now += HOUR;
    await accepted(call());
  });

  test('an hour back: it stands still, and refuses what is younger than that', async (t) => {
    const world_ = world(t);
    const server = world_.server();
    const { call } = await world_.device(server);
    await accepted(call());
    world_.store = -HOUR;
    await accepted(call());
    world_.now += MINUTE;
    assert.equal((await call()).code, 'ERR_TIME_FUTURE');
    world_.store = 0;
    await accepted(call());
  });
});

test('whatever the clocks do, no request is accepted twice', async (t) => {
  // A small generator with a seed: a failure can be repeated.
  let seed = 20_260_101;
  const random = (below) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const errors = [-HOUR, -MINUTE, 0, 0, 0, MINUTE, HOUR];
  let [acceptances, replays] = [0, 0];
  for (let round = 0; round < 20; round += 1) {
    const world_ = world(t, { session: { idleMs: 12 * HOUR, absoluteMs: 24 * HOUR } });
    const servers = [world_.server(), world_.server()];
    const { frame, sync } = await world_.device(servers[0]);
    const requests = new Map();
    for (let step = 0; step < 60; step += 1) {
      const server = servers[random(2)];
      if (random(3) === 0) server.error = errors[random(errors.length)];
      if (random(5) === 0) world_.store = errors[random(errors.length)];
      world_.now += random(3) * random(40) * SECOND;
      frame.transport = server.transport;
      if (random(2) === 0) await sync();
      const request = await frame.sign();
      requests.set(request, 0);
      // The new one, and one recorded before, each on any server.
      const recorded = [...requests.keys()][random(requests.size)];
      for (const one of [request, recorded, request]) {
        const { status } = await servers[random(2)].transport(one);
        if (status === 200) {
          requests.set(one, requests.get(one) + 1);
          acceptances += 1;
        } else if (requests.get(one) > 0) replays += 1;
        assert.ok(requests.get(one) <= 1, `round ${round}, step ${step}`);
      }
    }
    // At last all clocks are right, and time went on for longer than any of them was wrong.
    for (const server of servers) server.error = 0;
    Object.assign(world_, { store: 0, now: world_.now + 2 * HOUR });
    frame.transport = servers[0].transport;
    await sync();
    await accepted(frame.fetch());
  }
  assert.ok(acceptances > 100 && replays > 100, `${acceptances} acceptances, ${replays} replays`);
});
