import { getOperationAST, Kind } from 'graphql';
import type { Logger } from 'pino';
import type { Graph } from '../../graph/index.ts';
import { namesInLine } from '../names-in-line.ts';
import type { Exchange } from '../routes/route.ts';
import { type ClientError, codeOf } from './client-error.ts';
import type { Phase } from './phase.ts';

/** Uses only the names of mutations' root fields: before the limits are checked, nothing else of a document is read. */
export const nameMutations: Phase = {
  onOperation({ exchange }, { kind, document, operationName }) {
    if (kind !== 'mutation') return;
    const selections = getOperationAST(document, operationName)?.selectionSet.selections ?? [];
    const names = selections.map((selection) => (selection.kind === Kind.FIELD ? selection.name.value : '…'));
    exchange.mutations = () => names;
  },
};

/** Notes operations and their results for the access log and the record of refusals, and logs errors that callers do not see. */
export const noteOperations = (graph: Pick<Graph, 'mutationNames'>, log: Logger): Phase => ({
  onOperation({ exchange }, operation) {
    exchange.operation = operation;
    if (operation.kind === 'mutation') exchange.mutations = () => graph.mutationNames(operation);
  },
  onAnswer({ exchange }, { errors }) {
    if (errors.length === 0) return;
    exchange.errorCodes = [...new Set(errors.map(codeOf))];
    const refused = errors.filter((error) => codeOf(error) === 'FORBIDDEN' && error.extensions['source'] === 'gateway');
    if (refused.length > 0) exchange.refused = describeRefused(refused, exchange);
    const { requestId, trace } = exchange;
    const traced = trace && { trace_id: trace.context.traceId };
    for (const { hidden, path } of errors) {
      if (hidden === undefined) continue;
      log.error({ err: hidden, requestId, ...traced, path: path?.join('.').slice(0, 200) }, 'masked an error');
    }
  },
});

/** The refused fields; a mutation that was refused as a whole has no path yet. */
function describeRefused(errors: readonly ClientError[], { mutations }: Exchange): string {
  const paths = errors.flatMap(({ path }) => (path ? [path.filter((part) => typeof part === 'string').join('.')] : []));
  return namesInLine(paths.length > 0 ? paths : (mutations?.() ?? [])) || 'operation';
}
