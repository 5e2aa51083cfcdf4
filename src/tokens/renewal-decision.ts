import type { ErrorCode, Secret } from '../kit/errors/index.ts';
import type { TokenRequestError } from './token-request-error.ts';
import type { AccessToken } from './token-source.ts';
import type { ConsentRef, StoredConnection } from './vault/index.ts';

/** A stored row whose refresh token could be read. */
export type RenewableConnection = StoredConnection & { readonly refreshToken: Secret };

/** What a renewal knows when it has read its row. */
export interface RenewalState {
  readonly consent: Pick<ConsentRef, 'number' | 'subject'>;
  /** Undefined when nothing is stored under the name. */
  readonly row: StoredConnection | undefined;
  /** The token that is not wanted again. */
  readonly stale: AccessToken | undefined;
  /** A generation whose refresh token this process knows to be dead. */
  readonly deadGeneration: number | undefined;
  /** The owner of an abandoned lease who had its moment. */
  readonly waitedFor: string | undefined;
  /** How far the clocks of machines may be apart, ms. */
  readonly clockToleranceMs: number;
}

export type RenewalAction =
  /** Another process has renewed. */
  | { readonly do: 'use'; readonly token: AccessToken }
  | { readonly do: 'refuse'; readonly why: 'ended' | 'replaced' | 'needsPerson' }
  /**
   * A lease that ran out belongs to a process that was killed, or to one that lost the database with a new pair in its
   * hands and stores it as soon as it can. The second gets a moment, since to present its refresh token again is to lose it.
   */
  | { readonly do: 'waitForOwner'; readonly row: RenewableConnection; readonly owner: string }
  /** Sage ID asked for a pause, whichever process it told so. */
  | { readonly do: 'pause'; readonly ms: number; readonly code: ErrorCode }
  | { readonly do: 'renew'; readonly row: RenewableConnection };

/** What to do about a connection that needs another token than `stale`. */
export function decideRenewal(state: RenewalState, now: number): RenewalAction {
  const { row, stale, waitedFor } = state;
  if (!row) return { do: 'refuse', why: 'ended' };
  // A row without a number cannot be believed: nothing in it is used.
  if (!isSameConsent(state)) return { do: 'refuse', why: row.consent === undefined ? 'needsPerson' : 'replaced' };
  const stored = row.accessToken?.value.reveal() === stale?.value.reveal() ? undefined : row.accessToken;
  const token = stored && usable(stored, now, state.clockToleranceMs);
  if (token) return { do: 'use', token };
  const { refreshToken, abandonedBy } = row;
  if (!refreshToken || row.state === 'needs_consent' || row.generation === state.deadGeneration)
    return { do: 'refuse', why: 'needsPerson' };
  if (row.pausedMs > 0) return { do: 'pause', ms: row.pausedMs, code: row.lastError?.code ?? 'RATE_LIMITED' };
  const renewable = { ...row, refreshToken };
  return abandonedBy === undefined || abandonedBy === waitedFor
    ? { do: 'renew', row: renewable }
    : { do: 'waitForOwner', row: renewable, owner: abandonedBy };
}

/** What stands under the name may be another person's by now, whatever its generation. */
export const isSameConsent = ({ consent, row }: Pick<RenewalState, 'consent' | 'row'>): boolean =>
  row !== undefined && row.consent === consent.number && row.subject === consent.subject;

/** What was stored from later than that is from before a clock was set back: nobody can say when it ends. */
const MOST_AHEAD_MS = 5 * 60_000;
/** Of a token's life at most, so that short lives are not all tolerance. */
const TOLERANCE_SHARE = 0.1;

/**
 * A token that another process has stored, whose clock is not ours: given up a little early. One that Sage just gave out
 * cannot have expired, whatever our clock says; its life is counted from now on, and should it be spent, Sage says so.
 */
function usable(token: AccessToken, now: number, toleranceMs: number): AccessToken | undefined {
  if (token.issuedAt > now + MOST_AHEAD_MS) return undefined;
  const lifeMs = token.expiresAt - token.issuedAt;
  if (now < token.expiresAt - Math.min(toleranceMs, lifeMs * TOLERANCE_SHARE)) return { ...token, isStored: true };
  const isJustGiven = now - token.issuedAt < toleranceMs;
  return isJustGiven ? { ...token, issuedAt: now, expiresAt: now + lifeMs, isStored: true } : undefined;
}

export type WaitAction =
  | { readonly do: 'wait' }
  | { readonly do: 'readAgain' }
  /** It failed while we waited: its error is ours too, instead of one time-out after the other. */
  | { readonly do: 'fail'; readonly code: ErrorCode };

/** What to do while another process renews, when its row was `before` and is `next` now. */
export function decideWait(before: StoredConnection, next: StoredConnection | undefined): WaitAction {
  if (next?.generation !== before.generation) return { do: 'readAgain' };
  if (next.state === 'renewing') return { do: 'wait' };
  const isTold = next.state === 'needs_consent' || next.lastError?.at === before.lastError?.at;
  return next.lastError && !isTold ? { do: 'fail', code: next.lastError.code } : { do: 'readAgain' };
}

/** Whether after a failed request only the person helps: Sage refused the refresh token, wants more than it, or took it and its answers were lost. */
export const isDeadAfter = ({ failure }: Pick<TokenRequestError, 'failure'>): boolean =>
  failure === 'invalidGrant' || failure === 'needsPerson' || isLost(failure);

/** Whether the request may have been carried out although no answer came. */
export const isLost = (failure: TokenRequestError['failure']): boolean =>
  failure === 'lostAnswer' || failure === 'lateAnswer';

/** The state of a connection after a renewal that failed with `code`. */
export function stateAfterFailure(
  { accessToken }: Pick<StoredConnection, 'accessToken'>,
  failure: { readonly isDead: boolean; readonly code: ErrorCode },
  now: number,
): 'needs_consent' | 'misconfigured' | 'connected' | 'unavailable' {
  if (failure.isDead) return 'needs_consent';
  if (failure.code === 'MISCONFIGURED') return 'misconfigured';
  return accessToken && now < accessToken.expiresAt ? 'connected' : 'unavailable';
}
