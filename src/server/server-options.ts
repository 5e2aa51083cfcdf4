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
    /** 0 means any free port. */
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
    /** Bytes of answers in memory, for all operations together. `auto` depends on the machine's memory. */
    readonly memory: number | 'auto';
  };
}

/** An operation that GraphiQL opens with. */
/** Whether operations can be served, and the checks that were made. */
export interface Readiness {
  readonly ready: boolean;
  /** Text for people; not secret. */
  readonly checks: Readonly<Record<string, unknown>>;
}

export interface ServerOptions {
  readonly config: ServerSettings;
  readonly graph: Graph;
  /** Documents that may be requested by id. */
  readonly documents: DocumentOptions;
  /** @throws GatewayError UNAUTHENTICATED, or why the credentials cannot be checked */
  readonly identify: (request: CallerRequest) => MaybePromise<Principal>;
  readonly ready: () => Promise<Readiness>;
  /** The public URL of the gateway. @default `server.publicUrl`, which may have port 0 */
  readonly publicUrl?: () => string;
  readonly log: Logger;
  /** The metrics registry; the server adds its own metrics. */
  readonly metrics: Registry;
  /** The metrics of the whole process, which `/metrics` prints; the server adds the process's own. @default metrics */
  readonly processMetrics?: Registry;
  /** Whether the sender of a request may administer the gateway without credentials. */
  readonly isAdminHere: (request: ArrivedRequest) => boolean;
  /** Operations of sources that GraphiQL opens with, besides the server's own. @default none */
  readonly examples?: readonly string[];
  /** Number of processes that share the machine's memory. @default 1 */
  readonly processes?: number | undefined;
  /** More routes, such as those of the sign-in; they pass the same checks. */
  readonly routes?: readonly Route[];
  /** More phases for every GraphQL request, after the server's own. */
  readonly phases?: readonly Phase[] | undefined;
  /** How long a client may take to send. @default 10 s for the head, 30 s for all of it */
  readonly timeouts?: { readonly headersMs: number; readonly requestMs: number };
  /** Without it, nothing is traced. */
  readonly telemetry?: Telemetry | undefined;
  /** Called with everything that callers were not allowed to do. @default not called */
  readonly onRefused?: ((refusal: Refusal) => void) | undefined;
  /** The mutations of a request that are already in the record. */
  readonly takeBegun?: ((requestId: string) => readonly string[]) | undefined;
  /** Milliseconds on any clock that only moves forward. @default performance.now */
  readonly now?: () => number;
}

/** A server whose options can change while it runs. */
export interface ReplaceableServer {
  /**
   * Uses these options for all new requests; it continues to listen on the same address.
   * @returns settles once no request uses the previous options, however long that takes
   */
  replace(options: ServerOptions): Promise<void>;
}

export interface RunningServer extends ReplaceableServer {
  /** The URL where it listens, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** The answer of `/readyz`. */
  readonly health: () => Promise<HealthAnswer>;
  /**
   * Continues to serve requests for `drainDelayMs`, and closes each connection after its next answer. Meanwhile, load balancers
   * notice by `/readyz`; if `othersServe` at this address, new connections are left to the others.
   */
  drain(options?: { readonly othersServe?: boolean }): Promise<void>;
  /** Stops accepting, lets operations finish within `shutdownTimeoutMs`, then ends them. Never rejects. */
  close(): Promise<void>;
}
