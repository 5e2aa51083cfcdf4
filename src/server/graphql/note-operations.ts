import type { Logger } from 'pino';
import type { Graph } from '../../graph/index.ts';
import type { Exchange } from '../routes/route.ts';
import { type ClientError, codeOf } from './client-error.ts';
import type { Phase } from './phase.ts';

/** Notes for the access log and the record of refusals what was asked and how it ended, and logs what callers do not see. */
export const noteOperations = (graph: Pick<Graph, 'mutationNames'>, log: Logger): Phase => ({
  onOperation({ exchange }, operation) {
    exchange.operationName = operation.name;
    if (operation.kind === 'mutation') exchange.mutations = () => graph.mutationNames(operation);
  },
  onAnswer({ exchange }, { errors }) {
    if (errors.length === 0) return;
    exchange.errorCodes = [...new Set(errors.map(codeOf))];
    const refused = errors.filter((error) => codeOf(error) === 'FORBIDDEN' && error.extensions['source'] === 'gateway');
    if (refused.length > 0) exchange.refused = describeRefused(refused, exchange);
    const { requestId } = exchange;
    for (const { hidden, path } of errors) {
      if (hidden === undefined) continue;
      log.error({ err: hidden, requestId, path: path?.join('.').slice(0, 200) }, 'masked an error');
    }
  },
});

/** Fields that one line of the record names at most. */
const MAX_REFUSED = 5;

/** The fields that were refused; a mutation that was refused as a whole has no path yet. */
function describeRefused(errors: readonly ClientError[], { mutations }: Exchange): string {
  const paths = errors.flatMap(({ path }) => (path ? [path.filter((part) => typeof part === 'string').join('.')] : []));
  const names = [...new Set(paths.length > 0 ? paths : mutations?.())];
  const more = names.length > MAX_REFUSED ? ', …' : '';
  return names.length > 0 ? `${names.slice(0, MAX_REFUSED).join(', ')}${more}` : 'operation';
}
