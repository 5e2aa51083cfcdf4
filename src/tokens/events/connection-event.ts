import type { ConnectionError } from '../vault/index.ts';

/** Something that happened to a connection. Holds no token and no address. */
export interface ConnectionEvent {
  /**
   * - `connected`: a person signed in. `revoked`: somebody disconnected it.
   * - `renewed`, `recovered`: a new pair of tokens, the latter after a failure.
   * - `failing`: a renewal failed for the first time, or in a new way; it is tried again. `needs_consent`: only the person helps.
   * - `expiring`: the refresh token ends within ten days, whatever the gateway does.
   */
  readonly type: 'connected' | 'renewed' | 'failing' | 'needs_consent' | 'recovered' | 'revoked' | 'expiring';
  readonly connection: string;
  /** Epoch ms. */
  readonly at: number;
  readonly error?: ConnectionError;
  /** Id of the principal who did it. */
  readonly caller?: string;
  /** Of the request that did it. */
  readonly requestId?: string | undefined;
  /** Epoch ms; with `connected` and `expiring`. */
  readonly refreshExpiresAt?: number;
}
