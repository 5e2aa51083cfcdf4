import { NINE, POINT, ZERO } from './json-characters.ts';

/**
 * Parses JSON. Numbers that a double cannot represent exactly become their source text, so 64-bit ids and long decimals
 * are unchanged; so do members that end with zeros after the point, which a double drops.
 * @throws SyntaxError if the text is not JSON
 */
export function parseExactJson(text: string): unknown {
  const quoted = text.replace(MEMBER_WITH_ZEROS, '":"$1"');
  return mayHoldLongNumber(text) ? JSON.parse(quoted, keepExact) : JSON.parse(quoted);
}

/**
 * `"balance":1250.50`. A quote after a letter and before a colon ends a name: inside a text it would have a backslash
 * before it, and the quote that opens a text never follows a letter.
 */
const MEMBER_WITH_ZEROS = /(?<=\w)":\s?(-?\d+\.\d*0)(?=[,}\s])/g;

/** A double cannot be relied on for this many digits, with or without a point. */
const LONG = 16;

/** Looks at every sixteenth character: no such number fits between two of them. */
function mayHoldLongNumber(text: string): boolean {
  for (let at = LONG - 1; at < text.length; at += LONG) {
    if (!isInNumber(text, at)) continue;
    let start = at;
    let end = at + 1;
    while (isInNumber(text, start - 1)) start -= 1;
    while (isInNumber(text, end)) end += 1;
    if (end - start >= LONG) return true;
  }
  return false;
}

function isInNumber(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code >= ZERO && code <= NINE) || code === POINT;
}

/** Longer numbers are not ids or amounts, and stay doubles. */
const MAX_EXACT = 400;

function keepExact(this: unknown, _key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  const digits = context.source.replace(/[^\d]/g, '');
  return digits.length > 15 && context.source.length <= MAX_EXACT ? context.source : value;
}
