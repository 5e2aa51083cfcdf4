import type { Hosting } from '../../graph/subschema.ts';
import type { Erp } from './create-erp.ts';
import { createErpLinkEnds } from './links/link-end.ts';

/** The ERP tenants as a source of the graph. */
export const createErpSubschema = (erp: Erp): Hosting => ({
  name: 'erp',
  title: 'ERP tenant',
  hosted: erp,
  links: createErpLinkEnds(erp),
});
