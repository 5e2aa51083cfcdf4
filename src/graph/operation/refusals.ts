import { GraphQLError, OperationTypeNode } from 'graphql';
import { GatewayError } from '../../kit/errors/index.ts';
import type { GatewayContext, GraphOperation } from '../graph.ts';
import type { OperationShape, OperationSources } from './classify-operation.ts';
import { type Introspection, mayIntrospect, NO_INTROSPECTION, reachesSchema } from './introspection.ts';

/** Each tenant has a different schema; and no part of a mutation runs before all of it can. */
export const needsTenantFirst = ({ operation, rootNames }: OperationShape, sources: OperationSources): boolean =>
  rootNames.has('__schema') ||
  rootNames.has('__type') ||
  (sources !== 'own' && operation.operation === OperationTypeNode.MUTATION);

/** Errors for everything that the caller has no right to, before anything is sent. */
export function refusalOf(
  shape: OperationShape,
  { principal }: GatewayContext,
  shownTo: Introspection,
): GraphQLError | undefined {
  const { operation } = shape;
  if (operation.operation === OperationTypeNode.SUBSCRIPTION) {
    return toRefusal(
      new GatewayError('BAD_USER_INPUT', 'The gateway has no subscriptions. Use a query instead.'),
      operation,
    );
  }
  if (operation.operation === OperationTypeNode.MUTATION && principal.readOnly) {
    return toRefusal(new GatewayError('FORBIDDEN', 'This caller may only read: mutations are refused.'), operation);
  }
  if (!mayIntrospect(shownTo, principal) && reachesSchema(shape))
    return toRefusal(new GatewayError('FORBIDDEN', NO_INTROSPECTION[shownTo]), operation);
  return undefined;
}

export const toRefusal = (error: GatewayError, node: OperationShape['operation']) =>
  new GraphQLError(error.message, { nodes: [node], extensions: error.toExtensions() });

/** The errors of a request that does not say which operation it means; undefined if the document has no operation. */
export function withoutOperation({ document, operationName }: GraphOperation): GraphQLError[] | undefined {
  const names = document.definitions.flatMap((each) =>
    each.kind === 'OperationDefinition' ? [each.name?.value ?? ''] : [],
  );
  if (names.length === 0) return undefined;
  const message =
    operationName === undefined
      ? 'This document has several operations. Choose one with operationName.'
      : 'The operation in operationName is not in the document.';
  return [new GraphQLError(message, { extensions: new GatewayError('BAD_USER_INPUT', message).toExtensions() })];
}
