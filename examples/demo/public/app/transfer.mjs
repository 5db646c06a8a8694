/** Moving money: tier `interactive`, so the request says which press it came from. */
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
      const trail = page.pas.tracker?.snapshot();
      const request = { ...jsonBody({ to, amount }), action: 'transfer' };
      const { entry, tier, interaction } = await fetchJson(page.pas, '/api/transfers', request);
      say(status, `${euros(entry.amount.replace('-', ''))} sent to ${entry.counterparty}.`, 'good');
      form.reset();
      form.elements.to.value = to;
      showEvidence({ trail, tier, interaction, signed: page.lastSigned('/api/transfers') });
      await refreshAccount(page);
    });
  });
}
