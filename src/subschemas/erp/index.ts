export { createErp, type Erp, type ErpOptions, type ErpTenantOptions } from './create-erp.ts';
export { createErpFrom, type ErpSource } from './create-erp-from.ts';
export { createErpMetrics } from './erp-metrics.ts';
export { createErpSubschema } from './subschema.ts';
