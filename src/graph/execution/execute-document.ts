import { memoize1 } from '@graphql-tools/utils';
import {
  type DocumentNode,
  defaultFieldResolver,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLInputObjectType,
  GraphQLScalarType,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  isInputObjectType,
  type NamedTypeNode,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql';
import { GatewayError, ownAnswerTooLarge } from '../../kit/errors/index.ts';
import { isEmpty } from '../../kit/json.ts';
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

/**
 * Makes graphql-js' executor use already coerced input objects, instead of coercing them again at a cost that grows
 * with the fields of their types: a view of the schema in which an input object is a scalar that returns its value.
 * Leaf values are coerced only by the executor: coercing them twice may change them.
 */
function withCoerced(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
  given: Variables,
  coerced: Variables,
): { readonly schema: GraphQLSchema; readonly variableValues: Variables } {
  const passed: Record<string, unknown> = {};
  for (const { variable, type } of definitions) {
    const name = variable.name.value;
    const isObject = isInputObjectType(getNamedType(typeFromAST(schema, type as NamedTypeNode)));
    if (isObject && Object.hasOwn(coerced, name)) passed[name] = coerced[name];
  }
  if (isEmpty(passed)) return { schema, variableValues: given };
  return { schema: viewOf(schema), variableValues: { ...given, ...passed } };
}

const viewOf = memoize1((schema: GraphQLSchema): GraphQLSchema => {
  const passing = memoize1(
    ({ name }: GraphQLInputObjectType) => new GraphQLScalarType({ name, parseValue: (value) => value }),
  );
  const getType = (name: string) => {
    const type = schema.getType(name);
    return isInputObjectType(type) ? passing(type) : type;
  };
  // A proxy, because schemas that build their types on demand have private members.
  return new Proxy(schema, {
    get(target, key) {
      if (key === 'getType') return getType;
      const member: unknown = Reflect.get(target, key, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
});
