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

export interface DocumentToExecute {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName?: string | undefined;
  readonly variables: Variables | undefined;
  readonly context: GatewayContext;
}

/** Of what a source's resolvers gave already, such as the rows of a page. */
const fieldResolver = withResults(defaultFieldResolver);

/** graphql-js' executor, which tells faults of variables in the words of `coerceVariables`. */
export async function executeDocument(asked: DocumentToExecute): Promise<ExecutionResult> {
  const { schema, document, operationName, variables = {}, context } = asked;
  if (getOperationAST(document, operationName)?.operation === 'query') context.results.until(context.signal);
  const result = await execute({
    schema,
    document,
    operationName,
    variableValues: variables,
    contextValue: context,
    fieldResolver,
    // Each of its messages holds a whole value, so it makes no more than one, and that one is thrown away.
    options: { maxCoercionErrors: 0 },
  });
  if (context.results.isCut) return { errors: [endedEarly(context.signal.reason)] };
  if (context.results.isTooLong) return { errors: [answerTooLong(document, operationName)] };
  // Those beyond an operation's allowance are one.
  if (result.data !== undefined) return result.errors ? { ...result, errors: [...new Set(result.errors)] } : result;
  const definitions = getOperationAST(document, operationName)?.variableDefinitions ?? [];
  const { faults } = coerceVariables(schema, definitions, variables);
  return faults ? { errors: faults } : result;
}

function answerTooLong(document: DocumentNode, operationName: string | undefined): GraphQLError {
  const originalError = ownAnswerTooLarge(getOperationAST(document, operationName)?.operation === 'mutation');
  return new GraphQLError(originalError.message, { originalError });
}

function endedEarly(reason: unknown): GraphQLError {
  const originalError =
    reason instanceof GatewayError
      ? reason
      : new GatewayError('UPSTREAM_TIMEOUT', 'This operation was ended before its answer was made.', { cause: reason });
  return new GraphQLError(originalError.message, { originalError });
}
