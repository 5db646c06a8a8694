// Honest requests of every kind that carries a signature or a ticket, each of a user of its own, so that
// one that is accepted leaves the others as they were.
import { consentTo } from '../node/kit/consent.mjs';
import { Answer, Frame } from '../node/kit/signer.mjs';
import { incoming, makeAuthority } from '../node/kit/site.mjs';

/** A site without a server: what the adapters call is called directly. No address, so no budget refuses. */
export function site(t) {
  const { authority, time } = makeAuthority(t);
  authority.action(CONSENT.action, {
    tier: 'consent',
    method: 'POST',
    path: '/api/accounts/:from/payments',
    fields: { from: 'path:from', to: 'json:/to', amount: 'json:/amount', when: 'query:when' },
    text: { en: '{amount, number} from {from} to {to}, {when, date}' },
  });
  const { raw } = authority;
  let users = 0;
  const transport = async (request) => {
    const reply = await raw.handle(incoming(request));
    return new Answer(reply.status, reply.headers, Buffer.from(reply.body ?? ''));
  };
  const browser = async () => {
    const user = `user ${(users += 1)}`;
    const origins = { appOrigin: 'http://app.test', signOrigin: 'http://sign.test' };
    const frame = new Frame({ ...origins, transport, now: () => time.now });
    frame.keep([(await authority.begin({ id: user })).setCookie]);
    return { frame, user };
  };
  return {
    authority,
    /** A browser that just logged in. */
    browser,
    /** A browser with a key. */
    async enrolled() {
      const { frame, user } = await browser();
      const answer = await frame.enrol();
      if (answer.status !== 200) throw new Error(`enrolment: ${answer.text}`);
      return { frame, user };
    },
  };
}

/** What a frame would send, caught before it leaves. */
async function caught(frame, act) {
  let request;
  const { transport } = frame;
  frame.transport = async (sent) => {
    if (!sent.fields.some(([name]) => name === 'Signature')) return transport(sent);
    request = sent;
    return new Answer(204, [], Buffer.alloc(0));
  };
  await act(frame);
  frame.transport = transport;
  return request;
}

const json = 'application/json';
const INTERACTIVE = { tier: 'interactive', action: 'transfer' };
const CONSENT = { tier: 'consent', action: 'pay' };

/** name → how an honest one is made: the request, its user, and the route that takes it. */
export const kinds = {
  async 'signed GET'({ enrolled }) {
    const { frame, user } = await enrolled();
    return { user, route: { tier: 'signed' }, request: await frame.sign({ target: '/api/list?since=1&q=%C3%A9' }) };
  },
  async 'interactive POST'({ enrolled }) {
    const { frame, user } = await enrolled();
    const request = { method: 'POST', target: '/api/transfer?dry=0', body: '{"to":"bob","amount":10}' };
    const proof = await frame.proof({ action: INTERACTIVE.action, ...request });
    return { user, route: INTERACTIVE, request: await frame.sign({ ...request, type: json, proof }) };
  },
  async 'consented POST'({ enrolled }) {
    const { frame, user } = await enrolled();
    const request = {
      method: 'POST',
      target: '/api/accounts/a%20b/payments?when=2027-01-31',
      body: '{"to":"bob","amount":10}',
      type: json,
      consent: await consentTo(frame, 'pay'),
    };
    return { user, route: CONSENT, request: await frame.sign(request) };
  },
  async 'a new passkey'({ enrolled }) {
    const { frame, user } = await enrolled();
    const consent = await consentTo(frame, 'pas.passkey.add');
    return {
      user,
      request: await caught(frame, () =>
        frame.control('passkeys/add', { label: 'a phone' }, undefined, undefined, { consent }),
      ),
    };
  },
  async enrolment({ browser }) {
    const { frame, user } = await browser();
    return { user, request: await caught(frame, () => frame.enrol()) };
  },
  async rotation({ enrolled }) {
    const { frame, user } = await enrolled();
    return { user, request: await caught(frame, () => frame.rekey()) };
  },
  async 'ticket order'({ enrolled }) {
    const { frame, user } = await enrolled();
    return { user, request: await caught(frame, () => frame.control('ticket', { url: '/statement.png?page=1' })) };
  },
  async 'log-out'({ enrolled }) {
    const { frame, user } = await enrolled();
    return { user, request: await caught(frame, () => frame.control('logout')) };
  },
  async 'ticketed GET'({ enrolled, authority }) {
    const { frame, user } = await enrolled();
    const [session] = await authority.sessions.list(user);
    const target = await authority.ticketUrl(session, '/statement.png?page=1');
    return {
      user,
      route: { tier: 'signed', ticket: true },
      request: { method: 'GET', target, fields: [['Cookie', frame.cookies]] },
    };
  },
};
