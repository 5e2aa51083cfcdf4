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
  /** Of `publicUrl`. */
  readonly basePath: string;
  readonly publicUrl: () => string;
  readonly ids: GivenIds;
}

/** An exchange of anybody; who it is, once that is known. */
export interface OpenExchange extends Exchange {
  principal: Principal | undefined;
  visitor: GatewayError | undefined;
  /** Who was refused as a whole, and so is not a principal. */
  refusedCaller: string | undefined;
}

const NO_CODES: readonly string[] = [];

/** What routes and checks see of a request as it came in. @param peer address that it came from, where that is known */
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
    // Node keeps the first of several Host headers; a proxy before us may have looked at another.
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
      // The client waits for our word before it sends (see checkContinue); those who get no answer from us are spared it.
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

/** Names and values in turn, as they came. */
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
