import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { CallerRequest } from '../callers/index.ts';
import type { Graph, Introspection } from '../graph/index.ts';
import type { MaybePromise } from '../kit/maybe-promise.ts';
import type { HealthAnswer } from '../kit/metrics/index.ts';
import type { Principal } from '../kit/principal.ts';
import type { ArrivedRequest } from '../kit/this-machine.ts';
import type { Telemetry } from '../telemetry/index.ts';
import type { DocumentOptions } from './graphql/documents/find-document.ts';
import type { Phase } from './graphql/phase.ts';
import type { Refusal } from './refusal-record.ts';
import type { Route } from './routes/route.ts';

/** The parts of the configuration the server needs; the names are those of `gateway.yaml`. */
export interface ServerSettings {
  readonly server: {
    readonly host: string;
    /** 0 takes a free one. */
    readonly port: number;
    readonly publicUrl: string;
    readonly allowedHosts: readonly string[];
    readonly cors: readonly string[];
    readonly trustProxy: boolean;
    readonly shutdownTimeoutMs: number;
    readonly drainDelayMs: number;
    readonly sendTimeoutMs: number;
    readonly graphiql: boolean;
    readonly introspection: Introspection;
  };
  readonly limits: {
    readonly bodyBytes: number;
    readonly tokens: number;
    readonly depth: number;
    readonly aliases: number;
    readonly rootFields: number;
    readonly values: number;
    /** Of one answer of the gateway; introspection may take four times that. */
    readonly answerBytes: number;
    /** That answers in memory take, over all operations. `auto`: what the machine leaves room for. */
    readonly memory: number | 'auto';
  };
}

/** An operation GraphiQL opens with. */
export interface ExampleOperation {
  readonly name: string;
  readonly query: string;
}

/** Whether operations can be served, and what was looked at to know. */
export interface Readiness {
  readonly ready: boolean;
  /** Plain words for people; anybody may read them. */
  readonly checks: Readonly<Record<string, unknown>>;
}

export interface ServerOptions {
  readonly config: ServerSettings;
  readonly graph: Graph;
  /** What may be asked by an id. */
  readonly documents: DocumentOptions;
  /** @throws GatewayError UNAUTHENTICATED and what keeps a credential from being proven. */
  readonly identify: (request: CallerRequest) => MaybePromise<Principal>;
  readonly ready: () => Promise<Readiness>;
  /** Where people reach the gateway. @default `server.publicUrl`, which may name port 0 */
  readonly publicUrl?: () => string;
  readonly log: Logger;
  /** Where metrics are kept; the server adds its own. */
  readonly metrics: Registry;
  /** Those of the whole process, which `/metrics` prints; the server adds the process's own. @default metrics */
  readonly processMetrics?: Registry;
  /** Whether the sender of a request may administer the gateway without credentials. */
  readonly isAdminHere: (request: ArrivedRequest) => boolean;
  /** What GraphiQL opens with. @default the first query of the README and one about the gateway itself */
  readonly exampleOperations?: readonly ExampleOperation[];
  /** Processes that share the machine's memory. @default 1 */
  readonly processes?: number | undefined;
  /** More routes, such as those of the sign-in; they pass the same checks. */
  readonly routes?: readonly Route[];
  /** More that takes part in every GraphQL request, after all that the server does itself. */
  readonly phases?: readonly Phase[] | undefined;
  /** How long a client may take to send. @default 10 s for the head, 30 s for all of it */
  readonly timeouts?: { readonly headersMs: number; readonly requestMs: number };
  /** Left out: nothing is traced. */
  readonly telemetry?: Telemetry | undefined;
  /** Told of what callers had no right to. @default nobody is */
  readonly onRefused?: ((refusal: Refusal) => void) | undefined;
  /** The mutations of a request that are in the record already. */
  readonly takeBegun?: ((requestId: string) => readonly string[]) | undefined;
  /** Milliseconds on any clock that only moves forward. @default performance.now */
  readonly now?: () => number;
}

/** A server whose options can change while it answers. */
export interface ReplaceableServer {
  /**
   * Answers whatever arrives from now on by these options; where it listens stays.
   * @returns settles once nothing is answered by the ones before any more, however long that takes
   */
  replace(options: ServerOptions): Promise<void>;
}

export interface RunningServer extends ReplaceableServer {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** As `/readyz` answers. */
  readonly health: () => Promise<HealthAnswer>;
  /**
   * Goes on answering for `drainDelayMs`, and ends each connection with its next answer. Meanwhile anyone who sends requests here
   * finds out by `/readyz`, or, when `othersServe` at this address, new connections are left to them.
   */
  drain(options?: { readonly othersServe?: boolean }): Promise<void>;
  /** Stops accepting, lets operations finish within `shutdownTimeoutMs`, then ends them. Never rejects. */
  close(): Promise<void>;
}
