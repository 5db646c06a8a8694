/** `/.pas/*`: what the frame itself asks of the server. CORS for the signing origin only, JSON only. */
import { PartitionedAuthorityError } from '../shared/errors.js';
import { AddressBudget } from './address-budget.js';
import type { Session } from '../stores/types.js';
import { readBody } from './body.js';
import type { CookieRef } from './core.js';
import { type Refusal, type Reply, refusal } from './reply.js';
import type { Engine, Incoming } from './verify.js';

/** Longest body of a control request, bytes. */
const BODY_LIMIT = 4_096;

/** Sessions of one browser that are looked up for one hello. */
const MAX_SESSIONS = 16;

/** How long a URL ticket lives. */
export const URL_TICKET_MS = 30_000;

const SESSION_COOKIE = '__Host-pas';
const ENROL_COOKIE = '__Host-pas-enrol';
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict';

export const setCookie = (name: string, value: string, maxAgeMs: number) =>
  `${name}=${value}; Max-Age=${Math.floor(maxAgeMs / 1000)}; ${ATTRIBUTES}`;

export const enrolmentCookie = (value: string, maxAgeMs: number) => setCookie(ENROL_COOKIE, value, maxAgeMs);

const clearCookie = (name: string) => setCookie(name, '', 0);

interface Answer {
  body: unknown;
  cookies?: string[];
}

export class ControlRoutes {
  readonly #engine: Engine;
  readonly #budget: AddressBudget;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#budget = new AddressBudget(engine.settings.controlRate);
  }

  /** The answer to a request under `/.pas/`. */
  async handle(name: string, incoming: Incoming): Promise<Reply> {
    const outcome = await this.#outcome(name, incoming);
    return this.#withCors('ok' in outcome ? outcome.reply : outcome);
  }

  async #outcome(name: string, incoming: Incoming): Promise<Reply | Refusal> {
    const { method } = incoming.head;
    if (method === 'OPTIONS') {
      return {
        status: 204,
        headers: [
          ['access-control-allow-methods', 'POST'],
          ['access-control-allow-headers', 'content-type, content-digest, signature, signature-input'],
          ['access-control-max-age', '600'],
        ],
        body: null,
      };
    }
    const work = this.#routes.get(name);
    if (!work || method !== 'POST') return refusal('ERR_NOT_FOUND', 'no such control route');
    const retryAfterMs = this.#budget.wait(incoming.address, performance.now());
    if (retryAfterMs > 0) return refusal('ERR_RATE_LIMITED', 'too many control requests for this address', { retryAfterMs });
    this.#budget.spend(incoming.address, performance.now());
    try {
      const answer = await work(incoming);
      if ('ok' in answer) return answer;
      const cookies = (answer.cookies ?? []).map((cookie): [string, string] => ['set-cookie', cookie]);
      return {
        status: 200,
        headers: [['cache-control', 'no-store'], ['content-type', 'application/json'], ...cookies],
        body: JSON.stringify(answer.body),
      };
    } catch (error) {
      const refused = this.#engine.refuse(error, incoming.head);
      this.#engine.auditRefused(incoming.head, refused);
      return refused;
    }
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

  readonly #routes = new Map(Object.entries<(incoming: Incoming) => Promise<Answer | Refusal>>({
    hello: async (incoming) => {
      const body = await this.#read(incoming);
      const now = this.#engine.now();
      const { nonce, challenge, sessions } = this.#engine.core.hello(incoming.head, body, now);
      const rekeyAfter = this.#engine.settings.rekeyAfterMs;
      const found = sessions && (await this.#present(sessions));
      return {
        body: { now, nonce, challenge, rekeyAfter, keys: found?.map(({ session }) => session.keyId) },
        cookies: found?.flatMap(({ cookie, session }) => this.#renamed(cookie, session)) ?? [],
      };
    },

    enrol: (incoming) => this.#enrol(incoming),

    rekey: async (incoming) => {
      const { core, store } = this.#engine;
      const control = await this.#engine.control(incoming, BODY_LIMIT);
      if (!control.ok) return control;
      const { found, session, body } = control;
      const { newKeyid, x, y } = core.rekey(body, found.keyid, found.nonce);
      if (!(await store.rekey(session.tag, session.id, found.keyid, { keyId: newKeyid, key: { x, y } }))) {
        throw new PartitionedAuthorityError('ERR_KEY_MISMATCH', 'the key was replaced meanwhile');
      }
      return {
        body: { nonce: core.nonce(newKeyid, this.#engine.now()) },
        cookies: this.#renamed(found, { ...session, keyId: newKeyid }),
      };
    },

    logout: async (incoming) => {
      const control = await this.#engine.control(incoming, BODY_LIMIT);
      if (!control.ok) return control;
      await this.#engine.store.revoke(control.session.tag, control.session.id);
      return { body: {}, cookies: [clearCookie(control.found.cookieName)] };
    },

    ticket: async (incoming) => {
      const control = await this.#engine.control(incoming, BODY_LIMIT);
      if (!control.ok) return control;
      const url = this.#engine.core.ticketRequest(control.body);
      return { body: { url: await ticketUrl(this.#engine, control.session, url) } };
    },
  }));

  /** The live sessions of a browser: by their keys a frame settles a rotation whose answer was lost. */
  async #present(cookies: CookieRef[]): Promise<{ cookie: CookieRef; session: Session }[]> {
    const { store } = this.#engine;
    const found = cookies.slice(0, MAX_SESSIONS).map(async (cookie) => {
      const session = await store.read(cookie.tag, cookie.session);
      return session ? [{ cookie, session }] : [];
    });
    return (await Promise.all(found)).flat();
  }

  async #read(incoming: Incoming): Promise<Uint8Array<ArrayBuffer>> {
    const { bodyMs } = this.#engine.settings;
    return (await readBody(incoming.body, BODY_LIMIT, bodyMs, this.#engine.provider)).bytes;
  }

  async #enrol(incoming: Incoming): Promise<Answer> {
    const { core, store, provider, settings } = this.#engine;
    const body = await this.#read(incoming);
    const enrolment = core.enrol(incoming.head, body, this.#engine.now());
    const { ticket, newKeyid: keyId, x, y } = enrolment;
    const refused = () => new PartitionedAuthorityError('ERR_ENROL_REFUSED', 'the ticket is unknown, used or expired');
    // A stranger can make up a ticket, and has a challenge for it: only a real one is worth a signature check.
    if (!(await store.hasEnrolmentTicket(ticket.tag, ticket.session))) throw refused();
    const key = await provider.importKey({ x, y });
    if (!(await provider.verify(key, new TextEncoder().encode(enrolment.base), enrolment.signature))) {
      throw new PartitionedAuthorityError('ERR_SIG_INVALID', 'the new key did not sign its enrolment');
    }
    const cookie = core.issue(ticket.tag);
    const outcome = await store.create(
      {
        id: cookie.session, tag: ticket.tag, keyId, key: { x, y },
        idleMs: settings.idleMs, absoluteMs: settings.absoluteMs,
        // What the same user had in this browser ends with the new log-in.
        replaces: enrolment.present.filter(({ tag }) => tag === ticket.tag).map(({ session }) => session),
      },
      { tag: ticket.tag, id: ticket.session },
      settings.sessionLimit,
    );
    if (!outcome.ok) {
      if (outcome.code === 'ERR_ENROL_REFUSED') throw refused();
      throw new PartitionedAuthorityError(outcome.code, 'the user has as many sessions as the limit permits');
    }
    const created = outcome.session;
    const { name, clear } = await this.#named(enrolment.present, enrolment.furtherCookie);
    const at = this.#engine.now();
    this.#engine.auditAccepted(incoming.head, created);
    return {
      body: { account: created.tag, session: created.id, nonce: core.nonce(keyId, at), now: at },
      cookies: [
        ...clear.map(clearCookie),
        clearCookie(ENROL_COOKIE),
        setCookie(name, cookie.cookieValue, settings.absoluteMs),
      ],
    };
  }

  /** The name of the new cookie: the plain one, unless another account lives under it. */
  async #named(present: CookieRef[], further: string): Promise<{ name: string; clear: string[] }> {
    const alive = new Set((await this.#present(present)).map(({ cookie }) => cookie.cookieName));
    const dead = present.map(({ cookieName }) => cookieName).filter((name) => !alive.has(name));
    return {
      name: alive.has(SESSION_COOKIE) ? further : SESSION_COOKIE,
      clear: dead.filter((name) => name !== SESSION_COOKIE),
    };
  }

  /** The cookie of a further account is named after its key, so it follows the key. */
  #renamed({ cookieName, cookieValue }: CookieRef, { keyId, absoluteExpiresAt }: Session): string[] {
    const name = `${SESSION_COOKIE}-${keyId.slice(0, 8)}`;
    if (cookieName === SESSION_COOKIE || cookieName === name) return [];
    return [clearCookie(cookieName), setCookie(name, cookieValue, absoluteExpiresAt - this.#engine.now())];
  }
}

/** Issues a URL ticket for a session: `url` with the ticket as its last parameter. */
export async function ticketUrl(engine: Engine, session: { id: string; tag: string }, url: string): Promise<string> {
  engine.core.checkTicketUrl(url);
  const { cookieValue: value, session: id } = engine.core.issue(session.tag);
  // Bound to what the server will see: an absent query and an empty one are the same.
  const bound = url.endsWith('?') ? url.slice(0, -1) : url;
  await engine.store.putUrlTicket({ id, tag: session.tag, session: session.id, url: bound, ttlMs: URL_TICKET_MS });
  return `${bound}${bound.includes('?') ? '&' : '?'}pas_ticket=${value}`;
}
