/**
 * The window's end of its conversation with the signing frame that asks. `src/iframe/consent.rs` lists what
 * is said. Both are of the signing origin, so that no page of the app can listen or speak.
 */
import type { ErrorCode } from '../shared/errors.js';

/** Of channels and locks. */
const PREFIX = 'partitioned-authority-consent-';

/** How long a frame may take to say that there is a request, ms: it may still be reading the body. */
const PATIENCE_MS = 15_000;

/** A request, as the frame copied it, and the answer of `/.pas/templates`. */
export interface Offer {
  registered: string;
  method: string;
  path: string;
  query: string;
  content?: ArrayBuffer;
  verified: boolean;
}

/** What the frame may say, by kind. */
interface Said {
  offer: Offer;
  passkeys: { passkeys: { id: string }[]; rpId: string };
  challenge: { challenge: Uint8Array<ArrayBuffer> };
  create: { options: PublicKeyCredentialCreationOptionsJSON };
}

type Letter = { kind: string; from: string; to?: string };

/** There is nothing to confirm, or no longer. */
export class Over extends Error {}

const randomName = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

export class Conversation {
  readonly #channel: BroadcastChannel;
  readonly #own = randomName();
  readonly #letters: Letter[] = [];
  readonly #release: () => void;
  #frame: string | undefined;
  #over = false;
  #wake: () => void = () => undefined;
  /** Rejects when the frame no longer waits, for whatever reason. */
  readonly ended: Promise<never>;
  #end: () => void = () => undefined;

  private constructor(id: string, release: () => void) {
    this.#release = release;
    this.ended = new Promise((_, reject) => {
      this.#end = () => {
        this.#over = true;
        reject(new Over());
      };
    });
    // Whoever waits for something else as well hears it there.
    this.ended.catch(() => undefined);
    this.#channel = new BroadcastChannel(PREFIX + id);
    this.#channel.onmessage = ({ data }: MessageEvent<Letter>) => this.#hear(data);
  }

  /** Tells the frame that names its request by `id` that this window is there. */
  static async open(id: string): Promise<Conversation> {
    const { promise: held, resolve: release } = deferred<void>();
    const conversation = new Conversation(id, release);
    // The frame waits for this lock: that the window is gone it learns by getting it.
    await new Promise<void>((granted) => {
      void navigator.locks.request(PREFIX + conversation.#own, () => {
        granted();
        return held;
      });
    });
    conversation.#say({ kind: 'ready' });
    setTimeout(() => {
      if (conversation.#frame === undefined) conversation.#end();
    }, PATIENCE_MS);
    return conversation;
  }

  #hear(letter: Letter): void {
    const { kind, from, to } = letter;
    if (this.#over || (to !== undefined && to !== this.#own)) return;
    if (this.#frame === undefined) {
      if (kind === 'over' && to === this.#own) return this.#end();
      if (kind !== 'wait') return;
      // A frame that came later than this window does not know that it is there.
      if (to === undefined) return this.#say({ kind: 'ready' });
      this.#frame = from;
      void navigator.locks.request(PREFIX + from, () => this.#end());
    }
    if (from !== this.#frame) {
      // Two frames ask under one id. A person decides about one request: the other frame is heard once, and refused.
      if (kind !== 'wait') return;
      return this.#say(
        to === undefined ? { kind: 'ready' } : { kind: 'refused', to: from, code: 'ERR_CHANNEL_REFUSED' },
      );
    }
    if (kind === 'over') return this.#end();
    this.#letters.push(letter);
    this.#wake();
  }

  #say(letter: { kind: string; to?: string; [member: string]: unknown }): void {
    this.#channel.postMessage({ ...letter, from: this.#own });
  }

  /** Says something to the frame. */
  say(kind: 'shown' | 'confirmed' | 'asserted' | 'created', members: object): void {
    if (this.#frame !== undefined) this.#say({ ...members, kind, to: this.#frame });
  }

  /** Waits until the frame says this. @throws {@link Over} */
  async hear<K extends keyof Said>(kind: K): Promise<Said[K]> {
    for (;;) {
      const at = this.#letters.findIndex((letter) => letter.kind === kind);
      const [letter] = at < 0 ? [] : this.#letters.splice(at, 1);
      if (letter) return letter as unknown as Said[K];
      const { promise, resolve } = deferred<void>();
      this.#wake = resolve;
      await Promise.race([promise, this.ended]);
    }
  }

  /** Ends with a refusal, once the frame has heard it. Closed at once, the window would just be gone. */
  refuse(code: ErrorCode): void {
    if (this.#frame === undefined) return this.#end();
    if (!this.#over) this.#say({ kind: 'refused', to: this.#frame, code });
  }

  close(): void {
    this.#end();
    this.#channel.close();
    this.#release();
  }
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
