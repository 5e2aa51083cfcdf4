import {
  BACKSLASH,
  CLOSE_LIST,
  CLOSE_OBJECT,
  COMMA,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
} from '../../kit/json-characters.ts';

export interface JsonBounds {
  readonly levels: number;
  /** Scalars, and empty lists and objects. */
  readonly values: number;
  /** All lists and objects. */
  readonly groups: number;
}

/**
 * Which limit a JSON text exceeds first, if any. The parser needs microseconds for each open level and each new member
 * name, so a megabyte of brackets takes seconds and a megabyte of members a tenth of a second; scanning the bytes takes a
 * millisecond. Nothing else is checked. Texts with at most `levels` bytes are never refused.
 */
export function brokenBound({ levels, values, groups }: JsonBounds, json: Uint8Array): keyof JsonBounds | undefined {
  // Each level takes at least one byte.
  if (json.length <= levels) return undefined;
  let open = 0;
  // A text has at most one value more than commas.
  let found = 1;
  let opened = 0;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === QUOTE) at = endOfText(json, at);
    else if (byte === COMMA) found += 1;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      open += 1;
      opened += 1;
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) open -= 1;
    if (open > levels) return 'levels';
    if (found > values) return 'values';
    if (opened > groups) return 'groups';
  }
  return undefined;
}

/** Position of the quote that ends a string, or the end of the text. */
function endOfText(json: Uint8Array, start: number): number {
  for (let at = start + 1; at < json.length; at += 1) {
    if (json[at] === BACKSLASH) at += 1;
    else if (json[at] === QUOTE) return at;
  }
  return json.length;
}
