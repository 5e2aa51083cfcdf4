import { memoize1 } from '@graphql-tools/utils';
import { type ASTNode, BREAK, GraphQLError, visit } from 'graphql';
import { GatewayError } from '../../kit/errors/index.ts';
import type { Principal } from '../../kit/principal.ts';
import type { OperationShape } from './classify-operation.ts';
import { usedIn } from './extract-document.ts';

/**
 * Who may read the schema. `all`: everybody who can reach `/graphql`, even without credentials. `callers`: authenticated callers.
 * `admins`: callers with `admin`. `none`: nobody.
 */
export type Introspection = 'all' | 'callers' | 'admins' | 'none';

/** How many times as long as others its answer may be: tools cannot read a tenant's schema in smaller pieces. */
export const INTROSPECTION_FACTOR = 4;

export const mayIntrospect = (setting: Introspection, { admin }: Pick<Principal, 'admin'>): boolean =>
  setting === 'all' || setting === 'callers' || (setting === 'admins' && admin);

/** Messages for callers without the right. */
export const NO_INTROSPECTION: Readonly<Record<Introspection, string>> = {
  all: '',
  callers: '',
  admins:
    'Only callers with admin may ask for the schema (server.introspection). Ask with such a key, or without __schema and __type.',
  none: 'This gateway shows its schema to nobody (server.introspection). Ask without __schema and __type.',
};

/** Whether an operation contains introspection, at any depth and in fragments; `__typename` does not count. */
export const reachesSchema = memoize1(({ operation, fragments }: OperationShape): boolean =>
  [operation, ...usedIn([operation], fragments).fragments].some(asksForSchema),
);

/** In its own selections. */
export function asksForSchema(node: ASTNode): boolean {
  let found = false;
  visit(node, {
    Field({ name }) {
      found = name.value === '__schema' || name.value === '__type';
      return found ? BREAK : undefined;
    },
  });
  return found;
}

/** How messages of graphql-js, and of tenants built on it, end: the names of fields, types, arguments or enum values follow. */
const SUGGESTION = ' Did you mean ';

/** For callers who may not read the schema: the error without its suggestions. */
export function withoutSuggestion(error: GraphQLError): GraphQLError {
  const { message, originalError, path = null, extensions, nodes = null, source = null, positions = null } = error;
  const at = message.indexOf(SUGGESTION);
  // In the gateway's own errors, text from sources is business text.
  if (at < 0 || !message.endsWith('?') || originalError instanceof GatewayError) return error;
  return new GraphQLError(message.slice(0, at), { path, extensions, nodes, source, positions });
}
