import { CircuitState, CountBreaker } from 'cockatiel';

/** When calls to what is failing are given up without trying. */
export interface BreakerSettings {
  /** How many calls are looked back at. */
  readonly window: number;
  /** So many of them must be known. */
  readonly least: number;
  /** Share of them that must have failed for it to open, above 0 and below 1. */
  readonly failures: number;
  /** Until one call tries again, ms. */
  readonly pauseMs: number;
}

export type BreakerState = 'closed' | 'open' | 'halfOpen';

/** What a call may do. `probe`: it finds out, for all, whether the other side is back. */
export type Admission = 'go' | 'probe' | 'refused' | 'needsProbe';

/**
 * Opens when too many of the last calls failed, and lets one read try again after a pause. The window is cockatiel's; its
 * circuit is not used, since it measures pauses by the wall clock and lets calls wait for the one that tries.
 */
export class Breaker {
  readonly #settings: BreakerSettings;
  #window: CountBreaker;
  #openedAt: number | undefined;
  #isProbing = false;
  /** Who has met its failures: which connections to say it of. */
  readonly #met = new Set<string>();

  constructor(settings: BreakerSettings) {
    this.#settings = settings;
    this.#window = windowOf(settings);
  }

  get state(): BreakerState {
    if (this.#openedAt === undefined) return 'closed';
    return this.#leftMs() > 0 ? 'open' : 'halfOpen';
  }

  get isClosed(): boolean {
    return this.#openedAt === undefined;
  }

  /** Whole seconds after which trying again makes sense. */
  get retryAfter(): number {
    return Math.max(1, Math.ceil(this.#leftMs() / 1_000));
  }

  hasMet(line: string): boolean {
    return this.#met.has(line);
  }

  /** A write never tries whether the other side is back: nobody would know what came of it. */
  admit(isRead: boolean): Admission {
    if (this.#openedAt === undefined) return 'go';
    if (this.#leftMs() > 0 || this.#isProbing) return 'refused';
    if (!isRead) return 'needsProbe';
    this.#isProbing = true;
    return 'probe';
  }

  succeeded(admission: Admission): void {
    // What was under way when it opened says nothing of now.
    if (this.#openedAt === undefined) this.#window.success(CircuitState.Closed);
    if (admission !== 'probe') return;
    this.#isProbing = false;
    this.#openedAt = undefined;
    this.#window = windowOf(this.#settings);
    this.#met.clear();
  }

  failed(admission: Admission, line: string): void {
    this.meet(line);
    if (admission === 'probe') {
      this.#isProbing = false;
      this.#openedAt = performance.now();
    } else if (this.#openedAt === undefined && this.#window.failure(CircuitState.Closed)) {
      this.#openedAt = performance.now();
    }
  }

  /** Neither the one nor the other: its caller left, or had little time. */
  givenUp(admission: Admission): void {
    if (admission === 'probe') this.#isProbing = false;
  }

  meet(line: string): void {
    if (this.#met.size >= MOST_MET) this.#met.clear();
    this.#met.add(line);
  }

  #leftMs(): number {
    if (this.#openedAt === undefined) return 0;
    return this.#settings.pauseMs - (performance.now() - this.#openedAt);
  }
}

const MOST_MET = 1_000;

const windowOf = ({ window, least, failures }: BreakerSettings) =>
  new CountBreaker({ size: window, minimumNumberOfCalls: least, threshold: failures });
