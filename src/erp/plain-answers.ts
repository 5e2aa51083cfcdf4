import { type PlainData, plainDataIn } from './answer.ts';

/** Answers kept for comparison; longer ones are not. */
const MAX_ANSWERS = 64;
const LONGEST_BYTES = 64 * 1024;
/** So many other answers in a row, and the latest takes the place of the kept one. */
const OTHERS_IN_A_ROW = 16;

interface Kept {
  readonly bytes: Buffer;
  readonly plain: PlainData;
  others: number;
}

/**
 * Reads answers to requests that come again as they are: one that has not changed since it was last read is not read
 * again, which callers of one tenant who ask the same thing all day see most of the time. Where answers do change, one is
 * kept now and then, so that they still die young. What is handed on is found out of the bytes alone, and everybody's answer
 * is the bytes that they got: nothing of one caller or tenant reaches another.
 */
export class PlainAnswers<Request extends object> {
  readonly #kept = new Map<Request, Kept>();

  /** As `plainDataIn`. */
  read(request: Request, bytes: Buffer): PlainData | undefined {
    const kept = this.#kept.get(request);
    if (kept?.bytes.equals(bytes)) {
      kept.others = 0;
      return kept.plain;
    }
    const plain = plainDataIn(bytes);
    if (kept) kept.others += 1;
    if (plain && bytes.length <= LONGEST_BYTES && (!kept || kept.others >= OTHERS_IN_A_ROW))
      this.#keep(request, { bytes, plain, others: 0 });
    return plain;
  }

  #keep(request: Request, answer: Kept): void {
    this.#kept.delete(request);
    const [oldest] = this.#kept.keys();
    if (oldest && this.#kept.size >= MAX_ANSWERS) this.#kept.delete(oldest);
    this.#kept.set(request, answer);
  }
}
