import { createYoga } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import {
  classifyOperation,
  createDocumentCache,
  type GatewayContext,
  type Graph,
  isIntrospection,
} from '../../graph/index.ts';
import { GatewayError } from '../../kit/errors/index.ts';
import { type Awaitable, andThen } from '../../kit/maybe-promise.ts';
import type { Answer } from '../answers/answer.ts';
import { refusalAnswer } from '../answers/error-answer.ts';
import type { HttpMetrics } from '../http-metrics.ts';
import { headerText } from '../intake/header-text.ts';
import { remembered } from '../intake/remembered.ts';
import type { CallerExchange, CallerRoute } from '../routes/route.ts';
import { type DocumentLimits, RequestLimits } from './check-limits.ts';
import { maskRequestError } from './error-mask.ts';
import { type GraphqlRequest, JSON_TYPES, type JsonType } from './graphql-request.ts';
import { createKnownAnswers, parsePlainRequest } from './known-answers.ts';
import { useGraph } from './use-graph.ts';
import { useJsonResult } from './use-json-result.ts';
import { useLimits } from './use-limits.ts';
import { useMetrics } from './use-metrics.ts';

export interface GraphqlRouteOptions {
  readonly path: string;
  /** Whether the schema is shown to everybody, those without credentials too. */
  readonly isOpen: boolean;
  readonly graph: Graph;
  readonly limits: DocumentLimits;
  readonly log: Logger;
  readonly registry: Registry;
  readonly metrics: HttpMetrics;
}

/** GraphQL over HTTP: JSON by POST, and queries by GET. */
export function createGraphqlRoute(options: GraphqlRouteOptions): CallerRoute {
  const { path, graph } = options;
  const limits = new RequestLimits(options.limits);
  const yoga = createGraphqlServer({ ...options, limits });
  const known = createKnownAnswers({ ...options, limits });

  const answer = (exchange: CallerExchange, body: Buffer | undefined): Awaitable<Answer> => {
    if (body) limits.checkBody(body);
    if (exchange.visitor && !asksForSchemaAlone(limits, exchange, body)) throw exchange.visitor;
    const mediaType = acceptedType(headerText(exchange, 'accept') ?? '*/*');
    if (!mediaType) return notAcceptable(exchange.requestId);
    const tenant = graph.tenantFor(exchange.principal, headerText(exchange, 'x-tenant'));
    const gateway = toContext(graph, exchange, tenant);
    const request = body && known.find(body, exchange, tenant);
    const answered = request && known.answer(request, exchange, gateway, answerHeaders(mediaType));
    return andThen(answered, (found) => found ?? answerBySchema({ exchange, gateway, mediaType }, body));
  };

  const answerBySchema = async (
    { exchange, gateway, mediaType }: Pick<GraphqlRequest, 'exchange' | 'gateway' | 'mediaType'>,
    body: Buffer | undefined,
  ): Promise<Answer> => {
    const schema = await graph.schemaFor(gateway.tenant, () => sourceOf(exchange.search, body));
    return answerByYoga({ exchange, schema, gateway, mediaType }, body);
  };

  const answerByYoga = async (request: GraphqlRequest, body: Buffer | undefined): Promise<Answer> => {
    const { exchange, mediaType } = request;
    // The host stands for nothing: what was sent as `Host` must not reach anything that makes addresses of it.
    const response = await yoga.fetch(
      `http://gateway${path}${exchange.search}`,
      { method: exchange.method, headers: { accept: mediaType, ...(body && JSON_BODY) }, ...(body && { body }) },
      request,
    );
    const allow = response.headers.get('allow');
    return {
      status: response.status,
      headers: {
        ...answerHeaders(response.headers.get('content-type') ?? 'application/json'),
        ...(allow !== null && { allow }),
      },
      body: await response.text(),
    };
  };

  return {
    path,
    access: 'caller',
    takesVisitors: options.isOpen,
    // No operation is run for its headers alone.
    matches: ({ method }) => method !== 'HEAD',
    handlers: {
      GET: (exchange) => {
        checkParameters(exchange.search);
        return answer(exchange, undefined);
      },
      POST: (exchange) => exchange.readBody().then((body) => answer(exchange, body)),
    },
  };
}

/** @throws GatewayError BAD_USER_INPUT for what Yoga would take for a fault of its own */
function checkParameters(search: string): void {
  const parameters = new URLSearchParams(search);
  for (const name of ['variables', 'extensions']) {
    const text = parameters.get(name);
    if (!text) continue;
    try {
      JSON.parse(text);
    } catch {
      throw new GatewayError('BAD_USER_INPUT', `The parameter ${name} is no JSON. Send an object, URL-encoded.`);
    }
  }
}

const JSON_BODY = { 'content-type': 'application/json' };

type GraphqlServerOptions = Omit<GraphqlRouteOptions, 'limits'> & { readonly limits: RequestLimits };

function createGraphqlServer({ path, graph, limits, log, registry, metrics }: GraphqlServerOptions) {
  return createYoga<GraphqlRequest>({
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
      documentCache: createDocumentCache({ maxEntries: 1000, maxChars: 500_000 }),
      errorCache: createDocumentCache({ maxEntries: 100, maxChars: 100_000 }),
      // The graph's verdict depends on the caller and the tenant, so only the graph can know what to keep.
      validationCache: false,
    },
    plugins: [useLimits(limits), useGraph(graph), useJsonResult({ log, metrics }), useMetrics(registry)],
  });
}

const answerHeaders = remembered((contentType) => ({
  'content-type': contentType.includes(';') ? contentType : `${contentType}; charset=utf-8`,
  'cache-control': 'no-store',
}));

const toContext = (graph: Graph, exchange: CallerExchange, tenant: string | undefined): GatewayContext =>
  graph.createContext({
    principal: exchange.principal,
    requestId: exchange.requestId,
    tenant,
    signal: exchange.signal,
    site: headerText(exchange, 'x-site'),
    company: headerText(exchange, 'x-company'),
  });

/** All that visitors may ask. */
function asksForSchemaAlone(limits: RequestLimits, { search }: CallerExchange, body: Buffer | undefined): boolean {
  const parameters = new URLSearchParams(search);
  // Of a parameter that is sent twice, another reader may take the other.
  if (new Set(parameters.keys()).size !== parameters.size || (body && search !== '')) return false;
  const source = sourceOf(search, body);
  if (source === undefined) return false;
  const name = body ? parsePlainRequest(body)?.operationName : parameters.get('operationName');
  try {
    const document = limits.parse(source);
    if (limits.checkDocument(document)) return false;
    const shape = classifyOperation(document, name ?? undefined);
    return shape?.operation.operation === 'query' && isIntrospection(shape);
  } catch {
    return false;
  }
}

/** The document of a request, as far as it can be found without judging the request. */
function sourceOf(search: string, body: Buffer | undefined): string | undefined {
  if (!body) return new URLSearchParams(search).get('query') ?? undefined;
  return parsePlainRequest(body)?.query;
}

/** The first form of ours in `Accept`; whoever takes anything gets plain JSON, as old clients expect. */
const acceptedType = remembered((accept: string): JsonType | undefined => {
  for (const each of accept.toLowerCase().split(',')) {
    const [type, ...parameters] = each.split(';').map((part) => part.trim());
    if (parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter) || /^charset=(?!"?utf-?8"?$)/.test(parameter))) {
      continue;
    }
    if (type === '*/*' || type === 'application/*') return 'application/json';
    const known = JSON_TYPES.find((candidate) => candidate === type);
    if (known) return known;
  }
  return undefined;
});

function notAcceptable(requestId: string): Answer {
  const message = `Accept one of ${JSON_TYPES.join(', ')}, in UTF-8.`;
  return refusalAnswer({ status: 406, code: 'BAD_USER_INPUT', message }, requestId);
}
