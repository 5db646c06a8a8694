/** What crosses between TypeScript and the wasm verifier: requests, steps, answers. */
import type { ErrorCode } from '../shared/errors.js';
import type { Admission, EvidenceSum, KeyAlgorithm, MovementHashes, NamedKey } from '../stores/types.js';
import type { InteractionKind, TrajectoryFeatures } from '../tracker/types.js';

/** Tiers a route can ask for, weakest first. See the README for what each one promises. */
export type Tier = 'identified' | 'signed' | 'interactive' | 'consent' | 'verified';

/** What differs from the browser that enrolled: evidence, not identity. */
export type ChangedSignal = 'network' | 'browser' | 'platform' | 'mobile' | 'brand';

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
  slot: string;
  sessionId: string;
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

/** What is known of a request. */
export interface Found {
  /** `verified` once the assertion is. */
  tier: Tier;
  changed?: ChangedSignal[];
  interaction?: Interaction;
  consent?: Consent;
  /** S for the session's next request, of one that is admitted. */
  nonce?: string;
}

/** A refusal as Rust words it, with the answer to send. */
export interface RefusalReport {
  code: ErrorCode;
  status: number;
  detail: string;
  tier?: string;
  nonce?: string;
  changed?: ChangedSignal[];
  interaction?: Interaction;
  /** Whether it counts against an address. */
  isAttempt: boolean;
  headers: [string, string][];
  body: string;
}

/** What the host gathers: a session by its cookie, and what else the plan names. */
export type Gather = { kind: 'gather'; flow: number } & CookieRef &
  ({ plan: 'session' } | { plan: 'ticket'; ticket: string; url: string } | Signed);

/** The plan of a signed request. */
export interface Signed extends Omit<SignedRef, 'signature'> {
  plan: 'signature';
  /** base64url */
  signature: string;
  /** Whether {@link Answer} needs the content itself. */
  readsContent: boolean;
  /** Whether content is of a JSON type. */
  isJson: boolean;
}

/** What the host is asked before a request is admitted. */
export type Ask = { kind: 'ask'; flow: number } & (
  | { question: 'policy'; found: Found }
  | { question: 'passkey'; assertion: AssertionParts }
  | { question: 'movement'; movement: Omit<MovementHashes, 'ttlMs' | 'max'> }
);

/** The admission, with what goes out if the store says yes, and what words the refusal if it says no. */
export interface Admit {
  kind: 'admit';
  /** But for the rates, and the time since the head arrived. */
  admission: Omit<Admission, 'sessionRate' | 'accountRate' | 'elapsedMs'>;
  found: Found;
  receipt: Receipt;
}

/** What words a refusal by the store. */
export interface Receipt {
  nonce?: string;
  /** What a session in doubt is refused with, and the tier that would do. */
  code?: string;
  tier?: string;
  reasons: string;
}

/** What comes next of a request. */
export type Step = Gather | Ask | Admit | { kind: 'accept'; found: Found } | ({ kind: 'refuse' } & RefusalReport);

/** What the host says to a step. */
export type Answer =
  | {
      kind: 'gathered';
      digest?: Uint8Array | undefined;
      content: Uint8Array;
      enrolled?: string | undefined;
      unreadable?: { code: string; detail: string } | undefined;
    }
  | { kind: 'policy'; wanted: string | undefined }
  | { kind: 'asserted' }
  | { kind: 'moved'; seen: boolean }
  | { kind: 'missing'; what: 'session' | 'key' | 'signature' | 'ticket' }
  | { kind: 'failed'; code: string; detail: string };

/** A key that takes its place in a session. */
export interface NewKey extends NamedKey {
  alg: KeyAlgorithm;
}

export interface Enrolment extends SignedRef {
  newKey: NewKey;
  ticket: CookieRef;
  present: CookieRef[];
  furtherCookie: string;
  signals?: string;
}

export interface Hello {
  nonce?: string;
  challenge?: string;
  /** Whose keys the frame asks for, if it does. */
  sessions?: CookieRef[];
}

/** What a route asks of a request, as far as it decides. */
export interface RouteShape {
  tier: string;
  action: string | undefined;
  control: boolean;
  ticket: boolean;
  policy: boolean;
}
