import type { ErrorCode, Secret } from '../../../kit/errors/index.ts';
import type { LinkUse } from './connect-link-store.ts';
import type { ConsentRef } from './consent-ref.ts';

/** `renewing` is not stored: it is a lease that still runs. */
export type ConnectionState = 'connected' | 'renewing' | 'needs_consent' | 'misconfigured' | 'unavailable';

export interface ConnectionError {
  readonly code: ErrorCode;
  /** Epoch ms. */
  readonly at: number;
}

/** One person's consent at Sage ID as others may see it: never a token. Instants are epoch ms. */
export interface ConnectionSummary {
  readonly name: string;
  /** The Sage ID account that consented, where it is known. */
  readonly subject: string | undefined;
  /** Number of the consent; undefined where the row cannot be believed. */
  readonly consent: number | undefined;
  readonly scope: string | undefined;
  readonly state: ConnectionState;
  readonly consentedAt: number;
  /** The end of the refresh token: fixed at consent with Sage ID, moved by each renewal with others. */
  readonly refreshExpiresAt: number;
  /** When the stored access token was asked for: the last sign-in or renewal. */
  readonly issuedAt: number | undefined;
  /** End of the stored access token. */
  readonly expiresAt: number | undefined;
  readonly lastError: ConnectionError | undefined;
}

/** A connection with its tokens. */
export interface StoredConnection extends ConnectionSummary {
  readonly accessToken: { readonly value: Secret; readonly issuedAt: number; readonly expiresAt: number } | undefined;
  /** Undefined when the row cannot be opened with the keys at hand; its bytes stay as they are. */
  readonly refreshToken: Secret | undefined;
  /** Counts every new pair; what a renewal compares with. */
  readonly generation: number;
  /** ms in which nobody presents the refresh token, since Sage ID asked for a pause. */
  readonly pausedMs: number;
  /** Owner of a lease that ran out instead of being ended: it may still hold a pair it could not store. */
  readonly abandonedBy: string | undefined;
  /** Fields that could not be opened. */
  readonly unreadable: readonly string[];
}

export interface TokenPair {
  readonly accessToken: { readonly value: Secret; readonly issuedAt: number; readonly expiresAt: number } | undefined;
  readonly refreshToken: Secret;
  readonly scope: string | undefined;
  /** New end of the refresh token. Left out: a renewal does not move it. */
  readonly refreshExpiresAt?: number;
}

/** A sign-in or an import: starts or restarts a connection. */
export interface Consent extends TokenPair {
  readonly name: string;
  readonly subject: string | undefined;
  readonly consentedAt: number;
  readonly refreshExpiresAt: number;
}

/** One pair of tokens of one consent. */
export interface PairPlace {
  readonly consent: ConsentRef;
  readonly generation: number;
}

/** The right to spend one generation's refresh token, for a while. */
export interface LeaseClaim extends PairPlace {
  /** Unique to one attempt. */
  readonly owner: string;
  readonly forMs: number;
}

/** What must hold for a consent to be stored, beside that nobody takes over another's. */
export interface SaveConditions {
  /** Only where this consent is still the stored one, which an own renewal needs. Left out: whatever is there. */
  readonly over?: number | undefined;
  /**
   * Used up in the transaction that stores the pair, or nothing is stored. It takes over neither another person's connection
   * nor one whose person is unknown, unless it says `replace`.
   */
  readonly by?: LinkUse | undefined;
}

/** Where connections are kept, the same for every engine. Every change is one statement. */
export interface ConnectionStore {
  read(name: string): Promise<StoredConnection | undefined>;
  /** In the order of names. @param names only these; left out: all there are */
  list(names?: readonly string[]): Promise<readonly ConnectionSummary[]>;
  /**
   * Stores a consent over whatever was there, and ends any lease on it. It keeps its number where the same person signs in
   * again, and is a new one in every other case: an unknown person is never the same.
   * @returns undefined, and nothing changed, when the connection belongs to another Sage ID account: its callers would
   * read somebody else's data; and when its name is that of a client that was removed
   */
  save(consent: Consent, conditions?: SaveConditions): Promise<ConsentRef | undefined>;
  /** True for one claimant only, and only while `generation` is the stored one and no lease runs. */
  takeLease(claim: LeaseClaim): Promise<boolean>;
  /** Pushes the end of an own lease out. */
  extendLease(claim: LeaseClaim): Promise<boolean>;
  /** The new pair as generation + 1, and the lease ended. False when another generation or consent is there already. */
  storePair(place: PairPlace, pair: TokenPair): Promise<boolean>;
  /** Ends an own lease without a pair. @param outcome with the ms in which nobody may take the next one */
  release(
    claim: LeaseClaim,
    outcome: { state: Exclude<ConnectionState, 'renewing'>; error: ConnectionError; pauseMs?: number },
  ): Promise<boolean>;
  /** True once for each end of a refresh token, no matter who asks: the right to warn of it. */
  markWarned(name: string, refreshExpiresAt: number): Promise<boolean>;
  /** Forgets the connection and its tokens, and ends the sessions that were made for it. */
  remove(name: string): Promise<boolean>;
}
