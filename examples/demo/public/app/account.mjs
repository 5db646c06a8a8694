/** Balance, savings pot, transactions and statement. */
import { fetchJson, jsonBody } from './api.mjs';
import { byId, element, once, say, submitOf } from './dom.mjs';
import { euros, onDay } from './words.mjs';

export function setUpAccount(page) {
  const form = byId('pot-form');
  const status = byId('pot-status');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    return once(submitOf(form), status, async () => {
      say(status, 'Signing…');
      const { amount } = Object.fromEntries(new FormData(form));
      const { entry } = await fetchJson(page.pas, '/api/pot', jsonBody({ amount }));
      say(status, `${euros(entry.amount.replace('-', ''))} set aside.`, 'good');
      form.reset();
      await refreshAccount(page);
    });
  });

  const download = byId('download');
  download.addEventListener('click', () =>
    once(download, byId('download-status'), async () => {
      const url = await page.pas.ticketUrl('/statement.csv');
      element('a', { href: url, download: '' }).click();
      say(byId('download-status'), 'The download uses a one-use address, good for 30 seconds.');
    }),
  );
}

/** Fetches and draws all of it. Returns the user's name. */
export async function refreshAccount(page) {
  const [account, entries] = await Promise.all([
    fetchJson(page.pas, '/api/account'),
    fetchJson(page.pas, '/api/transactions?limit=12'),
  ]);
  showMoney('balance', account.balance);
  showMoney('pot', account.pot);
  byId('bank-title').textContent = `${account.name}’s account`;
  showPayees(account.payees);
  showEntries(entries);
  await showChart(page, entries);
  return account.id;
}

function showMoney(id, decimal) {
  const output = byId(id);
  output.dataset.value = decimal;
  output.textContent = euros(decimal);
}

function showPayees(payees) {
  const select = byId('to');
  const chosen = select.value;
  select.replaceChildren(...payees.map(({ id, name }) => element('option', { value: id }, name)));
  if (payees.some(({ id }) => id === chosen)) select.value = chosen;
}

function showEntries(entries) {
  byId('transactions').replaceChildren(
    entries.length > 0
      ? table(entries)
      : element('p', { class: 'empty' }, 'No transactions yet. The first will stand here.'),
  );
}

function table(entries) {
  const head = ['Date', 'What'].map((title) => element('th', { scope: 'col' }, title));
  const rows = entries.map(({ at, what, counterparty, amount }) =>
    element(
      'tr',
      {},
      element('td', {}, onDay(at)),
      element('td', {}, `${what}, ${counterparty}`),
      element('td', { class: 'number' }, euros(amount)),
    ),
  );
  return element(
    'table',
    { class: 'entries' },
    element('thead', {}, element('tr', {}, ...head, element('th', { scope: 'col', class: 'number' }, 'Amount'))),
    element('tbody', {}, ...rows),
  );
}

/** The picture is a document request: it can't carry a signature, so it carries a one-use ticket. */
async function showChart(page, entries) {
  const image = byId('balance-chart');
  image.hidden = entries.length < 2;
  if (image.hidden) return;
  image.onerror = () => {
    image.hidden = true;
  };
  image.alt = `Balance after each transaction; now ${euros(entries[0].balance)}`;
  image.src = await page.pas.ticketUrl('/balance.svg');
}
