export {
  type Acting,
  type ClientAdmin,
  type ClientAdminOptions,
  createClientAdmin,
  type NewKey,
} from './clients/client-admin.ts';
export { type ClientChange, type ClientDirectory, createClientDirectory } from './clients/client-directory.ts';
export type { ClientInput } from './clients/merge-client.ts';
export type { ConnectLinkInput } from './clients/merge-link.ts';
export { type ServedClients, type ServedKey, serveClients } from './clients/served-clients.ts';
export type { ClientUserError, Outcome } from './clients/user-error.ts';
export { type ConnectionKeeper, type ConnectionKeeperOptions, createConnectionKeeper } from './connection-keeper.ts';
export { type ConnectionTokenSourceOptions, createConnectionTokenSource } from './connection-token-source.ts';
export {
  type ConnectionIdentity,
  type Connections,
  type ConnectionsOptions,
  createConnections,
} from './connections.ts';
export * from './consent/index.ts';
export {
  type ConsentChange,
  type ConsentWatch,
  type ConsentWatchOptions,
  createConsentWatch,
} from './consent-watch.ts';
export { createErpTokenSource } from './erp-token-source.ts';
export type { ErpAccessToken, ErpTenantSettings, ErpTokenKind, ErpTokenSourceOptions } from './erp-tokens.ts';
export type { ConnectionEvent } from './events/connection-event.ts';
export {
  type ConnectionEvents,
  type ConnectionEventsOptions,
  createConnectionEvents,
  createConnectionEventsFrom,
} from './events/connection-events.ts';
export { createConnectionMetrics } from './events/connection-metrics.ts';
export { createWebhook, type Webhook, type WebhookOptions } from './events/webhook.ts';
export { createIssuerKeys, createOpenIdKeys } from './issuer-keys.ts';
export {
  type ClientCredentialsSettings,
  type ClientCredentialsTokenSourceOptions,
  createClientCredentialsTokenSource,
} from './kinds/client-credentials.ts';
export { ERP_TENANT_SETTINGS } from './kinds/erp-tenant.ts';
export { type AnyTokenKind, erpGrantsIn, TOKEN_KINDS, tokenSettings } from './kinds/index.ts';
export { createPassThroughTokenSource } from './kinds/pass-through.ts';
export type { SageIdCodeSettings } from './kinds/sage-id-code.ts';
export { openWatchedVault, type WatchedVault, type WatchedVaultOptions } from './open-watched-vault.ts';
export { type ReloadWatchOptions, watchReloadRequests } from './reload-watch.ts';
export { createRenewalMetrics, type RenewalMetrics, type RenewalWatch } from './renewal-watch.ts';
export { createRenewingTokenSource, type RenewingTokenSourceOptions } from './renewing-token-source.ts';
export {
  createSageIdClient,
  type SageIdAnswer,
  type SageIdClient,
  type SageIdClientOptions,
} from './sage-id-client.ts';
export { toSageIdError } from './sage-id-failure.ts';
export type { TenantConsent } from './tenant-consent.ts';
export type { TokenKind, TokenSection } from './token-kind.ts';
export { TokenRequestError, type TokenRequestFailure } from './token-request-error.ts';
export type { AccessToken, TokenSource } from './token-source.ts';
export { foundTrouble } from './vault/engine/trouble.ts';
export * from './vault/index.ts';
export { createVaultReadiness, type VaultReadiness, type VaultReadinessOptions } from './vault-readiness.ts';
