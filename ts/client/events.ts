import type { ErrorCode } from '../shared/errors.js';

/** What a client tells the page. */
export interface AuthorityEvents {
  /** A request was signed: the exact bytes, and the fields that go with it. */
  signed: { method: string; url: string; action?: string; base: string; headers: Record<string, string> };
  /** The server refused. */
  refused: { url: string; status: number; code: string };
  /** The session is gone: show the log-in. */
  ended: { code: string };
}

export class AuthorityEvent<K extends keyof AuthorityEvents> extends Event {
  readonly detail: AuthorityEvents[K];

  constructor(type: K, detail: AuthorityEvents[K]) {
    super(type);
    this.detail = detail;
  }
}

export type { ErrorCode };
