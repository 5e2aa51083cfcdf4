import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { withoutSlash } from '../kit/settings/index.ts';
import type { Config, Sage200Config, VaultConfig } from './config.ts';
import type { ConfigFile } from './definition/schema.ts';

/** Source: Sage 200 API guide, "Base URL"; Professional is called Extra there. */
const BASE_URLS = {
  professional: 'https://api.columbus.sage.com/uk/sage200extra/accounts/v1',
  standard: 'https://api.columbus.sage.com/uk/sage200/accounts/v1',
} as const;

/** A file without faults, as the gateway wants it: defaults that depend on other settings filled in, units in the names. */
export function toConfig(file: ConfigFile): Config {
  const { shutdownTimeout, publicUrl: written, ...listening } = file.server;
  const publicUrl = written ?? `http://localhost:${listening.port}`;
  const { deadline, schemaRefresh, ...erp } = file.erp;
  return {
    server: { ...listening, publicUrl, shutdownTimeoutMs: shutdownTimeout },
    vault: toVault(defined(file.vault)),
    sageId: defined(file.sageId),
    sage200: file.sage200 && toSage200(file.sage200, publicUrl),
    erp: { ...erp, deadlineMs: deadline, schemaRefreshMs: schemaRefresh },
    network: file.network && { ...file.network, baseUrl: withoutSlash(file.network.baseUrl) },
    // Its definition was made of the kinds' own sections.
    callers: file.callers as Config['callers'],
    limits: file.limits,
    events: toEvents(file.events),
    log: file.log,
    links: file.links.map(defined),
  };
}

function toSage200(section: NonNullable<ConfigFile['sage200']>, publicUrl: string): Sage200Config {
  const { baseUrl, redirectUri, refreshLifetime, deadline, ...rest } = section;
  return {
    ...defined(rest),
    baseUrl: withoutSlash(baseUrl ?? BASE_URLS[rest.product]),
    redirectUri: redirectUri ?? `${publicUrl}/connect/sage200/callback`,
    refreshLifetimeMs: refreshLifetime,
    deadlineMs: deadline,
  };
}

function toEvents(events: ConfigFile['events']): Config['events'] {
  const { url, secret } = events ?? {};
  return url !== undefined && secret ? { url, secret } : undefined;
}

/** Where a key is made that the file does not hold: beside the database. */
function keyFileOf(url: string): string {
  const path = url.replace(/^sqlite:(\/\/)?/, '');
  return path === ':memory:' ? '.data/vault.key' : join(dirname(path), 'vault.key');
}

/** The database address may hold a password: whoever prints the section sees the address without it. */
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

/** Drops keys whose value is undefined: left out is left out. */
function defined<T extends object>(value: T): Defined<T> {
  // What remains has exactly the keys that are set.
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<T>;
}

type Defined<T> = { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>;
};
