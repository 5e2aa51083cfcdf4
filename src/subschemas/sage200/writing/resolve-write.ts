import type { GraphQLResolveInfo } from 'graphql';
import { toObject } from '../../../kit/json.ts';
import { bulkFieldOf, hasId, parentArgument, type Resource, type RowType, type Sage200Model } from '../model/model.ts';
import { bareName } from '../model/names.ts';
import { pathBelow, rowPath } from '../odata/path.ts';
import { loadRow, rowRead } from '../reading/by-key.ts';
import { selectionContext, selectionsOf } from '../reading/resolve-row.ts';
import { isReadable, shapeOf } from '../reading/shape.ts';
import type { Row } from '../row.ts';
import { keyOf } from '../row-data.ts';
import type { CompanyScope } from '../scope.ts';
import { encodeGlobalId } from '../values/global-id.ts';
import { editLocked } from './edit-locked.ts';
import { lookUpCreated, lookUpRow } from './look-up.ts';
import { performWrite, type WriteTarget } from './perform-write.ts';
import { toBody, toBodyRow, toBulkBody, toParentKey } from './to-body.ts';

type Input = Readonly<Record<string, unknown>>;

interface ResourceType {
  readonly model: Sage200Model;
  readonly type: RowType;
  readonly resource: Resource;
}

/** Arguments of every mutation field. */
interface Given {
  readonly idempotencyKey?: string | null;
}

export function createRow(
  { model, type, resource }: ResourceType,
  target: WriteTarget,
  { input, idempotencyKey, ...given }: { input: Input } & Given & Input,
): Promise<unknown> {
  return performWrite(target, {
    mutation: `create${bareName(type.name)}`,
    idempotencyKey,
    prepare: (scope) => ({
      request: {
        method: 'POST',
        path: createPathOf(type, resource, given, scope),
        body: toBody(model, type, input, 'create', scope),
      },
      lookUp: lookUpCreated(type, { ...given, ...input }, scope.company),
      lineCount: lineCountOf(input),
      expects: hasId(type) ? 'row' : 'object',
    }),
    toPayload: (data, scope) => ({ [resource.singleField]: toShownRow(model, type, data, scope) }),
    nothing: { [resource.singleField]: null },
  });
}

function createPathOf(type: RowType, resource: Resource, given: Input, scope: CompanyScope): string {
  const parent = parentArgument(resource);
  if (resource.createPath === undefined || parent === undefined) return resource.path;
  const key = toParentKey(type, parent, given[parent], scope);
  return pathBelow(resource.createPath, key);
}

/** Many rows by one PUT on the collection. Source: Sage 200 reference, the lists that accept an array. */
export function updateRows(
  { model, type, resource }: ResourceType,
  target: WriteTarget,
  { input, idempotencyKey }: { input: readonly Input[] } & Given,
): Promise<unknown> {
  return performWrite(target, {
    mutation: bulkFieldOf(resource),
    idempotencyKey,
    prepare: (scope) => ({
      request: { method: 'PUT', path: resource.path, body: toBulkBody(model, type, input, scope) },
      lookUp: lookUpCreated(type, {}, scope.company),
      expects: 'rows',
    }),
    toPayload: (data, scope) => {
      const rows = Array.isArray(data) ? data.map((row) => toRow(type, row, scope)) : [];
      return { [resource.listField]: rows.filter((row) => row !== null) };
    },
    nothing: { [resource.listField]: null },
  });
}

export function updateRow(
  { model, type, resource }: ResourceType,
  target: WriteTarget,
  { id, input, idempotencyKey }: { id: string; input: Input } & Given,
): Promise<unknown> {
  return performWrite(target, {
    mutation: `update${bareName(type.name)}`,
    idempotencyKey,
    prepare: (scope) => {
      const key = scope.toSageId(id, type.name);
      const path = rowPath(resource.path, key);
      const body = toBodyRow(model, type, input, 'update', scope);
      return {
        request: { method: 'PUT', path, body: JSON.stringify(body) },
        ...(resource.isLocked && { send: () => editLocked(scope, path, body) }),
        key,
        lookUp: lookUpRow(type, key, scope.company),
        lineCount: lineCountOf(input),
      };
    },
    toPayload: (data, scope, key) => ({ [resource.singleField]: toShownRow(model, type, data, scope, key) }),
    nothing: { [resource.singleField]: null },
  });
}

export function deleteRow(
  { type, resource }: ResourceType,
  target: WriteTarget,
  { id, idempotencyKey }: { id: string } & Given,
): Promise<unknown> {
  return performWrite(target, {
    mutation: `delete${bareName(type.name)}`,
    idempotencyKey,
    prepare: (scope) => {
      const key = scope.toSageId(id, type.name);
      return {
        request: { method: 'DELETE', path: rowPath(resource.path, key) },
        key,
        lookUp: lookUpRow(type, key, scope.company),
      };
    },
    toPayload: (_, scope, key = '') => ({ deletedId: encodeGlobalId({ ...scope.company, typeName: type.name, key }) }),
    nothing: { deletedId: null },
  });
}

/** Sage saves lines one by one. */
function lineCountOf({ lines }: Input): number | undefined {
  return Array.isArray(lines) ? lines.length : undefined;
}

/** The row, or a function that reads it, if Sage returned only its id. */
function toShownRow(
  model: Sage200Model,
  type: RowType,
  answer: unknown,
  scope: CompanyScope,
  key?: string,
): Row | null | ReadRow {
  const row = toRow(type, answer, scope, key);
  const id = row ? keyOf(row.data) : undefined;
  if (!row || id === undefined || Object.keys(row.data).length > 1 || !isReadable(type)) return row;
  return async (_given, _context, info) => {
    const data = await loadRow(
      scope,
      rowRead(type, shapeOf(type, selectionsOf(info), selectionContext(model, info))),
      id,
    );
    return data ? { type, data, scope } : null;
  };
}

/** graphql-js calls a member that is a function. */
type ReadRow = (given: unknown, context: unknown, info: GraphQLResolveInfo) => Promise<Row | null>;

function toRow(type: RowType, answer: unknown, scope: CompanyScope, key?: string): Row | null {
  const data = toObject(answer) ?? {};
  const id = keyOf(data) ?? key;
  // Data without an id, such as a confirmed despatch, is shown as Sage returned it.
  if (id === undefined) return hasId(type) ? null : { type, data, scope };
  return { type, data: { ...data, id }, scope };
}
