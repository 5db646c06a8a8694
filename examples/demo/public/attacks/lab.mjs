/** The list of attacks on the page, run one by one or all together. */
import { byId, once, say } from '../app/dom.mjs';
import { createCard } from './card.mjs';
import changedBody from './changed-body.mjs';
import changedPath from './changed-path.mjs';
import directKeyAccess from './direct-key-access.mjs';
import foreignFrame from './foreign-frame.mjs';
import forgedInteraction from './forged-interaction.mjs';
import hostilePosts from './hostile-posts.mjs';
import keySubstitution from './key-substitution.mjs';
import replay from './replay.mjs';
import { runAttack } from './runner.mjs';
import sessionFixation from './session-fixation.mjs';
import signedInAdvance from './signed-in-advance.mjs';
import stale from './stale.mjs';
import stolenCookie from './stolen-cookie.mjs';
import wrongClock from './wrong-clock.mjs';

const ATTACKS = [
  stolenCookie,
  replay,
  changedBody,
  changedPath,
  stale,
  forgedInteraction,
  foreignFrame,
  directKeyAccess,
  hostilePosts,
  sessionFixation,
  keySubstitution,
  wrongClock,
  signedInAdvance,
];

export function setUpLab(page) {
  const status = byId('run-all-status');
  let running = 0;

  const entries = ATTACKS.map((attack) => {
    const entry = { attack, card: createCard(attack, () => once(entry.card.button, status, () => run(entry))) };
    return entry;
  });
  byId('attacks').append(...entries.map(({ card }) => card.card));
  byId('run-all').addEventListener('click', () => once(byId('run-all'), status, runAll));

  /** `prepared` comes from the press of the button: a pop-up opens only then. */
  async function run({ attack, card }, prepared = attack.prepare?.()) {
    running += 1;
    page.attacking = true;
    try {
      return await runAttack(attack, card, { page, prepared });
    } finally {
      running -= 1;
      page.attacking = running > 0;
      if (running === 0) await page.refresh().catch(() => {});
    }
  }

  /** In the order of the page; those that mostly wait are started first and collected last. */
  async function runAll() {
    const progress = byId('run-all-progress');
    const results = [];
    progress.hidden = false;
    progress.max = entries.length;
    progress.value = 0;
    say(status, 'Running…');
    const jobs = entries.map((entry) => ({ entry, prepared: entry.attack.prepare?.() }));
    const done = (entry, { result, twin }) => {
      const held = result === 'refused' && twin === 'accepted';
      if (held) entry.card.fold();
      results.push(held);
      progress.value = results.length;
      say(status, `${results.length} of ${entries.length} done.`);
    };
    const perform = async ({ entry, prepared }) => done(entry, await run(entry, prepared));
    const waiting = jobs.filter(({ entry }) => entry.attack.waits).map(perform);
    for (const job of jobs.filter(({ entry }) => !entry.attack.waits)) await perform(job);
    await Promise.all(waiting);
    const held = results.filter(Boolean).length;
    const summary = `${held} of ${entries.length} attacks refused, with their honest twins accepted.`;
    say(status, summary, held === entries.length ? 'good' : 'bad');
    byId('run-all').dataset.state = 'done';
  }
}
