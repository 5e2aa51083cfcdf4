import { GatewayError } from '../errors/index.ts';
import type { Trace } from '../trace/index.ts';
import type { Holder } from './send.ts';

/**
 * The upstream requests that one operation may make, and the memory of their answers. A request that joins the same one of
 * another operation counts as well, but its answer only once, for the operation that happened to be first. Not counted are the
 * list of a sign-in's companies, tokens, and the second request after a refused token.
 */
export class CallBudget implements Holder {
  readonly limit: number;
  readonly trace: Trace | undefined;
  readonly onwardId: string | undefined;
  /** Rows read so far, in lists and one by one. */
  rows = 0;
  /** What the calls are about, for the log: for Sage 200 the site and company. */
  about: string | undefined;
  readonly #holder: Holder | undefined;
  #reads: number;
  #made = 0;
  #writes = 0;
  #running = 0;
  #runsSince = 0;
  #ranMs = 0;

  /** @param holder holds the answers' memory. Without it, memory is not counted */
  constructor(limit: number, holder?: Holder, { trace, onwardId }: Pick<Holder, 'trace' | 'onwardId'> = {}) {
    this.limit = limit;
    this.trace = trace;
    this.onwardId = onwardId;
    this.#holder = holder;
    this.#reads = limit;
  }

  /** ms in which at least one call was in progress. */
  get upstreamMs(): number {
    return this.#ranMs + (this.#running > 0 ? performance.now() - this.#runsSince : 0);
  }

  began(): void {
    if (this.#running === 0) this.#runsSince = performance.now();
    this.#running += 1;
  }

  ended(): void {
    this.#running -= 1;
    if (this.#running === 0) this.#ranMs += performance.now() - this.#runsSince;
  }

  /** So far; for writes, the maximum that was reserved. */
  get made(): number {
    return this.#made + this.#writes;
  }

  hold(bytes: number): void {
    this.#holder?.hold(bytes);
  }

  /** Reserves requests for writes, which are not refused from then on. @returns why not, if there are too many */
  setAside(count: number): GatewayError | undefined {
    if (count > this.limit) return this.#exceeded('Send fewer mutations in one operation.');
    this.#reads = this.limit - count;
    this.#writes = count;
    return undefined;
  }

  /** Before the first of several reads that are only useful together. @throws GatewayError COST_EXCEEDED if they exceed the limit */
  expect(count: number): void {
    if (count > this.#reads) throw this.#exceeded(LESS);
  }

  /** Counts a read. @throws GatewayError COST_EXCEEDED for the first one above the limit, which is not sent */
  take(): void {
    if (this.#made >= this.#reads) throw this.#exceeded(LESS);
    this.#made += 1;
  }

  #exceeded(advice: string): GatewayError {
    return new GatewayError(
      'COST_EXCEEDED',
      `This operation needs more than ${this.limit} requests to Sage (limits.upstreamRequests). ${advice}`,
      { details: { limit: 'upstreamRequests' } },
    );
  }
}

const LESS = 'Request fewer rows or fewer values at a time, or split it into several operations.';
