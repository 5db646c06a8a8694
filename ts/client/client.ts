import { PartitionedAuthorityError, codeOf, isErrorCode } from '../shared/errors.js';
import { createTracker, contentDigest, init as initTracker } from '../tracker/inline.js';
import type { InteractionTracker, TrackerOptions } from '../tracker/types.js';
import { type SerialisedBody, serialise } from './body.js';
import { Channel } from './channel.js';
import { Consent, type ConsentNeed, type ConsentTier } from './consent.js';
import { ConsentHints } from './consent-hints.js';
import { AuthorityEvent, type AuthorityEvents } from './events.js';

export interface ConnectOptions {
  /** Origin of the signing frame, for example `https://sign.example.com`. */
  signOrigin: string;
  /** Which account this page acts for; the one enrolled last by default. See {@link Client.state}. */
  account?: string;
  /** How long the frame may take for anything, ms; 15,000. */
  timeoutMs?: number;
  /** Longest body that is read into memory to be signed, bytes; 10 MiB. */
  maxBodyBytes?: number;
  /** Options of the interaction tracker; `false` for none. */
  tracker?: TrackerOptions | false;
  /** How long a person may take to confirm a request, ms; at most 300,000, the default. `false`: nobody is asked. */
  consent?: { timeoutMs?: number } | false;
}

export interface AccountState {
  /** The server's opaque name of the account. */
  account: string;
  /** RFC 7638 thumbprint of its key. */
  keyId: string;
  /** The session's id. */
  session: string;
  /** False where the browser refuses to store keys: log in again after a reload. */
  persistent: boolean;
}

export type ClientState = { accounts: AccountState[] } & (
  | ({ enrolled: true } & AccountState)
  | ({ enrolled: false } & Partial<AccountState>)
);

export interface SignedRequestInit extends RequestInit {
  /** What the person does, for example `transfer`: attaches a proof of the interaction that led to it. */
  action?: string;
  /**
   * Ask the person, in a window of the signing origin, before the request is signed. Only needed before the
   * server's answer is known: what the server has a text for, or refuses without consent, is asked for anyway.
   */
  tier?: ConsentTier;
}

/** A passkey of the account. Times are ms since the epoch. */
export interface Passkey {
  id: string;
  label: string;
  createdAt: number;
  /** Absent before its first use. */
  lastUsedAt?: number;
}

/** The account's passkeys. Each change is confirmed by the person, in a window of the signing origin. */
export interface Passkeys {
  list(): Promise<Passkey[]>;
  /** Makes one. To be called in a click. */
  add(label: string): Promise<Passkey>;
  /** Ends one. To be called in a click. */
  remove(passkey: Pick<Passkey, 'id' | 'label'>): Promise<void>;
}

interface Draft {
  request: Request;
  init: BodyInit | null | undefined;
  action: string | undefined;
  tier: ConsentTier | undefined;
}

interface Prepared {
  request: Request;
  body: SerialisedBody | undefined;
  action: string | undefined;
}

interface Signed {
  headers: Record<string, string>;
  base: string;
  keyId: string;
  account: string;
}

/** A request on its way, and the key that signed it. */
interface Sent<T> {
  sent: T;
  keyId: string;
}

/** What a second signature of a request has to know. */
interface Retry {
  /** The frame's clock or nonce was refused. */
  resync?: boolean;
  /** This key was refused. */
  refusedKey?: string;
}

const TIMEOUT_MS = 15_000;
const CONSENT_MS = 300_000;

/** Codes after which the same request may be signed again: nothing was done yet. */
const RESYNC = new Set(['ERR_TIME_STALE', 'ERR_TIME_FUTURE', 'ERR_NONCE_EXPIRED', 'ERR_KEY_MISMATCH']);
/** Codes that mean: log in again. */
const ENDED = new Set(['ERR_SESSION_ENDED', 'ERR_SESSION_MISSING', 'ERR_NOT_ENROLLED', 'ERR_KEY_MISMATCH']);

/** A listener of one of a client's events. */
type Listener<K extends keyof AuthorityEvents> = (event: AuthorityEvent<K>) => void;

/** Typed events; see {@link AuthorityEvents}. `ended` means: show the log-in. */
export interface Client {
  addEventListener<K extends keyof AuthorityEvents>(
    type: K,
    listener: Listener<K>,
    options?: AddEventListenerOptions | boolean,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: AddEventListenerOptions | boolean,
  ): void;
  removeEventListener<K extends keyof AuthorityEvents>(
    type: K,
    listener: Listener<K>,
    options?: EventListenerOptions | boolean,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: EventListenerOptions | boolean,
  ): void;
}

/** A page's connection to its signing frame. Made by {@link connect}. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface above only narrows methods of EventTarget
export class Client extends EventTarget {
  /** The interaction tracker, unless it was switched off. */
  readonly tracker: InteractionTracker | undefined;
  readonly #channel: Channel;
  readonly #maxBodyBytes: number;
  readonly #signOrigin: string;
  readonly #timeoutMs: number;
  /** How long a person may take; 0 if nobody is asked. */
  readonly #consentMs: number;
  readonly #hints = new ConsentHints();
  readonly #nonces = new Map<string, string>();
  #account: string | undefined;
  #keyId: string | undefined;

  /** @internal */
  constructor(channel: Channel, tracker: InteractionTracker | undefined, options: ConnectOptions) {
    super();
    this.#channel = channel;
    this.tracker = tracker;
    this.#account = options.account;
    this.#maxBodyBytes = options.maxBodyBytes ?? 10 * 1024 * 1024;
    this.#signOrigin = options.signOrigin;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#consentMs = options.consent === false ? 0 : (options.consent?.timeoutMs ?? CONSENT_MS);
    if (this.#mayAsk) void this.#learn();
  }

  /** Which requests a window is opened for. Without an answer the server's refusal says it. */
  async #learn(): Promise<void> {
    try {
      this.#hints.read((await this.#channel.request<{ registered: string }>({ type: 'templates' })).registered);
    } catch {
      // Nothing is foreseen.
    }
  }

  /** Whether this browser holds a key, and for which accounts. */
  async state(): Promise<ClientState> {
    return this.#channel.request<ClientState>({ type: 'state', account: this.#account });
  }

  /**
   * Makes the key of this session. Call it after the app's own log-in set the enrolment ticket. This
   * page then acts for the enrolled account.
   *
   * @throws `ERR_ENROL_REFUSED` without a ticket
   */
  async enroll(): Promise<AccountState> {
    const enrolled = await this.#channel.request<AccountState>({ type: 'enrol' });
    this.#account = enrolled.account;
    this.#keyId = enrolled.keyId;
    return enrolled;
  }

  /** Rotates the key. The frame does so by itself from time to time. */
  async rotateKey(): Promise<AccountState> {
    const rotated = await this.#channel.request<AccountState>({ type: 'rekey', account: this.#account });
    this.#keyId = rotated.keyId;
    return rotated;
  }

  /**
   * Ends the session at the server and deletes its key; `everywhere` ends all sessions of the user.
   *
   * @throws with `everywhere`, `ERR_SESSION_ENDED` if this session was gone already: the others still live
   */
  async logout({ everywhere = false }: { everywhere?: boolean } = {}): Promise<void> {
    await this.#channel.request({ type: 'logout', account: this.#account, everywhere });
    // Nobody's, until the next log-in: never another account's that this browser holds a key of.
    this.#account = '';
  }

  /** A one-use URL, good for 30 s, for what can't carry a signature: `<img>`, downloads, EventSource, WebSocket. */
  async ticketUrl(url: string | URL): Promise<string> {
    const absolute = new URL(url, document.baseURI);
    const answer = await this.#channel.request<{ url: string }>({
      type: 'ticket',
      account: this.#account,
      url: absolute.href,
    });
    const ticketed = absolute.origin + answer.url;
    // Joined, not resolved: an answer can't name another host.
    if (!answer.url.startsWith('/') || new URL(ticketed).origin !== absolute.origin) {
      throw new PartitionedAuthorityError('ERR_TICKET_INVALID', 'the server answered with no path of this origin');
    }
    return ticketed;
  }

  /**
   * `fetch`, signed. Refusals are responses like any other; what fails before a request is sent is
   * thrown. A refusal that asks for a fresh nonce is answered once; a 409 never is. Where a person has to
   * consent they are asked, in a window of the signing origin: call it in their click, so that it may open.
   *
   * @throws `ERR_ORIGIN_NOT_LISTED` for another origin than the page's, `ERR_NOT_ENROLLED`,
   * `ERR_BODY_LIMIT`, `ERR_BODY_UNREADABLE`, `ERR_REDIRECT_REFUSED`, and the channel codes;
   * `ERR_CONSENT_CANCELLED`, `ERR_CONSENT_TIMEOUT`, `ERR_CONSENT_MISMATCH`, `ERR_POPUP_BLOCKED`,
   * `ERR_PASSKEY_MISSING`, `ERR_UV_INVALID`
   */
  async fetch(input: RequestInfo | URL, init: SignedRequestInit = {}): Promise<Response> {
    const draft = this.#draft(input, init);
    // Before anything is awaited: the person's click lets a window open now.
    let consent = this.#foreseen(draft);
    const prepared = await orFails(consent, this.#prepare(draft));
    let { sent: response, keyId } = await this.#send(prepared, {}, consent);
    const again = consent ? undefined : retryable(response);
    if (again !== undefined) {
      const retry = { resync: RESYNC.has(again), ...(again === 'ERR_KEY_MISMATCH' ? { refusedKey: keyId } : {}) };
      ({ sent: response } = await this.#send(prepared, retry));
    }
    for (let tier = stepUp(response, consent?.tier); tier && this.#mayAsk; tier = stepUp(response, consent.tier)) {
      const { method, url } = prepared.request;
      consent = this.#ask({ surface: this.#hints.for(method, url)?.surface ?? 'popup', tier }, draft);
      ({ sent: response } = await this.#send(prepared, {}, consent));
    }
    if (!response.ok) this.#report(response);
    return response;
  }

  /** Signs a request and returns it, not sent. It is good for one use, within seconds. */
  async sign(input: RequestInfo | URL, init: SignedRequestInit = {}): Promise<Request> {
    const draft = this.#draft(input, init);
    const consent = this.#foreseen(draft);
    const prepared = await orFails(consent, this.#prepare(draft));
    return (await orFails(consent, this.#sign(prepared, {}, consent))).sent;
  }

  /** The passkeys of the account. */
  get passkeys(): Passkeys {
    return {
      list: async () => {
        const { passkeys } = await this.#channel.request<{ passkeys: Passkey[] }>({
          type: 'passkeys',
          account: this.#account,
        });
        return passkeys;
      },
      add: async (label) => (await this.#change<{ passkey: Passkey }>('add', { label })).passkey,
      remove: async ({ id: passkey, label }) => {
        await this.#change('remove', { passkey, label });
      },
    };
  }

  /** Closes the channel and removes the frame. What waits is rejected. Keys stay. */
  dispose(): void {
    this.tracker?.dispose();
    this.#channel.dispose();
  }

  #draft(input: RequestInfo | URL, { action, tier, ...init }: SignedRequestInit): Draft {
    const request = new Request(input, init);
    if (new URL(request.url).origin !== location.origin) {
      throw new PartitionedAuthorityError('ERR_ORIGIN_NOT_LISTED', `${request.url} is not of this page's origin`);
    }
    return { request, init: init.body, action, tier };
  }

  async #prepare({ request, init, action }: Draft): Promise<Prepared> {
    return { request, body: await serialise(request, init, this.#maxBodyBytes), action };
  }

  /** Asks for the consent that a request will need, as far as that is known. */
  #foreseen(draft: Draft): Consent | undefined {
    const {
      request: { method, url },
      tier,
    } = draft;
    const known = this.#hints.for(method, url);
    if (!this.#mayAsk || !(tier ?? known?.foreseen)) return undefined;
    return this.#ask({ surface: known?.surface ?? 'popup', tier: tier ?? known?.tier ?? 'consent' }, draft);
  }

  get #mayAsk(): boolean {
    return this.#consentMs > 0;
  }

  #ask(need: ConsentNeed, { request: { method, url, signal }, action }: Pick<Draft, 'request' | 'action'>): Consent {
    signal.throwIfAborted();
    const consent = Consent.ask(need, {
      signOrigin: this.#signOrigin,
      method,
      url,
      tell: (progress) => !this.#emit('consent', { ...progress, ...(action === undefined ? {} : { action }) }),
      cancel: (consentId) => void this.#channel.request({ type: 'cancel', consentId }).catch(() => undefined),
    });
    signal.addEventListener('abort', () => consent.cancel());
    return consent;
  }

  /** Adds or removes a passkey. */
  async #change<T>(change: 'add' | 'remove', members: object): Promise<T> {
    const request = new Request(`/.pas/passkeys/${change}`, { method: 'POST' });
    const consent = this.#ask({ tier: 'consent', surface: 'popup' }, { request, action: undefined });
    return this.#consented<T>(consent, { type: `${change}-passkey`, account: this.#account, ...members });
  }

  /** Has the frame ask the person. */
  #consented<T>(
    consent: Consent,
    message: { type: string; [member: string]: unknown },
    transfer: Transferable[] = [],
  ): Promise<T> {
    const sign = () =>
      this.#channel.request<T>(
        { ...message, consentId: consent.id, verified: consent.tier === 'verified' },
        {
          transfer,
          // The person's time, and then the frame's.
          timeoutMs: this.#consentMs + this.#timeoutMs,
          onProgress: () => consent.shown(),
        },
      );
    const timer = setTimeout(() => consent.expire(), this.#consentMs);
    return consent.settled(sign).finally(() => clearTimeout(timer));
  }

  async #sign({ request, body, action }: Prepared, retry: Retry, consent?: Consent): Promise<Sent<Request>> {
    const { method, url } = request;
    const contentType = body ? body.contentType : request.headers.get('content-type');
    const proof = action === undefined ? undefined : this.#proof(action, request, body);
    const nonce = this.#keyId === undefined ? undefined : this.#nonces.get(this.#keyId);
    // The frame gets its own copy to hash; ours is what is sent.
    const copy = body?.bytes.slice(0);
    const signed = await this.#frameSign(
      {
        type: 'sign',
        account: this.#account,
        method,
        url,
        contentType: contentType ?? undefined,
        body: copy,
        proof,
        nonce,
        nonceKey: this.#keyId,
        ...retry,
      },
      copy ? [copy] : [],
      consent,
    );
    request.signal.throwIfAborted();
    this.#keyId = signed.keyId;
    // From its first signature on, a page acts for one account.
    this.#account ??= signed.account;
    const headers = new Headers(request.headers);
    if (contentType !== null && contentType !== undefined) headers.set('content-type', contentType);
    for (const [name, value] of Object.entries(signed.headers)) headers.set(name, value);
    this.#emit('signed', {
      method,
      url,
      ...(action === undefined ? {} : { action }),
      base: signed.base,
      headers: signed.headers,
    });
    const sent = new Request(url, { ...inherited(request), method, headers, ...(body ? { body: body.bytes } : {}) });
    return { sent, keyId: signed.keyId };
  }

  /** The proof of the interaction that led to this action, bound to it and to the request. */
  #proof(action: string, { method, url }: Request, body: SerialisedBody | undefined): Uint8Array | undefined {
    const { pathname, search } = new URL(url);
    const digest = body && body.bytes.byteLength > 0 ? contentDigest(new Uint8Array(body.bytes)) : '';
    return this.tracker?.proof(action, method, `${pathname}${search || '?'}`, digest);
  }

  async #frameSign(
    message: { type: string; [member: string]: unknown },
    transfer: Transferable[],
    consent?: Consent,
  ): Promise<Signed> {
    try {
      return await (consent
        ? this.#consented<Signed>(consent, message, transfer)
        : this.#channel.request<Signed>(message, { transfer }));
    } catch (error) {
      const code = codeOf(error);
      if (code && ENDED.has(code)) this.#emit('ended', { code });
      throw error;
    }
  }

  async #send(prepared: Prepared, retry: Retry, consent?: Consent): Promise<Sent<Response>> {
    const { sent: request, keyId } = await orFails(consent, this.#sign(prepared, retry, consent));
    const response = await fetch(request);
    if (response.type === 'opaqueredirect') {
      throw new PartitionedAuthorityError('ERR_REDIRECT_REFUSED', 'a signature is for one URL; the server redirected');
    }
    const nonce = response.headers.get('pas-nonce');
    if (nonce) this.#nonces.set(keyId, nonce);
    return { sent: response, keyId };
  }

  #report(response: Response): void {
    const code = refusalCode(response);
    if (!code) return;
    this.#emit('refused', { url: response.url, status: response.status, code });
    if (ENDED.has(code)) this.#emit('ended', { code });
  }

  /** False if a listener prevented what happens by default. */
  #emit<K extends keyof AuthorityEvents>(type: K, detail: AuthorityEvents[K]): boolean {
    return this.dispatchEvent(new AuthorityEvent(type, detail));
  }
}

/** A consent that was asked for before it was known that the request can be made fails with it. */
async function orFails<T>(consent: Consent | undefined, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    consent?.fail(error);
    throw error;
  }
}

/** The options of a request that a rebuilt one keeps. A signature is for one URL, so redirects surface. */
function inherited(request: Request): RequestInit {
  const { cache, credentials, integrity, keepalive, redirect, referrer, referrerPolicy, signal } = request;
  return {
    cache,
    credentials,
    integrity,
    keepalive,
    referrer,
    referrerPolicy,
    signal,
    // Of this origin, always; under no-cors the browser would drop the signature.
    mode: 'same-origin',
    redirect: redirect === 'error' ? 'error' : 'manual',
  };
}

/** The code of a refusal of ours. From its field, which an answer to HEAD has as well. */
function refusalCode(response: Response): string | undefined {
  const code = response.headers.get('pas-error');
  return isErrorCode(code) ? code : undefined;
}

const RANK = { consent: 1, verified: 2 } as const;

/** The tier, if the server asks for a person's consent that was not given. */
function stepUp(response: Response, given: ConsentTier | undefined): ConsentTier | undefined {
  if (response.status !== 401) return undefined;
  const next = response.headers.get('www-authenticate') ?? '';
  const tier = /error="step_up_required", tier="(consent|verified)"/.exec(next)?.[1] as ConsentTier | undefined;
  return tier && RANK[tier] > (given ? RANK[given] : 0) ? tier : undefined;
}

/** The code, if the server asks for a fresh signature of the same request. */
function retryable(response: Response): string | undefined {
  if (response.status !== 401) return undefined;
  const code = refusalCode(response);
  // Another tab rotated the key; the frame knows the new one. Nothing was done yet.
  if (code === 'ERR_KEY_MISMATCH') return code;
  const next = response.headers.get('www-authenticate') ?? '';
  return next.includes('error="use_nonce"') ? (code ?? 'ERR_NONCE_INVALID') : undefined;
}

/**
 * Mounts the signing frame and connects to it.
 *
 * @throws `ERR_CONFIG_INVALID`, `ERR_CHANNEL_TIMEOUT` if the frame does not answer,
 * `ERR_WASM_UNAVAILABLE` under a CSP without `'wasm-unsafe-eval'`
 */
export async function connect(options: ConnectOptions): Promise<Client> {
  const { signOrigin, timeoutMs = TIMEOUT_MS, tracker: trackerOptions = {}, consent = {} } = options;
  const url = URL.canParse(signOrigin) ? new URL(signOrigin) : undefined;
  if (!url || url.origin !== signOrigin || signOrigin === location.origin) {
    throw new PartitionedAuthorityError('ERR_CONFIG_INVALID', 'signOrigin must be another origin, without a path');
  }
  const patience = consent === false ? CONSENT_MS : (consent.timeoutMs ?? CONSENT_MS);
  if (!(patience > 0 && patience <= CONSENT_MS)) {
    throw new PartitionedAuthorityError(
      'ERR_CONFIG_INVALID',
      `consent.timeoutMs must be positive, and at most ${CONSENT_MS}`,
    );
  }
  const channel = new Channel({ signOrigin, timeoutMs });
  let tracker: InteractionTracker | undefined;
  try {
    await Promise.all([initTracker(), channel.ready]);
    if (trackerOptions !== false) {
      tracker = createTracker(trackerOptions);
      tracker.start();
    }
    return new Client(channel, tracker, options);
  } catch (error) {
    tracker?.dispose();
    channel.dispose();
    throw error;
  }
}
