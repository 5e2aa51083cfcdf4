import type { DocumentNode, FieldNode, GraphQLFieldResolver, GraphQLResolveInfo, GraphQLScalarType } from 'graphql';
import type { Registry } from 'prom-client';
import { elapsed } from '../../kit/clock.ts';
import { GatewayError } from '../../kit/errors/index.ts';
import { type Send, startDeadline } from '../../kit/http/index.ts';
import type { AuditTrail, IdempotencyStore, TokenSource } from '../../tokens/index.ts';
import type { CompanyRef, Sage200Identity } from './caller.ts';
import { Sage200Client } from './client.ts';
import { mayUse, type OpenCompany, SitesCache, toOpenCompany } from './companies.ts';
import { countUnknownMembers } from './count-unknown-members.ts';
import { MemberLists } from './member-lists.ts';
import { spreadTypes } from './model/derive-actions.ts';
import { deriveSchema } from './model/derive-schema.ts';
import { createDescribe, type Describe } from './model/describe-fields.ts';
import { bulkFieldOf, type Resource, type RowType, type Sage200Model } from './model/model.ts';
import { bareName } from './model/names.ts';
import type { Product } from './model/read-field.ts';
import { readModel } from './model/read-model.ts';
import { compileConditions } from './odata/compile-filter.ts';
import { decodeCursor } from './odata/cursor.ts';
import { rowPath } from './odata/path.ts';
import type { ODataQuery } from './odata/query.ts';
import { type CompanyPlan, type CompanyPlanContext, planCompany } from './plans/company-plan.ts';
import { loadRow, rowRead } from './reading/by-key.ts';
import { type ListArguments, toConnection, toPageRequest } from './reading/page.ts';
import { actionQueries } from './reading/resolve-action.ts';
import { resolveList } from './reading/resolve-list.ts';
import { rowResolver, selectionContext, selectionsOf } from './reading/resolve-row.ts';
import { printShape, shapeOf } from './reading/shape.ts';
import type { Row } from './row.ts';
import { type CompanyScope, OperationScope, type Sage200Engine, type Sage200Log, type ScopeRequest } from './scope.ts';
import { ownScalars } from './values/codecs.ts';
import { COMPANY_TYPE, decodeGlobalId, encodeGlobalId } from './values/global-id.ts';
import { actionMutations, payloadResolvers } from './writing/resolve-action.ts';
import { createRow, deleteRow, updateRow, updateRows } from './writing/resolve-write.ts';

export interface Sage200Options {
  /** The hand-written SDL with its directives. */
  readonly sdl: DocumentNode;
  readonly product: Product;
  readonly baseUrl: string;
  readonly subscriptionKey?: string | undefined;
  readonly defaultCompany?: CompanyRef | undefined;
  readonly deadlineMs: number;
  readonly maxFilterTerms: number;
  readonly maxUrlBytes: number;
  readonly send: Send;
  /** Keeps outcomes of writes for idempotency keys; without it, keys are refused. */
  readonly outcomes?: IdempotencyStore;
  readonly audit?: Pick<AuditTrail, 'begin'>;
  readonly log?: Sage200Log;
  readonly metrics?: Registry | undefined;
  /** @default Date.now */
  readonly now?: () => number;
}

export type ResolverMap = Record<
  string,
  GraphQLScalarType | Record<string, GraphQLFieldResolver<never, unknown> | ((value: never) => unknown)>
>;

/** Sage 200 as a part of the graph: its types, their resolvers, and a scope for each operation. */
export interface Sage200Source {
  readonly model: Sage200Model;
  readonly typeDefs: DocumentNode;
  /** Descriptions of fields without one in SDL. */
  readonly describe: (type: string) => Describe | undefined;
  readonly resolvers: ResolverMap;
  openScope(input: ScopeRequest): OperationScope;
  /** The value of `sage200` on Query and Mutation. */
  root(operation: OperationScope, choice: { site?: string | null; company?: string | null }): Sage200Root;
  /** Maximum number of requests for a field of `Sage200Mutation`. */
  requestsOfWrite(field: string): number;
  /** A row by its global id; null if Sage does not have it. @throws GatewayError */
  node(operation: OperationScope, id: string, info: GraphQLResolveInfo): Promise<unknown>;
  /** Compiles `sage200 { … }`, given all its nodes under one key. @throws Bailout if it needs the fallback executor */
  planCompany(nodes: readonly [FieldNode, ...FieldNode[]], context: CompanyPlanContext): CompanyPlan;
  /**
   * The companies that a token opens, requested now: `GET /sites` needs only the token.
   * @throws GatewayError if it is refused or cannot be checked
   */
  prove(tokens: TokenSource): Promise<readonly CompanyRef[]>;
  /** Discards the list of companies for the sign-in with that key. */
  forgetCompanies(key: string): void;
  /** The companies that a sign-in may open. @throws GatewayError */
  companiesOf(identity: Sage200Identity): Promise<readonly Omit<OpenCompany, 'row'>[]>;
}

/** The company of `sage200`; resolved only when a field needs it. */
export interface Sage200Root {
  readonly operation: OperationScope;
  readonly scope: () => Promise<CompanyScope>;
}

/** The lock, the whole document if the lock came without it, the change, and the release after a failure. */
const REQUESTS_UNDER_LOCK = 4;

export function createSage200(options: Sage200Options): Sage200Source {
  const model = readModel(options.sdl, options.product, countUnknownMembers(options.metrics));
  const client = new Sage200Client({ ...options, releases: model.releases });
  const sites = new SitesCache(async (identity, signal) => {
    const reading = startDeadline(options.deadlineMs, signal, identity.ended);
    try {
      return await client.list({ identity, company: undefined, signal: reading.signal }, 'sites', {});
    } finally {
      reading.end();
    }
  }, options.now);
  const engine: Sage200Engine = {
    model,
    client,
    sites,
    memberLists: new MemberLists(options.now ?? elapsed),
    limits: { maxTerms: options.maxFilterTerms, maxUrlBytes: options.maxUrlBytes },
    deadlineMs: options.deadlineMs,
    defaultCompany: options.defaultCompany,
    outcomes: options.outcomes,
    audit: options.audit,
    log: options.log,
    now: options.now ?? Date.now,
  };
  const locked = new Set(
    [...model.rowTypes.values()].flatMap(({ name, resource }) =>
      resource?.isLocked ? [`update${bareName(name)}`] : [],
    ),
  );
  return {
    model,
    typeDefs: deriveSchema(options.sdl, model),
    describe: createDescribe(model),
    resolvers: createResolvers(model),
    requestsOfWrite: (field) => (field.startsWith('__') ? 0 : locked.has(field) ? REQUESTS_UNDER_LOCK : 1),
    openScope: (input) => new OperationScope(engine, input),
    root: (operation, { site, company }) =>
      rootOf(operation, async () => operation.companyScope({ site: site ?? undefined, company: company ?? undefined })),
    node: (operation, id, info) => readNode(model, operation, id, info),
    planCompany: (nodes, context) => planCompany(model, nodes, context),
    forgetCompanies: (key) => sites.forget(key),
    async companiesOf(identity) {
      identity.assertUsable?.();
      const open = await sites.get(identity, () => AbortSignal.timeout(options.deadlineMs));
      return open.map(({ site, company, siteName, companyName }) => ({ site, company, siteName, companyName }));
    },
    prove: async (tokens) => {
      const signal = AbortSignal.timeout(options.deadlineMs);
      const rows = await client.list(
        { identity: { key: 'unproven', tokens }, company: undefined, signal },
        'sites',
        {},
      );
      return rows.map(toOpenCompany);
    },
  };
}

function rootOf(operation: OperationScope, choose: () => Promise<CompanyScope>): Sage200Root {
  let scope: Promise<CompanyScope> | undefined;
  return {
    operation,
    scope: () => {
      scope ??= choose();
      return scope;
    },
  };
}

async function readNode(
  model: Sage200Model,
  operation: OperationScope,
  id: string,
  info: GraphQLResolveInfo,
): Promise<unknown> {
  const found = decodeGlobalId(id);
  const type = found && model.rowTypes.get(found.typeName);
  if (!found || (found.typeName !== COMPANY_TYPE && !type?.isNode)) {
    throw new GatewayError('BAD_USER_INPUT', 'This is not a global id. Use an id exactly as the gateway returned it.');
  }
  const { site, company, key } = found;
  const scope = operation.scopeOf({ site, company });
  if (!type) return rootOf(operation, async () => scope);
  const data = await loadRow(
    scope,
    rowRead(type, shapeOf(type, selectionsOf(info), selectionContext(model, info))),
    key,
  );
  return data ? { type, data, scope } : null;
}

function createResolvers(model: Sage200Model): ResolverMap {
  const query: Record<string, GraphQLFieldResolver<Sage200Root, unknown>> = {
    id: async ({ scope }) => encodeGlobalId({ ...(await scope()).company, typeName: COMPANY_TYPE, key: '' }),
  };
  const mutation: Record<string, GraphQLFieldResolver<Sage200Root, unknown>> = {};
  const resolvers: ResolverMap = { ...ownScalars, Sage200: query, Sage200Mutation: mutation };
  for (const { name, path } of model.lookups) query[name] = lookupResolver(model, path);
  for (const type of model.rowTypes.values()) {
    // Write-only fields are not in the answer.
    const fields = [...type.fields.values()].filter(
      (field) => field.kind !== 'scalar' || !(field.writeOnly || field.filterOnly),
    );
    resolvers[type.name] = Object.fromEntries(fields.map((field) => [field.name, rowResolver(model, type, field)]));
    if (!type.resource) continue;
    Object.assign(query, readFields(model, type, type.resource));
    Object.assign(mutation, writeFields(model, type, type.resource));
  }
  Object.assign(query, actionQueries(model));
  Object.assign(mutation, actionMutations(model));
  Object.assign(resolvers, payloadResolvers(model));
  for (const name of spreadTypes(model)) delete resolvers[name];
  // A row in `node` has its type; a value without a type is the company itself.
  resolvers['Node'] = { __resolveType: (value: Partial<Row>) => value.type?.name ?? 'Sage200' };
  return resolvers;
}

function readFields(
  model: Sage200Model,
  type: RowType,
  resource: Resource,
): Record<string, GraphQLFieldResolver<Sage200Root, unknown>> {
  const { operations, listField, singleField, path, perCompany } = resource;
  return {
    ...(operations.has('LIST') && {
      [listField]: perCompany
        ? async ({ scope }: Sage200Root, given: ListArguments, _context: unknown, info: GraphQLResolveInfo) =>
            resolveList({ model, type, path }, await scope(), given, info)
        : openCompaniesResolver(type),
    }),
    ...(operations.has('GET') && {
      [singleField]: async (
        { scope }: Sage200Root,
        { id, ...conditions }: { id: string } & Readonly<Record<string, unknown>>,
        _context: unknown,
        info: GraphQLResolveInfo,
      ) => {
        const company = await scope();
        const key = company.toSageId(id, type.name);
        const shape = shapeOf(type, selectionsOf(info), selectionContext(model, info));
        const filter = compileConditions(type, conditions, company);
        const data = await (filter.op === 'always'
          ? loadRow(company, rowRead(type, shape), key)
          : readFiltered(company, path, key, { ...printShape(shape), filter }));
        return data ? { type, data, scope: company } : null;
      },
    }),
    ...(operations.has('SINGLE') && {
      [singleField]: async ({ scope }: Sage200Root, _given: unknown, _context: unknown, info: GraphQLResolveInfo) => {
        const company = await scope();
        const shape = shapeOf(type, selectionsOf(info), selectionContext(model, info));
        const data = await company.operation.engine.client.row(company.reading, path, printShape(shape));
        return data ? { type, data, scope: company } : null;
      },
    }),
  };
}

/** Sage calculates this row under conditions, so it is never shared with a row under others. */
const readFiltered = ({ operation, reading }: CompanyScope, path: string, key: string, query: ODataQuery) =>
  operation.engine.client.row(reading, rowPath(path, key), query);

/** `sites`: the companies that the sign-in may open, limited to those that this caller may use. Needs no company. */
function openCompaniesResolver(type: RowType): GraphQLFieldResolver<Sage200Root, unknown> {
  return async ({ operation }, given: ListArguments) => {
    const open = (await operation.openCompanies()).filter((company) => mayUse(operation.principal, company));
    // Company scopes only use a row's id, which sites do not have.
    const wrap = (data: Record<string, unknown>) => ({ type, data, scope: undefined });
    const request = toPageRequest(type, { first: given.first ?? 100 }, {
      company: { site: '', company: '' },
    } as CompanyScope);
    const cursor = given.after ? decodeCursor(type, request.order, given.after) : undefined;
    const offset = cursor && 'skip' in cursor ? cursor.skip : 0;
    const rows = open.slice(offset, offset + request.first).map(({ row }) => row);
    return {
      ...toConnection(request, { rows, hasNextPage: open.length > offset + rows.length, offset }, wrap),
      totalCount: open.length,
    };
  };
}

function lookupResolver(model: Sage200Model, path: string): GraphQLFieldResolver<Sage200Root, unknown> {
  const type = model.rowTypes.get('Sage200Lookup');
  return async ({ scope }) => {
    const company = await scope();
    const rows = await company.operation.engine.client.list(company.reading, path, {});
    return rows.map((data) => ({ type, data, scope: company }));
  };
}

function writeFields(
  model: Sage200Model,
  type: RowType,
  resource: Resource,
): Record<string, GraphQLFieldResolver<Sage200Root, unknown>> {
  const target = { model, type, resource };
  const bare = bareName(type.name);
  const { operations } = resource;
  return {
    ...(operations.has('CREATE') && {
      [`create${bare}`]: (root: Sage200Root, given: Parameters<typeof createRow>[2]) => createRow(target, root, given),
    }),
    ...(operations.has('UPDATE') && {
      [`update${bare}`]: (root: Sage200Root, given: Parameters<typeof updateRow>[2]) => updateRow(target, root, given),
    }),
    ...(operations.has('BULK_UPDATE') && {
      [bulkFieldOf(resource)]: (root: Sage200Root, given: Parameters<typeof updateRows>[2]) =>
        updateRows(target, root, given),
    }),
    ...(operations.has('DELETE') && {
      [`delete${bare}`]: (root: Sage200Root, given: Parameters<typeof deleteRow>[2]) => deleteRow(target, root, given),
    }),
  };
}
