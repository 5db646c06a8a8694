/** Registered actions: what a person can be asked to consent to. docs/consent.md is the guide. */
import { PartitionedAuthorityError, codeOf } from '../shared/errors.js';
import type { ActionForm, ActionOptions } from './action-form.js';
import { OWN_ACTIONS } from './own-actions.js';
import type { Core } from './core.js';
import { known } from './options.js';

const FORM = ['fields', 'method', 'path', 'surface', 'text', 'tier'];

export class Actions {
  readonly #core: Core;
  readonly #app: { name: string; origin: string };
  readonly #templates: object[] = [];
  readonly #onDemand: string[] = [];

  constructor(core: Core, app: { name: string; origin: string }) {
    this.#core = core;
    this.#app = app;
    for (const [act, form] of Object.entries(OWN_ACTIONS)) this.#register(act, form, { own: true });
  }

  /** @throws `ERR_CONFIG_INVALID`, naming the action. */
  register(act: string, options: ActionOptions): void {
    const name = `action ${JSON.stringify(act)}`;
    known(name, options, [...FORM, 'onDemand', 'previous']);
    const { previous = [], onDemand = false, ...form } = options;
    if (typeof onDemand !== 'boolean' || !Array.isArray(previous)) {
      throw invalid(`${name}: onDemand is a boolean, previous a list`);
    }
    this.#register(act, form);
    previous.forEach((earlier: Partial<ActionForm>, index) => {
      known(`previous form ${index} of ${name}`, earlier, FORM);
      this.#register(act, { ...form, ...earlier }, { previous: true });
    });
    if (onDemand) this.#onDemand.push(act);
  }

  #register(act: string, { surface = 'popup', ...form }: ActionForm, { previous = false, own = false } = {}): void {
    const template = { act, surface, ...form };
    try {
      this.#core.register(JSON.stringify(template), previous, own);
    } catch (cause) {
      if (codeOf(cause) !== 'ERR_CONFIG_INVALID') throw cause;
      throw invalid(`action ${JSON.stringify(act)}: ${(cause as Error).message}`, { cause });
    }
    // As it was checked: what the caller does to its object later changes nothing.
    if (!previous) this.#templates.push(structuredClone(template));
  }

  /** The answer of `/.pas/templates`. */
  get published(): string {
    return JSON.stringify({ app: this.#app, templates: this.#templates, onDemand: this.#onDemand });
  }
}

const invalid = (message: string, options?: { cause: unknown }) =>
  new PartitionedAuthorityError('ERR_CONFIG_INVALID', message, options);
