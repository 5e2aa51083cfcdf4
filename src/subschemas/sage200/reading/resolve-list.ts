import type { GraphQLFieldResolver, GraphQLResolveInfo, SelectionSetNode } from 'graphql';
import type { RowType, Sage200Model } from '../model/model.ts';
import { pathBelow } from '../odata/path.ts';
import type { Row } from '../row.ts';
import { keyOf } from '../row-data.ts';
import type { CompanyScope } from '../scope.ts';
import { hasOwnList, loadNestedPage, toNestedRequest } from './nested-list.ts';
import { countRows, type ListArguments, type PageWants, readPage, toConnection, toPageRequest } from './page.ts';
import { fieldsOf, type SelectionContext, type Shape, shapeOf } from './shape.ts';

/** The selected parts of a connection. */
export interface ConnectionSelection {
  readonly wants: PageWants;
  readonly shape: Shape;
}

export function readConnectionSelection(
  type: RowType,
  selections: readonly (SelectionSetNode | undefined)[],
  context: SelectionContext,
): ConnectionSelection {
  const found = { rows: false, hasNextPage: false, cursors: false, totalCount: false };
  const nodes: (SelectionSetNode | undefined)[] = [];
  for (const field of fieldsOf(selections, `${type.name}Connection`, context)) {
    switch (field.name.value) {
      case 'totalCount':
        found.totalCount = true;
        break;
      case 'nodes':
        found.rows = true;
        nodes.push(field.selectionSet);
        break;
      case 'pageInfo':
        found.rows = true;
        for (const { name } of fieldsOf([field.selectionSet], 'Sage200PageInfo', context)) {
          if (name.value === 'hasNextPage') found.hasNextPage = true;
          if (name.value === 'startCursor' || name.value === 'endCursor') found.cursors = true;
        }
        break;
      case 'edges':
        found.rows = true;
        for (const edge of fieldsOf([field.selectionSet], `${type.name}Edge`, context)) {
          if (edge.name.value === 'cursor') found.cursors = true;
          if (edge.name.value === 'node') nodes.push(edge.selectionSet);
        }
        break;
    }
  }
  return { wants: found, shape: shapeOf(type, nodes, context) };
}

const selectionOf = (model: Sage200Model, info: GraphQLResolveInfo) =>
  [
    info.fieldNodes.map(({ selectionSet }) => selectionSet),
    { model, fragments: info.fragments, variables: info.variableValues },
  ] as const;

/** A list of a company: `sage200 { customers }`. */
export async function resolveList(
  { model, type, path }: { model: Sage200Model; type: RowType; path: string },
  scope: CompanyScope,
  given: ListArguments,
  info: GraphQLResolveInfo,
): Promise<unknown> {
  const { wants, shape } = readConnectionSelection(type, ...selectionOf(model, info));
  const request = toPageRequest(type, given, scope);
  const total = wants.totalCount ? settled(countRows(scope, path, request.filter, request.parameters)) : undefined;
  const page = wants.rows
    ? await readPage(scope, path, request, shape, wants)
    : { rows: [], hasNextPage: false, offset: 0 };
  return { ...toConnection(request, page, (data) => ({ type, data, scope })), totalCount: () => total };
}

/** A list under a row, read together for all rows of that field. */
export function resolveNestedList(
  model: Sage200Model,
  type: RowType,
  by: string,
  parentKey: string,
): GraphQLFieldResolver<Row, unknown> {
  const path = type.resource?.path;
  if (path === undefined || !hasOwnList(type))
    throw new Error(`${type.name} has no list of its own to filter by ${by}.`);
  return async ({ data, scope }, given: ListArguments, _context, info) => {
    const key = keyOf(data, parentKey);
    if (key === undefined) return null;
    const nested = scope.onceForField(info, () => {
      const selection = readConnectionSelection(type, ...selectionOf(model, info));
      return toNestedRequest({ ...selection, request: toPageRequest(type, given, scope), path, by });
    });
    const { request, wants } = nested;
    const page = await loadNestedPage(scope, key, nested);
    const total = wants.totalCount ? settled(page.totalCount()) : undefined;
    return { ...toConnection(request, page, (row) => ({ type, data: row, scope })), totalCount: () => total };
  };
}

/** A list that Sage has only under one parent's path: one call for each parent, since they cannot be combined. */
export function resolvePathList(
  model: Sage200Model,
  type: RowType,
  path: string,
  parentKey: string,
): GraphQLFieldResolver<Row, unknown> {
  return ({ data, scope }, given: ListArguments, _context, info) => {
    const key = keyOf(data, parentKey);
    if (key === undefined) return null;
    return resolveList({ model, type, path: pathBelow(path, key) }, scope, given, info);
  };
}

/** A promise whose failure is reported only where it is awaited. */
function settled<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {});
  return promise;
}
