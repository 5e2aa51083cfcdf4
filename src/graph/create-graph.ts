import type { ExecutionResult, GraphQLError, GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { elapsed } from '../kit/clock.ts';
import { GatewayError } from '../kit/errors/index.ts';
import { Stop } from '../kit/http/index.ts';
import type { MutationRecord } from './execution/ask-tenant.ts';
import { executeOperation, type Run } from './execution/execute-operation.ts';
import { writtenInTurns } from './execution/field-results.ts';
import { introspectInTurns } from './execution/introspect-in-turns.ts';
import { createIntrospectionCache } from './execution/introspection-cache.ts';
import { withoutEnded } from './execution/without-ended.ts';
import type { Graph, GraphOperation, ReportingGraph, Sources } from './graph.ts';
import { chooseTenant, tenantRequired } from './operation/choose-tenant.ts';
import { classifyOperation, isTypename, type OperationShape, sourcesOf } from './operation/classify-operation.ts';
import {
  type Introspection,
  mayIntrospect,
  NO_INTROSPECTION,
  reachesSchema,
  withoutSuggestion,
} from './operation/introspection.ts';
import { isOursAlone, judgeOperation } from './operation/judge-operation.ts';
import { mutationNames, requestsOfWrites } from './operation/mutations.ts';
import { faultOfRows, rowPriceOf } from './operation/price-rows.ts';
import { refusalOf, toRefusal, withoutOperation } from './operation/refusals.ts';
import { faultOfSchemaLists } from './operation/schema-lists.ts';
import { GatewayContext } from './operation-context.ts';
import { ownersOf, type RootOf } from './own-roots.ts';
import { explainOperation } from './plans/explain-operation.ts';
import { createKnownOperations } from './plans/known-operations.ts';
import { type DocumentJudge, findBroken, prepareDocuments } from './plans/prepare-documents.ts';
import type { JoinedSchema } from './schema/combine-schemas.ts';
import { JoinedSchemas } from './schema/joined-schemas.ts';
import { type LinkOptions, linksIn } from './stitch/index.ts';
import type { Hosting, RaisedLimits, Subschema } from './subschema.ts';

export interface GraphOptions {
  /** The sources, one of which hosts the schemas of tenants. */
  readonly subschemas: readonly Subschema[];
  readonly log: Logger;
  /** Link fields between records of the gateway and of tenants. @default none */
  readonly links?: readonly LinkOptions[];
  /** Where mutations of tenants are recorded. @default nowhere */
  readonly record?: MutationRecord;
  /** Whether repeated operations run as compiled plans. @default true */
  readonly plans?: boolean;
  /** Maximum number of upstream requests in one operation. @default any number */
  readonly upstreamRequests?: number;
  /** Maximum number of rows that one operation may return. @default any number */
  readonly rows?: number;
  /** Maximum size of one answer. @default without a limit */
  readonly answerBytes?: number;
  /** Who may read the schema. @default 'callers' */
  readonly introspection?: Introspection;
  /** @default Date.now */
  readonly now?: () => number;
}

/** Joins the sources. @throws Error if the gateway's SDL is wrong */
export function createGraph(options: GraphOptions): ReportingGraph {
  const { subschemas, log, upstreamRequests = Number.POSITIVE_INFINITY } = options;
  const { introspection: shownTo = 'callers' } = options;
  const hosting = hostingAmong(subschemas);
  const schemas = new JoinedSchemas({ subschemas, hosting, links: options.links ?? [], log });
  const sources: Sources = { subschemas, hosting, leftOutOf: (tenant) => schemas.leftOutOf(tenant) };
  log.debug({ sources: subschemas.map(({ name }) => name) }, 'the sources are joined');
  const judging = operations(schemas, hosting, options);
  const createContext: Graph['createContext'] = (input) =>
    new GatewayContext(input, {
      graph: sources,
      upstreamRequests,
      answerBytes: options.answerBytes,
      deadlineAt: elapsed() + hosting.hosted.deadlineMs,
    });
  return {
    prepareDocuments(texts, principal, onGraded) {
      if (texts.length === 0) return Promise.resolve();
      const prepare = (schema: GraphQLSchema, tenant: string | undefined) => {
        const input = { principal, tenant, requestId: 'documents', signal: new Stop().signal, headers: {} };
        const isValid: DocumentJudge['isValid'] = (by, operation) =>
          judging.validate(by, operation, createContext(input)).length === 0;
        return prepareDocuments(schema, texts, { isValid, known: judging.known });
      };
      hosting.hosted.prepareWith(async (tenant, found) => {
        const { schema } = schemas.with(tenant, found);
        await prepare(schema, tenant);
        onGraded?.(tenant, await findBroken(schema, texts));
      });
      return prepare(schemas.alone.schema, undefined);
    },
    sources: subschemas.map(({ name }) => name),
    reportOf: (tenant) => schemas.reportOf(tenant),
    headers: subschemas.flatMap(({ headers = [] }) => headers),
    raisedFor: createRaises(subschemas),
    ...schemaAccess(schemas, hosting, shownTo),
    ...judging,
    createContext,
  };
}

type SchemaAccess = Pick<
  Graph,
  'refuseSchema' | 'shownSchema' | 'tenantFor' | 'requireTenant' | 'schemaFor' | 'newerSchema' | 'peekSchema'
>;

/** Finds a caller's tenant and the schema that it sees. */
function schemaAccess(schemas: JoinedSchemas, hosting: Hosting, shownTo: Introspection): SchemaAccess {
  const { hosted } = hosting;
  const alone = schemas.alone.schema;
  return {
    refuseSchema(principal) {
      if (!mayIntrospect(shownTo, principal)) throw new GatewayError('FORBIDDEN', NO_INTROSPECTION[shownTo]);
    },
    shownSchema: (schema, principal) => schemas.shownTo(principal, schemas.of(schema)).schema,
    tenantFor: (principal, wanted) => chooseTenant(hosting, principal, wanted),
    requireTenant(principal, wanted) {
      const tenant = chooseTenant(hosting, principal, wanted);
      const choice = tenantRequired(hosting, { principal, tenant });
      if (choice) throw choice;
      return tenant;
    },
    async schemaFor(tenant, readSource) {
      if (tenant === undefined) return alone;
      const look = hosted.lookUpSchema(tenant);
      // A tenant that hangs while its schema is read does not delay callers who do not use it.
      if (look.kind === 'coming' && isOursAlone(alone, readSource?.())) return alone;
      try {
        return schemas.with(tenant, await hosted.schemaOf(tenant)).schema;
      } catch (error) {
        // The other sources work without any tenant; the tenant's fields fail when they are resolved.
        if (error instanceof GatewayError) return alone;
        throw error;
      }
    },
    async newerSchema(schema, { document, operationName }, { tenant }) {
      const shape = classifyOperation(document, operationName);
      const joined = schemas.of(schema);
      if (tenant === undefined || !shape || !joined.hasTenant) return undefined;
      if (sourcesOf(shape, joined.own) === 'own' && !linksIn(shape, joined)) return undefined;
      const confirmed = await hosted.confirmSchema(tenant);
      const newer = confirmed && schemas.with(tenant, confirmed).schema;
      return newer === schema ? undefined : newer;
    },
    peekSchema(tenant) {
      if (tenant === undefined) return alone;
      const found = hosted.peekSchema(tenant);
      return found && schemas.with(tenant, found).schema;
    },
  };
}

/** The highest limits of any source for a caller; sources without their own limits are skipped. */
function createRaises(subschemas: readonly Subschema[]): Graph['raisedFor'] {
  const ownerOf = ownersOf(subschemas);
  const usesOnly = (owner: Subschema, { document, operationName }: GraphOperation) => {
    const names = [...(classifyOperation(document, operationName)?.rootNames ?? [])].filter(
      (name) => !isTypename(name),
    );
    return names.length > 0 && names.every((name) => ownerOf(name) === owner);
  };
  return (principal, operation) => {
    let highest: RaisedLimits | undefined;
    for (const each of subschemas) {
      const raised = each.raisedFor?.(principal);
      if (!raised || (operation && !usesOnly(each, operation))) continue;
      const { bodyBytes, values } = highest ?? raised;
      highest = { bodyBytes: Math.max(bodyBytes, raised.bodyBytes), values: Math.max(values, raised.values) };
    }
    return highest;
  };
}

type Operations = Pick<Graph, 'known' | 'mutationNames' | 'costOf' | 'explain' | 'validate' | 'execute'>;

/** Validates, plans and executes operations. */
function operations(schemas: JoinedSchemas, hosting: Hosting, options: GraphOptions): Operations {
  const { subschemas, plans = true, rows = Number.POSITIVE_INFINITY, now = Date.now, log, record } = options;
  const { introspection: shownTo = 'callers' } = options;
  const ownerOf = ownersOf(subschemas);
  const rootOf: RootOf = (name) => ownerOf(name)?.roots?.[name];
  const introspection = createIntrospectionCache();
  introspectInTurns();
  const known = createKnownOperations({
    hosting,
    ownerOf,
    introspection,
    shownTo: (principal, joined) => schemas.shownTo(principal, joined),
    rows,
    log,
  });
  const shapeOf = ({ document, operationName }: GraphOperation) => classifyOperation(document, operationName);
  const readsSchema = (shape: OperationShape | undefined) => shape !== undefined && reachesSchema(shape);
  /** The schema that validates and executes an operation; introspection sees only what its caller is shown. */
  const schemaOf = (schema: GraphQLSchema, shape: OperationShape | undefined, { principal }: GatewayContext) => {
    const joined = schemas.of(schema);
    return readsSchema(shape) ? schemas.shownTo(principal, joined) : joined;
  };
  const shown = (errors: readonly GraphQLError[], { principal }: GatewayContext) =>
    mayIntrospect(shownTo, principal) ? errors : errors.map(withoutSuggestion);

  return {
    known: known.find,
    mutationNames: (operation) => mutationNames(operation, rootOf),
    costOf(operation, tenant) {
      const shape = operation && shapeOf(operation);
      const found = tenant === undefined ? undefined : hosting.hosted.peekSchema(tenant);
      const joined = tenant !== undefined && found ? schemas.with(tenant, found) : schemas.alone;
      const price = shape && rowPriceOf(shape, joined);
      const { upstreamRequests = Number.POSITIVE_INFINITY, answerBytes = Number.POSITIVE_INFINITY } = options;
      return {
        rows: price?.total(operation?.variables ?? {}) ?? 0,
        rowsIn: (data) => price?.rowsIn(data) ?? 0,
        most: { rows, upstreamRequests, bytes: answerBytes },
      };
    },
    explain(schema, operation) {
      return explainOperation(schemas.of(schema), operation, { hosting, ownerOf });
    },
    validate(schema, operation, context) {
      const joined = schemas.of(schema);
      const shape = shapeOf(operation);
      const judge = (by: JoinedSchema) => judgeOperation(by, operation, context, { hosting, shownTo });
      const found = judge(schemaOf(schema, shape, context));
      const tooMany = found.length === 0 && (faultOfSchemaLists(shape) ?? faultOfRows(operation, joined, rows));
      // Suggestions in errors do not name anything that the caller is not shown either.
      const faults = tooMany ? [tooMany] : found.length > 0 ? judge(schemas.shownTo(context.principal, joined)) : found;
      // Known operations are answered for every caller, so operations that need rights are checked each time.
      const isForAll = shownTo === 'all' || shownTo === 'callers' || !readsSchema(shape);
      if (faults.length === 0 && plans && isForAll) known.remember(joined, operation);
      return shown(faults, context);
    },
    async execute(schema, operation, context): Promise<ExecutionResult> {
      const shape = shapeOf(operation);
      if (!shape) return { errors: withoutOperation(operation) };
      const joined = schemaOf(schema, shape, context);
      const { variables = {} } = operation;
      const { written = variables } = operation;
      const links = context.tenant === undefined ? undefined : linksIn(shape, joined);
      const sources = { hosting, ownerOf, introspection, now, record, log };
      const run: Run = { ...sources, joined, shape, operation, variables, written, context, links };
      const refusal = refusalOf(shape, context, shownTo);
      if (refusal) return { errors: [refusal] };
      const tooMany = context.calls.setAside(requestsOfWrites(shape, joined.own, variables, rootOf));
      if (tooMany) return { errors: [toRefusal(tooMany, shape.operation)] };
      try {
        context.plan = 'general';
        const executed = await executeOperation(run);
        const { errors } = executed;
        const result = errors ? { ...executed, errors: shown(errors, context) } : executed;
        return writtenInTurns(withoutEnded(result, run), context);
      } finally {
        context.scopes.end();
      }
    },
  };
}

/** @throws Error */
function hostingAmong(subschemas: readonly Subschema[]): Hosting {
  const hosts = subschemas.filter((each): each is Hosting => each.hosted !== undefined);
  const [hosting, second] = hosts;
  if (!hosting || second) throw new Error(`One source hosts tenants, not ${hosts.length}.`);
  return hosting;
}
