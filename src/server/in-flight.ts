import type { Socket } from 'node:net';
import { GatewayError } from '../kit/errors/index.ts';
import { type Holder, Stop } from '../kit/http/index.ts';

/** What answers take in memory, over all requests, is at most this. */
export interface MemoryLimit {
  readonly bytes: number;
  /** An answer that was being sent for so long, ms, is ended when others need its room. */
  readonly sendTimeoutMs: number;
}

const UNLIMITED: MemoryLimit = { bytes: Number.POSITIVE_INFINITY, sendTimeoutMs: Number.POSITIVE_INFINITY };

/** Where nothing is ever replaced. */
const DEFAULT_GENERATION = {};

/** One request on its way to its answer, until that has left; also what it takes in memory meanwhile. */
export class Flight extends Stop implements Holder {
  readonly socket: Socket;
  /** Why it is answered with an error in place of what it asked for: there was no room for it. */
  refusal: GatewayError | undefined;
  /** What it holds: answers of sources, then its own as far as it has not left. */
  bytes = 0;
  /** On the clock of `performance.now`. */
  sendingSince: number | undefined;
  /** Seen to its end, since nobody could tell what came of it. */
  isSpared = false;
  /** The configuration that it is answered with. */
  readonly generation: object;
  readonly #all: InFlight;

  constructor(socket: Socket, generation: object, all: InFlight) {
    super();
    this.socket = socket;
    this.generation = generation;
    this.#all = all;
  }

  /** @throws GatewayError OVERLOADED when there is no room for another operation */
  admit(): void {
    this.#all.admit();
  }

  hold(bytes: number): void {
    if (this.refusal) return;
    this.bytes += bytes;
    this.#all.hold(bytes);
  }

  /** Its answer is made, and so much of it has not left: what it was made of is let go. */
  sending(bytes: number): void {
    this.hold(bytes - this.bytes);
    this.sendingSince = performance.now();
  }

  refuse(refusal: GatewayError): void {
    this.hold(-this.bytes);
    this.refusal = refusal;
    this.abort(refusal);
  }

  end(): void {
    if (this.bytes !== 0) this.hold(-this.bytes);
    this.#all.remove(this);
  }
}

/** The requests being answered right now: so that a stop can wait for them, and that they do not fill the memory. */
export class InFlight {
  // A list and not a set: the tables that a set outgrows keep what passed through it until the whole heap is collected.
  readonly #flights: Flight[] = [];
  #held = 0;
  #waiting: readonly { readonly generation: object | undefined; readonly resolve: () => void }[] = [];
  /** For all from now on. */
  limit: MemoryLimit;

  constructor(limit = UNLIMITED) {
    this.limit = limit;
  }

  get held(): number {
    return this.#held;
  }

  /** Counts one more until its `end`. */
  begin(socket: Socket, generation: object = DEFAULT_GENERATION): Flight {
    const flight = new Flight(socket, generation, this);
    this.#flights.push(flight);
    return flight;
  }

  remove(flight: Flight): void {
    const last = this.#flights.pop();
    if (last && last !== flight) this.#flights[this.#flights.indexOf(flight)] = last;
    if (this.#waiting.length === 0) return;
    for (const { generation, resolve } of this.#waiting) if (!this.#isBusy(generation)) resolve();
    this.#waiting = this.#waiting.filter(({ generation }) => this.#isBusy(generation));
  }

  #isBusy(generation: object | undefined): boolean {
    return this.#flights.some((flight) => generation === undefined || flight.generation === generation);
  }

  admit(): void {
    if (this.#held < this.limit.bytes) return;
    this.#makeRoom();
    if (this.#held >= this.limit.bytes) throw overloaded();
  }

  hold(bytes: number): void {
    this.#held += bytes;
    if (bytes > 0 && this.#held > this.limit.bytes) this.#makeRoom();
  }

  /** Ends the largest, one after the other, and answers that nobody takes; what is being sent to somebody is not cut. */
  #makeRoom(): void {
    const { bytes: limit, sendTimeoutMs } = this.limit;
    const stuckSince = performance.now() - sendTimeoutMs;
    while (this.#held > limit) {
      let largest: Flight | undefined;
      for (const flight of this.#flights) {
        const { bytes, isSpared, sendingSince } = flight;
        if (isSpared || (sendingSince !== undefined && sendingSince > stuckSince)) continue;
        if (bytes > (largest?.bytes ?? 0)) largest = flight;
      }
      if (!largest) return;
      const isSent = largest.sendingSince !== undefined;
      largest.refuse(largest.bytes > limit && !isSent ? tooLarge() : overloaded());
      if (isSent) largest.socket.destroy();
    }
  }

  /** Connections with a request whose answer has not left. */
  sockets(): ReadonlySet<Socket> {
    return new Set(this.#flights.map(({ socket }) => socket));
  }

  /** Whether all ended within that time. */
  idle(timeoutMs: number): Promise<boolean> {
    if (this.#flights.length === 0) return Promise.resolve(true);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), timeoutMs);
    this.#whenIdle(undefined, () => {
      clearTimeout(timer);
      resolve(true);
    });
    return promise;
  }

  /** Settles when all of one generation have ended, however long that takes. */
  idleOf(generation: object): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#isBusy(generation)) this.#whenIdle(generation, resolve);
    else resolve();
    return promise;
  }

  #whenIdle(generation: object | undefined, resolve: () => void): void {
    this.#waiting = [...this.#waiting, { generation, resolve }];
  }

  abortAll(reason: Error): void {
    for (const flight of [...this.#flights]) flight.abort(reason);
  }
}

/** Seconds after which it may look different. */
const RETRY_AFTER = 1;

const overloaded = () =>
  new GatewayError(
    'OVERLOADED',
    'The gateway has no memory left for this operation (limits.memory). Try again in a moment.',
    { retryAfter: RETRY_AFTER },
  );

const tooLarge = () =>
  new GatewayError(
    'COST_EXCEEDED',
    'This operation takes more memory than all operations together may (limits.memory). Ask for fewer rows or fewer fields at a time.',
    { details: { limit: 'memory' } },
  );
