export type {
  Config,
  ErpConfig,
  ErpTenantConfig,
  EventsConfig,
  LimitsConfig,
  LinkConfig,
  LogConfig,
  NetworkConfig,
  Sage200Config,
  SageIdConfig,
  ServerConfig,
  VaultConfig,
} from './config.ts';
export { printConfigJsonSchema } from './definition/json-schema.ts';
export { type Environment, processEnvironment } from './environment.ts';
export { ConfigError, type ConfigFault } from './faults/config-error.ts';
export { suggest } from './faults/suggest.ts';
export { type LoadConfigOptions, loadConfig } from './load-config.ts';
export { createOwnAddresses, type OwnAddresses } from './own-addresses.ts';
