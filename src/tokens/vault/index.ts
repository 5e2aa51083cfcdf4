export { isConnectionName, parseConnectionName } from './connection-name.ts';
export type {
  ConnectionError,
  ConnectionState,
  ConnectionStore,
  ConnectionSummary,
  Consent,
  LeaseClaim,
  StoredConnection,
  TokenPair,
} from './connection-store.ts';
export { type ImportedConnection, importConnection } from './import-connection.ts';
export { openVault, type VaultOptions } from './open-vault.ts';
export type { Vault } from './vault.ts';
