/** The wasm verifier behind typed calls. */
import type {
  Answer,
  CookieRef,
  Enrolment,
  Head,
  Hello,
  NewKey,
  Receipt,
  RefusalReport,
  RouteShape,
  Step,
} from './border.js';
import { ends, generation, guarded } from './instance.js';
import type { InteractionOptions, SignalOptions } from './options.js';
import * as wasm from './wasm/verifier.js';

export interface CoreOptions {
  authority: string;
  appOrigin: string;
  signOrigin: string;
  headerLimit: number;
  windows: { signed?: number; consent?: number; verified?: number; future?: number; body?: number; skew?: number };
  stepUp: NonNullable<SignalOptions['stepUp']>;
  onWeak: NonNullable<InteractionOptions['onWeak']>;
  signals: NonNullable<SignalOptions['mode']>;
  onMismatch: NonNullable<SignalOptions['onMismatch']>;
  interactionUses: number;
  /** Whether movements are remembered. */
  remembers: boolean;
}

/** Most routes that are registered at a time; those that an app makes up at each request are registered anew. */
const MOST_ROUTES = 1_000;

export class Core {
  readonly #options: CoreOptions;
  readonly #secrets: Uint8Array[];
  /** Registered templates: an instance that is rebuilt knows none. */
  readonly #templates: [template: Uint8Array, previous: boolean, own: boolean][] = [];
  /** Numbers of routes in the present instance. */
  readonly #routes = new Map<string, number>();
  #verifier: wasm.Verifier | undefined;
  #generation = 0;

  constructor(options: CoreOptions, secrets: Uint8Array[]) {
    this.#options = options;
    this.#secrets = secrets;
    this.#call(() => undefined);
  }

  #call<T>(call: (verifier: wasm.Verifier) => T): T {
    return guarded(() => {
      if (this.#generation !== generation()) {
        const verifier = new wasm.Verifier(this.#options, this.#secrets);
        ends(verifier);
        for (const template of this.#templates) verifier.register(...template);
        this.#routes.clear();
        this.#verifier = verifier;
        this.#generation = generation();
      }
      return call(this.#verifier as wasm.Verifier);
    });
  }

  get appOrigin(): string {
    return this.#options.appOrigin;
  }

  /** Registers an action by its template, a JSON text. */
  register(template: string, previous: boolean, own: boolean): void {
    const bytes = new TextEncoder().encode(template);
    this.#call((verifier) => verifier.register(bytes, previous, own));
    this.#templates.push([bytes, previous, own]);
  }

  hasAction(act: string): boolean {
    return this.#call((verifier) => verifier.hasAction(act));
  }

  /** Whether a WebAuthn ceremony was in a pop-up of the signing origin. */
  checkPopup(clientData: Uint8Array): void {
    this.#call((verifier) => verifier.checkPopup(clientData));
  }

  /** The body of a control request that takes none. */
  empty(body: Uint8Array): void {
    this.#call((verifier) => verifier.empty(body));
  }

  /** The response in the body of a registration. */
  registration(body: Uint8Array): unknown {
    this.#call((verifier) => verifier.registration(body));
    return (JSON.parse(new TextDecoder().decode(body)) as { response: unknown }).response;
  }

  /**
   * Registers a route, unless it is.
   *
   * @throws `ERR_CONFIG_INVALID` for one that can't be meant, or whose action is not registered
   */
  route(route: RouteShape): void {
    this.#call((verifier) => this.#routeIn(verifier, route));
  }

  #routeIn(verifier: wasm.Verifier, { tier, action, control, ticket, policy }: RouteShape): number {
    const name = `${control} ${ticket} ${policy} ${tier}\0${action ?? ''}`;
    let number = this.#routes.get(name);
    if (number === undefined) {
      if (this.#routes.size >= MOST_ROUTES) {
        verifier.forgetRoutes();
        this.#routes.clear();
      }
      number = verifier.route(tier, action, control, ticket, policy);
      this.#routes.set(name, number);
    }
    return number;
  }

  /** Begins with a head; the step goes on in the returned flow. */
  begin(head: Head, network: string | undefined, route: RouteShape, now: number): Flow {
    return new Flow(
      (call) => this.#call((verifier) => call(verifier, generation())),
      (verifier) => {
        const { method, target, fields, count } = head;
        return read(verifier.begin(this.#routeIn(verifier, route), method, target, fields, count, network, now));
      },
    );
  }

  /** The refusal that a store's code means. */
  refused(
    { nonce, code: weak, tier, reasons }: Receipt,
    code: string,
    retryAfterMs: number | undefined,
  ): RefusalReport {
    return JSON.parse(
      this.#call(() => wasm.Verifier.refused(code, nonce, weak, tier, reasons, retryAfterMs)),
    ) as RefusalReport;
  }

  /** S for the key that a head claims, if it claims one. */
  claimedNonce(fields: string, now: number): string | undefined {
    return this.#call((verifier) => verifier.claimedNonce(fields, now));
  }

  /** What the head of a hello or an enrolment says, before its body is read. */
  checkControl({ method, target, fields, count }: Head): void {
    this.#call((verifier) => verifier.checkControl(method, target, fields, count));
  }

  hello({ method, target, fields, count }: Head, body: Uint8Array, now: number): Hello {
    return this.#call((verifier) => verifier.hello(method, target, fields, count, body, now) as Hello);
  }

  enrol(
    { method, target, fields, count }: Head,
    network: string | undefined,
    body: Uint8Array,
    now: number,
  ): Enrolment {
    return this.#call((verifier) => verifier.enrol(method, target, fields, count, network, body, now) as Enrolment);
  }

  /** Whether the new key is on the curve, and the one that signed. */
  checkNewKey({ keyid, newKey: { jwk } }: Enrolment): void {
    this.#call((verifier) => verifier.checkNewKey(keyid, jwk.x, jwk.y));
  }

  /** Whether a log-out is meant everywhere. */
  logout(body: Uint8Array): boolean {
    return this.#call((verifier) => verifier.logout(body));
  }

  rekey(body: Uint8Array, keyid: string, nonce: string): NewKey {
    return this.#call((verifier) => verifier.rekey(body, keyid, nonce) as NewKey);
  }

  ticketRequest(body: Uint8Array): string {
    return this.#call((verifier) => verifier.ticketRequest(body));
  }

  checkTicketUrl(url: string): void {
    this.#call((verifier) => verifier.checkTicketUrl(url));
  }

  /** A fresh secret, for a session or a ticket. */
  issue(slot: string): CookieRef {
    return this.#call((verifier) => verifier.issue(slot) as CookieRef);
  }

  /** The current one first. */
  userSlots(userId: string): string[] {
    return this.#call((verifier) => verifier.userSlots(userId));
  }

  nonce(keyid: string, now: number): string {
    return this.#call((verifier) => verifier.nonce(keyid, now));
  }
}

type Call = <T>(call: (verifier: wasm.Verifier, generation: number) => T) => T;

/** Numbers below belong to the instance they were given in. */
const NONE = -1;

/**
 * One request under way. After a rebuild it goes on: to begin is pure, so that it is begun again and told the same
 * answers.
 */
export class Flow {
  /** What comes next. */
  step: Step;
  readonly #call: Call;
  readonly #begin: (verifier: wasm.Verifier) => Step;
  readonly #answers: [answer: Answer, now: number, elapsedMs: number][] = [];
  #generation = NONE;

  constructor(call: Call, begin: (verifier: wasm.Verifier) => Step) {
    this.#call = call;
    this.#begin = begin;
    this.step = this.#in((verifier) => begin(verifier));
  }

  /** Tells an answer; `elapsedMs` is the time since the head arrived. */
  resume(answer: Answer, now: number, elapsedMs: number): Step {
    const earlier = [...this.#answers];
    this.#answers.push([answer, now, elapsedMs]);
    return (this.step = this.#in((verifier, isAnother) => {
      if (!isAnother) return told(verifier, this.step, answer, now, elapsedMs);
      let step = this.#begin(verifier);
      for (const one of [...earlier, [answer, now, elapsedMs] as const]) step = told(verifier, step, ...one);
      return step;
    }));
  }

  /** Lets go of what waits for an answer that never comes. */
  end(): void {
    const { step } = this;
    if (step.kind !== 'gather' && step.kind !== 'ask') return;
    this.#call((verifier, generation) => {
      if (generation === this.#generation) verifier.forget(step.flow);
    });
  }

  #in(work: (verifier: wasm.Verifier, isAnother: boolean) => Step): Step {
    return this.#call((verifier, generation) => {
      const step = work(verifier, generation !== this.#generation);
      this.#generation = generation;
      return step;
    });
  }
}

/** Tells an answer to a step that waits for one. */
function told(verifier: wasm.Verifier, step: Step, answer: Answer, now: number, elapsedMs: number): Step {
  // What is settled takes no answer: that of a request that ended otherwise in the instance before.
  if (step.kind !== 'gather' && step.kind !== 'ask') return step;
  const { flow } = step;
  switch (answer.kind) {
    case 'gathered': {
      const { digest, content, enrolled, unreadable } = answer;
      return read(
        verifier.gathered(flow, digest, content, enrolled, unreadable?.code, unreadable?.detail, now, elapsedMs),
      );
    }
    case 'policy':
      return read(verifier.policy(flow, answer.wanted, now, elapsedMs));
    case 'asserted':
      return read(verifier.asserted(flow, now, elapsedMs));
    case 'moved':
      return read(verifier.moved(flow, answer.seen, now, elapsedMs));
    case 'missing':
      return read(verifier.missing(flow, answer.what, now));
    case 'failed':
      return read(verifier.failed(flow, answer.code, answer.detail, now));
  }
}

/** A step of its text, its consent with values by name. */
function read(text: string): Step {
  const step = JSON.parse(text) as Step;
  const consent = 'found' in step ? step.found?.consent : undefined;
  if (consent) consent.values = Object.fromEntries(consent.values as never);
  return step;
}
