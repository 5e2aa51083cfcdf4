/**
 * UTF-8 in a string, one character for each byte. Best for a body that is sent at once: a Buffer is memory outside V8's
 * heap, and a few thousand a second make it collect the whole heap several times a second, while a string dies young. It is
 * also sent in one piece with the headers before it.
 */
export class ByteText {
  readonly chars: string;

  constructor(chars: string) {
    this.chars = chars;
  }
}

/** A part of a body: text, or bytes of UTF-8 that are passed on unchanged. */
export type BodyPart = string | Buffer | ByteText;

/** Parts of a body, one after the other. */
export type Body = readonly BodyPart[];

/** In bytes where it is known, in characters for text: at least a third of its bytes. */
export function roughLength(body: Body): number {
  let length = 0;
  for (const part of body) length += part instanceof ByteText ? part.chars.length : part.length;
  return length;
}

/** The most bytes that a character of a text can become. */
export const MOST_BYTES_A_CHARACTER = 3;

/** A body as characters. If it has as many as bytes, each is one byte (Node's `latin1`); otherwise it is text. */
export interface BodyText {
  readonly chars: string;
  readonly bytes: number;
}

export function textOf(body: Body): BodyText {
  if (body.every((part) => typeof part === 'string')) {
    const chars = body.join('');
    return { chars, bytes: Buffer.byteLength(chars) };
  }
  let chars = '';
  for (const part of body) chars += byteChars(part);
  return { chars, bytes: chars.length };
}

export function byteChars(part: BodyPart): string {
  if (part instanceof ByteText) return part.chars;
  if (typeof part !== 'string') return part.toString('latin1');
  return Buffer.byteLength(part) === part.length ? part : Buffer.from(part).toString('latin1');
}

/** The whole body as bytes in one Buffer; a single part that is already bytes is returned unchanged. */
export function bytesOf(body: Body): Buffer {
  const [only, second] = body;
  if (Buffer.isBuffer(only) && second === undefined) return only;
  let length = 0;
  for (const part of body) length += byteLengthOf(part);
  const whole = Buffer.allocUnsafe(length);
  writeBody(body, whole);
  return whole;
}

/** Shorter pieces are copied together with the pieces beside them. */
const LEAST_PIECE = 64 * 1024;

/** The whole as bytes, one piece after the other: pieces that are already long are not copied. */
export function piecesOf(body: Body): readonly Buffer[] {
  const pieces: Buffer[] = [];
  let short: BodyPart[] = [];
  for (const part of body) {
    if (!Buffer.isBuffer(part) || part.length < LEAST_PIECE) {
      short.push(part);
      continue;
    }
    pieces.push(bytesOf(short), part);
    short = [];
  }
  return [...pieces, bytesOf(short)].filter(({ length }) => length > 0);
}

function byteLengthOf(part: BodyPart): number {
  if (part instanceof ByteText) return part.chars.length;
  return typeof part === 'string' ? Buffer.byteLength(part) : part.length;
}

/** @param target has room for it @returns its length in bytes */
export function writeBody(body: Body, target: Buffer): number {
  let at = 0;
  for (const part of body) {
    if (part instanceof ByteText) at += target.write(part.chars, at, 'latin1');
    else if (typeof part === 'string') at += target.write(part, at);
    else at += part.copy(target, at);
  }
  return at;
}
