import { Counter, Histogram, type Registry } from 'prom-client';
import type { GatewayContext, Graph, KnownOperation } from '../../graph/index.ts';
import { joinParts } from '../../http/index.ts';
import type { Answer } from '../answers/answer.ts';
import { unpackedFor } from '../answers/packed-text.ts';
import type { CallerExchange } from '../routes/route.ts';
import { LONGEST_NAME } from './use-graph.ts';

export interface KnownAnswersOptions {
  readonly graph: Graph;
  readonly registry: Registry;
}

/** A GraphQL request of the plain kind: nothing in it but these. */
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

/** Answers operations that were validated before by their plans, past Yoga and its request objects. */
export function createKnownAnswers({ graph, registry }: KnownAnswersOptions) {
  const count = createPlanMetrics(registry);
  return {
    /** Undefined for anything that Yoga has to look at. */
    find(body: Buffer, { search }: CallerExchange, tenant: string | undefined): KnownRequest | undefined {
      const schema = graph.peekSchema(tenant);
      const request = schema && search === '' ? parsePlainRequest(body) : undefined;
      const operation = schema && request && graph.known(schema, request.query, request.operationName);
      return operation && { operation, variables: request.variables };
    },

    /** Undefined where there are errors to tell: Yoga then does all there is to do, with what was read so far. */
    async answer(
      { operation, variables }: KnownRequest,
      exchange: CallerExchange,
      context: GatewayContext,
      headers: Readonly<Record<string, string>>,
    ): Promise<Answer | undefined> {
      const startedAt = performance.now();
      const content = await operation.run(variables, context);
      if (content === undefined) return undefined;
      exchange.operationName = operation.name?.slice(0, LONGEST_NAME);
      count((performance.now() - startedAt) / 1_000);
      if ('length' in content) return { status: 200, headers, body: joinParts(content) };
      const packed = unpackedFor(content.gzip, exchange.headers['accept-encoding']);
      return { status: 200, headers: { ...headers, ...packed.headers }, body: packed.body, asIs: true };
    },
  };
}

/** Undefined for whatever Yoga should look at: wrong requests, and those with `extensions`. */
export function parsePlainRequest(body: Buffer): PlainRequest | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString());
  } catch {
    return undefined;
  }
  if (!isObject(parsed)) return undefined;
  for (const name in parsed) if (name !== 'query' && name !== 'operationName' && name !== 'variables') return undefined;
  const { query, operationName, variables } = parsed;
  if (typeof query !== 'string') return undefined;
  if (operationName !== undefined && operationName !== null && !isName(operationName)) return undefined;
  if (variables !== undefined && variables !== null && !isObject(variables)) return undefined;
  return { query, operationName: operationName || undefined, variables: variables ?? {} };
}

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
