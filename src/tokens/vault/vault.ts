import type { AuditTrail } from './audit/audit-trail.ts';
import type { KeyRotation } from './keys/rotate-key.ts';
import type { ClientStore } from './stores/client-store.ts';
import type { ConnectLinkStore } from './stores/connect-link-store.ts';
import type { ConnectionStore } from './stores/connection-store.ts';
import type { ConsentDirectory } from './stores/consent-directory.ts';
import type { IdempotencyStore } from './stores/idempotency-store.ts';
import type { PendingPairs } from './stores/pending-pairs.ts';
import type { ReloadRequests } from './stores/reload-requests.ts';
import type { SealedRows } from './stores/sealed-rows.ts';
import type { SessionStore } from './stores/session-store.ts';
import type { SignInAttempts } from './stores/sign-in-attempts.ts';

/** Everything that outlives a process. */
export interface Vault {
  /** Short, the same for all processes on this vault, and different in every other vault. Reveals nothing about its key. */
  readonly id: string;
  readonly connections: ConnectionStore;
  readonly directory: ConsentDirectory;
  /** Clients that were added while the gateway runs, and their keys. */
  readonly clients: ClientStore;
  readonly links: ConnectLinkStore;
  /** Consents up to this number are older than consent numbers. */
  readonly adoptedConsent: number;
  readonly signIns: SignInAttempts;
  readonly sessions: SessionStore;
  readonly idempotency: IdempotencyStore;
  /** Stored values of a source. @param source its name */
  rowsOf(source: string): SealedRows;
  readonly audit: AuditTrail;
  /** Requests from one process to all others to reload their configurations. */
  readonly reloads: ReloadRequests;
  /** Outside the database: pairs that could not be stored in it. */
  readonly pending: PendingPairs;
  /** Seals everything with the present key; after that, no previous key is needed. Can be interrupted and run again. */
  rotateKey(): Promise<KeyRotation>;
  /** Removes expired sign-ins, sessions and outcomes, and records older than their retention. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}
