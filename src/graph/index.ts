export { createGraph, type GraphOptions } from './create-graph.ts';
export type {
  GatewayContext,
  GatewayContextInput,
  Graph,
  GraphOperation,
  KnownContent,
  KnownOperation,
  OperationBounds,
  PackedBody,
  PlanReport,
  ReportingGraph,
  TenantReport,
} from './graph.ts';
export { classifyOperation, isIntrospection } from './operation/classify-operation.ts';
export { type DocumentGrade, gradeDocument } from './operation/grade-document.ts';
export type { Introspection } from './operation/introspection.ts';
export { isLongDocument } from './operation/long-document.ts';
export { createOwnSchema, joinOwn, printGatewaySchema } from './schema/own-schema.ts';
export type { LinkOptions } from './stitch/index.ts';
export type { Subschema } from './subschema.ts';
