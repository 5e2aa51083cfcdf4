import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { defined } from '../kit/settings/index.ts';
import type { Source } from '../subschemas/source.ts';
import type { SourcesConfig } from '../subschemas/sources.ts';
import type { Config, VaultConfig } from './config.ts';
import type { ConfigFile } from './definition/schema.ts';

/** Converts a valid file for the gateway: fills in defaults that depend on other settings, and adds units to names. */
export function toConfig(file: ConfigFile, sources: readonly Source[]): Config {
  const { shutdownTimeout, drainDelay, sendTimeout, publicUrl: written, ...listening } = file.server;
  const { clockTolerance, ...sageId } = file.sageId;
  const publicUrl = written ?? `http://localhost:${listening.port}`;
  return {
    server: {
      ...listening,
      publicUrl,
      shutdownTimeoutMs: shutdownTimeout,
      drainDelayMs: drainDelay,
      sendTimeoutMs: sendTimeout,
    },
    vault: toVault(defined(file.vault)),
    sageId: { ...defined(sageId), clockToleranceMs: clockTolerance },
    ...toSources(file, sources, publicUrl),
    // Its definition consists of the kinds' own sections.
    callers: file.callers as Config['callers'],
    limits: file.limits,
    metrics: toMetrics(file.metrics),
    telemetry: file.telemetry,
    proxy: toProxy(file.proxy),
    documents: { ...file.documents, automatic: file.documents.automatic && !file.documents.required },
    events: toEvents(file.events),
    log: file.log,
    links: file.links.map(defined),
  };
}

function toSources(file: ConfigFile, sources: readonly Source[], publicUrl: string): SourcesConfig {
  // Each section was read by its own definition.
  const values = file as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    sources.map(({ section: { name, read } }) => [name, read(values[name], { publicUrl })]),
  ) as unknown as SourcesConfig;
}

function toMetrics({ host = '', port }: Partial<NonNullable<ConfigFile['metrics']>> = {}): Config['metrics'] {
  return port === undefined ? undefined : { host, port };
}

function toProxy({ url, except = [] }: Partial<NonNullable<ConfigFile['proxy']>> = {}): Config['proxy'] {
  return url && { url, except };
}

function toEvents(events: ConfigFile['events']): Config['events'] {
  const { url, secret } = events ?? {};
  return url !== undefined && secret ? { url, secret } : undefined;
}

/** Where a key is created if the file has none: beside the database. */
function keyFileOf(url: string): string {
  const path = url.replace(/^sqlite:(\/\/)?/, '');
  return path === ':memory:' ? '.data/vault.key' : join(dirname(path), 'vault.key');
}

/** The database URL may contain a password, so a printed section shows the URL without it. */
function toVault({ staleAfter, ...section }: Omit<VaultConfig, 'staleAfterMs'> & { staleAfter: number }): VaultConfig {
  const pendingFolder = section.pendingFolder ?? (section.url.startsWith('sqlite:') ? undefined : '.data/pending');
  const vault = {
    ...section,
    staleAfterMs: staleAfter,
    ...(!section.key && { keyFile: keyFileOf(section.url) }),
    ...(pendingFolder !== undefined && { pendingFolder }),
  };
  const printed = () => ({ ...vault, url: vault.url.replace(/^([a-z]+:\/\/[^/]*?:)[^/]*@/, '$1[secret]@') });
  const hidden = (value: unknown) => ({ value, enumerable: false });
  return Object.defineProperties({ ...vault }, { [inspect.custom]: hidden(printed), toJSON: hidden(printed) });
}
