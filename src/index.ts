// The library: a gateway inside another program. Its types need only Node's own package.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ConfigFault, type Environment, loadSettings, processEnvironment, type Settings } from './config/index.ts';
import type { EmbeddedGateway } from './gateway.ts';
import { createLog } from './kit/log/index.ts';
import { isLoopbackHost } from './kit/this-machine.ts';
import { applyTo, createReloader, inWords } from './reload/index.ts';

export { ConfigError, type ConfigFault } from './config/index.ts';

export interface GatewayOptions {
  /**
   * Path of a gateway.yaml. @default GATEWAY_CONFIG of `env`; without it and without `config`, the gateway runs against
   * its own sandbox, with made-up data
   */
  readonly configFile?: string;
  /** The sections of gateway.yaml as an object. Values are used literally: nothing in them is replaced. */
  readonly config?: object;
  /** Values of `${NAME}` in the file, and of PORT and HOST. @default the environment of the process */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Receives the lines of the log, each with its line break, instead of standard output. They are always JSON. */
  readonly log?: { write(line: string): void };
}

export interface RequestOptions {
  /**
   * Address of the client, as the program knows it. Only clients with a loopback address, and through no proxy, count as
   * being at this machine; without it, none do.
   */
  readonly remoteAddress?: string;
}

export interface Reloaded {
  /** Whether requests are now answered by the new configuration, except for `needsRestart`. */
  readonly applied: boolean;
  /** Changed settings that only apply to a newly created gateway, such as `vault.url`. */
  readonly needsRestart: readonly string[];
  /** Errors in it, if it is not applied. */
  readonly faults: readonly ConfigFault[];
}

export interface Gateway extends AsyncDisposable {
  /** Rejects with the error that prevented the start, such as a vault that does not open. Requests wait for it. */
  readonly ready: Promise<void>;
  /** Answers a request of the Fetch API. The body is as sent to a client: compressed, if the request accepts that. */
  fetch(request: Request, options?: RequestOptions): Promise<Response>;
  /** Answers a request of node:http, for `createServer` and frameworks on it. The body must not have been read before. */
  handler(request: IncomingMessage, response: ServerResponse, options?: RequestOptions): Promise<void>;
  /**
   * Reads the configuration again. Requests in progress end with the old one; an invalid one changes nothing.
   * @throws Error after `close`
   */
  reload(): Promise<Reloaded>;
  /** Lets operations finish within `server.shutdownTimeout`, ends tokens and closes the vault. Never rejects. */
  close(): Promise<void>;
}

/**
 * A gateway that does not listen: the program passes requests to it.
 * @throws ConfigError with every error of the configuration
 */
export function createGateway(options: GatewayOptions = {}): Gateway {
  let current = start(options);
  let closing: Promise<void> | undefined;
  const ready = current.then(() => {});
  // Reported to everybody who waits for it; nobody has to.
  ready.catch(() => {});

  const close = () => {
    closing ??= current.then(
      (running) => running.close(),
      () => {},
    );
    return closing;
  };

  return {
    ready,
    fetch: async (request, { remoteAddress } = {}) => (await current).fetch(request, remoteAddress),
    async handler(request, response, given) {
      const { handle } = await current;
      // Frameworks pass a function as the third argument.
      await handle(request, response, typeof given === 'object' ? given.remoteAddress : elsewhere(request));
    },
    async reload() {
      if (closing !== undefined) throw new Error('The gateway is closed.');
      const running = await current.catch(() => undefined);
      if (running) return running.reload();
      // It could not start: with the current configuration it might.
      current = start(options);
      await current;
      return { applied: true, needsRestart: [], faults: [] };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Running extends EmbeddedGateway {
  reload(): Promise<Reloaded>;
}

/** A configuration, and how to read it again. */
interface Source {
  readonly settings: Settings;
  readonly read: () => Settings;
  close?(): Promise<void>;
}

/** @throws ConfigError at once */
function start({ configFile, config: object, env = processEnvironment(), log }: GatewayOptions): Promise<Running> {
  const path = configFile ?? env['GATEWAY_CONFIG'];
  if (!object && path === undefined) return startSandboxMode(env).then((source) => run(source, env, log));
  const read = () => loadSettings({ env, ...(object ? { settings: object } : path !== undefined && { path }) });
  return run({ settings: read(), read }, env, log);
}

async function run({ settings, read, close }: Source, env: Environment, destination: GatewayOptions['log']) {
  await using opened = new AsyncDisposableStack();
  if (close) opened.defer(close);
  const { config } = settings;
  const log = await createLog({ ...config.log, ...(destination && { destination }) });
  const { embedGateway } = await import('./gateway.ts');
  const gateway = await embedGateway(config, {
    env,
    log,
    reload: async () => inWords(await reload()),
    isStale: () => isStale(),
  });
  opened.defer(gateway.close);
  const { reload, isStale } = createReloader({ current: settings, read, apply: applyTo(gateway), log });
  const running = opened.move();
  return { ...gateway, reload, close: () => running.disposeAsync() };
}

async function startSandboxMode(env: Environment): Promise<Source> {
  const sandbox = await (await import('./cli/sandbox-mode.ts')).startSandboxMode(env);
  const read = () => loadSettings({ ...sandbox.settings, env });
  return { settings: read(), read, close: sandbox.close };
}

/** Node's address of the sender, for the log and for limits. Only the program can tell that a client is at this machine. */
function elsewhere({ socket: { remoteAddress } }: IncomingMessage): string | undefined {
  return remoteAddress === undefined || isLoopbackHost(remoteAddress) ? undefined : remoteAddress;
}
