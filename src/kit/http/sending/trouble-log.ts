import type { FailureCause } from './failure-cause.ts';

/** The part of a log that sending needs. */
export interface SendingLog {
  warn(details: object, message: string): void;
}

/** Maximum lines a minute, for one lane. */
const MOST_LINES = 20;
const MINUTE_MS = 60_000;

/** Logs why calls fail: when failures begin, and when the cause changes. A source that fails on and off does not flood the log. */
export class TroubleLog {
  readonly #log: SendingLog | undefined;
  readonly #source: string;
  readonly #causes = new Map<string, string>();
  #lines = 0;
  #leftOut = 0;
  #minute = 0;

  constructor(source: string, log: SendingLog | undefined) {
    this.#source = source;
    this.#log = log;
  }

  /** @param host as in the configuration or in the other side's own answers: never a path or a query */
  failed(host: string, { code, words }: FailureCause): void {
    if (!this.#log || this.#causes.get(host) === code) return;
    this.#causes.set(host, code);
    const minute = Math.floor(performance.now() / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#lines = 0;
    }
    this.#lines += 1;
    if (this.#lines > MOST_LINES) {
      this.#leftOut += 1;
      return;
    }
    const leftOut = this.#leftOut > 0 ? { leftOut: this.#leftOut } : {};
    this.#leftOut = 0;
    this.#log.warn({ source: this.#source, host, code, ...leftOut }, `a request was not answered: ${words}`);
  }

  worked(host: string): void {
    if (this.#causes.size > 0) this.#causes.delete(host);
  }
}
