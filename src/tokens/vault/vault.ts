import type { ConnectionStore } from './connection-store.ts';

/** Everything that outlives a process. Sessions, sign-ins under way, outcomes and the audit trail join it as further stores. */
export interface Vault {
  readonly connections: ConnectionStore;
  close(): Promise<void>;
}
