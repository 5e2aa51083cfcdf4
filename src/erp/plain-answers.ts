import { Repeats } from '../repeats.ts';
import { type PlainData, plainDataIn } from './answer.ts';

/** Answers kept for comparison; longer ones are not. */
const MAX_ANSWERS = 64;
const LONGEST_BYTES = 64 * 1024;

interface Kept {
  readonly bytes: Buffer;
  readonly plain: PlainData;
}

/**
 * Reads answers to requests that come again as they are: one that has not changed since it was last read is not read
 * again, which callers of one tenant who ask the same thing all day see most of the time. What is handed on is found out of
 * the bytes alone, and everybody's answer is the bytes that they got: nothing of one caller or tenant reaches another.
 */
export class PlainAnswers<Request extends object> {
  readonly #repeats = new Repeats<Request, Kept>(MAX_ANSWERS);

  /** As `plainDataIn`. */
  read(request: Request, bytes: Buffer): PlainData | undefined {
    const kept = this.#repeats.find(request);
    if (kept?.bytes.equals(bytes)) {
      this.#repeats.confirm(request);
      return kept.plain;
    }
    const plain = plainDataIn(bytes);
    if (plain && bytes.length <= LONGEST_BYTES && this.#repeats.wants(request))
      this.#repeats.keep(request, { bytes, plain });
    return plain;
  }
}
