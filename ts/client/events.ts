import type { ErrorCode } from '../shared/errors.js';
import type { ConsentProgress } from './consent.js';

/** What a client tells the page. */
export interface AuthorityEvents {
  /** A request was signed: the exact bytes, and the fields that go with it. */
  signed: { method: string; url: string; action?: string; base: string; headers: Record<string, string> };
  /** The server refused. */
  refused: { url: string; status: number; code: string };
  /** The session is gone: show the log-in. */
  ended: { code: string };
  /**
   * A person is asked to confirm a request, or was. A listener that offers a way to open a window which the
   * browser blocked calls `preventDefault()`; otherwise the request fails.
   */
  consent: ConsentProgress;
}

export class AuthorityEvent<K extends keyof AuthorityEvents> extends Event {
  readonly detail: AuthorityEvents[K];

  constructor(type: K, detail: AuthorityEvents[K]) {
    super(type, { cancelable: type === 'consent' });
    this.detail = detail;
  }
}

export type { ErrorCode };
