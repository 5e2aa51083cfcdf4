export { createErp, type Erp, type ErpOptions, type ErpTenantOptions } from './create-erp.ts';
export { createErpMetrics } from './erp-metrics.ts';
export { createErpSubschema } from './subschema.ts';
