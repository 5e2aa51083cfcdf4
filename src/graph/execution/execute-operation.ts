// Longer than most, and one thing: the three ways an operation is answered, and how parts become one answer.
import { type ExecutionResult, type FieldNode, GraphQLError, OperationTypeNode, print } from 'graphql';
import type { Logger } from 'pino';
import { GatewayError } from '../../kit/errors/index.ts';
import type { Erp, ErpRequest, ErpResult } from '../../subschemas/erp/index.ts';
import type { GatewayContext, GraphOperation } from '../graph.ts';
import { createGrafter, type DocumentLinks, extractPart, linksIn } from '../links/index.ts';
import { tenantRequired } from '../operation/choose-tenant.ts';
import { classifyOperation, isIntrospection, type OperationShape, sourcesOf } from '../operation/classify-operation.ts';
import { coerceVariables } from '../operation/coerce-variables.ts';
import { nameMutations } from '../operation/name-mutations.ts';
import { type Part, planOperation, rootFieldsFor, type Variables } from '../operation/plan-operation.ts';
import type { Generation } from '../schema/combine-schemas.ts';
import { askErp } from './ask-erp.ts';
import { canForward } from './can-forward.ts';
import { executeDocument } from './execute-document.ts';
import { type createIntrospectionCache, introspectionKey } from './introspection-cache.ts';
import { ownVariables } from './own-variables.ts';
import { type MutationRecord, recordMutations } from './record-mutations.ts';
import { toFieldError, toForwardedError, toPartError } from './to-graphql-error.ts';

export interface ExecutionOptions {
  readonly erp: Erp;
  readonly now: () => number;
  readonly introspection: ReturnType<typeof createIntrospectionCache>;
  /** Left out: mutations are not recorded. */
  readonly record: MutationRecord | undefined;
  readonly log: Logger;
}

interface Run extends ExecutionOptions {
  readonly generation: Generation;
  readonly shape: OperationShape;
  readonly operation: GraphOperation;
  readonly variables: Variables;
  readonly context: GatewayContext;
  /** Epoch ms: all of an operation's ERP requests share one deadline. */
  readonly deadlineAt: number;
  /** Undefined when the operation reaches none. */
  readonly links: DocumentLinks | undefined;
}

type Fields = ReadonlyMap<string, readonly FieldNode[]>;

/** An answer before it is put in order. */
interface PartResult {
  readonly data: Readonly<Record<string, unknown>>;
  readonly errors: readonly GraphQLError[];
  readonly diagnoses: readonly unknown[] | undefined;
}

/** Runs an operation that was found valid, each part of it where it belongs. */
export async function executeOperation(
  generation: Generation,
  operation: GraphOperation,
  context: GatewayContext,
  options: ExecutionOptions,
): Promise<ExecutionResult> {
  const shape = classifyOperation(operation.document, operation.operationName);
  const { tenant } = context;
  const sources = shape ? sourcesOf(shape, generation.own) : 'own';
  const links = shape && tenant !== undefined ? linksIn(shape, generation.schema, generation.links) : undefined;
  const chosen = tenant ?? tenantRequired(options.erp, context);
  if (!shape || chosen === undefined || (sources === 'own' && !links)) {
    const run = () => executeDocument({ ...operation, schema: generation.schema, context });
    if (!shape || !isIntrospection(shape)) return run();
    return options.introspection.answer(generation, introspectionKey(operation), run);
  }
  const deadlineAt = options.now() + options.erp.deadlineMs;
  const variables = operation.variables ?? {};
  const run: Run = { ...options, generation, shape, operation, variables, context, deadlineAt, links };
  return sources === 'erp' && !links && typeof chosen === 'string' ? forward(run, chosen) : executeParts(run, chosen);
}

/** The tenant is the judge: its text as the client wrote it, its answer as the tenant gave it. */
async function forward(run: Run, tenant: string): Promise<ExecutionResult> {
  const { operation, shape, variables, generation } = run;
  const { operationName } = operation;
  if (!canForward(generation, shape, operation.document)) return executeParts(run, tenant);
  const query = operation.source;
  try {
    const request: ErpRequest = { kind: kindOf(shape), query, variables, operationName };
    const { data, errors, extensions } = await ask(run, tenant, request, rootFieldsFor(shape, variables));
    return {
      ...(data === undefined ? {} : { data: { ...data } }),
      ...(data === null ? { data } : {}),
      ...(errors && { errors: errors.map((error) => toForwardedError(error, query)) }),
      ...(extensions && { extensions: { ...extensions } }),
    };
  } catch (error) {
    const { data, errors } = toFailedFields(error, rootFieldsFor(shape, variables));
    return { data: { ...data }, errors };
  }
}

/** @param tenant or why there is none: then its fields fail with that */
async function executeParts(run: Run, tenant: string | GatewayError): Promise<ExecutionResult> {
  const { shape, generation, variables } = run;
  const parts = planOperation(shape, generation.own, variables);
  // Before anything is sent: a value that does not fit would otherwise be found after the other half is done.
  const faults = variableFaults(run, parts);
  if (faults.length > 0) return { errors: faults };
  const answer = async (part: Part) => {
    const result = await (part.source === 'erp' ? askTenant(run, tenant, part.fields) : answerOwn(run, part.fields));
    return run.links && typeof tenant === 'string' ? withLinks(run, tenant, run.links, part.fields, result) : result;
  };
  const results: PartResult[] = [];
  if (kindOf(shape) === 'mutation') for (const part of parts) results.push(await answer(part));
  else results.push(...(await Promise.all(parts.map(answer))));
  return join(results, rootFieldsFor(shape, variables));
}

/** An answer with what its link fields lead to. */
async function withLinks(
  { shape, variables, context, erp, deadlineAt }: Run,
  tenant: string,
  links: DocumentLinks,
  fields: Fields,
  { data, errors, diagnoses }: PartResult,
): Promise<PartResult> {
  let said = diagnoses;
  const onDiagnoses = (more: readonly unknown[]) => {
    said = [...(said ?? []), ...more];
  };
  const grafter = createGrafter({ links, shape, variables, context, tenant, erp, deadlineAt, onDiagnoses });
  const all = errors.map((error) => withoutAlias(error, links.prefix));
  const grafted = await grafter.root(fields, data, all);
  return { data: grafted, errors: all, diagnoses: said };
}

/** A key that could not be read is the fault of its record: no caller asked for the alias it was read by. */
function withoutAlias(error: GraphQLError, prefix: string): GraphQLError {
  const at = error.path?.findIndex((part) => typeof part === 'string' && part.startsWith(prefix)) ?? -1;
  if (at < 0) return error;
  const { message, nodes, path, extensions, originalError } = error;
  return new GraphQLError(message, {
    path: path?.slice(0, at) ?? null,
    extensions,
    ...(nodes && { nodes }),
    ...(originalError && { originalError }),
  });
}

async function askTenant(run: Run, tenant: string | GatewayError, fields: Fields): Promise<PartResult> {
  if (typeof tenant !== 'string') return toFailedFields(tenant, fields);
  const { document, variables } = extractPart(run.shape, nodesOf(fields), run.variables, run.links);
  const request: ErpRequest = {
    kind: kindOf(run.shape),
    query: print(document),
    variables,
    operationName: run.shape.operation.name?.value,
  };
  try {
    const { data, errors = [], extensions } = await ask(run, tenant, request, fields);
    const diagnoses = extensions?.['diagnoses'];
    return {
      data: data ?? {},
      errors: errors.map((error) => toPartError(error, fields)),
      diagnoses: Array.isArray(diagnoses) ? diagnoses : undefined,
    };
  } catch (error) {
    return toFailedFields(error, fields);
  }
}

/** Asks the tenant; what changes something there is recorded. @param fields those of the root that are asked for */
async function ask(run: Run, tenant: string, request: ErpRequest, fields: Fields): Promise<ErpResult> {
  const send = async () => (await askErp({ ...run, tenant, request })).result();
  if (request.kind === 'query') return send();
  return recordMutations(nameMutations(run.shape, fields, run.variables), { ...run, tenant }, send);
}

async function answerOwn({ generation, shape, variables, context, links }: Run, fields: Fields): Promise<PartResult> {
  const extract = extractPart(shape, nodesOf(fields), variables, links);
  const result = await executeDocument({ ...extract, schema: generation.schema, context });
  return { data: result.data ?? {}, errors: result.errors ?? [], diagnoses: undefined };
}

/** Of values that we read ourselves: those of our own part, and those that choose among the root fields. */
function variableFaults({ generation, shape, variables, links }: Run, parts: readonly Part[]): readonly GraphQLError[] {
  const ours = parts.filter(({ source }) => source === 'own').flatMap(({ fields }) => nodesOf(fields));
  return coerceVariables(generation.schema, ownVariables(shape, ours, links), variables).faults ?? [];
}

/** Each field null with the same failure: whatever else the operation asks for is still answered. */
function toFailedFields(failure: unknown, fields: Fields): PartResult {
  // A fault of ours is not the tenant's failure: it ends the operation.
  if (!(failure instanceof GatewayError)) throw failure;
  const entries = [...fields];
  return {
    data: Object.fromEntries(entries.map(([key]) => [key, null])),
    errors: entries.map(([key, nodes]) => toFieldError(failure, key, nodes)),
    diagnoses: undefined,
  };
}

/** One answer in the order of the document. */
function join(results: readonly PartResult[], fields: Fields): ExecutionResult {
  const found = new Map(results.flatMap(({ data }) => Object.entries(data)));
  const errors = results.flatMap((result) => result.errors);
  const diagnoses = results.flatMap((result) => result.diagnoses ?? []);
  const hasDiagnoses = results.some((result) => result.diagnoses !== undefined);
  return {
    data: Object.fromEntries([...fields.keys()].map((key) => [key, found.get(key) ?? null])),
    ...(errors.length > 0 && { errors }),
    ...(hasDiagnoses && { extensions: { diagnoses } }),
  };
}

const nodesOf = (fields: Fields): FieldNode[] => [...fields.values()].flat();

const kindOf = ({ operation }: OperationShape) =>
  operation.operation === OperationTypeNode.MUTATION ? 'mutation' : 'query';
