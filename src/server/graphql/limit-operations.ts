import type { RequestLimits } from './check-limits.ts';
import type { Phase } from './phase.ts';

/** Refuses documents and values that are too much, before anybody validates them. */
export const limitOperations = (limits: RequestLimits): Phase => ({
  onRequest({ body }) {
    if (body) limits.checkBody(body);
  },
  onOperation(_, { document, variables = {} }) {
    const fault = limits.checkDocument(document) ?? limits.checkVariables(document, variables);
    if (fault) throw fault;
  },
});
