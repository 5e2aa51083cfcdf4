import type { Socket } from 'node:net';
import { GatewayError } from '../kit/errors/index.ts';
import { type Holder, Stop } from '../kit/http/index.ts';

/** The limit for answers in memory, for all requests together. */
export interface MemoryLimit {
  readonly bytes: number;
  /** An answer that has been in sending for this long, ms, is ended if others need its memory. */
  readonly sendTimeoutMs: number;
}

const UNLIMITED: MemoryLimit = { bytes: Number.POSITIVE_INFINITY, sendTimeoutMs: Number.POSITIVE_INFINITY };

/** If nothing is ever replaced. */
const DEFAULT_GENERATION = {};

/** One request until its answer has been sent, and the memory that it uses meanwhile. */
export class Flight extends Stop implements Holder {
  readonly socket: Socket;
  /** The error that replaces its answer, if there was no memory for it. */
  refusal: GatewayError | undefined;
  /** Bytes that it holds: answers from sources, then the unsent part of its own answer. */
  bytes = 0;
  /** On the clock of `performance.now`. */
  sendingSince: number | undefined;
  /** Never ended early, since its outcome would be unknown. */
  isSpared = false;
  /** The configuration that answers it. */
  readonly generation: object;
  readonly #all: InFlight;
  /** The answer of a write, or of a read that others share, may still arrive: nobody would release its memory. */
  #isEnded = false;

  constructor(socket: Socket, generation: object, all: InFlight) {
    super();
    this.socket = socket;
    this.generation = generation;
    this.#all = all;
  }

  /** @throws GatewayError OVERLOADED if there is no memory for another operation */
  admit(): void {
    this.#all.admit();
  }

  hold(bytes: number): void {
    if (this.refusal || this.#isEnded) return;
    this.bytes += bytes;
    this.#all.hold(bytes);
  }

  /** Its answer is complete, with this many bytes unsent: the sources' answers are released. */
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
    this.#isEnded = true;
    this.#all.remove(this);
  }
}

/** The requests in flight, so that a stop can wait for them and they cannot fill the memory. */
export class InFlight {
  // A list and not a set: the old tables of a growing set keep their entries alive until a full garbage collection.
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

  /** Ends the largest operations, one after the other, and answers that nobody reads; answers that are being read are not cut off. */
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

  /** Connections with a request whose answer has not been sent. */
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

  /** Settles when all requests of one generation have ended, however long that takes. */
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

/** Seconds after which there may be memory again. */
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
    'This operation needs more memory than all operations together may use (limits.memory). Request fewer rows or fewer fields at a time.',
    { details: { limit: 'memory' } },
  );
