/**
 * The entry of `signing-iframe.js`, for a classic script tag at the signing origin:
 *
 *     <script src="/signing-iframe.js" integrity="sha384-…"
 *       data-app-origin="https://app.example.com" data-sign-origin="https://sign.example.com"></script>
 */
import { startSigningFrame } from './runtime.js';

// Read before anything is awaited: afterwards there is no current script.
const { appOrigin = '', signOrigin = '' } = (document.currentScript as HTMLScriptElement | null)?.dataset ?? {};

startSigningFrame({ appOrigin, signOrigin }).catch((error: unknown) => {
  // The parent learns by its time-out; the operator reads it here.
  console.error('partitioned-authority: the signing frame did not start:', error);
});
