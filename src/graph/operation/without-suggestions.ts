import { type ExecutionResult, GraphQLError } from 'graphql';
import { GatewayError } from '../../kit/errors/index.ts';

/** How messages of graphql-js, and of tenants built on it, end: the names of fields, types, arguments or enum values follow. */
const SUGGESTION = ' Did you mean ';

/** For callers who may not read the schema: the error without its suggestions. */
export const withoutSuggestions = (errors: readonly GraphQLError[]): readonly GraphQLError[] => errors.map(withoutOne);

export const resultWithoutSuggestions = (result: ExecutionResult): ExecutionResult =>
  result.errors ? { ...result, errors: withoutSuggestions(result.errors) } : result;

function withoutOne(error: GraphQLError): GraphQLError {
  const { message, originalError, path, extensions, nodes, source, positions } = error;
  const at = message.indexOf(SUGGESTION);
  // In the gateway's own errors, text from sources is business text.
  if (at < 0 || !message.endsWith('?') || originalError instanceof GatewayError) return error;
  return new GraphQLError(message.slice(0, at), {
    path: path ?? null,
    extensions,
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
  });
}
