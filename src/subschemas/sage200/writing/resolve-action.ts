import type { GraphQLFieldResolver, GraphQLResolveInfo } from 'graphql';
import { toObject } from '../../../kit/json.ts';
import { payloadNameOf } from '../model/derive-actions.ts';
import type { Action, Sage200Model } from '../model/model.ts';
import { rowPath } from '../odata/path.ts';
import { loadRow, rowRead } from '../reading/by-key.ts';
import { rowResolver, selectionContext, selectionsOf } from '../reading/resolve-row.ts';
import { isReadable, shapeOf } from '../reading/shape.ts';
import type { Row } from '../row.ts';
import { keyOf } from '../row-data.ts';
import type { CompanyScope } from '../scope.ts';
import { lookUpAction } from './look-up.ts';
import { type PreparedWrite, performWrite, type WriteTarget } from './perform-write.ts';
import { toActionBody } from './to-body.ts';

type Arguments = Readonly<Record<string, unknown>>;

interface Payload {
  readonly answer: Row | null;
  readonly userErrors: readonly unknown[];
}

/** The fields of `Sage200Mutation` that are one POST or PUT of Sage. */
export function actionMutations(model: Sage200Model): Record<string, GraphQLFieldResolver<WriteTarget, unknown>> {
  const mutations = [...model.actions.values()].filter(({ writes }) => writes);
  return Object.fromEntries(
    mutations.map((action) => [
      action.name,
      (target: WriteTarget, given: Arguments) =>
        performWrite(target, {
          mutation: action.name,
          idempotencyKey: given['idempotencyKey'] as string | null | undefined,
          prepare: (scope) => prepareAction(model, action, given, scope),
          toPayload: (data, scope, key) => ({ answer: toAnswer(action, data, scope, key) }),
          nothing: { answer: null },
        }),
    ]),
  );
}

function prepareAction(model: Sage200Model, action: Action, given: Arguments, scope: CompanyScope): PreparedWrite {
  const { method, path } = action;
  const { id, ...rest } = toActionBody(model, action, given, scope);
  const key = id === undefined ? undefined : idText(id);
  const { lines } = (given['input'] ?? {}) as Arguments;
  return {
    request: {
      method,
      path: method === 'PUT' && key !== undefined ? rowPath(path, key) : path,
      body: JSON.stringify(method === 'PUT' || id === undefined ? rest : { id, ...rest }),
    },
    key,
    lookUp: lookUpAction(model, action, given, key, scope.company),
    lineCount: Array.isArray(lines) ? lines.length : undefined,
    // A row with a known id is read if it is not in the answer.
    expects: !action.answer
      ? undefined
      : !action.answer.type.resource
        ? 'object'
        : key === undefined
          ? 'row'
          : undefined,
  };
}

/** An id in a body is kept as its source text. */
const idText = (id: unknown): string => JSON.stringify(id);

function toAnswer({ answer }: Action, data: unknown, scope: CompanyScope, key: string | undefined): Row | null {
  if (!answer) return null;
  const row = toObject(data) ?? {};
  if (!answer.type.resource) return { type: answer.type, data: row, scope };
  const id = keyOf(row) ?? key;
  return id === undefined ? null : { type: answer.type, data: { ...row, id }, scope };
}

/** A payload has the row under its name, and any other answer as its own fields. */
export function payloadResolvers(
  model: Sage200Model,
): Record<string, Record<string, GraphQLFieldResolver<Payload, unknown>>> {
  return Object.fromEntries(
    [...model.actions.values()]
      .filter(({ writes }) => writes)
      .map((action) => [payloadNameOf(action), payloadFields(model, action)]),
  );
}

function payloadFields(
  model: Sage200Model,
  { answer }: Action,
): Record<string, GraphQLFieldResolver<Payload, unknown>> {
  if (!answer) return {};
  const { type } = answer;
  if (type.resource)
    return { [type.resource.singleField]: ({ answer: row }, _given, _context, info) => wholeRow(model, row, info) };
  const shown = [...type.fields.values()].filter(
    (field) => field.kind !== 'globalId' && (field.kind !== 'scalar' || !(field.writeOnly || field.filterOnly)),
  );
  return Object.fromEntries(
    shown.map((field) => {
      const resolve = rowResolver(model, type, field);
      const resolveIn: GraphQLFieldResolver<Payload, unknown> = (payload, given, context, info) =>
        payload.answer ? resolve(payload.answer, given, context, info) : null;
      return [field.name, resolveIn];
    }),
  );
}

/** Some actions return little more than an id: other selected fields are then read. */
async function wholeRow(model: Sage200Model, row: Row | null, info: GraphQLResolveInfo): Promise<Row | null> {
  const key = row && keyOf(row.data);
  if (!row || key === undefined || key === null || !isReadable(row.type)) return row;
  const shape = shapeOf(row.type, selectionsOf(info), selectionContext(model, info));
  if ([...shape.select].every((field) => field in row.data)) return row;
  const data = await loadRow(row.scope, rowRead(row.type, shape), key);
  return data ? { ...row, data: { ...row.data, ...data } } : row;
}
