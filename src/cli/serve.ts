import type { Logger } from 'pino';
import { type Config, loadConfig } from '../config/index.ts';
import { createLog } from '../log/index.ts';
import { type Announcement, announce } from './announce.ts';
import { type Command, type CommandContext, parseOptions } from './command.ts';
import { toListenFailure } from './listen-failure.ts';
import { closeWithin, listenForStop } from './until-stopped.ts';

/** Once the requests are ended, tokens are given back and the vault is closed. */
const AFTER_REQUESTS_MS = 3_000;

/** Starts the gateway and runs until it is told to stop. Without a configuration it brings its own sandbox. */
export const serve: Command = async (context) => {
  const { config: path = context.env['GATEWAY_CONFIG'] } = parseOptions(context.args, {
    config: { type: 'string' },
  }).values;
  const stop = listenForStop();
  const started = path
    ? await startFrom(loadConfig({ path, env: context.env }), context)
    : await startWithSandbox(context);
  await stop.asked;
  await closeWithin(started.close, started.config.server.shutdownTimeoutMs + AFTER_REQUESTS_MS);
  return 0;
};

interface Started {
  readonly config: Config;
  readonly close: () => Promise<void>;
}

async function startWithSandbox(context: CommandContext): Promise<Started> {
  const { startSandboxMode } = await import('./sandbox-mode.ts');
  const mode = await startSandboxMode(context.env);
  try {
    const { close, config } = await startFrom(mode.config, context, mode.sandbox);
    return { config, close: () => close().finally(mode.close) };
  } catch (error) {
    await mode.close();
    throw error;
  }
}

async function startFrom(config: Config, context: CommandContext, sandbox?: Announcement['sandbox']): Promise<Started> {
  const log = await createLog(config.log);
  logCrashes(log);
  // Everything heavy is loaded only now, after the configuration was found good.
  const { startGateway } = await import('../compose.ts');
  const { url, close } = await startGateway(config, { log, env: context.env }).catch((error: unknown) => {
    throw toListenFailure(error) ?? error;
  });
  announce({ url, sandbox }, { log, stdout: context.stdout, format: config.log.format });
  return { config, close };
}

/** Node prints an uncaught error with all its members, and with them what a request carried; the log does not. */
function logCrashes(log: Logger): void {
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'a fault of the gateway itself: it stops');
    process.exit(1);
  });
}
