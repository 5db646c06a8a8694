/** What the server got with the last transfer: the trail, its verdict, the signed bytes. */
import { byId, element } from './dom.mjs';
import { plotTrail } from './plot.mjs';

export function showEvidence({ trail, tier, interaction, consent, signed }) {
  byId('evidence-empty').hidden = true;
  byId('evidence-body').hidden = false;
  byId('trajectory').replaceChildren(...plotTrail(trail));
  byId('verdict').replaceChildren(...(consent ? [confirmation(consent)] : []), verdict(tier, interaction));
  byId('signed-bytes').textContent = signed?.base ?? '';
  byId('signed-headers').replaceChildren(
    ...Object.entries(signed?.headers ?? {}).flatMap(([name, value]) => [
      element('dt', {}, name),
      element('dd', {}, value),
    ]),
  );
}

export function clearEvidence() {
  byId('evidence-empty').hidden = false;
  byId('evidence-body').hidden = true;
}

/** What a person confirmed, as the server read it out of the very bytes that were signed. */
function confirmation({ values, language, surface, verified }) {
  return element(
    'dl',
    { class: 'facts', 'data-consent': surface },
    ...fact('Confirmed', chip('good', verified ? 'by a person, with a passkey' : 'by a person')),
    ...fact('Shown', Object.values(values).join(', ')),
    ...fact('Where', `a ${surface} of the signing origin, in ${language}`),
  );
}

function verdict(tier, interaction) {
  if (!interaction) return element('p', {}, `Accepted as ${tier}, without an interaction.`);
  const { kind, score, plausible, reasons, ageMs, samples, features } = interaction;
  return element(
    'div',
    { 'data-plausible': plausible, 'data-score': score, 'data-kind': kind },
    element(
      'dl',
      { class: 'facts' },
      ...fact('Verdict', plausible ? chip('good', 'plausible') : chip('bad', 'not plausible')),
      ...fact('Score', `${score.toFixed(2)} of 1`),
      ...fact('Kind', kind),
      ...fact('Age', `${Math.round(ageMs)} ms`),
      ...fact('Samples', String(samples)),
      ...fact('Reasons', element('ul', {}, ...reasons.map((reason) => element('li', {}, reason)))),
    ),
    features && measured(features),
  );
}

function measured(features) {
  const rows = Object.entries(features).filter(([, value]) => typeof value !== 'object' || value === null);
  return element(
    'details',
    {},
    element('summary', {}, 'What it measured'),
    element('dl', { class: 'facts' }, ...rows.flatMap(([name, value]) => fact(name, short(value)))),
  );
}

function short(value) {
  return typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value);
}

function chip(kind, text) {
  return element('span', { class: 'outcome', 'data-kind': kind }, text);
}

function fact(name, value) {
  return [element('dt', {}, name), element('dd', {}, value)];
}
