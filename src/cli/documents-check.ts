import type { GraphQLSchema } from 'graphql';
import type { Sources } from '../compose.ts';
import { readDocuments } from '../config/index.ts';
import type { DocumentGrade } from '../graph/index.ts';
import { toPrintableJson } from '../kit/text/index.ts';
import { chooseTenants, needSchema } from './ask-graph.ts';
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
  sources: Sources,
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
  const current = () => sources.graph.schemaFor(tenant);
  if (tenant === undefined) return gradeAll(await current(), 'present');
  await needSchema(sources, tenant);
  const rows = gradeAll(await current(), 'present');
  if (!refresh) return rows;
  await needSchema(sources, tenant, 'new');
  return [...rows, ...gradeAll(await current(), 'refreshed')];
}
