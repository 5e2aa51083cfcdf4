import type { ErrorCode, Secret } from '../../../kit/errors/index.ts';
import type { LinkUse } from './connect-link-store.ts';
import type { ConsentRef } from './consent-ref.ts';

/** `renewing` is not stored: it means that a lease is still running. */
export type ConnectionState = 'connected' | 'renewing' | 'needs_consent' | 'misconfigured' | 'unavailable';

export interface ConnectionError {
  readonly code: ErrorCode;
  /** Epoch ms. */
  readonly at: number;
}

/** One person's consent at Sage ID without its tokens, so that others may see it. Instants are epoch ms. */
export interface ConnectionSummary {
  readonly name: string;
  /** The Sage ID account that consented, if known. */
  readonly subject: string | undefined;
  /** Number of the consent; undefined if the row cannot be trusted. */
  readonly consent: number | undefined;
  readonly scope: string | undefined;
  readonly state: ConnectionState;
  readonly consentedAt: number;
  /** The end of the refresh token. With Sage ID it is fixed at consent; with others each renewal extends it. */
  readonly refreshExpiresAt: number;
  /** When the stored access token was requested: at the last sign-in or renewal. */
  readonly issuedAt: number | undefined;
  /** End of the stored access token. */
  readonly expiresAt: number | undefined;
  readonly lastError: ConnectionError | undefined;
}

export interface StoredConnection extends ConnectionSummary {
  readonly accessToken: { readonly value: Secret; readonly issuedAt: number; readonly expiresAt: number } | undefined;
  /** Undefined if the configured keys cannot open the row; its bytes are not changed. */
  readonly refreshToken: Secret | undefined;
  /** Incremented with every new pair; a renewal compares it. */
  readonly generation: number;
  /** ms for which nobody may send the refresh token, because Sage ID asked for a pause. */
  readonly pausedMs: number;
  /** Owner of a lease that expired instead of being ended: it may still have a pair that it could not store. */
  readonly abandonedBy: string | undefined;
  /** Fields that could not be opened. */
  readonly unreadable: readonly string[];
}

export interface TokenPair {
  readonly accessToken: { readonly value: Secret; readonly issuedAt: number; readonly expiresAt: number } | undefined;
  readonly refreshToken: Secret;
  readonly scope: string | undefined;
  /** New end of the refresh token. Left out: the renewal does not change it. */
  readonly refreshExpiresAt?: number;
}

/** A sign-in or an import: starts or restarts a connection. */
export interface Consent extends TokenPair {
  readonly name: string;
  readonly subject: string | undefined;
  readonly consentedAt: number;
  readonly refreshExpiresAt: number;
}

export interface PairPlace {
  readonly consent: ConsentRef;
  readonly generation: number;
}

/** The right to use one generation's refresh token, for a limited time. */
export interface LeaseClaim extends PairPlace {
  /** Unique to one attempt. */
  readonly owner: string;
  readonly forMs: number;
}

/** Conditions for storing a consent, besides the rule that nobody takes over another person's connection. */
export interface SaveConditions {
  /** Only if this consent is still the stored one, as the renewal of a person's own consent needs. Left out: over any consent. */
  readonly over?: number | undefined;
  /**
   * Used up in the transaction that stores the pair; if that fails, nothing is stored. Without `replace` it does not take
   * over a connection of another or an unknown person.
   */
  readonly by?: LinkUse | undefined;
}

/** Storage of connections, the same for every engine. Every change is one statement. */
export interface ConnectionStore {
  read(name: string): Promise<StoredConnection | undefined>;
  /** In the order of names. @param names only these; left out: all */
  list(names?: readonly string[]): Promise<readonly ConnectionSummary[]>;
  /**
   * Stores a consent over the existing one, and ends any lease on it. The number stays if the same person signs in again,
   * and is new in every other case: an unknown person is never the same person.
   * @returns undefined, without a change, if the connection belongs to another Sage ID account (its callers would read
   * somebody else's data), or if its name is that of a removed client
   */
  save(consent: Consent, conditions?: SaveConditions): Promise<ConsentRef | undefined>;
  /** True for only one claimant, and only while `generation` is the stored one and no lease is running. */
  takeLease(claim: LeaseClaim): Promise<boolean>;
  /** Extends the caller's own lease. */
  extendLease(claim: LeaseClaim): Promise<boolean>;
  /** Stores the new pair as generation + 1 and ends the lease. False if another generation or consent is already stored. */
  storePair(place: PairPlace, pair: TokenPair): Promise<boolean>;
  /** Ends the caller's own lease without a pair. @param outcome with the ms in which nobody may take the next one */
  release(
    claim: LeaseClaim,
    outcome: { state: Exclude<ConnectionState, 'renewing'>; error: ConnectionError; pauseMs?: number },
  ): Promise<boolean>;
  /** True once for each end of a refresh token, no matter who asks: the right to warn about it. */
  markWarned(name: string, refreshExpiresAt: number): Promise<boolean>;
  /** Deletes the connection and its tokens, and ends its sessions. */
  remove(name: string): Promise<boolean>;
}
