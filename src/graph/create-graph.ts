import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  OperationTypeNode,
  parse,
} from 'graphql';
import type { Logger } from 'pino';
import { GatewayError } from '../kit/errors/index.ts';
import { CallBudget } from '../kit/http/index.ts';
import type { Erp } from '../subschemas/erp/index.ts';
import { executeOperation } from './execution/execute-operation.ts';
import { createIntrospectionCache } from './execution/introspection-cache.ts';
import type { MutationRecord } from './execution/record-mutations.ts';
import { withoutEnded } from './execution/without-ended.ts';
import { createGatewayResolvers, type ListConnections } from './gateway/gateway-resolvers.ts';
import { createRootResolvers, type Sage200Source } from './gateway/root-resolvers.ts';
import type { GatewayContext, GraphOperation, ReportingGraph, TenantReport } from './graph.ts';
import { chooseTenant, tenantRequired } from './operation/choose-tenant.ts';
import {
  classifyOperation,
  collectRootFields,
  type OperationShape,
  type OperationSources,
  ownTest,
  sourcesOf,
} from './operation/classify-operation.ts';
import {
  asksForSchema,
  type Introspection,
  mayIntrospect,
  NO_INTROSPECTION,
  reachesSchema,
} from './operation/introspection.ts';
import { requestsOfWrites } from './operation/requests-of-writes.ts';
import { validateLeniently } from './operation/validate-leniently.ts';
import { createKnownOperations, planChooser } from './plans/known-operations.ts';
import { combineSchemas, type Generation } from './schema/combine-schemas.ts';
import { createOwnSchema, joinDocuments, type OwnSubgraph, ownFieldsOf } from './schema/own-schema.ts';
import { absentLinks, extractPart, type LinkOptions, linksIn, toLinkSet } from './stitch/index.ts';

export interface GraphOptions {
  /** schema/root.graphql, parsed. */
  readonly rootSdl: DocumentNode;
  readonly sage200: Sage200Source;
  readonly erp: Erp;
  readonly listConnections: ListConnections;
  readonly log: Logger;
  /** Fields that join records of both systems. @default none */
  readonly links?: readonly LinkOptions[];
  /** Where mutations of tenants are recorded. @default nowhere */
  readonly record?: MutationRecord;
  /** Whether operations that are asked again run as compiled plans. @default true */
  readonly plans?: boolean;
  /** Requests that one operation may make upstream. @default any number */
  readonly upstreamRequests?: number;
  /** Who may ask for the schema. @default 'callers' */
  readonly introspection?: Introspection;
  /** @default Date.now */
  readonly now?: () => number;
}

/** Joins Sage 200, the ERP tenants and the gateway's own fields. @throws Error when the SDL of ours is wrong */
export function createGraph(options: GraphOptions): ReportingGraph {
  const {
    erp,
    sage200,
    log,
    links = [],
    plans = true,
    upstreamRequests = Number.POSITIVE_INFINITY,
    now = Date.now,
  } = options;
  // Each digest's schema is one object in the registry, so it is the key here; an upgrade lets the old one go by itself.
  const generations = new WeakMap<GraphQLSchema, Generation | 'unusable'>();
  const bySchema = new WeakMap<GraphQLSchema, Generation>();
  // Few words each, and told also while the schema itself is let go.
  const collisions = new Map<string, readonly string[]>();
  const introspection = createIntrospectionCache();
  const { introspection: shownTo = 'callers' } = options;
  const subgraph: OwnSubgraph = {
    typeDefs: joinDocuments(options.rootSdl, sage200.typeDefs),
    resolvers: {
      ...sage200.resolvers,
      ...createRootResolvers(sage200),
      ...createGatewayResolvers({ ...options, now, collisionsOf: (tenant) => collisionsOf(tenant) }),
    },
  };
  const ownSchema = createOwnSchema(subgraph);
  const alone: Generation = {
    schema: ownSchema,
    own: ownFieldsOf(ownSchema),
    hasTenant: false,
    collisions: [],
    links: toLinkSet(absentLinks(links, ownSchema)),
    problems: [],
  };

  const generationOf = (tenant: string, erpSchema: GraphQLSchema, digest: string): Generation => {
    const known = generations.get(erpSchema) ?? combine(tenant, erpSchema, digest);
    generations.set(erpSchema, known);
    if (known === 'unusable') return alone;
    collisions.set(digest, known.collisions);
    bySchema.set(known.schema, known);
    return known;
  };

  const combine = (tenant: string, erpSchema: GraphQLSchema, digest: string): Generation | 'unusable' => {
    try {
      const generation = combineSchemas(erpSchema, subgraph, ownSchema, links);
      const { collisions, problems } = generation;
      if (collisions.length > 0)
        log.warn({ tenant, digest, collisions }, 'names of the gateway are left out: the tenant uses them itself');
      if (problems.length > 0)
        log.warn({ tenant, digest, problems }, 'links of the configuration are left out: one end of them is not there');
      return generation;
    } catch (err) {
      log.error(
        { tenant, digest, err },
        'the schema of the ERP tenant cannot be joined with ours; its documents are forwarded without it',
      );
      return 'unusable';
    }
  };

  const collisionsOf = (tenant: string): readonly string[] => {
    const { digest = '' } = erp.status(tenant);
    const known = collisions.get(digest);
    const current = known ? undefined : erp.peekSchema(tenant);
    return known ?? (current ? generationOf(tenant, current.schema, current.digest).collisions : []);
  };

  const schemaFor: ReportingGraph['schemaFor'] = async (tenant, readSource) => {
    if (tenant === undefined) return alone.schema;
    const look = erp.lookUpSchema(tenant);
    // A tenant that hangs while its schema is read holds up nobody who asks it nothing.
    if (look.kind === 'coming' && isOursAlone(alone.schema, readSource?.())) return alone.schema;
    try {
      const { schema, digest } = await erp.schemaOf(tenant);
      return generationOf(tenant, schema, digest).schema;
    } catch (error) {
      // Sage 200 works without any tenant; what the tenant's fields answer is found out when they are asked.
      if (error instanceof GatewayError) return alone.schema;
      throw error;
    }
  };

  const known = createKnownOperations({ erp, sage200, introspection, now, log });

  const validate = (
    schema: GraphQLSchema,
    operation: GraphOperation,
    context: GatewayContext,
  ): readonly GraphQLError[] => {
    const generation = bySchema.get(schema) ?? alone;
    const faults = judge(schema, generation, operation, context);
    // A known operation is answered to whoever sends it: what not everybody may ask is judged each time.
    if (faults.length === 0 && plans && !isForFew(operation)) known.remember(generation, operation);
    return faults;
  };

  const isForFew = ({ document, operationName }: GraphOperation): boolean => {
    if (shownTo === 'all' || shownTo === 'callers') return false;
    const shape = classifyOperation(document, operationName);
    return shape !== undefined && reachesSchema(shape);
  };

  const judge = (
    schema: GraphQLSchema,
    generation: Generation,
    operation: GraphOperation,
    context: GatewayContext,
  ): readonly GraphQLError[] => {
    const { document, operationName } = operation;
    const shape = classifyOperation(document, operationName);
    if (!shape) return withoutOperation(operation) ?? validateLeniently(schema, document);
    const refusal = refusalOf(shape, context, shownTo);
    if (refusal) return [refusal];
    const { tenant } = context;
    const sources = sourcesOf(shape, generation.own);
    const isLinked = linksIn(shape, schema, generation.links) !== undefined;
    const choice = tenantRequired(erp, context);
    if (choice) {
      if (isLinked || needsTenantFirst(shape, sources)) return [toRefusal(choice, shape.operation)];
      // Its fields of the tenant fail alone, and what is asked of us is answered.
      if (sources !== 'own') return sources === 'hosted' ? [] : validateLeniently(schema, ownPart(shape, generation));
    }
    if (tenant !== undefined && sources === 'hosted' && !isLinked) return [];
    if (tenant !== undefined && !generation.hasTenant) return validateLeniently(schema, ownPart(shape, generation));
    const faults = validateLeniently(schema, document);
    // Perhaps the tenant has what our copy of its schema has not.
    if (tenant !== undefined && faults.length > 0 && (sources === 'mixed' || isLinked)) erp.suspectSchema(tenant);
    return faults;
  };

  const setWritesAside = (
    shape: OperationShape,
    { own }: Generation,
    { variables = {} }: GraphOperation,
    { calls }: GatewayContext,
  ): GraphQLError | undefined => {
    const refusal = calls.setAside(requestsOfWrites(shape, own, variables, sage200));
    return refusal && toRefusal(refusal, shape.operation);
  };

  const reportOf = async (tenant: string): Promise<TenantReport> => {
    const { schema: erpSchema, digest } = await erp.schemaOf(tenant);
    const { schema, collisions, problems, ...generation } = generationOf(tenant, erpSchema, digest);
    const fields = generation.hasTenant ? [...generation.links.fields] : [];
    const names = fields.flatMap(([type, onType]) => [...onType.keys()].map((name) => `${type}.${name}`));
    return { tenant, digest, types: Object.keys(schema.getTypeMap()).length, links: names, collisions, problems };
  };

  return {
    reportOf,
    refuseSchema(principal) {
      if (!mayIntrospect(shownTo, principal)) throw new GatewayError('FORBIDDEN', NO_INTROSPECTION[shownTo]);
    },
    tenantFor: (principal, wanted) => chooseTenant(erp, principal, wanted),
    requireTenant(principal, wanted) {
      const tenant = chooseTenant(erp, principal, wanted);
      const choice = tenantRequired(erp, { principal, tenant });
      if (choice) throw choice;
      return tenant;
    },
    schemaFor,
    peekSchema(tenant) {
      if (tenant === undefined) return alone.schema;
      const found = erp.peekSchema(tenant);
      return found && generationOf(tenant, found.schema, found.digest).schema;
    },
    known: known.find,
    explain(schema, operation) {
      const generation = bySchema.get(schema) ?? alone;
      const chosen = planChooser(generation, operation, { erp, sage200, now })(operation.variables ?? {});
      return chosen && { kind: chosen.plan.kind, words: chosen.plan.words };
    },
    createContext({ principal, requestId, tenant, signal, site, company }) {
      const calls = new CallBudget(upstreamRequests);
      const scope = sage200.openScope({ principal, requestId, signal, site, company, calls });
      return { principal, requestId, tenant, signal, calls, kept: undefined, sage200: scope, shown: [] };
    },
    validate,
    async execute(schema, operation, context): Promise<ExecutionResult> {
      const shape = classifyOperation(operation.document, operation.operationName);
      const refusal = shape && refusalOf(shape, context, shownTo);
      if (refusal) return { errors: [refusal] };
      const missing = shape ? undefined : withoutOperation(operation);
      if (missing) return { errors: missing };
      const generation = bySchema.get(schema) ?? alone;
      const tooMany = shape && setWritesAside(shape, generation, operation, context);
      if (tooMany) return { errors: [tooMany] };
      try {
        const { record } = options;
        const result = await executeOperation(generation, operation, context, { erp, now, introspection, record, log });
        if (!shape) return result;
        const hasLinks = context.tenant !== undefined && linksIn(shape, schema, generation.links) !== undefined;
        return withoutEnded(result, { shape, generation, variables: operation.variables ?? {}, context, hasLinks });
      } finally {
        context.sage200.end();
      }
    },
    // Tenants and Sage 200 are closed by whoever made them; nothing is opened here.
    close: async () => {},
  };
}

/** Whether a document is valid without any tenant; introspection is valid with each, and shows another schema with each. */
function isOursAlone(schema: GraphQLSchema, source: string | undefined): boolean {
  if (source === undefined) return false;
  try {
    const document = parse(source, { maxTokens: MOST_TOKENS });
    const isShown = document.definitions.some(
      (definition) => 'selectionSet' in definition && asksForSchema(definition),
    );
    return !isShown && validateLeniently(schema, document).length === 0;
  } catch {
    return false;
  }
}

/** Of documents that are looked at before their limits are. */
const MOST_TOKENS = 5_000;

/** The schema is another one with each tenant; and of a mutation nothing is done before all of it can be. */
const needsTenantFirst = ({ operation, rootNames }: OperationShape, sources: OperationSources): boolean =>
  rootNames.has('__schema') ||
  rootNames.has('__type') ||
  (sources !== 'own' && operation.operation === OperationTypeNode.MUTATION);

/** What a caller may not do at all, told before anything is sent. */
function refusalOf(
  shape: OperationShape,
  { principal }: GatewayContext,
  shownTo: Introspection,
): GraphQLError | undefined {
  const { operation } = shape;
  if (operation.operation === OperationTypeNode.SUBSCRIPTION) {
    return toRefusal(
      new GatewayError('BAD_USER_INPUT', 'The gateway has no subscriptions. Ask again with a query instead.'),
      operation,
    );
  }
  if (operation.operation === OperationTypeNode.MUTATION && principal.readOnly) {
    return toRefusal(new GatewayError('FORBIDDEN', 'This caller may only read: mutations are refused.'), operation);
  }
  if (!mayIntrospect(shownTo, principal) && reachesSchema(shape))
    return toRefusal(new GatewayError('FORBIDDEN', NO_INTROSPECTION[shownTo]), operation);
  return undefined;
}

const toRefusal = (error: GatewayError, node: OperationShape['operation']) =>
  new GraphQLError(error.message, { nodes: [node], extensions: error.toExtensions() });

/** The faults of a request that does not say which operation it means; undefined when the document has none at all. */
function withoutOperation({ document, operationName }: GraphOperation): GraphQLError[] | undefined {
  const names = document.definitions.flatMap((each) =>
    each.kind === 'OperationDefinition' ? [each.name?.value ?? ''] : [],
  );
  if (names.length === 0) return undefined;
  const message =
    operationName === undefined
      ? 'This document has several operations: say in operationName which one to run.'
      : 'The operation that operationName asks for is not in the document.';
  return [new GraphQLError(message, { extensions: new GatewayError('BAD_USER_INPUT', message).toExtensions() })];
}

const ownParts = new WeakMap<OperationShape, DocumentNode>();

/** What can be checked of an operation whose tenant's schema is not there. */
function ownPart(shape: OperationShape, { own, schema, links }: Generation): DocumentNode {
  const known = ownParts.get(shape);
  if (known) return known;
  const isOwn = ownTest(shape.operation, own);
  const fields = [...collectRootFields(shape, () => true).values()].flat().filter(({ name }) => isOwn(name.value));
  const { document } = extractPart(shape, fields, {}, linksIn(shape, schema, links));
  ownParts.set(shape, document);
  return document;
}
