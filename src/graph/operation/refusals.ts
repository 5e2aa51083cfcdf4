import { GraphQLError, OperationTypeNode } from 'graphql';
import { GatewayError } from '../../kit/errors/index.ts';
import type { GatewayContext, GraphOperation } from '../graph.ts';
import type { OperationShape } from './classify-operation.ts';
import { type Introspection, mayIntrospect, NO_INTROSPECTION, reachesSchema } from './introspection.ts';

/** Errors for everything that the caller has no right to, before anything is sent. */
export function refusalOf(
  shape: OperationShape,
  { principal }: GatewayContext,
  shownTo: Introspection,
): GraphQLError | undefined {
  const { operation } = shape;
  const refuse = (...why: ConstructorParameters<typeof GatewayError>) => toRefusal(new GatewayError(...why), operation);
  if (operation.operation === OperationTypeNode.SUBSCRIPTION)
    return refuse('BAD_USER_INPUT', 'The gateway has no subscriptions. Use a query instead.');
  if (operation.operation === OperationTypeNode.MUTATION && principal.readOnly)
    return refuse('FORBIDDEN', 'This caller may only read: mutations are refused.');
  if (!mayIntrospect(shownTo, principal) && reachesSchema(shape)) return refuse('FORBIDDEN', NO_INTROSPECTION[shownTo]);
  return undefined;
}

export const toRefusal = (error: GatewayError, nodes: OperationShape['operation'] | null) =>
  new GraphQLError(error.message, { nodes, extensions: error.toExtensions() });

/** The errors of a request that does not say which operation it means. */
export function withoutOperation({ operationName }: GraphOperation): GraphQLError[] {
  const message =
    operationName === undefined
      ? 'This document has several operations. Choose one with operationName.'
      : 'The operation in operationName is not in the document.';
  return [toRefusal(new GatewayError('BAD_USER_INPUT', message), null)];
}
