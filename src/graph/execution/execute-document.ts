import {
  type DocumentNode,
  defaultFieldResolver,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
} from 'graphql';
import { GatewayError, ownAnswerTooLarge } from '../../kit/errors/index.ts';
import type { GatewayContext } from '../graph.ts';
import { coerceVariables } from '../operation/coerce-variables.ts';
import type { Variables } from '../operation/plan-operation.ts';
import { withResults } from './field-results.ts';
import { withCoerced } from './with-coerced.ts';

export interface DocumentToExecute {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName?: string | undefined;
  readonly variables: Variables | undefined;
  readonly context: GatewayContext;
}

/** Resolves values that a source's resolvers have already returned, such as the rows of a page. */
const fieldResolver = withResults(defaultFieldResolver);

/** graphql-js' executor. Variables are coerced beforehand, because its own coercion prints whole values and has no limits. */
export async function executeDocument(asked: DocumentToExecute): Promise<ExecutionResult> {
  const { schema, document, operationName, variables = {}, context } = asked;
  const operation = getOperationAST(document, operationName);
  const definitions = operation?.variableDefinitions ?? [];
  const { values, faults } = coerceVariables(schema, definitions, variables);
  if (faults) return { errors: faults };
  if (operation?.operation === 'query') context.results.until(context.signal);
  const result = await execute({
    ...withCoerced(schema, definitions, variables, values),
    document,
    operationName,
    contextValue: context,
    fieldResolver,
  });
  if (context.results.isCut) return { errors: [endedEarly(context.signal.reason)] };
  if (context.results.isTooLong) return { errors: [answerTooLong(document, operationName)] };
  // All errors above the limit are the same one.
  return result.errors ? { ...result, errors: [...new Set(result.errors)] } : result;
}

function answerTooLong(document: DocumentNode, operationName: string | undefined): GraphQLError {
  const originalError = ownAnswerTooLarge(getOperationAST(document, operationName)?.operation === 'mutation');
  return new GraphQLError(originalError.message, { originalError });
}

function endedEarly(reason: unknown): GraphQLError {
  const originalError =
    reason instanceof GatewayError
      ? reason
      : new GatewayError('UPSTREAM_TIMEOUT', 'This operation was ended before its answer was complete.', {
          cause: reason,
        });
  return new GraphQLError(originalError.message, { originalError });
}
