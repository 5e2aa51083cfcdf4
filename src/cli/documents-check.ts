import type { GraphQLSchema } from 'graphql';
import type { Sources } from '../compose.ts';
import { readDocuments } from '../config/index.ts';
import type { DocumentGrade } from '../graph/index.ts';
import { GatewayError } from '../kit/errors/index.ts';
import { toPrintableJson } from '../kit/text/index.ts';
import { chooseTenants } from './ask-graph.ts';
import { type Command, CommandFailure, parseOptions } from './command.ts';
import { openConfig, withSources } from './open-config.ts';
import { printTable } from './print-table.ts';

interface Row extends DocumentGrade {
  readonly document: string;
  /** Undefined without tenants: the document is compared with the gateway's own schema. */
  readonly tenant: string | undefined;
  /** The schema in use, or the one just read from the tenant. */
  readonly schema: 'present' | 'refreshed';
}

/** Compares the listed documents with the schema of each tenant. Exit code 1 if one of them cannot be used there. */
export const documentsCheck: Command = async ({ args, stdout, ...context }) => {
  const { values } = parseOptions(args, {
    config: { type: 'string' },
    tenant: { type: 'string' },
    refresh: { type: 'boolean' },
    json: { type: 'boolean' },
  });
  const config = openConfig(values.config, context);
  const documents = readDocuments(config.documents.files);
  if (documents.size === 0)
    throw new CommandFailure('No documents are listed. Add their files to documents.files in the configuration.');
  const tenants = chooseTenants(config, values.tenant);
  const rows = await withSources(config, async (sources) => {
    const graded: Row[] = [];
    for (const tenant of tenants.length > 0 ? tenants : [undefined])
      graded.push(...(await gradeFor(sources, tenant, documents, values.refresh ?? false)));
    return graded;
  });
  const print = ({ grade, document, tenant = '', schema, reasons }: Row) => [
    grade,
    document,
    tenant,
    schema,
    reasons.join(' '),
  ];
  stdout.write(
    values.json
      ? `${toPrintableJson(JSON.stringify(rows, null, 2))}\n`
      : printTable(['', 'document', 'tenant', 'schema', ''], rows.map(print)),
  );
  return rows.some(({ grade }) => grade === 'FAULT') ? 1 : 0;
};

async function gradeFor(
  { erp, graph }: Sources,
  tenant: string | undefined,
  documents: ReadonlyMap<string, string>,
  refresh: boolean,
): Promise<Row[]> {
  const [{ parse }, { gradeDocument }] = await Promise.all([import('graphql'), import('../graph/index.ts')]);
  const gradeAll = (schema: GraphQLSchema, name: Row['schema']): Row[] =>
    [...documents].map(([document, text]) => ({
      document,
      tenant,
      schema: name,
      ...gradeDocument(schema, parse(text)),
    }));
  try {
    // Without a schema, the graph serves only the gateway's own part, where every document for the tenant is wrong.
    if (tenant !== undefined) await erp.schemaOf(tenant).catch(() => erp.refreshSchema(tenant));
    const present = gradeAll(await graph.schemaFor(tenant), 'present');
    if (!refresh || tenant === undefined) return present;
    await erp.refreshSchema(tenant);
    return [...present, ...gradeAll(await graph.schemaFor(tenant), 'refreshed')];
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    throw new CommandFailure(`Cannot read the schema of ERP tenant ${tenant}: ${error.message}`, { cause: error });
  }
}
