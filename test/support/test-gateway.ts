import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Registry } from 'prom-client';
import { parse as parseYaml, stringify as printYaml } from 'yaml';
import { CALLER_KINDS, type CallerKind } from '../../src/callers/index.ts';
import { connectionOf, SANDBOX_CONNECTION, sandboxConfigText } from '../../src/cli/sandbox-config.ts';
import { storeConnection } from '../../src/cli/store-connection.ts';
import { type Config, loadConfig } from '../../src/config/index.ts';
import { startGateway } from '../../src/gateway.ts';
import { Secret } from '../../src/kit/errors/index.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import type { Phase } from '../../src/server/index.ts';
import type { Source } from '../../src/subschemas/source.ts';
import { SOURCES } from '../../src/subschemas/sources.ts';
import { type AnyTokenKind, TOKEN_KINDS } from '../../src/tokens/index.ts';

export interface AnswerError {
  readonly message: string;
  readonly path?: (string | number)[];
  readonly extensions: Record<string, unknown>;
}

export interface Answer {
  // Tests look into answers of any shape; what they expect is checked by them.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly data: any;
  readonly errors?: readonly AnswerError[];
  readonly extensions?: Record<string, unknown>;
}

export interface TestGateway extends AsyncDisposable {
  readonly url: string;
  readonly config: Config;
  /** Its gateway.yaml. */
  readonly configPath: string;
  /** Everything the gateway logged so far. */
  readonly log: () => string;
  query(document: string, options?: { variables?: object; headers?: Record<string, string> }): Promise<Answer>;
  post(body: unknown, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

export interface TestConfigOptions {
  readonly sandbox: Sandbox;
  /** Changes to the sandbox's own configuration, as plain YAML data. */
  readonly edit?: (file: Record<string, Record<string, unknown>>) => void;
  /** Connections beside `sandbox`, by name: the sandbox user who signed in. */
  readonly connections?: Readonly<Record<string, string>>;
  /** @default all */
  readonly callerKinds?: readonly CallerKind[];
  /** @default all */
  readonly tokenKinds?: readonly AnyTokenKind[];
  /** @default all */
  readonly sources?: readonly Source[];
}

export interface TestGatewayOptions extends TestConfigOptions {
  readonly logLevel?: string;
  /** Told each line of the log, as it is written. */
  readonly onLine?: (line: string) => void;
  /** False: every operation runs the general way, however often it is asked. */
  readonly plans?: boolean;
  readonly metrics?: Registry;
  /** More that takes part in every GraphQL request. */
  readonly phases?: readonly Phase[];
}

export interface TestConfig extends AsyncDisposable {
  /** The file, for a gateway in a process of its own. */
  readonly path: string;
  readonly text: string;
  readonly config: Config;
  /** Refresh tokens that were stored, as they were before anybody used them. */
  readonly refreshTokens: readonly string[];
}

/** A configuration for a running sandbox, in a folder of its own, its connections stored in the vault. */
export async function writeTestConfig(options: TestConfigOptions): Promise<TestConfig> {
  const { sandbox, edit, connections = {} } = options;
  const { callerKinds = CALLER_KINDS, tokenKinds = TOKEN_KINDS, sources = SOURCES } = options;
  const folder = await mkdtemp(join(tmpdir(), 'gateway-test-'));
  const file = parseYaml(
    sandboxConfigText(sandbox, { vaultFile: join(folder, 'vault.db'), snapshots: join(folder, 'schemas') }),
  );
  // Which links there are, and whether there is an X3, each test says itself.
  delete file.links;
  const names = sandbox.credentials.erp.map(({ name }) => name);
  file.erp.tenants = tenantsOf(file).filter(({ name }) => names.includes(String(name)));
  for (const caller of Object.values<Record<string, unknown>>(file.callers)) caller['tenants'] = names;
  file.server = { ...file.server, port: 0, drainDelay: '0s' };
  edit?.(file);
  const text = printYaml(file);
  const path = join(folder, 'gateway.yaml');
  await writeFile(path, text);
  const config = loadConfig({ path, text, env: {}, callerKinds, tokenKinds, sources });
  const secrets = new Map([[SANDBOX_CONNECTION, await connectionOf(sandbox)]]);
  for (const [name, user] of Object.entries(connections))
    secrets.set(name, new Secret(await sandbox.refreshToken(user)));
  for (const [name, secret] of secrets) await storeConnection(config, name, secret);
  return {
    path,
    text,
    config,
    refreshTokens: [...secrets.values()].map((secret) => secret.reveal()),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A whole gateway in this process, on a free port, in front of a running sandbox. */
export async function startTestGateway({
  logLevel = 'info',
  onLine,
  plans,
  metrics,
  phases = [],
  ...options
}: TestGatewayOptions): Promise<TestGateway> {
  await using opened = new AsyncDisposableStack();
  const { config, path: configPath } = opened.use(await writeTestConfig(options));
  const lines: string[] = [];
  const write = (line: string) => {
    lines.push(line);
    onLine?.(line);
  };
  const gateway = await startGateway(config, {
    log: pino({ level: logLevel }, { write }),
    env: {},
    phases,
    ...(plans !== undefined && { plans }),
    ...(metrics && { metrics }),
    ...(options.callerKinds && { callerKinds: options.callerKinds }),
    ...(options.tokenKinds && { tokenKinds: options.tokenKinds }),
    ...(options.sources && { sources: options.sources }),
  });
  opened.defer(() => gateway.close());
  const running = opened.move();
  const close = () => running.disposeAsync();
  return {
    ...toClient(gateway.url),
    config,
    configPath,
    log: () => lines.join(''),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Speaks to a gateway wherever it runs. */
export function toClient(url: string): Pick<TestGateway, 'url' | 'query' | 'post'> {
  const post: TestGateway['post'] = (body, headers = {}) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  return {
    url,
    post,
    async query(query, { variables, headers } = {}) {
      const response = await post({ query, variables }, headers);
      return (await response.json()) as Answer;
    },
  };
}

/** A person's own Sage ID token, obtained as a program of theirs would. */
export async function accessTokenOf({ credentials, refreshToken }: Sandbox, user: string): Promise<string> {
  const { sageId, sage200 } = credentials;
  const response = await fetch(sageId.tokenUrl, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: await refreshToken(user),
      client_id: sage200.clientId,
      client_secret: sage200.clientSecret,
    }),
  });
  const body = (await response.json()) as { readonly access_token: string };
  return body.access_token;
}

/** From a customer of Sage 200 to the tenant's and back. */
export const ERP_CUSTOMER_LINK = {
  name: 'erpCustomer',
  from: 'Sage200Customer.reference',
  to: 'xtremMasterData.customer',
  key: 'id',
  reverse: 'sage200Customer',
};

/** ERP tenants of a configuration that is being edited. */
export function tenantsOf(file: Record<string, Record<string, unknown>>): Record<string, unknown>[] {
  const tenants = file['erp']?.['tenants'];
  return Array.isArray(tenants) ? tenants : [];
}

/** Waits until a gateway has what every start fetches: tokens, companies, the schemas of all tenants that show one. */
export async function warmUp(
  { query, config }: Pick<TestGateway, 'query' | 'config'>,
  headers: Record<string, string> = {},
): Promise<void> {
  for (const { name } of config.erp.tenants) {
    const look = () =>
      query('{ sage200 { sites { totalCount } } __typename gateway { tenants { state } } }', {
        headers: { ...headers, 'x-tenant': name },
      });
    // It waits for no schema itself, since it asks the tenant nothing.
    for (let isLoading = true; isLoading; ) isLoading = /"(LOADING|UNKNOWN)"/.test(JSON.stringify(await look()));
  }
}

/** A text that may show up nowhere. */
export const marker = (name: string): string => `MARKER-${name}-${randomBytes(6).toString('hex')}`;
