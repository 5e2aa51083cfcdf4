import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { withoutBasePath } from '../../kit/base-path.ts';
import { GatewayError } from '../../kit/errors/index.ts';
import type { Principal } from '../../kit/principal.ts';
import type { Flight } from '../in-flight.ts';
import type { Exchange } from '../routes/route.ts';
import type { GivenIds } from './given-ids.ts';
import { isTooLongByFar, readBody } from './read-body.ts';
import { remoteAddress } from './remote-address.ts';

export interface IntakeOptions {
  readonly bodyBytes: number;
  readonly trustProxy: boolean;
  readonly basePath: string;
  readonly publicUrl: () => string;
  readonly ids: GivenIds;
}

/** The exchange, and its caller once identified. */
export interface OpenExchange extends Exchange {
  principal: Principal | undefined;
  visitor: GatewayError | undefined;
  /** A caller whose requests are all refused, and who has no principal. */
  refusedCaller: string | undefined;
}

const NO_CODES: readonly string[] = [];

/** What routes and checks see of a request. @param peer address that it came from, if known */
export function toExchange(
  request: IncomingMessage,
  response: ServerResponse,
  flight: Flight,
  peer: string | undefined,
  { bodyBytes, trustProxy, basePath, ids, publicUrl }: IntakeOptions,
): OpenExchange {
  const target = request.url ?? '';
  const queryAt = target.indexOf('?');
  const { headers } = request;
  const onwardId = trustProxy ? ids.take(headers['x-request-id'], response) : undefined;
  return {
    method: request.method ?? '',
    target,
    path: withoutBasePath(queryAt === -1 ? target : target.slice(0, queryAt), basePath),
    search: queryAt === -1 ? '' : target.slice(queryAt),
    // Node keeps the first of several Host headers; a proxy in front may have used another.
    headers: hasSeveralHosts(request.rawHeaders) ? { ...headers, host: undefined } : headers,
    requestId: onwardId ?? randomUUID(),
    onwardId,
    publicUrl,
    remoteAddress: remoteAddress(peer, headers['x-forwarded-for'], trustProxy),
    signal: flight,
    flight,
    readBody(raised = 0) {
      const limitBytes = Math.max(bodyBytes, raised);
      if (isTooLongByFar(headers['content-length'], limitBytes)) return Promise.reject(bodyTooLong(limitBytes));
      // The client waits for "100 Continue" before it sends the body (see checkContinue); refused requests do not get it.
      if (headers.expect !== undefined) response.writeContinue();
      return readBody(request, limitBytes, flight);
    },
    operation: undefined,
    context: undefined,
    trace: undefined,
    errorCodes: NO_CODES,
    mutations: undefined,
    refused: undefined,
    principal: undefined,
    visitor: undefined,
    refusedCaller: undefined,
  };
}

/** Names and values in turn, as received. */
function hasSeveralHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}

function bodyTooLong(limitBytes: number): GatewayError {
  return new GatewayError('COST_EXCEEDED', `The body is far longer than ${limitBytes} bytes (limits.bodyBytes).`, {
    details: { limit: 'bodyBytes' },
  });
}
