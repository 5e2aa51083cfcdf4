import { readFile } from 'node:fs/promises';
import type { GraphQLError } from 'graphql';
import type { GraphOperation, OperationBounds, ReportingGraph } from '../graph/index.ts';
import { parseObject } from '../kit/json.ts';
import type { Principal } from '../kit/principal.ts';
import { toPrintableJson } from '../kit/text/index.ts';
import { chooseTenants, needSchema, operator } from './ask-graph.ts';
import { type Command, CommandFailure, parseOptions } from './command.ts';
import { openConfig, withSources } from './open-config.ts';

/** Explains how an operation is answered when it is repeated. Does not call Sage 200, and reads at most the tenant's schema. */
export const explain: Command = async ({ args, env, stdout }) => {
  const { values, positionals } = parseOptions(
    args,
    {
      operation: { type: 'string' },
      variables: { type: 'string' },
      config: { type: 'string' },
      tenant: { type: 'string' },
      json: { type: 'boolean' },
    },
    ['FILE'],
  );
  const [file = ''] = positionals;
  const source = await readFile(file, 'utf8').catch(() => {
    throw new CommandFailure(`Cannot read ${file}. Use the path of a file with a GraphQL operation.`);
  });
  const operation = await toOperation(source, values.operation, values.variables);
  const { kind, words, cost } = await explainWith(values, env, operation);
  const lines = [
    TITLES[kind] ?? `Only ${kind}, compiled:`,
    ...words.map((line) => `  ${line}`),
    `At most ${cost.rows} rows; limits.rows allows ${cost.most.rows}.`,
  ];
  stdout.write(
    values.json ? `${toPrintableJson(JSON.stringify({ kind, words, cost }, null, 2))}\n` : `${lines.join('\n')}\n`,
  );
  return 0;
};

interface Explained {
  readonly kind: string;
  readonly words: readonly string[];
  readonly cost: OperationBounds;
}

interface Choice {
  readonly config?: string;
  readonly tenant?: string;
}

async function explainWith(
  { config: path, tenant }: Choice,
  env: Parameters<Command>[0]['env'],
  operation: GraphOperation,
) {
  if (path === undefined && env['GATEWAY_CONFIG'] === undefined) {
    if (tenant !== undefined) throw new CommandFailure('--tenant also needs --config FILE.');
    const { createOwnGraph } = await import('../compose.ts');
    const { createLog } = await import('../kit/log/index.ts');
    const graph = await createOwnGraph(await createLog({ level: 'silent', format: 'json' }));
    return describe(graph, NOBODY, undefined, operation);
  }
  const config = openConfig(path, { env });
  const [chosen] = chooseTenants(config, tenant);
  return withSources(config, async (sources) => {
    const principal = await operator(sources, undefined);
    const schemaRead = chosen === undefined ? undefined : needSchema(sources, chosen);
    await schemaRead?.catch(() => {});
    const explaining = describe(sources.graph, principal, chosen, operation);
    const needsNoTenant = await explaining.then(
      ({ kind }) => !KINDS_WITH_TENANT.has(kind),
      () => false,
    );
    if (!needsNoTenant) await schemaRead;
    return explaining;
  });
}

/** What is said of them is only true with the tenant's schema. */
const KINDS_WITH_TENANT: ReadonlySet<string> = new Set(['erp', 'mixed', 'general']);

const NOBODY: Principal = {
  id: 'operator',
  kind: 'anonymous',
  tenants: [],
  companies: 'all',
  readOnly: true,
  admin: true,
};

async function describe(
  graph: ReportingGraph,
  principal: Principal,
  tenant: string | undefined,
  operation: GraphOperation,
): Promise<Explained> {
  const schema = await graph.schemaFor(tenant);
  const { signal } = new AbortController();
  const context = graph.createContext({
    principal,
    tenant,
    signal,
    requestId: 'terminal',
    headers: {},
  });
  const faults = graph.validate(schema, operation, context);
  if (faults.length > 0) throw new CommandFailure(`The operation is not valid:\n${toText(faults)}`);
  const report = graph.explain(schema, operation);
  if (!report) throw new CommandFailure('The variables do not match the operation. Pass them with --variables JSON.');
  return { ...report, cost: graph.costOf(operation, tenant) };
}

const TITLES: Readonly<Record<string, string>> = {
  erp: 'Only the ERP tenant:',
  sage200: 'Only Sage 200, compiled:',
  mixed: 'Both systems, compiled:',
  general: 'General:',
};

const toText = (faults: readonly GraphQLError[]): string => faults.map(({ message }) => `  ${message}`).join('\n');

async function toOperation(
  source: string,
  operationName: string | undefined,
  variables: string | undefined,
): Promise<GraphOperation> {
  const { GraphQLError: ParseError, parse } = await import('graphql');
  try {
    return { document: parse(source), source, operationName, variables: parseVariables(variables) };
  } catch (error) {
    if (error instanceof ParseError)
      throw new CommandFailure(`The file does not contain valid GraphQL: ${error.message}`);
    throw error;
  }
}

function parseVariables(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (text === undefined) return undefined;
  const parsed = parseObject(text);
  if (parsed) return parsed;
  throw new CommandFailure('--variables must be a JSON object, such as \'{"first": 10}\'.');
}
