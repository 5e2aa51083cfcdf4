/**
 * What breaks a line, steers a terminal or turns the direction of writing, and whatever else is not seen: all control and
 * format characters, halves of surrogate pairs, private and unassigned ones, and both separators of Unicode.
 */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A text of a stranger on one line, for people: what cannot be seen is written as an escape such as `\n` or `\u202e`. */
export const toPrintable = (text: string): string =>
  text.replace(UNPRINTABLE, (character) => SHORT[character] ?? escaped(character));

/** The same for a text of several lines, which it keeps. */
export const toPrintableLines = (text: string): string => text.split('\n').map(toPrintable).join('\n');

/** `JSON.stringify` escapes what is below U+0020; these are the other line breaks, controls and marks of direction. */
const UNSAFE_IN_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** JSON text that means the same, with no character in it that a terminal or an editor would act upon. */
export const toPrintableJson = (json: string): string => json.replace(UNSAFE_IN_JSON, escaped);

/** As JSON writes it: a character beyond U+FFFF as its two halves. */
function escaped(character: string): string {
  let text = '';
  for (let index = 0; index < character.length; index += 1)
    text += `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
  return text;
}
