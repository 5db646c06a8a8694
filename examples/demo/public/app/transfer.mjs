/**
 * Moving money: tier `interactive`, so the request says which press it came from. Over a limit the server asks for
 * more, and the client for a person: this page does nothing about it.
 */
import { fetchJson, jsonBody } from './api.mjs';
import { refreshAccount } from './account.mjs';
import { byId, once, say, submitOf } from './dom.mjs';
import { showEvidence } from './evidence.mjs';
import { euros } from './words.mjs';

export function setUpTransfer(page) {
  const form = byId('transfer-form');
  const status = byId('transfer-status');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    return once(submitOf(form), status, async () => {
      say(status, 'Signing…');
      const { to, amount } = Object.fromEntries(new FormData(form));
      const name = form.elements.to.selectedOptions[0]?.text;
      const trail = page.pas.tracker?.snapshot();
      const request = { ...jsonBody({ to, name, amount: amount.trim(), currency: 'EUR' }), action: 'transfer' };
      const { entry, tier, interaction, consent } = await fetchJson(page.pas, '/api/transfers', request);
      say(status, `${euros(entry.amount.replace('-', ''))} sent to ${entry.counterparty}.`, 'good');
      form.reset();
      form.elements.to.value = to;
      showEvidence({ trail, tier, interaction, consent, signed: page.lastSigned('/api/transfers') });
      await refreshAccount(page);
    });
  });
}
