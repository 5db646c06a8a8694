/** Runs one attack on its card and sums its steps up. */
import { FrameRefusal } from './frame-port.mjs';
import { now, sleep } from './time.mjs';

/**
 * An attack is `{ id, title, attacker, expected, prepare?, run }`. `expected` maps the id of each attack step to the
 * codes that a test should see; no code here or in an attack reads it. `prepare` runs within the press of the button.
 *
 * `run(lab)` gets `attack(id, title, attempt)` and `honest(id, title, attempt)`, which perform one step, show its
 * outcome and return it, and `note`, `countdown`, `press` and `prepared`.
 */
export async function runAttack(attack, card, { page, prepared }) {
  const steps = [];
  card.start();
  card.note('Running…', true);
  try {
    await attack.run({
      page,
      prepared,
      pas: page.pas,
      attack: (id, title, attempt) => step('attack', id, title, attempt),
      honest: (id, title, attempt) => step('honest', id, title, attempt),
      note: (text) => card.note(text, true),
      press: card.press,
      countdown,
    });
    if (new Set(steps.map(({ role }) => role)).size < 2) throw new Error('a part of the attack did not run');
  } catch (error) {
    card.addStep({ id: 'failed', role: 'attack', title: 'The attack itself failed', outcome: failed(error) });
    steps.push({ role: 'attack', verdict: 'error', code: '' });
  }
  const result = {
    result: worst(steps, 'attack', 'accepted'),
    twin: worst(steps, 'honest', 'refused'),
    code: codes(steps),
  };
  card.finish(result);
  return result;

  async function step(role, id, title, attempt) {
    const outcome = await attempt().catch((error) => {
      if (error instanceof FrameRefusal) return error.outcome;
      throw error;
    });
    steps.push({ role, verdict: outcome.verdict, code: outcome.code });
    card.addStep({ id, role, title, outcome });
    return outcome;
  }

  /** Waits until `now()` reaches `until`, and says how long that takes. */
  async function countdown(until, what) {
    for (;;) {
      const left = until - now();
      if (left <= 0) return;
      card.note(`${what} ${Math.ceil(left / 1000)} s`, true);
      await sleep(Math.min(left, 250));
    }
  }
}

/** The bad outcome if any step had it, then `error`, then the good one. No step at all is an error. */
function worst(steps, role, bad) {
  const verdicts = steps.filter((step) => step.role === role).map(({ verdict }) => verdict);
  if (verdicts.includes(bad)) return bad;
  if (verdicts.length === 0 || verdicts.includes('error')) return 'error';
  return bad === 'accepted' ? 'refused' : 'accepted';
}

function codes(steps) {
  return steps
    .filter(({ role }) => role === 'attack')
    .map(({ code }) => code)
    .filter(Boolean)
    .join(' ');
}

function failed(error) {
  return {
    verdict: 'error',
    code: typeof error.code === 'string' ? error.code : error.name,
    line: 'script of the attack',
    ms: 0,
    received: String(error.message),
  };
}
