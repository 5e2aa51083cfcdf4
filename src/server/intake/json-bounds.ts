const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

export interface JsonBounds {
  /** Lists and objects inside one another. */
  readonly levels: number;
  /** Scalars, and lists and objects with nothing in them. */
  readonly values: number;
  /** Lists and objects, wherever they are. */
  readonly groups: number;
}

/**
 * Which bound a JSON text breaks first, if any. The parser takes microseconds for each open level and each new name of a
 * member, so a megabyte of brackets takes it seconds and one of members a tenth of one; reading the bytes takes a
 * millisecond. Nothing else is checked. Texts of no more bytes than `levels` are never refused.
 */
export function brokenBound({ levels, values, groups }: JsonBounds, json: Uint8Array): keyof JsonBounds | undefined {
  // Each level is a byte at least.
  if (json.length <= levels) return undefined;
  let open = 0;
  // Whatever stands in it, a text has one value more than commas.
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

/** Where the quote is that ends a text, or the end of it all. */
function endOfText(json: Uint8Array, start: number): number {
  for (let at = start + 1; at < json.length; at += 1) {
    if (json[at] === BACKSLASH) at += 1;
    else if (json[at] === QUOTE) return at;
  }
  return json.length;
}
