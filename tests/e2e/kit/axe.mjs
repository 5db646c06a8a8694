// axe-core, asked about a page as it stands.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds wrong: rule, element, why. All of its rules, best practices included. */
export async function findings(page) {
  // As an expression of the driver, which a page's CSP does not stop.
  await page.evaluate(`${source}; undefined`);
  return page.evaluate(async () => {
    // The signing frame draws nothing; its page is asked by itself.
    const { violations } = await window.axe.run(document, { iframes: false, resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${target}: ${failureSummary}`),
    );
  });
}
