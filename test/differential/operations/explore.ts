import { buildSchema } from 'graphql';
import type { Pair } from '../pair.ts';
import type { World } from './generate-case.ts';

/** What is asked to learn names, by the type of its rows. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  Sage200Customer: ['customers', 'customers(orderBy: [{ name: ASC }])'],
  Sage200SopOrder: ['sopOrders'],
  Sage200PopOrder: ['popOrders'],
  Sage200Product: ['products', 'products(orderBy: [{ code: DESC }])'],
  Sage200Supplier: ['suppliers'],
  Sage200Currency: ['currencies'],
  Sage200NominalCode: ['nominalCodes'],
  Sage200Bank: ['banks'],
  Sage200WarehouseHolding: ['warehouseHoldings'],
  Sage200CustomerContact: ['customerContacts'],
};

interface Found {
  readonly nodes: readonly { readonly id: string; readonly sageId: string }[];
  readonly pageInfo: { readonly endCursor: string };
}

/** The schema of the gateway, and names of what is there to be asked for. */
export async function explore({ general, sandbox, authorization }: Pair): Promise<World> {
  const headers = { authorization: String(authorization.owner) };
  const response = await fetch(`${general.gateway.url}/schema.graphql`, { headers });
  const ofType = new Map<string, { globalIds: string[]; sageIds: string[]; cursors: string[] }>();
  const own: string[] = [];
  for (const { siteId, companyId } of sandbox.companies) {
    for (const [type, lists] of Object.entries(LISTS)) {
      for (const list of lists) {
        const page = list.includes('(') ? list.replace('(', '(first: 4, ') : `${list}(first: 4)`;
        const { data } = await general.gateway.query(
          `{ sage200(site: "${siteId}", company: "${companyId}") { id page: ${page} { nodes { id sageId } pageInfo { endCursor } } } }`,
          { headers },
        );
        const { nodes, pageInfo }: Found = data.sage200.page;
        own.push(data.sage200.id);
        const known = ofType.get(type) ?? { globalIds: [], sageIds: [], cursors: [] };
        ofType.set(type, known);
        known.globalIds.push(...nodes.map(({ id }) => id));
        known.sageIds.push(...nodes.map(({ sageId }) => sageId));
        known.cursors.push(pageInfo.endCursor);
      }
    }
  }
  const all = [...ofType.values()];
  return {
    schema: buildSchema(await response.text(), { assumeValid: true }),
    supplies: {
      ofType,
      globalIds: [...all.flatMap(({ globalIds }) => globalIds), ...new Set(own)],
      sageIds: all.flatMap(({ sageIds }) => sageIds),
      cursors: all.flatMap(({ cursors }) => cursors),
      sites: [...new Set(sandbox.companies.map(({ siteId }) => siteId))],
      companies: [...new Set(sandbox.companies.map(({ companyId }) => String(companyId)))],
    },
  };
}
