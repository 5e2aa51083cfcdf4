import type { GraphQLFieldResolver, GraphQLResolveInfo, SelectionSetNode } from 'graphql';
import { isObject } from '../../../kit/json.ts';
import { memberTexts } from '../member-lists.ts';
import {
  type ChildrenField,
  type Field,
  type LinkedField,
  type ListField,
  type RowType,
  type Sage200Model,
  type ScalarField,
  scalarByRestName,
} from '../model/model.ts';
import type { Row } from '../row.ts';
import { keyOf } from '../row-data.ts';
import { missing, valueReader } from '../values/column.ts';
import { encodeGlobalId } from '../values/global-id.ts';
import { isReference } from '../values/sage-id.ts';
import { loadRow, rowRead } from './by-key.ts';
import { resolveNestedList, resolvePathList } from './resolve-list.ts';
import { isReadable, type SelectionContext, shapeOf, wantsOnlyId } from './shape.ts';

type Resolver = GraphQLFieldResolver<Row, unknown>;

/** The resolver of one field of a row. Created once at start; sends requests only for data that is not in the row. */
export function rowResolver(model: Sage200Model, type: RowType, field: Field): Resolver {
  switch (field.kind) {
    case 'globalId':
      return (row) => globalIdOf(row) ?? missing(field);
    case 'scalar':
      return scalarResolver(type, field);
    case 'linked':
      return linkedResolver(model, type, field);
    case 'children':
      return childrenResolver(model, type, field);
    case 'list':
      return listResolver(model, type, field);
  }
}

function globalIdOf({ type, data, scope }: Row): string | null {
  const key = keyOf(data);
  return key === undefined ? null : encodeGlobalId({ ...scope.company, typeName: type.name, key });
}

export const selectionContext = (model: Sage200Model, info: GraphQLResolveInfo): SelectionContext => ({
  model,
  fragments: info.fragments,
  variables: info.variableValues,
});

export const selectionsOf = (info: GraphQLResolveInfo): (SelectionSetNode | undefined)[] =>
  info.fieldNodes.map(({ selectionSet }) => selectionSet);

function scalarResolver(type: RowType, field: ScalarField): Resolver {
  const { restName, expand } = field;
  if (field.memberList !== undefined)
    return async (row) => {
      const data = await withExpanded(type, field, row);
      const [text = null] = await memberTexts(row.scope, field, [data[restName]]);
      return text;
    };
  const read = valueReader(field);
  if (expand === undefined || !isReadable(type)) return ({ data }) => read(data[restName]);
  return async (row) => read((await withExpanded(type, field, row))[restName]);
}

/** The row with a value that needs a custom expand, read again if it is missing. */
async function withExpanded(
  type: RowType,
  field: ScalarField | undefined,
  { data, scope }: Pick<Row, 'data' | 'scope'>,
): Promise<Row['data']> {
  const key = keyOf(data);
  if (field?.expand === undefined || field.restName in data || key === undefined || !isReadable(type)) return data;
  const select = new Set([field.restName]);
  return (
    (await loadRow(scope, rowRead(type, { type, select, expand: new Map(), custom: new Set([field.expand]) }), key)) ??
    data
  );
}

function linkedResolver(model: Sage200Model, type: RowType, field: LinkedField): Resolver {
  const target = typeNamed(model, field.typeName);
  const keyField = scalarByRestName(type, field.key);
  return async ({ data, scope }, _arguments, _context, info) => {
    const expanded = data[field.restName];
    if (isObject(expanded)) return { type: target, data: expanded, scope };
    const key = keyOf(await withExpanded(type, keyField, { data, scope }), field.key);
    if (expanded === null || !isReference(key)) return null;
    const context = selectionContext(model, info);
    if (wantsOnlyId(target, selectionsOf(info), context)) return { type: target, data: { id: key }, scope };
    const found = await loadRow(scope, rowRead(target, shapeOf(target, selectionsOf(info), context)), key);
    return found ? { type: target, data: found, scope } : null;
  };
}

function childrenResolver(model: Sage200Model, type: RowType, field: ChildrenField): Resolver {
  const target = typeNamed(model, field.typeName);
  const wrap = (value: unknown, { scope }: Row): Row | Row[] | null => {
    if (field.list)
      return Array.isArray(value) ? value.filter(isObject).map((data) => ({ type: target, data, scope })) : null;
    return isObject(value) ? { type: target, data: value, scope } : null;
  };
  if (!isReadable(type) || !field.expandable) return (row) => wrap(row.data[field.restName], row);
  return async (row, _arguments, _context, info) => {
    const key = keyOf(row.data);
    if (field.restName in row.data || key === undefined) return wrap(row.data[field.restName], row);
    const shape = shapeOf(target, selectionsOf(info), selectionContext(model, info));
    const read = rowRead(type, {
      type,
      select: new Set(['id']),
      expand: new Map([[field.restName, { ...shape, expand: new Map(), custom: new Set() }]]),
      custom: new Set(),
    });
    const more = await loadRow(row.scope, read, key);
    return wrap(more?.[field.restName], row);
  };
}

function listResolver(model: Sage200Model, type: RowType, field: ListField): Resolver {
  const target = typeNamed(model, field.typeName);
  const { by, path } = field;
  if (by !== undefined) return resolveNestedList(model, target, by, field.key);
  if (path !== undefined) return resolvePathList(model, target, path, field.key);
  throw new Error(`${type.name}.${field.name} needs by: or path: in its @list.`);
}

function typeNamed(model: Sage200Model, name: string): RowType {
  const type = model.rowTypes.get(name);
  if (!type) throw new Error(`The SDL refers to ${name}, which it does not define.`);
  return type;
}
