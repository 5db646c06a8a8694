/** The signing origin: the page that signs, the page that asks a person, their scripts and their headers. */
import type { Settings } from './options.js';
import type { Reply } from './reply.js';

/** Where the script of the signing page is served. */
export const SCRIPT_PATH = '/signing-iframe.js';

/** Where the script of the consent page is served. */
export const CONSENT_SCRIPT_PATH = '/consent.js';

/** A static answer of the signing origin, for those who host it by other means. */
export interface SigningPage extends StaticPage {
  /** The page at `/consent`, a window in which a person confirms; `consent.js` is its script. */
  consent: StaticPage;
  /** The page at `/consent-frame`, for actions that name `surface: 'frame'`. */
  consentFrame: StaticPage;
}

/** A page and its headers. */
export interface StaticPage {
  html: string;
  headers: [string, string][];
  /** Subresource integrity of its script. */
  integrity: string;
}

const common: [string, string][] = [
  ['cross-origin-resource-policy', 'same-site'],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cache-control', 'no-cache'],
];

/** The scripts and their hashes, loaded when first asked for: they are of no use to an app origin. */
const scripts = {
  [SCRIPT_PATH]: () => import('./signing-script.js'),
  [CONSENT_SCRIPT_PATH]: () => import('./consent-script.js'),
};

interface PageForm {
  title: string;
  path: keyof typeof scripts;
  data: Record<string, string>;
  /** Where the page may connect to, and who may frame it. */
  connect: string;
  ancestors: string;
  headers?: [string, string][];
  /** Further elements of the head. */
  head?: string;
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

async function page({ title, path, data, connect, ancestors, headers = [], head = '' }: PageForm): Promise<StaticPage> {
  const { integrity } = await scripts[path]();
  const csp = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    `connect-src ${connect}`,
    `frame-ancestors ${ancestors}`,
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ];
  const attributes = Object.entries(data)
    .map(([name, value]) => ` data-${name}="${escaped(value)}"`)
    .join('');
  return {
    integrity,
    headers: [
      ['content-type', 'text/html; charset=utf-8'],
      ['content-security-policy', csp.join('; ')],
      ['cross-origin-embedder-policy', 'require-corp'],
      ['origin-agent-cluster', '?1'],
      ...headers,
      ...common,
    ],
    html:
      `<!doctype html><html lang="en"><head><meta charset="utf-8">${head}<title>${title}</title></head><body>` +
      `<script src="${path}" integrity="${integrity}"${attributes}></script></body></html>\n`,
  };
}

const frame = ({ appOrigin, signOrigin }: Settings) =>
  page({
    title: 'Signing frame',
    path: SCRIPT_PATH,
    data: { 'app-origin': appOrigin, 'sign-origin': signOrigin },
    connect: `${appOrigin}/.pas/`,
    ancestors: appOrigin,
  });

/** What is drawn there comes from the frame, by BroadcastChannel: the page itself connects to nothing. */
const consent = ({ appOrigin, app }: Settings, ancestors: string) =>
  page({
    title: 'Confirm',
    path: CONSENT_SCRIPT_PATH,
    data: { 'app-origin': appOrigin, theme: JSON.stringify(app.theme) },
    head: '<meta name="viewport" content="width=device-width, initial-scale=1">',
    connect: "'none'",
    ancestors,
    // Whoever opens it can't reach it, and does not choose which part of it is in view. In a frame the former says nothing.
    headers: [
      ['document-policy', 'force-load-at-top'],
      ['cross-origin-opener-policy', 'same-origin'],
    ],
  });

/** A window that nobody frames. */
const consentWindow = (settings: Settings) => consent(settings, "'none'");

const consentFrame = (settings: Settings) => consent(settings, settings.appOrigin);

/** The pages of the signing origin, with the headers they need. */
export async function signingPage(settings: Settings): Promise<SigningPage> {
  return {
    ...(await frame(settings)),
    consent: await consentWindow(settings),
    consentFrame: await consentFrame(settings),
  };
}

const pages: Record<string, (settings: Settings) => Promise<StaticPage>> = {
  '/': frame,
  '/consent': consentWindow,
  '/consent-frame': consentFrame,
};

/** Serves the whole signing origin. */
export async function serveSigning(settings: Settings, method: string, path: string): Promise<Reply> {
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 405, headers: [...common, ['allow', 'GET, HEAD']], body: null };
  const only = (body: string) => (method === 'HEAD' ? null : body);
  if (Object.hasOwn(pages, path)) {
    const { html, headers } = await (pages[path] as typeof frame)(settings);
    return { status: 200, headers, body: only(html) };
  }
  if (Object.hasOwn(scripts, path)) {
    const { source, integrity } = await scripts[path as keyof typeof scripts]();
    const headers: [string, string][] = [
      ['content-type', 'text/javascript; charset=utf-8'],
      ['etag', `"${integrity}"`],
      ...common,
    ];
    return { status: 200, headers, body: only(source) };
  }
  return { status: 404, headers: common, body: null };
}
