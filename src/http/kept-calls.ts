/** What one operation has asked and was answered, by what it asked. A handful, which a list holds at less cost than a map. */
export class KeptCalls<Answer> {
  #calls: { readonly asked: string; readonly answer: Answer }[] = [];

  get(asked: string): Answer | undefined {
    return this.#calls.find((call) => call.asked === asked)?.answer;
  }

  /** For what was not asked before. */
  add(asked: string, answer: Answer): void {
    this.#calls.push({ asked, answer });
  }

  clear(): void {
    this.#calls = [];
  }
}
