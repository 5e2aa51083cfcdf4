import type { CallersConfig } from '../callers/index.ts';
import type { Secret } from '../kit/errors/index.ts';
import type { ProxySettings } from '../kit/http/index.ts';
import type { TelemetryConfig } from '../kit/trace/index.ts';
import type { SourcesConfig } from '../subschemas/sections.ts';

/**
 * The whole configuration as the rest of the gateway sees it: durations in ms, sizes in bytes, secrets wrapped. With the
 * sections of the sources; one that is absent is served without.
 */
export interface Config extends SourcesConfig {
  readonly server: ServerConfig;
  readonly vault: VaultConfig;
  readonly sageId: SageIdConfig;
  readonly callers: CallersConfig;
  readonly limits: LimitsConfig;
  /** Undefined: no listener of its own. */
  readonly metrics: MetricsConfig | undefined;
  /** Undefined: nothing is traced. */
  readonly telemetry: TelemetryConfig | undefined;
  readonly documents: DocumentsConfig;
  /** Undefined: everything is asked directly. */
  readonly proxy: ProxySettings | undefined;
  readonly events: EventsConfig | undefined;
  readonly log: LogConfig;
  readonly links: readonly LinkConfig[];
}

export interface ServerConfig {
  readonly host: string;
  /** 0 is any free port. */
  readonly port: number;
  /** Without a slash at the end. */
  readonly publicUrl: string;
  readonly allowedHosts: readonly string[];
  readonly cors: readonly string[];
  /** Origins that connect links may lead back to. */
  readonly returnOrigins: readonly string[];
  readonly trustProxy: boolean;
  readonly shutdownTimeoutMs: number;
  readonly drainDelayMs: number;
  readonly sendTimeoutMs: number;
  readonly graphiql: boolean;
  readonly introspection: 'all' | 'callers' | 'admins' | 'none';
}

export interface VaultConfig {
  /** `sqlite:<file>` or `postgres://…`. May hold a password, which printing the section hides. */
  readonly url: string;
  /** Base64 of 32 bytes. Absent only with SQLite on a loopback host, where one may be made. */
  readonly key?: Secret;
  /** Set when `key` is absent: the file, beside the database, that holds the key made at the first start. */
  readonly keyFile?: string;
  /** Folder of the pairs that the database did not take. Absent with SQLite unless written: beside its file then. */
  readonly pendingFolder?: string;
  /** Days that lines of the record are kept. */
  readonly auditDays: number;
  readonly previousKeys: readonly Secret[];
  /** Since the last answer of the vault, when stored connections are used no more. */
  readonly staleAfterMs: number;
}

export interface SageIdConfig {
  readonly issuer: string;
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
  readonly revokeUrl: string;
  /** Absent: found below the issuer. */
  readonly jwksUri?: string;
  readonly bodyEncoding: 'form' | 'json';
  readonly pkce: boolean;
  readonly clockToleranceMs: number;
  readonly emailVerifiedMissing: 'refuse' | 'accept';
}

export interface LimitsConfig {
  readonly bodyBytes: number;
  readonly tokens: number;
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
  /** Scalars in literals and variables together. */
  readonly values: number;
  /** Requests to Sage 200 and ERP tenants for one operation. */
  readonly upstreamRequests: number;
  /** That one operation may make, of lists of Sage 200 and of links. */
  readonly rows: number;
  /** Of one answer of an upstream, unpacked. */
  readonly answerBytes: number;
  /** Of all answers in memory; `auto`: what the machine leaves room for. */
  readonly memory: number | 'auto';
}

export interface MetricsConfig {
  readonly host: string;
  /** 0 is any free port. */
  readonly port: number;
}

export interface DocumentsConfig {
  /** Paths, or globs of them. */
  readonly files: readonly string[];
  readonly required: boolean;
  /** Never when they are required. */
  readonly automatic: boolean;
  readonly entries: number;
}

export interface EventsConfig {
  readonly url: string;
  readonly secret: Secret;
}

export interface LogConfig {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly format: 'auto' | 'json' | 'pretty';
}

export interface LinkConfig {
  readonly name: string;
  /** `Sage200Type.field`. */
  readonly from: string;
  /** `package.node`. */
  readonly to: string;
  /** A field of the node, or a dotted path to one. */
  readonly key: string;
  readonly reverse?: string;
  readonly match: 'exact' | 'caseInsensitive';
  readonly many: boolean;
}
