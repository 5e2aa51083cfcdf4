export type { CompanyRef, Sage200Caller, Sage200Identity } from './caller.ts';
export { mayUse, type OpenCompany } from './companies.ts';
export {
  createSage200,
  type ResolverMap,
  type Sage200Options,
  type Sage200Root,
  type Sage200Subgraph,
} from './create-sage200.ts';
export { decodeGlobalId, encodeGlobalId, type GlobalId } from './global-id.ts';
export { lightDocument } from './light-document.ts';
export { loadSdl } from './load-sdl.ts';
export type { CompanyPlan, CompanyPlanContext } from './plans/company-plan.ts';
export { Unexpected, Unplanned } from './plans/unplanned.ts';
export { isSageId } from './sage-id.ts';
export type { Sage200Log, Sage200Session } from './session.ts';
export type { AuditedWrite, WriteAudit, WriteEnd } from './writing/audited.ts';
export type { OutcomeScope, WriteOutcomes } from './writing/once.ts';
