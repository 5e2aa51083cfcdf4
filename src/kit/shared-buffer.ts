/** Whatever is not a promise. */
// biome-ignore lint/suspicious/noConfusingVoidType: work that returns nothing is welcome.
type Finished = void | string | number | bigint | boolean | null | undefined | (object & { readonly then?: never });

export interface SharedBufferOptions<Buffer> {
  readonly make: () => Buffer;
  /** Whether one that has been used is worth keeping, such as by its size. @default always */
  readonly isReusable?: (buffer: Buffer) => boolean;
}

/**
 * A mutable buffer that all of a process use, one after the other: making one each time is what it saves. It is taken and given
 * back here and nowhere else, and by its type the work cannot wait for anything, so nobody else writes into it meanwhile. Work
 * inside other work gets a buffer of its own.
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
   * Lends the buffer, with whatever the last one left in it, to `work`.
   * @param work is done with it when it returns, unless it calls `keep`: then nobody else gets this buffer any more
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
