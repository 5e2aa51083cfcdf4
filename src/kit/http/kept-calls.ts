/** Up to this number, calls are in a list, which costs less than creating a map; then in a map. */
const MOST_IN_LIST = 16;

/** The calls of one operation and their answers, by request: usually a handful, sometimes a list for each of many rows. */
export class KeptCalls<Answer> {
  #first: { readonly asked: string; readonly answer: Answer }[] = [];
  #others: Map<string, Answer> | undefined;

  get(asked: string): Answer | undefined {
    return this.#first.find((call) => call.asked === asked)?.answer ?? this.#others?.get(asked);
  }

  /** For a request that was not made before. */
  add(asked: string, answer: Answer): void {
    if (this.#first.length < MOST_IN_LIST) {
      this.#first.push({ asked, answer });
      return;
    }
    this.#others ??= new Map();
    this.#others.set(asked, answer);
  }

  clear(): void {
    this.#first = [];
    this.#others = undefined;
  }
}
