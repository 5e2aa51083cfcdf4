import { GatewayError } from '../../errors/index.ts';
import { encodeGlobalId, toSageId } from '../global-id.ts';
import type { Resource, RowType, Sage200Model } from '../model/model.ts';
import { keyOf, type Row } from '../row.ts';
import type { CompanyScope, Sage200Session } from '../session.ts';
import { toBody } from './to-body.ts';

type Input = Readonly<Record<string, unknown>>;

/** Where a mutation field writes: the session's queue keeps the order, the scope says which company. */
export interface WriteTarget {
  readonly session: Sage200Session;
  readonly scope: () => Promise<CompanyScope>;
}

interface ResourceType {
  readonly model: Sage200Model;
  readonly type: RowType;
  readonly resource: Resource;
}

export function createRow(
  { model, type, resource }: ResourceType,
  target: WriteTarget,
  { input }: { input: Input },
): Promise<unknown> {
  return inTurn(
    target,
    async (scope) => {
      const body = toBody(model, type, input, 'create', scope);
      const answer = await scope.session.engine.client.write(scope.writing, {
        method: 'POST',
        path: resource.path,
        body,
      });
      return { [resource.singleField]: toRow(type, answer, scope), userErrors: [] };
    },
    { [resource.singleField]: null },
  );
}

export function updateRow(
  { model, type, resource }: ResourceType,
  target: WriteTarget,
  { id, input }: { id: string; input: Input },
): Promise<unknown> {
  return inTurn(
    target,
    async (scope) => {
      const key = toSageId(id, { ...scope.company, typeName: type.name });
      const body = toBody(model, type, input, 'update', scope);
      const answer = await scope.session.engine.client.write(scope.writing, {
        method: 'PUT',
        path: `${resource.path}/${encodeURIComponent(key)}`,
        body,
      });
      return { [resource.singleField]: toRow(type, answer, scope, key), userErrors: [] };
    },
    { [resource.singleField]: null },
  );
}

export function deleteRow(
  { type, resource }: ResourceType,
  target: WriteTarget,
  { id }: { id: string },
): Promise<unknown> {
  return inTurn(
    target,
    async (scope) => {
      const key = toSageId(id, { ...scope.company, typeName: type.name });
      await scope.session.engine.client.write(scope.writing, {
        method: 'DELETE',
        path: `${resource.path}/${encodeURIComponent(key)}`,
      });
      return { deletedId: encodeGlobalId({ ...scope.company, typeName: type.name, key }), userErrors: [] };
    },
    { deletedId: null },
  );
}

/** Runs one write after those before it. What Sage refuses in words becomes a user error; every other failure stays one. */
export function inTurn(
  target: WriteTarget,
  write: (scope: CompanyScope) => Promise<object>,
  nothing: object,
): Promise<object> {
  return target.session.enqueueWrite(async () => {
    if (target.session.principal.readOnly) throw new GatewayError('FORBIDDEN', 'This caller may only read.');
    const scope = await target.scope();
    try {
      return await write(scope);
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== 'UPSTREAM_REJECTED') throw error;
      return { ...nothing, userErrors: [{ code: error.code, message: error.message, path: null }] };
    } finally {
      scope.forgetReads();
    }
  });
}

function toRow(type: RowType, answer: unknown, scope: CompanyScope, key?: string): Row | null {
  const data = typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : {};
  const id = keyOf(data) ?? key;
  return id === undefined ? null : { type, data: { ...data, id }, scope };
}
