import { PartitionedAuthorityError } from '../shared/errors.js';
import type { Session } from '../stores/types.js';
import type { ActionOptions } from './action-form.js';
import { Actions } from './actions.js';
import type { BodySource } from './body.js';
import { ControlRoutes, enrolmentCookie, ticketUrl } from './control.js';
import type { Head } from './border.js';
import { isKept } from './kept-fields.js';
import { type AuthorityOptions, settle } from './options.js';
import type { PasskeyInfo } from './passkeys.js';
import { type Refusal, type Reply, toResponse } from './reply.js';
import { type SigningPage, serveSigning, signingPage } from './signing-page.js';
import { wellFormed } from './user-sessions.js';
import { type Acceptance, Engine, type Incoming, type Route, TIERS } from './verify.js';

/** How long after a log-in the browser may enrol. */
const ENROL_TICKET_MS = 120_000;

const WELL_KNOWN = '/.well-known/partitioned-authority';
const CONTROL = '/.pas/';

/** A user who just proved to the app who they are, by every factor the app asks for. */
export interface AuthenticatedUser {
  /** Stable and unique within the app; at most 255 characters. */
  id: string;
  /** The device, for the user's own list of sessions; at most 64 characters. */
  label?: string;
}

/** An accepted request, to be read by whoever handles it: its content is the bytes that were verified. */
export interface AcceptedRequest extends Acceptance {
  readonly request: Request;
}

/** A refusal, with the answer to send. */
export type RefusedRequest = Omit<Refusal, 'reply'> & { response: Response };

/** The sessions of a user, for the user's own page of devices, and for operators. docs/sessions.md is the guide. */
export interface Sessions {
  /**
   * Those that live, newest first: device label, created, last seen, the masked network of the last request,
   * and when each tier was last reached.
   */
  list(userId: string): Promise<Session[]>;
  /**
   * Ends one; true if it was live and the user's. Once it resolves no request of that session is accepted, on
   * any node of the store.
   */
  revoke(userId: string, id: string): Promise<boolean>;
  /** Ends all, or all but one: log out everywhere, log out the other devices. How many there were. */
  revokeAll(userId: string, options?: { except?: string }): Promise<number>;
}

/** The passkeys of a user, for operators and the app's own account recovery. docs/consent.md is the guide. */
export interface Passkeys {
  /** Oldest first. */
  list(userId: string): Promise<PasskeyInfo[]>;
  /** Removes one; true if it was there. Nothing is accepted by it from then on. */
  remove(userId: string, id: string): Promise<boolean>;
}

export interface Authority {
  /**
   * Registers an action that people can be asked to consent to; usable at once.
   *
   * @throws `ERR_CONFIG_INVALID`, naming the action, for a form that can't be meant
   */
  action(name: string, options: ActionOptions): void;
  /**
   * Call after every factor of a log-in: makes a one-use enrolment ticket. Send `setCookie` (or
   * `headers`) with the answer; then the page calls `enroll()`.
   */
  begin(user: AuthenticatedUser): Promise<{ setCookie: string; headers: Headers }>;
  /**
   * Verifies one request. Never throws for what a client sent. Reads the request's body: what handles the request reads
   * the one on the outcome.
   */
  verifyRequest(
    request: Request,
    route: Route,
    info?: { address?: string | undefined },
  ): Promise<AcceptedRequest | RefusedRequest>;
  /** Answers `/.pas/*` and `/.well-known/partitioned-authority`; undefined for any other path. */
  handle(request: Request, info?: { address?: string | undefined }): Promise<Response | undefined>;
  /**
   * A handler that runs only for requests the route accepts, with the next nonce on its answer. Its request can be read:
   * `json()`, `formData()` and their like give what was verified.
   */
  protect(
    route: Route,
    handler: (request: Request, accepted: Acceptance) => Response | Promise<Response>,
  ): (request: Request, info?: { address?: string | undefined }) => Promise<Response>;
  /** Serves the signing origin: the page, its headers, `signing-iframe.js`. */
  handleSigning(request: Request): Promise<Response>;
  /** The page of the signing origin, for those who host it by other means. */
  signingPage(): Promise<SigningPage>;
  /** A one-use, 30 s URL for what can't carry a signature: images, downloads, EventSource, WebSocket. */
  ticketUrl(session: { id: string; slot: string }, url: string): Promise<string>;
  readonly sessions: Sessions;
  readonly passkeys: Passkeys;
  /** For adapters: the same, without web-standard objects. */
  readonly raw: RawAuthority;
  close(): Promise<void>;
}

/** What adapters for other frameworks build on. */
export interface RawAuthority {
  verify(incoming: Incoming, route: Route): Promise<Acceptance | Refusal>;
  /** Undefined for a path that is not ours. */
  handle(incoming: Incoming): Promise<Reply | undefined>;
  signing(method: string, target: string): Promise<Reply>;
}

/**
 * The server's half: sessions, nonces, verification.
 *
 * @throws `ERR_CONFIG_INVALID` for options that can't be meant
 */
export function createAuthority(options: AuthorityOptions): Authority {
  const settings = settle(options);
  const engine = new Engine(settings);
  const { store, core, sessions, passkeys } = engine;
  const actions = new Actions(core, { name: settings.app.name, origin: settings.appOrigin });
  const control = new ControlRoutes(engine, actions);

  const raw: RawAuthority = {
    verify: (incoming, route) => engine.verify(incoming, route),
    async handle(incoming) {
      const path = pathOf(incoming.head.target);
      if (path.startsWith(CONTROL)) return control.handle(path.slice(CONTROL.length), incoming);
      return path === WELL_KNOWN ? wellKnown() : undefined;
    },
    signing: (method, target) => serveSigning(settings, method, pathOf(target)),
  };

  const wellKnown = (): Reply => ({
    status: 200,
    headers: [
      ['content-type', 'application/json'],
      ['cache-control', 'no-cache'],
    ],
    body: JSON.stringify({
      protocol: 'pas-1',
      algorithms: ['ecdsa-p256-sha256'],
      tiers: TIERS,
      appOrigin: settings.appOrigin,
      signOrigin: settings.signOrigin,
      signingScript: 'signing-iframe.js',
      windows: {
        signedMs: settings.signedMs,
        consentMs: settings.consentMs,
        verifiedMs: settings.verifiedMs,
        bodyMs: settings.bodyMs,
      },
      limits: { headerBytes: settings.headerBytes, bodyBytes: settings.bodyBytes },
    }),
  });

  const verifyRequest: Authority['verifyRequest'] = async (request, route, info) => {
    const outcome = await engine.verify(incomingOf(request, info), route);
    if (outcome.ok) return withRequest(outcome, request);
    const { reply, ...refused } = outcome;
    return { ...refused, response: toResponse(reply) };
  };

  return {
    action: (name, options) => actions.register(name, options),
    async begin({ id, label }) {
      const slot = sessions.slot(id);
      if (label !== undefined && (label.length > 64 || !wellFormed(label)))
        throw invalid('a label has at most 64 characters');
      const cookie = core.issue(slot);
      await engine.called({ event: 'begin', userId: id }, () =>
        store.putTicket({
          kind: 'enrol',
          id: cookie.sessionId,
          slot,
          subject: id,
          bind: '',
          ttlMs: ENROL_TICKET_MS,
          ...(label === undefined ? {} : { label }),
        }),
      );
      const setCookie = enrolmentCookie(cookie.cookieValue, ENROL_TICKET_MS);
      return {
        setCookie,
        headers: new Headers([
          ['set-cookie', setCookie],
          ['cache-control', 'no-store'],
        ]),
      };
    },
    verifyRequest,
    async handle(request, info) {
      const reply = await raw.handle(incomingOf(request, info));
      return reply && toResponse(reply);
    },
    protect: (route, handler) => async (request, info) => {
      const outcome = await verifyRequest(request, route, info);
      if (!outcome.ok) return outcome.response;
      const answer = await handler(outcome.request, outcome);
      const response = new Response(answer.body, answer);
      for (const [name, value] of outcome.headers) response.headers.set(name, value);
      return response;
    },
    handleSigning: async (request) => toResponse(await raw.signing(request.method, targetOf(request))),
    signingPage: () => signingPage(settings),
    ticketUrl: (session, url) =>
      engine.called({ event: 'ticketUrl', session: session.id }, () => ticketUrl(engine, session, url)),
    sessions: {
      list: (userId) => sessions.list(userId),
      revoke: (userId, id) =>
        engine.called({ event: 'sessions.revoke', userId, session: id }, () => sessions.revoke(userId, id)),
      revokeAll: (userId, { except } = {}) =>
        engine.called({ event: 'sessions.revokeAll', userId, ...(except === undefined ? {} : { except }) }, () =>
          sessions.revokeAll(userId, except),
        ),
    },
    passkeys: {
      list: (userId) => passkeys.list(userId),
      remove: (userId, id) =>
        engine.called({ event: 'passkeys.remove', userId, passkey: id }, () => passkeys.remove(userId, id)),
    },
    raw,
    close: () => store.close(),
  };
}

const invalid = (message: string) => new PartitionedAuthorityError('ERR_CONFIG_INVALID', message);

/** Made when it is asked for: who has the bytes needs no other request. */
function withRequest(accepted: Acceptance, request: Request): AcceptedRequest {
  let fresh: Request | undefined;
  return {
    ...accepted,
    get request() {
      return (fresh ??= readable(request, accepted));
    },
  };
}

/**
 * The request over the bytes that were verified. After a consent it is without what was neither signed nor is harmless:
 * no handler is to act by it.
 */
function readable({ url, method, headers, signal }: Request, { body, consent }: Acceptance): Request {
  return new Request(url, {
    method,
    headers: consent ? [...headers].filter(([name]) => isKept(name)) : headers,
    signal,
    ...(body.length === 0 ? {} : { body }),
  });
}

const pathOf = (target: string) => target.split('?', 1)[0] ?? '';

/** The raw target of a request: a `Request` holds it as its URL parser left it, which is what was sent. */
function targetOf(request: Request): string {
  const { origin, href } = new URL(request.url);
  return href.slice(origin.length).split('#', 1)[0] ?? '';
}

function headOf(request: Request): Head {
  const fields = [...request.headers].flat();
  return { method: request.method, target: targetOf(request), fields: fields.join('\n'), count: fields.length / 2 };
}

function incomingOf(request: Request, info: { address?: string | undefined } = {}): Incoming {
  return {
    head: headOf(request),
    body: request.body as BodySource,
    address: info.address,
    receivedAt: performance.now(),
  };
}
