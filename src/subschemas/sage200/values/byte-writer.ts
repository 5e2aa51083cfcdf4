import { ByteText } from '../../../kit/http/index.ts';

/** Bytes that are written again and again. */
export class Snippet {
  /** Has a few bytes more behind them, since it is read in words. */
  readonly words: DataView;
  readonly start: number;
  readonly end: number;

  constructor(words: DataView, start: number, end: number) {
    this.words = words;
    this.start = start;
    this.end = end;
  }

  get length(): number {
    return this.end - this.start;
  }
}

export function snippetOf(text: string | Uint8Array): Snippet {
  const bytes = Buffer.from(text);
  const padded = new Uint8Array(bytes.length + WORD_BYTES);
  padded.set(bytes);
  return new Snippet(wordsOf(padded), 0, bytes.length);
}

/** Of several texts at once, which share their memory: for those that live and die together. */
export function snippetsOf(texts: readonly (string | undefined)[]): readonly (Snippet | undefined)[] {
  let most = WORD_BYTES;
  for (const text of texts) most += MOST_BYTES_A_CHARACTER * (text?.length ?? 0);
  const bytes = Buffer.allocUnsafe(most);
  const words = wordsOf(bytes);
  let at = 0;
  return texts.map((text) => {
    if (text === undefined) return undefined;
    const start = at;
    at += bytes.write(text, start);
    return new Snippet(words, start, at);
  });
}

/**
 * Bytes of an answer in the making, for one answer after the other. Short runs are copied in words: a native call takes longer
 * than that, and so do bytes. What a last word has too much is written over by what follows.
 */
export class ByteWriter {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #words = wordsOf(this.#bytes);
  #at = 0;
  #source: Uint8Array = this.#bytes;
  #sourceWords = this.#words;

  /** Begins another answer. */
  restart(): void {
    this.#at = 0;
  }

  /** In bytes, however much of it is in use. */
  get size(): number {
    return this.#bytes.length;
  }

  /** Makes room for so many more bytes; the writes below do not look whether there is some. */
  reserve(count: number): void {
    const needed = this.#at + count + WORD_BYTES;
    if (needed <= this.#bytes.length) return;
    const longer = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, needed));
    this.#bytes.copy(longer, 0, 0, this.#at);
    this.#exchange(longer);
  }

  byte(value: number): void {
    this.#bytes[this.#at++] = value;
  }

  copy(source: Uint8Array, start: number, end: number): void {
    if (source !== this.#source) this.#lookAt(source);
    if (end + WORD_BYTES <= source.length) {
      this.#copyWords(this.#sourceWords, start, end);
      return;
    }
    const bytes = this.#bytes;
    let at = this.#at;
    for (let index = start; index < end; index += 1) bytes[at++] = source[index] ?? 0;
    this.#at = at;
  }

  put({ words, start, end }: Snippet): void {
    this.#copyWords(words, start, end);
  }

  /** Everything since `restart`. */
  toText(): ByteText {
    // Of the answer it was made from nothing is kept.
    this.#source = this.#bytes;
    this.#sourceWords = this.#words;
    return new ByteText(this.#bytes.toString('latin1', 0, this.#at));
  }

  #copyWords(source: DataView, start: number, end: number): void {
    const words = this.#words;
    const at = this.#at - start;
    for (let index = start; index < end; index += WORD_BYTES)
      words.setInt32(at + index, source.getInt32(index, true), true);
    this.#at = at + end;
  }

  #lookAt(source: Uint8Array): void {
    this.#source = source;
    this.#sourceWords = wordsOf(source);
  }

  #exchange(bytes: Buffer<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#words = wordsOf(bytes);
  }
}

const WORD_BYTES = 4;
/** Of UTF-8, for one of UTF-16. */
const MOST_BYTES_A_CHARACTER = 3;
const FIRST_BYTES = 64 * 1024;

function wordsOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}
