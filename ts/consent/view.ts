/** What the window shows. Drawn by the DOM API alone; values stand in bidirectional isolates. */
import { type Piece, direction } from './text.js';
import { type Words, wordsFor } from './words.js';

function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  children: (Node | string)[] = [],
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

export interface Drawn {
  app: string;
  origin: string;
  language: string;
  pieces: { piece: Piece; words: string }[];
}

/** The dialog, and the one line below it that is read out when it changes. */
export class View {
  readonly panel = element('section', { hidden: true, tabIndex: -1 });
  readonly text = element('p', { id: 'text', className: 'text' });
  readonly confirm = element('button', { type: 'button', className: 'confirm' });
  readonly cancel = element('button', { type: 'button', className: 'cancel' });
  /** Where no request is shown. */
  readonly #heading = element('h1');
  readonly #status = element('p', { className: 'status', role: 'status' });
  #words: Words;

  constructor(preferred: string) {
    const { words, language } = wordsFor(preferred);
    this.#words = words;
    this.#speak(language);
    this.say('waiting');
    document.body.append(element('main', {}, [this.#heading, this.panel, this.#status]));
  }

  #speak(language: string): void {
    document.documentElement.lang = language;
    document.documentElement.dir = direction(language);
    document.title = this.#heading.textContent = this.#words.confirm;
  }

  /** Shows a request. */
  show({ app, origin, language, pieces }: Drawn): void {
    const { words, language: spoken } = wordsFor(language);
    this.#words = words;
    this.#speak(spoken);
    document.title = words.asks(app);
    this.text.lang = language;
    this.text.dir = direction(language);
    this.text.replaceChildren(
      ...pieces.map(({ piece, words: shown }) => (piece.kind === 'literal' ? shown : element('bdi', {}, [shown]))),
    );
    this.confirm.textContent = words.confirm;
    this.cancel.textContent = words.cancel;
    this.panel.setAttribute('role', 'alertdialog');
    this.panel.setAttribute('aria-labelledby', 'asks');
    this.panel.setAttribute('aria-describedby', 'text');
    this.panel.replaceChildren(
      element('h1', { id: 'asks' }, [words.asks(app)]),
      element('p', { className: 'origin', dir: 'ltr' }, [origin]),
      this.text,
      element('div', { className: 'buttons' }, [this.cancel, this.confirm]),
    );
    this.#status.textContent = '';
    this.panel.hidden = false;
    this.#heading.hidden = true;
    // The dialog, so that it is read out; never Confirm, which the next key would press.
    this.panel.focus();
  }

  /** After the decision there is nothing to press. */
  say(what: 'waiting' | 'passkey' | 'signing' | 'over'): void {
    this.panel.querySelector('.buttons')?.remove();
    if (what === 'over') {
      this.panel.hidden = true;
      this.#heading.hidden = false;
    }
    this.#status.textContent = this.#words[what];
  }
}
