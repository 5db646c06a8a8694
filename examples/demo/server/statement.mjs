/** What a person takes home: a CSV statement and a small picture of the balance. */

export function statementCsv(entries) {
  const rows = [['Date', 'What', 'With', 'Amount', 'Balance']];
  for (const { at, what, counterparty, amount, balance } of entries) {
    rows.push([new Date(at).toISOString().slice(0, 10), what, counterparty, amount, balance]);
  }
  return `${rows.map((row) => row.map(quote).join(',')).join('\r\n')}\r\n`;
}

/** Quoted (RFC 4180), and a text that a spreadsheet would run as a formula is made plain. */
function quote(value) {
  const plain = /^[=+\-@\t\r]/.test(value) && !/^-?\d+\.\d\d$/.test(value) ? `'${value}` : value;
  return `"${plain.replaceAll('"', '""')}"`;
}

/** A step line of the balance after each entry, given latest first. Colours that hold on light and dark. */
export function balanceSvg(entries) {
  const [width, height, edge] = [640, 96, 6];
  const values = entries.map(({ balance }) => Number(balance)).reverse();
  const low = Math.min(...values, 0);
  const span = Math.max(...values, 1) - low;
  const x = (index) => (edge + (index / Math.max(values.length - 1, 1)) * (width - 2 * edge)).toFixed(1);
  const y = (value) => (height - edge - ((value - low) / span) * (height - 2 * edge)).toFixed(1);
  const line = values.map((value, index) => (index === 0 ? `M${x(0)} ${y(value)}` : `H${x(index)}V${y(value)}`));
  const last = values.length - 1;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<path d="M0 ${height - 1}H${width}" stroke="#8a918d" stroke-opacity=".4"/>`,
    `<path d="${line.join('')}" fill="none" stroke="#3a9580" stroke-width="2.5" stroke-linejoin="round"/>`,
    last >= 0 ? `<circle cx="${x(last)}" cy="${y(values[last])}" r="4" fill="#3a9580"/>` : '',
    '</svg>',
  ].join('');
}
