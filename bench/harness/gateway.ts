import type { ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { request } from 'undici';
import { stringify as printYaml } from 'yaml';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { loadConfig } from '../../src/config/index.ts';
import { Secret } from '../../src/kit/errors/index.ts';
import { importConnection, openVault } from '../../src/tokens/index.ts';
import { firstRefreshToken, STUB_ACCOUNT } from '../stub/tokens.ts';
import type { Processes } from './processes.ts';
import type { Stub } from './stub.ts';

/** Programs that call the gateway, each with a key and a connection of its own. */
export const CALLERS = 100;

export interface GatewaySetUp {
  readonly configFile: string;
  readonly logFile: string;
  /** Name of each caller and of its connection. */
  readonly names: readonly string[];
  /** `Authorization` of each caller. */
  readonly authorizations: readonly string[];
}

export interface GatewaySettings {
  /** Durations as in the file, such as `10s`. Left out, the gateway's own defaults. */
  readonly deadline?: string;
  readonly schemaRefresh?: string;
  /** Sections of the file. */
  readonly telemetry?: object;
  readonly documents?: object;
  /** @default CALLERS */
  readonly callers?: number;
  /** Tenants, one for each caller in turn. @default 1 */
  readonly tenants?: number;
}

/** Writes a configuration as it would be in production, with its connections in a vault beside it. */
export async function setUpGateway(
  stub: Stub,
  folder: string,
  { deadline, schemaRefresh, telemetry, documents, callers = CALLERS, tenants = 1 }: GatewaySettings = {},
): Promise<GatewaySetUp> {
  await mkdir(folder, { recursive: true });
  // A refresh token works once, so every gateway has connections of its own.
  const names = Array.from({ length: callers }, (_, index) => `${basename(folder)}-${index}`);
  const keys = names.map((name) => ({ name, ...createApiKey(name) }));
  const config = {
    server: { port: 0, drainDelay: '0s' },
    vault: { url: `sqlite:${join(folder, 'vault.db')}`, key: randomBytes(32).toString('base64') },
    sageId: {
      issuer: `${stub.sage200}/`,
      authorizeUrl: `${stub.sage200}/authorize`,
      tokenUrl: `${stub.sage200}/oauth/token`,
      revokeUrl: `${stub.sage200}/oauth/revoke`,
    },
    sage200: {
      baseUrl: stub.sage200BaseUrl,
      clientId: STUB_ACCOUNT.clientId,
      clientSecret: STUB_ACCOUNT.clientSecret,
      site: STUB_ACCOUNT.site,
      company: STUB_ACCOUNT.company,
      deadline,
    },
    erp: {
      deadline,
      schemaRefresh,
      snapshots: join(folder, 'schemas'),
      tenants: Array.from({ length: tenants }, (_, index) => ({
        name: tenantName(index),
        tokenUrl: `${stub.erp}/v1/token`,
        clientId: 'bench-erp-client',
        clientSecret: 'bench-erp-secret',
        tenantId: index === 0 ? STUB_ACCOUNT.erpTenantId : randomUUID(),
      })),
    },
    callers: {
      apiKeys: keys.map(({ name, sha256 }, index) => ({
        name,
        sha256,
        connection: name,
        companies: 'all',
        tenants: [tenantName(index % tenants)],
        readOnly: false,
        admin: false,
      })),
    },
    links: [
      {
        name: 'erpCustomer',
        from: 'Sage200Customer.reference',
        to: 'xtremMasterData.customer',
        key: 'id',
        reverse: 'sage200Customer',
      },
    ],
    telemetry,
    documents,
    log: { level: 'info', format: 'json' },
  };
  const configFile = join(folder, 'gateway.yaml');
  const text = printYaml(config);
  await writeFile(configFile, text, { mode: 0o600 });
  await storeConnections(configFile, text, names);
  const authorizations = keys.map(({ key }) => `Bearer ${key}`);
  return { configFile, logFile: join(folder, 'gateway.log'), names, authorizations };
}

const tenantName = (index: number) => (index === 0 ? 'acme' : `acme-${index}`);

async function storeConnections(path: string, text: string, names: readonly string[]): Promise<void> {
  const { vault: settings, sage200 } = loadConfig({ path, text, env: {} });
  const vault = await openVault({ ...settings, makeKey: settings.keyFile });
  try {
    for (const name of names)
      await importConnection(vault, {
        name,
        refreshToken: new Secret(firstRefreshToken(name)),
        refreshLifetimeMs: sage200?.refreshLifetimeMs ?? 0,
      });
  } finally {
    await vault.close();
  }
}

export interface StartedGateway {
  readonly origin: string;
  readonly child: ChildProcess;
  /** ms from the start of the process until it said where it listens. */
  readonly readyAfterMs: number;
}

/** As `npm start` has them. */
export const START_FLAGS = ['--max-semi-space-size=16'];
export const START_ENVIRONMENT = { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '131072' };

/**
 * @param flags for Node, such as `--trace-gc`
 * @param options for `serve`, such as `--workers=2`
 */
export async function startGatewayProcess(
  processes: Processes,
  { configFile, logFile }: Pick<GatewaySetUp, 'configFile' | 'logFile'>,
  flags: readonly string[] = [],
  options: readonly string[] = [],
): Promise<StartedGateway> {
  await writeFile(logFile, '');
  const startedAt = performance.now();
  // A file takes its log, as it would in production: nothing that is measured here reads along.
  const output = openSync(logFile, 'a');
  const child = processes.start(
    [...START_FLAGS, ...flags, 'bin/gateway.js', 'serve', '--config', configFile, ...options],
    {
      output,
      env: START_ENVIRONMENT,
    },
  );
  closeSync(output);
  for (;;) {
    const url = /"url":"(http:[^"]+)"/.exec(await readFile(logFile, 'utf8'))?.[1];
    if (url) return { origin: url, child, readyAfterMs: performance.now() - startedAt };
    if (child.exitCode !== null) throw new Error(`The gateway ended before it was ready: ${await tail(logFile)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function tail(file: string): Promise<string> {
  await using handle = await open(file);
  return (await handle.readFile('utf8')).slice(-2_000);
}

/** Asks until there is a whole answer. */
export async function untilOk(ask: () => ReturnType<typeof request>): Promise<void> {
  const endsAt = performance.now() + 30_000;
  for (;;) {
    const { statusCode, body } = await ask();
    const text = await body.text();
    if (statusCode === 200 && !text.includes('"errors"')) return;
    if (performance.now() > endsAt) throw new Error(`Not ready within 30 s of its start: ${text.slice(0, 500)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
