export { createErp, type Erp, type ErpOptions, type ErpTenantOptions } from './create-erp.ts';
export { createErpFrom } from './create-erp-from.ts';
export { createErpMetrics } from './erp-metrics.ts';
export { createErpSubschema } from './subschema.ts';
