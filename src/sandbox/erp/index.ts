export type { Severity } from './business-error.ts';
export type { ContainerNaming } from './model/container-names.ts';
export {
  ACME_TENANT_ID,
  type ErpSandbox,
  type ErpSandboxOptions,
  type ErpSandboxTenant,
  GLOBEX_TENANT_ID,
  startErpSandbox,
} from './start-erp-sandbox.ts';
export type { ErpSwitches } from './switches.ts';
export type { ErpTenantOptions } from './tenant.ts';
export type { Renewal } from './tokens/token-api.ts';
export type { ConnectedApplication } from './x3/check-token.ts';
