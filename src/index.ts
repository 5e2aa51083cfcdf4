// The library: a gateway inside another program. Its types need no package beside Node's own.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ConfigFault, type Environment, loadSettings, processEnvironment, type Settings } from './config/index.ts';
import type { EmbeddedGateway } from './gateway.ts';
import { createLog } from './kit/log/index.ts';
import { isLoopbackHost } from './kit/this-machine.ts';
import { applyTo, createReloader, inWords } from './reload/index.ts';

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
  /** Whether requests are answered by the new configuration now, but for `needsRestart`. */
  readonly applied: boolean;
  /** Settings that differ and count only for a gateway that is made again, such as `vault.url`. */
  readonly needsRestart: readonly string[];
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
  let current = start(options);
  let closing: Promise<void> | undefined;
  const ready = current.then(() => {});
  // Told to everybody who waits for it; nobody has to.
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
      // Frameworks hand in a function as the third argument.
      await handle(request, response, typeof given === 'object' ? given.remoteAddress : elsewhere(request));
    },
    async reload() {
      const running = await current.catch(() => undefined);
      if (running) return running.reload();
      // It could not start: perhaps it can with what there is now.
      const started = start(options);
      await started;
      current = started;
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

/** What Node knows of the sender, for the log and for limits. That somebody is at this machine only the program can know. */
function elsewhere({ socket: { remoteAddress } }: IncomingMessage): string | undefined {
  return remoteAddress === undefined || isLoopbackHost(remoteAddress) ? undefined : remoteAddress;
}
