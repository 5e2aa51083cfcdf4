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
  /** Its name in errors: `sage200`, `erp:acme`. */
  readonly source: string;
  /** Parallel requests in each waiting line, on as many connections. @default 128 */
  readonly connections?: number;
  /** Maximum number of waiting requests. @default no limit */
  readonly waiting?: number;
  /** How often a read is sent again if a kept-alive connection was reset before an answer began. @default 0 */
  readonly retryReads?: number;
  /** Without it, a failing source still receives every request. */
  readonly breaker?: BreakerSettings | undefined;
  /** PEM certificates to trust besides the usual ones. */
  readonly ca?: string | undefined;
  /** Time that a whole operation has for the other side, ms: a call that had all of it and got no answer has failed. */
  readonly deadlineMs?: number;
  /** Method of most of its requests. @default 'GET' */
  readonly usualMethod?: HttpRequest['method'];
  /** Whether the other side receives `traceparent`. @default false */
  readonly propagates?: boolean;
}

export interface Traffic {
  /** Requests without an answer so far. */
  active: number;
  /** Requests that wait for their turn. */
  waiting: number;
  /** Reads sent again so far. */
  retries: number;
  refused: number;
  /** Requests that found the waiting line full so far. */
  crowded: number;
}

/** The way out to one source or tenant, with its own connections, waiting lines and breakers. */
export interface Lane {
  readonly source: string;
  readonly send: Send;
  /** The worst of the breakers that a waiting line has met; without a line, of all. */
  breakerOf(line?: string): BreakerState;
  /** Breakers that are not closed. */
  openBreakers(): number;
  readonly traffic: Readonly<Traffic>;
}

export interface LaneParts {
  readonly clientOptions: Client.Options;
  /** Options for one origin: its route is chosen once. */
  readonly optionsFor: (origin: string, options: Client.Options) => Client.Options;
  readonly answerBytes: number;
  readonly log: SendingLog | undefined;
  /** Without it, calls are not counted. */
  readonly metrics: LaneMetrics | undefined;
  /** Runs a function at the end of a turn. */
  readonly atEndOfTurn: (work: () => void) => void;
}

/** Incomplete chains are common inside companies: the certificates in the file complete or replace them. */
const trusting = ({ connect, ...options }: Client.Options, ca: string): Client.Options => ({
  ...options,
  connect: { ...(typeof connect === 'object' && connect), ca: [...getCACertificates('default'), ca] },
});

/** Maximum number of lines and breakers that are kept without requests. */
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

  /** For requests that were not sent, since the other side has been failing. */
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

  /** The write is sent after the read was answered; if the read fails, the breaker reports that. */
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
