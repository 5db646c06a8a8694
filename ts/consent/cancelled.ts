/**
 * How often in a row requests were not confirmed: each makes the next one wait longer before Confirm works.
 * Kept by the signing origin, so that a page can't start anew with another frame or tab.
 */
const KEY = 'partitioned-authority-cancelled';

/** After so long they no longer count, ms. */
const FORGOTTEN_MS = 10 * 60_000;

export function cancelledCount(now: number): number {
  try {
    const { count, at } = JSON.parse(localStorage.getItem(KEY) ?? '{}') as { count?: unknown; at?: unknown };
    return typeof count === 'number' && typeof at === 'number' && Math.abs(now - at) < FORGOTTEN_MS ? count : 0;
  } catch {
    // A browser that stores nothing, or a text that is not ours: as if nothing had been cancelled.
    return 0;
  }
}

export function setCancelled(count: number, now: number): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ count, at: now }));
  } catch {
    // Nothing can be stored.
  }
}
