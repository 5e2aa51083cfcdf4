import { type DocumentNode, type ExecutionResult, execute, type GraphQLSchema, getOperationAST } from 'graphql';
import type { GatewayContext } from '../graph.ts';
import { coerceVariables } from '../operation/coerce-variables.ts';
import type { Variables } from '../operation/plan-operation.ts';

export interface DocumentToExecute {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName?: string | undefined;
  readonly variables: Variables | undefined;
  readonly context: GatewayContext;
}

/** graphql-js' executor, which tells faults of variables in the words of `coerceVariables`. */
export async function executeDocument(asked: DocumentToExecute): Promise<ExecutionResult> {
  const { schema, document, operationName, variables = {}, context } = asked;
  const result = await execute({
    schema,
    document,
    operationName,
    variableValues: variables,
    contextValue: context,
    // Each of its messages holds a whole value, so it makes no more than one, and that one is thrown away.
    options: { maxCoercionErrors: 0 },
  });
  if (result.data !== undefined) return result;
  const definitions = getOperationAST(document, operationName)?.variableDefinitions ?? [];
  const { faults } = coerceVariables(schema, definitions, variables);
  return faults ? { errors: faults } : result;
}
