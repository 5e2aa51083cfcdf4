import { badRequest, notFound } from './api-error.ts';
import { isNested, type Resource } from './catalogue.ts';
import { toMetadata } from './metadata.ts';
import { type Condition, compileFilter } from './odata/compile-filter.ts';
import { countTerms, type Filter } from './odata/parse-filter.ts';
import { type OrderKey, parseListQuery, parseSingleQuery, type Query } from './odata/parse-query.ts';
import { filterNamesOf, isAllowedInFilter } from './odata/restricted-filter.ts';
import { toProjection } from './projection.ts';
import { columnsOf, type RenderContext, renderRows } from './render.ts';
import type { Route } from './routes.ts';
import { toScope } from './scope.ts';
import type { StoredRow } from './table.ts';

export interface ReadContext extends Omit<RenderContext, 'enumsAsNumbers'> {
  /** Comparisons in one `$filter` at most; 0 is no limit. */
  readonly maxFilterTerms: number;
}

/** Views whose enums are numbers. Source: samples of the live API. */
const NUMBER_VIEWS = /(_line|despatch)_views$/;

/** Answers a list: a bare array, a bare number for `$count=true`, or the fields for `$metadata`. Returns JSON text. */
export function readList(context: ReadContext, route: Route, params: URLSearchParams): string {
  const { resource } = route;
  const query = parseListQuery(params, resource.name);
  const projection = toProjection(context.catalogue, resource, query);
  checkOrder(resource, query.orderBy);
  const where = both(toScope(context.catalogue, context.store, route), toCondition(context, resource, query.filter));
  if (query.metadata) return toMetadata(projection, query);
  const table = context.store.table(resource.name);
  if (query.count) return String(table.count(where));
  const orderBy = query.orderBy.length > 0 ? query.orderBy : defaultOrder(resource);
  const { top, skip } = query;
  const rows = table.select({ columns: columnsOf(projection), where, orderBy, top, skip });
  return `[${renderRows(toRenderContext(context, resource), projection, rows).join(',')}]`;
}

/** Answers one row by the id in the path, or the only one of a resource that is not a list. */
export function readSingle(context: ReadContext, route: Route, params: URLSearchParams): string {
  const query = parseSingleQuery(params);
  if (query.metadata) return toMetadata(toProjection(context.catalogue, route.resource, query), query);
  return renderOne(context, route, query);
}

/** Writes the row that `route` names; also the answer to a write. */
export function renderOne(context: ReadContext, route: Route, query: Pick<Query, 'select' | 'expand'>): string {
  const { resource } = route;
  const projection = toProjection(context.catalogue, resource, query);
  const rows = context.store.table(resource.name).select({
    columns: columnsOf(projection),
    where: both(toScope(context.catalogue, context.store, route), byId(resource, route.id)),
    top: 1,
  });
  if (rows.length === 0) throw notFound();
  return renderRows(toRenderContext(context, resource), projection, rows as StoredRow[])[0] ?? 'null';
}

const toRenderContext = (context: ReadContext, resource: Resource): RenderContext => ({
  ...context,
  enumsAsNumbers: NUMBER_VIEWS.test(resource.name),
});

function toCondition(context: ReadContext, resource: Resource, filter: Filter | undefined): Condition | undefined {
  if (!filter) return undefined;
  const { maxFilterTerms } = context;
  if (maxFilterTerms > 0 && countTerms(filter) > maxFilterTerms) {
    throw badRequest(`The node count limit of '${maxFilterTerms}' has been exceeded.`);
  }
  const other = fieldsOf(filter).find((name) => !isAllowedInFilter(resource, name));
  if (other !== undefined) throw badRequest(`'${other}' cannot be used to filter '${resource.name}'.`);
  const names = filterNamesOf(context.catalogue, context.store, resource);
  return compileFilter(filter, resource, context.enums.lookUp, names);
}

const fieldsOf = (filter: Filter): string[] => ('terms' in filter ? filter.terms.flatMap(fieldsOf) : [filter.field]);

function checkOrder(resource: Resource, orderBy: readonly OrderKey[]): void {
  for (const { field: name } of orderBy) {
    const field = resource.fieldByName.get(name);
    if (!field) throw badRequest(`Could not find a property named '${name}' on type '${resource.name}'.`);
    if (isNested(field)) throw badRequest(`'${name}' is an expanded child and cannot be used in $orderby.`);
  }
}

function defaultOrder(resource: Resource): OrderKey[] {
  const keys = resource.defaultSort?.split(', ') ?? [];
  return keys.map((key) => {
    const [field = '', direction] = key.split(' ');
    return { field, descending: direction === 'desc' };
  });
}

const byId = (resource: Resource, id: number | bigint | undefined): Condition | undefined =>
  id === undefined
    ? undefined
    : resource.fieldByName.has('id')
      ? { sql: '"id" = ?', params: [id], equalTo: new Set(['id']) }
      : // Figures of a product have no id of their own; every product gets one of the made-up rows.
        { sql: '"_row" = ? % 5 + 1', params: [id], equalTo: new Set() };

function both(first: Condition | undefined, second: Condition | undefined): Condition | undefined {
  if (!first || !second) return first ?? second;
  return {
    sql: `(${first.sql}) AND (${second.sql})`,
    params: [...first.params, ...second.params],
    equalTo: new Set([...first.equalTo, ...second.equalTo]),
  };
}
