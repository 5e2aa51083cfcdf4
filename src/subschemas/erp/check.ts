import { GatewayError } from '../../kit/errors/index.ts';
import type { CheckParts, Finding, SourceCheck } from '../source-check.ts';
import type { Erp } from './create-erp.ts';

type CheckedErp = Pick<Erp, 'tenants' | 'refreshSchema'>;

/** Tenants of several products have different packages: a link is wrong only if no tenant has what it leads to. */
export function createErpCheck(erp: CheckedErp): SourceCheck {
  return async (parts) => {
    const tried = await Promise.all(erp.tenants.map(({ name }) => tryTenant(erp, parts, name)));
    // A tenant whose schema is not known may have it.
    const leftOut = tried.map(({ problems }) => new Set(problems?.map(linkOf)));
    const fitsNone = (problem: string) => leftOut.every((links) => links.has(linkOf(problem)));
    return tried.map(({ finding, problems = [] }) => ({ ...finding, ok: finding.ok && !problems.some(fitsNone) }));
  };
}

/** A problem begins with the name of its link. */
const linkOf = (problem: string): string => problem.split(':', 1)[0] ?? '';

interface TriedTenant {
  readonly finding: Finding;
  /** Why links are left out here; undefined: the tenant's schema is not known. */
  readonly problems?: readonly string[];
}

async function tryTenant(erp: CheckedErp, { attempt, reportOf }: CheckParts, tenant: string): Promise<TriedTenant> {
  const asked = await attempt(`ERP tenant ${tenant}`, async () => {
    // Not the cached schema: the tenant itself has to answer.
    await erp.refreshSchema(tenant);
    return { ok: true, says: '', notes: [] };
  });
  const report = await reportOf(tenant).catch((error: unknown) => {
    if (error instanceof GatewayError) return undefined;
    throw error;
  });
  if (!report) return { finding: asked };
  const { types, digest, links, collisions, notShown, problems } = report;
  const served = `${types} types, schema ${digest.slice(0, 12)}`;
  const notes = [
    ...asked.notes,
    ...(asked.ok ? [] : [`an earlier schema would be served: ${served}`]),
    ...(links.length > 0 ? [`links: ${links.join(', ')}`] : []),
    ...(collisions.length > 0 ? [`left out, because the tenant already uses the name: ${collisions.join(', ')}`] : []),
    ...(notShown.length > 0
      ? [`not shown, because its type is nested too deeply for introspection: ${notShown.join(', ')}`]
      : []),
    ...problems.map((problem) => `link left out, ${problem}`),
  ];
  return { finding: { ...asked, says: asked.ok ? served : asked.says, notes }, problems };
}
