import { GatewayError } from '../kit/errors/index.ts';
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
  /** Ends the last token where the upstream can do that; called once by `close`. */
  readonly end?: (token: Token | undefined) => Promise<void>;
  /** ms a caller waits for a renewal, counted from the renewal's start. @default 30_000 */
  readonly patienceMs?: number;
  /** Thrown when patience ends. */
  readonly onImpatient: () => GatewayError;
  /** @default Date.now */
  readonly now?: () => number;
  /** @default Math.random */
  readonly random?: () => number;
}

/** The part all renewing sources share: what to keep, when to renew, one renewal at a time. */
export function createRenewingTokenSource<Token extends AccessToken>(
  options: RenewingTokenSourceOptions<Token>,
): TokenSource<Token> & { close(): Promise<void> } {
  const { renew, end, patienceMs = 30_000, onImpatient, now = Date.now, random = Math.random } = options;
  let current: Token | undefined;
  let stale: Token | undefined;
  let renewDueAt = 0;
  let renewal: Promise<Token> | undefined;
  let renewalStartedAt = 0;
  let forcedUntil = 0;
  let closed = false;

  const keep = (token: Token): Token => {
    current = token;
    stale = token;
    renewDueAt = renewalDue(token, random());
    return token;
  };

  // A refresh token that rotates works once: a second renewal beside the first would spend
  // the old one again, and some issuers answer that by ending the whole grant.
  const renewOnce = (): Promise<Token> => {
    if (renewal !== undefined) return renewal;
    renewalStartedAt = now();
    renewal = renew(stale)
      .then(keep)
      .finally(() => {
        renewal = undefined;
      });
    return renewal;
  };

  const peek = (): Token | undefined => {
    const at = now();
    if (!current || at >= current.expiresAt) return undefined;
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
      // Bounded by patience itself, for clocks that are set back.
      return withPatience(running, Math.min(renewalStartedAt + patienceMs - now(), patienceMs), onImpatient);
    },

    drop(rejected) {
      if (!current || current.value.reveal() !== rejected.value.reveal()) return;
      // An upstream that refuses every token (a wrong company at Sage 200, a removed API user) must not make
      // each request a renewal for ever: each one books its pause, and the booked time has an end.
      const pauseMs = forcedPause(current);
      const bookedUntil = Math.min(Math.max(forcedUntil, now()), now() + pauseMs * FORCED_BURST);
      if (bookedUntil - now() > pauseMs * (FORCED_BURST - 1)) return;
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

/** When to renew: 10 % of the life before its end, at most 10 minutes, and up to half of that again by chance. */
export function renewalDue({ issuedAt, expiresAt }: AccessToken, chance: number): number {
  const earlyMs = Math.min((expiresAt - issuedAt) * RENEWAL_SHARE, MAX_EARLY_MS);
  return expiresAt - earlyMs * (1 + chance * JITTER_SHARE);
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
