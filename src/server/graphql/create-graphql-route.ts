import { remembered } from '../../kit/cache.ts';
import { headerText } from '../../kit/http/index.ts';
import type { MaybePromise } from '../../kit/maybe-promise.ts';
import type { Answer } from '../answers/answer.ts';
import { refusalAnswer } from '../answers/error-answer.ts';
import type { CallerExchange, CallerRoute } from '../routes/route.ts';
import { GraphqlRequest, JSON_TYPES, type JsonType } from './graphql-request.ts';
import { runPhases } from './phase.ts';
import { createPipeline, type PipelineOptions } from './pipeline.ts';

export interface GraphqlRouteOptions extends PipelineOptions {
  readonly limits: PipelineOptions['limits'] & { readonly answerBytes: number };
  /** Whether everybody may read the schema, even without credentials. */
  readonly isOpen: boolean;
}

/** GraphQL over HTTP: JSON by POST, and queries by GET. */
export function createGraphqlRoute({ isOpen, ...options }: GraphqlRouteOptions): CallerRoute {
  const run = runPhases(createPipeline(options), {
    answerBytes: options.limits.answerBytes,
    costOf: options.graph.costOf,
  });

  const answer = (exchange: CallerExchange, body: Buffer | undefined): MaybePromise<Answer> => {
    const mediaType = acceptedType(headerText(exchange, 'accept') ?? '*/*');
    return mediaType ? run(new GraphqlRequest(exchange, body, mediaType)) : notAcceptable(exchange.requestId);
  };

  return {
    path: options.path,
    access: 'caller',
    takesVisitors: isOpen,
    // HEAD does not run an operation.
    matches: ({ method }) => method !== 'HEAD',
    handlers: {
      GET: (exchange) => answer(exchange, undefined),
      POST(exchange) {
        const raised = options.graph.raisedFor(exchange.principal);
        return exchange.readBody(raised?.bodyBytes).then((body) => answer(exchange, body));
      },
    },
  };
}

/** The first supported type in `Accept`. Clients that accept anything get plain JSON, as old ones expect. */
const acceptedType = remembered('accept headers', (accept): JsonType | undefined => {
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
