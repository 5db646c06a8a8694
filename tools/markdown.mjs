// Pieces of generated Markdown pages.

export const number = (value) => value.toLocaleString('en-US');
export const code = (text) => `\`${text}\``;

const cell = (value) => String(value).replaceAll('|', '\\|').replaceAll('\n', ' ');
const line = (cells) => `| ${cells.map(cell).join(' | ')} |`;

/** A table; columns whose name ends in `#` are numbers. */
export const table = (columns, rows) =>
  [
    line(columns.map((name) => name.replace(/ #$/, ''))),
    line(columns.map((name) => (name.endsWith(' #') ? '---:' : '---'))),
    ...rows.map(line),
  ].join('\n');

/** Text of several lines; empty arguments are empty lines. */
export const lines = (...texts) => texts.join('\n');
