export type { Config, LinkConfig } from './config.ts';
export { printConfigJsonSchema } from './definition/json-schema.ts';
export { readDocuments } from './documents/read-documents.ts';
export { type Environment, processEnvironment } from './environment.ts';
export { ConfigError, type ConfigFault, toFaultLine } from './faults/config-error.ts';
export { suggest } from './faults/suggest.ts';
export { loadConfig, loadSettings, readConfigText, type Settings } from './load-config.ts';
export { createOwnAddresses, type OwnAddresses } from './own-addresses.ts';
export { ownNamesIn } from './own-names.ts';
