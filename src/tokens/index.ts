export {
  type ClientCredentialsTokenSourceOptions,
  createClientCredentialsTokenSource,
} from './client-credentials-token-source.ts';
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
export {
  createErpTokenSource,
  type ErpAccessToken,
  type ErpTenantSettings,
  type ErpTokenSourceOptions,
} from './erp-token-source.ts';
export type { ConnectionEvent } from './events/connection-event.ts';
export {
  type ConnectionEvents,
  type ConnectionEventsOptions,
  createConnectionEvents,
} from './events/connection-events.ts';
export { createConnectionMetrics } from './events/connection-metrics.ts';
export { createWebhook, type Webhook, type WebhookOptions } from './events/webhook.ts';
export { createIssuerKeys, createOpenIdKeys } from './issuer-keys.ts';
export { openWatchedVault, type WatchedVaultOptions } from './open-watched-vault.ts';
export { createPassThroughTokenSource } from './pass-through-token-source.ts';
export { createRenewingTokenSource, type RenewingTokenSourceOptions } from './renewing-token-source.ts';
export {
  createSageIdClient,
  type SageIdAnswer,
  type SageIdClient,
  type SageIdClientOptions,
} from './sage-id-client.ts';
export { TokenRequestError, type TokenRequestFailure } from './token-request-error.ts';
export type { AccessToken, TokenSource } from './token-source.ts';
export * from './vault/index.ts';
