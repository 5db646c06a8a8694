/**
 * `partitioned-authority/consent-element`: `<pas-consent>`, which tells a person on the app's page what the
 * window of the signing origin is for, and opens it where the browser did not.
 *
 *     import 'partitioned-authority/consent-element';
 *     document.querySelector('pas-consent').client = pas;
 *
 * It can be styled by `::part(message)`, `::part(open)`, `::part(cancel)` and the attribute `state`.
 *
 * @module
 */
import type { Client } from './client.js';
import type { ConsentProgress, ConsentState } from './consent.js';
import { type ConsentWords, consentWords } from './consent-words.js';
import type { AuthorityEvent } from './events.js';

export type { ConsentWords } from './consent-words.js';

const css = `
:host { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem 1rem; }
:host(:not([state])) { display: none; }
p { margin: 0; }
div { display: flex; flex-wrap: wrap; gap: .5rem; }
div:empty { display: none; }
button { font: inherit; min-block-size: 2.75rem; padding-inline: 1rem; cursor: pointer; }
`;

/** Outside a browser there is nothing to extend, and nothing is made. */
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

export class ConsentElement extends Base {
  /** The words, if not those of the element's language. */
  words: ConsentWords | undefined;
  readonly #message = document.createElement('p');
  readonly #buttons = document.createElement('div');
  readonly #listen = (event: AuthorityEvent<'consent'>) => this.#follow(event);
  #client: Client | undefined;
  #current: string | undefined;

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
    this.#message.setAttribute('role', 'status');
    this.#message.part.add('message');
    root.append(this.#message, this.#buttons);
  }

  /** The client whose consents are followed. */
  get client(): Client | undefined {
    return this.#client;
  }

  set client(client: Client | undefined) {
    this.#client?.removeEventListener('consent', this.#listen);
    this.#client = client;
    client?.addEventListener('consent', this.#listen);
  }

  /** How the last consent stands; undefined before the first. */
  get state(): ConsentState | undefined {
    return (this.getAttribute('state') ?? undefined) as ConsentState | undefined;
  }

  #follow(event: AuthorityEvent<'consent'>): void {
    const { id, state } = event.detail;
    // This element offers the button that opens the window.
    if (state === 'blocked' && this.isConnected) event.preventDefault();
    // A newer one is what the person looks at.
    const isNew = this.#current === undefined || state === 'waiting' || state === 'blocked';
    if (id !== this.#current && !isNew) return;
    this.#current = state === 'waiting' || state === 'blocked' ? id : undefined;
    this.setAttribute('state', state);
    this.#draw(event.detail);
  }

  #draw({ state, open, cancel }: ConsentProgress): void {
    const words = this.words ?? consentWords(this.closest('[lang]')?.getAttribute('lang') ?? navigator.language);
    const button = (part: 'open' | 'cancel', act: () => void) => {
      const made = document.createElement('button');
      made.type = 'button';
      made.part.add(part);
      made.textContent = words[part];
      made.addEventListener('click', act);
      return made;
    };
    this.#message.textContent = words[state];
    this.#buttons.replaceChildren(
      ...(state === 'blocked' ? [button('open', open)] : []),
      ...(state === 'blocked' || state === 'waiting' ? [button('cancel', cancel)] : []),
    );
  }
}

if (globalThis.customElements && !customElements.get('pas-consent'))
  customElements.define('pas-consent', ConsentElement);

declare global {
  interface HTMLElementTagNameMap {
    'pas-consent': ConsentElement;
  }
}
