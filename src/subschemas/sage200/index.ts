export type { CompanyRef, Sage200Identity } from './caller.ts';
export { mayUse } from './companies.ts';
export { createSage200, type Sage200Options, type Sage200Root, type Sage200Source } from './create-sage200.ts';
export { createOpenCompaniesReader, type ReadOpenCompanies } from './open-companies.ts';
export { createSage200Subschema, type Sage200SubschemaParts } from './subschema.ts';
export { encodeGlobalId } from './values/global-id.ts';
