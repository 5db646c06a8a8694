/**
 * Which requests the server has a text for, as far as this page needs to know: so that a window can be
 * opened in the person's click. Hints; what is shown and signed is decided in the signing origin.
 */
import type { ConsentNeed } from './consent.js';

interface Hint extends ConsentNeed {
  method: string;
  path: RegExp;
  /** Every such request needs consent; others only where the server asks for it. */
  foreseen: boolean;
}

interface Registered {
  templates: (ConsentNeed & { act: string; method: string; path: string })[];
  onDemand?: string[];
}

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** A path pattern: a segment that begins with `:` stands for any one segment. */
const matcher = (pattern: string) =>
  new RegExp(
    `^${pattern
      .split('/')
      .map((segment) => (segment.startsWith(':') ? '[^/]+' : escaped(segment)))
      .join('\\/')}$`,
  );

export class ConsentHints {
  #hints: Hint[] = [];

  /** Reads the answer of `/.pas/templates`. */
  read(registered: string): void {
    const { templates, onDemand = [] } = JSON.parse(registered) as Registered;
    this.#hints = templates.map(({ act, method, path, tier, surface }) => ({
      tier,
      surface,
      method,
      path: matcher(path),
      foreseen: !onDemand.includes(act),
    }));
  }

  for(method: string, url: string): Hint | undefined {
    const { pathname } = new URL(url);
    return this.#hints.find((hint) => hint.method === method && hint.path.test(pathname));
  }
}
