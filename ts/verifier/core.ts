/**
 * The wasm verifier behind typed calls. A trap fails closed: the call throws `ERR_VERIFIER_FAULT` and the
 * instance is rebuilt, because one that trapped can't be trusted to be consistent.
 */
import { PartitionedAuthorityError, codeOf, dressed } from '../shared/errors.js';
import type { EvidenceSum, ReachedTier } from '../stores/types.js';
import type { InteractionKind, TrajectoryFeatures } from '../tracker/types.js';
import type { ChangedSignal, InteractionOptions, SignalOptions } from './options.js';
import { wasmBytes } from './wasm/inline.js';
import * as wasm from './wasm/verifier.js';

/** A request head for the core: `fields` is name, value, name, value … joined by line feeds. */
export interface Head {
  method: string;
  /** Raw origin-form target. */
  target: string;
  fields: string;
  /** Number of fields. */
  count: number;
}

export interface CookieRef {
  tag: string;
  session: string;
  cookieName: string;
  cookieValue: string;
}

export interface SignedRef {
  keyid: string;
  nonce: string;
  alg: string;
  base: string;
  signature: Uint8Array;
}

export interface Inspection extends CookieRef, SignedRef {
  replayKey: string;
  /** ms */
  created: number;
  createdFrom: number;
  createdTo: number;
  nonceFrom: number;
  nonceTo: number;
  replayUntil: number;
  /** Whether the verdict needs the content itself. */
  readsContent: boolean;
  pending: wasm.Pending;
}

/** An interaction proof and what it is worth: evidence, never a boundary. */
export interface Interaction {
  kind: InteractionKind;
  eventId: string;
  /** From the last event of the interaction to the making of the proof. */
  ageMs: number;
  /** Whether it is bound to this action and request. */
  bound: boolean;
  plausible: boolean;
  /** The probability of a person, 0 to 1, if people and programs were equally likely; ½ where nothing is known. */
  score: number;
  /** The score in a word. */
  band: 'strong' | 'ordinary' | 'weak' | 'mechanical';
  /** What speaks for and against it, for operators. */
  reasons: string[];
  /** Number of pointer samples; 0 in privacy mode. */
  samples: number;
  /** Absent in privacy mode. */
  features?: TrajectoryFeatures;
  /** If the same movement was made before, within hours, by whomever. */
  seen?: true;
  /** What the session's interactions say together, this one included. docs/interaction.md has the units. */
  session?: EvidenceSum;
}

/** How the store weighs an interaction. */
export interface Weighing {
  weight: number;
  most: number;
  doubt: { sum: number; interactions: number };
  movement?: {
    of: string;
    signatures: string[];
    least: number;
    weight: number;
  };
}

/** What a person was shown and confirmed. */
export interface Consent {
  /** The action. */
  act: string;
  /** BCP 47. */
  language: string;
  /** SHA-256 of the text that was shown, base64url: what an audit can hold a text to. */
  text: string;
  surface: 'popup' | 'frame';
  /** Whether an authenticator verified the person as well. */
  verified: boolean;
  /** What was shown of this request, by the names of the action's fields. */
  values: Record<string, string | number | boolean>;
}

/** A WebAuthn assertion, base64url. */
export interface AssertionParts {
  id: string;
  authenticatorData: string;
  clientDataJSON: string;
  signature: string;
}

export interface Verdict {
  /** `verified` once the assertion is. */
  tier: ReachedTier;
  /** What it needs: that of the route, or more for a browser that looks like another one. */
  required: string;
  refusal?: string;
  detail?: string;
  /** Whether it is refused for what changed. */
  forChange: boolean;
  changed: ChangedSignal[];
  /** For the answer to a request that is not refused: S for the next one. */
  nextNonce?: string;
  interaction?: Interaction;
  consent?: Consent;
  assertion?: AssertionParts;
  weighing?: Weighing;
  /** What weak evidence is refused with; absent where it passes. */
  weak?: { code: string; tier: string };
}

export interface NewKey {
  newKeyid: string;
  x: string;
  y: string;
}

export interface Enrolment extends SignedRef, NewKey {
  ticket: CookieRef;
  present: CookieRef[];
  furtherCookie: string;
  signals?: string;
}

/** A request with a URL ticket. */
export interface Ticketed extends CookieRef {
  ticket: string;
  url: string;
  pending: wasm.Pending;
}

export interface Hello {
  nonce?: string;
  challenge?: string;
  /** Whose keys the frame asks for, if it does. */
  sessions?: CookieRef[];
}

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
}

let module: WebAssembly.Module | undefined;
let generation = 0;

/** Instantiates the module if it is not; the build makes `initSync` replace an earlier instance. */
function instantiate(): void {
  module ??= new WebAssembly.Module(wasmBytes());
  wasm.initSync({ module });
  generation += 1;
}

/** Loads the module on first use: a server compiles it once, at start. */
export function ready(): void {
  if (generation > 0) return;
  try {
    instantiate();
  } catch (cause) {
    throw new PartitionedAuthorityError('ERR_WASM_UNAVAILABLE', "this runtime can't compile WebAssembly", { cause });
  }
}

/** Handles into the present instance; after a trap none may reach the next one's memory. */
const handles = new Set<{ __destroy_into_raw(): number }>();

function rebuild(): void {
  for (const handle of handles) handle.__destroy_into_raw();
  handles.clear();
  instantiate();
}

/**
 * Runs a call into wasm: refusals are dressed. Anything else rebuilds the instance: a trap, or an error of the
 * caller's own (a getter, a proxy) that went through frames of wasm, which do not clean up after themselves.
 */
export function guarded<T>(call: () => T): T {
  ready();
  try {
    return dressed(call);
  } catch (error) {
    if (codeOf(error)) throw error;
    rebuild();
    throw new PartitionedAuthorityError('ERR_VERIFIER_FAULT', 'the verifier trapped and was rebuilt', { cause: error });
  }
}

function detached<T extends wasm.Pending | wasm.Verifier>(handle: T): T & { __destroy_into_raw(): number } {
  return handle as T & { __destroy_into_raw(): number };
}

export class Core {
  readonly #options: CoreOptions;
  readonly #secrets: Uint8Array[];
  /** Registered templates: an instance that is rebuilt knows none. */
  readonly #templates: [template: Uint8Array, previous: boolean, own: boolean][] = [];
  #verifier: wasm.Verifier | undefined;
  #generation = 0;

  constructor(options: CoreOptions, secrets: Uint8Array[]) {
    this.#options = options;
    this.#secrets = secrets;
    this.#call(() => undefined);
  }

  #call<T>(call: (verifier: wasm.Verifier) => T): T {
    return guarded(() => {
      if (this.#generation !== generation) {
        const verifier = new wasm.Verifier(this.#options, this.#secrets);
        handles.add(detached(verifier));
        for (const template of this.#templates) verifier.register(...template);
        this.#verifier = verifier;
        this.#generation = generation;
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

  inspect(
    head: Head, network: string | undefined, route: { tier: string; action?: string; control: boolean }, now: number,
  ): Inspection {
    return this.#call((verifier) => {
      const found = verifier.inspect(
        head.method, head.target, head.fields, head.count, network, route.tier, route.action, route.control, now,
      ) as Inspection;
      handles.add(detached(found.pending));
      return found;
    });
  }

  /**
   * The verdict; `pending` is spent. `content` is that of the request where the inspection said that it is read;
   * `enrolled` are the signals of the session's enrolment.
   */
  judge(
    pending: wasm.Pending, digest: Uint8Array | undefined, content: Uint8Array, enrolled: string | undefined, now: number,
  ): Verdict {
    return this.#call((verifier) => {
      if (!handles.delete(detached(pending))) {
        throw new PartitionedAuthorityError('ERR_VERIFIER_FAULT', 'the verifier was rebuilt meanwhile');
      }
      const verdict = verifier.judge(pending, digest, content, enrolled, now) as Verdict;
      if (verdict.consent) verdict.consent.values = Object.fromEntries(verdict.consent.values as never);
      return verdict;
    });
  }

  /** Frees a `pending` that was never judged. */
  discard(pending: wasm.Pending): void {
    if (handles.delete(detached(pending))) pending.free();
  }

  identify({ method, target, fields, count }: Head): CookieRef {
    return this.#call((verifier) => verifier.identify(method, target, fields, count) as CookieRef);
  }

  /** `pending` is judged like that of a signed request, once the session is known. */
  ticketed({ method, target, fields, count }: Head, network: string | undefined): Ticketed | undefined {
    return this.#call((verifier) => {
      const found = verifier.ticketed(method, target, fields, count, network) as Ticketed | undefined;
      if (found) handles.add(detached(found.pending));
      return found;
    });
  }

  /** What the head of a hello or an enrolment says, before its body is read. */
  checkControl({ method, target, fields, count }: Head): void {
    this.#call((verifier) => verifier.checkControl(method, target, fields, count));
  }

  hello({ method, target, fields, count }: Head, body: Uint8Array, now: number): Hello {
    return this.#call((verifier) => verifier.hello(method, target, fields, count, body, now) as Hello);
  }

  enrol(
    { method, target, fields, count }: Head, network: string | undefined, body: Uint8Array, now: number,
  ): Enrolment {
    return this.#call(
      (verifier) => verifier.enrol(method, target, fields, count, network, body, now) as Enrolment,
    );
  }

  /** Whether the new key is on the curve, and the one that signed. */
  checkNewKey({ keyid, x, y }: Enrolment): void {
    this.#call((verifier) => verifier.checkNewKey(keyid, x, y));
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
  issue(tag: string): CookieRef {
    return this.#call((verifier) => verifier.issue(tag) as CookieRef);
  }

  /** The current one first. */
  userTags(userId: string): string[] {
    return this.#call((verifier) => verifier.userTags(userId));
  }

  nonce(keyid: string, now: number): string {
    return this.#call((verifier) => verifier.nonce(keyid, now));
  }

  claimedKey(fields: string): string | undefined {
    return this.#call(() => wasm.Verifier.claimedKey(fields));
  }
}

/** ECDSA P-256 with SHA-256 by `p256`: `key` is x ‖ y, `signature` is r ‖ s, 64 bytes each. */
export function verifyEcdsaP256(key: Uint8Array, base: Uint8Array, signature: Uint8Array): boolean {
  return guarded(() => wasm.verifyEcdsaP256(key, base, signature));
}

/** HMAC-SHA256 in Rust, compared in constant time. */
export function verifyHmacSha256(key: Uint8Array, base: Uint8Array, mac: Uint8Array): boolean {
  return guarded(() => wasm.verifyHmacSha256(key, base, mac));
}
