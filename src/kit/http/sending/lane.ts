import { getCACertificates } from 'node:tls';
import type { Client } from 'undici';
import type { CallTimes, LaneMetrics } from '../lane-metrics.ts';
import { HttpFailure, type HttpRequest, type HttpResponse, type Send } from '../send.ts';
import { type Admission, Breaker, type BreakerSettings, type BreakerState } from './breaker.ts';
import { Call } from './call.ts';
import { Connections } from './connections.ts';
import { toFailure } from './to-failure.ts';
import { type SendingLog, TroubleLog } from './trouble-log.ts';
import { WaitingLine } from './waiting-line.ts';

export interface LaneOptions {
  /** As errors name it: `sage200`, `erp:acme`. */
  readonly source: string;
  /** Requests under way at a time in each waiting line, on as many connections. @default 128 */
  readonly connections?: number;
  /** That wait beside them. @default without an end */
  readonly waiting?: number;
  /** How often a read is sent again when a kept connection was reset before an answer began. @default 0 */
  readonly retryReads?: number;
  /** Left out: what fails is asked again each time. */
  readonly breaker?: BreakerSettings | undefined;
  /** Certificates in PEM to trust besides the usual ones. */
  readonly ca?: string | undefined;
  /** What a whole operation has for the other side, ms: a call that had all of it and got no answer has failed. */
  readonly deadlineMs?: number;
  /** Of most of its requests. @default 'GET' */
  readonly usualMethod?: HttpRequest['method'];
  /** Whether the other side is sent `traceparent`. @default false */
  readonly propagates?: boolean;
}

/** What goes on in a lane, for anyone who looks. */
export interface Traffic {
  /** Requests without an answer so far. */
  active: number;
  /** That wait for their turn. */
  waiting: number;
  /** Reads sent again so far. */
  retries: number;
  /** Requests that were answered by a breaker so far. */
  refused: number;
  /** That found the waiting line full so far. */
  crowded: number;
}

/** The way out to one source or tenant: connections, waiting lines and breakers that it shares with nobody. */
export interface Lane {
  readonly source: string;
  readonly send: Send;
  /** The worst of the breakers that a waiting line has met; left out: of all. */
  breakerOf(line?: string): BreakerState;
  /** Breakers that are not closed. */
  openBreakers(): number;
  readonly traffic: Readonly<Traffic>;
}

export interface LaneParts {
  readonly clientOptions: Client.Options;
  /** Those for one origin: the way there is chosen once. */
  readonly optionsFor: (origin: string, options: Client.Options) => Client.Options;
  readonly answerBytes: number;
  readonly log: SendingLog | undefined;
  /** Left out: nobody counts. */
  readonly metrics: LaneMetrics | undefined;
  /** Runs what is handed over at the end of a turn. */
  readonly atEndOfTurn: (work: () => void) => void;
}

/** Incomplete chains are common inside companies: what the file holds completes or replaces them. */
const trusting = ({ connect, ...options }: Client.Options, ca: string): Client.Options => ({
  ...options,
  connect: { ...(typeof connect === 'object' && connect), ca: [...getCACertificates('default'), ca] },
});

/** Lines and breakers kept although nobody stands in them. */
const MOST_IDLE = 1_000;

export class SendingLane implements Lane {
  readonly source: string;
  readonly options: Required<Pick<LaneOptions, 'connections' | 'waiting' | 'retryReads' | 'deadlineMs' | 'propagates'>>;
  readonly parts: LaneParts;
  readonly trouble: TroubleLog;
  readonly traffic: Traffic = { active: 0, waiting: 0, retries: 0, refused: 0, crowded: 0 };
  readonly times: CallTimes | undefined;
  readonly #settings: BreakerSettings | undefined;
  readonly #clientOptions: Client.Options;
  readonly #origins = new Map<string, Connections>();
  readonly #lines = new Map<string, WaitingLine>();
  readonly #breakers = new Map<string, Breaker>();

  constructor(options: LaneOptions, parts: LaneParts) {
    const { source, connections = 128, waiting = Number.POSITIVE_INFINITY, retryReads = 0 } = options;
    const { deadlineMs = Number.POSITIVE_INFINITY, propagates = false, breaker, ca } = options;
    this.source = source;
    this.options = { connections, waiting, retryReads, deadlineMs, propagates };
    this.parts = parts;
    this.trouble = new TroubleLog(source, parts.log);
    this.times = parts.metrics?.timesOf(source, options.usualMethod ?? 'GET');
    this.#settings = breaker;
    this.#clientOptions = ca === undefined ? parts.clientOptions : trusting(parts.clientOptions, ca);
  }

  readonly send: Send = (request) => {
    const { signal, isRead = false, line = '', part = '' } = request;
    if (signal?.aborted) return Promise.reject(toFailure(signal.reason, false));
    const breaker = this.#settings && this.#breakerFor(part, this.#settings);
    if (!breaker) return this.#carry(request, undefined, 'go');
    const admission = breaker.admit(isRead);
    if (admission === 'needsProbe' && request.probe) return this.#probeAndSend(request, request.probe);
    if (admission === 'go' || admission === 'probe') return this.#carry(request, breaker, admission);
    breaker.meet(line);
    return Promise.reject(this.refusalOf(breaker));
  };

  /** What was not asked, since the other side has been failing. */
  refusalOf({ retryAfter }: Breaker): HttpFailure {
    this.traffic.refused += 1;
    return new HttpFailure('paused', false, { retryAfter });
  }

  connectionsTo(origin: string): Connections {
    const known = this.#origins.get(origin);
    if (known) return known;
    const made = new Connections(origin, this.parts.optionsFor(origin, this.#clientOptions));
    this.#origins.set(origin, made);
    return made;
  }

  breakerOf(line?: string): BreakerState {
    let worst: BreakerState = 'closed';
    for (const breaker of this.#breakers.values()) {
      if (breaker.isClosed || (line !== undefined && !breaker.hasMet(line))) continue;
      if (worst !== 'open') worst = breaker.state;
    }
    return worst;
  }

  openBreakers(): number {
    let open = 0;
    for (const breaker of this.#breakers.values()) if (!breaker.isClosed) open += 1;
    return open;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#origins.values()].map((connections) => connections.close()));
  }

  #carry(request: HttpRequest, breaker: Breaker | undefined, admission: Admission): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      new Call(this, { request, breaker, admission, line: this.#lineOf(request.line ?? '') }, resolve, reject).enter();
    });
  }

  /** The write goes once the read was answered; should it fail, the breaker says so. */
  async #probeAndSend(request: HttpRequest, probe: () => HttpRequest): Promise<HttpResponse> {
    await this.send(probe()).catch(() => {});
    const { probe: _asked, ...write } = request;
    return this.send(write);
  }

  #lineOf(name: string): WaitingLine {
    const known = this.#lines.get(name);
    if (known) return known;
    if (this.#lines.size >= MOST_IDLE) for (const [key, line] of this.#lines) if (line.isEmpty) this.#lines.delete(key);
    const line = new WaitingLine(this.options.connections, this.options.waiting);
    this.#lines.set(name, line);
    return line;
  }

  #breakerFor(part: string, settings: BreakerSettings): Breaker {
    const known = this.#breakers.get(part);
    if (known) return known;
    if (this.#breakers.size >= MOST_IDLE)
      for (const [key, breaker] of this.#breakers) if (breaker.isClosed) this.#breakers.delete(key);
    const breaker = new Breaker(settings);
    this.#breakers.set(part, breaker);
    return breaker;
  }
}
