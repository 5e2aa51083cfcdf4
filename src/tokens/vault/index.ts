export {
  AUDIT_KINDS,
  type AuditEnd,
  type AuditEntry,
  type AuditKind,
  type AuditLine,
  UNFINISHED,
} from './audit/audit-line.ts';
export type { AuditTrail } from './audit/audit-trail.ts';
export type { AuditFilter } from './audit/list-audit.ts';
export type { AuditFault, AuditVerdict } from './audit/verify-audit.ts';
export { isConnectionName, parseConnectionName } from './connection-name.ts';
export { importConnection } from './import-connection.ts';
export { openVault, type VaultOptions } from './open-vault.ts';
export {
  type ClientKey,
  type ClientStore,
  type CompanyPair,
  type DirectoryChanges,
  type ErpCredentials,
  RESERVED_MS,
  type StoredClient,
} from './stores/client-store.ts';
export { type ConnectLink, MAX_LINKS, type NewConnectLink } from './stores/connect-link-store.ts';
export type {
  ConnectionError,
  ConnectionStore,
  ConnectionSummary,
  Consent,
  LeaseClaim,
  SaveConditions,
  StoredConnection,
  TokenPair,
} from './stores/connection-store.ts';
export type { ConsentDirectory, CurrentConsent, DirectoryListing } from './stores/consent-directory.ts';
export { type ConsentRef, consentKey, isSameConsent } from './stores/consent-ref.ts';
export type { IdempotencyAttempt, IdempotencyScope, IdempotencyStore } from './stores/idempotency-store.ts';
export type { ReloadAnswer, ReloadHearing, ReloadRequests } from './stores/reload-requests.ts';
export type { SealedRows } from './stores/sealed-rows.ts';
export type { Session, SessionStore } from './stores/session-store.ts';
export type { SignInAttempt, SignInAttempts } from './stores/sign-in-attempts.ts';
export type { Vault } from './vault.ts';
