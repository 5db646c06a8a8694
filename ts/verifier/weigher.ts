/**
 * What the evidence of an interaction does to a request, once it reached its tier: whether its movement was seen before,
 * and what the store weighs against the session's sum. Rust says by what.
 */
import type { ErrorCode } from '../shared/errors.js';
import type { Evidence, EvidenceSum, Store } from '../stores/types.js';
import type { Verdict } from './core.js';
import type { Settings } from './options.js';
import { type Refusal, refusal } from './reply.js';

export class Weigher {
  readonly #store: Store;
  readonly #replays: Settings['replays'];

  constructor(store: Store, { replays }: Settings) {
    this.#store = store;
    this.#replays = replays;
  }

  /**
   * Whether the movement is somebody's again: one question to the store, before the request is admitted, where a
   * trajectory came. A store that is down refuses.
   */
  async seen({ weighing }: Verdict): Promise<boolean> {
    const movement = weighing?.movement;
    if (!movement || !this.#replays) return false;
    const { of, signatures, least } = movement;
    return this.#store.seen({ of, signatures, least, ...this.#replays });
  }

  /** For `admit`. */
  evidence({ weighing, weak }: Verdict, seen: boolean): Evidence | undefined {
    if (!weighing) return undefined;
    const { weight, most, doubt, movement } = weighing;
    return { weight: weight + (seen && movement ? movement.weight : 0), most, ...(weak ? { limit: doubt } : {}) };
  }
}

/** The interaction of a verdict, with what the store found. */
export function found({ interaction }: Verdict, seen: boolean, session?: EvidenceSum) {
  if (!interaction) return {};
  return { interaction: { ...interaction, ...(seen ? { seen } : {}), ...(session ? { session } : {}) } };
}

/** The refusal of evidence that is too weak: its code and tier are the policy's, its words for the operator only. */
export function tooWeak(verdict: Verdict, seen: boolean, changed: object): Refusal {
  const { code = 'ERR_TIER_REQUIRED', tier = verdict.required } = verdict.weak ?? {};
  const why = seen ? 'the movement was seen before' : "the session's interactions speak for a program";
  const reasons = verdict.interaction?.reasons.join('; ') ?? '';
  return refusal(code as ErrorCode, `${why} (${reasons})`, { tier, ...changed, ...found(verdict, seen) });
}
