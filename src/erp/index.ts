export type { ErpError, ErpResult } from './answer.ts';
export type { ErpRequest } from './client.ts';
export {
  createErp,
  type Erp,
  type ErpCall,
  type ErpOptions,
  type ErpTenant,
  type ErpTenantOptions,
} from './create-erp.ts';
export type { OperationKind } from './errors.ts';
export type { SchemaStatus, TenantSchema } from './schema/schema-registry.ts';
