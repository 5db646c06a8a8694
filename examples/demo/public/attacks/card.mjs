/** The card of one attack: what it is, a Run button, and what really happened, step by step. */
import { element } from '../app/dom.mjs';
import { show } from './outcome.mjs';

const OUTCOMES = { refused: ['good', 'refused'], accepted: ['bad', 'ACCEPTED'], error: ['warn', 'no verdict'] };
const TWINS = {
  accepted: ['good', 'honest: accepted'],
  refused: ['bad', 'honest: REFUSED'],
  error: ['warn', 'honest: no verdict'],
};

export function createCard(attack, onRun) {
  const button = element(
    'button',
    { type: 'button', class: 'second', 'aria-label': `Run ${attack.title}`, onclick: onRun },
    'Run',
  );
  const verdicts = element('span', { class: 'attack-verdicts', role: 'status' });
  const note = element('p', { class: 'progress-note', role: 'status' });
  const steps = element('ol', { class: 'steps' });
  const summary = element('summary', {});
  const trace = element('details', { class: 'trace', hidden: true }, summary, steps);
  const card = element(
    'li',
    { id: `attack-${attack.id}`, class: 'attack', 'data-expected': JSON.stringify(attack.expected) },
    element(
      'div',
      { class: 'attack-head' },
      element('div', {}, element('h3', {}, attack.title), element('p', { class: 'quiet' }, attack.attacker)),
      element('div', { class: 'attack-side' }, verdicts, button),
    ),
    note,
    trace,
  );

  return {
    card,
    button,
    /** A line on what is going on; empty to clear it. */
    note(text, busy = false) {
      note.textContent = text;
      note.classList.toggle('busy', busy && text !== '');
    },
    /** Puts a button into the card, and resolves with the trusted press of it. */
    press(label) {
      return new Promise((resolve) => {
        const ask = element('button', { type: 'button', class: 'press-here' }, label);
        ask.addEventListener('click', (event) => {
          if (!event.isTrusted) return;
          ask.remove();
          resolve();
        });
        note.textContent = 'Waiting for your press.';
        note.after(ask);
        ask.focus();
      });
    },
    start() {
      for (const name of ['result', 'code', 'twin']) delete card.dataset[name];
      card.dataset.state = 'running';
      verdicts.replaceChildren();
      steps.replaceChildren();
      trace.hidden = true;
      trace.open = true;
    },
    addStep(step) {
      steps.append(drawStep(step));
      summary.textContent = steps.childElementCount === 1 ? '1 step' : `${steps.childElementCount} steps`;
      trace.hidden = false;
    },
    /** Hides the steps behind their summary. */
    fold() {
      trace.open = false;
    },
    finish(result) {
      Object.assign(card.dataset, result, { state: 'done' });
      verdicts.replaceChildren(chip(OUTCOMES[result.result]), ' ', chip(TWINS[result.twin]));
      this.note('');
    },
  };
}

function drawStep({ id, role, title, outcome }) {
  const { verdict, code, line, status, ms, sent, received } = outcome;
  const answer = [status, code].filter(Boolean).join(' ') || verdict;
  return element(
    'li',
    { class: 'step', 'data-step': id, 'data-role': role, 'data-result': verdict, 'data-code': code },
    element('p', { class: 'step-title' }, element('b', {}, role === 'honest' ? 'Honest twin: ' : 'Attack: '), title),
    chip(role === 'honest' ? [TWINS[verdict][0], verdict === 'refused' ? 'REFUSED' : verdict] : OUTCOMES[verdict]),
    element(
      'p',
      { class: 'step-wire' },
      element('code', {}, line),
      ' → ',
      element('code', { class: 'chip' }, answer),
      element('span', {}, `${ms.toFixed(1)} ms`),
    ),
    (sent || received) &&
      element(
        'details',
        {},
        element('summary', {}, 'What was sent, and what came back'),
        sent && Object.keys(sent).length > 0 && element('pre', { tabindex: 0 }, lines(sent)),
        element('pre', { tabindex: 0 }, pretty(received)),
      ),
  );
}

function chip([kind, text]) {
  return element('span', { class: 'outcome', 'data-kind': kind }, text);
}

function lines(headers) {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : show(value)}`)
    .join('\n');
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return String(text ?? '');
  }
}
