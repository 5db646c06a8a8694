/** The signing origin: one page, one script, and their headers. */
import type { Settings } from './options.js';
import type { Reply } from './reply.js';

/** Where the script of the signing page is served. */
export const SCRIPT_PATH = '/signing-iframe.js';

/** A static answer of the signing origin, for those who host it by other means. */
export interface SigningPage {
  html: string;
  headers: [string, string][];
  /** Subresource integrity of `signing-iframe.js`. */
  integrity: string;
}

const common: [string, string][] = [
  ['cross-origin-resource-policy', 'same-site'],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cache-control', 'no-cache'],
];

/** The script and its hash, loaded when first asked for: it is of no use to an app origin. */
const script = () => import('./signing-script.js');

/** The page that pages of the app frame, with the headers it needs. */
export async function signingPage({ appOrigin, signOrigin }: Settings): Promise<SigningPage> {
  const { integrity } = await script();
  const csp = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    `connect-src ${appOrigin}/.pas/`,
    `frame-ancestors ${appOrigin}`,
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return {
    integrity,
    headers: [
      ['content-type', 'text/html; charset=utf-8'],
      ['content-security-policy', csp.join('; ')],
      ['cross-origin-embedder-policy', 'require-corp'],
      ['origin-agent-cluster', '?1'],
      ...common,
    ],
    html:
      '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Signing frame</title></head><body>' +
      `<script src="${SCRIPT_PATH}" integrity="${integrity}" ` +
      `data-app-origin="${appOrigin}" data-sign-origin="${signOrigin}"></script></body></html>\n`,
  };
}

/** Serves the whole signing origin. */
export async function serveSigning(settings: Settings, method: string, path: string): Promise<Reply> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, headers: [...common, ['allow', 'GET, HEAD']], body: null };
  const only = (body: string) => (method === 'HEAD' ? null : body);
  if (path === '/') {
    const { html, headers } = await signingPage(settings);
    return { status: 200, headers, body: only(html) };
  }
  if (path === SCRIPT_PATH) {
    const { source, integrity } = await script();
    const headers: [string, string][] = [
      ['content-type', 'text/javascript; charset=utf-8'], ['etag', `"${integrity}"`], ...common,
    ];
    return { status: 200, headers, body: only(source) };
  }
  return { status: 404, headers: common, body: null };
}
