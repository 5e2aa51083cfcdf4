/** Bytes of UTF-8 that a message, or any other text of a stranger, keeps at most. */
export const MAX_TEXT_BYTES = 16 * 1024;

const MORE = '…';
const MORE_BYTES = Buffer.byteLength(MORE);
const MOST_BYTES_A_UNIT = 3;

/**
 * A text cut to so many bytes of UTF-8, its mark of a cut included. No character is cut in half.
 * @param maxBytes at least 3
 */
export function clip(text: string, maxBytes = MAX_TEXT_BYTES): string {
  const kept = fitting(text, maxBytes);
  return kept.length === text.length ? text : fitting(kept, maxBytes - MORE_BYTES) + MORE;
}

const encoder = new TextEncoder();

function fitting(text: string, maxBytes: number): string {
  if (text.length * MOST_BYTES_A_UNIT <= maxBytes) return text;
  // A unit is a byte at least, so what is longer cannot fit; it is cut first, and never looked at as a whole.
  const head = text.slice(0, maxBytes);
  const { read } = encoder.encodeInto(head, new Uint8Array(maxBytes));
  return text.slice(0, read);
}
