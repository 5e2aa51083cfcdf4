import { elapsed as ofProcess } from '../kit/clock.ts';
import { GatewayError } from '../kit/errors/index.ts';
import type { RenewalWatch } from './renewal-watch.ts';
import type { AccessToken, TokenSource } from './token-source.ts';

/** The last tenth of a token's life is for renewing: room for clock drift and one slow call. */
const RENEWAL_SHARE = 0.1;
const MAX_EARLY_MS = 10 * 60_000;
/** Up to this share of the early time is added by chance, so that tokens obtained together are not renewed together. */
const JITTER_SHARE = 0.5;
/** Renewals that rejections may force one after the other; then one each `forcedPause`. */
const FORCED_BURST = 10;
const MAX_FORCED_PAUSE_MS = 30_000;

export interface RenewingTokenSourceOptions<Token extends AccessToken> {
  /**
   * Obtains a newer token than `stale` (the one that is due, spent or rejected); never called twice at a time.
   * It runs on even when every caller has gone away: a cancelled renewal is a lost refresh token.
   */
  readonly renew: (stale: Token | undefined) => Promise<Token>;
  readonly watch?: RenewalWatch | undefined;
  /** Ends the last token where the upstream can do that; called once by `close`. */
  readonly end?: (token: Token | undefined) => Promise<void>;
  /** ms a caller waits for a renewal, counted from the renewal's start. @default 30_000 */
  readonly patienceMs?: number;
  /** ms before its end at which a token is renewed, where a tenth of its life is less; half its life at most. @default 0 */
  readonly earlyMs?: number | undefined;
  /** Thrown when patience ends. */
  readonly onImpatient: () => GatewayError;
  /** The machine's time, by which tokens say when they end. @default Date.now */
  readonly now?: () => number;
  /** A clock in ms that only moves forward. @default that of the process, or `now` where that is given */
  readonly elapsed?: () => number;
  /** @default Math.random */
  readonly random?: () => number;
}

/** The part all renewing sources share: what to keep, when to renew, one renewal at a time. */
export function createRenewingTokenSource<Token extends AccessToken>(
  options: RenewingTokenSourceOptions<Token>,
): TokenSource<Token> & { close(): Promise<void> } {
  const { watch } = options;
  const { renew, end, patienceMs = 30_000, onImpatient, now = Date.now, random = Math.random } = options;
  const { elapsed = options.now ?? ofProcess } = options;
  let current: Token | undefined;
  let stale: Token | undefined;
  let validUntil = 0;
  let renewDueAt = 0;
  let renewal: Promise<Token> | undefined;
  let renewalStartedAt = 0;
  let forcedUntil = 0;
  let closed = false;

  const keep = (token: Token): Token => {
    current = token;
    stale = token;
    validUntil = elapsed() + lifeLeft(token, now());
    renewDueAt = validUntil - Math.max(earlyMs(token, random()), Math.min(options.earlyMs ?? 0, lifeMs(token) / 2));
    return token;
  };

  // A refresh token that rotates works once: a second renewal beside the first would spend
  // the old one again, and some issuers answer that by ending the whole grant.
  const renewOnce = (): Promise<Token> => {
    if (renewal !== undefined) return renewal;
    renewalStartedAt = elapsed();
    const seen = watch?.();
    renewal = renew(stale)
      .then(keep)
      .finally(() => {
        renewal = undefined;
      });
    if (seen) renewal.then(({ isStored = false }) => seen.renewed(isStored), seen.failed);
    return renewal;
  };

  const peek = (): Token | undefined => {
    const at = elapsed();
    // By the clock that says so first: either may be wrong, and a renewal too many does no harm.
    if (!current || at >= validUntil || now() >= current.expiresAt) return undefined;
    // Still valid: nobody waits for a renewal that is only early, and its failure is not theirs.
    if (at >= renewDueAt && !closed) renewOnce().catch(() => {});
    return current;
  };

  return {
    peek,

    async get() {
      const valid = peek();
      if (valid) return valid;
      if (closed) throw new GatewayError('UPSTREAM_UNAVAILABLE', 'The gateway is stopping. Send the request again.');
      const running = renewOnce();
      return withPatience(running, renewalStartedAt + patienceMs - elapsed(), onImpatient);
    },

    drop(rejected) {
      if (!current || current.value.reveal() !== rejected.value.reveal()) return;
      // An upstream that refuses every token (a wrong company at Sage 200, a removed API user) must not make
      // each request a renewal for ever: each one books its pause, and the booked time has an end.
      const pauseMs = forcedPause(current);
      const at = elapsed();
      const bookedUntil = Math.min(Math.max(forcedUntil, at), at + pauseMs * FORCED_BURST);
      if (bookedUntil - at > pauseMs * (FORCED_BURST - 1)) return;
      forcedUntil = bookedUntil + pauseMs;
      current = undefined;
    },

    async close() {
      if (closed) return;
      closed = true;
      await renewal?.catch(() => {});
      const last = stale;
      current = undefined;
      stale = undefined;
      await end?.(last);
    },
  };
}

/**
 * ms that a token lives from now on. Never more than its whole life, whatever the machine's time: that may have been set back
 * since the token was obtained.
 */
const lifeLeft = ({ issuedAt, expiresAt }: AccessToken, now: number): number =>
  Math.min(expiresAt - now, expiresAt - issuedAt);

const lifeMs = ({ issuedAt, expiresAt }: AccessToken): number => expiresAt - issuedAt;

/** How long before its end to renew: 10 % of the life, at most 10 minutes, and up to half of that again by chance. */
export function earlyMs({ issuedAt, expiresAt }: AccessToken, chance: number): number {
  return Math.min((expiresAt - issuedAt) * RENEWAL_SHARE, MAX_EARLY_MS) * (1 + chance * JITTER_SHARE);
}

const forcedPause = ({ issuedAt, expiresAt }: AccessToken) =>
  Math.min((expiresAt - issuedAt) * RENEWAL_SHARE, MAX_FORCED_PAUSE_MS);

/** The renewal itself goes on; only this caller stops waiting. */
function withPatience<T>(renewal: Promise<T>, leftMs: number, onImpatient: () => GatewayError): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(onImpatient()), Math.max(leftMs, 0));
    renewal.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
