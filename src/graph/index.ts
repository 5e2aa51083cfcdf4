export { createGraph, type GraphOptions } from './create-graph.ts';
export type { ConnectionStatus, ListConnections } from './gateway/gateway-resolvers.ts';
export type { Sage200Source } from './gateway/root-resolvers.ts';
export type {
  GatewayContext,
  GatewayContextInput,
  Graph,
  GraphOperation,
  KnownContent,
  KnownOperation,
  PackedBody,
  PlanReport,
  ReportingGraph,
  TenantReport,
} from './graph.ts';
export { classifyOperation, isIntrospection } from './operation/classify-operation.ts';
export type { Introspection } from './operation/introspection.ts';
export { isLongDocument } from './operation/long-document.ts';
export { mutationNames } from './operation/name-mutations.ts';
export { createOwnSchema, joinDocuments, printGatewaySchema } from './schema/own-schema.ts';
export type { LinkOptions } from './stitch/index.ts';
