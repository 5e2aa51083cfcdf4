import type { DocumentNode, ExecutionResult, GraphQLSchema } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { Registry } from 'prom-client';
import type { GatewayContext, Graph, GraphOperation } from '../../graph/index.ts';
import { BoundedCache } from '../../kit/cache.ts';
import { GatewayError } from '../../kit/errors/index.ts';
import type { JsonObject } from '../../kit/json.ts';
import { othersTurn } from '../../kit/turns.ts';
import type { RequestLimits } from './check-limits.ts';
import { maskErrors, maskRequestError, maskResultError, maskValidationError } from './error-mask.ts';
import { type GraphqlRequest, type Operation, toOperation } from './graphql-request.ts';
import { createOperationMetrics, type OperationMetrics } from './operation-metrics.ts';
import type { Phase, Progress } from './phase.ts';
import { asksForCost, asksForPlan, checkParameters, type PlainRequest } from './read-request.ts';
import type { Executed } from './to-answer.ts';

/** Length of a body above which others have their turn between the two executors, bytes: each may read all its values. */
const LONG_BODY = 65_536;

export interface FallbackExecutorOptions {
  readonly path: string;
  readonly graph: Graph;
  readonly limits: RequestLimits;
  readonly registry: Registry;
}

/** What the plugins know about a request besides Yoga's own data: Yoga's server context. */
interface FallbackContext extends Record<string, unknown> {
  readonly asked: GraphqlRequest;
  readonly schema: GraphQLSchema;
  readonly progress: Progress;
  /** Set if the document had to be parsed. */
  readonly parsed: { seconds: number | undefined };
  /** Whether the document is not valid for the schema. */
  readonly refuse: () => void;
  /** The first that is handed over is the answer. */
  readonly end: (executed: Executed) => void;
}

type FallbackPlugin = Plugin<FallbackContext, FallbackContext>;

/** Answers any GraphQL request with Yoga. The graph validates and executes. */
export function createFallbackExecutor(options: FallbackExecutorOptions): Phase {
  const { path, graph } = options;
  const yoga = createYogaServer(options);

  return {
    async execute(asked, progress) {
      const { gateway } = asked;
      if (!asked.body) checkParameters(asked.exchange.search);
      else if (asked.body.length > LONG_BODY) await othersTurn();
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
    await yoga.fetch(
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

function createYogaServer({ path, graph, limits, registry }: FallbackExecutorOptions) {
  const metrics = createOperationMetrics(registry);
  return createYoga<FallbackContext>({
    graphqlEndpoint: path,
    logging: false,
    landingPage: false,
    graphiql: false,
    cors: false,
    multipart: false,
    batching: false,
    maxRequestBodySize: false, // counted while it was read
    maskedErrors: { maskError: maskRequestError },
    parserAndValidationCache: {
      documentCache: textCache<DocumentNode>('parsed documents', 1_000, 500_000),
      errorCache: textCache<unknown>('syntax errors', 100, 100_000),
      // The graph's validation depends on the caller and the tenant, so only the graph can decide what to cache.
      validationCache: false,
    },
    plugins: [useParser(limits), useGraph(graph, metrics), useResult()],
  });
}

/** A parsed document takes up to 250 times its text, so the limit is by length of the texts. */
const textCache = <Value>(name: string, maxEntries: number, maxWeight: number) =>
  new BoundedCache<string, Value>({ name, maxEntries, maxWeight, weigh: ({ length }) => length });

const useParser = (limits: RequestLimits): FallbackPlugin => ({
  onParse({ context, setParseFn }) {
    setParseFn((source, options) => {
      const startedAt = performance.now();
      const document = limits.parse(source, options);
      context.parsed.seconds = secondsSince(startedAt);
      return document;
    });
  },
});

/** Passes the result on unchanged, so that Yoga does not serialise it. */
const useResult = (): FallbackPlugin => ({
  onResultProcess({ serverContext, setResultProcessor }) {
    setResultProcessor((result, fetchAPI) => {
      if (Array.isArray(result) || !isSingle(result)) throw new Error('the graph answered with a stream or a batch');
      serverContext.end({ result });
      return new fetchAPI.Response();
    }, 'application/json');
  },
});

const isSingle = (result: object): result is ExecutionResult => !(Symbol.asyncIterator in result);

/** Lets the graph validate and execute, and masks all errors from it, thrown or returned. */
function useGraph(graph: Graph, metrics: OperationMetrics): FallbackPlugin {
  return {
    onEnveloped({ context, setSchema }) {
      if (context) setSchema(context.schema);
    },
    onRequestParse({ serverContext: { asked }, setRequestParser }) {
      const { plain, members, document } = asked;
      if (plain) setRequestParser(() => paramsOf(plain));
      else if (document !== undefined) setRequestParser(() => namedParamsOf(members, document));
    },
    onParams({ params, setParams }) {
      // Some clients send '' for "the only operation".
      if (params.operationName === '') {
        const { operationName: _, ...others } = params;
        setParams(others);
      }
    },
    onValidate({ context: { asked, schema, progress, refuse, parsed, params: asSent }, params, setResult }) {
      const operation = operationOf(asSent, params.documentAST, asked);
      const { kind } = operation;
      if (parsed.seconds !== undefined) metrics.timed('parse', kind, parsed.seconds);
      progress.found(asked, operation);
      if (kind === 'subscription') {
        throw new GatewayError('BAD_USER_INPUT', 'The gateway has no subscriptions. Use a query instead.');
      }
      const startedAt = performance.now();
      const faults = validate(graph, schema, operation, asked.gateway);
      metrics.timed('validate', kind, secondsSince(startedAt));
      if (faults.length > 0) refuse();
      setResult(faults);
    },
    onExecute({ args, setExecuteFn }) {
      // The hook's type does not include what Yoga puts into it; see onValidate for the same object with its type.
      const { asked, schema, progress, params, end } = args.contextValue as FallbackContext & {
        params: OperationParams;
      };
      setExecuteFn(async () => {
        const startedAt = performance.now();
        const operation = operationOf(params, args.document, asked);
        if (asksForCost(params.extensions)) asked.wantsCost = true;
        const wantsPlan = asksForPlan(params.extensions);
        const content = wantsPlan ? undefined : await runLarge(graph, schema, operation, asked);
        const result = content ? {} : await execute(graph, schema, operation, asked.gateway, wantsPlan);
        if (content) end({ content });
        progress.executed(asked, secondsSince(startedAt));
        return result;
      });
    },
  };
}

const secondsSince = (startedAt: number): number => (performance.now() - startedAt) / 1000;

function validate(graph: Graph, schema: GraphQLSchema, operation: GraphOperation, gateway: GatewayContext) {
  try {
    return [...maskErrors(graph.validate(schema, operation, gateway), maskValidationError)];
  } catch (error) {
    throw untrusted(error);
  }
}

/** By its plan already the first time, where many rows may come of it. Undefined where `execute` has to answer. */
function runLarge(graph: Graph, schema: GraphQLSchema, operation: Operation, asked: GraphqlRequest) {
  const { source, operationName, variables = {} } = operation;
  const known = graph.known(schema, source, operationName);
  return known?.isLarge(variables) ? known.run(variables, operation, asked.gateway) : undefined;
}

async function execute(
  graph: Graph,
  schema: GraphQLSchema,
  operation: GraphOperation,
  gateway: GatewayContext,
  wantsPlan: boolean,
): Promise<ExecutionResult> {
  try {
    const plan = wantsPlan ? explain(graph, schema, operation, gateway) : undefined;
    const { data, errors, extensions } = await graph.execute(schema, operation, gateway);
    return {
      ...(data !== undefined && { data }),
      ...(errors && errors.length > 0 && { errors: maskErrors(errors) }),
      ...((extensions || plan) && { extensions: { ...extensions, ...(plan && { plan }) } }),
    };
  } catch (error) {
    throw untrusted(error);
  }
}

/** @throws GatewayError FORBIDDEN */
function explain(graph: Graph, schema: GraphQLSchema, operation: GraphOperation, { principal }: GatewayContext) {
  if (principal.admin) return graph.explain(schema, operation);
  throw new GatewayError(
    'FORBIDDEN',
    'Plans are only shown to callers with admin. Remove extensions.plan, or use such a key.',
  );
}

interface OperationParams {
  readonly query?: string;
  readonly operationName?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

const paramsOf = ({ query, operationName, variables }: PlainRequest) => ({
  query,
  ...(operationName !== undefined && { operationName }),
  variables,
});

/** The request as if it had its document instead of an id. */
function namedParamsOf(members: JsonObject | undefined, query: string) {
  const { documentId: _, ...others } = members ?? {};
  return { ...others, query };
}

/** @throws Error if there is none, which Yoga has already refused */
function operationOf(
  { query = '', operationName, variables }: OperationParams,
  document: DocumentNode,
  { written }: GraphqlRequest,
): Operation {
  const asked = { query, operationName: operationName ?? undefined, variables: variables ?? undefined, written };
  const operation = toOperation(asked, document);
  if (!operation) throw new Error('the document has no such operation');
  return operation;
}

/** Errors thrown by the graph may contain an upstream's text, so only the gateway's own errors may set a status. */
function untrusted(error: unknown): Error {
  return error instanceof GatewayError
    ? maskRequestError(error)
    : (maskResultError(error)[0] ?? maskRequestError(error));
}
