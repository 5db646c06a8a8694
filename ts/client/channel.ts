/** The frame and the private port to it. Every request ends: answered, timed out, or torn down. */
import { PartitionedAuthorityError, errorOf, isErrorCode } from '../shared/errors.js';

interface ChannelOptions {
  signOrigin: string;
  timeoutMs: number;
}

/** How one request is waited for. */
interface Patience {
  transfer?: Transferable[];
  /** ms; that of the channel by default. */
  timeoutMs?: number;
  /** Told how far it is. */
  onProgress?: (step: string) => void;
}

interface Pending {
  onProgress: Patience['onProgress'];
  resolve(answer: never): void;
  reject(error: unknown): void;
  timer: ReturnType<typeof setTimeout>;
}

const closed = () => new PartitionedAuthorityError('ERR_CHANNEL_CLOSED', 'the channel to the signing frame was closed');

export const randomId = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');

export class Channel {
  readonly #options: ChannelOptions;
  readonly #frame: HTMLIFrameElement;
  readonly #pending = new Map<string, Pending>();
  readonly #onMessage: (event: MessageEvent) => void;
  #port: MessagePort | undefined;
  #disposed = false;
  #connected: () => void = () => undefined;
  /** Resolves with the first connection. */
  readonly ready: Promise<void>;

  constructor(options: ChannelOptions) {
    this.#options = options;
    this.#onMessage = (event) => this.#hello(event);
    addEventListener('message', this.#onMessage);
    this.#frame = mount(options.signOrigin);
    this.ready = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.dispose();
        reject(
          new PartitionedAuthorityError(
            'ERR_CHANNEL_TIMEOUT',
            `the signing frame at ${options.signOrigin} did not answer`,
          ),
        );
      }, options.timeoutMs);
      this.#connected = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** The frame says that it is ready: at first, and again if it was reloaded. */
  #hello({ source, origin, data }: MessageEvent): void {
    const { contentWindow } = this.#frame;
    if (source !== contentWindow || origin !== this.#options.signOrigin || data?.pas !== 'ready') return;
    this.#drop();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({ data: answer }) => this.#settle(answer);
    contentWindow?.postMessage({ pas: 'connect' }, this.#options.signOrigin, [port2]);
    this.#connected();
  }

  #settle(answer: { id?: unknown; ok?: unknown; code?: unknown; progress?: unknown }): void {
    const pending = this.#pending.get(String(answer?.id));
    if (!pending) return;
    if (typeof answer.progress === 'string') return pending.onProgress?.(answer.progress);
    this.#pending.delete(String(answer.id));
    clearTimeout(pending.timer);
    const { id: _id, ok, ...rest } = answer;
    if (ok === true) pending.resolve(rest as never);
    else pending.reject(errorOf(isErrorCode(rest.code) ? rest.code : 'ERR_CHANNEL_REFUSED'));
  }

  /** Sends one message; resolves with the frame's answer. */
  async request<T>(message: { type: string; [member: string]: unknown }, patience: Patience = {}): Promise<T> {
    const { transfer = [], timeoutMs = this.#options.timeoutMs, onProgress } = patience;
    await this.ready;
    const port = this.#port;
    if (!port) throw closed();
    const id = randomId();
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new PartitionedAuthorityError('ERR_CHANNEL_TIMEOUT', 'the signing frame did not answer in time'));
      }, timeoutMs);
      this.#pending.set(id, { onProgress, resolve, reject, timer });
      port.postMessage({ ...message, id }, transfer);
    });
  }

  /** Rejects whatever waits on the present port. */
  #drop(): void {
    this.#port?.close();
    this.#port = undefined;
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(closed());
    }
    this.#pending.clear();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    removeEventListener('message', this.#onMessage);
    this.#drop();
    this.#frame.remove();
  }
}

/** A hidden frame. No `sandbox`: it would take the frame's origin, and with it the keys, away. */
function mount(signOrigin: string): HTMLIFrameElement {
  const frame = document.createElement('iframe');
  frame.src = `${signOrigin}/`;
  frame.title = 'Request signing';
  frame.tabIndex = -1;
  frame.setAttribute('aria-hidden', 'true');
  frame.setAttribute('data-partitioned-authority', '');
  frame.allow = 'publickey-credentials-get; publickey-credentials-create';
  // A property, not a style attribute: a strict CSP allows it.
  Object.assign(frame.style, { position: 'fixed', width: '0', height: '0', border: '0', visibility: 'hidden' });
  document.documentElement.append(frame);
  return frame;
}
