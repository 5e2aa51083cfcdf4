import type { CallersConfig } from '../callers/index.ts';
import type { Secret } from '../kit/errors/index.ts';
import type { ProxySettings } from '../kit/http/index.ts';
import type { Defined, Read } from '../kit/settings/index.ts';
import type { TelemetryConfig } from '../kit/trace/index.ts';
import type { SourcesConfig } from '../subschemas/sources.ts';
import type { ConfigFileSchema } from './definition/schema.ts';

/**
 * The whole configuration as the rest of the gateway sees it: durations in ms, sizes in bytes, secrets wrapped. Includes the
 * sections of the sources; a source without a section is not served.
 */
export interface Config extends SourcesConfig {
  readonly server: ServerConfig;
  readonly vault: VaultConfig;
  readonly sageId: Defined<Omit<File['sageId'], 'clockTolerance'>> & { readonly clockToleranceMs: number };
  readonly callers: CallersConfig;
  readonly limits: File['limits'];
  /** Undefined if metrics have no port of their own. */
  readonly metrics: { readonly host: string; readonly port: number } | undefined;
  /** Undefined if nothing is traced. */
  readonly telemetry: TelemetryConfig | undefined;
  readonly documents: File['documents'];
  /** Undefined if there is no proxy. */
  readonly proxy: ProxySettings | undefined;
  readonly events: { readonly url: string; readonly secret: Secret } | undefined;
  readonly log: File['log'];
  readonly links: readonly LinkConfig[];
}

/** Sections as they are read; the definition describes their settings. */
type File = Read<ConfigFileSchema>;

type ServerConfig = Omit<File['server'], 'publicUrl' | 'shutdownTimeout' | 'drainDelay' | 'sendTimeout'> & {
  /** Without a slash at the end. */
  readonly publicUrl: string;
  readonly shutdownTimeoutMs: number;
  readonly drainDelayMs: number;
  readonly sendTimeoutMs: number;
};

/** Its url may hold a password, which printing the section hides. */
export type VaultConfig = Defined<Omit<File['vault'], 'staleAfter'>> & {
  /** Set if `key` is absent: the file beside the database with the key created at the first start. */
  readonly keyFile?: string;
  readonly staleAfterMs: number;
};

export type LinkConfig = Defined<File['links'][number]>;
