import type { KeyRotation } from './keys/rotate-key.ts';
import type { AuditStore } from './stores/audit-store.ts';
import type { ConnectionStore } from './stores/connection-store.ts';
import type { IdempotencyStore } from './stores/idempotency-store.ts';
import type { PendingPairs } from './stores/pending-pairs.ts';
import type { SessionStore } from './stores/session-store.ts';
import type { SignInAttempts } from './stores/sign-in-attempts.ts';
import type { WriteAudit } from './stores/write-audit.ts';

/** Everything that outlives a process. */
export interface Vault {
  /** Short, the same for all processes on this vault, different in every other. Says nothing of its key. */
  readonly id: string;
  readonly connections: ConnectionStore;
  readonly signIns: SignInAttempts;
  readonly sessions: SessionStore;
  readonly idempotency: IdempotencyStore;
  readonly audit: AuditStore;
  readonly writes: WriteAudit;
  /** Outside of the database: pairs that it did not take. */
  readonly pending: PendingPairs;
  /** Seals everything with the present key; afterwards no previous key is needed. May be interrupted and run again. */
  rotateKey(): Promise<KeyRotation>;
  /** Removes sign-ins, sessions, outcomes and audit events that have ended. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}
