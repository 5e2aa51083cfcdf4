import { GatewayError } from '../../kit/errors/index.ts';
import type { Principal } from '../../kit/principal.ts';
import type { Hosting } from '../subschema.ts';

type TenantCaller = Pick<Principal, 'tenants' | 'defaultTenant'>;

/**
 * The tenant of a request: the one it names, the caller's default, or its only one. Never silently the first.
 * @param wanted name or tenant id, from `X-Tenant`
 * @returns undefined for a caller without tenants, and for a caller who has to choose (see `tenantRequired`)
 * @throws GatewayError FORBIDDEN if `wanted` is not one of the caller's tenants
 */
export function chooseTenant(hosting: Hosting, caller: TenantCaller, wanted: string | undefined): string | undefined {
  const open = openTenants(hosting, caller);
  if (wanted === undefined || wanted === '') {
    const usual = open.length === 1 ? open[0] : open.find(({ name }) => name === caller.defaultTenant);
    return usual?.name;
  }
  const found = open.find(({ name }) => name === wanted) ?? open.find(({ tenantId }) => tenantId === wanted);
  if (found) return found.name;
  // The same message whether the tenant exists or not, so as not to reveal other callers' tenants.
  throw new GatewayError(
    'FORBIDDEN',
    open.length > 0
      ? `X-Tenant does not name an ${hosting.title} of this caller. Its tenants: ${open.map(({ name }) => name).join(', ')}.`
      : `X-Tenant names an ${hosting.title}, but this caller has none. Remove the header, or ask the operator to add tenants to the caller.`,
  );
}

/** The error if a tenant is needed but none is chosen; undefined if one is chosen, or if the caller has none. */
export function tenantRequired(
  hosting: Hosting,
  { principal, tenant }: { readonly principal: TenantCaller; readonly tenant: string | undefined },
): GatewayError | undefined {
  // Most requests need no look at any tenant.
  if (tenant !== undefined || principal.tenants.length < 2) return undefined;
  const choices = openTenants(hosting, principal).map(({ name }) => name);
  if (choices.length === 0) return undefined;
  return new GatewayError(
    'TENANT_REQUIRED',
    `This caller may use several ${hosting.title}s. Choose one with the header X-Tenant (${choices.join(', ')}), or ask the operator to set defaultTenant for the caller.`,
    { details: { choices } },
  );
}

const openTenants = (hosting: Hosting, { tenants }: TenantCaller) =>
  tenants.length === 0 ? [] : hosting.hosted.among(tenants);
