// Drivers as their users call them. Each opens a browser and gives `run(text)`, which runs a text in the page, and its
// ways to click. None may rest on `navigator.webdriver`: it is switched off.
import { readFileSync } from 'node:fs';
import { createCursor } from 'ghost-cursor';
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { Builder, By } from 'selenium-webdriver';
import chrome from 'selenium-webdriver/chrome.js';

const { binary, args: given } = JSON.parse(readFileSync(new URL('../../../webdriver.json', import.meta.url), 'utf8'))[
  'goog:chromeOptions'
];
const hidden = '--disable-blink-features=AutomationControlled';
const args = [...given.filter((arg) => arg !== '--headless'), hidden, '--window-size=1100,800'];

async function openPuppeteer(url) {
  const browser = await puppeteer.launch({
    executablePath: binary,
    args,
    headless: true,
    ignoreDefaultArgs: ['--enable-automation'],
  });
  const page = await browser.newPage();
  await page.setViewport({ width: 1000, height: 700 });
  await page.goto(url);
  const cursor = createCursor(page, { x: 30, y: 30 });
  return {
    run: (text) => page.evaluate(text),
    close: () => browser.close(),
    ways: {
      'puppeteer, default click': () => page.click('#go'),
      'puppeteer, click with a delay of 80 ms': () => page.click('#go', { delay: 80 }),
      'puppeteer, mouse.move in 25 steps': async ({ x, y }) => {
        await page.mouse.move(x, y, { steps: 25 });
        await page.mouse.down();
        await new Promise((resolve) => setTimeout(resolve, 70));
        await page.mouse.up();
      },
      'ghost-cursor': () => cursor.click('#go'),
    },
  };
}

async function openPlaywright(url) {
  const browser = await chromium.launch({
    executablePath: binary,
    args,
    headless: true,
    ignoreDefaultArgs: ['--enable-automation'],
  });
  const page = await browser.newPage({ viewport: { width: 1000, height: 700 } });
  await page.goto(url);
  return {
    run: (text) => page.evaluate(text),
    close: () => browser.close(),
    ways: {
      'playwright, default click': () => page.click('#go'),
      'playwright, click with a delay of 80 ms': () => page.click('#go', { delay: 80 }),
      'playwright, mouse.move in 25 steps': async ({ x, y }) => {
        await page.mouse.move(x, y, { steps: 25 });
        await page.mouse.down();
        await new Promise((resolve) => setTimeout(resolve, 70));
        await page.mouse.up();
      },
    },
  };
}

async function openSelenium(url) {
  const options = new chrome.Options();
  options.setChromeBinaryPath(binary);
  options.addArguments('--headless=new', ...args);
  options.excludeSwitches('enable-automation');
  const driver = await new Builder()
    .forBrowser('chrome')
    .setChromeOptions(options)
    .setChromeService(new chrome.ServiceBuilder('/usr/bin/chromedriver'))
    .build();
  await driver.manage().setTimeouts({ script: 120_000 });
  await driver.get(url);
  return {
    run: (text) =>
      driver.executeAsyncScript(
        `const done = arguments[arguments.length - 1]; Promise.resolve(${text}).then(done, (error) => done({ error: String(error) }));`,
      ),
    close: () => driver.quit(),
    ways: {
      'selenium, default click': () => driver.findElement(By.css('#go')).click(),
      'selenium, Actions: move, then click': async () => {
        const origin = await driver.findElement(By.css('#go'));
        await driver.actions({ async: true }).move({ origin, duration: 400 }).click().perform();
      },
    },
  };
}

export const drivers = [openPuppeteer, openPlaywright, openSelenium];
