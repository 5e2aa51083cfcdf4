import type { Config } from '../config/index.ts';
import type { Secret } from '../kit/errors/index.ts';
import { CommandFailure } from './command.ts';
import { terminalCaller } from './terminal-caller.ts';

/** Puts a refresh token into the vault of a configuration, under a name. @throws GatewayError for a vault that does not open */
export async function storeConnection(config: Config, name: string, refreshToken: Secret): Promise<void> {
  const { vault: settings, sage200 } = config;
  if (!sage200)
    throw new CommandFailure('A connection is one to Sage 200; write the section sage200 into the file first.');
  // The database and its encryption load only when they are needed.
  const { importConnection, isPersonalConnection, openVault } = await import('../tokens/index.ts');
  if (isPersonalConnection(name))
    throw new CommandFailure('Names that begin with person- belong to people who sign in with a browser.');
  const vault = await openVault({ ...settings, makeKey: settings.keyFile });
  try {
    await importConnection(vault, { name, refreshToken, refreshLifetimeMs: sage200.refreshLifetimeMs });
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
