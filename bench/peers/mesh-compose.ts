/**
 * Mesh composes the supergraph that Hive Gateway serves: Sage 200 from an OpenAPI description, the tenant from its
 * introspection. Second argument: the file to write. Done once, before anything is measured.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getComposedSchemaFromConfig, loadGraphQLHTTPSubgraph } from '@graphql-mesh/compose-cli';
import { DefaultLogger } from '@graphql-mesh/utils';
import { loadOpenAPISubgraph } from '@omnigraph/openapi';
import { describeSage200 } from './sage200-openapi.ts';
import { readUpstreams } from './undici-clients.ts';

const { sage200, erp, sage200Headers, erpHeaders } = readUpstreams();
const folder = process.argv[3] ?? '.';
const description = join(folder, 'sage200.json');
await writeFile(description, JSON.stringify(describeSage200(sage200)));

const supergraph = await getComposedSchemaFromConfig(
  {
    subgraphs: [
      {
        sourceHandler: loadOpenAPISubgraph('sage200', {
          source: description,
          endpoint: sage200,
          operationHeaders: { ...sage200Headers },
        }),
      },
      {
        sourceHandler: loadGraphQLHTTPSubgraph('erp', {
          endpoint: erp,
          schemaHeaders: erpHeaders,
          operationHeaders: { ...erpHeaders },
        }),
      },
    ],
    // How Mesh joins REST resources by key; it has no way to gather keys into one $filter.
    additionalTypeDefs: /* GraphQL */ `
      extend type Sage200SopOrder {
        customer: Sage200Customer
          @resolveTo(
            sourceName: "sage200"
            sourceTypeName: "Query"
            sourceFieldName: "customer"
            requiredSelectionSet: "{ customer_id }"
            sourceArgs: { id: "{root.customer_id}" }
          )
      }
      extend type Sage200Customer {
        currency: Sage200Currency
          @resolveTo(
            sourceName: "sage200"
            sourceTypeName: "Query"
            sourceFieldName: "currency"
            requiredSelectionSet: "{ currency_id }"
            sourceArgs: { id: "{root.currency_id}" }
          )
      }
    `,
  },
  new DefaultLogger(),
);
await writeFile(join(folder, 'supergraph.graphql'), supergraph);
process.stdout.write('composed\n');
process.exit(0);
