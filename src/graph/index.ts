export { createGraph } from './create-graph.ts';
export type {
  GatewayContext,
  Graph,
  GraphOperation,
  KnownContent,
  KnownOperation,
  OperationBounds,
  ReportingGraph,
} from './graph.ts';
export { classifyOperation, isIntrospection } from './operation/classify-operation.ts';
export { type DocumentGrade, gradeDocument } from './operation/grade-document.ts';
export { INTROSPECTION_FACTOR, type Introspection } from './operation/introspection.ts';
export { isLongDocument } from './operation/long-document.ts';
export { createOwnSchema, joinOwn, printGatewaySchema } from './schema/own-schema.ts';
export type { Subschema } from './subschema.ts';
