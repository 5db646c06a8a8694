// What our frame signs in a real Chromium, as it reached the server: both libraries verify it, and verify
// no copy of it in which one bit of a covered part is another.
import { acted, arm, call, keyPress, launch, logIn, mousePress, open } from '../../e2e/kit/browser.mjs';
import { startSite } from '../../e2e/kit/site.mjs';
import { thumbprint } from '../../node/kit/signer.mjs';
import { BODIES, FETCHES, JSON_TYPE, NAMED, URLS } from './frame-requests.mjs';
import { fieldOf, oneBitOff } from './one-bit-off.mjs';

const PRESSES = [
  ['a proof of a mouse press', (page) => mousePress(page)],
  ['a proof of a key press', (page) => keyPress(page, 'Enter')],
];

/** A page of the app in a browser of its own. `keys` gives the public keys that its frame made. */
async function openApp(scope, site, args = []) {
  scope.after(() => site.close());
  const browser = await launch(args);
  scope.after(() => browser.close());
  const context = await browser.newContext();
  context.setDefaultTimeout(15_000);
  const learned = [];
  // From the frame's own requests: nothing of ours stands between it and the libraries.
  context.on('request', (request) => {
    if (/\/\.pas\/(enrol|rekey)$/.test(request.url())) learned.push(JSON.parse(request.postData()).jwk);
  });
  const page = await open(context, site);
  await logIn(page);
  const named = async (jwk) => ({ alg: 'ecdsa-p256-sha256', keyid: await thumbprint(jwk), jwk });
  return { page, keys: () => Promise.all(learned.map(named)) };
}

/** The latest signed request, as it reached the server. */
function arrived(site) {
  const { method, url, headers } = site.requests.findLast(({ headers }) => 'signature' in headers);
  return { method, url: `http://${headers.host}${url}`, fields: Object.entries(headers) };
}

/** Records what was signed one after the other, with what the libraries say to it and to its changed copies. */
function recorder(site, keys, peers) {
  const rows = [];
  const seen = new Set();
  /** `answer` is what the page got; it names the content that a handler was given. */
  const record = async (what, { status, json }) => {
    const message = arrived(site);
    const body = json?.body === undefined ? undefined : Buffer.from(json.body, 'base64');
    const signature = fieldOf(message, 'signature');
    if (seen.has(signature)) throw new Error(`${what}: nothing new was signed`);
    seen.add(signature);
    const copies = oneBitOff(message);
    const served = status >= 200 && status < 300;
    const row = { what, changed: copies.length, found: { served }, expected: { served: true } };
    for (const peer of peers) {
      const known = await keys();
      // With the content, of which PyPI's checks the digest too.
      const refused = await peer.verify({ ...message, body }, { keys: known });
      const taken = [];
      for (const [part, copy] of copies) if (!(await peer.verify(copy, { keys: known }))) taken.push(part);
      row.found[peer.short] = { refused, taken };
      row.expected[peer.short] = { refused: undefined, taken: [] };
    }
    rows.push(row);
  };
  return { rows, record };
}

/** Everything that the frame signs for a page and for itself. */
export async function frameSigned(scope, peers) {
  const site = await startSite();
  const { page, keys } = await openApp(scope, site);
  const { rows, record } = recorder(site, keys, peers);

  await record('the frame: enrolment', { status: 200 });
  for (const [what, target, init] of FETCHES) await record(what, await call(page, target, init));
  for (const [what, make] of BODIES) {
    const answer = await page.evaluate(async (source) => {
      const body = (0, eval)(`(${source})`)();
      const response = await window.pas.fetch('/any', { method: 'POST', body, duplex: 'half' });
      return { status: response.status, json: await response.json() };
    }, make.toString());
    await record(what, answer);
  }
  for (const [what, spell] of URLS) await record(what, await call(page, spell(site.appOrigin)));
  for (const [what, press] of PRESSES) {
    await arm(page, { body: '{"amount":1}', headers: JSON_TYPE });
    await press(page);
    await record(what, await acted(page));
  }
  const sent = await page.evaluate(async () => {
    const request = await window.pas.sign('/any?signed=first', { method: 'POST', body: 'sent later' });
    const response = await fetch(request);
    return { status: response.status, json: await response.json() };
  });
  await record('signed first, sent by the page', sent);

  await page.evaluate(() => window.pas.ticketUrl('/api/file'));
  await record('the frame: a ticket', { status: 200 });
  await page.evaluate(() => window.pas.rotateKey());
  await record('the frame: a rotation', { status: 200 });
  await record('a request under the new key', await call(page, '/any?after=rotation'));

  await logIn(page, 'bob');
  await record('the frame: enrolment of a second account', { status: 200 });
  await record('a request of the second account', await call(page, '/any?second'));
  await page.evaluate(() => window.pas.logout());
  await record('the frame: log-out', { status: 204 });
  return rows;
}

/** What the frame signs where the host has an internationalised name and no port. */
export async function frameSignedAtName(scope, peers) {
  const { appOrigin, signOrigin, urls } = NAMED;
  const started = await startSite({ appOrigin, signOrigin, csp: { 'frame-src': signOrigin } });
  const site = { ...started, appOrigin, signOrigin };
  const rule = (origin, port) => `MAP ${new URL(origin).hostname}:80 127.0.0.1:${port}`;
  const rules = [rule(appOrigin, site.appPort), rule(signOrigin, site.signPort)].join(',');
  const { page, keys } = await openApp(scope, site, [`--host-resolver-rules=${rules}`]);
  const { rows, record } = recorder(site, keys, peers);
  for (const [what, url] of urls) await record(what, await call(page, url));
  return rows;
}
