export type { ErpError, ErpResult, PlainData } from './answer.ts';
export { type ErpRequest, requestText } from './client.ts';
export {
  createErp,
  type Erp,
  type ErpCall,
  type ErpOptions,
  type ErpReply,
  type ErpTenant,
  type ErpTenantOptions,
} from './create-erp.ts';
export { createErpMetrics } from './erp-metrics.ts';
export type { OperationKind } from './errors.ts';
export { LazySchema } from './schema/lazy-schema.ts';
export type { SchemaStatus } from './schema/schema-decision.ts';
export type { SchemaLook, TenantSchema } from './schema/schema-registry.ts';
