export { type Acting, type ClientAdmin, createClientAdmin, type NewKey } from './clients/client-admin.ts';
export type { ClientDirectory } from './clients/client-directory.ts';
export type { ClientInput } from './clients/merge-client.ts';
export type { ConnectLinkInput } from './clients/merge-link.ts';
export { type ServedClients, type ServedKey, serveClients } from './clients/served-clients.ts';
export type { ClientUserError, Outcome } from './clients/user-error.ts';
export { createConnectionKeeper } from './connection-keeper.ts';
export { type ConnectionTokenSourceOptions, createConnectionTokenSource } from './connection-token-source.ts';
export { type Connections, createConnections } from './connections.ts';
export * from './consent/index.ts';
export { type ConsentWatch, createConsentWatch } from './consent-watch.ts';
export type { ErpAccessToken, ErpTenantSettings, ErpTokenKind, ErpTokens } from './erp-tokens.ts';
export type { ConnectionEvent } from './events/connection-event.ts';
export {
  type ConnectionEvents,
  createConnectionEvents,
  createConnectionEventsFrom,
} from './events/connection-events.ts';
export { createConnectionMetrics } from './events/connection-metrics.ts';
export { createWebhook } from './events/webhook.ts';
export { createIssuerKeys, createOpenIdKeys } from './issuer-keys.ts';
export { createClientCredentialsTokenSource } from './kinds/client-credentials.ts';
export { ERP_TENANT_SETTINGS } from './kinds/erp-tenant.ts';
export {
  type AnyTokenKind,
  createErpTokenSource,
  TOKEN_KINDS,
  tokenKindOf,
  tokenKindsIn,
  tokenSettings,
} from './kinds/index.ts';
export { openWatchedVault } from './open-watched-vault.ts';
export { createPassThroughTokenSource } from './pass-through-token-source.ts';
export { watchReloadRequests } from './reload-watch.ts';
export { createRenewalMetrics, type RenewalMetrics } from './renewal-watch.ts';
export { createRenewingTokenSource } from './renewing-token-source.ts';
export { createSageIdClient, type SageIdClientOptions } from './sage-id-client.ts';
export { toSageIdError } from './sage-id-failure.ts';
export type { TenantConsent } from './tenant-consent.ts';
export { TokenRequestError } from './token-request-error.ts';
export type { AccessToken, TokenSource } from './token-source.ts';
export { foundTrouble } from './vault/engine/trouble.ts';
export * from './vault/index.ts';
export { createVaultReadiness } from './vault-readiness.ts';
