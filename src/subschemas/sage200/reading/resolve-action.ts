import type { GraphQLFieldResolver } from 'graphql';
import { isObject } from '../../../kit/json.ts';
import type { Action, Sage200Model } from '../model/model.ts';
import type { CompanyScope } from '../scope.ts';
import { toActionBody } from '../writing/to-body.ts';

interface ActionRoot {
  readonly scope: () => Promise<CompanyScope>;
}

/** The fields of `Sage200` that Sage answers by POST. They only read, so a read-only caller may use them. */
export function actionQueries(model: Sage200Model): Record<string, GraphQLFieldResolver<ActionRoot, unknown>> {
  const queries = [...model.actions.values()].filter(({ writes }) => !writes);
  return Object.fromEntries(queries.map((action) => [action.name, queryResolver(model, action)]));
}

function queryResolver(model: Sage200Model, action: Action): GraphQLFieldResolver<ActionRoot, unknown> {
  const { answer, path } = action;
  return async (root, given: Readonly<Record<string, unknown>>) => {
    const scope = await root.scope();
    const body = JSON.stringify(toActionBody(model, action, given, scope));
    const data = await scope.operation.engine.client.ask(scope.reading, path, body);
    const rows = (Array.isArray(data) ? data : [data]).filter(isObject);
    const wrapped = answer ? rows.map((row) => ({ type: answer.type, data: row, scope })) : [];
    return answer?.list ? wrapped : (wrapped[0] ?? null);
  };
}
