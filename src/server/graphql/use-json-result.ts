import type { ExecutionResult } from 'graphql';
import type { Logger } from 'pino';
import type { HttpMetrics } from '../http-metrics.ts';
import type { Exchange } from '../routes/route.ts';
import type { ClientError } from './client-error.ts';
import { maskErrors } from './error-mask.ts';
import type { GraphqlPlugin, JsonType } from './graphql-request.ts';

export interface JsonResultOptions {
  readonly log: Logger;
  readonly metrics: HttpMetrics;
}

/**
 * Writes the answer in place of Yoga, which takes the HTTP status and headers from `extensions.http`, wherever that
 * came from. Here the status is 200 whenever there is `data`, and otherwise chosen by our own errors alone.
 */
export function useJsonResult({ log, metrics }: JsonResultOptions): GraphqlPlugin {
  return {
    onResultProcess({ serverContext, setResultProcessor }) {
      setResultProcessor((result, fetchAPI, mediaType) => {
        if (!isSingle(result)) throw new Error('the graph answered with a stream or a batch');
        const errors = result.errors && maskErrors(result.errors);
        if (errors) report(serverContext.exchange, errors);
        return new fetchAPI.Response(toBody(result, errors, serverContext.exchange.requestId), {
          status: statusOf(result, errors, serverContext.mediaType),
          headers: {
            'content-type': `${mediaType}; charset=utf-8`,
            ...allowOf(errors),
          },
        });
      }, serverContext.mediaType);
    },
  };

  function report(exchange: Exchange, errors: readonly ClientError[]): void {
    const { requestId } = exchange;
    exchange.errorCodes = [...new Set(errors.map(codeOf))];
    const refused = errors.filter((error) => codeOf(error) === 'FORBIDDEN' && error.extensions['source'] === 'gateway');
    if (refused.length > 0) exchange.refused = describeRefused(refused, exchange);
    for (const error of errors) {
      metrics.countError(codeOf(error), String(error.extensions['source']));
      if (error.hidden !== undefined) {
        log.error({ err: error.hidden, requestId, path: error.path?.join('.').slice(0, 200) }, 'masked an error');
      }
    }
  }
}

/** Fields that one line of the record names at most. */
const MAX_REFUSED = 5;

/** The fields that were refused; a mutation that was refused as a whole has no path yet. */
function describeRefused(errors: readonly ClientError[], { mutations }: Exchange): string {
  const paths = errors.flatMap(({ path }) => (path ? [path.filter((part) => typeof part === 'string').join('.')] : []));
  const names = [...new Set(paths.length > 0 ? paths : mutations?.())];
  const more = names.length > MAX_REFUSED ? ', …' : '';
  return names.length > 0 ? `${names.slice(0, MAX_REFUSED).join(', ')}${more}` : 'operation';
}

function toBody(result: ExecutionResult, errors: readonly ClientError[] | undefined, requestId: string): string {
  // The order of the specification's examples: errors before data, since they are what a person looks for.
  return JSON.stringify({
    ...(errors && errors.length > 0 && { errors: errors.map((error) => error.toFormatted(requestId)) }),
    ...(result.data !== undefined && { data: result.data }),
    ...visibleExtensions(result),
  });
}

function visibleExtensions({ extensions }: ExecutionResult): { extensions?: Readonly<Record<string, unknown>> } {
  if (!extensions) return {};
  const { http: _, ...visible } = extensions;
  return Object.keys(visible).length > 0 ? { extensions: visible } : {};
}

/** GraphQL over HTTP, 6.4: plain `application/json` is 200 for any request that was understood as GraphQL. */
function statusOf(result: ExecutionResult, errors: readonly ClientError[] | undefined, mediaType: JsonType): number {
  if (result.data !== undefined) return 200;
  const chosen = (errors ?? []).filter((error) => error.statusAlways || mediaType !== 'application/json');
  return Math.max(200, ...chosen.map(({ status }) => status));
}

function allowOf(errors: readonly ClientError[] | undefined): { allow?: string } {
  const allow = errors?.find((error) => error.allow !== undefined)?.allow;
  return allow === undefined ? {} : { allow };
}

const codeOf = (error: ClientError) => String(error.extensions['code']);

function isSingle(result: object): result is ExecutionResult {
  return !Array.isArray(result) && !(Symbol.asyncIterator in result);
}
