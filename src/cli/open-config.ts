import type { Sources } from '../compose.ts';
import { type Config, loadConfig } from '../config/index.ts';
import { GatewayError } from '../kit/errors/index.ts';
import { createLog } from '../kit/log/index.ts';
import { foundTrouble } from '../tokens/index.ts';
import { type CommandContext, CommandFailure, UsageError } from './command.ts';

/** The configuration of a command that needs one. @throws UsageError, ConfigError */
export function openConfig(given: string | undefined, { env }: Pick<CommandContext, 'env'>): Config {
  const path = given ?? env['GATEWAY_CONFIG'];
  if (!path) throw new UsageError('There is no configuration. Use --config FILE, or set GATEWAY_CONFIG.');
  return loadConfig({ path, env });
}

/**
 * Opens everything except the server while `work` runs. Nothing is logged: commands print what matters.
 * @throws CommandFailure when the vault fails meanwhile, with the reason
 */
export async function withSources<Result>(
  config: Config,
  work: (sources: Sources) => Promise<Result>,
): Promise<Result> {
  const log = await createLog({ ...config.log, level: 'silent' });
  // Large modules are loaded only now, after the command line and the configuration have been checked.
  const { openSources } = await import('../compose.ts');
  const sources = await openSources(config, { log });
  try {
    return await work(sources).catch((error: unknown) => {
      const why = error instanceof GatewayError ? undefined : foundTrouble(error);
      throw why === undefined ? error : new CommandFailure(`The vault does not answer: ${why}.`, { cause: error });
    });
  } finally {
    await sources.close();
  }
}
