import type { GraphQLSchema } from 'graphql';
import type { Graph, KnownContent, KnownOperation } from '../../graph/index.ts';
import { BoundedCache } from '../../kit/cache.ts';
import { andThen, type MaybePromise } from '../../kit/maybe-promise.ts';
import { maskRequestError } from './error-mask.ts';
import { type GraphqlRequest, type Operation, toOperation } from './graphql-request.ts';
import type { Phase, Progress } from './phase.ts';
import { NO_VARIABLES, type PlainRequest } from './read-request.ts';
import type { Executed } from './to-answer.ts';

/** An already validated operation, and its variables. */
interface KnownRequest {
  readonly known: KnownOperation;
  readonly operation: Operation;
  readonly variables: PlainRequest['variables'];
  readonly wantsCost: boolean;
}

/** Maximum number of bodies kept for one schema, and their maximum length. */
const MAX_KEPT_BODIES = 500;
const LONGEST_KEPT_BODY = 4_000;

/** Answers already validated operations with their plans, without Yoga and its request objects. */
export function createPlanExecutor(graph: Graph): Phase {
  // By schema, and collected with it.
  const readers = new WeakMap<GraphQLSchema, (request: GraphqlRequest) => KnownRequest | undefined>();

  const findIn = (schema: GraphQLSchema, request: GraphqlRequest): KnownRequest | undefined => {
    const known = readers.get(schema);
    if (known) return known(request);
    const read = requestReader(schema, graph);
    readers.set(schema, read);
    return read(request);
  };

  const find = (request: GraphqlRequest): KnownRequest | undefined => {
    if (request.body && request.exchange.search !== '') return undefined;
    const schema = graph.peekSchema(request.gateway.tenant);
    if (schema) return findIn(schema, request);
    // The tenant's schema is not there yet; operations that do not use the tenant do not need it.
    const alone = graph.peekSchema(undefined);
    const found = alone && findIn(alone, request);
    return found?.known.isOurs ? found : undefined;
  };

  return {
    /** Undefined if there are errors: the fallback then does everything again, with what was read so far. */
    execute(request, progress) {
      const found = find(request);
      return found && run(found, request, progress);
    },
  };
}

function run(
  { known, operation, variables, wantsCost }: KnownRequest,
  request: GraphqlRequest,
  progress: Progress,
): MaybePromise<Executed | undefined> {
  if (wantsCost) request.wantsCost = true;
  try {
    progress.found(request, operation);
  } catch (error) {
    return { result: { errors: [maskRequestError(error)] } };
  }
  const startedAt = performance.now();
  return andThen(
    known.run(variables, request, request.gateway),
    (content: KnownContent | undefined): Executed | undefined => {
      if (content === undefined) return undefined;
      progress.executed(request, (performance.now() - startedAt) / 1000);
      return { content };
    },
  );
}

/** A request without variables is always the same, so it is parsed only once. */
function requestReader(schema: GraphQLSchema, graph: Graph): (request: GraphqlRequest) => KnownRequest | undefined {
  const kept = new BoundedCache<string, KnownRequest>({ name: 'request bodies', maxEntries: MAX_KEPT_BODIES });
  const read = ({ body, plain }: GraphqlRequest): KnownRequest | undefined => {
    const known = plain && graph.known(schema, plain.query, plain.operationName);
    const operation = known && toOperation(plain, known.document);
    // Yoga refuses anything except queries by GET.
    if (!operation || (!body && operation.kind !== 'query')) return undefined;
    return { known, operation, variables: plain.variables, wantsCost: plain.wantsCost };
  };
  return (request) => {
    const { body } = request;
    if (!body || body.length > LONGEST_KEPT_BODY) return read(request);
    // One character for each byte, so that different bytes give different texts.
    const text = body.toString('latin1');
    const known = kept.get(text);
    if (known) return known;
    const found = read(request);
    if (found?.variables === NO_VARIABLES) kept.set(text, found);
    return found;
  };
}
