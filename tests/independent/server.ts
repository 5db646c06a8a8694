/** A server of the protocol: what it is configured to, and what it remembers. */
import { type Bytes, base64url } from './bytes.js';
import { type Template, readTemplate } from './consent.js';
import type { Json } from './json.js';
import type { PublicKey } from './public-key.js';
import { Refusal } from './refusal.js';
import { type Secrets, deriveSecrets } from './secrets.js';

export interface Windows {
  signed: number;
  consent: number;
  verified: number;
  future: number;
  skew: number;
}

export interface Session {
  tag: string;
  id: string;
  userId: string;
  key: PublicKey;
}

/** A one-use ticket: for an enrolment, or for a URL. */
export interface Ticket {
  tag: string;
  id: string;
  /** Of a URL ticket: the session that may use it, and for what. */
  session?: string;
  url?: string;
}

export class Server {
  readonly authority: string;
  readonly signOrigin: string;
  readonly secrets: Secrets;
  readonly windows: Windows = { signed: 30_000, consent: 60_000, verified: 120_000, future: 2_000, skew: 5_000 };
  readonly headerBytes = 16_384;
  readonly bodyBytes = 1_048_576;
  readonly interactionUses = 4;
  readonly sessions = new Map<string, Session>();
  readonly tickets = new Map<string, Ticket>();
  readonly templates: Template[] = [];
  /** ms since the epoch; it stands until it is moved. */
  now: number;
  readonly #replays = new Set<string>();
  readonly #events = new Map<string, number>();

  constructor({
    appOrigin,
    signOrigin,
    secret,
    now,
  }: { appOrigin: string; signOrigin: string; secret: Bytes; now: number }) {
    this.authority = new URL(appOrigin).host;
    this.signOrigin = signOrigin;
    this.secrets = deriveSecrets(secret);
    this.now = now;
  }

  register(template: Json): void {
    this.templates.push(readTemplate(template));
  }

  session({ tag, id }: { tag: string; id: string }): Session {
    const session = this.sessions.get(id);
    if (session?.tag !== tag) throw new Refusal('ERR_SESSION_ENDED', 'no such session');
    return session;
  }

  /** Counts a request, or refuses it and counts nothing. */
  admit(session: Session, keyid: string, replayKey: string, eventId: Bytes | undefined): void {
    if (base64url(session.key.thumbprint) !== keyid) throw new Refusal('ERR_KEY_MISMATCH', 'another key');
    const replay = `${session.id} ${replayKey}`;
    if (this.#replays.has(replay)) throw new Refusal('ERR_NONCE_USED', 'a replay');
    if (eventId) {
      const event = `${session.id} ${base64url(eventId)}`;
      const uses = this.#events.get(event) ?? 0;
      if (uses >= this.interactionUses) throw new Refusal('ERR_PROOF_REUSED', 'the interaction is spent');
      this.#events.set(event, uses + 1);
    }
    this.#replays.add(replay);
  }
}
