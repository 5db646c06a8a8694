/**
 * Texts that are read again, as they are stored. node:sqlite reads a text up to its first NUL only, and then one user could pass
 * for another: so NUL is written as two other characters.
 */
const MARK = '\u0001';

export const stored = (text: string): string =>
  text.replace(/[\0\u0001]/g, (character) => (character === MARK ? `${MARK}1` : `${MARK}0`));

export const restored = (text: string): string =>
  text.replace(/\u0001([01])/g, (_, digit) => (digit === '1' ? MARK : '\0'));
