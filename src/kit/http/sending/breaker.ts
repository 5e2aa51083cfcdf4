import { CircuitState, CountBreaker } from 'cockatiel';

/** When calls to a failing source are refused without sending them. */
export interface BreakerSettings {
  /** Number of recent calls that are evaluated. */
  readonly window: number;
  /** Minimum number of finished calls. */
  readonly least: number;
  /** Share of them that must have failed for it to open, above 0 and below 1. */
  readonly failures: number;
  /** Time until one call tries again, ms. */
  readonly pauseMs: number;
}

export type BreakerState = 'closed' | 'open' | 'halfOpen';

/** Whether a call may be sent. `probe`: it checks, for all, whether the other side has recovered. */
export type Admission = 'go' | 'probe' | 'refused' | 'needsProbe';

/**
 * Opens if too many recent calls failed, and lets one read try again after a pause. The window is cockatiel's; its
 * circuit is not used, since it measures pauses by the wall clock and makes calls wait for the one that tries.
 */
export class Breaker {
  readonly #settings: BreakerSettings;
  #window: CountBreaker;
  #openedAt: number | undefined;
  #isProbing = false;
  /** The connections that met its failures, for reports. */
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

  /** Whole seconds after which it makes sense to try again. */
  get retryAfter(): number {
    return Math.max(1, Math.ceil(this.#leftMs() / 1_000));
  }

  hasMet(line: string): boolean {
    return this.#met.has(line);
  }

  /** A write never checks whether the other side has recovered: its outcome would be uncertain. */
  admit(isRead: boolean): Admission {
    if (this.#openedAt === undefined) return 'go';
    if (this.#leftMs() > 0 || this.#isProbing) return 'refused';
    if (!isRead) return 'needsProbe';
    this.#isProbing = true;
    return 'probe';
  }

  succeeded(admission: Admission): void {
    // Calls sent before it opened do not show the current state.
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

  /** Neither success nor failure: its caller left, or had little time. */
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
