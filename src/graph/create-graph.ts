import { type DocumentNode, type ExecutionResult, type GraphQLError, type GraphQLSchema, parse } from 'graphql';
import type { Logger } from 'pino';
import { GatewayError } from '../kit/errors/index.ts';
import { CallBudget } from '../kit/http/index.ts';
import { executeOperation } from './execution/execute-operation.ts';
import { createIntrospectionCache } from './execution/introspection-cache.ts';
import type { MutationRecord } from './execution/record-mutations.ts';
import { withoutEnded } from './execution/without-ended.ts';
import type { GatewayContext, GraphOperation, ReportingGraph, Sources, TenantReport } from './graph.ts';
import { chooseTenant, tenantRequired } from './operation/choose-tenant.ts';
import {
  classifyOperation,
  collectRootFields,
  type OperationShape,
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
import { mutationNames } from './operation/name-mutations.ts';
import { faultOfRows } from './operation/price-rows.ts';
import { needsTenantFirst, refusalOf, toRefusal, withoutOperation } from './operation/refusals.ts';
import { requestsOfWrites } from './operation/requests-of-writes.ts';
import { validateLeniently } from './operation/validate-leniently.ts';
import { ownersOf, type RootOf } from './own-roots.ts';
import { createKnownOperations, planChooser } from './plans/known-operations.ts';
import { combineSchemas, type Generation } from './schema/combine-schemas.ts';
import { createOwnSchema, joinOwn, ownFieldsOf } from './schema/own-schema.ts';
import { Scopes } from './scopes.ts';
import { absentLinks, type EndFinders, extractPart, type LinkOptions, linksIn, toLinkSet } from './stitch/index.ts';
import type { Hosting, Subschema } from './subschema.ts';

export interface GraphOptions {
  /** The sources, one of which hosts the schemas of tenants. */
  readonly subschemas: readonly Subschema[];
  readonly log: Logger;
  /** Fields that join records of ours and of tenants. @default none */
  readonly links?: readonly LinkOptions[];
  /** Where mutations of tenants are recorded. @default nowhere */
  readonly record?: MutationRecord;
  /** Whether operations that are asked again run as compiled plans. @default true */
  readonly plans?: boolean;
  /** Requests that one operation may make upstream. @default any number */
  readonly upstreamRequests?: number;
  /** Rows that one operation may make. @default any number */
  readonly rows?: number;
  /** Who may ask for the schema. @default 'callers' */
  readonly introspection?: Introspection;
  /** @default Date.now */
  readonly now?: () => number;
}

/** Joins the sources. @throws Error when the SDL of ours is wrong */
export function createGraph(options: GraphOptions): ReportingGraph {
  const {
    subschemas,
    log,
    links = [],
    plans = true,
    upstreamRequests = Number.POSITIVE_INFINITY,
    rows = Number.POSITIVE_INFINITY,
    now = Date.now,
  } = options;
  // Each digest's schema is one object in the registry, so it is the key here; an upgrade lets the old one go by itself.
  const generations = new WeakMap<GraphQLSchema, Generation | 'unusable'>();
  const bySchema = new WeakMap<GraphQLSchema, Generation>();
  // Few words each, and told also while the schema itself is let go.
  const collisions = new Map<string, readonly string[]>();
  const introspection = createIntrospectionCache();
  const { introspection: shownTo = 'callers' } = options;
  const hosting = hostingAmong(subschemas);
  const { hosted } = hosting;
  const ownerOf = ownersOf(subschemas);
  const rootOf: RootOf = (name) => ownerOf(name)?.roots?.[name];
  const ends: EndFinders = {
    own: subschemas.flatMap((each) => (each.own && each.links ? [each.links] : [])),
    hosted: hosting.links,
  };
  const subgraph = joinOwn(subschemas);
  const ownSchema = createOwnSchema(subgraph);
  const alone: Generation = {
    schema: ownSchema,
    own: ownFieldsOf(ownSchema),
    hasTenant: false,
    collisions: [],
    links: toLinkSet(absentLinks(links, ownSchema, ends)),
    problems: [],
  };

  const generationOf = (tenant: string, tenantSchema: GraphQLSchema, digest: string): Generation => {
    const known = generations.get(tenantSchema) ?? combine(tenant, tenantSchema, digest);
    generations.set(tenantSchema, known);
    if (known === 'unusable') return alone;
    collisions.set(digest, known.collisions);
    bySchema.set(known.schema, known);
    return known;
  };

  const combine = (tenant: string, tenantSchema: GraphQLSchema, digest: string): Generation | 'unusable' => {
    try {
      const generation = combineSchemas(tenantSchema, subgraph, ownSchema, links, ends);
      const { collisions, problems } = generation;
      if (collisions.length > 0)
        log.warn({ tenant, digest, collisions }, 'names of the gateway are left out: the tenant uses them itself');
      if (problems.length > 0)
        log.warn({ tenant, digest, problems }, 'links of the configuration are left out: one end of them is not there');
      return generation;
    } catch (err) {
      log.error(
        { tenant, digest, err },
        `the schema of the ${hosting.title} cannot be joined with ours; its documents are forwarded without it`,
      );
      return 'unusable';
    }
  };

  const collisionsOf = (tenant: string): readonly string[] => {
    const { digest = '' } = hosted.status(tenant);
    const known = collisions.get(digest);
    const current = known ? undefined : hosted.peekSchema(tenant);
    return known ?? (current ? generationOf(tenant, current.schema, current.digest).collisions : []);
  };

  const schemaFor: ReportingGraph['schemaFor'] = async (tenant, readSource) => {
    if (tenant === undefined) return alone.schema;
    const look = hosted.lookUpSchema(tenant);
    // A tenant that hangs while its schema is read holds up nobody who asks it nothing.
    if (look.kind === 'coming' && isOursAlone(alone.schema, readSource?.())) return alone.schema;
    try {
      const { schema, digest } = await hosted.schemaOf(tenant);
      return generationOf(tenant, schema, digest).schema;
    } catch (error) {
      // The other sources work without any tenant; what the tenant's fields answer is found out when they are asked.
      if (error instanceof GatewayError) return alone.schema;
      throw error;
    }
  };

  const sources: Sources = { subschemas, hosting, collisionsOf };
  const known = createKnownOperations({ hosting, ownerOf, introspection, rows, now, log });

  const validate = (
    schema: GraphQLSchema,
    operation: GraphOperation,
    context: GatewayContext,
  ): readonly GraphQLError[] => {
    const generation = bySchema.get(schema) ?? alone;
    const found = judge(schema, generation, operation, context);
    const tooMany = found.length === 0 && faultOfRows(operation, generation, rows);
    const faults = tooMany ? [tooMany] : found;
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
    const choice = tenantRequired(hosting, context);
    if (choice) {
      if (isLinked || needsTenantFirst(shape, sources)) return [toRefusal(choice, shape.operation)];
      // Its fields of the tenant fail alone, and what is asked of us is answered.
      if (sources !== 'own') return sources === 'hosted' ? [] : validateLeniently(schema, ownPart(shape, generation));
    }
    if (tenant !== undefined && sources === 'hosted' && !isLinked) return [];
    if (tenant !== undefined && !generation.hasTenant) return validateLeniently(schema, ownPart(shape, generation));
    const faults = validateLeniently(schema, document);
    // Perhaps the tenant has what our copy of its schema has not.
    if (tenant !== undefined && faults.length > 0 && (sources === 'mixed' || isLinked)) hosted.suspectSchema(tenant);
    return faults;
  };

  const setWritesAside = (
    shape: OperationShape,
    { own }: Generation,
    { variables = {} }: GraphOperation,
    { calls }: GatewayContext,
  ): GraphQLError | undefined => {
    const refusal = calls.setAside(requestsOfWrites(shape, own, variables, rootOf));
    return refusal && toRefusal(refusal, shape.operation);
  };

  const reportOf = async (tenant: string): Promise<TenantReport> => {
    const { schema: tenantSchema, digest } = await hosted.schemaOf(tenant);
    const { schema, collisions, problems, ...generation } = generationOf(tenant, tenantSchema, digest);
    const fields = generation.hasTenant ? [...generation.links.fields] : [];
    const names = fields.flatMap(([type, onType]) => [...onType.keys()].map((name) => `${type}.${name}`));
    return { tenant, digest, types: Object.keys(schema.getTypeMap()).length, links: names, collisions, problems };
  };

  log.debug({ sources: subschemas.map(({ name }) => name) }, 'the sources are joined');
  return {
    sources: subschemas.map(({ name }) => name),
    reportOf,
    refuseSchema(principal) {
      if (!mayIntrospect(shownTo, principal)) throw new GatewayError('FORBIDDEN', NO_INTROSPECTION[shownTo]);
    },
    tenantFor: (principal, wanted) => chooseTenant(hosting, principal, wanted),
    requireTenant(principal, wanted) {
      const tenant = chooseTenant(hosting, principal, wanted);
      const choice = tenantRequired(hosting, { principal, tenant });
      if (choice) throw choice;
      return tenant;
    },
    schemaFor,
    peekSchema(tenant) {
      if (tenant === undefined) return alone.schema;
      const found = hosted.peekSchema(tenant);
      return found && generationOf(tenant, found.schema, found.digest).schema;
    },
    known: known.find,
    mutationNames: (operation) => mutationNames(operation, rootOf),
    explain(schema, operation) {
      const generation = bySchema.get(schema) ?? alone;
      const chosen = planChooser(generation, operation, { hosting, ownerOf, now })(operation.variables ?? {});
      return chosen && { kind: chosen.plan.kind, words: chosen.plan.words };
    },
    createContext({ principal, requestId, tenant, signal, site, company }) {
      const calls = new CallBudget(upstreamRequests);
      const scopes = new Scopes({ principal, requestId, signal, site, company, calls });
      return {
        principal,
        requestId,
        tenant,
        signal,
        calls,
        kept: undefined,
        scopes,
        graph: sources,
        scopeOf: (subschema) => scopes.of(subschema),
      };
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
        const result = await executeOperation(generation, operation, context, {
          hosting,
          rootOf,
          now,
          introspection,
          record,
          log,
        });
        if (!shape) return result;
        const hasLinks = context.tenant !== undefined && linksIn(shape, schema, generation.links) !== undefined;
        const { variables = {} } = operation;
        return withoutEnded(result, { shape, generation, variables, context, ownerOf, hasLinks });
      } finally {
        context.scopes.end();
      }
    },
    // Sources are closed by whoever made them; nothing is opened here.
    close: async () => {},
  };
}

/** @throws Error */
function hostingAmong(subschemas: readonly Subschema[]): Hosting {
  const hosts = subschemas.filter((each): each is Hosting => each.hosted !== undefined);
  const [hosting, second] = hosts;
  if (!hosting || second) throw new Error(`One source hosts tenants, not ${hosts.length}.`);
  return hosting;
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
