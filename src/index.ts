// The library: a gateway inside another program. Its types need no package beside Node's own.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EmbeddedGateway } from './compose.ts';
import {
  type Config,
  ConfigError,
  type ConfigFault,
  type Environment,
  loadConfig,
  processEnvironment,
} from './config/index.ts';
import { createLog } from './kit/log/index.ts';
import { isLoopbackHost } from './kit/this-machine.ts';

export { ConfigError, type ConfigFault } from './config/index.ts';

export interface GatewayOptions {
  /**
   * Path of a gateway.yaml. @default GATEWAY_CONFIG of `env`; without it and without `config`, the gateway runs against a
   * sandbox of its own, with made-up data
   */
  readonly configFile?: string;
  /** The sections of gateway.yaml as an object. Values stand for themselves: nothing in them is replaced. */
  readonly config?: object;
  /** What `${NAME}` in the file, and PORT and HOST, mean. @default the environment of the process */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Takes the lines of the log, each with its line break, in place of standard output. They are JSON then. */
  readonly log?: { write(line: string): void };
}

export interface RequestOptions {
  /**
   * Address of the client, as the program knows it. Only who comes from a loopback address, and through no proxy, counts as
   * somebody at this machine; left out, nobody does.
   */
  readonly remoteAddress?: string;
}

export interface Reloaded {
  /** Whether requests are answered by the new configuration now. */
  readonly applied: boolean;
  /** What is wrong with it, when it is not applied. */
  readonly faults: readonly ConfigFault[];
}

export interface Gateway extends AsyncDisposable {
  /** Rejects with what kept the gateway from starting, such as a vault that does not open. Requests wait for it. */
  readonly ready: Promise<void>;
  /** Answers a request of the Fetch API. The body comes as it would to a client: compressed, when the request accepts that. */
  fetch(request: Request, options?: RequestOptions): Promise<Response>;
  /** Answers a request of node:http, for `createServer` and frameworks on it. The body must not have been read before. */
  handler(request: IncomingMessage, response: ServerResponse, options?: RequestOptions): Promise<void>;
  /** Reads the configuration again. What is under way ends with the old one; a faulty one changes nothing. */
  reload(): Promise<Reloaded>;
  /** Lets operations finish within `server.shutdownTimeout`, ends tokens and closes the vault. Never rejects. */
  close(): Promise<void>;
}

/**
 * A gateway that listens nowhere: the program hands it its requests.
 * @throws ConfigError with every fault of the configuration
 */
export function createGateway(options: GatewayOptions = {}): Gateway {
  let current = startGeneration(options);
  let closing: Promise<void> | undefined;
  const ready = current.then(() => {});
  // Told to everybody who waits for it; nobody has to.
  ready.catch(() => {});

  const close = () => {
    closing ??= current.then(
      (generation) => generation.close(),
      () => {},
    );
    return closing;
  };

  return {
    ready,
    fetch: async (request, { remoteAddress } = {}) => (await current).fetch(request, remoteAddress),
    async handler(request, response, given) {
      const { handle } = await current;
      // Frameworks hand in a function as the third argument.
      await handle(request, response, typeof given === 'object' ? given.remoteAddress : elsewhere(request));
    },
    async reload() {
      try {
        const next = await startGeneration(options);
        const before = current;
        current = Promise.resolve(next);
        await before.then((generation) => generation.close()).catch(() => {});
        return { applied: true, faults: [] };
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        return { applied: false, faults: error.faults };
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** @throws ConfigError at once */
function startGeneration({ configFile, config: settings, env = processEnvironment(), log }: GatewayOptions) {
  const path = configFile ?? env['GATEWAY_CONFIG'];
  if (settings) return open(loadConfig({ env, settings }), env, log);
  return path === undefined ? startWithSandbox(env, log) : open(loadConfig({ env, path }), env, log);
}

async function open(config: Config, env: Environment, destination: GatewayOptions['log']): Promise<EmbeddedGateway> {
  const log = await createLog({ ...config.log, ...(destination && { destination }) });
  const { embedGateway } = await import('./compose.ts');
  return embedGateway(config, { env, log });
}

async function startWithSandbox(env: Environment, log: GatewayOptions['log']): Promise<EmbeddedGateway> {
  const { startSandboxMode } = await import('./cli/sandbox-mode.ts');
  const sandbox = await startSandboxMode(env);
  const gateway = await open(sandbox.config, env, log).catch(async (error: unknown) => {
    await sandbox.close();
    throw error;
  });
  const close = async () => {
    await gateway.close();
    await sandbox.close();
  };
  return { ...gateway, close };
}

/** What Node knows of the sender, for the log and for limits. That somebody is at this machine only the program can know. */
function elsewhere({ socket: { remoteAddress } }: IncomingMessage): string | undefined {
  return remoteAddress === undefined || isLoopbackHost(remoteAddress) ? undefined : remoteAddress;
}
