export { createGraph, type GraphOptions } from './create-graph.ts';
export type { ConnectionStatus, ListConnections } from './gateway/gateway-resolvers.ts';
export type { Sage200Source } from './gateway/root-resolvers.ts';
export type { GatewayContext, GatewayContextInput, Graph, GraphOperation } from './graph.ts';
export { joinDocuments, printGatewaySchema } from './schema/own-schema.ts';
