import type { Hosting } from '../../graph/subschema.ts';
import type { Erp } from './create-erp.ts';
import { createErpLinkEnds } from './links/link-end.ts';

/** The ERP tenants as a source of the graph. */
export const createErpSubschema = (erp: Erp): Hosting => ({
  name: 'erp',
  title: 'ERP tenant',
  about:
    'All other root fields belong to the ERP tenant and have its own names. With several tenants, the header `X-Tenant` chooses one.',
  hosted: erp,
  links: createErpLinkEnds(),
});
