// WebKitGTK against the site of the end-to-end tests, over https: it takes no Secure cookies over http.
import { readFileSync } from 'node:fs';
import { after, before } from 'node:test';
import { connect, logIn } from '../../e2e/kit/browser.mjs';
import { startSite } from '../../e2e/kit/site.mjs';
import { makeCertificate } from '../../proxy/kit/certificate.mjs';
import { launch } from './driver.mjs';

/** One driver for a file; every test gets a site and a browser that shares nothing. */
export function createStage() {
  let driver;
  let tls;
  before(async () => {
    const { cert, key } = makeCertificate({ after }, ['app.pas.localhost', 'sign.pas.localhost']);
    tls = { cert: readFileSync(cert), key: readFileSync(key) };
    driver = await launch();
  });
  after(() => driver?.close());

  /** A site and a browser, closed with the test `t`. */
  async function site(t, options = {}) {
    const opened = await startSite({ tls, ...options });
    t.after(() => opened.close());
    const browser = await driver.open();
    t.after(() => browser.close());
    return { site: opened, browser };
  }

  /** A site and a page where `user` is logged in; nobody if it is null. */
  async function session(t, { user = 'alice', ...options } = {}) {
    const stage = await site(t, options);
    const page = await open(stage.browser, stage.site);
    const enrolled = user === null ? undefined : await logIn(page, user);
    return { ...stage, page, enrolled };
  }

  return { site, session };
}

/** A page of the app, connected to its signing frame as `window.pas`. */
export async function open(browser, site) {
  const page = await browser.newPage();
  await page.goto(`${site.appOrigin}/`);
  await connect(page, site);
  return page;
}

/** The signing frame of a page. */
export const frameOf = (page, site) => page.frame(`${site.signOrigin}/`);
