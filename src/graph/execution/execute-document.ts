import {
  type DocumentNode,
  defaultFieldResolver,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
} from 'graphql';
import { coerceVariables } from '../../kit/coerce-variables.ts';
import { GatewayError, ownAnswerTooLarge } from '../../kit/errors/index.ts';
import type { GatewayContext } from '../graph.ts';
import type { Variables } from '../operation/plan-operation.ts';
import { coercedOperation } from './coerced-operation.ts';
import { withResults } from './field-results.ts';

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
  if (!operation) throw new Error('the document has no such operation');
  const { values, faults } = coerceVariables(schema, operation.variableDefinitions ?? [], variables);
  if (faults) return { errors: faults };
  if (operation.operation === 'query') context.results.until(context.signal);
  const coerced = coercedOrFault(schema, document, operation, values);
  if (coerced instanceof GraphQLError) return { errors: [coerced] };
  const result = await execute({ ...coerced, contextValue: context, fieldResolver });
  const { isCut, isTooLong } = context.results;
  if (isCut) return failed(endedEarly(context.signal.reason));
  if (isTooLong) return failed(ownAnswerTooLarge(operation.operation === 'mutation'));
  // All errors above the limit are the same one.
  return result.errors ? { ...result, errors: [...new Set(result.errors)] } : result;
}

function coercedOrFault(...given: Parameters<typeof coercedOperation>) {
  try {
    return coercedOperation(...given);
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}

const failed = (originalError: GatewayError): ExecutionResult => ({
  errors: [new GraphQLError(originalError.message, { originalError })],
});

const endedEarly = (cause: unknown): GatewayError =>
  cause instanceof GatewayError
    ? cause
    : new GatewayError('UPSTREAM_TIMEOUT', 'This operation was ended before its answer was complete.', { cause });
