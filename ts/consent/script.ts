/**
 * The entry of `consent.js`, for a classic script tag of the consent page at the signing origin:
 *
 *     <script src="/consent.js" integrity="sha384-…" data-app-origin="https://app.example.com" data-theme="{}"></script>
 */
import { run } from './page.js';

// Read before anything is awaited: afterwards there is no current script.
const { appOrigin = '', theme = '{}' } = (document.currentScript as HTMLScriptElement | null)?.dataset ?? {};

run({ appOrigin, theme: JSON.parse(theme) }).catch((error: unknown) => {
  // The frame learns by its time-out; the operator reads it here.
  console.error('partitioned-authority: the consent page did not start:', error);
});
