import type { GraphQLSchema } from 'graphql';
import type { Sources } from '../compose.ts';
import type { Config } from '../config/index.ts';
import { toPrintable, toPrintableJson } from '../kit/text/index.ts';
import { chooseTenants } from './ask-graph.ts';
import { type Command, CommandFailure, parseOptions } from './command.ts';
import { openConfig, withSources } from './open-config.ts';
import { printTable } from './print-table.ts';
import { compareSchemas, countOf, type SchemaChange, toLine } from './schema-changes.ts';

interface Row {
  readonly tenant: string;
  readonly digest: string;
  /** ISO 8601, UTC. */
  readonly firstSeen: string;
  readonly isCurrent: boolean;
  /** Compared with the schema before it; null for the first one, and if one of the two is no longer stored. */
  readonly changes: readonly SchemaChange[] | null;
}

/** Lists the schemas that tenants have had, and what each one changed. Sends no request to a tenant. */
export const schemaHistory: Command = async ({ args, stdout, ...context }) => {
  const { values } = parseOptions(args, {
    config: { type: 'string' },
    tenant: { type: 'string' },
    json: { type: 'boolean' },
  });
  const config = openConfig(values.config, context);
  const rows = await withSources(config, async (sources) => {
    const found: Row[] = [];
    for (const tenant of tenantsFor(config, sources, values.tenant))
      found.push(...(await readHistory(sources, tenant)));
    return found;
  });
  if (values.json) stdout.write(`${toPrintableJson(JSON.stringify(rows, null, 2))}\n`);
  else stdout.write(toWords(rows));
  return 0;
};

/** Tenants of clients are included only if they are named. @throws CommandFailure */
function tenantsFor(config: Config, { erp }: Sources, wanted: string | undefined): readonly string[] {
  return wanted !== undefined && erp.among([wanted]).length > 0 ? [wanted] : chooseTenants(config, wanted);
}

async function readHistory({ erp }: Sources, tenant: string): Promise<readonly Row[]> {
  const history = await erp.schemaHistory(tenant);
  if (history.length === 0)
    throw new CommandFailure(
      `No schema of ERP tenant ${tenant} is stored in erp.snapshots yet; start the gateway, or run gateway schema refresh.`,
    );
  const rows: Row[] = [];
  let before: GraphQLSchema | undefined;
  for (const { digest, seenAt, isCurrent, read } of history) {
    const schema = await asPrinted(await read());
    const changes = before && schema ? await compareSchemas(before, schema) : null;
    rows.push({ tenant, digest, firstSeen: new Date(seenAt).toISOString(), isCurrent, changes });
    before = schema;
  }
  return rows.reverse();
}

/** Printed and built again: a stored schema creates its types on demand and holds their defaults as text, which tools do not expect. */
async function asPrinted(schema: GraphQLSchema | undefined): Promise<GraphQLSchema | undefined> {
  if (!schema) return undefined;
  const [{ buildSchema }, { printShownSchema }] = await Promise.all([
    import('graphql'),
    import('../kit/print-schema.ts'),
  ]);
  return buildSchema(printShownSchema(schema), { assumeValid: true, assumeValidSDL: true });
}

const LONGEST_DIGEST = 12;

function toWords(rows: readonly Row[]): string {
  const cells = rows.map(({ tenant, digest, firstSeen, isCurrent, changes }) => [
    tenant,
    digest.slice(0, LONGEST_DIGEST),
    toMinute(firstSeen),
    ...(['BREAKING', 'DANGEROUS', 'NON_BREAKING'] as const).map((level) => (changes ? countOf(changes, level) : '-')),
    isCurrent ? 'in use' : '',
  ]);
  const table = printTable(['tenant', 'schema', 'first seen', 'breaking', 'dangerous', 'safe', ''], cells);
  return `${table}${rows.map(toDetails).join('')}`;
}

/** Shortened so that a row fits into 80 columns. */
const toMinute = (time: string): string => `${time.slice(0, 'YYYY-MM-DDTHH:MM'.length)}Z`;

/** Changes that clients may notice, below the schema that introduced them. */
function toDetails({ tenant, digest, changes }: Row): string {
  const noticed = (changes ?? []).filter(({ level }) => level !== 'NON_BREAKING');
  if (noticed.length === 0) return '';
  const lines = noticed.map((change) => `  ${toPrintable(toLine(change).trimEnd())}\n`);
  return `\n${tenant} ${digest.slice(0, LONGEST_DIGEST)}\n${lines.join('')}`;
}
