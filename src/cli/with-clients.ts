import { type Config, loadConfig, ownNamesIn } from '../config/index.ts';
import type { Acting, ClientAdmin, ClientUserError, Outcome, Vault } from '../tokens/index.ts';
import { type CommandContext, CommandFailure, UsageError } from './command.ts';
import { terminalCaller } from './terminal-caller.ts';

/** What commands for clients work with. */
export interface ClientsAtHand {
  readonly config: Config;
  readonly admin: ClientAdmin;
  readonly vault: Vault;
  readonly by: Acting;
}

/** Opens the vault of a configuration while `work` runs. Running gateways apply the changes within two seconds. */
export async function withClients<Result>(
  path: string | undefined,
  { env }: Pick<CommandContext, 'env'>,
  work: (at: ClientsAtHand) => Promise<Result>,
): Promise<Result> {
  const given = path ?? env['GATEWAY_CONFIG'];
  if (!given) throw new UsageError('No vault for clients is configured. Use --config FILE, or set GATEWAY_CONFIG.');
  const config = loadConfig({ path: given, env });
  // The database and encryption are loaded only when needed.
  const [{ createClientAdmin, createSageIdApplication, openVault }, { createHttp }] = await Promise.all([
    import('../tokens/index.ts'),
    import('../kit/http/index.ts'),
  ]);
  const { keyFile, ...settings } = config.vault;
  const http = createHttp();
  const vault = await openVault({ ...settings, makeKey: keyFile });
  const ownNames = ownNamesIn(config);
  const admin = createClientAdmin({
    vault,
    isOwnName: (name) => ownNames.has(name),
    returnOrigins: config.server.returnOrigins,
    connectUrl: () => `${config.server.publicUrl}/connect/sage200`,
    revoke: createSageIdApplication(config, http.send)?.client.revoke,
  });
  try {
    return await work({ config, admin, vault, by: { caller: terminalCaller() } });
  } finally {
    await vault.close();
    await http.close();
  }
}

/** The result. @throws CommandFailure with every reason if there is none */
export function madeOf<Made>(outcome: Outcome<Made>): Made {
  if ('made' in outcome) return outcome.made;
  throw new CommandFailure(outcome.userErrors.map(toLine).join('\n'));
}

export const toLine = ({ code, message, inputPath }: ClientUserError): string =>
  `${inputPath.filter((part) => part !== 'input').join('.')}: ${message} (${code})`;
