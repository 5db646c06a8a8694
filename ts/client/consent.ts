/** A person's consent to one request, as the page sees it: it opens a window, waits, and learns how it ended. */
import { type ErrorCode, PartitionedAuthorityError, codeOf, errorOf } from '../shared/errors.js';
import { randomId } from './channel.js';
import { type ConsentFrame, mountConsentFrame } from './consent-frame.js';

/** Tiers that a person has to be asked for. */
export type ConsentTier = 'consent' | 'verified';

/**
 * `waiting` for the person, in a window of the signing origin; `blocked` where the browser did not open it;
 * `done`; `cancelled` by the person; `failed`, with the code.
 */
export type ConsentState = 'waiting' | 'blocked' | 'done' | 'cancelled' | 'failed';

/** What a page is told, each time that it changes. */
export interface ConsentProgress {
  id: string;
  state: ConsentState;
  tier: ConsentTier;
  method: string;
  url: string;
  /** As the request names it. */
  action?: string;
  /** Of `failed` and `cancelled`. */
  code?: ErrorCode;
  /** Opens the window. To be called in a click. */
  open(): void;
  /** The person is no longer asked; the request fails with `ERR_CONSENT_CANCELLED`. */
  cancel(): void;
}

/** What a request asks for. */
export interface ConsentNeed {
  tier: ConsentTier;
  surface: 'popup' | 'frame';
}

/** What is asked about, and who has to know. */
export interface ConsentContext {
  signOrigin: string;
  method: string;
  url: string;
  /** Tells the page; false if nobody there can open a window. */
  tell(progress: ConsentProgress): boolean;
  /** Tells the frame that nobody waits any more. */
  cancel(id: string): void;
}

const WIDTH = 480;
const HEIGHT = 420;

export class Consent {
  readonly id = randomId();
  readonly tier: ConsentTier;
  readonly #surface: 'popup' | 'frame';
  readonly #context: ConsentContext;
  #frame: ConsentFrame | undefined;
  #state: ConsentState | undefined;
  /** Whether a listener of the page offers to open the window. */
  #told = false;
  #expired = false;
  /** From then on it ends there. */
  #frameHasIt = false;
  /** What it failed with. */
  #failure: unknown;

  private constructor({ tier, surface }: ConsentNeed, context: ConsentContext) {
    this.tier = tier;
    this.#surface = surface;
    this.#context = context;
  }

  /**
   * Asks, in the person's click if there is one: without it a browser may open nothing.
   *
   * @throws `ERR_POPUP_BLOCKED` if it did not, and nobody on the page offers to open it
   */
  static ask(need: ConsentNeed, context: ConsentContext): Consent {
    const consent = new Consent(need, context);
    consent.#open();
    if (consent.#state === 'blocked' && !consent.#told) {
      throw new PartitionedAuthorityError(
        'ERR_POPUP_BLOCKED',
        'the browser blocked the consent window, and no listener offers to open it',
      );
    }
    return consent;
  }

  #tell(state: ConsentState, code?: ErrorCode): void {
    this.#state = state;
    const { method, url } = this.#context;
    this.#told = this.#context.tell({
      id: this.id,
      state,
      tier: this.tier,
      method,
      url,
      ...(code === undefined ? {} : { code }),
      open: () => this.#open(),
      cancel: () => this.cancel(),
    });
  }

  #open(): void {
    if (this.#state !== undefined && this.#state !== 'blocked') return;
    if (this.#surface === 'frame') {
      this.#frame = mountConsentFrame(this.#context.signOrigin, this.id, () => this.cancel());
      return this.#tell('waiting');
    }
    const left = Math.round(screenX + (outerWidth - WIDTH) / 2);
    const top = Math.round(screenY + (outerHeight - HEIGHT) / 3);
    const opened = open(
      `${this.#context.signOrigin}/consent#${this.id}`,
      '',
      `popup,width=${WIDTH},height=${HEIGHT},left=${left},top=${top}`,
    );
    // With `noopener` the browser would not say whether it opened anything. The window's own
    // Cross-Origin-Opener-Policy cuts the tie as soon as its page is there.
    if (opened) opened.opener = null;
    this.#tell(opened ? 'waiting' : 'blocked');
  }

  /** The window stands there: it need not be opened any more. */
  shown(): void {
    if (this.#state === 'blocked') this.#tell('waiting');
  }

  cancel(): void {
    if (this.#frameHasIt) this.#context.cancel(this.id);
    else this.fail(errorOf('ERR_CONSENT_CANCELLED'));
  }

  get #isOver(): boolean {
    return this.#state !== undefined && this.#state !== 'waiting' && this.#state !== 'blocked';
  }

  /** Nothing comes of it, unless something did. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#failure = error;
    const code = codeOf(error) ?? 'ERR_CHANNEL_REFUSED';
    this.#tell(code === 'ERR_CONSENT_CANCELLED' ? 'cancelled' : 'failed', code);
    this.#frame?.close();
  }

  /** The page's own patience is at its end. */
  expire(): void {
    this.#expired = true;
    this.cancel();
  }

  /** Has the frame `sign` what is consented to. @throws if it is over already */
  async settled<T>(sign: () => Promise<T>): Promise<T> {
    if (this.#isOver) throw this.#failure;
    this.#frameHasIt = true;
    try {
      const signed = await sign();
      this.#tell('done');
      this.#frame?.close();
      return signed;
    } catch (reason) {
      const error = this.#expired ? errorOf('ERR_CONSENT_TIMEOUT', undefined, { cause: reason }) : reason;
      this.fail(error);
      throw error;
    }
  }
}
