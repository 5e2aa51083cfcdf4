import type { GraphQLSchema } from 'graphql';
import { Counter, Histogram, type Registry } from 'prom-client';
import type { GatewayContext, Graph, KnownOperation } from '../../graph/index.ts';
import { isEmpty } from '../../kit/is-empty.ts';
import { type Awaitable, andThen } from '../../kit/maybe-promise.ts';
import { createMemo } from '../../kit/memo.ts';
import type { Answer } from '../answers/answer.ts';
import { unpackedFor } from '../answers/packed-text.ts';
import type { CallerExchange } from '../routes/route.ts';
import type { RequestLimits } from './check-limits.ts';
import { asksForPlan, LONGEST_NAME } from './use-graph.ts';

export interface KnownAnswersOptions {
  readonly graph: Graph;
  readonly limits: RequestLimits;
  readonly registry: Registry;
}

/** A GraphQL request of the plain kind: nothing in it counts but these. */
interface PlainRequest {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** An operation that was validated before, and what it is asked with. */
export interface KnownRequest {
  readonly operation: KnownOperation;
  readonly variables: PlainRequest['variables'];
}

const NO_VARIABLES: PlainRequest['variables'] = {};

/** Bodies kept for one schema, and the length of the longest that is. */
const MAX_KEPT_BODIES = 500;
const LONGEST_KEPT_BODY = 4_000;

/** Answers operations that were validated before by their plans, past Yoga and its request objects. */
export function createKnownAnswers({ graph, limits, registry }: KnownAnswersOptions) {
  const count = createPlanMetrics(registry);
  // By schema, and dies with it.
  const readers = new WeakMap<GraphQLSchema, (body: Buffer) => KnownRequest | undefined>();
  const requestIn = (schema: GraphQLSchema, body: Buffer): KnownRequest | undefined => {
    const read = readers.get(schema) ?? requestReader(schema, graph, limits);
    readers.set(schema, read);
    return read(body);
  };

  return {
    /** Undefined for anything that Yoga has to look at. */
    find(body: Buffer, { search }: CallerExchange, tenant: string | undefined): KnownRequest | undefined {
      const schema = graph.peekSchema(tenant);
      return schema && search === '' ? requestIn(schema, body) : undefined;
    },

    /** Undefined where there are errors to tell: Yoga then does all there is to do, with what was read so far. */
    answer(
      { operation, variables }: KnownRequest,
      exchange: CallerExchange,
      context: GatewayContext,
      headers: Readonly<Record<string, string>>,
    ): Awaitable<Answer | undefined> {
      const startedAt = performance.now();
      return andThen(operation.run(variables, context), (content): Answer | undefined => {
        if (content === undefined) return undefined;
        exchange.operationName = operation.name?.slice(0, LONGEST_NAME);
        count((performance.now() - startedAt) / 1_000);
        if ('length' in content) return { status: 200, headers, body: content };
        const packed = unpackedFor(content.gzip, exchange.headers['accept-encoding']);
        return { status: 200, headers: { ...headers, ...packed.headers }, body: packed.body, asIs: true };
      });
    },
  };
}

/** What has no variables comes again as it is, and is read once. */
function requestReader(
  schema: GraphQLSchema,
  graph: Graph,
  limits: RequestLimits,
): (body: Buffer) => KnownRequest | undefined {
  const kept = createMemo<KnownRequest | undefined>(MAX_KEPT_BODIES, (found) => found?.variables === NO_VARIABLES);
  const read = (body: Buffer): KnownRequest | undefined => {
    const request = parsePlainRequest(body);
    const operation = request && graph.known(schema, request.query, request.operationName);
    // What is too much is refused by Yoga's way, in words.
    if (!operation || limits.checkVariables(operation.document, request.variables)) return undefined;
    return { operation, variables: request.variables };
  };
  // One character a byte, so that other bytes are another text.
  return (body) => (body.length > LONGEST_KEPT_BODY ? read(body) : kept(body.toString('latin1'), () => read(body)));
}

/** Undefined for whatever Yoga should look at: wrong requests, and those that ask for something in their `extensions`. */
export function parsePlainRequest(body: Buffer): PlainRequest | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString());
  } catch {
    return undefined;
  }
  if (!isObject(parsed)) return undefined;
  for (const name in parsed) if (!MEMBERS.has(name)) return undefined;
  const { query, operationName, variables, extensions } = parsed;
  if (typeof query !== 'string') return undefined;
  if (operationName !== undefined && operationName !== null && !isName(operationName)) return undefined;
  if (variables !== undefined && variables !== null && !isObject(variables)) return undefined;
  if (extensions !== undefined && extensions !== null && (!isObject(extensions) || asksForPlan(extensions)))
    return undefined;
  return {
    query,
    operationName: operationName || undefined,
    variables: variables && !isEmpty(variables) ? variables : NO_VARIABLES,
  };
}

const MEMBERS: ReadonlySet<string> = new Set(['query', 'operationName', 'variables', 'extensions']);

/** What no operation can be called is for Yoga to refuse. */
const isName = (value: unknown): value is string => typeof value === 'string' && /^\w*$/.test(value);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Counts in the series that Yoga's plugin keeps: to whoever watches, a plan is an execution like any other. */
function createPlanMetrics(registry: Registry): (seconds: number) => void {
  let count: ((seconds: number) => void) | undefined;
  return (seconds) => {
    count ??= bindMetrics(registry);
    count(seconds);
  };
}

function bindMetrics(registry: Registry): (seconds: number) => void {
  const labels = { operationType: 'query' };
  const requests = registry.getSingleMetric('graphql_envelop_request');
  const count = requests instanceof Counter ? requests.labels(labels) : undefined;
  const durations = ['graphql_envelop_request_duration', 'graphql_envelop_phase_execute'].flatMap((name) => {
    const metric = registry.getSingleMetric(name);
    return metric instanceof Histogram ? [metric.labels(labels)] : [];
  });
  return (seconds) => {
    count?.inc();
    for (const duration of durations) duration.observe(seconds);
  };
}
