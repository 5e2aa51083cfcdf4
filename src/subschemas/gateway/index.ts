export type { ClientParts } from './clients/client-parts.ts';
export { createGatewayFrom } from './create-gateway-from.ts';
export { createGatewaySubschema } from './create-gateway-subschema.ts';
export type { ReloadConfig } from './gateway-mutations.ts';
export type { ConnectionStatus, ListConnections } from './gateway-resolvers.ts';
