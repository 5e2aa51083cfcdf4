import type { GatewayContext } from '../../graph/index.ts';
import type { GatewayError } from '../../kit/errors/index.ts';
import type { StopSignal } from '../../kit/http/index.ts';
import type { MaybePromise } from '../../kit/maybe-promise.ts';
import type { Principal } from '../../kit/principal.ts';
import type { ArrivedRequest } from '../../kit/this-machine.ts';
import type { RequestTrace } from '../../telemetry/index.ts';
import type { Answer } from '../answers/answer.ts';
import type { Flight } from '../in-flight.ts';
import type { RequestHead } from '../intake/request-checks.ts';

export type Method = 'GET' | 'POST' | 'DELETE';

/** One request and what is known about it. */
export interface Exchange extends RequestHead {
  /** Without the query. */
  readonly path: string;
  /** The query with its `?`, or nothing. */
  readonly search: string;
  readonly requestId: string;
  /** The request id, if it came from a proxy: then it is also sent to sources. */
  readonly onwardId: string | undefined;
  /** The public URL of the gateway, with which URLs in answers begin. */
  readonly publicUrl: () => string;
  readonly remoteAddress: string | undefined;
  /** Fires when the client disconnects, or when the process will not wait any longer. */
  readonly signal: StopSignal;
  /** The memory that it uses. */
  readonly flight: Pick<Flight, 'admit' | 'hold' | 'bytes' | 'isSpared'>;
  /** @param raised a higher limit of bytes for this caller, if it has one @throws GatewayError COST_EXCEEDED */
  readBody(raised?: number): Promise<Buffer>;
  /** The GraphQL operation, for the access log; set once it is known. */
  operation: { readonly kind: string; readonly name: string | undefined } | undefined;
  /** Details of a GraphQL operation for the access log: its upstream calls, its plan. */
  context: Pick<GatewayContext, 'calls' | 'plan' | 'tenant'> | undefined;
  /** Set if the request is traced. */
  trace: RequestTrace | undefined;
  /** Error codes in a GraphQL answer, for the access log. */
  errorCodes: readonly string[];
  /** Names of the requested mutations, for the record of refusals. */
  mutations: (() => readonly string[]) | undefined;
  /** The parts of a GraphQL operation that the caller was not allowed to use, for the record of refusals. */
  refused: string | undefined;
}

export interface CallerExchange extends Exchange {
  readonly principal: Principal;
  /** The error to throw if a visitor requests something that visitors may not use. Undefined for callers. */
  readonly visitor?: GatewayError | undefined;
}

type Handlers<E> = { readonly [M in Method]?: (exchange: E) => MaybePromise<Answer> };

interface RouteBase {
  readonly path: string;
  /** Whether it accepts forms from pages of any origin. @default false */
  readonly takesForeignPosts?: boolean;
  /** Whether this route is meant, if several share a path. */
  readonly matches?: (head: RequestHead & ArrivedRequest) => boolean;
}

/**
 * `open`: anybody, without authentication. `page`: a page that is the same for everybody and contains no data;
 * it needs no credentials, since browsers cannot send a key with a link, but wrong credentials are refused.
 */
export interface OpenRoute extends RouteBase {
  readonly access: 'open' | 'page';
  readonly handlers: Handlers<Exchange>;
}

/** `caller`: authenticated callers. `metrics`: only callers with that right. */
export interface CallerRoute extends RouteBase {
  readonly access: 'caller' | 'metrics';
  /** Whether somebody without credentials is admitted too, as a visitor without rights. @default false */
  readonly takesVisitors?: boolean;
  readonly handlers: Handlers<CallerExchange>;
}

export type Route = OpenRoute | CallerRoute;
