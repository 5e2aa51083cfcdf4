import type { Secret } from '../kit/errors/index.ts';

/** A bearer token for one upstream. */
export interface AccessToken {
  readonly value: Secret;
  /** Epoch ms, counted from before the request was sent. */
  readonly issuedAt: number;
  /** Epoch ms. */
  readonly expiresAt: number;
  /** Another process stored it: by its clock it is still good, and it may be spent by the upstream's. */
  readonly isStored?: true;
}

/** Hands out a valid access token and can be told that one was rejected. One per identity and upstream. */
export interface TokenSource<Token extends AccessToken = AccessToken> {
  /**
   * A token that is valid now; renews early and one at a time.
   * @throws GatewayError NEEDS_CONSENT, MISCONFIGURED, UPSTREAM_UNAVAILABLE, UPSTREAM_TIMEOUT, RATE_LIMITED
   */
  get(): Promise<Token>;
  /** The same where it is at hand; undefined: call `get`. What is asked for each request need not wait for a promise. */
  peek?(): Token | undefined;
  /** Forgets `rejected` and nothing newer: a late 401 must not throw away a fresh token. */
  drop(rejected: Token): void;
  /** Waits for a running renewal and ends the token where the upstream can do that. */
  close?(): Promise<void>;
}
