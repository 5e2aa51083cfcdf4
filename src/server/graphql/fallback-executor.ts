import type { DocumentNode, GraphQLSchema } from 'graphql';
import type { Registry } from 'prom-client';
import type { Graph } from '../../graph/index.ts';
import { BoundedCache } from '../../kit/cache.ts';
import { loadLater } from '../../kit/load-later.ts';
import type { RequestLimits } from './check-limits.ts';
import type { GraphqlRequest } from './graphql-request.ts';
import { createOperationMetrics } from './operation-metrics.ts';
import type { Phase, Progress } from './phase.ts';
import { checkParameters } from './read-request.ts';
import type { Executed } from './to-answer.ts';

export interface FallbackExecutorOptions {
  readonly path: string;
  readonly graph: Graph;
  readonly limits: RequestLimits;
  readonly registry: Registry;
}

/** Answers any GraphQL request with Yoga. The graph validates and executes. */
export function createFallbackExecutor(options: FallbackExecutorOptions): Phase {
  const { path, graph, registry, ...others } = options;
  const parsing = {
    metrics: createOperationMetrics(registry),
    documentCache: textCache<DocumentNode>('parsed documents', 1_000, 500_000),
    errorCache: textCache<unknown>('syntax errors', 100, 100_000),
  };
  // Three hundred files, of which a start needs none.
  const yoga = loadLater(async () => {
    const { createYogaServer } = await import('./yoga-server.ts');
    return createYogaServer({ path, graph, ...others, ...parsing });
  });

  return {
    async execute(asked, progress) {
      const { gateway } = asked;
      if (!asked.body) checkParameters(asked.exchange.search);
      const schema = await graph.schemaFor(gateway.tenant, () => asked.source);
      const { executed, isRefused } = await run(asked, progress, schema);
      const { operation } = asked;
      // The tenant may have something that is missing in the cached schema.
      const newer = isRefused && operation ? await graph.newerSchema(schema, operation, gateway) : undefined;
      return newer ? (await run(asked, progress, newer)).executed : executed;
    },
  };

  async function run(asked: GraphqlRequest, progress: Progress, schema: GraphQLSchema) {
    const { exchange, body } = asked;
    let executed: Executed | undefined;
    let isRefused = false;
    const end = (ended: Executed) => {
      executed ??= ended;
    };
    const refuse = () => {
      isRefused = true;
    };
    // A placeholder host: the client's `Host` header must not reach code that builds URLs from it.
    const { fetch } = await yoga();
    await fetch(
      `http://gateway${path}${exchange.search}`,
      { method: exchange.method, headers: body ? JSON_BODY : JSON_ANSWER, ...(body && { body }) },
      { asked, schema, progress, parsed: { seconds: undefined }, refuse, end },
    );
    if (!executed) throw new Error('Yoga answered without a result');
    return { executed, isRefused };
  }
}

const JSON_ANSWER = { accept: 'application/json' };
const JSON_BODY = { ...JSON_ANSWER, 'content-type': 'application/json' };

/** A parsed document takes up to 250 times its text, so the limit is by length of the texts. */
const textCache = <Value>(name: string, maxEntries: number, maxWeight: number) =>
  new BoundedCache<string, Value>({ name, maxEntries, maxWeight, weigh: ({ length }) => length });
