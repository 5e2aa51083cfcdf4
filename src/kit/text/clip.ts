/** Maximum bytes of UTF-8 of a message, or any other foreign text. */
export const MAX_TEXT_BYTES = 16 * 1024;

const MORE = '…';
const MORE_BYTES = Buffer.byteLength(MORE);
const MOST_BYTES_A_UNIT = 3;

/**
 * A text cut to this number of bytes of UTF-8, including the mark of the cut. No character is cut in half.
 * @param maxBytes at least 3
 */
export function clip(text: string, maxBytes = MAX_TEXT_BYTES): string {
  const kept = fitting(text, maxBytes);
  return kept.length === text.length ? text : fitting(kept, maxBytes - MORE_BYTES) + MORE;
}

const encoder = new TextEncoder();

function fitting(text: string, maxBytes: number): string {
  if (text.length * MOST_BYTES_A_UNIT <= maxBytes) return text;
  // A unit is at least one byte, so anything longer cannot fit; it is cut first, and never scanned as a whole.
  const head = text.slice(0, maxBytes);
  const { read } = encoder.encodeInto(head, new Uint8Array(maxBytes));
  return text.slice(0, read);
}
