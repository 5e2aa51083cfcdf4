/**
 * Characters that break a line, control a terminal, change the direction of writing or are otherwise invisible: all
 * control and format characters, halves of surrogate pairs, private and unassigned ones, and both separators of Unicode.
 */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]+/gu;

/** Foreign text on one line, for people: invisible characters are written as escapes such as `\n` or `\u202e`. */
export const toPrintable = (text: string): string => text.replace(UNPRINTABLE, escaped);

/** The same for a text of several lines, which are kept. */
export const toPrintableLines = (text: string): string => text.split('\n').map(toPrintable).join('\n');

/** `JSON.stringify` escapes characters below U+0020; these are the other line breaks, controls and direction marks. */
const UNSAFE_IN_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+/g;

/** JSON text with the same meaning, without characters that affect a terminal or an editor. */
export const toPrintableJson = (json: string): string => json.replace(UNSAFE_IN_JSON, escaped);

const SHORT: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r' };

/** Common escapes, created once. */
const ESCAPES = Array.from({ length: 0x2070 }, (_, code) => SHORT[code] ?? toEscape(code));

/** As in JSON: a character above U+FFFF as its two halves. */
function escaped(characters: string): string {
  let text = '';
  for (let index = 0; index < characters.length; index += 1) {
    const code = characters.charCodeAt(index);
    text += ESCAPES[code] ?? toEscape(code);
  }
  return text;
}

function toEscape(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}
