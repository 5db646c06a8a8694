/** The ledger: double entry, integer cents, in memory. Every change is one synchronous step. */

const AMOUNT = /^(0|[1-9]\d{0,6})(?:\.(\d{1,2}))?$/;

/** A refusal by the bank itself, after the request was found genuine. */
export class BankError extends Error {
  constructor(code, title, status = 422) {
    super(title);
    this.name = 'BankError';
    this.code = code;
    this.status = status;
  }
}

/** `"12.5"` → 1250. Refuses anything that is not a positive amount with at most two decimals. */
export function cents(amount) {
  const text = typeof amount === 'string' || typeof amount === 'number' ? String(amount).trim() : '';
  const match = AMOUNT.exec(text);
  const value = match ? Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0')) : 0;
  if (value <= 0) {
    throw new BankError('AMOUNT_INVALID', 'The amount must be a positive number with at most two decimals.');
  }
  return value;
}

/** 1250 → `"12.50"` */
export function decimal(value) {
  const sign = value < 0 ? '-' : '';
  const absolute = Math.abs(value);
  return `${sign}${Math.trunc(absolute / 100)}.${String(absolute % 100).padStart(2, '0')}`;
}

export function createBank({ now }) {
  const accounts = new Map();
  let sequence = 0;

  open('alice', 'Alice Amato', 241_850);
  open('bob', 'Bob Berg', 80_000);
  open('rent', 'Harbour Street Rentals', 0);
  open('power', 'Greenline Power', 0);
  open('mallory', 'Mallory (lab)', 1_000);
  open('lab-visitor', 'Visitor (lab)', 1_000);

  const day = 86_400_000;
  move('alice', 'rent', 98_000, 'Rent', now() - 19 * day);
  move('alice', 'power', 6_420, 'Electricity', now() - 12 * day);
  move('alice', 'rent', 1_250, 'Key deposit', now() - 4 * day);

  return { account, payees, transactions, transfer, setAside };

  function open(id, name, balance) {
    accounts.set(id, { id, name, balance, pot: 0, entries: [] });
  }

  function account(id) {
    const { name, balance, pot } = find(id);
    return { id, name, balance: decimal(balance), pot: decimal(pot) };
  }

  function payees(id) {
    const others = ['alice', 'bob', 'rent', 'power'].filter((other) => other !== id);
    return others.map((other) => ({ id: other, name: find(other).name }));
  }

  /** The latest entries first. */
  function transactions(id, limit = 20) {
    return find(id).entries.slice(-limit).reverse();
  }

  /** The name is what a person who confirms is shown: it has to be the payee's own, as the currency is the account's. */
  function transfer(from, { to, amount, name, currency = 'EUR' }) {
    const payee = payees(from).find(({ id }) => id === to);
    if (!payee) throw new BankError('PAYEE_UNKNOWN', 'Choose a payee from the list.');
    if (name !== undefined && name !== payee.name) throw new BankError('PAYEE_CHANGED', 'The payee has another name.');
    if (currency !== 'EUR') throw new BankError('CURRENCY_UNKNOWN', 'This account is in euros.');
    return move(from, to, cents(amount), 'Transfer', now());
  }

  /** Moves money into the person's own pot, where it stays theirs. */
  function setAside(id, amount) {
    const value = cents(amount);
    const owner = find(id);
    if (owner.balance < value) throw new BankError('FUNDS_SHORT', 'There is not enough money in the account.');
    owner.balance -= value;
    owner.pot += value;
    return record(owner, -value, 'Own savings pot', 'Set aside', now());
  }

  function move(from, to, value, what, at) {
    const [payer, payee] = [find(from), find(to)];
    if (payer.balance < value) throw new BankError('FUNDS_SHORT', 'There is not enough money in the account.');
    payer.balance -= value;
    payee.balance += value;
    record(payee, value, payer.name, what, at);
    return record(payer, -value, payee.name, what, at);
  }

  function record(owner, value, counterparty, what, at) {
    const entry = { id: ++sequence, at, what, counterparty, amount: decimal(value), balance: decimal(owner.balance) };
    owner.entries.push(entry);
    return entry;
  }

  function find(id) {
    const found = accounts.get(id);
    if (!found) throw new BankError('ACCOUNT_UNKNOWN', 'There is no such account.', 404);
    return found;
  }
}
