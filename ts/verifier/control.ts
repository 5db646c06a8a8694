/** `/.pas/*`: what the frame itself asks of the server. CORS for the signing origin only, JSON only. */
import { PartitionedAuthorityError, codeOf } from '../shared/errors.js';
import type { Actions } from './actions.js';
import { AddressBudget } from './address-budget.js';
import type { Session } from '../stores/types.js';
import { readBody } from './body.js';
import type { CookieRef, Head } from './border.js';
import { ADD_PASSKEY, REMOVE_PASSKEY } from './own-actions.js';
import { type CountedLimit, rateLimitFields } from './rate-limit.js';
import { type Refusal, type Reply, refusal } from './reply.js';
import type { Tier } from './options.js';
import {
  type ContentReader,
  type Control,
  type ControlHead,
  type Engine,
  type Incoming,
  Refused,
  type Route,
} from './verify.js';

/** Longest body of a control request, bytes. */
const BODY_LIMIT = 4_096;

/** The same of a new passkey: an attestation can hold certificates. */
const REGISTRATION_LIMIT = 32_768;

/** Sessions of one browser that are looked up for one hello. */
const MAX_SESSIONS = 16;

/** How long a URL ticket lives. */
export const URL_TICKET_MS = 30_000;

const SIGNED: Route = { tier: 'signed', bodyBytes: BODY_LIMIT };

/** The registered actions: the one thing that is read. */
const TEMPLATES = 'templates';

const SESSION_COOKIE = '__Host-pas';
const ENROL_COOKIE = '__Host-pas-enrol';
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict';

export const setCookie = (name: string, value: string, maxAgeMs: number) =>
  `${name}=${value}; Max-Age=${Math.floor(maxAgeMs / 1000)}; ${ATTRIBUTES}`;

export const enrolmentCookie = (value: string, maxAgeMs: number) => setCookie(ENROL_COOKIE, value, maxAgeMs);

const clearCookie = (name: string) => setCookie(name, '', 0);

/** Reads nothing more: the content of what a person consented to was read when it was judged. */
const shown = () => undefined;

interface Answer {
  body: unknown;
  cookies?: string[];
}

type ControlRoute = (incoming: Incoming) => Promise<Answer | Refusal>;

const cookieFields = (cookies: string[] = []) => cookies.map((cookie): [string, string] => ['set-cookie', cookie]);

/** A session of which this browser can't be rid by itself: its cookie is not a page's to clear. */
const GONE = new Set(['ERR_SESSION_ENDED', 'ERR_KEY_MISMATCH']);

export class ControlRoutes {
  readonly #engine: Engine;
  readonly #actions: Actions;
  readonly #budget: AddressBudget;

  constructor(engine: Engine, actions: Actions) {
    this.#engine = engine;
    this.#actions = actions;
    this.#budget = new AddressBudget(engine.settings.controlRate);
  }

  /** The answer to a request under `/.pas/`. */
  async handle(name: string, incoming: Incoming): Promise<Reply> {
    const outcome = await this.#outcome(name, incoming);
    return this.#withCors('reply' in outcome ? outcome.reply : outcome);
  }

  async #outcome(name: string, incoming: Incoming): Promise<Reply | Refusal> {
    const { method } = incoming.head;
    if (method === 'OPTIONS') {
      return {
        status: 204,
        headers: [
          ['access-control-allow-methods', name === TEMPLATES ? 'GET' : 'POST'],
          [
            'access-control-allow-headers',
            'content-type, content-digest, pas-assertion, pas-consent, signature, signature-input',
          ],
          ['access-control-max-age', '600'],
        ],
        body: null,
      };
    }
    const isTemplates = name === TEMPLATES && method === 'GET';
    const work = isTemplates || method === 'POST' ? this.#routes.get(name) : undefined;
    const { address, head } = incoming;
    if (!isTemplates && !work) return this.#refused(head, refusal('ERR_NOT_FOUND', 'no such control route'));
    const now = performance.now();
    const retryAfterMs = this.#budget.wait(address, now);
    if (retryAfterMs > 0) {
      return this.#refused(
        head,
        refusal('ERR_RATE_LIMITED', 'too many control requests for this address', {
          retryAfterMs,
          limits: this.#counted(address, now),
        }),
      );
    }
    this.#budget.spend(address, now);
    const reply = work ? await this.#answered(work, incoming, head) : this.#published();
    // A refusal for another limit tells of that one.
    const limited = reply.headers.some(([name]) => name === 'ratelimit');
    const fields = limited ? [] : rateLimitFields(this.#counted(address, now));
    return { ...reply, headers: [...reply.headers, ...fields] };
  }

  #counted(address: string | undefined, now: number): CountedLimit[] {
    // Without an address nobody is limited.
    if (address === undefined) return [];
    return [{ name: 'address', rate: this.#engine.settings.controlRate, state: this.#budget.state(address, now) }];
  }

  /** No secret, and of no account: whoever asks is told. */
  #published(): Reply {
    const headers: [string, string][] = [
      ['cache-control', 'no-cache'],
      ['content-type', 'application/json'],
    ];
    return { status: 200, headers, body: this.#actions.published };
  }

  async #answered(work: ControlRoute, incoming: Incoming, head: Head): Promise<Reply> {
    try {
      const answer = await work(incoming);
      if ('ok' in answer) return answer.reply;
      return {
        status: 200,
        headers: [['cache-control', 'no-store'], ['content-type', 'application/json'], ...cookieFields(answer.cookies)],
        body: JSON.stringify(answer.body),
      };
    } catch (error) {
      return this.#refused(head, this.#engine.refuse(error, head)).reply;
    }
  }

  /** Of a refusal that no session's request is told by. */
  #refused(head: Head, refused: Refusal): Refusal {
    this.#engine.auditRefused(head, refused);
    return refused;
  }

  #withCors(reply: Reply): Reply {
    const { signOrigin } = this.#engine.settings;
    return {
      ...reply,
      headers: [
        ...reply.headers,
        ['access-control-allow-origin', signOrigin],
        ['access-control-allow-credentials', 'true'],
        ['vary', 'Origin'],
      ],
    };
  }

  readonly #routes = new Map(
    Object.entries<ControlRoute>({
      hello: async (incoming) => {
        const body = await this.#read(incoming);
        const now = this.#engine.now();
        const { nonce, challenge, sessions } = this.#engine.core.hello(incoming.head, body, now);
        const rekeyAfter = this.#engine.settings.rekeyAfterMs;
        const found = sessions && (await this.#present(sessions));
        return {
          body: { now, nonce, challenge, rekeyAfter, keys: found?.map(({ session }) => session.keys.frame.cur.keyId) },
          cookies: found?.flatMap(({ cookie, session }) => this.#renamed(cookie, session)) ?? [],
        };
      },

      enrol: (incoming) => this.#enrol(incoming),

      rekey: (incoming) =>
        this.#controlled(incoming, this.#rotation, async ({ head, session, read: { alg, ...cur } }) => {
          const { core, store } = this.#engine;
          // Before the key counts: what is done can't be refused.
          const nonce = core.nonce(cur.keyId, this.#engine.now());
          const key = { ...session.keys.frame, alg, cur };
          if (!(await store.rekey(session.slot, session.id, 'frame', head.keyid, key))) {
            throw new PartitionedAuthorityError('ERR_KEY_MISMATCH', 'the key was replaced meanwhile');
          }
          return { body: { nonce }, cookies: this.#renamed(head, session, cur) };
        }),

      logout: async (incoming) => {
        const { core, store, sessions } = this.#engine;
        const end = async ({ head, session, read: everywhere }: Control<boolean>): Promise<Answer> => {
          if (everywhere) await sessions.revokeAll(session.userId);
          else await store.revoke(session.slot, session.id);
          return { body: {}, cookies: [clearCookie(head.cookieName)] };
        };
        const outcome = await this.#engine.control(incoming, SIGNED, (body) => core.logout(body), end);
        if (outcome.ok) return outcome.answer;
        if (outcome.cookie && GONE.has(outcome.code)) {
          outcome.reply.headers.push(...cookieFields([clearCookie(outcome.cookie.cookieName)]));
        }
        return outcome;
      },

      ticket: (incoming) =>
        this.#controlled(
          incoming,
          (body) => this.#engine.core.ticketRequest(body),
          async ({ session, read: url }) => {
            return { body: { url: await ticketUrl(this.#engine, session, url) } };
          },
        ),

      'passkeys/list': (incoming) =>
        this.#controlled(
          incoming,
          (body) => this.#engine.core.empty(body),
          async ({ session }) => {
            const { passkeys } = this.#engine;
            const { passkeys: list, mayAdd, changeTier } = await passkeys.may(session);
            return { body: { passkeys: list, rpId: passkeys.rpId, mayAdd, addTier: changeTier } };
          },
        ),

      'passkeys/add': (incoming) =>
        this.#controlled(
          incoming,
          shown,
          async ({ session, tier, consent }) => {
            const { passkeys } = this.#engine;
            const { mayAdd, changeTier } = await passkeys.may(session);
            if (!mayAdd) {
              throw new PartitionedAuthorityError(
                'ERR_POLICY_REFUSED',
                'log in again to add a first passkey, or there are too many',
              );
            }
            needs(changeTier, tier);
            return { body: { options: await passkeys.options(session, String(consent?.values['label'])) } };
          },
          { tier: 'consent', action: ADD_PASSKEY, bodyBytes: BODY_LIMIT },
        ),

      'passkeys/register': (incoming) =>
        this.#controlled(
          incoming,
          (body) => this.#engine.core.registration(body),
          async ({ session, read }) => {
            return { body: { passkey: await this.#engine.passkeys.register(session, read) } };
          },
          { tier: 'signed', bodyBytes: REGISTRATION_LIMIT },
        ),

      'passkeys/remove': (incoming) =>
        this.#controlled(
          incoming,
          shown,
          async ({ session, tier, consent }) => {
            const { passkeys } = this.#engine;
            const { userId } = session;
            const { id, label } = consent?.values ?? {};
            const { passkeys: list, changeTier } = await passkeys.may(session);
            needs(changeTier, tier);
            const found = list.find((passkey) => passkey.id === id && passkey.label === label);
            if (!found) throw new PartitionedAuthorityError('ERR_CONSENT_MISMATCH', 'the account has no such passkey');
            await passkeys.remove(userId, found.id);
            return { body: {} };
          },
          { tier: 'consent', action: REMOVE_PASSKEY, bodyBytes: BODY_LIMIT },
        ),
    }),
  );

  readonly #rotation = (body: Uint8Array, { keyid, nonce }: ControlHead) => this.#engine.core.rekey(body, keyid, nonce);

  async #controlled<R>(
    incoming: Incoming,
    reader: ContentReader<R>,
    work: (control: Control<R>) => Promise<Answer>,
    route = SIGNED,
  ): Promise<Answer | Refusal> {
    const outcome = await this.#engine.control(incoming, route, reader, work);
    return outcome.ok ? outcome.answer : outcome;
  }

  /** The live sessions of a browser: by their keys a frame settles a rotation whose answer was lost. */
  async #present(cookies: CookieRef[]): Promise<{ cookie: CookieRef; session: Session }[]> {
    const found = cookies.slice(0, MAX_SESSIONS).map(async (cookie) => {
      try {
        return [{ cookie, session: await this.#engine.sessions.read(cookie.slot, cookie.sessionId) }];
      } catch (error) {
        if (codeOf(error) === 'ERR_SESSION_ENDED') return [];
        throw error;
      }
    });
    return (await Promise.all(found)).flat();
  }

  async #read(incoming: Incoming): Promise<Uint8Array<ArrayBuffer>> {
    this.#engine.core.checkControl(incoming.head);
    const { bodyMs } = this.#engine.settings;
    return (await readBody(incoming.body, BODY_LIMIT, bodyMs, this.#engine.provider)).bytes;
  }

  async #enrol(incoming: Incoming): Promise<Answer> {
    const { core, store, provider, sessions, settings } = this.#engine;
    const content = await this.#read(incoming);
    const network = this.#engine.network(incoming.address);
    const enrolment = core.enrol(incoming.head, network, content, this.#engine.now());
    const {
      ticket,
      newKey: { alg, ...cur },
      signals,
    } = enrolment;
    const refused = () => new PartitionedAuthorityError('ERR_ENROL_REFUSED', 'the ticket is unknown, used or expired');
    // A stranger can make up a ticket, and has a challenge for it: only a real one is worth work on the curve.
    const known = await store.peekTicket({ kind: 'enrol', slot: ticket.slot, id: ticket.sessionId });
    if (!known || !sessions.knows(ticket.slot, known.subject)) throw refused();
    core.checkNewKey(enrolment);
    const key = await provider.importKey(cur.jwk);
    if (!(await provider.verify(key, new TextEncoder().encode(enrolment.base), enrolment.signature))) {
      throw new PartitionedAuthorityError('ERR_SIG_INVALID', 'the new key did not sign its enrolment');
    }
    const cookie = core.issue(ticket.slot);
    const now = this.#engine.now();
    const nonce = core.nonce(cur.keyId, now);
    const outcome = await sessions.create(
      {
        id: cookie.sessionId,
        slot: ticket.slot,
        keys: { frame: { alg, epoch: 0, cur } },
        ...(signals === undefined ? {} : { signals }),
        ...(network === undefined ? {} : { network }),
        idleMs: settings.idleMs,
        absoluteMs: settings.absoluteMs,
        // What the same user had in this browser ends with the new log-in.
        replaces: enrolment.present.map(({ sessionId }) => sessionId),
      },
      ticket.sessionId,
      known.subject,
      settings.sessionLimit,
    );
    if (!outcome.ok) {
      if (outcome.code === 'ERR_ENROL_REFUSED') throw refused();
      throw new PartitionedAuthorityError(outcome.code, 'the user has as many sessions as the limit permits');
    }
    const created = outcome.session;
    const { name, clear } = await this.#named(enrolment.present, enrolment.furtherCookie);
    const { ended } = outcome;
    this.#engine.auditAccepted(incoming.head, created, ended.length > 0 ? { ended } : {});
    return {
      body: { account: created.slot, session: created.id, nonce, now },
      cookies: [
        ...clear.map(clearCookie),
        clearCookie(ENROL_COOKIE),
        setCookie(name, cookie.cookieValue, settings.absoluteMs),
      ],
    };
  }

  /** The name of the new cookie: the plain one, unless another account lives under it. */
  async #named(present: CookieRef[], further: string): Promise<{ name: string; clear: string[] }> {
    // The plain one first: whether it lives decides, and only so many are looked up.
    const first = present.toSorted(
      (a, b) => Number(b.cookieName === SESSION_COOKIE) - Number(a.cookieName === SESSION_COOKIE),
    );
    const seen = first.slice(0, MAX_SESSIONS);
    const alive = new Set((await this.#present(seen)).map(({ cookie }) => cookie.cookieName));
    const dead = seen.map(({ cookieName }) => cookieName).filter((name) => !alive.has(name));
    return {
      name: alive.has(SESSION_COOKIE) ? further : SESSION_COOKIE,
      clear: dead.filter((name) => name !== SESSION_COOKIE),
    };
  }

  /** The cookie of a further account is named after its key, so it follows the key. */
  #renamed(
    { cookieName, cookieValue }: CookieRef,
    { keys, absoluteExpiresAt }: Session,
    { keyId } = keys.frame.cur,
  ): string[] {
    const name = `${SESSION_COOKIE}-${keyId.slice(0, 8)}`;
    if (cookieName === SESSION_COOKIE || cookieName === name) return [];
    return [clearCookie(cookieName), setCookie(name, cookieValue, absoluteExpiresAt - this.#engine.now())];
  }
}

/** Passkeys are what `verified` rests on: changing them takes as much, but for the minutes after a log-in. */
function needs(wanted: 'consent' | 'verified', reached: Tier): void {
  if (wanted === 'verified' && reached !== wanted) {
    throw new Refused(refusal('ERR_TIER_REQUIRED', 'the log-in is too long ago', { tier: wanted }));
  }
}

/** Issues a URL ticket for a session: `url` with the ticket as its last parameter. */
export async function ticketUrl(engine: Engine, session: { id: string; slot: string }, url: string): Promise<string> {
  engine.core.checkTicketUrl(url);
  const { cookieValue: value, sessionId: id } = engine.core.issue(session.slot);
  // Bound to what the server will see: an absent query and an empty one are the same.
  const bound = url.endsWith('?') ? url.slice(0, -1) : url;
  await engine.store.putTicket({
    kind: 'url',
    id,
    slot: session.slot,
    subject: session.id,
    bind: bound,
    ttlMs: URL_TICKET_MS,
  });
  return `${bound}${bound.includes('?') ? '&' : '?'}pas_ticket=${value}`;
}
