import { setTimeout as pause } from 'node:timers/promises';
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  parse,
  validate,
} from 'graphql';
import type { SandboxClock, SandboxRequest, SandboxResponse } from '../sandbox-server.ts';
import type { Diagnose } from './business-error.ts';
import type { Store } from './data/store.ts';
import type { ServedRelease } from './model/build-release.ts';
import type { Call } from './operations/call.ts';
import type { Jobs } from './operations/jobs.ts';
import { readPlainField } from './operations/node-fields.ts';
import type { ReadSwitches } from './switches.ts';

export interface EndpointOptions<Tenant extends Served> {
  /** The answer to a request without access. */
  readonly refusalOf: (tenant: Tenant, request: SandboxRequest) => SandboxResponse | undefined;
  readonly clock: () => SandboxClock;
  readonly switches: ReadSwitches;
  readonly releaseOf: (tenant: Tenant) => ServedRelease;
}

/** Answers one tenant's GraphQL address. */
export type Endpoint<Tenant extends Served> = (tenant: Tenant, request: SandboxRequest) => Promise<SandboxResponse>;

/** Whose records are served. */
export interface Served {
  readonly jobs: Jobs;
  /** The records in the shape of `served`, filled from the seed at the first use. */
  records(served: ServedRelease): { readonly store: Store; readonly user: number };
}

interface Operation {
  readonly query: string;
  readonly variables: Record<string, unknown> | undefined;
  readonly operationName: string | undefined;
}

export function createEndpoint<Tenant extends Served>(options: EndpointOptions<Tenant>): Endpoint<Tenant> {
  const { refusalOf, clock, switches, releaseOf } = options;
  const documents = new DocumentCache();

  const run = (tenant: Tenant, { query, variables, operationName }: Operation): SandboxResponse => {
    const served = releaseOf(tenant);
    const known = documents.get(served.schema, query);
    if ('errors' in known) return answer(switches().invalidStatus, { errors: known.errors }, []);
    const kept = known.introspection?.get(`${operationName}`);
    if (kept && !variables) return asJson(200, kept);
    const call: Call = {
      ...tenant.records(served),
      diagnoses: [],
      forbidden: new Set(switches().forbidden),
      jobs: tenant.jobs,
      now: () => clock().now(),
    };
    const result = execute({
      schema: served.schema,
      document: known.document,
      contextValue: call,
      rootValue: {},
      variableValues: variables,
      operationName,
      fieldResolver: readPlainField,
    });
    if (result instanceof Promise) throw new Error('a resolver of the sandbox is asynchronous');
    const response = answer(200, result, call.diagnoses);
    // A schema of thousands of types takes seconds to introspect, and the answer is always the same.
    if (!variables) known.introspection?.set(`${operationName}`, response.body as Buffer);
    return response;
  };

  return async (tenant, request) => {
    const refusal = refusalOf(tenant, request);
    if (refusal) return refusal;
    if (request.method !== 'POST') return { status: 405, headers: { allow: 'POST' }, body: { message: 'POST only' } };
    const operation = readOperation(request.body);
    if (!operation) return { status: 400, body: { message: 'The body is not a GraphQL request.' } };
    const { workMs, limitMs } = switches();
    if (workMs <= limitMs) {
      if (workMs > 0) await pause(workMs);
      return run(tenant, operation);
    }
    // Nobody waits for the work any more, but it still completes.
    setTimeout(() => {
      try {
        run(tenant, operation);
      } catch {} // whatever it was, its answer was given up
    }, workMs).unref();
    await pause(limitMs);
    return cut(limitMs);
  };
}

function readOperation(body: Buffer): Operation | undefined {
  try {
    const { query, variables, operationName } = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    if (typeof query !== 'string') return undefined;
    const given =
      typeof variables === 'object' && variables !== null ? (variables as Record<string, unknown>) : undefined;
    const isUsed = given !== undefined && Object.keys(given).length > 0;
    return {
      query,
      variables: isUsed ? given : undefined,
      operationName: typeof operationName === 'string' ? operationName : undefined,
    };
  } catch {
    return undefined;
  }
}

/** `extensions.diagnoses` is in every answer, possibly empty. */
function answer(status: number, result: ExecutionResult, diagnoses: readonly Diagnose[]): SandboxResponse {
  const text = JSON.stringify({ ...result, extensions: { diagnoses } });
  return asJson(status, Buffer.from(text));
}

const asJson = (status: number, body: Buffer): SandboxResponse => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body,
});

function cut(limitMs: number): SandboxResponse {
  const message = `The operation took longer than ${limitMs / 1_000} seconds. Use an asynchronous operation.`;
  const diagnoses: Diagnose[] = [{ severity: 4, message, path: [] }];
  return answer(200, { data: null, errors: [new GraphQLError(message, { extensions: { diagnoses } })] }, []);
}

type KnownDocument =
  | { readonly errors: readonly GraphQLError[] }
  | {
      readonly document: DocumentNode;
      /** Answers by operation name; undefined for documents that request data. */
      readonly introspection: Map<string, Buffer> | undefined;
    };

const MAX_DOCUMENTS = 1_000;

/** Parsed and checked documents, by schema and text. */
class DocumentCache {
  readonly #known = new WeakMap<GraphQLSchema, Map<string, KnownDocument>>();

  get(schema: GraphQLSchema, query: string): KnownDocument {
    let documents = this.#known.get(schema);
    if (!documents || documents.size >= MAX_DOCUMENTS) {
      documents = new Map();
      this.#known.set(schema, documents);
    }
    let known = documents.get(query);
    if (!known) {
      known = prepare(schema, query);
      documents.set(query, known);
    }
    return known;
  }
}

function prepare(schema: GraphQLSchema, query: string): KnownDocument {
  try {
    const document = parse(query);
    const errors = validate(schema, document);
    if (errors.length > 0) return { errors };
    return { document, introspection: isIntrospection(document) ? new Map() : undefined };
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [error] };
    throw error;
  }
}

const isIntrospection = (document: DocumentNode): boolean =>
  document.definitions.every(
    (definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ||
      (definition.kind === Kind.OPERATION_DEFINITION &&
        definition.selectionSet.selections.every(
          (selection) => selection.kind === Kind.FIELD && selection.name.value.startsWith('__'),
        )),
  );
