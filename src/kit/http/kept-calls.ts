/** So many are held by a list, which takes less than making a map; further ones by a map. */
const MOST_IN_LIST = 16;

/** What one operation has asked and was answered, by what it asked: mostly a handful, sometimes a list for each of many rows. */
export class KeptCalls<Answer> {
  #first: { readonly asked: string; readonly answer: Answer }[] = [];
  #others: Map<string, Answer> | undefined;

  get(asked: string): Answer | undefined {
    return this.#first.find((call) => call.asked === asked)?.answer ?? this.#others?.get(asked);
  }

  /** For what was not asked before. */
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
