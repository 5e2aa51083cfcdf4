/** Sixteen digits in a row, a point among them or not: more than a double keeps for sure. */
const LONG_NUMBER = /\d[\d.]{15,}/;

/**
 * Reads a body of Sage's. Numbers a double cannot hold exactly become their source text, so ids of 64 bits and long
 * decimals come through unchanged.
 * @throws SyntaxError when the text is not JSON
 */
export function parseSageJson(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text);
  return JSON.parse(text, keepExact);
}

function keepExact(this: unknown, _key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  const digits = context.source.replace(/[^\d]/g, '');
  return digits.length > 15 ? context.source : value;
}
