// The host's clock jumps by an hour, under a server and its store. What docs/stores.md says of it.
import { test } from 'node:test';
import { memoryStore } from 'partitioned-authority/stores/memory';
import { createAuthority } from 'partitioned-authority/verifier';
import { accepted, refused } from '../node/kit/expect.mjs';
import { Frame } from '../node/kit/signer.mjs';
import { webTransport } from '../node/kit/site.mjs';
import { HOUR, movableClock } from './kit/requests.mjs';
import { Bench } from './kit/sqlite.mjs';

const origins = { appOrigin: 'https://app.example.com', signOrigin: 'https://sign.example.com' };

/** A server on this clock; every browser takes the time from it, as frames do. */
function server({ clock, store }) {
  const authority = createAuthority({ ...origins, secret: new Uint8Array(32).fill(5), store, clock });
  const transport = webTransport({ ...origins, authority });
  const login = async (user) => {
    const frame = new Frame({ ...origins, transport, now: clock });
    frame.keep([(await authority.begin({ id: user })).setCookie]);
    await accepted(frame.enrol());
    return frame;
  };
  return { authority, transport, login };
}

const drivers = {
  memory: (t, options) => {
    const store = memoryStore(options);
    t.after(() => store.close());
    // It lives as long as its process.
    return { store, restarted: undefined };
  },
  sqlite: (t, options) => {
    const bench = new Bench(options);
    t.after(() => bench.dispose());
    const store = bench.store();
    return { store, restarted: () => bench.reopen(store) };
  },
};

for (const [name, open] of Object.entries(drivers)) {
  test(`${name}: the clock is set back by an hour`, async (t) => {
    const { clock, advance } = movableClock();
    const { store, restarted } = open(t, { clock });
    const first = server({ clock, store });
    const frame = await first.login('alice');
    const spent = await frame.sign();
    await accepted(frame.send(spent));
    advance(-HOUR);
    const now = restarted ? server({ clock, store: await restarted() }) : first;
    frame.transport = now.transport;
    await refused(frame.send(spent), 'ERR_TIME_FUTURE');
    // The server's own time is an hour behind the store's.
    await frame.refresh();
    await refused(frame.fetch(), 'ERR_TIME_STALE');
    const other = await now.login('bob');
    await refused(other.fetch(), 'ERR_TIME_STALE');
    advance(HOUR);
    await refused(frame.send(spent), 'ERR_NONCE_USED');
    await frame.refresh();
    await accepted(frame.fetch());
    await other.refresh();
    await accepted(other.fetch());
  });

  test(`${name}: the clock jumps ahead by an hour, and back`, async (t) => {
    const { clock, advance } = movableClock();
    const { store, restarted } = open(t, { clock });
    const first = server({ clock, store });
    const [busy, idle] = [await first.login('alice'), await first.login('bob')];
    const spent = await busy.sign();
    await accepted(busy.send(spent));
    for (let turn = 0; turn < 3; turn += 1) {
      advance(HOUR / 3);
      await busy.refresh();
      await accepted(busy.fetch());
    }
    // Half an hour without a request is the default.
    await idle.refresh();
    await refused(idle.fetch(), 'ERR_SESSION_ENDED');
    await refused(busy.send(spent), 'ERR_TIME_STALE');
    advance(-HOUR);
    const now = restarted ? server({ clock, store: await restarted() }) : first;
    for (const frame of [busy, idle]) frame.transport = now.transport;
    await idle.refresh();
    await refused(idle.fetch(), 'ERR_SESSION_ENDED');
    // Whether or not its replay entry was removed meanwhile.
    await refused(busy.send(spent), 'ERR_TIME_STALE');
  });
}
