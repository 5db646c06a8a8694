/** Feeds a Confirm button with what happens to it and to its window. The core decides what counts. */
import { ConfirmButton } from './core.js';
import { type Sight, watchSight } from './sight.js';
import type { View } from './view.js';

/** What of a window must stay as it is for a press to count. */
const place = () => [screenX, screenY, innerWidth, innerHeight, devicePixelRatio, document.visibilityState].join();

const isPress = ({ key }: KeyboardEvent) => key === 'Enter' || key === ' ';

/** Tells whether a text was in view, its beginning and its end: in a small window one of them is scrolled to. */
function reading(text: Element): () => boolean {
  let [start, end] = [false, false];
  return () => {
    const { top, bottom } = text.getBoundingClientRect();
    start ||= top >= 0 && top < innerHeight;
    end ||= bottom > 0 && bottom <= innerHeight;
    return start && end;
  };
}

/**
 * Resolves when a person confirms. `cancelled` requests in a row came before. While a press would not count
 * yet, the button says so to assistive technology and to the eye.
 */
export function confirmed({ confirm: button, panel, text }: View, cancelled: number, framed: boolean): Promise<void> {
  const state = new ConfirmButton(performance.now(), cancelled);
  const stop = new AbortController();
  const { signal } = stop;
  const sight: Sight = framed
    ? watchSight(panel, () => state.disturbed(performance.now()), signal)
    : { clear: () => true };
  const wasRead = reading(text);
  let stood = place();

  /** The time now, after a look at whether the window stayed as it was, and was read. */
  const now = () => {
    const at = performance.now();
    const stands = place();
    if (stands !== stood || !wasRead() || !sight.clear()) {
      stood = stands;
      state.disturbed(at);
    }
    return at;
  };

  const look = () => {
    if (signal.aborted) return;
    button.setAttribute('aria-disabled', String(state.wait(now()) > 0));
    requestAnimationFrame(look);
  };
  look();

  /** The press of a pointer that the core knows of. */
  let pressing: { pointerId: number; button: number } | undefined;

  return new Promise((resolve) => {
    const settle = (counts: boolean) => {
      if (!counts) return;
      stop.abort();
      resolve();
    };
    const on = <K extends keyof WindowEventMap>(
      target: EventTarget,
      type: K,
      listener: (event: WindowEventMap[K]) => void,
    ) => target.addEventListener(type, listener as EventListener, { signal, capture: true });

    on(button, 'pointerdown', (event) => {
      pressing = event;
      state.pointerDown(now(), event.isTrusted);
    });
    on(button, 'keydown', (event) => {
      if (isPress(event)) state.keyDown(now(), event.isTrusted, event.repeat);
    });
    on(button, 'click', (event) => settle(state.click(now(), event.isTrusted, event.detail)));
    on(button, 'keyup', (event) => {
      // The click of the space bar comes after this event.
      if (isPress(event)) setTimeout(() => signal.aborted || settle(state.keyUp(now(), event.isTrusted)));
    });
    // Another finger that leaves the window ends no press of this one.
    on(window, 'pointerup', ({ target, pointerId }) => {
      if (pointerId === pressing?.pointerId && !button.contains(target as Node)) state.released();
    });
    on(window, 'pointercancel', ({ pointerId }) => {
      if (pointerId === pressing?.pointerId) state.released();
    });
    // Of another button than the first no click comes; of one that opens a menu not even its release.
    for (const type of ['auxclick', 'contextmenu'] as const) {
      on(button, type, () => {
        if (pressing && pressing.button !== 0) state.released();
      });
    }
    for (const type of ['blur', 'focus', 'resize'] as const) {
      // Of the window, not of what is in it.
      on(window, type, ({ target }) => {
        if (target === window) state.disturbed(performance.now());
      });
    }
    on(document, 'visibilitychange' as 'focus', () => state.disturbed(performance.now()));
  });
}
