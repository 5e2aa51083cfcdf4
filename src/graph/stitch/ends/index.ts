import type { GraphQLSchema } from 'graphql';
import { GatewayError } from '../../../kit/errors/index.ts';
import type { Erp } from '../../../subschemas/erp/index.ts';
import { decodeGlobalId } from '../../../subschemas/sage200/index.ts';
import type { LinkEnd, LinkField, LinkScope } from '../link.ts';
import { createErpEnd } from './erp-end.ts';
import { createSage200End, toText } from './sage200-end.ts';

interface EndOptions {
  readonly erp: Erp;
  readonly tenant: string;
  readonly schema: GraphQLSchema;
}

export function endOf({ target }: LinkField, { erp, tenant, schema }: EndOptions): LinkEnd {
  switch (target.kind) {
    case 'absent':
      return { keysAtOnce: Number.POSITIVE_INFINITY, canAsk: () => true, load: () => absence(erp, tenant) };
    case 'sage200':
      return createSage200End(target, schema);
    case 'erp':
      return createErpEnd(target, erp);
  }
}

async function absence(erp: Erp, tenant: string): Promise<never> {
  const message = `The schema of ERP tenant "${tenant}" was still loading. Try again.`;
  await erp.schemaOf(tenant);
  throw new GatewayError('UPSTREAM_UNAVAILABLE', message, { source: `erp:${tenant}`, retryAfter: 1 });
}

/**
 * Site and company that the records below a root field of ours are of.
 * @param index of the record in a list of records by id
 */
export function scopeBelow(
  rootField: string,
  given: (name: string) => unknown,
  index: string | number | undefined,
): LinkScope | undefined {
  switch (rootField) {
    case 'sage200':
      return { site: toText(given('site')), company: toText(given('company')) };
    case 'node':
      return companyOfId(given('id'));
    case 'nodes': {
      const ids = given('ids');
      return companyOfId(Array.isArray(ids) ? ids[Number(index)] : ids);
    }
    default:
      return undefined;
  }
}

const companyOfId = (id: unknown): LinkScope | undefined => {
  const found = typeof id === 'string' ? decodeGlobalId(id) : undefined;
  return found && { site: found.site, company: found.company };
};
