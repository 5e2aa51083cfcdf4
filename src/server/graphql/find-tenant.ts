import type { Graph } from '../../graph/index.ts';
import { headerText } from '../../kit/http/index.ts';
import type { Phase } from './phase.ts';

/** Finds the tenant of the request, and refuses tenants that the caller may not use. */
export const findTenant = (graph: Graph): Phase => ({
  onRequest(request) {
    const { exchange } = request;
    const { principal, requestId, onwardId, signal, trace } = exchange;
    request.gateway = graph.createContext({
      principal,
      requestId,
      tenant: graph.tenantFor(principal, headerText(exchange, 'x-tenant')),
      signal,
      headers: exchange.headers,
      holder: exchange.flight,
      trace,
      onwardId,
    });
    exchange.context = request.gateway;
  },
});
