// A server that is killed in mid-load, again and again: what it accepted is never accepted again, and no
// session is lost that it acknowledged. The load goes over HTTP, to one server process after the other.
import assert from 'node:assert/strict';
import { Agent, request as httpRequest } from 'node:http';
import { Answer, Frame } from '../node/kit/signer.mjs';
import { Worker, origins } from './workers.mjs';

/** An answer must come, or the connection must break, within this time. */
const HANG_MS = 20_000;

/** One request; the answer, or undefined if the connection broke. */
function exchange(agent, port, { method, target, fields, body }) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${method} ${target} hangs`)), HANG_MS);
    const settle = (answer) => {
      clearTimeout(timer);
      resolve(answer);
    };
    const headers = { host: new URL(origins.appOrigin).host };
    for (const [name, value] of fields) headers[name] = value;
    const sent = httpRequest({ agent, port, host: '127.0.0.1', method, path: target, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', () => settle(undefined));
      response.on('end', () =>
        settle(
          new Answer(
            response.statusCode,
            Object.entries(response.headers).flatMap(([name, value]) => [value].flat().map((one) => [name, one])),
            Buffer.concat(chunks),
          ),
        ),
      );
    });
    sent.on('error', () => settle(undefined));
    sent.end(body);
  });
}

/** The server process of the moment, and requests to it. */
class Site {
  constructor(storeModule, config) {
    Object.assign(this, { storeModule, config });
  }

  async start() {
    this.worker = await new Worker(this.storeModule, this.config).ready;
    this.port = await this.worker.call('serve');
    // Log-ins don't queue behind the load.
    this.agents = { load: new Agent({ keepAlive: true, maxSockets: 64 }), control: new Agent({ keepAlive: true }) };
  }

  async kill() {
    await this.worker.kill();
    for (const agent of Object.values(this.agents)) agent.destroy();
  }

  send(request, agent = this.agents.load) {
    return exchange(agent, this.port, request);
  }

  /** A browser; its control requests must be answered. */
  frame() {
    const transport = async (request) => {
      const answer = await this.send(request, this.agents.control);
      if (!answer) throw new Error('the connection broke');
      return answer;
    };
    return new Frame({ ...origins, transport, now: Date.now });
  }

  async enrol(user) {
    const frame = this.frame();
    frame.keep([await this.worker.call('begin', user)]);
    const answer = await frame.enrol();
    if (answer.status !== 200) throw new Error(`enrolment: ${answer.status} ${answer.text}`);
    return frame;
  }
}

const PER_SESSION = 40;
const LOGINS = 4;

/** Load until the kill, in any order: signed requests of all sessions but one, log-ins, and a logout of that one. */
async function load(site, [leaving, ...staying], round, killAfter) {
  const seen = { accepted: [], unanswered: [], sessions: [], loggedOut: false };
  let [answers, killed] = [0, undefined];
  const answered = () => {
    answers += 1;
    if (answers === killAfter) killed = site.kill();
  };
  const ask = (request) => async () => {
    const answer = await site.send(request);
    if (!answer) return seen.unanswered.push(request);
    assert.equal(answer.status, 200, answer.text);
    seen.accepted.push(request);
    answered();
  };
  const login = (user) => async () => {
    try {
      seen.sessions.push(await site.enrol(user));
      answered();
    } catch (error) {
      // Not acknowledged: the browser has nothing, and logs in again.
      if (!killed) throw error;
    }
  };
  const logout = async () => {
    const answer = await leaving.control('logout').catch(() => undefined);
    seen.loggedOut = answer?.status === 200;
  };
  const parting = await leaving.sign({ target: '/api/late' });
  const mine = (frame) => Array.from({ length: PER_SESSION }, () => frame.sign({ target: `/api/${round}` }));
  const requests = await Promise.all(staying.flatMap(mine));
  const users = Array.from({ length: LOGINS }, (_, index) => `user ${round}-${index}`);
  const work = [...requests.map(ask), ...users.map(login), logout];
  const order = new Map(work.map((one) => [one, Math.random()]));
  await Promise.all(work.sort((a, b) => order.get(a) - order.get(b)).map((one) => one()));
  await (killed ?? site.kill());
  return { ...seen, parting };
}

export async function kill({ storeModule, config, kills = 50, progress = () => {} }) {
  const site = new Site(storeModule, config);
  await site.start();
  let frames = await Promise.all(Array.from({ length: 6 }, (_, index) => site.enrol(`user ${index}`)));
  const total = { kills, accepted: 0, unanswered: 0, secondUses: 0, sessions: frames.length, loggedOut: 0 };
  for (let round = 0; round < kills; round += 1) {
    const killAfter = 1 + Math.floor(Math.random() * 200);
    const seen = await load(site, frames, round, killAfter);
    await site.start();

    const again = await Promise.all(seen.accepted.map((request) => site.send(request)));
    for (const answer of again) {
      assert.equal(answer?.code, 'ERR_NONCE_USED', `accepted before: ${answer?.status} ${answer?.text}`);
    }
    // What was on its way may have counted or not, but only once.
    const unanswered = await Promise.all(
      seen.unanswered.map(async (request) => {
        const answers = [await site.send(request), await site.send(request)];
        assert.ok(
          answers[0]?.status === 200 || answers[0]?.code === 'ERR_NONCE_USED',
          `on its way: ${answers[0]?.text}`,
        );
        assert.equal(answers[1]?.code, 'ERR_NONCE_USED', 'on its way, twice');
        return answers[0];
      }),
    );
    // A logout that was not answered may have counted or not.
    if (seen.loggedOut) assert.equal((await site.send(seen.parting))?.code, 'ERR_SESSION_ENDED', 'logged out before');
    const kept = [...frames.slice(1), ...seen.sessions];
    for (const frame of kept) {
      frame.transport = site.frame().transport;
      await frame.refresh();
      const answer = await site.send(await frame.sign({ target: '/api/kept' }));
      assert.equal(answer?.status, 200, `an acknowledged session: ${answer?.text}`);
    }
    frames = [await site.enrol(`user ${round}-again`), ...kept.slice(-5)];
    total.accepted += seen.accepted.length;
    total.unanswered += unanswered.length;
    total.secondUses += again.length;
    total.sessions += seen.sessions.length + 1;
    total.loggedOut += Number(seen.loggedOut);
    progress(round + 1, kills);
  }
  await site.kill();
  // A few kills on a busy machine may all fall between two requests.
  assert.ok(total.unanswered > 0 || kills < 10, 'no request was on its way when the server was killed');
  return total;
}
