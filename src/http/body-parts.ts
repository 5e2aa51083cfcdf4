/** A body in the making: text, and bytes of UTF-8 that are passed on as they came. */
export type BodyPart = string | Buffer;

/** The whole body: text where all of it is text, else bytes; a single part as it is. */
export function joinParts(parts: readonly BodyPart[]): string | Buffer {
  const [only, second] = parts;
  if (only !== undefined && second === undefined) return only;
  if (parts.every((part) => typeof part === 'string')) return parts.join('');
  const lengths = parts.map((part) => (typeof part === 'string' ? Buffer.byteLength(part) : part.length));
  const whole = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const [index, part] of parts.entries()) {
    if (typeof part === 'string') whole.write(part, at);
    else part.copy(whole, at);
    at += lengths[index] ?? 0;
  }
  return whole;
}
