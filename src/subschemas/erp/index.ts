export { createErp, type Erp } from './create-erp.ts';
export { createErpSubschema } from './subschema.ts';
