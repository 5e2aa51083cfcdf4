import type { Config } from '../config/index.ts';
import type { Secret } from '../kit/errors/index.ts';
import { CommandFailure } from './command.ts';
import { terminalCaller } from './terminal-caller.ts';

/** Tokens that Sage ID has just issued. */
export interface ProvenPair {
  readonly accessToken: { readonly value: Secret; readonly issuedAt: number; readonly expiresAt: number };
  readonly refreshToken: Secret;
  readonly scope: string | undefined;
}

/**
 * Stores a refresh token in the vault of a configuration, under a name.
 * @param prove called once the vault is open, since its result cannot be obtained twice. Without it, the first use shows whether the token is valid
 * @throws GatewayError for a vault that does not open
 */
export async function storeConnection(
  config: Config,
  name: string,
  refreshToken: Secret,
  prove?: (refreshToken: Secret) => Promise<ProvenPair>,
): Promise<void> {
  const { vault: settings, sage200 } = config;
  if (!sage200) throw new CommandFailure('A connection needs Sage 200. Add the section sage200 to the file first.');
  // The database and encryption are loaded only when needed.
  const { importConnection, isPersonalConnection, openVault, parseConnectionName } = await import('../tokens/index.ts');
  parseConnectionName(name);
  if (isPersonalConnection(name))
    throw new CommandFailure('Names that begin with person- belong to people who sign in with a browser.');
  if (refreshToken.reveal() === '') throw new CommandFailure('The refresh token is empty.');
  const vault = await openVault({ ...settings, makeKey: settings.keyFile });
  try {
    const pair = (await prove?.(refreshToken)) ?? { refreshToken };
    await importConnection(vault, { name, ...pair, refreshLifetimeMs: sage200.refreshLifetimeMs });
    await vault.audit.note({
      at: Date.now(),
      kind: 'act',
      action: 'imported',
      caller: terminalCaller(),
      connection: name,
      outcome: 'DONE',
    });
  } finally {
    await vault.close();
  }
}
