/**
 * What a dialog in a frame can tell of how it is seen. Evidence, no boundary: a page that masks, clips or
 * moves its frame at the right moment is not found out.
 */
export interface Sight {
  /** Whether, as far as can be told, the dialog stands there whole and uncovered, where it stood before. */
  clear(): boolean;
}

/** `trackVisibility` is of Chromium; other engines report the ratio alone. */
interface ObserverInit extends IntersectionObserverInit {
  trackVisibility: boolean;
  delay: number;
}

export function watchSight(panel: HTMLElement, onChange: () => void, signal: AbortSignal): Sight {
  let seen = false;
  let offset: [number, number] | undefined;
  const observer = new IntersectionObserver(
    (entries) => {
      const entry = entries.at(-1) as (IntersectionObserverEntry & { isVisible?: boolean }) | undefined;
      const now = entry !== undefined && entry.intersectionRatio >= 0.99 && (entry.isVisible ?? true);
      if (now !== seen) onChange();
      seen = now;
    },
    { threshold: [0, 0.5, 0.9, 0.99, 1], trackVisibility: true, delay: 100 } as ObserverInit,
  );
  observer.observe(panel);
  signal.addEventListener('abort', () => observer.disconnect());
  // Where the frame is on the screen, as far as pointers tell: one that moves between two of them was moved.
  for (const type of ['pointermove', 'pointerdown', 'pointerup'] as const) {
    addEventListener(
      type,
      ({ screenX, screenY, clientX, clientY }) => {
        const at: [number, number] = [screenX - clientX, screenY - clientY];
        // Positions are rounded, each in its own way.
        if (!offset || at.some((value, axis) => Math.abs(value - (offset?.[axis] ?? 0)) > 2)) onChange();
        offset = at;
      },
      { signal, capture: true },
    );
  }
  return { clear: () => seen };
}
