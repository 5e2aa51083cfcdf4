/**
 * UTF-8 in a string, one character for each byte. What goes out at once is best kept like this: a Buffer of its own is
 * memory outside V8's heap, of which a few thousand a second make it collect the whole heap several times a second, while a
 * string dies young. It also leaves in one piece with the headers before it.
 */
export class ByteText {
  readonly chars: string;

  constructor(chars: string) {
    this.chars = chars;
  }
}

/** A body in the making: text, and bytes of UTF-8 that are passed on as they came or as they were made. */
export type BodyPart = string | Buffer | ByteText;

/** Longer bodies become a Buffer after all, as whatever packs them wants one. */
export const SHORT_BODY_BYTES = 32 * 1024;

/** The whole body; a single part as it is. */
export function joinParts(parts: readonly BodyPart[]): BodyPart {
  const [only, second] = parts;
  if (only !== undefined && second === undefined) return only;
  let length = 0;
  let isText = true;
  for (const part of parts) {
    length += lengthOf(part);
    if (typeof part !== 'string') isText = false;
  }
  if (isText) return parts.join('');
  if (length > SHORT_BODY_BYTES) return joinedBytes(parts);
  let chars = '';
  for (const part of parts) chars += charsOf(part);
  return new ByteText(chars);
}

/** One character a byte. */
export function charsOf(part: BodyPart): string {
  if (part instanceof ByteText) return part.chars;
  if (typeof part !== 'string') return part.toString('latin1');
  return Buffer.byteLength(part) === part.length ? part : Buffer.from(part).toString('latin1');
}

export function bytesOf(part: BodyPart): Buffer {
  if (part instanceof ByteText) return Buffer.from(part.chars, 'latin1');
  return typeof part === 'string' ? Buffer.from(part) : part;
}

const lengthOf = (part: BodyPart): number => (part instanceof ByteText ? part.chars.length : part.length);

const joinedBytes = (parts: readonly BodyPart[]): Buffer => Buffer.concat(parts.map(bytesOf));
