/** When a request is fresh. All bounds are inclusive; times are ms since the epoch. */
import { Refusal } from './refusal.js';
import type { Server, Windows } from './server.js';

const NONCE_LIFETIME = 300_000;

const fail = (code: string) => new Refusal(code, 'not fresh');

function checkRange(created: number): void {
  if (created < 0 || created * 1000 >= 2 ** 53) throw new Refusal('ERR_SIG_PROFILE', 'created is out of range');
}

/** `created·1000 − F ≤ recv ≤ created·1000 + 1000 + W`, wider by `slack`. */
function checkCreated(created: number, recv: number, { future }: Windows, window: number, slack: number): void {
  if (recv + slack < created * 1000 - future) throw fail('ERR_TIME_FUTURE');
  if (recv - slack > created * 1000 + 1000 + window) throw fail('ERR_TIME_STALE');
}

/** `−F ≤ recv − nonce ≤ 300 000 + F`, wider by `slack`. */
function checkNonceAge(nonceMs: number, recv: number, { future }: Windows, slack: number): void {
  if (recv + slack < nonceMs - future) throw fail('ERR_NONCE_INVALID');
  if (recv - slack > nonceMs + NONCE_LIFETIME + future) throw fail('ERR_NONCE_EXPIRED');
}

/**
 * The node's own clock may differ from the store's by D, so that a node refuses only what no clock within D
 * accepts. `nonce` gives the nonce's time of issue, after the time of the request was found good.
 */
export function checkFreshness(
  server: Server,
  window: number,
  created: number,
  nonce: () => number,
): { decide(): void } {
  const { windows, now } = server;
  checkRange(created);
  checkCreated(created, now, windows, window, windows.skew);
  const nonceMs = nonce();
  if (created * 1000 < nonceMs - 1000 - windows.future) throw fail('ERR_TIME_STALE');
  checkNonceAge(nonceMs, now, windows, windows.skew);
  return {
    decide() {
      checkCreated(created, now, windows, window, 0);
      checkNonceAge(nonceMs, now, windows, 0);
    },
  };
}
