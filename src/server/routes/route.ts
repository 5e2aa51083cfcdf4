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

/** One request on its way to its answer. */
export interface Exchange extends RequestHead {
  /** Without the query. */
  readonly path: string;
  /** The query with its `?`, or nothing. */
  readonly search: string;
  readonly requestId: string;
  /** The same, where it came from a proxy: then sources are told of it. */
  readonly onwardId: string | undefined;
  /** Where people reach the gateway: what addresses in answers begin with. */
  readonly publicUrl: () => string;
  readonly remoteAddress: string | undefined;
  /** Fires when the client goes away, or when the process will wait no longer. */
  readonly signal: StopSignal;
  /** What it takes in memory. */
  readonly flight: Pick<Flight, 'admit' | 'hold' | 'bytes' | 'isSpared'>;
  /** @param raised bytes that this caller may send, where that is more than others may @throws GatewayError COST_EXCEEDED */
  readBody(raised?: number): Promise<Buffer>;
  /** The GraphQL operation, for the access log; set once it is known. */
  operation: { readonly kind: string; readonly name: string | undefined } | undefined;
  /** What a GraphQL operation has, for the access log too: its calls upstream, its plan. */
  context: Pick<GatewayContext, 'calls' | 'plan' | 'tenant'> | undefined;
  /** Of a request that is traced. */
  trace: RequestTrace | undefined;
  /** Codes of the errors in a GraphQL answer, likewise. */
  errorCodes: readonly string[];
  /** Names of the mutations that are asked for, for the record of refusals. */
  mutations: (() => readonly string[]) | undefined;
  /** What of a GraphQL operation the caller had no right to, likewise. */
  refused: string | undefined;
}

export interface CallerExchange extends Exchange {
  readonly principal: Principal;
  /** Why a visitor is not known: to be thrown for whatever visitors may not have. Undefined for callers. */
  readonly visitor?: GatewayError | undefined;
}

type Handlers<E> = { readonly [M in Method]?: (exchange: E) => MaybePromise<Answer> };

interface RouteBase {
  readonly path: string;
  /** Whether forms on pages of any origin may be sent here. @default false */
  readonly takesForeignPosts?: boolean;
  /** Whether the route is meant, where several share a path. */
  readonly matches?: (head: RequestHead & ArrivedRequest) => boolean;
}

/**
 * `open`: anybody, nobody is asked who they are. `page`: a page that is the same for everybody and holds no data;
 * it comes without credentials, since browsers cannot send a key with a link, but never with wrong ones.
 */
export interface OpenRoute extends RouteBase {
  readonly access: 'open' | 'page';
  readonly handlers: Handlers<Exchange>;
}

/** `caller`: who is known. `metrics`: only callers with that right. */
export interface CallerRoute extends RouteBase {
  readonly access: 'caller' | 'metrics';
  /** Whether somebody without credentials comes in too, as a visitor who may use nothing. @default false */
  readonly takesVisitors?: boolean;
  readonly handlers: Handlers<CallerExchange>;
}

export type Route = OpenRoute | CallerRoute;
