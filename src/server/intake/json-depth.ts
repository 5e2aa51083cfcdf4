const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Whether lists and objects of a JSON text stand in more levels than that. The parser takes microseconds for each open
 * level, so a megabyte of brackets takes it seconds; reading the bytes takes a millisecond. Nothing else is checked.
 */
export function isDeeperThan(levels: number, json: Uint8Array): boolean {
  // Each level is a byte at least.
  if (json.length <= levels) return false;
  let open = 0;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === QUOTE) at = endOfText(json, at);
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) open += 1;
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) open -= 1;
    if (open > levels) return true;
  }
  return false;
}

/** Where the quote is that ends a text, or the end of it all. */
function endOfText(json: Uint8Array, start: number): number {
  for (let at = start + 1; at < json.length; at += 1) {
    if (json[at] === BACKSLASH) at += 1;
    else if (json[at] === QUOTE) return at;
  }
  return json.length;
}
