import { classifyOperation, isIntrospection } from '../../graph/index.ts';
import type { RequestLimits } from './check-limits.ts';
import type { GraphqlRequest } from './graphql-request.ts';
import type { Phase } from './phase.ts';

/** Lets visitors read the schema, if that is allowed, and nothing else. */
export const admitVisitors = (limits: RequestLimits): Phase => ({
  onRequest(request) {
    const { visitor } = request.exchange;
    if (visitor && !asksForSchemaAlone(limits, request)) throw visitor;
  },
});

function asksForSchemaAlone(limits: RequestLimits, request: GraphqlRequest): boolean {
  const { body } = request;
  const { search } = request.exchange;
  const parameters = new URLSearchParams(search);
  // If a parameter is sent twice, another parser might use the other value.
  if (new Set(parameters.keys()).size !== parameters.size || (body && search !== '')) return false;
  const { source } = request;
  if (source === undefined) return false;
  const name = body ? request.plain?.operationName : parameters.get('operationName');
  try {
    const document = limits.parse(source);
    if (limits.checkDocument(document)) return false;
    const shape = classifyOperation(document, name ?? undefined);
    return shape?.operation.operation === 'query' && isIntrospection(shape);
  } catch {
    return false;
  }
}
