// Which browser the tests run in: Chromium as webdriver.json describes it, or Debian's Firefox ESR, which
// speaks WebDriver BiDi by itself.
import { readFileSync } from 'node:fs';
import { chromium, firefox } from 'playwright-core';

const { binary, args } = JSON.parse(readFileSync(new URL('../../../webdriver.json', import.meta.url), 'utf8'))[
  'goog:chromeOptions'
];

/** Firefox asks its maker about add-ons, portals and settings unless it is told not to. */
const QUIET = {
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.region.network.url': '',
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.getAddons.cache.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
};

const engines = {
  chromium: (extra, options) =>
    chromium.launch({
      executablePath: binary,
      args: [...args.filter((arg) => arg !== '--headless'), ...extra],
      headless: true,
      ...options,
    }),
  firefox: () =>
    firefox.launch({
      executablePath: '/usr/bin/firefox-esr',
      channel: 'moz-firefox',
      headless: true,
      firefoxUserPrefs: QUIET,
    }),
};

export const engine = process.env.PAS_TEST_ENGINE ?? 'chromium';

/** @param {string[]} [extra] arguments of Chromium @param {object} [options] how Chromium is launched */
export const launch = (extra = [], options = {}) => engines[engine](extra, options);
