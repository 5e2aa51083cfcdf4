import { type ExecutionResult, GraphQLError } from 'graphql';
import { GatewayError } from '../../kit/errors/index.ts';

/** As graphql-js and tenants built on it end a message: what follows names fields, types, arguments or members of enumerations. */
const SUGGESTION = ' Did you mean ';

/** For callers who may not ask for the schema: what is wrong, without what was perhaps meant. */
export const withoutSuggestions = (errors: readonly GraphQLError[]): readonly GraphQLError[] => errors.map(withoutOne);

export const resultWithoutSuggestions = (result: ExecutionResult): ExecutionResult =>
  result.errors ? { ...result, errors: withoutSuggestions(result.errors) } : result;

function withoutOne(error: GraphQLError): GraphQLError {
  const { message, originalError, path, extensions, nodes, source, positions } = error;
  const at = message.indexOf(SUGGESTION);
  // What sources say in our own errors is business text.
  if (at < 0 || !message.endsWith('?') || originalError instanceof GatewayError) return error;
  return new GraphQLError(message.slice(0, at), {
    path: path ?? null,
    extensions,
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
  });
}
