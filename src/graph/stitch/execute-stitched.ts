import { type DocumentNode, type ExecutionResult, execute, type FieldNode, GraphQLError, Kind, print } from 'graphql';
import { coerceVariables } from '../../kit/coerce-variables.ts';
import { GatewayError } from '../../kit/errors/index.ts';
import { memberAt } from '../../kit/json.ts';
import { askRecorded } from '../execution/ask-tenant.ts';
import { executeDocument } from '../execution/execute-document.ts';
import type { Run } from '../execution/execute-operation.ts';
import { toFieldError, toPartError } from '../execution/to-graphql-error.ts';
import { isTypename, kindOf } from '../operation/classify-operation.ts';
import { withoutConditions } from '../operation/extract-document.ts';
import { type Part, planOperation, rootFieldsFor } from '../operation/plan-operation.ts';
import type { HostedRequest, HostedResult } from '../subschema.ts';
import { extractPart, isBoolean, ownVariables } from './document-links.ts';
import { LinkFollower } from './follow-links.ts';
import { type SliceContext, sliceFor } from './slice.ts';
import { rootName } from './slice-types.ts';

/** One run of an operation that uses both sides, or follows links between them. */
export interface StitchedRun extends Run {
  /** Or why there is no tenant: its fields then fail with that error. */
  readonly tenant: string | GatewayError;
}

type Fields = Part['fields'];
type Data = Readonly<Record<string, unknown>>;

/** What the sources return beside the values: it is not in the data over which a slice is executed. */
export class Aside {
  /** With their paths in the answer. */
  readonly errors: GraphQLError[] = [];
  diagnoses: readonly unknown[] | undefined;

  noteDiagnoses({ extensions }: HostedResult): void {
    const more = extensions?.['diagnoses'];
    if (Array.isArray(more)) this.diagnoses = [...(this.diagnoses ?? []), ...more];
  }
}

/**
 * Runs an operation on its slice. Each side receives all its root fields at once when the first of them is resolved (for a
 * mutation, for each run of them); links are followed from there.
 */
export async function executeStitched(run: StitchedRun): Promise<ExecutionResult> {
  const { shape, joined, variables, links } = run;
  const parts = planOperation(shape, joined.own, variables);
  // Before anything is sent: an invalid value would otherwise be found after the other half is done.
  const faults = variableFaults(run, parts);
  if (faults.length > 0) return { errors: faults };
  const aside = new Aside();
  const follower = links && new LinkFollower(links, run, aside);
  const values = rootValues(run, parts, aside);
  const contextValue: SliceContext = {
    rootValue: async ({ path }) => memberAt(await values.get(path.key)?.(), [path.key]),
    follow: (followed, record, info) => follower?.follow(followed, record, info),
  };
  const schema = await sliceFor(shape, joined);
  const document = toSliceDocument(run);
  const { data, errors = [] } = await execute({ schema, document, variableValues: variables, contextValue });
  const all = [...aside.errors, ...errors];
  return {
    data: { ...data },
    ...(all.length > 0 && { errors: all }),
    ...(aside.diagnoses && { extensions: { diagnoses: aside.diagnoses } }),
  };
}

/** The document to execute: its root fields side by side; the conditions below them are evaluated later. */
function toSliceDocument({ shape, variables }: StitchedRun): DocumentNode {
  const { operation, fragments } = shape;
  const selections = nodesOf(rootFieldsFor(shape, variables)).map((node) => {
    const alias = node.alias ?? node.name;
    return { ...withoutConditions(node), alias, name: { ...node.name, value: rootName(node) } };
  });
  const run = {
    ...operation,
    directives: [],
    variableDefinitions: operation.variableDefinitions?.filter(({ type }) => isBoolean(type)) ?? [],
    selectionSet: { kind: Kind.SELECTION_SET, selections } as const,
  };
  return { kind: Kind.DOCUMENT, definitions: [run, ...fragments.values()] };
}

/** By response key: the first field of a part requests all of its fields. */
function rootValues(run: StitchedRun, parts: readonly Part[], aside: Aside): Map<unknown, () => Promise<Data>> {
  const values = new Map<unknown, () => Promise<Data>>();
  for (const { source, fields } of parts) {
    let asked: Promise<Data> | undefined;
    const ask = () => {
      asked ??= source === 'hosted' ? askTenant(run, fields, aside) : answerOwn(run, fields, aside);
      return asked;
    };
    for (const key of fields.keys()) values.set(key, ask);
  }
  const { joined, shape, variables } = run;
  const typename = joined.schema.getRootType(shape.operation.operation)?.name;
  for (const [key, [node]] of rootFieldsFor(shape, variables))
    if (node && isTypename(node.name.value)) values.set(key, async () => ({ [key]: typename }));
  return values;
}

async function askTenant(run: StitchedRun, fields: Fields, aside: Aside): Promise<Data> {
  const { shape, links, tenant } = run;
  const { document, variables } = extractPart(shape, nodesOf(fields), run.written, links);
  const request: HostedRequest = {
    kind: kindOf(shape),
    query: print(document),
    variables,
    operationName: shape.operation.name?.value,
  };
  try {
    if (typeof tenant !== 'string') throw tenant;
    const result = (await askRecorded(run, { tenant, request, fields })).result();
    aside.noteDiagnoses(result);
    for (const error of result.errors ?? []) aside.errors.push(withoutAlias(toPartError(error, fields), run));
    return result.data ?? {};
  } catch (error) {
    // An internal error is not the tenant's failure: it ends the operation.
    if (!(error instanceof GatewayError)) throw error;
    for (const [key, nodes] of fields) aside.errors.push(toFieldError(error, key, nodes));
    return {};
  }
}

async function answerOwn(run: StitchedRun, fields: Fields, aside: Aside): Promise<Data> {
  const { joined, shape, variables, context, links } = run;
  const extract = extractPart(shape, nodesOf(fields), variables, links);
  const { data, errors = [] } = await executeDocument({ ...extract, schema: joined.schema, context });
  for (const error of errors) aside.errors.push(withoutAlias(error, run));
  return data ?? {};
}

/** An unreadable key is an error of its record: no caller selected the alias under which it was read. */
function withoutAlias(error: GraphQLError, { links }: StitchedRun): GraphQLError {
  const at = error.path?.findIndex((part) => typeof part === 'string' && links && part.startsWith(links.prefix)) ?? -1;
  if (at < 0) return error;
  const { message, nodes, path, extensions, originalError } = error;
  return new GraphQLError(message, {
    path: path?.slice(0, at) ?? null,
    extensions,
    ...(nodes && { nodes }),
    ...(originalError && { originalError }),
  });
}

/** Errors of values that the gateway reads: those of its own part, and those that choose among fields. */
function variableFaults(run: StitchedRun, parts: readonly Part[]): readonly GraphQLError[] {
  const { joined, shape, variables, links } = run;
  const ours = parts.filter(({ source }) => source === 'own').flatMap(({ fields }) => nodesOf(fields));
  return coerceVariables(joined.schema, ownVariables(shape, ours, links), variables).faults ?? [];
}

const nodesOf = (fields: Fields): FieldNode[] => [...fields.values()].flat();
