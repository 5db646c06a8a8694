// Drives real browsers against a real server: every click is signed and scored end to end.
import { readFileSync } from 'node:fs';
import { startSite } from '../../e2e/kit/site.mjs';
import { drivers } from './drivers.mjs';
import { arm, outcome, prepare } from './page.mjs';

/** Where the button is put, in turn; far apart, none of them where the pointer begins. */
const PLACES = [
  [610, 420],
  [140, 130],
  [720, 90],
  [260, 520],
  [480, 260],
  [80, 380],
  [790, 560],
  [350, 70],
];

/**
 * `clicks` clicks of each way of each driver, each in a page and a session of its own if `fresh`.
 *
 * @returns way → { kind, band, score, plausible, reasons, status, code }[]
 */
export async function capture({ clicks = 8, mode = 'private', only = /./ } = {}) {
  const found = new Map();
  const site = await startSite({ interaction: { onWeak: 'audit', replays: false } });
  try {
    for (const open of drivers) {
      const browser = await open(`${site.appOrigin}/`);
      try {
        await browser.run(prepare(site.signOrigin, mode, 'alice'));
        for (const [way, click] of Object.entries(browser.ways).filter(([name]) => only.test(name))) {
          const rows = [];
          for (let turn = 0; turn < clicks; turn += 1) {
            const [x, y] = PLACES[turn % PLACES.length];
            await browser.run(arm(x, y));
            site.forget();
            await click({ x: x + 60, y: y + 18 });
            const { status, code } = await browser.run(outcome);
            // What a client is not told, the audit is.
            const { interaction } = site.decisions.findLast(({ action }) => action === 'act') ?? {};
            rows.push({ status, code, ...interaction });
          }
          found.set(way, rows);
        }
      } finally {
        await browser.close();
      }
    }
    return found;
  } finally {
    await site.close();
  }
}

/** What the score of an interaction is in bits of evidence for a program. */
export const bitsOf = ({ score }) => Math.log2(1 / score - 1);

const weights = readFileSync(new URL('../../../src/evidence/model/weights.rs', import.meta.url), 'utf8');

/** More evidence than this is against at most 0.3 % of people's movements: the third of the model's limits. */
export const LIMIT_BITS =
  Number([...(/LIMITS[^=]*= \[(.*?)\];/s.exec(weights)?.[1] ?? '').matchAll(/Evidence\((-?\d+)\)/g)][2]?.[1]) / 256;

/** Caught by this click alone, at that limit. */
export const isCaught = (row) => row.band === 'mechanical' || bitsOf(row) > LIMIT_BITS;
