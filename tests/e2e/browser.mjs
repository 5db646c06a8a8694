// Chromium, as webdriver.json describes it, driven by playwright-core.
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const { binary, args } = JSON.parse(readFileSync(new URL('../../webdriver.json', import.meta.url), 'utf8'))['goog:chromeOptions'];

export const launch = (extra = []) =>
  chromium.launch({ executablePath: binary, args: [...args.filter((arg) => arg !== '--headless'), ...extra], headless: true });

/** A page of the app, connected to its signing frame as `window.pas`. */
export async function open(context, site, options = {}) {
  const page = await context.newPage();
  await page.goto(`${site.appOrigin}/`);
  await connect(page, site, options);
  return page;
}

export async function connect(page, site, options = {}) {
  await page.waitForFunction(() => window.PAS);
  await page.evaluate(async ([signOrigin, options]) => {
    window.pas = await window.PAS.connect({ signOrigin, ...options });
  }, [site.signOrigin, options]);
}

export async function logIn(page, user = 'alice') {
  return page.evaluate(async (user) => {
    await fetch(`/login/${user}`, { method: 'POST' });
    return window.pas.enroll();
  }, user);
}

/** `pas.fetch` in the page: status, code or JSON. */
export const call = (page, url, init) =>
  page.evaluate(async ([url, init]) => {
    const response = await window.pas.fetch(url, init);
    const json = await response.json().catch(() => null);
    return { status: response.status, code: json?.code, json };
  }, [url, init]);

/** The code that a call in the page is refused with. */
export const codeOf = (page, work, argument) =>
  page.evaluate(async ([source, argument]) => {
    try {
      await (0, eval)(`(${source})`)(argument);
      return 'accepted';
    } catch (error) {
      return error.code ?? String(error);
    }
  }, [work.toString(), argument]);
