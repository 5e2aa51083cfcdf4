import type { Graph } from '../../graph/index.ts';
import type { RequestLimits } from './check-limits.ts';
import type { Phase } from './phase.ts';

/** Refuses documents and values that exceed a limit, before they are validated. */
export const limitOperations = (limits: RequestLimits, graph: Pick<Graph, 'raisedFor'>): Phase => ({
  onRequest({ exchange, body }) {
    if (body) limits.checkBody(body, graph.raisedFor(exchange.principal)?.values);
  },
  onOperation({ exchange }, operation) {
    const { document, variables = {} } = operation;
    const raised = graph.raisedFor(exchange.principal, operation)?.values;
    const fault = limits.checkDocument(document, raised) ?? limits.checkVariables(document, variables, raised);
    if (fault) throw fault;
  },
});
