import type { CompanyRef, Principal } from './principal.ts';

/** Whether this caller may touch that company. Site and company count as one pair: company ids repeat across sites. */
export function mayUse(principal: Principal, { site, company }: CompanyRef): boolean {
  return (
    principal.companies === 'all' ||
    principal.companies.some((allowed) => allowed.site === site && allowed.company === company)
  );
}

/** Whether this caller may ask that ERP tenant. */
export function mayUseTenant(principal: Principal, tenant: string): boolean {
  return principal.tenants.includes(tenant);
}
