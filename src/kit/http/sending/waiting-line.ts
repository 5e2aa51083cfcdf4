/** Runs a limited number of calls at a time; a limited number of others wait, and begin in the order of arrival. */
export class WaitingLine {
  readonly #atOnce: number;
  readonly #longest: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(atOnce: number, longest: number) {
    this.#atOnce = atOnce;
    this.#longest = longest;
  }

  get isEmpty(): boolean {
    return this.#running === 0;
  }

  /** @param begin called at once or in its turn; its caller must call `leave` at the end. @returns false if the line is full */
  enter(begin: () => void): boolean {
    if (this.#running < this.#atOnce) {
      this.#running += 1;
      begin();
      return true;
    }
    if (this.#waiting.length >= this.#longest) return false;
    this.#waiting.push(begin);
    return true;
  }

  /** A waiting call leaves the line. */
  giveUp(begin: () => void): void {
    const at = this.#waiting.indexOf(begin);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running -= 1;
  }
}
