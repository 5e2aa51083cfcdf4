import { memoize1 } from '@graphql-tools/utils';
import {
  type DocumentNode,
  defaultFieldResolver,
  type ExecutionResult,
  execute,
  GraphQLError,
  GraphQLScalarType,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type NamedTypeNode,
  type VariableDefinitionNode,
} from 'graphql';
import { coerceVariables } from '../../kit/coerce-variables.ts';
import { GatewayError, ownAnswerTooLarge } from '../../kit/errors/index.ts';
import type { GatewayContext } from '../graph.ts';
import type { Variables } from '../operation/plan-operation.ts';
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
  const definitions = operation?.variableDefinitions ?? [];
  const { values, faults } = coerceVariables(schema, definitions, variables);
  if (faults) return { errors: faults };
  if (operation?.operation === 'query') context.results.until(context.signal);
  const result = await execute({
    schema: acceptCoerced(schema),
    document: definitions.length > 0 ? withCoerced(document, values) : document,
    operationName,
    variableValues: values,
    contextValue: context,
    fieldResolver,
  });
  const { isCut, isTooLong } = context.results;
  if (isCut) return failed(endedEarly(context.signal.reason));
  if (isTooLong) return failed(ownAnswerTooLarge(operation?.operation === 'mutation'));
  // All errors above the limit are the same one.
  return result.errors ? { ...result, errors: [...new Set(result.errors)] } : result;
}

const failed = (originalError: GatewayError): ExecutionResult => ({
  errors: [new GraphQLError(originalError.message, { originalError })],
});

const endedEarly = (cause: unknown): GatewayError =>
  cause instanceof GatewayError
    ? cause
    : new GatewayError('UPSTREAM_TIMEOUT', 'This operation was ended before its answer was complete.', { cause });

/** A value that is already coerced: coercing it again may change it, at a cost that grows with the fields of its type. */
const COERCED = new GraphQLScalarType({ name: 'gateway_Coerced', parseValue: (value) => value });

/** The document with that type for each variable that has a value. */
function withCoerced({ definitions, kind }: DocumentNode, values: Variables): DocumentNode {
  const type: NamedTypeNode = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: COERCED.name } };
  const passed = (definition: VariableDefinitionNode) =>
    Object.hasOwn(values, definition.variable.name.value) ? { ...definition, type } : definition;
  return {
    kind,
    definitions: definitions.map((each) =>
      each.kind === Kind.OPERATION_DEFINITION && each.variableDefinitions
        ? { ...each, variableDefinitions: each.variableDefinitions.map(passed) }
        : each,
    ),
  };
}

/** Lets graphql-js find that type in a schema, whose list of types does not have it. */
const acceptCoerced = memoize1((schema: GraphQLSchema): GraphQLSchema => {
  const getType = schema.getType.bind(schema);
  schema.getType = (name) => (name === COERCED.name ? COERCED : getType(name));
  return schema;
});
