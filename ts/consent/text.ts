/** The text of a request in a language: what the server registered, with numbers and dates as the language has them. */

/** A piece of text, as the core reads it out of the request. */
export type Piece =
  | { kind: 'literal' | 'text' | 'number' | 'date'; value: string }
  | { kind: 'money'; value: string; currency: string };

/** A date that is none, like the 30th of February: it would be shown as another. */
export class NoDate extends Error {}

/** The piece as it is shown. Nothing of the value is rounded away. */
export function worded(piece: Piece, language: string): string {
  switch (piece.kind) {
    case 'number':
      return decimal(piece.value, language, {});
    case 'money':
      return decimal(piece.value, language, { style: 'currency', currency: piece.currency });
    case 'date':
      return date(piece.value, language);
    default:
      return piece.value;
  }
}

function decimal(value: string, language: string, options: Intl.NumberFormatOptions): string {
  const written = value.split('.')[1]?.length ?? 0;
  const usual = new Intl.NumberFormat(language, options).resolvedOptions();
  const digits = {
    minimumFractionDigits: Math.max(written, usual.minimumFractionDigits ?? 0),
    maximumFractionDigits: Math.max(written, usual.maximumFractionDigits ?? 0),
  };
  // As text: a number would lose digits beyond the 15th.
  return new Intl.NumberFormat(language, { ...options, ...digits }).format(value as Intl.StringNumericLiteral);
}

function date(value: string, language: string): string {
  const at = new Date(value);
  const [day = '', time = ''] = value.split('T');
  const exists = new Date(day);
  if (Number.isNaN(at.getTime()) || exists.toISOString().slice(0, 10) !== day || time.startsWith('24'))
    throw new NoDate();
  if (time === '') return new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(at);
  const fraction = /\.(\d+)/.exec(time)?.[1]?.replace(/0+$/, '') ?? '';
  if (fraction.length > 3) throw new NoDate();
  const digits = fraction.length as 0 | 1 | 2 | 3;
  return new Intl.DateTimeFormat(language, {
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    second: '2-digit',
    ...(digits === 0 ? {} : { fractionalSecondDigits: digits }),
    timeZoneName: 'short',
  }).format(at);
}

const RIGHT_TO_LEFT = new Set(['ar', 'arc', 'ckb', 'dv', 'fa', 'he', 'ks', 'ps', 'sd', 'ug', 'ur', 'yi']);

/** The direction in which a language is written. */
export function direction(language: string): 'ltr' | 'rtl' {
  const { language: primary, script } = new Intl.Locale(language);
  if (script) return ['Arab', 'Hebr', 'Nkoo', 'Syrc', 'Thaa'].includes(script) ? 'rtl' : 'ltr';
  return RIGHT_TO_LEFT.has(primary) ? 'rtl' : 'ltr';
}
