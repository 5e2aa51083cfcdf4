export type { CompanyRef, Sage200Caller, Sage200Identity } from './caller.ts';
export { mayUse, type OpenCompany } from './companies.ts';
export {
  createSage200,
  type ResolverMap,
  type Sage200Options,
  type Sage200Root,
  type Sage200Source,
} from './create-sage200.ts';
export { createSage200From } from './create-sage200-from.ts';
export { createOpenCompaniesReader, type ReadOpenCompanies } from './open-companies.ts';
export type { OperationScope, Sage200Log } from './scope.ts';
export { createSage200Subschema, type Sage200SubschemaParts } from './subschema.ts';
export { decodeGlobalId, encodeGlobalId, type GlobalId } from './values/global-id.ts';
export type { AuditedWrite, WriteAudit, WriteEnd } from './writing/write-audit.ts';
export type { OutcomeScope, WriteOutcomes } from './writing/write-outcomes.ts';
