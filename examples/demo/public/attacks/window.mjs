/** How old a signature may be, as the server publishes it, and the second that `created` is rounded by. Milliseconds. */
export async function staleAfter() {
  const { windows } = await (await fetch('/.well-known/partitioned-authority')).json();
  return windows.signedMs + 1000;
}

/** Past any rounding: what a held signature waits on top. */
export const MARGIN_MS = 1500;
