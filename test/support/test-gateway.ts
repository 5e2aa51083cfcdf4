import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { parse as parseYaml, stringify as printYaml } from 'yaml';
import { connectionOf, SANDBOX_CONNECTION, sandboxConfigText } from '../../src/cli/sandbox-config.ts';
import { storeConnection } from '../../src/cli/store-connection.ts';
import { startGateway } from '../../src/compose.ts';
import { type Config, loadConfig } from '../../src/config/index.ts';
import { Secret } from '../../src/errors/index.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';

export interface Answer {
  // Tests look into answers of any shape; what they expect is checked by them.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly data: any;
  readonly errors?: readonly { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
  readonly extensions?: Record<string, unknown>;
}

export interface TestGateway extends AsyncDisposable {
  readonly url: string;
  readonly config: Config;
  /** Everything the gateway logged so far. */
  readonly log: () => string;
  query(document: string, options?: { variables?: object; headers?: Record<string, string> }): Promise<Answer>;
  post(body: unknown, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

export interface TestGatewayOptions {
  readonly sandbox: Sandbox;
  /** Changes to the sandbox's own configuration, as plain YAML data. */
  readonly edit?: (file: Record<string, Record<string, unknown>>) => void;
  /** Connections beside `sandbox`, by name: the sandbox user who signed in. */
  readonly connections?: Readonly<Record<string, string>>;
  readonly logLevel?: string;
}

/** A whole gateway in this process, on a free port, in front of a running sandbox. */
export async function startTestGateway({
  sandbox,
  edit,
  connections = {},
  logLevel = 'info',
}: TestGatewayOptions): Promise<TestGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-test-'));
  const file = parseYaml(
    sandboxConfigText(sandbox, { vaultFile: join(folder, 'vault.db'), snapshots: join(folder, 'schemas') }),
  );
  file.server = { ...file.server, port: 0 };
  edit?.(file);
  const config = loadConfig({ path: 'test.yaml', text: printYaml(file), env: {} });
  await storeConnection(config, SANDBOX_CONNECTION, await connectionOf(sandbox));
  for (const [name, user] of Object.entries(connections)) {
    await storeConnection(config, name, new Secret(await sandbox.refreshToken(user)));
  }
  const lines: string[] = [];
  const log = pino({ level: logLevel }, { write: (line: string) => void lines.push(line) });
  const gateway = await startGateway(config, { log, env: {} });
  const close = async () => {
    await gateway.close();
    await rm(folder, { recursive: true, force: true });
  };
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  return {
    url: gateway.url,
    config,
    log: () => lines.join(''),
    post,
    async query(query, { variables, headers } = {}) {
      const response = await post({ query, variables }, headers);
      return (await response.json()) as Answer;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A text that may show up nowhere. */
export const marker = (name: string): string => `MARKER-${name}-${randomBytes(6).toString('hex')}`;
