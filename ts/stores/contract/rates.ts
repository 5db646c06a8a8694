/** Rates: the same algorithm in every store, whatever language the store counts in. */
import { type Rate, type RateState, rateSpend, rateState, rateWait } from '../../shared/meter.js';
import type { Session } from '../types.js';
import { cases } from './cases.js';
import { holds, same } from './checks.js';
import { FREE, HOUR, type Lab, codeOf } from './lab.js';

/** Stores may count in whole ms. */
const ROUNDING_MS = 1;

function between(value: number, least: number, most: number, what: string): void {
  holds(value >= least && value <= most, `${what} is ${value}, not ${least} to ${most}`);
}

/** One limit as it must be. */
class Model {
  #full = 0;

  wait(now: number, rate: Rate): number {
    return rateWait(this.#full, now, rate);
  }

  /** Counts a request that was accepted, and holds that it could be, and what it was told. */
  spend(now: number, rate: Rate, told: RateState): void {
    holds(this.wait(now, rate) <= ROUNDING_MS, `accepted ${this.wait(now, rate)} ms early`);
    this.#full = rateSpend(this.#full, now, rate);
    this.tells(now, now, rate, told);
  }

  /** Holds what is told of the limit at some time between two. */
  tells(before: number, after: number, rate: Rate, told: RateState | undefined): void {
    const most = rateState(this.#full, after + ROUNDING_MS, rate);
    const least = rateState(this.#full, before - ROUNDING_MS, rate);
    const { remaining, resetMs } = told ?? { remaining: NaN, resetMs: NaN };
    between(resetMs, most.resetMs, least.resetMs, 'resetMs');
    between(remaining, least.remaining, most.remaining, 'remaining');
  }
}

/** Asks `count` times with pauses in between; holds every answer to the models. */
async function follow(
  lab: Lab,
  session: Session,
  count: number,
  pause: (turn: number) => number,
  rates: { session: Rate; account: Rate },
) {
  const [own, account] = [new Model(), new Model()];
  const seen = { accepted: 0, refused: 0 };
  for (let turn = 0; turn < count; turn += 1) {
    const { before, answer, after } = await lab.timed(() =>
      lab.admit(session, { sessionRate: rates.session, accountRate: rates.account }),
    );
    if (answer.ok) {
      own.spend(answer.session.lastSeenAt, rates.session, answer.rates.session);
      account.spend(answer.session.lastSeenAt, rates.account, answer.rates.account);
      seen.accepted += 1;
    } else {
      same(answer.code, 'ERR_RATE_LIMITED', 'the refusal');
      const wait = (now: number) => Math.max(own.wait(now, rates.session), account.wait(now, rates.account));
      const told = answer.retryAfterMs ?? 0;
      holds(told > 0, `retryAfterMs is ${told}`);
      between(told, wait(after) - ROUNDING_MS, wait(before) + ROUNDING_MS, 'retryAfterMs');
      own.tells(before, after, rates.session, answer.rates?.session);
      account.tells(before, after, rates.account, answer.rates?.account);
      seen.refused += 1;
    }
    const rest = pause(turn);
    if (rest > 0) await lab.until(after + rest);
  }
  return seen;
}

export const rateCases = [
  ...cases({
    'a rate of a session is a burst, and then what time brings back': async (lab) => {
      const rate = { limit: 5, windowMs: 2 * lab.unit };
      // The pauses are uneven against the 2/5 of a unit that one request costs.
      const pause = (turn: number) => (turn < 8 ? 0 : (turn % 4) * lab.unit * 0.17);
      const seen = await follow(lab, await lab.session(), 24, pause, { session: rate, account: FREE });
      holds(seen.accepted >= 5, 'the burst was not let through');
    },

    'a rate of an account is a burst, and then what time brings back': async (lab) => {
      const rate = { limit: 7, windowMs: lab.unit };
      const pause = (turn: number) => (turn < 9 ? 0 : (turn % 3) * lab.unit * 0.11);
      const seen = await follow(lab, await lab.session(), 24, pause, { session: FREE, account: rate });
      holds(seen.accepted >= 7, 'the burst was not let through');
    },

    'who waits as long as told is let in': async (lab) => {
      const rate = { limit: 3, windowMs: lab.unit };
      const session = await lab.session();
      for (const name of ['sessionRate', 'accountRate'] as const) {
        let refusals = 0;
        for (let turn = 0; turn < 12 && refusals < 2; turn += 1) {
          const { answer, after } = await lab.timed(() => lab.admit(session, { [name]: rate }));
          if (answer.ok) continue;
          same(answer.code, 'ERR_RATE_LIMITED', 'the refusal');
          refusals += 1;
          await lab.until(after + Math.ceil(answer.retryAfterMs ?? 0));
          await lab.accepted(session, { [name]: rate });
        }
      }
    },

    'a session has a rate of its own, an account one for all its sessions': async (lab) => {
      const first = await lab.session();
      const second = await lab.session({ slot: first.slot, userId: first.userId });
      const rate = { limit: 2, windowMs: HOUR };
      for (let turn = 0; turn < 2; turn += 1) await lab.accepted(first, { sessionRate: rate });
      same(codeOf(await lab.admit(first, { sessionRate: rate })), 'ERR_RATE_LIMITED', 'the first session');
      for (let turn = 0; turn < 2; turn += 1) await lab.accepted(second, { sessionRate: rate });
      same(codeOf(await lab.admit(second, { sessionRate: rate })), 'ERR_RATE_LIMITED', 'the second session');

      const one = await lab.session();
      const two = await lab.session({ slot: one.slot, userId: one.userId });
      await lab.accepted(one, { accountRate: rate });
      await lab.accepted(two, { accountRate: rate });
      for (const session of [one, two]) {
        same(codeOf(await lab.admit(session, { accountRate: rate })), 'ERR_RATE_LIMITED', 'the account');
      }
      await lab.accepted(await lab.session(), { accountRate: rate });
    },

    'of many requests at once, no more are accepted than the rate lets': async (lab) => {
      for (const [name, limit] of [
        ['sessionRate', 10],
        ['accountRate', 20],
      ] as const) {
        const session = await lab.session();
        const outcomes = await Promise.all(
          Array.from({ length: 60 }, () => lab.admit(session, { [name]: { limit, windowMs: 1_000 * HOUR } })),
        );
        same(outcomes.filter(({ ok }) => ok).length, limit, name);
      }
    },
  }),

  ...cases(
    {
      'rates agree with the rule to the ms': async (lab) => {
        for (const [limit, windowMs] of [
          [3, 10_000],
          [600, 60_000],
          [7, 1_000],
        ] as const) {
          const rate = { limit, windowMs };
          const pause = (turn: number) => [0, 0, 1, 0, 33, 0, 0, 142, 0, 1_000, 0, 3_333][turn % 12] as number;
          await follow(lab, await lab.session(), 50, pause, { session: rate, account: FREE });
          await follow(lab, await lab.session(), 50, pause, { session: FREE, account: rate });
        }
      },

      'the whole limit is there again when it should be': async (lab) => {
        const rate = { limit: 4, windowMs: 8_000 };
        const session = await lab.session();
        for (let turn = 0; turn < 4; turn += 1) await lab.accepted(session, { sessionRate: rate });
        const { rates } = await lab.accepted(await lab.session(), { sessionRate: rate });
        same(rates.session, { remaining: 3, resetMs: 2_000 }, 'a first request');
        const refused = await lab.admit(session, { sessionRate: rate });
        same(
          refused.ok ? [] : [refused.code, refused.retryAfterMs, refused.rates?.session],
          ['ERR_RATE_LIMITED', 2_000, { remaining: 0, resetMs: 8_000 }],
          'one too many',
        );
        await lab.advance(8_000);
        for (let turn = 3; turn >= 0; turn -= 1) {
          const { rates: left } = await lab.accepted(session, { sessionRate: rate });
          same(left.session, { remaining: turn, resetMs: (4 - turn) * 2_000 }, 'after the window');
        }
      },
    },
    'advance',
  ),
];
