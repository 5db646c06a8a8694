/**
 * What the evidence of an interaction does to a request, once it reached its tier: the store weighs it within
 * `admit`, against the session's sum and the movements it remembers. Rust says by what.
 */
import { type ErrorCode, PartitionedAuthorityError } from '../shared/errors.js';
import { shifted } from '../stores/evidence.js';
import type { Adaptation, Admitted, Evidence, Store } from '../stores/types.js';
import type { Verdict } from './core.js';
import type { Settings } from './options.js';
import { type Refusal, refusal } from './reply.js';

/** Where a movement was seen before: of the same user, or of anybody. */
export type SeenBefore = 'account' | 'anyone';

export class Weigher {
  readonly #store: Store;
  readonly #replays: Settings['replays'];
  readonly #adapt: Settings['adapt'];

  constructor(store: Store, { replays, adapt }: Settings) {
    this.#store = store;
    this.#replays = replays;
    this.#adapt = adapt;
  }

  /**
   * Whether the user may have a profile.
   *
   * @throws `ERR_VERIFIER_FAULT` if the app can't say
   */
  async adapts(userId: string): Promise<boolean> {
    if (this.#adapt === false) return false;
    try {
      return (await this.#adapt.agreed(userId)) === true;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new PartitionedAuthorityError('ERR_VERIFIER_FAULT', `interaction.adapt.agreed threw: ${why}`, { cause: error });
    }
  }

  /** For `admit`. Somebody's movement again says nothing of how this user moves. */
  adaptation({ adaptation }: Verdict, seenOfAnyone: boolean): Adaptation | undefined {
    if (!adaptation || !this.#adapt || seenOfAnyone) return undefined;
    return { ...adaptation, ttlMs: this.#adapt.ttlMs };
  }

  /**
   * Whether the movement is anybody's again: one question more to the store, for requests that bring an interaction,
   * before they are admitted. A store that is down refuses.
   */
  async seenOfAnyone({ weighing }: Verdict): Promise<boolean> {
    const movement = weighing?.movement;
    if (!movement || !this.#replays || this.#replays.anyone === 0) return false;
    const { of, signatures, exact } = movement;
    return this.#store.seen({
      of, signatures: signatures.slice(0, exact.first), least: exact.least, ttlMs: this.#replays.ttlMs,
      most: this.#replays.anyone,
    });
  }

  /** For `admit`. */
  evidence({ weighing, weak }: Verdict, seenOfAnyone: boolean): Evidence | undefined {
    if (!weighing) return undefined;
    const { weight, most, doubt, movement } = weighing;
    const { ttlMs, account } = this.#replays || { ttlMs: 0, account: 0 };
    return {
      weight: weight + (seenOfAnyone && movement ? movement.weight : 0),
      most,
      ...(weak ? { limit: doubt } : {}),
      ...(movement && account > 0
        ? {
          movement: {
            of: movement.of, signatures: movement.signatures, least: movement.least, weight: movement.weight, ttlMs,
            most: account, refused: weak !== undefined,
          },
        }
        : {}),
    };
  }
}

/** The interaction of a verdict, with what the store found. */
export function found(verdict: Verdict, admitted: Admitted | undefined, seenOfAnyone: boolean) {
  const { interaction } = verdict;
  if (!interaction) return {};
  const seen: SeenBefore | undefined = admitted?.alike ? 'account' : seenOfAnyone ? 'anyone' : undefined;
  return {
    interaction: {
      ...interaction,
      ...(seen === undefined ? {} : { seen }),
      ...(admitted?.ok ? { session: admitted.session.evidence } : {}),
      ...(admitted?.shift === undefined ? {} : { shift: admitted.shift }),
    },
  };
}

/** The refusal of evidence that is too weak: its code and tier are the policy's, its words for the operator only. */
export function tooWeak(verdict: Verdict, admitted: Admitted | undefined, seenOfAnyone: boolean, changed: object): Refusal {
  const { code = 'ERR_TIER_REQUIRED', tier = verdict.required } = verdict.weak ?? {};
  const why = admitted?.alike || seenOfAnyone
    ? 'the movement was seen before'
    : isWeak(verdict, admitted)
      ? 'interaction weak'
      : "the session's interactions speak for a program";
  const reasons = verdict.interaction?.reasons.join('; ') ?? '';
  return refusal(code as ErrorCode, `${why} (${reasons})`, { tier, ...changed, ...found(verdict, admitted, seenOfAnyone) });
}

/** Whether it is this very interaction that the store found too weak. */
function isWeak({ weighing, adaptation }: Verdict, admitted: Admitted | undefined): boolean {
  if (!weighing || adaptation?.alone === undefined) return false;
  return shifted(weighing.weight, admitted?.shift ?? 0, adaptation.floor) > adaptation.alone;
}
