/** Anything that is not a promise. */
// biome-ignore lint/suspicious/noConfusingVoidType: work may return nothing.
type Finished = void | string | number | bigint | boolean | null | undefined | (object & { readonly then?: never });

export interface SharedBufferOptions<Buffer> {
  readonly make: () => Buffer;
  /** Whether a used buffer should be kept, for example because of its size. @default always */
  readonly isReusable?: (buffer: Buffer) => boolean;
}

/**
 * A mutable buffer that the whole process uses, one user after the other, which saves creating one each time. It is taken and
 * returned only here, and by its type the work cannot be asynchronous, so nothing else writes into it meanwhile. Nested work
 * gets its own buffer.
 */
export class SharedBuffer<Buffer> {
  readonly #make: () => Buffer;
  readonly #isReusable: (buffer: Buffer) => boolean;
  #free: { readonly buffer: Buffer } | undefined;

  constructor({ make, isReusable = () => true }: SharedBufferOptions<Buffer>) {
    this.#make = make;
    this.#isReusable = isReusable;
  }

  /**
   * Lends the buffer, with the content of its last use, to `work`.
   * @param work is done with it when it returns, unless it calls `keep`: then this buffer is not used again
   * @throws what `work` throws; the buffer is not used again then
   */
  use<Result extends Finished>(work: (buffer: Buffer, keep: () => void) => Result): Result {
    const lent = this.#free ?? { buffer: this.#make() };
    this.#free = undefined;
    let isKept = false;
    const result = work(lent.buffer, () => {
      isKept = true;
    });
    if (!isKept && this.#isReusable(lent.buffer)) this.#free = lent;
    return result;
  }
}
