// One server process. Its parent sends requests over IPC, or over HTTP if it asked for a port. Arguments:
// the module that opens the store, and what it opens, as JSON.
import { createServer } from 'node:http';
import { nodeAdapter } from 'partitioned-authority/adapters/node';
import { createAuthority } from 'partitioned-authority/verifier';
import { incoming } from '../node/kit/site.mjs';
import { origins, secret } from './workers.mjs';

const [storeModule, config] = process.argv.slice(2);
const { open } = await import(storeModule);
const { store, close } = await open(JSON.parse(config));

/** When the request that was admitted last began to be, by the clock that all processes share. */
const clock = () => Number(process.hrtime.bigint());
const admitted = new WeakMap();
const watched = new Proxy(store, {
  get: (target, name) =>
    name !== 'admit'
      ? target[name].bind(target)
      : async (admission) => {
          const at = clock();
          const outcome = await target.admit(admission);
          if (outcome.ok) admitted.set(outcome.session, at);
          return outcome;
        },
});
const often = { limit: 1e9, windowMs: 60_000 };
const authority = createAuthority({
  ...origins,
  secret,
  store: watched,
  limits: { session: often, account: often, refusals: often, control: often },
});
const route = { tier: 'signed' };

/** What happened to a request: a code, or when the store was asked to admit it. */
async function verify(request) {
  const outcome = await authority.raw.verify(incoming(request), route);
  return outcome.ok ? { at: admitted.get(outcome.session) } : { code: outcome.code };
}

/** Begins one after the other, and lets everything else have its turn: many are on their way, at all points. */
async function staggered(requests, before = () => {}) {
  const outcomes = [];
  for (const [index, request] of requests.entries()) {
    if (index % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
    before(index);
    outcomes.push(verify(request));
  }
  return Promise.all(outcomes);
}

const tasks = {
  /** A request of the frame itself. */
  async control(request) {
    const reply = await authority.raw.handle(incoming(request));
    return { status: reply.status, fields: reply.headers, body: reply.body ?? '' };
  },
  begin: async (id) => (await authority.begin({ id })).setCookie,
  list: (user) => authority.sessions.list(user),
  /** All at once. */
  verify: (requests) => Promise.all(requests.map(verify)),
  staggered: (requests) => staggered(requests),
  /** A revocation amid them, and more once it is back. */
  async revoke({ requests, after, late, user, session }) {
    let revoked;
    const revoke = async () => {
      const answer = await authority.sessions.revoke(user, session);
      return { answer, at: clock(), late: await Promise.all(late.map(verify)) };
    };
    const outcomes = await staggered(requests, (index) => {
      if (index === after) revoked = revoke();
    });
    return { outcomes, ...(await revoked) };
  },
  async serve() {
    const pas = nodeAdapter(authority);
    const guard = pas.require(route);
    const server = createServer((request, response) =>
      pas.handler(request, response, () => guard(request, response, () => response.end('ok'))),
    );
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server.address().port;
  },
  async close() {
    await authority.close();
    await close();
    setImmediate(() => process.disconnect());
  },
};

process.on('message', async ({ id, name, argument }) => {
  try {
    process.send({ id, value: await tasks[name](argument) });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
});
process.on('disconnect', () => process.exit());
process.send({ ready: true });
